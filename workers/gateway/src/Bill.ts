/** What a call costs by what it used: never more than is held for it, and then only for the use that the hold pays for. */
import { type Counts, fromUnits, isUnit, UNITS_MAX } from '@pbstream/core/message/Counts'
import * as Rate from '@pbstream/core/Rate'

/** A card and what its price depends on beside use. */
export type Priced = { rule: Rate.Card; terms: Rate.Terms }

/** An amount and the use that is its price, exactly: who has the card can compute the one from the other. */
export type Bill = { amount: bigint; usage: Rate.Usage }

/** What is left out first where a hold does not pay for all: what comes last in an answer. */
const LAST_FIRST: readonly Rate.Unit[] = [
  'reasoning_token',
  'output_token',
  'image',
  'second',
  'byte',
  'reported',
  'cache_write_1h_token',
  'cache_write_token',
  'cached_token',
  'input_token',
]

/**
 * The charge for a use. What is above the hold is not charged, and its use does not count: left in, a later call of the
 * same period would be billed for it.
 */
export function bill({ rule, terms }: Priced, usage: Rate.Usage, hold: bigint): Bill {
  const fits = (tried: Rate.Usage) => Rate.charge(rule, tried, terms) <= hold
  if (fits(usage)) return { amount: Rate.charge(rule, usage, terms), usage }
  let left = usage
  for (const unit of unitsOf(usage)) {
    const without = limited(left, unit, 0n)
    if (fits(without)) {
      const most = largest(countOf(left, unit), (count) => fits(limited(left, unit, count)))
      const paid = limited(left, unit, most)
      return { amount: Rate.charge(rule, paid, terms), usage: paid }
    }
    left = without
  }
  // Not even nothing is within the hold: what every call costs is above it.
  return { amount: hold, usage: left }
}

/** A use as rows and receipts hold it: what an upstream named is as large as it may be, and no larger. */
export function countsOf(usage: Rate.Usage): Counts {
  const counts = Object.entries(fromUnits(Rate.tally(usage))).filter(([unit]) => isUnit(unit))
  return Object.fromEntries(counts.slice(0, UNITS_MAX))
}

/** Milliseconds of the spans. */
function milliseconds(times: Rate.Usage['times'] = []): bigint {
  return BigInt(times.reduce((sum, [from, to]) => sum + Math.max(0, to - from), 0))
}

/** Of every unit that was used, in the order in which they are left out. */
function unitsOf({ units, times }: Rate.Usage): Rate.Unit[] {
  const used = new Set(Object.keys(units))
  if (times !== undefined) used.add('second')
  used.delete('request')
  const known = LAST_FIRST.filter((unit) => used.delete(unit))
  return [...used, ...known]
}

function countOf({ units, times }: Rate.Usage, unit: Rate.Unit): bigint {
  return unit === 'second' && times !== undefined ? milliseconds(times) : (units[unit] ?? 0n)
}

/** The same use with so much of one unit. */
function limited(usage: Rate.Usage, unit: Rate.Unit, count: bigint): Rate.Usage {
  if (unit !== 'second' || usage.times === undefined) {
    return { ...usage, units: { ...usage.units, [unit]: count } }
  }
  let left = Number(count)
  const times: [number, number][] = []
  for (const [from, to] of usage.times) {
    const length = Math.min(left, Math.max(0, to - from))
    if (length > 0) times.push([from, from + length])
    left -= length
  }
  return { ...usage, times }
}

/** The largest count up to `count` that fits, where 0 does and `count` does not. */
function largest(count: bigint, fits: (count: bigint) => boolean): bigint {
  let low = 0n
  let high = count
  while (high - low > 1n) {
    const middle = (low + high) / 2n
    if (fits(middle)) low = middle
    else high = middle
  }
  return low
}
