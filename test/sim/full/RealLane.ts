/** The real `Runner` and `Journal` of the nonce lane, on SQLite. It may die at any call to the outside. */
import type { PbEvent } from '@pbstream/core/message/Event'
import * as NobleSigner from '@pbstream/core/NobleSigner'
import { RpcUnavailable } from '@pbstream/nonce-lane/ChainRpc'
import { Journal } from '@pbstream/nonce-lane/Journal'
import type { LaneItem, LaneOrder, LaneReply, NonceLaneApi } from '@pbstream/nonce-lane/Order'
import { type Config, type Ports, Runner } from '@pbstream/nonce-lane/Runner'
import { memorySql } from '../../../durable-objects/nonce-lane/test/support/MemorySql.ts'
import { confirmations } from '../fast/Lane.ts'
import type { LanePort } from '../fast/Parts.ts'
import type { World } from '../fast/World.ts'
import { Violation } from '../support/Violation.ts'
import { rpcOf } from './Rpc.ts'

export const gas = NobleSigner.create(`0x${'11'.repeat(32)}`)

const config: Config = {
  confirmations,
  rebroadcastMs: 2_000,
  stallMs: 10_000,
  maxFeeCap: 100_000n,
  lostMs: 60_000,
  maxRefusals: 2,
  pollMs: 1_000,
  dailyBudget: 10n ** 18n,
}

export class RealLane implements LanePort, NonceLaneApi {
  readonly #world: World
  readonly #sql = memorySql()
  readonly #told: (line: string) => void
  #journal = new Journal(this.#sql)
  #life = 0
  #runner: Runner
  #died: ((error: Error) => void)[] = []
  /** What the lane has published, newest state of each item. */
  readonly published = new Map<string, PbEvent>()

  constructor(world: World, told: (line: string) => void) {
    this.#world = world
    this.#told = told
    this.#runner = this.#start()
  }

  get isOpen(): boolean {
    return this.#journal.hasOpen()
  }

  get unsaid(): number {
    return this.#journal.outbox.nextDue() === undefined ? 0 : 1
  }

  get nonces(): number {
    return (this.#journal.highestNonce() ?? -1) + 1
  }

  isWaiting(id: string): boolean {
    return this.#journal.entry(id)?.state === 'open'
  }

  tick(): Promise<void> {
    return this.#run((runner) => runner.tick()).catch(() => undefined)
  }

  async submit(_: 1, order: LaneOrder): Promise<LaneReply> {
    if (this.#world.faults.hit('budgetSpent')) return { kind: 'over_budget' }
    return this.#run((runner) => runner.submit(order, () => undefined))
  }

  poke(_: 1, id: string): Promise<LaneItem | undefined> {
    return this.#run((runner) => runner.poke(id))
  }

  async status(_: 1, id: string): Promise<LaneItem | undefined> {
    const entry = this.#journal.entry(id)
    return entry === undefined ? undefined : { id, state: entry.state, nonce: entry.nonce }
  }

  async giveUp(_: 1, id: string): Promise<LaneItem | undefined> {
    const entry = this.#journal.giveUp(id, this.#world.now)
    return entry === undefined ? undefined : { id, state: entry.state, nonce: entry.nonce }
  }

  async covered(_: 1, keys: string[]): Promise<string[]> {
    return this.#journal.covered(keys)
  }

  /** Runs an operation to its end, or to the death of the lane on the way. */
  #run<T>(operation: (runner: Runner) => Promise<T>): Promise<T> {
    const death = new Promise<never>((_, reject) => this.#died.push(reject))
    return Promise.race([operation(this.#runner), death])
  }

  #start(): Runner {
    const world = this.#world
    const life = ++this.#life
    const pass = <T>(effect: () => T) => this.#pass(life, effect)
    const chain = rpcOf(world, pass)
    const ports: Ports = {
      chain,
      signer: { address: gas.address, sign: (digest) => pass(() => digest).then((given) => gas.sign(given)) },
      acknowledge: async (_, events) => {
        if (!world.tell(events)) throw new Error('lost')
      },
      publish: async (events) => {
        if (world.faults.hit('sendThrows')) throw new Error('overloaded')
        for (const event of events) {
          this.#told(JSON.stringify(event))
          if (event.kind === 'transaction') this.published.set(event.itemId, event)
        }
        if (world.faults.hit('sendHangs')) throw new Error('no answer')
      },
      now: () => world.now,
      log: (event, detail) => this.#told(JSON.stringify({ event, ...detail })),
    }
    return new Runner(this.#journal, ports, config)
  }

  async #pass<T>(life: number, effect: () => T): Promise<T> {
    const { faults } = this.#world
    // What is left of a lane that died never gets an answer, nor has any further effect.
    if (life !== this.#life) return new Promise<T>(() => undefined)
    if (faults.hit('rpcSilent')) throw new RpcUnavailable('silent')
    if (faults.hit('laneDies')) return this.#die()
    let result: T
    try {
      result = effect()
    } catch (error) {
      if (error instanceof Violation) this.#world.settlement.broken(error)
      throw error
    }
    if (faults.hit('rpcSilentAfter')) throw new RpcUnavailable('silent')
    return faults.hit('laneDies') ? this.#die() : result
  }

  #die(): Promise<never> {
    this.#journal = new Journal(this.#sql)
    this.#runner = this.#start()
    for (const reject of this.#died.splice(0)) reject(new Error('the lane died'))
    return new Promise<never>(() => undefined)
  }
}
