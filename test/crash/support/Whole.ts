import { randomBytes } from 'node:crypto'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type Bundle, type WorkerName, root } from '@pbstream/local/Bundle'
import { Chain } from '@pbstream/local/Chain'
import { addressOf, loadKeys } from '@pbstream/local/Keys'
import { System, fundedAccounts } from '@pbstream/local/System'
import { type Hex, bytesToHex, createPublicClient, http, parseAbi } from 'viem'
import { expect } from 'vitest'
import { until } from '../../support/until.ts'
import { Calls } from './Calls.ts'
import { Victim } from './Victim.ts'

/** The processes of a whole system, in the order in which they can be started. */
export const processes = ['chain', 'upstream', 'system', 'client'] as const
type Process = (typeof processes)[number]
type Listening = { port: number }
/** What each process is started with; it comes back at the port that it had. */
type Settings = Record<Process, { port?: number; ports?: { gateway: number }; directory?: string }>

export type WholeOptions = {
  bundles: Record<WorkerName, Bundle>
  /** Streams that the callers keep going at once. */
  streams: number
  wallets: number
  channelsOfEach: number
  /** How long a stream takes, and the pause between two of its events, in milliseconds. */
  streamMs: number
  everyMs: number
  /** Seconds between two blocks. */
  blockTime: number
  /** How long to wait for streams, and for money to settle, in milliseconds. */
  patienceMs: number
}

/** What the books say when all has come to rest. Charges are `<request id> <atomic units>`. */
export type Outcome = {
  calls: number
  acknowledged: string[]
  recorded: string[]
  unitsAcknowledged: bigint
  unitsSettled: bigint
  unitsPaidOnChain: bigint
  /** Ids of calls whose reservations are still on disk, and of those whose callers were told so. */
  held: string[]
  toldHeld: string[]
}

type Charge = { request_id: string | null; amount: string }
type Money = { spent: string; settled: string; lost: string }

/** Blocks until a transaction counts: more than a chain that is killed forgets. */
const confirmations = 4
const script = (name: string) => join(root, 'test/crash/support', `${name}-process.ts`)
const random = (count: number) => Array.from({ length: count }, () => bytesToHex(randomBytes(32)))

/** A whole system on disk in four processes, each of which can be killed and started again from what is there. */
export class Whole {
  /** Streams at this moment, and at most so far. */
  going = 0
  mostAtOnce = 0
  readonly #options: WholeOptions
  readonly #directory: string
  readonly #victims: Record<Process, Victim<Listening>>
  readonly #settings: Settings
  readonly #provider: Hex
  readonly #rpc = { url: '' }

