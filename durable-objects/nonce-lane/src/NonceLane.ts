/** The Durable Object of one (chain, signer), named by `laneName`. Storage and alarm; the rest is `Runner`. */
import { DurableObject } from 'cloudflare:workers'
import type { LaneOperationsApi, LaneState } from '@pbstream/core/message/Operations'
import { Journal, type Lane, toLaneItem } from './Journal.ts'
import type { LaneItem, LaneOrder, LaneReply, NonceLaneApi } from './Order.ts'
import { type Config, type Ports, Runner } from './Runner.ts'
import { ofStorage } from './Sql.ts'

/** How the hosting Worker connects a lane to its chain, key, sessions and queue. */
export type Connect<Env> = (env: Env, lane: Lane) => { ports: Ports; config: Config }

const MAX_KEYS = 1_000
const MAX_SHOWN = 100
/** When the lane cannot even connect (its chain left the configuration), it looks again after this long. */
const LOST_DELAY = 60_000

export class NonceLane<Env> extends DurableObject<Env> implements NonceLaneApi, LaneOperationsApi {
  readonly #connect: Connect<Env>
  readonly #journal: Journal
  #runner: Runner | undefined

  constructor(ctx: DurableObjectState, env: Env, connect: Connect<Env>) {
    super(ctx, env)
    this.#connect = connect
    this.#journal = new Journal(ofStorage(ctx.storage))
    // An alarm is lost after six failures: whoever wakes the object sets it again.
    void ctx.blockConcurrencyWhile(async () => {
      const waiting = this.#journal.hasOpen() || this.#journal.outbox.nextDue() !== undefined
      if (waiting && (await ctx.storage.getAlarm()) === null) await ctx.storage.setAlarm(Date.now())
    })
  }

  async submit(_v: 1, order: LaneOrder): Promise<LaneReply> {
    const lane = this.#journal.lane()
    if (lane !== undefined && (lane.chainId !== order.chainId || lane.signer !== order.signer)) {
      throw new Error('this lane is another signer’s or chain’s')
    }
    const runner = this.#running({ chainId: order.chainId, signer: order.signer })
    // The alarm is written in the same turn as the journal: together or not at all.
    const reply = await runner.submit(order, () => void this.ctx.storage.setAlarm(runner.nextTick() ?? Date.now()))
    if (reply.kind === 'accepted') return reply
    // What is refused may still be news, say that the signer's ether runs out.
    const next = runner.nextTick()
    if (next !== undefined && (await this.ctx.storage.getAlarm()) === null) await this.ctx.storage.setAlarm(next)
    return reply
  }

  async poke(_v: 1, id: string): Promise<LaneItem | undefined> {
    const lane = this.#journal.lane()
    return lane === undefined ? undefined : this.#running(lane).poke(id)
  }

  async status(_v: 1, id: string): Promise<LaneItem | undefined> {
    const entry = this.#journal.entry(id)
    return entry === undefined ? undefined : toLaneItem(entry)
  }

  async giveUp(_v: 1, id: string): Promise<LaneItem | undefined> {
    const entry = this.#journal.giveUp(id, Date.now())
    return entry === undefined ? undefined : toLaneItem(entry)
  }

  async covered(_v: 1, keys: string[]): Promise<string[]> {
    return this.#journal.covered(keys.slice(0, MAX_KEYS))
  }

  async pause(_v: 1, on: boolean): Promise<void> {
    this.#journal.pause(on)
  }

  async overview(_v: 1): Promise<Omit<LaneState, 'chainId' | 'signer'>> {
    return { paused: this.#journal.paused, items: this.#journal.underWay(MAX_SHOWN) }
  }

  override async alarm(): Promise<void> {
    const lane = this.#journal.lane()
    if (lane === undefined) return
    let next: number | undefined = Date.now() + LOST_DELAY
    try {
      const runner = this.#running(lane)
      await runner.tick()
      next = runner.nextTick()
    } catch (error) {
      console.error(
        JSON.stringify({ event: 'lane_alarm', message: error instanceof Error ? error.message : 'unknown' }),
      )
    }
    // Set here and not by a failure's retries, which end after six.
    if (next !== undefined) await this.ctx.storage.setAlarm(next)
  }

  #running(lane: Lane): Runner {
    if (this.#runner === undefined) {
      const { ports, config } = this.#connect(this.env, lane)
      this.#runner = new Runner(this.#journal, ports, config)
    }
    return this.#runner
  }
}
