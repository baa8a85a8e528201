/** All Workers in a process of their own; the gateway comes back at the port that it had. */
import type { Bundle, WorkerName } from '@pbstream/local/Bundle'
import { addressOf, loadKeys } from '@pbstream/local/Keys'
import { seed } from '@pbstream/local/Seed'
import { System } from '@pbstream/local/System'

type Settings = {
  rpcUrl: string
  upstreamUrl: string
  directory: string
  confirmations: number
  ports: { gateway: number }
  bundles: Record<WorkerName, Bundle>
}

const { upstreamUrl, ...options } = JSON.parse(process.argv[2] ?? '') as Settings
const keys = await loadKeys(options.directory)
const vars = { SETTLE_COUNT: '50', SETTLE_AGE_MS: '2000', MIN_DEPOSIT: '0' }
const system = await System.start({ ...options, keys, vars })
await seed(system.database, {
  payTo: addressOf(keys.provider),
  upstreamUrl,
  routes: [{ path: '/stream', rate: { v: 1, kind: 'flat', amount: '1000' } }],
})
console.log(JSON.stringify({ port: Number(new URL(system.urls.gateway).port) }))
process.stdin.resume().once('end', () => void system.stop().then(() => process.exit()))
