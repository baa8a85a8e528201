import type { Hex } from '@pbstream/core/Hex'
import type { PbEvent } from '@pbstream/core/message/Event'
import type { ChainEvent } from '@pbstream/core/message/Session'
import * as NobleSigner from '@pbstream/core/NobleSigner'
import { RpcUnavailable } from '../../src/ChainRpc.ts'
import { Journal } from '../../src/Journal.ts'
import type { LaneOrder, LaneReply } from '../../src/Order.ts'
import { type Config, type Ports, Runner } from '../../src/Runner.ts'
import { memorySql } from './MemorySql.ts'
import { channelOf, marks, SimChain, totalOf } from './SimChain.ts'

export const signer = NobleSigner.create(`0x${'11'.repeat(32)}`)

export const config: Config = {
  confirmations: 3,
  rebroadcastMs: 2_000,
  stallMs: 10_000,
  maxFeeCap: 1_000_000n,
  lostMs: 60_000,
  maxRefusals: 2,
  pollMs: 1_000,
  dailyBudget: 250_000_000_000n,
  lowBalance: 1_000n,
}

/** What may happen to one call to the outside. */
export type Fault = 'none' | 'lost_before' | 'lost_after' | 'crash_before' | 'crash_after'

export function order(i: number, data: Hex = `0x${(i + 1).toString(16).padStart(8, '0')}`): LaneOrder {
  const partial = data.startsWith(marks.skips) ? ({ partial: true } as const) : {}
  const event = { kind: 'claim', channelId: channelOf(i), total: totalOf(i), settled: true, ...partial } as const
  return {
    chainId: 84532,
    signer: signer.address,
    id: `item-${i}`,
    purpose: 'claim',
    to: `0x${'22'.repeat(20)}`,
    data,
    acks: [{ session: `session-${i % 2}`, event }],
    keys: [`key-${i}`],
    maxGas: 1_000_000n,
    channels: 1,
    amount: BigInt(i),
  }
}

/** A lane over a simulated chain. A crash ends the runner where it stands; the journal is all that is left. */
export class World {
  readonly chain = new SimChain()
  readonly told = new Map<string, ChainEvent[]>()
  readonly events: PbEvent[] = []
  now = 1_700_000_000_000
  /** Ether of the signer, in wei. */
  balance = 10n ** 18n
  /** Faults of the next calls to the outside, in order; none when it is empty. */
  faults: Fault[] = []
  calls = 0
  /** The disk of the lane. */
  readonly sql = memorySql()
  journal = new Journal(this.sql)
  #life = 0
  #crashed: (() => void) | undefined
  /** May be changed between two lives of the lane, as a deployment does. */
  config: Config
  #runner: Runner

  constructor(over: Partial<Config> = {}) {
    this.config = { ...config, ...over }
    this.#runner = this.#start()
  }

  /** Runs an operation to its end, or to a crash on the way, after which the lane is loaded anew. */
  async run<T>(operation: (runner: Runner) => Promise<T>): Promise<T | undefined> {
    const crash = new Promise<'crashed'>((resolve) => (this.#crashed = () => resolve('crashed')))
    const result = await Promise.race([operation(this.#runner), crash])
    this.#crashed = undefined
    if (result !== 'crashed') return result as T
    this.restart()
    return undefined
  }

  submit(each: LaneOrder): Promise<LaneReply | undefined> {
    return this.run((runner) => runner.submit(each, () => undefined))
  }

  tick(): Promise<void> {
    return this.run((runner) => runner.tick())
  }

  poke(id: string) {
    return this.run((runner) => runner.poke(id))
  }

  restart(): void {
    this.journal = new Journal(this.sql)
    this.#runner = this.#start()
  }

  /** No more faults: looks and blocks alternate until nothing is open and everything is delivered. */
  async drain(rounds = 300): Promise<void> {
    this.faults = []
    for (let i = 0; i < rounds; i++) {
      if (this.#quiet()) return
      // What waits for another day's gas waits for it.
      this.now += this.journal.isHeld ? 86_400_000 : 3_000
      this.chain.mine()
      await this.tick()
    }
  }

  #quiet(): boolean {
    return !this.journal.hasOpen() && this.journal.outbox.nextDue() === undefined
  }

  #start(): Runner {
    const life = ++this.#life
    const pass = <T>(effect: () => T) => this.#pass(life, effect)
    const ports: Ports = {
      chain: { ...this.chain.rpc(pass), balance: () => pass(() => this.balance) },
      signer: { address: signer.address, sign: (digest) => pass(() => digest).then((given) => signer.sign(given)) },
      acknowledge: (session, events) =>
        pass(() => void this.told.set(session, [...(this.told.get(session) ?? []), ...events])),
      publish: (events) => pass(() => void this.events.push(...events)),
      now: () => this.now,
      log: () => undefined,
    }
    return new Runner(this.journal, ports, this.config)
  }

  async #pass<T>(life: number, effect: () => T): Promise<T> {
    // What is left of a crashed runner never gets an answer, nor has any further effect.
    if (life !== this.#life) return new Promise<T>(() => undefined)
    this.calls++
    const fault = this.faults.shift() ?? 'none'
    if (fault === 'lost_before') throw new RpcUnavailable('lost')
    if (fault === 'crash_before') return this.#crash()
    const result = effect()
    if (fault === 'lost_after') throw new RpcUnavailable('lost')
    if (fault === 'crash_after') return this.#crash()
    return result
  }

  #crash(): Promise<never> {
    this.#life++
    this.#crashed?.()
    return new Promise<never>(() => undefined)
  }
}
