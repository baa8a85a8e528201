/**
 * One open session, and how much room it has: which requests may go now, and when a higher voucher is due.
 *
 * Room is counted from what the gateway said last, less what has been sent since. It may count a request twice for a
 * moment, never not at all; a gateway that finds too little room says so, and nothing is charged.
 */
import * as Amount from '@pbstream/core/Amount'
import type { Hex } from '@pbstream/core/Hex'
import type { VerifiedVoucher } from '@pbstream/core/message/Session'
import * as Lease from '@pbstream/core/session/Lease'
import type { Algorithm } from '@pbstream/core/session/OpenSession'
import type { Room } from '@pbstream/core/session/Room'
import { BudgetExceededError } from '../errors/Payer.ts'
import type { Budget } from './Budget.ts'
import type { Channel } from './Channel.ts'
import { Leases } from './Leases.ts'
import { requestSigner, type SignRequest } from './RequestSigner.ts'

/** A session as it is kept. Times in Unix seconds. */
export type SessionRecord = {
  v: 1
  origin: string
  network: string
  payTo: string
  asset: string
  channelId: Hex
  token: string
  algorithm: Algorithm
  /** The request key, or the private key that signs. */
  secret: string
  epoch: number
  expires: number
}

/** Leave to send one request. `hold`: what it may cost, as far as is known. */
export type Ticket = { id: string; hold: bigint; lease?: string; voucher?: VerifiedVoucher }

/** What a session needs from outside. */
export type SessionPorts = {
  budget: Budget
  /** Unix seconds. */
  now(): number
  /** Fresh bytes as text, for ids. */
  randomId(): string
  randomBelow(limit: number): number
  /** Asked before more is signed. Throws to refuse. */
  approve(channel: Channel, raise: { amount: bigint; deposit?: bigint }): Promise<void>
  /** Deposits so that `needed` (cumulative) is covered. Returns what the gateway then said. */
  topUp(session: Session, needed: bigint): Promise<Room>
}

/** A raise is due when less than this share of the exposure is left. */
const DUE = 2n
/** A raise of less than this share is not worth a signature, unless it is needed. */
const WORTH = 4n

export class Session {
  readonly record: SessionRecord
  readonly channel: Channel
  readonly leases: Leases
  readonly #ports: SessionPorts
  readonly #prices = new Map<string, bigint>()
  #signer: Promise<SignRequest> | undefined
  #accepted = 0n
  #charged: bigint
  #funds: bigint
  #signed: bigint
  /** A lower bound of what was really spent: exposure is counted from here. */
  #spent: bigint
  #inFlight = 0n
  #sent = 0
  #lastPrice = 0n
  /** No raise ahead of need before so much is spent. */
  #notBefore = 0n
  #waiting: (() => void)[] = []
  #raising: Promise<VerifiedVoucher | undefined> | undefined
  #toppingUp: Promise<void> | undefined

  constructor(record: SessionRecord, channel: Channel, numbers: Numbers, ports: SessionPorts) {
    this.record = record
    this.channel = channel
    this.#ports = ports
    this.#signed = numbers.signed
    this.#charged = Amount.min(numbers.charged, numbers.signed)
    this.#spent = this.#charged
    this.#funds = numbers.funds
    this.#accepted = numbers.accepted ?? 0n
    this.leases = new Leases(ports.randomBelow)
  }

