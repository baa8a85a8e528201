/**
 * What a session writes down: two channels of `core/Ledger`, holds, deposits and plans of claims. Each transition is checked
 * and stands at once, or never happened: the ledger is a value, so a write that fails is one that is not kept.
 */
import * as Journal from '@pbstream/core/Journal'
import * as Ledger from '@pbstream/core/Ledger'
import type { ChainEvent, ChannelNumbers } from '@pbstream/core/message/Session'
import * as Plan from '@pbstream/stream-session/Plan'
import { indexOf, signatureOf } from '../support/fixtures.ts'
import { Sums } from '../support/Sums.ts'
import { demand } from '../support/Violation.ts'
import type { CoreWorld } from './CoreWorld.ts'

const RESERVATION_MS = 90_000
/** A lease ends so long after it was granted, if nobody reports that it is over. */
const LEASE_MS = 35_000
const DEPOSIT_LOST_MS = 86_400_000
const settings: Plan.Settings = { settleAmount: 16n, settleCount: 3, settleAgeMs: 60_000, minDeposit: 3n }

/** No policy of the service ends the payments of the key. */
const NO_POLICY = Infinity

/** A reservation, or a lease with what is left of its slice in `hold`. `marked` is charged if nobody reports by `until`, Unix milliseconds. */
export type Held = {
  channel: number
  hold: bigint
  marked: bigint
  until: number
  open: boolean
  charged: bigint
  leased?: true
}
export type Deposit = { id: string; channel: number; amount: bigint; status: 'wanted' | 'mined'; at: number }
type Event<K extends ChainEvent['kind']> = Extract<ChainEvent, { kind: K }>

const nothing = { deposited: 0n, provisional: 0n, returned: 0n, spent: 0n, claimed: 0n, settled: 0n, lost: 0n }

export class Money {
  readonly channels: [Ledger.Channel | undefined, Ledger.Channel | undefined] = [undefined, undefined]
  readonly plans: [Plan.Plan, Plan.Plan] = [Plan.fresh, Plan.fresh]
  readonly sums = [new Sums(), new Sums()] as const
  /** By channel: the highest maximum that the payer has signed. */
  readonly signed: [bigint, bigint] = [0n, 0n]
  /** By channel: what was spent before our time, what was charged since, and what is set aside. */
  readonly opened: [bigint, bigint] = [0n, 0n]
  readonly charged: [bigint, bigint] = [0n, 0n]
  readonly #reserved: [bigint, bigint] = [0n, 0n]
  /** What is open, oldest first. */
  readonly holds: Held[] = []
  readonly deposits: Deposit[] = []
  readonly #world: CoreWorld

  constructor(world: CoreWorld) {
    this.#world = world
  }

  get now(): number {
    return this.#world.now + this.#world.skew
  }

  /** Writes a channel's next state: rows and numbers are checked. `charge`: what this ends a hold with. */
  put(i: number, next: Ledger.Channel, charge = 0n): void {
    const before = this.channels[i]!
    if (next === before) return
    Ledger.assertStep(before, next)
    this.channels[i] = next
    this.#journal(i, before, next, charge)
  }

  #journal(i: number, before: ChannelNumbers, next: Ledger.Channel, charge: bigint): void {
    const sums = this.sums[i]!
    for (const { kind, debit, credit, amount } of Journal.movements(before, next)) {
      sums.moved(kind, debit, credit, amount)
      if (kind === 'charge') demand(amount === charge, 'I11', 'the receipt says another amount than the journal')
    }
    sums.written(next, this.signed[i]!)
    demand(next.reserved === this.#reserved[i], 'I7', 'what is reserved is not what was set aside')
  }

  /** Sets money aside for a voucher that is right. */
  reserve(i: number, max: bigint, hold: bigint, asked: bigint | undefined): Held {
    const outcome = Ledger.reserve(this.channels[i]!, { max, signature: signatureOf(i, max) }, hold, asked)
    if (!('channel' in outcome)) throw new Error(`a right voucher was refused: ${outcome.refused}`)
    this.#reserved[i]! += hold
    this.put(i, outcome.channel)
    const held = { channel: i, hold, marked: 0n, until: this.now + RESERVATION_MS, open: true, charged: 0n }
    this.holds.push(held)
    const { channel } = outcome
    demand(channel.spent + channel.reserved <= Ledger.funds(channel), 'I1', 'a grant beyond the money')
    return held
  }

