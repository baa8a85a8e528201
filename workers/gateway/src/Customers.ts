/**
 * What prices depend on of who pays: the terms that a provider gave a customer, and what the customer used through other
 * keys. Of this isolate, and believed for seconds.
 */
import type { Address } from '@pbstream/core/Hex'
import { type Counts, toUnits } from '@pbstream/core/message/Counts'
import type { Position } from '@pbstream/core/Rate'
import { Lru } from './Lru.ts'
import { DATABASE_MS, within } from './Within.ts'

/** Of a customer of one provider. Without them it pays the list price. */
export type CustomerTerms = { level?: string; multiplier?: string }

/** What is counted together: one payer's use of a route in one period of its card. */
export type Counted = { payer: Address; routeId: string; period: string }

/** Where both are looked up. */
export type CustomerLookup = {
  terms(providerId: string, payer: Address): Promise<CustomerTerms | undefined>
  /** Of all sessions but one, as far as they are projected. */
  usage(counted: Counted, exceptSession: string): Promise<{ units: Counts; charged: string }>
}

/** Younger than this, it is used without a question. */
export const FRESH_MS = 10_000
/** Younger than this, it is used while the question is under way, or cannot be answered. */
export const STALE_MS = 60_000
const ENTRIES = 4_096

type Keep = (work: Promise<unknown>) => void
type Known<T> = { value: T; at: number }

export class Customers {
  readonly #terms: Believed<CustomerTerms>
  readonly #usage: Believed<Position | undefined>
  readonly #lookup: CustomerLookup | undefined

  constructor(lookup: CustomerLookup | undefined, now: () => number) {
    this.#lookup = lookup
    this.#terms = new Believed({}, now)
    this.#usage = new Believed(undefined, now)
  }

  /** The terms of a customer; those of everybody while they cannot be read in time. Never rejects. */
  terms(providerId: string, payer: Address, keep: Keep): Promise<CustomerTerms> {
    const ask = async () => (await this.#asked().terms(providerId, payer)) ?? {}
    return this.#terms.get(`${providerId} ${payer}`, ask, keep)
  }

  /** What a payer used of a route in a period by other sessions than this one; undefined: nothing known. Never rejects. */
  elsewhere(counted: Counted, session: string, keep: Keep): Promise<Position | undefined> {
    const ask = async () => {
      const { units, charged } = await this.#asked().usage(counted, session)
      return { units: toUnits(units), charged: BigInt(charged) }
    }
    const { payer, routeId, period } = counted
    return this.#usage.get(`${session} ${payer} ${period} ${routeId}`, ask, keep)
  }

  #asked(): CustomerLookup {
    if (this.#lookup === undefined) throw new Error('there is no database to look up customers')
    return this.#lookup
  }
}

/** Answers that are asked for again behind the calls that use them. */
class Believed<T> {
  readonly #known = new Lru<string, Known<T>>(ENTRIES)
  readonly #asking = new Map<string, Promise<T | undefined>>()
  readonly #none: T
  readonly #now: () => number

  constructor(none: T, now: () => number) {
    this.#none = none
    this.#now = now
  }

  async get(key: string, ask: () => Promise<T>, keep: Keep): Promise<T> {
    const known = this.#known.get(key)
    const age = known === undefined ? Infinity : Math.abs(this.#now() - known.at)
    if (known !== undefined && age < FRESH_MS) return known.value
    const asked = this.#ask(key, ask)
    keep(asked)
    if (known !== undefined && age < STALE_MS) return known.value
    const value = await within(DATABASE_MS, asked)
    // The one that asked may have been cancelled by the platform: the next asks again.
    if (value === undefined && this.#asking.get(key) === asked) this.#asking.delete(key)
    return value ?? this.#none
  }

  /** Once at a time for one key. Undefined: it could not be answered, and is asked again by the next. */
  #ask(key: string, ask: () => Promise<T>): Promise<T | undefined> {
    const under = this.#asking.get(key)
    if (under !== undefined) return under
    const at = this.#now()
    const asking = ask().then(
      (value) => {
        this.#known.set(key, { value, at })
        return value
      },
      () => undefined,
    )
    const done = asking.finally(() => {
      if (this.#asking.get(key) === done) this.#asking.delete(key)
    })
    this.#asking.set(key, done)
    return done
  }
}

/** Both together: a customer's place in a period is one, whichever keys it used. */
export function together(a: Position | undefined, b: Position | undefined): Position | undefined {
  if (a === undefined || b === undefined) return a ?? b
  const units: Record<string, bigint> = { ...a.units }
  for (const [unit, count] of Object.entries(b.units)) units[unit] = (units[unit] ?? 0n) + count
  return { units, charged: a.charged + b.charged }
}