  get numbers(): Required<Numbers> {
    return { signed: this.#signed, charged: this.#charged, funds: this.#funds, accepted: this.#accepted }
  }

  /** Signs what is to be signed of requests. */
  signer(): Promise<SignRequest> {
    this.#signer ??= requestSigner(this.record)
    return this.#signer
  }

  /** Remembers what something costs: the price of an offer, before any was paid. */
  expect(place: string, price: bigint): void {
    if (this.#prices.size > 1_000) this.#prices.clear()
    this.#prices.set(place, price)
    this.#lastPrice = price
  }

  /** What a request is expected to cost. */
  priceOf(place: string): bigint {
    return this.#prices.get(place) ?? this.#lastPrice
  }

  /**
   * Waits until a request of `hold` may go, and raises the voucher for it if need be. `id`: the caller's own, which is
   * never one of a lease. `strict`: not under a lease.
   *
   * @throws {BudgetExceededError}
   */
  async enter(place: string, ask: { hold: bigint; id?: string | undefined; strict?: boolean }): Promise<Ticket> {
    const { hold, id } = ask
    for (let toppedUp = 0; ;) {
      if (id === undefined && ask.strict !== true) {
        const lease = this.leases.take(place, this.#ports.now())
        if (lease !== undefined) return this.#send({ id: Lease.requestId(lease), lease: lease.id, hold: 0n })
      }
      const ticket = { id: id ?? this.#ports.randomId(), hold }
      if (hold <= this.#free(this.#accepted)) return this.#send(ticket, await this.#ahead(hold))
      const voucher = await this.#raise(this.#charged + this.#inFlight + hold)
      if (voucher !== undefined && hold <= this.#free(voucher.max)) return this.#send(ticket, voucher)
      if (this.#sent > 0) await new Promise<void>((resolve) => this.#waiting.push(resolve))
      else if (hold > this.#exposable || toppedUp === 2) this.#refuse(hold)
      else {
        toppedUp += 1
        await this.#topUp(this.#charged + hold)
      }
    }
  }

  /** Leave to send a request once more that may have been served under a lease: its slice pays. */
  again(ticket: Ticket): Ticket {
    return this.#send(ticket)
  }

  /** A request has ended. `room`: what its answer said; `price`: what it cost, if that is known. */
  leave(ticket: Ticket, outcome: { room?: Room | undefined; price?: bigint | undefined } = {}): void {
    this.#inFlight -= ticket.hold
    this.#sent -= 1
    if (outcome.price !== undefined) this.#spent += outcome.price
    if (outcome.room !== undefined) this.saw(outcome.room)
    const waiting = this.#waiting
    this.#waiting = []
    for (const resume of waiting) resume()
  }

  /** Takes over what the gateway said. More than was signed cannot be charged, whatever it says. */
  saw(room: Room): void {
    this.#accepted = Amount.max(this.#accepted, Amount.min(room.accepted, this.#signed))
    this.#charged = Amount.min(room.charged, this.#signed)
    this.#funds = room.funds
    // Nothing is under way, and no lease holds money back: what is charged is spent.
    if (this.#sent === 0 && !this.leases.mayHold(this.#ports.now())) this.#spent = this.#charged
  }

  /** The gateway found too little room: its numbers hold, and something that costs `needed` was asked for. */
  short(place: string, room: Room): void {
    this.saw(room)
    this.#accepted = Amount.min(room.accepted, this.#signed)
    if (room.needed !== undefined) this.expect(place, room.needed)
  }

  /** The highest maximum that exposure and `funds` allow now. */
  ceiling(funds: bigint): bigint {
    return Amount.min(this.#spent + this.#ports.budget.exposure, funds)
  }

  /** What is still free under vouchers up to `max`. */
  #free(max: bigint): bigint {
    return Amount.min(max, this.#funds) - this.#charged - this.#inFlight
  }

  #send(ticket: Ticket, voucher?: VerifiedVoucher): Ticket {
    this.#inFlight += ticket.hold
    this.#sent += 1
    return voucher === undefined ? ticket : { ...ticket, voucher }
  }

  /** What the exposure leaves for one more request. */
  get #exposable(): bigint {
    return this.#spent + this.#ports.budget.exposure - this.#charged - this.#inFlight
  }

  /** A higher voucher before it is needed, if one is due: so that requests do not wait for one another. */
  async #ahead(hold: bigint): Promise<VerifiedVoucher | undefined> {
    const { exposure } = this.#ports.budget
    const isDue = this.#free(this.#accepted) - hold < exposure / DUE && this.#spent >= this.#notBefore
    if (!isDue || this.#raising !== undefined || this.ceiling(this.#funds) <= this.#signed) return undefined
    this.#notBefore = this.#spent + exposure / (2n * WORTH)
    try {
      return await this.#raise(0n)
    } catch (error) {
      // There is room for this one: the budget is the matter of the request that has none.
      if (error instanceof BudgetExceededError) return undefined
      throw error
    }
  }

  /** A voucher for at least `needed`, or as much as is sensible; `undefined` when that is no more than is accepted. */
  async #raise(needed: bigint): Promise<VerifiedVoucher | undefined> {
    if (this.#raising !== undefined) await this.#raising.catch(() => undefined)
    this.#raising = this.#sign(needed)
    try {
      return await this.#raising
    } finally {
      this.#raising = undefined
    }
  }

  async #sign(needed: bigint): Promise<VerifiedVoucher | undefined> {
    const { budget } = this.#ports
    if (needed > this.#signed && needed > this.ceiling(this.#funds)) return undefined
    const left = await budget.left(this.channel.host)
    const voucher = await this.channel.voucher(async ({ signed }) => {
      const wanted = raised({ signed, needed, ceiling: this.ceiling(this.#funds), left, exposure: budget.exposure })
      if (wanted > signed) await this.#ports.approve(this.channel, { amount: wanted - signed })
      return wanted
    })
    this.#signed = Amount.max(this.#signed, voucher.max)
    return voucher.max > this.#accepted ? { max: voucher.max, signature: voucher.signature } : undefined
  }

  async #topUp(needed: bigint): Promise<void> {
    this.#toppingUp ??= this.#ports
      .topUp(this, needed)
      .then(async (room) => {
        this.#signed = Amount.max(this.#signed, (await this.channel.numbers()).signed)
        this.saw(room)
      })
      .finally(() => (this.#toppingUp = undefined))
    await this.#toppingUp
  }

  #refuse(hold: bigint): never {
    throw new BudgetExceededError('exposure', Amount.max(this.#exposable, 0n), hold)
  }
}

export type Numbers = { signed: bigint; charged: bigint; funds: bigint; accepted?: bigint }

/**
 * How high to sign. As far as exposure and funds go, so that vouchers are few; with a budget for everything, in steps of
 * a quarter of what it leaves, so that one channel does not take it all. At least what is needed.
 */
export function raised(state: {
  signed: bigint
  needed: bigint
  ceiling: bigint
  left: bigint | undefined
  exposure: bigint
}): bigint {
  const { signed, needed, ceiling, left, exposure } = state
  const step = left === undefined ? ceiling : Amount.min(ceiling, signed + left / WORTH)
  const wanted = Amount.max(step, needed)
  if (wanted <= signed) return signed
  return needed > signed || wanted - signed >= exposure / WORTH ? wanted : signed
}