  /** Takes a session's voucher, and sets a slice of the room aside for an isolate; undefined: there is none. */
  lease(i: number, max: bigint, slice: bigint): Held | undefined {
    const raised = Ledger.accept(this.channels[i]!, { max, signature: signatureOf(i, max) })
    if (!('channel' in raised)) return undefined
    this.put(i, raised.channel)
    const outcome = Ledger.hold(raised.channel, slice)
    if (!('channel' in outcome)) return undefined
    this.#reserved[i]! += slice
    this.put(i, outcome.channel)
    const until = this.now + LEASE_MS
    const held: Held = { channel: i, hold: slice, marked: 0n, until, open: true, charged: 0n, leased: true }
    this.holds.push(held)
    const { channel } = outcome
    demand(channel.spent + channel.reserved <= Ledger.funds(channel), 'I1', 'a lease beyond the money')
    demand(channel.spent + channel.reserved <= this.signed[i]!, 'I4', 'a lease beyond what was signed')
    return held
  }

  /** Charges one request that was served under a lease. False: it had ended before. */
  spend(held: Held, amount: bigint): boolean {
    if (!held.open) return false
    const i = held.channel
    const outcome = Ledger.post(this.channels[i]!, amount, amount)
    if (!('channel' in outcome)) throw new Error(`a lease could not be charged: ${outcome.refused}`)
    held.hold -= amount
    held.charged += amount
    this.#reserved[i]! -= amount
    this.charged[i]! += amount
    this.put(i, outcome.channel, amount)
    this.plans[i] = Plan.charged(this.plans[i]!, this.now)
    this.claim(i)
    return true
  }

  /** Whether some of a channel's room is leased: then nobody knows what is left, and nothing goes back. */
  isLeased(i: number): boolean {
    return this.holds.some(({ channel, leased }) => leased === true && channel === i)
  }

  /** Progress of a stream. */
  mark(held: Held, amount: bigint): void {
    if (!held.open) return
    const { marked } = Ledger.mark(held, amount)
    demand(marked >= held.marked && marked <= held.hold, 'I13', 'more was marked than held')
    held.marked = marked
    held.until = this.now + RESERVATION_MS
  }

  /** False: it had ended before. */
  end(held: Held, amount: bigint): boolean {
    if (!held.open) return false
    const i = held.channel
    const channel = this.channels[i]!
    const outcome = amount === 0n ? Ledger.release(channel, held.hold) : Ledger.post(channel, held.hold, amount)
    if (!('channel' in outcome)) throw new Error(`a reservation could not end: ${outcome.refused}`)
    held.open = false
    held.charged = amount
    this.holds.splice(this.holds.indexOf(held), 1)
    this.#reserved[i]! -= held.hold
    this.charged[i]! += amount
    this.put(i, outcome.channel, amount)
    if (amount === 0n) return true
    this.plans[i] = Plan.charged(this.plans[i]!, this.now)
    this.claim(i)
    return true
  }

  /** The alarm: what expired ends, what is due is claimed. */
  alarm(): void {
    const { holds, now } = this
    for (let at = 0; at < holds.length;) {
      const held = holds[at]!
      if (held.until <= now) this.end(held, held.marked)
      else at++
    }
    for (let at = this.deposits.length - 1; at >= 0; at--) {
      const { status, at: since } = this.deposits[at]!
      if (status === 'wanted' && since + DEPOSIT_LOST_MS <= now) this.deposits.splice(at, 1)
    }
    for (let i = 0; i < 2; i++) if (this.channels[i] !== undefined) this.claim(i)
  }

  /** As `Operations.standing`: the refund that nobody has reported for long. */
  unheard(i: number): Ledger.Channel['refund'] {
    const channel = this.channels[i]
    return channel === undefined || this.now < Plan.refundedBy(channel) ? undefined : channel.refund
  }

  /** When the alarm has something to do; Infinity: never. */
  get dueAt(): number {
    let due = Infinity
    for (const { until } of this.holds) if (until < due) due = until
    for (const { status, at } of this.deposits) {
      if (status === 'wanted' && at + DEPOSIT_LOST_MS < due) due = at + DEPOSIT_LOST_MS
    }
    for (let i = 0; i < 2; i++) {
      const channel = this.channels[i]
      const at = channel === undefined ? undefined : Plan.dueAt(channel, this.plans[i]!, settings, NO_POLICY)
      if (at !== undefined && at < due) due = at
    }
    return due
  }

  /** As `State.claim`: starts the channel's claim, or hands the one in flight to the queue, if that is due. */
  claim(i: number): void {
    const { now } = this
    const channel = this.channels[i]!
    const plan = (this.plans[i] = Plan.hurried(channel, this.plans[i]!, NO_POLICY, now))
    const reason = Plan.due(channel, plan, settings, NO_POLICY, now)
    if (reason === undefined) return
    if (reason === 'send') {
      const sent = Ledger.claimSent(channel)
      this.plans[i] = Plan.sent(plan, now)
      this.put(i, sent)
      return this.#send(i, sent.claiming!)
    }
    const whole = reason === 'age' || reason === 'close'
    const outcome = Ledger.claimStart(channel, whole, now >= Plan.refundedBy(channel))
    if (!('channel' in outcome)) return
    const next = outcome.channel
    const rest = next.claiming!.total < Ledger.claimable(next)
    this.plans[i] = Plan.started(plan, reason, rest, now)
    this.put(i, next)
    this.claim(i)
  }

