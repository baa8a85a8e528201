/** kill -9 of every process of a system in turn, while paid streams go through it. I1 I2 I7 I8 I13, from disk. */
import { randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { root } from '@pbstream/local/Bundle'
import { Chain } from '@pbstream/local/Chain'
import { addressOf, loadKeys } from '@pbstream/local/Keys'
import { System, fundedAccounts } from '@pbstream/local/System'
import { type Hex, bytesToHex, createPublicClient, http, parseAbi } from 'viem'
import { afterEach, beforeEach, expect, inject, test } from 'vitest'
import { until } from '../support/until.ts'
import { Calls } from './support/Calls.ts'
import { Victim } from './support/Victim.ts'

/** Streams at the same time; 2,000 in a long run. */
const streams = Number(process.env['CRASH_STREAMS'] ?? 200)
/** For so long each process is killed in turn again and again; each of them once when it is 0. */
const minutes = Number(process.env['CRASH_MINUTES'] ?? 0)
const reported = join(root, '.wrangler', minutes > 0 ? 'crash-minutes.json' : 'crash-streams.json')
const report = process.env['CRASH_REPORT'] ?? reported
/** Blocks until a transaction counts: more than a chain that is killed forgets. */
const confirmations = 4
const patience = 60_000 + streams * 200

type Listening = { port: number }
const script = (name: string) => join(root, 'test/crash/support', `${name}-process.ts`)
const random = (count: number) => Array.from({ length: count }, () => bytesToHex(randomBytes(32)))

let directory: string
let victims: Record<'chain' | 'upstream' | 'system' | 'client', Victim<Listening>>

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'pbstream-streams-'))
  const victim = (name: string) => new Victim<Listening>(script(name))
  victims = {
    chain: victim('chain'),
    upstream: victim('upstream'),
    system: victim('system'),
    client: victim('client'),
  }
})
afterEach(async () => {
  for (const victim of Object.values(victims)) await victim.kill()
  await rm(directory, { recursive: true, force: true })
})

test(
  `SIGKILL of each process under ${streams} paid streams: acknowledged = recorded = settled, none twice`,
  async () => {
    const startedAt = Date.now()
    const keys = await loadKeys(directory)
    const wallets = random(streams <= 200 ? 4 : 8)
    const salts = random(streams <= 200 ? 5 : 10)
    const { gas } = fundedAccounts(keys)
    let [going, most] = [0, 0]
    // Streams are so long that a busy machine, too, can start all of them while the first still goes.
    const everyMs = Math.max(200, streams)
    const upstream = { port: 0, everyMs, events: Math.ceil(Math.max(15_000, streams * 80) / everyMs) }
    const accounts = [...gas, ...wallets.map(addressOf)]
    // A chain with much in it takes longer to be saved: its last blocks have to be younger than that.
    const blockTime = streams <= 200 ? 1 : 2
    const chain = { port: 0, blockTime, statePath: join(directory, 'chain.json'), accounts }
    chain.port = (await victims.chain.start(chain)).port
    upstream.port = (await victims.upstream.start(upstream)).port
    const rpcUrl = `http://127.0.0.1:${chain.port}`
    const upstreamUrl = `http://127.0.0.1:${upstream.port}`
    const bundles = inject('bundles')
    const system = { rpcUrl, upstreamUrl, directory, confirmations, bundles, ports: { gateway: 0 } }
    system.ports.gateway = (await victims.system.start(system)).port
    const gateway = `http://127.0.0.1:${system.ports.gateway}`
    const client = { rpcUrl, gateway, directory, keys: wallets, salts, streams }
    const settings = { chain, upstream, system, client }
    const start = (name: keyof typeof victims) =>
      victims[name].start(settings[name], (line) => {
        going = (JSON.parse(line) as { going: number }).going
        most = Math.max(most, going)
      })
    await start('client')
    const end = Date.now() + minutes * 60_000
    do {
      for (const name of ['system', 'upstream', 'chain', 'client'] as const) {
        await until(`streams are going before ${name} is killed`, () => going >= streams * 0.9, patience)
        await victims[name].kill()
        going = 0
        await start(name)
      }
    } while (Date.now() < end)
    await until('streams are going again', () => going >= streams * 0.9, patience)
    // No new ones; what is open is seen to its end.
    await victims.client.stop()
    await victims.system.stop()
    const calls = new Calls(join(directory, 'calls.log'))
    const told = [...calls.charges].map(([id, amount]) => `${id} ${amount}`)
    const total = [...calls.charges.values()].reduce((sum, amount) => sum + amount, 0n)
    const { recorded, settled } = await settleAll({ rpcUrl, bundles, keys, directory, confirmations })
    const held = await reservations()
    const paid = await usdcOf(rpcUrl, addressOf(keys.provider))
    const summary = {
      what: `kill -9 of each process under ${streams} paid streams${minutes > 0 ? `, for ${minutes} min` : ''}`,
      streams: { asked: streams, mostAtOnce: most, channels: wallets.length * salts.length },
      kills: Object.fromEntries(Object.entries(victims).map(([name, { kills }]) => [name, kills])),
      calls: calls.standings.size,
      chargesAcknowledged: told.length,
      chargesRecorded: recorded.length,
      recordedTwice: recorded.length - new Set(recorded).size,
      unitsAcknowledged: `${total}`,
      unitsSettled: `${settled}`,
      unitsPaidOnChain: `${paid}`,
      callsHeldForTheDead: held.length,
      seconds: Math.round((Date.now() - startedAt) / 1000),
    }
    console.log(JSON.stringify(summary, null, 2))
    await mkdir(dirname(report), { recursive: true })
    await writeFile(report, `${JSON.stringify(summary, null, 2)}\n`)
    expect(recorded.sort(), 'I2 I7 I13: what callers were told is what is recorded, once').toEqual(told.sort())
    expect([settled, paid], 'I8: and settled to the unit').toEqual([total, total])
    const open = [...calls.standings].flatMap(([id, standing]) => (standing === 'held' ? [id] : []))
    expect(open, 'I7: only calls that are told so are still held').toEqual(expect.arrayContaining(held))
  },
  10 * patience + minutes * 60_000,
)