  private constructor(options: WholeOptions, directory: string, provider: Hex, settings: Settings) {
    this.#options = options
    this.#directory = directory
    this.#provider = provider
    this.#settings = settings
    const victim = (name: Process) => new Victim<Listening>(script(name))
    this.#victims = {
      chain: victim('chain'),
      upstream: victim('upstream'),
      system: victim('system'),
      client: victim('client'),
    }
  }

  /** Starts every process, the callers last. */
  static async start(options: WholeOptions): Promise<Whole> {
    const directory = await mkdtemp(join(tmpdir(), 'pbstream-whole-'))
    const keys = await loadKeys(directory)
    const wallets = random(options.wallets)
    const accounts = [...fundedAccounts(keys).gas, ...wallets.map(addressOf)]
    const { streams, everyMs, blockTime, bundles } = options
    const whole = new Whole(options, directory, addressOf(keys.provider), {
      chain: { port: 0, ...{ blockTime, statePath: join(directory, 'chain.json'), accounts } },
      upstream: { port: 0, ...{ everyMs, events: Math.ceil(options.streamMs / everyMs) } },
      system: { ports: { gateway: 0 }, ...{ directory, confirmations, bundles } },
      client: { ...{ directory, keys: wallets, salts: random(options.channelsOfEach), streams } },
    })
    try {
      for (const name of processes) await whole.start(name)
    } catch (error) {
      await whole.stop()
      throw error
    }
    return whole
  }

  /** Starts a process, at the port that it had before. */
  async start(name: Process): Promise<void> {
    const settings = this.#settings[name]
    const ready = await this.#victims[name].start(settings, (line) => {
      this.going = (JSON.parse(line) as { going: number }).going
      this.mostAtOnce = Math.max(this.mostAtOnce, this.going)
    })
    const { system, client } = this.#settings
    if (settings.ports !== undefined) settings.ports.gateway = ready.port
    else if (settings.port !== undefined) settings.port = ready.port
    const url = `http://127.0.0.1:${ready.port}`
    if (name === 'chain') Object.assign(this.#rpc, { url })
    if (name === 'chain') for (const each of [system, client]) Object.assign(each, { rpcUrl: url })
    if (name === 'upstream') Object.assign(system, { upstreamUrl: url })
    if (name === 'system') Object.assign(client, { gateway: url })
  }

  /** Resolves when hardly a stream is missing. */
  async underLoad(before: string): Promise<void> {
    const { streams, patienceMs } = this.#options
    await until(`streams are going before ${before}`, () => this.going >= streams * 0.9, patienceMs)
  }

  /** SIGKILL to all of these processes and what they have started, at the same time. */
  async kill(...names: Process[]): Promise<void> {
    await Promise.all(names.map((name) => this.#victims[name].kill()))
    this.going = 0
  }

  get kills(): Record<Process, number> {
    return Object.fromEntries(processes.map((name) => [name, this.#victims[name].kills])) as Record<Process, number>
  }

  /** No new streams; what is open is seen to its end, and everything that is on disk drains. What the books say then. */
  async rest(): Promise<Outcome> {
    await this.#victims.client.stop()
    await this.#victims.system.stop()
    const { standings, charges } = new Calls(join(this.#directory, 'calls.log'))
    const { recorded, settled } = await this.#settleAll()
    return {
      calls: standings.size,
      acknowledged: [...charges].map(([id, amount]) => `${id} ${amount}`),
      recorded,
      unitsAcknowledged: [...charges.values()].reduce((sum, amount) => sum + amount, 0n),
      unitsSettled: settled,
      unitsPaidOnChain: await usdcOf(this.#rpc.url, this.#provider),
      held: (await this.#disks<Charge>('SELECT request_id FROM reservation')).map((row) => String(row.request_id)),
      toldHeld: [...standings].flatMap(([id, standing]) => (standing === 'held' ? [id] : [])),
    }
  }

  async stop(): Promise<void> {
    for (const victim of Object.values(this.#victims)) await victim.kill()
    await rm(this.#directory, { recursive: true, force: true })
  }

  /** Lets everything drain that is on disk; what the sessions have recorded then. */
  async #settleAll(): Promise<{ settled: bigint; recorded: string[] }> {
    const [directory, { bundles, patienceMs }] = [this.#directory, this.#options]
    const options = { rpcUrl: this.#rpc.url, bundles, keys: await loadKeys(directory), directory, confirmations }
    const system = await System.start({ ...options, vars: { SETTLE_AGE_MS: '1' } })
    let last = ''
    try {
      return await until(
        'everything that was charged is settled',
        async () => {
          // The queue of events dies with the Workers on one machine: the books are the sessions', not the database's.
          const channels = await this.#disks<Money>('SELECT spent, settled, lost FROM channel')
          const charges = await this.#disks<Charge>("SELECT request_id, amount FROM journal WHERE kind = 'charge'")
          const sum = (amounts: string[]) => amounts.reduce((all, each) => all + BigInt(each), 0n)
          const settled = sum(channels.map((each) => each.settled))
          last = `spent ${sum(channels.map(({ spent }) => spent))}, settled ${settled}`
          const done = channels.every((each) => each.lost === '0' && each.spent === each.settled)
          return done && { settled, recorded: charges.map(({ request_id: id, amount }) => `${id} ${amount}`) }
        },
        patienceMs,
      )
    } catch (error) {
      throw new Error(`I8: not drained: ${last}`, { cause: error })
    } finally {
      await system.stop()
    }
  }

  /** Rows of all sessions. */
  async #disks<T>(query: string): Promise<T[]> {
    const files = await readdir(this.#directory, { recursive: true })
    return files
      .filter((name) => /StreamSession\/[0-9a-f]{64}\.sqlite$/.test(name))
      .flatMap((name) => {
        const database = new DatabaseSync(join(this.#directory, name), { readOnly: true })
        try {
          return database.prepare(query).all() as T[]
        } finally {
          database.close()
        }
      })
  }
}

/** The books of callers, sessions and chain agree, and only calls that are told so are still held. */
export function expectAgreed(outcome: Outcome): void {
  const { recorded, acknowledged, unitsAcknowledged: told, unitsSettled, unitsPaidOnChain, held, toldHeld } = outcome
  expect(recorded.toSorted(), 'I2 I7 I13: what callers were told is what is recorded, once').toEqual(
    acknowledged.toSorted(),
  )
  expect([unitsSettled, unitsPaidOnChain], 'I8: and settled to the unit').toEqual([told, told])
  expect(toldHeld, 'I7: only calls that are told so are still held').toEqual(expect.arrayContaining(held))
}

function usdcOf(rpcUrl: string, address: Hex): Promise<bigint> {
  return createPublicClient({ transport: http(rpcUrl) }).readContract({
    address: Chain.addresses.usdc,
    abi: parseAbi(['function balanceOf(address) view returns (uint256)']),
    functionName: 'balanceOf',
    args: [address],
  })
}
