/** Runs the Workers of a test in a process that the test can kill; prints the gateway's URL as one JSON line. */
import { readFile } from 'node:fs/promises'
import type { Bundle, WorkerName } from '@pbstream/local/Bundle'
import { addressOf, loadKeys } from '@pbstream/local/Keys'
import { seed } from '@pbstream/local/Seed'
import { System } from '@pbstream/local/System'

type Config = { rpcUrl: string; directory: string; upstreamUrl: string; bundles: Record<WorkerName, Bundle> }

const { upstreamUrl, ...options } = JSON.parse(await readFile(process.argv[2] ?? '', 'utf8')) as Config
const keys = await loadKeys(options.directory)
const system = await System.start({ ...options, keys, vars: { SETTLE_COUNT: '10' } })
await seed(system.database, {
  payTo: addressOf(keys.provider),
  upstreamUrl,
  routes: [{ path: '/work', rate: { v: 1, kind: 'flat', amount: '1000' } }],
})
console.log(JSON.stringify({ gateway: system.urls.gateway }))
