/**
 * The chain, the queue of claims and the lane as they look from a session: blocks with the contracts' own rules
 * (`fast/FakeChain`'s `execute`), a pool, reorganisations above depth k, orders that are reported until the report is taken.
 * No nonces or fees: those are in the other worlds.
 */
import type { ChainEvent } from '@pbstream/core/message/Session'
import { fateOf } from '../../../workers/settlement/src/Fate.ts'
import { type Body, execute, genesis, isPending, type Kind, type Row, type State } from '../fast/FakeChain.ts'
import { channelIds, configs, WITHDRAW_DELAY } from '../support/fixtures.ts'
import { demand } from '../support/Violation.ts'
import type { CoreWorld } from './CoreWorld.ts'

/** Depth k. */
export const confirmations = 3

/** `stop`: when the session key stopped, Unix seconds; 0: it has not. */
type Block = { readonly time: number; readonly state: State; readonly stop: number; readonly foreign: readonly Body[] }
export type Order = {
  readonly body: Body
  readonly channel: number
  /** What the session is told, but for the status. */
  readonly about: About
  pooled: boolean
  /** Number of the block that it is in, 0 for none; and whether it went through there. */
  block: number
  success: boolean
  toldMined: boolean
}
const none: readonly Body[] = []
type About =
  | { kind: 'deposit'; depositId: string; amount: bigint }
  | { kind: 'claim'; total: bigint }
  | { kind: 'refund'; refundId: string; amount: bigint; claimed: bigint; nonce: bigint }
type Status = 'mined' | 'confirmed' | 'failed'

export class Chain {
  readonly kind: Kind
  readonly blocks: Block[]
  /** Orders that are not final, oldest first. */
  readonly orders: Order[] = []
  /** Reports on their way: the lane's come until they are taken, looks may be lost. */
  readonly news: ChainEvent[] = []
  foreign: Body[] = []
  /** What the next block says of the key. */
  stop = 0
  readonly #world: CoreWorld

  constructor(world: CoreWorld, kind: Kind) {
    this.#world = world
    this.kind = kind
    this.blocks = [{ time: Math.floor(world.now / 1_000), state: genesis, stop: 0, foreign: none }]
  }

  get head(): Block {
    return this.blocks[this.blocks.length - 1]!
  }

  /** The newest block that no reorganisation takes back. */
  get deep(): Block {
    return this.blocks[Math.max(0, this.blocks.length - confirmations)]!
  }