  #send(i: number, { total, max, signature }: Ledger.Claiming): void {
    demand(max <= this.signed[i]!, 'I4', 'a claim under a voucher that nobody signed')
    demand(signature === signatureOf(i, max), 'I4', 'a claim under another voucher’s signature')
    demand(total <= this.channels[i]!.spent, 'I4', 'a claim of more than was charged')
    if (!this.#world.queue.send({ channel: i, total, max, signature, attempts: 0, at: this.#world.now })) {
      this.plans[i] = Plan.unsent(this.plans[i]!, this.now)
    }
  }

  /** Takes a report, as `Chain.ts` of the session does. */
  acknowledge(event: ChainEvent): void {
    const i = indexOf(event.channelId)
    if (event.kind === 'observed') return this.#observed(i, event)
    const channel = this.channels[i]
    if (channel === undefined) return
    if (event.kind === 'deposit') this.#deposited(i, channel, event)
    else if (event.kind === 'claim') this.#claimed(i, channel, event)
    else this.#refunded(i, channel, event)
    this.claim(i)
  }

  #observed(i: number, event: Event<'observed'>): void {
    const channel = this.channels[i]
    if (channel === undefined) {
      const opened = Ledger.open(event)
      this.channels[i] = opened
      // What was claimed before our time is not journaled: the sums start there.
      const { spent } = opened
      const before = { ...opened, ...nothing, deposited: spent, spent, claimed: spent, settled: spent }
      this.opened[i] = spent
      const sums = this.sums[i]!
      sums.payer = -spent
      sums.provider = spent
      this.signed[i] = spent > this.signed[i]! ? spent : this.signed[i]!
      return this.#journal(i, before, opened, 0n)
    }
    let pending = 0n
    for (const { channel: of, status, amount } of this.deposits) if (of === i && status === 'wanted') pending += amount
    this.put(i, Ledger.reconcile(channel, event, pending))
    this.claim(i)
  }

  #deposited(i: number, channel: Ledger.Channel, { depositId, status, block, amount: said }: Event<'deposit'>): void {
    const at = this.deposits.findIndex(({ id }) => id === depositId)
    const deposit = this.deposits[at]
    if (deposit === undefined) return
    const wasMined = deposit.status === 'mined'
    const amount = wasMined ? deposit.amount : said
    if (status === 'mined') {
      if (wasMined) return
      deposit.status = 'mined'
      deposit.amount = amount
      return this.put(i, Ledger.depositMined(channel, amount, block))
    }
    this.deposits.splice(at, 1)
    if (status === 'confirmed') this.put(i, Ledger.depositConfirmed(channel, amount, wasMined ? amount : 0n, block))
    else if (wasMined) this.put(i, Ledger.depositReorged(channel, amount))
  }

  #claimed(i: number, channel: Ledger.Channel, { status, total, settled, waitMs = 0 }: Event<'claim'>): void {
    if (status === 'confirmed') return this.#done(i, channel, Ledger.claimConfirmed(channel, total, settled))
    const next = Ledger.claimFailed(channel, total)
    if (next === channel) return
    const plan = this.plans[i]!
    this.plans[i] = status === 'failed' ? Plan.failed(plan, this.now) : Plan.deferred(plan, this.now, waitMs)
    this.put(i, next)
  }

  #refunded(i: number, channel: Ledger.Channel, event: Event<'refund'>): void {
    if (event.status === 'failed') this.put(i, Ledger.refundFailed(channel, event.refundId))
    else if (event.status === 'overtaken') this.put(i, Ledger.refundOvertaken(channel, event.refundId))
    else this.#done(i, channel, Ledger.refundDone(channel, event))
  }

  #done(i: number, channel: Ledger.Channel, next: Ledger.Channel): void {
    if (channel.claiming !== undefined && next.claiming === undefined) this.plans[i] = Plan.confirmed(this.plans[i]!)
    this.put(i, next)
  }

  /** A payer wants `amount` back, or all that is left. */
  refund(i: number, amount: bigint | undefined, id: string): ReturnType<typeof Ledger.refundStart> | undefined {
    const channel = this.channels[i]
    if (channel === undefined || this.isLeased(i)) return undefined
    const max = this.sign(i, Ledger.base(channel))
    const voucher = { max, signature: signatureOf(i, max) }
    const outcome = Ledger.refundStart(channel, { refundId: id, voucher, amount, at: this.now })
    if ('channel' in outcome) this.put(i, outcome.channel)
    return outcome
  }

  sign(i: number, max: bigint): bigint {
    if (max > this.signed[i]!) this.signed[i] = max
    return max
  }

  /** A restart: what is on disk is all there is, and it is checked. */
  load(): void {
    for (let i = 0; i < 2; i++) if (this.channels[i] !== undefined) Ledger.assertValid(this.channels[i]!)
  }
}
