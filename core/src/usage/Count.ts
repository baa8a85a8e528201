import type { Units } from './Types.ts'

/** No count says more: beyond it the most stands. No sum of prices of such counts overflows anything. */
const MAX = 2n ** 96n
/** Of one report. */
const MAX_UNITS = 32
const UNIT = /^[a-z][a-z0-9_]{0,31}(?:\.[a-z0-9_]{1,32})?$/

/** A count of a report: a whole number that is not negative. Everything else is no count: `undefined`. */
export function of(value: unknown): bigint | undefined {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 0) return undefined
  return least(BigInt(value), MAX)
}

/** As `of`, from decimal digits. */
export function ofDigits(digits: string): bigint {
  return least(BigInt(digits), MAX)
}

/** Milliseconds of a number of seconds. */
export function ofSeconds(value: unknown): bigint | undefined {
  if (typeof value !== 'number' || !Number.isFinite(value) || value < 0) return undefined
  return of(Math.floor(value * 1000))
}

/** A report in our own words: counts by unit. What is no unit or no count is left out. */
export function units(report: object): Units {
  const out: Record<string, bigint> = {}
  let left = MAX_UNITS
  for (const [unit, value] of Object.entries(report)) {
    const count = unit === 'second' ? ofSeconds(value) : of(value)
    if (count === undefined || !isUnit(unit)) continue
    out[unit] = count
    if (--left === 0) break
  }
  return out
}

export function isUnit(name: string): boolean {
  return UNIT.test(name)
}

export function least(a: bigint, b: bigint): bigint {
  return a < b ? a : b
}

/** All of them together. */
export function sum(of: Units): bigint {
  let total = 0n
  for (const count of Object.values(of)) total += count
  return total
}

/** Counts of both. */
export function plus(a: Units, b: Units): Units {
  const out: Record<string, bigint> = { ...a }
  for (const [unit, count] of Object.entries(b)) out[unit] = least((out[unit] ?? 0n) + count, MAX)
  return out
}

/** Without what there is none of. */
export function present(of: Units): Units {
  return Object.fromEntries(Object.entries(of).filter(([, count]) => count > 0n))
}
