import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { overview } from '@pbstream/db/Overview'
import { root } from '@pbstream/local/Bundle'
import { Chain } from '@pbstream/local/Chain'
import { addressOf, loadKeys } from '@pbstream/local/Keys'
import { type Payer, createPayer } from '@pbstream/local/Payer'
import { System, fundedAccounts } from '@pbstream/local/System'
import { parseAbi } from 'viem'
import { afterEach, beforeEach, expect, inject, test } from 'vitest'
import { Upstream } from '../support/Upstream.ts'
import { until } from '../support/until.ts'

/** What `support/workers-process.ts` charges for a call. */
const price = 1000n

let chain: Chain
let upstream: Upstream
let directory: string
let running: ChildProcess | undefined

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'pbstream-kill-'))
  const { gas, payers } = fundedAccounts(await loadKeys(directory))
  chain = await Chain.start({ accounts: [...gas, ...payers] })
  upstream = await Upstream.start()
})
afterEach(async () => {
  await kill()
  await Promise.all([chain.stop(), upstream.stop()])
  await rm(directory, { recursive: true, force: true })
})

/** The Workers in a process group of their own, so that SIGKILL takes node and workerd at the same instant. */
async function startWorkers(): Promise<string> {
  const config = join(directory, 'config.json')
  const options = { rpcUrl: chain.rpcUrl, bundles: inject('bundles'), upstreamUrl: upstream.url, directory }
  await writeFile(config, JSON.stringify(options))
  const child: ChildProcess = spawn(process.execPath, [join(root, 'test/support/workers-process.ts'), config], {
    detached: true,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  running = child
  for await (const line of createInterface({ input: child.stdout! }))
    return (JSON.parse(line) as { gateway: string }).gateway
  throw new Error('the Workers ended before they were ready')
}

async function kill(): Promise<void> {
  const child = running
  running = undefined
  if (child?.pid === undefined || child.exitCode !== null) return
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  process.kill(-child.pid, 'SIGKILL')
  await exited
}

/** True when one more call was paid for and served. What a claim that the kill cut off made public may be turned away. */
async function pay(payer: Payer, gateway: string): Promise<boolean> {
  return (await payer.fetch(`${gateway}/work`)).status === 200
}

test('SIGKILL under load: no acknowledged charge is lost or doubled, and afterwards everything settles', async () => {
  const keys = await loadKeys(directory)
  const kills = 3
  let served = 0
  for (let round = 0; round < kills; round++) {
    const gateway = await startWorkers()
    const payer = createPayer({ rpcUrl: chain.rpcUrl, key: keys.payer, scheme: 'batch-settlement' })
    await until('the channel goes on', () => pay(payer, gateway), 40_000)
    served++
    let loading = true
    const load = (async () => {
      while (loading) if (await pay(payer, gateway)) served++
    })().catch(() => {})
    const goal = upstream.calls('/work') + 30
    await until('30 calls were served', () => upstream.calls('/work') >= goal)
    await kill()
    loading = false
    await load
  }
  // The faults stop; what is on disk has to drain by itself.
  const options = { rpcUrl: chain.rpcUrl, bundles: inject('bundles'), keys, directory, vars: { SETTLE_AGE_MS: '1' } }
  const system = await System.start(options)
  try {
    // The post of a call that was answered in the instant of a kill may be missing: the caller is not charged for it.
    const least = BigInt(served - kills) * price
    const channel = await until(
      'everything that was charged is settled',
      async () => {
        const [only] = (await overview(system.database, {})).channels
        return only !== undefined && BigInt(only.metered) >= least && only.settled === only.metered && only
      },
      60_000,
    )
    expect(channel.inOrder).toBe(true)
    expect(channel.lost).toBe('0')
    const balance = await chain.client.readContract({
      address: Chain.addresses.usdc,
      abi: parseAbi(['function balanceOf(address) view returns (uint256)']),
      functionName: 'balanceOf',
      args: [addressOf(keys.provider)],
    })
    expect(balance).toBe(BigInt(channel.settled))
    expect(BigInt(channel.metered)).toBeLessThanOrEqual(BigInt(upstream.calls('/work')) * price)
  } finally {
    await system.stop()
  }
}, 240_000)
