import * as Rate from '@pbstream/core/Rate'
import type { Priced } from './Bill.ts'

/**
 * Whether the use of a call, as it grows, is within an amount. Where one unit grows and the others stand still, as in
 * nearly all streams, the card is asked once and a count is compared from then on.
 */
export class Gauge {
  readonly #priced: Priced
  readonly #amount: bigint
  #last: Rate.Units | undefined
  #lastWithin = true
  /** The unit that grew, and the most of it that is within the amount while `#last` stands. */
  #limit: { unit: Rate.Unit; count: bigint | undefined } | undefined

  constructor(priced: Priced, amount: bigint) {
    this.#priced = priced
    this.#amount = amount
  }

  /** Uses come in the order in which they grow. */
  isWithin(usage: Rate.Usage): boolean {
    // Time never stands still: its price has borders that no single count knows.
    if (usage.times !== undefined) return this.#isPaid(usage)
    const { units } = usage
    const grown = this.#last === undefined ? undefined : changed(this.#last, units)
    if (grown === undefined) return this.#settle(usage)
    if (grown.length === 0) return this.#lastWithin
    const [unit] = grown
    if (grown.length > 1 || unit === undefined) return this.#settle(usage)
    if (this.#limit?.unit !== unit) {
      const { rule, terms } = this.#priced
      this.#limit = { unit, count: Rate.within(rule, usage, unit, this.#amount, terms) }
    }
    const { count } = this.#limit
    return count === undefined || (units[unit] ?? 0n) <= count
  }

  /** The most of a unit that is within the amount, the others as they are; undefined: it costs nothing more. */
  most(usage: Rate.Usage, unit: Rate.Unit): bigint | undefined {
    const { rule, terms } = this.#priced
    return Rate.within(rule, usage, unit, this.#amount, terms)
  }

  #settle(usage: Rate.Usage): boolean {
    this.#last = usage.units
    this.#limit = undefined
    this.#lastWithin = this.#isPaid(usage)
    return this.#lastWithin
  }

  #isPaid(usage: Rate.Usage): boolean {
    const { rule, terms } = this.#priced
    const charge = Rate.charge(rule, usage, terms)
    if (charge !== this.#amount) return charge < this.#amount
    // It may be the maximum of the card, below which more than that was used: what is beyond is not given away.
    const unit = usage.times === undefined ? lastOf(rule, usage.units) : 'second'
    if (unit === undefined) return true
    const most = this.most(usage, unit)
    return most === undefined || (Rate.tally(usage)[unit] ?? 0n) <= most
  }
}

/** A unit of which some was used, and that has a price. */
function lastOf(rule: Rate.Card, units: Rate.Units): Rate.Unit | undefined {
  return Object.keys(units).findLast((unit) => (units[unit] ?? 0n) > 0n && Rate.counted(rule).has(unit))
}

/** The units whose counts differ. */
function changed(before: Rate.Units, after: Rate.Units): Rate.Unit[] {
  const grown = Object.keys(after).filter((unit) => after[unit] !== before[unit])
  // Units that are gone are 0 now.
  for (const unit in before) if (!(unit in after) && before[unit] !== 0n) grown.push(unit)
  return grown
}