  mine(): void {
    const { head, foreign, orders } = this
    const number = this.blocks.length
    const time = Math.max(head.time + 1, Math.floor(this.#world.now / 1_000))
    let { state } = head
    if (foreign.length > 0) {
      this.foreign = []
      for (const body of foreign) state = this.#run(state, body, time) ?? state
    }
    for (const order of orders) {
      if (!order.pooled) continue
      order.pooled = false
      order.block = number
      const next = this.#run(state, order.body, time)
      order.success = next !== undefined
      state = next ?? state
    }
    this.blocks.push({ time, state, stop: this.stop, foreign })
    const { money } = this.#world
    for (let i = 0; i < 2; i++) {
      const { claimed, balance } = state.channels[i]!
      demand(claimed <= money.signed[i]!, 'I4', 'the chain moved more than was signed')
      demand(claimed <= balance, 'I1', 'the chain claimed more than there is')
    }
  }

  /** The last blocks never happened. What was in them is in the pool again, or gone. A fork is as long as what it replaces. */
  reorganise(depth: number, keep: boolean): void {
    const { head, blocks } = this
    const gone = blocks.splice(Math.max(1, blocks.length - depth))
    this.#turned(head.state, this.head.state)
    this.stop = this.head.stop
    if (keep) for (const { foreign } of gone) this.foreign.push(...foreign)
    for (const order of this.orders) {
      if (order.block < blocks.length) continue
      order.block = 0
      order.pooled = keep
    }
    for (const { time } of gone) blocks.push({ ...this.head, time, foreign: none })
  }

  submit(channel: number, body: Body, about: About): 'sent' | 'reverts' {
    const { head, orders } = this
    if (this.#next(head.state, body, head.time + 1) === undefined) return 'reverts'
    orders.push({ body, channel, about, pooled: true, block: 0, success: false, toldMined: false })
    return 'sent'
  }

  covers(channel: number, total: bigint): boolean {
    return this.orders.some(
      ({ about, channel: of }) => of === channel && about.kind === 'claim' && about.total === total,
    )
  }

  /** Whether the transaction of a deposit is still under way. */
  waits(depositId: string): boolean {
    return this.orders.some(({ about }) => about.kind === 'deposit' && about.depositId === depositId)
  }

  /** It would revert, and is never sent: its session is told, if that can be. */
  refuse(channel: number, about: About): void {
    this.#world.tell(told({ channel, about, block: 0 }, 'failed'))
  }

  /** The lane looks: what was dropped is sent again, what changed is reported. */
  tick(): void {
    const { orders, blocks, news } = this
    const { faults } = this.#world
    for (let i = 0; i < orders.length; i++) {
      const order = orders[i]!
      if (order.block === 0) {
        if (order.pooled) continue
        if (faults.hit('nodeRefuses')) this.#close(i--, 'failed')
        else order.pooled = true
      } else if (blocks.length - order.block >= confirmations) {
        this.#close(i--, order.success ? 'confirmed' : 'failed')
      } else if (order.success && !order.toldMined && order.about.kind !== 'claim') {
        order.toldMined = true
        news.push(told(order, 'mined'))
      }
    }
  }

  /** Tells of the newest block that the node knows, now or late. */
  look(channel: number): void {
    const { faults, money } = this.#world
    const refund = money.unheard(channel)
    const over = refund !== undefined && !this.#hasRefund(refund.refundId)
    if (faults.hit('rpcSilent')) return
    const number = Math.max(0, this.blocks.length - (faults.hit('nodeLags') ? 2 : 1))
    const { state, time, stop } = this.blocks[number]!
    const { balance, claimed, withdrawAt, refundNonce } = state.channels[channel]!
    const { deep } = this
    const seen = {
      kind: 'observed',
      channelId: channelIds[channel]!,
      config: configs[channel]!,
      balance,
      totalClaimed: claimed,
      withdrawRequestedAt: isPending(state.channels[channel]!, time, this.kind) ? withdrawAt : 0,
      refundNonce,
      keyStoppedAt: stop,
      keyOver: stop !== 0 && deep.stop !== 0 && deep.time >= deep.stop + WITHDRAW_DELAY,
      block: number,
    } as const
    if (refund !== undefined) {
      const { refundId, amount, nonce } = refund
      // What is lost of it comes with the next look.
      const fate = { refundId, amount, nonce }
      for (const event of fateOf(seen.channelId, fate, { over, nonce: refundNonce })) this.#world.tell(event)
    }
    if (faults.hit('lookLate')) this.news.push(seen)
    else this.#world.tell(seen)
  }

  /** Whether the lane has this refund, or still has to tell how it ended. */
  #hasRefund(id: string): boolean {
    const isIt = (of: About | ChainEvent) => of.kind === 'refund' && of.refundId === id
    return this.orders.some(({ about }) => isIt(about)) || this.news.some((event) => isIt(event))
  }

  /** One report gets there, or is tried again; every look that is late comes in between somewhere. */
  deliver(index: number): void {
    const [event] = this.news.splice(index, 1)
    if (!this.#world.tell(event!) && event!.kind !== 'observed') this.news.unshift(event!)
  }

  #close(index: number, status: Status): void {
    const [order] = this.orders.splice(index, 1)
    this.news.push(told(order!, status))
  }

  #run(state: State, body: Body, time: number): State | undefined {
    const next = this.#next(state, body, time)
    if (next !== undefined) this.#turned(state, next)
    return next
  }

  /**
   * The state after a call; undefined when it reverts. Once the key's stop has bitten, nothing is recorded; what was
   * recorded before is still paid out.
   */
  #next(state: State, body: Body, time: number): State | undefined {
    const over = this.stop !== 0 && time >= this.stop + WITHDRAW_DELAY
    const isNew = ({ channel, total }: Row) => total > state.channels[channel]!.claimed
    if (over && body.kind === 'claims' && body.rows.some(isNew)) return undefined
    if (over && body.kind === 'refund' && body.claim !== undefined && isNew(body.claim)) return undefined
    return execute(state, body, time, this.kind)
  }

  #turned(before: State, after: State): void {
    const { sums } = this.#world.money
    for (let i = 0; i < 2; i++) sums[i]!.turned(before.channels[i]!.balance, after.channels[i]!.balance)
  }
}

function told({ about, channel, block }: Pick<Order, 'about' | 'channel' | 'block'>, status: Status): ChainEvent {
  const channelId = channelIds[channel]!
  const at = block === 0 ? {} : { block }
  switch (about.kind) {
    case 'deposit':
      return { ...about, channelId, status, ...at }
    case 'claim':
      return {
        ...about,
        channelId,
        settled: status === 'confirmed',
        status: status === 'failed' ? 'failed' : 'confirmed',
      }
    case 'refund':
      return { ...about, channelId, status: status === 'failed' ? 'failed' : 'mined', ...at }
  }
}
