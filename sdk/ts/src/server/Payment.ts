/** What a handler knows of the payment for its call, and how it says what was used. */
import type { Hex } from '@pbstream/core/Hex'
import * as Rate from '@pbstream/core/Rate'
import type { Binding, Grant } from './Deployment.ts'
import { amountOf, ANY_TIME, type Terms } from './Price.ts'

export type Payment = {
  /** The wallet that pays. */
  readonly payer: Hex
  /** The name of the payer's session; for a single payment that of its authorisation. */
  readonly session: string
  /** Of this payment; receipts have it as `jti`. */
  readonly id: string
  /** The most that this call can cost, in atomic units. */
  readonly ceiling: bigint
  /** How far the request's content was held against the payment. */
  readonly content: Binding
  /** The receipt, once the charge is recorded by this server; behind the gateway the caller gets it from there. */
  readonly receipt: string | undefined
  /**
   * Sets what the call costs, whatever was metered: `'$0.0012'` or `'1200'`. For metered prices.
   *
   * @throws {UsageError} above the ceiling, for a flat price, or when it is too late.
   */
  charge(amount: string): void
}

/** How much was used, in units of the price. */
export type Usage = number | bigint

/** Use that cannot be charged, or not any more. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/** One call's bill while it is open. */
export class Bill implements Payment {
  readonly payer: Hex
  readonly session: string
  readonly id: string
  readonly ceiling: bigint
  readonly content: Binding
  receipt: string | undefined
  readonly #terms: Terms
  #units = 0n
  #set: bigint | undefined
  #isFinished = false
  #closed: string | undefined

  constructor(grant: Pick<Grant, 'payer' | 'session' | 'id' | 'ceiling' | 'content'>, terms: Terms) {
    this.payer = grant.payer
    this.session = grant.session
    this.id = grant.id
    this.ceiling = grant.ceiling
    this.content = grant.content
    this.#terms = terms
  }

  charge(amount: string): void {
    this.#open('charge()')
    const atomic = amountOf(amount, 'charge')
    if (atomic > this.ceiling) throw new UsageError(`charge(${amount}) is above the ceiling of ${this.ceiling}`)
    this.#set = atomic
  }

  /** Adds to what was used. Beyond the ceiling it is noted and not charged. @throws {UsageError} */
  meter(usage: Usage): void {
    this.#open('meter()')
    if (typeof usage === 'number' ? !Number.isSafeInteger(usage) || usage < 0 : usage < 0n) {
      throw new UsageError(`meter(${usage}): usage is a whole number of units, 0 or more`)
    }
    this.#units += BigInt(usage)
  }

  /** What is charged as things stand, in atomic units; never above the ceiling. */
  amount(): bigint {
    const { card } = this.#terms
    const charge = this.#set ?? Rate.charge(card, { units: { reported: this.#units } }, ANY_TIME)
    return charge < this.ceiling ? charge : this.ceiling
  }

  /** What was used, in units of the card; an amount that was set is the most units that cost no more than it. */
  units(): bigint {
    const { card } = this.#terms
    if (this.#set === undefined || card.kind === 'flat') return this.#units
    return Rate.within(card, { units: {} }, 'reported', this.#set, ANY_TIME) ?? 0n
  }

  /** Whether the amount will not change any more. */
  get isKnown(): boolean {
    return this.#terms.card.kind === 'flat' || this.#set !== undefined || this.#isFinished
  }

  /** Nothing more will be used. */
  finish(): void {
    this.#isFinished = true
  }

  /** From now on use is too late. `why` ends the sentence of the error. */
  close(why: string): void {
    this.#closed ??= why
  }

  #open(what: string): void {
    if (this.#terms.card.kind === 'flat') {
      throw new UsageError(`${what} is for metered prices: paid({ max: '$0.01' }) instead of a flat price`)
    }
    if (this.#closed !== undefined) throw new UsageError(`${what} came too late: ${this.#closed}`)
  }
}
