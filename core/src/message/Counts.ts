/**
 * Counted units on the wire and in rows: decimal strings by unit (`second` counts milliseconds). Sums are clamped, so
 * that no row grows without bound and no addition fails.
 */

/** Units by name. A unit that is not named counts as 0. */
export type Counts = Readonly<Record<string, string>>

/** What a key has used of a route in one period of its card, and what it was charged for that, in atomic units. */
export type CountedPosition = { readonly units: Counts; readonly charged: string }

/** No count says more: beyond it, the most stands. */
export const COUNT_MAX = 2n ** 96n
export const UNITS_MAX = 32

const UNIT = /^[a-z][a-z0-9_]{0,31}(\.[a-z0-9_-]{1,32})?$/
const COUNT = /^(0|[1-9][0-9]{0,28})$/
const PERIOD = /^[0-9]{4}-[0-9]{2}(-[0-9]{2})?$/

/** Whether a value has the shape of counts. Says nothing about what its units mean. */
export function isCounts(value: unknown): value is Counts {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  const entries = Object.entries(value)
  if (entries.length > UNITS_MAX) return false
  return entries.every(([unit, count]) => isUnit(unit) && typeof count === 'string' && COUNT.test(count))
}

/** Whether a text can name a unit. */
export function isUnit(unit: string): boolean {
  return UNIT.test(unit)
}

/** Whether a text can name a period of a card: a month or a day. */
export function isPeriod(value: unknown): value is string {
  return typeof value === 'string' && PERIOD.test(value)
}

/** Both together. Units beyond the `UNITS_MAX` that came first are left out: no card has as many. */
export function add(a: Counts, b: Counts): Counts {
  const units = Object.entries(b)
  if (units.length === 0) return a
  const sums: Record<string, string> = { ...a }
  for (const [unit, count] of units) {
    const before = sums[unit]
    if (before === undefined && Object.keys(sums).length >= UNITS_MAX) continue
    sums[unit] = String(clamped(BigInt(before ?? '0') + BigInt(count)))
  }
  return sums
}

/** As they are calculated with. */
export function toUnits(counts: Counts): Record<string, bigint> {
  return Object.fromEntries(Object.entries(counts).map(([unit, count]) => [unit, BigInt(count)]))
}

/** As they are sent: without units of which there are none. */
export function fromUnits(units: Readonly<Record<string, bigint>>): Counts {
  const counted = Object.entries(units).filter(([, count]) => count > 0n)
  return Object.fromEntries(counted.map(([unit, count]) => [unit, String(clamped(count))]))
}

function clamped(count: bigint): bigint {
  return count > COUNT_MAX ? COUNT_MAX : count
}