type Charge = { request_id: string | null; amount: string }
type Money = { spent: string; settled: string; lost: string; claiming_total: string | null }

/** Lets everything drain that is on disk; what the sessions have recorded then. */
async function settleAll(options: Parameters<typeof System.start>[0]) {
  const system = await System.start({ ...options, vars: { SETTLE_AGE_MS: '1' } })
  let last = ''
  try {
    return await until(
      'everything that was charged is settled',
      async () => {
        // The queue of events dies with the Workers on one machine: the books are the sessions', not the database's.
        const channels = await disks<Money>('SELECT spent, settled, lost, claiming_total FROM channel')
        const charges = await disks<Charge>("SELECT request_id, amount FROM journal WHERE kind = 'charge'")
        const sum = (amounts: string[]) => amounts.reduce((all, each) => all + BigInt(each), 0n)
        const settled = sum(channels.map((each) => each.settled))
        last = `spent ${sum(channels.map(({ spent }) => spent))}, settled ${settled}`
        const done = channels.every((each) => each.lost === '0' && each.spent === each.settled)
        return done && { settled, recorded: charges.map(({ request_id: id, amount }) => `${id} ${amount}`) }
      },
      patience,
    )
  } catch (error) {
    throw new Error(`I8: not drained: ${last}`, { cause: error })
  } finally {
    await system.stop()
  }
}

/** The ids of calls whose reservations are still on the disks of sessions. */
async function reservations(): Promise<string[]> {
  return (await disks<Charge>('SELECT request_id, hold AS amount FROM reservation')).map((row) =>
    String(row.request_id),
  )
}

/** Rows of all sessions. */
async function disks<T>(query: string): Promise<T[]> {
  const files = await readdir(directory, { recursive: true })
  return files
    .filter((name) => /StreamSession\/[0-9a-f]{64}\.sqlite$/.test(name))
    .flatMap((name) => {
      const database = new DatabaseSync(join(directory, name), { readOnly: true })
      try {
        return database.prepare(query).all() as T[]
      } finally {
        database.close()
      }
    })
}

function usdcOf(rpcUrl: string, address: Hex): Promise<bigint> {
  return createPublicClient({ transport: http(rpcUrl) }).readContract({
    address: Chain.addresses.usdc,
    abi: parseAbi(['function balanceOf(address) view returns (uint256)']),
    functionName: 'balanceOf',
    args: [address],
  })
}
