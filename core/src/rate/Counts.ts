/** Counts of units: what is added up, and how large they get. */
import { LONGEST_MS } from './Schedule.ts'
import type { Units, Usage } from './Types.ts'
import { instant } from './Zone.ts'

/** No count is larger, so that no number gets out of hand that is computed from one. */
export const MOST = 1n << 256n

/** A count that can be computed with; what is negative is nothing. */
export function clamp(count: bigint): bigint {
  if (count <= 0n) return 0n
  return count < MOST ? count : MOST
}

/** What a call counts for in a position: its units, the request that it is, and its times in milliseconds. */
export function tally({ units, times }: Usage): Record<string, bigint> {
  const counts: Record<string, bigint> = { request: 1n }
  for (const [unit, count] of Object.entries(units)) counts[unit] = clamp(count)
  if (times !== undefined) counts['second'] = lengthOf(times)
  return counts
}

/** `a` and `b` together. */
export function sum(a: Units, b: Units): Units {
  const total: Record<string, bigint> = { ...a }
  for (const [unit, count] of Object.entries(b)) total[unit] = clamp((total[unit] ?? 0n) + count)
  return total
}

/** Of all spans, in milliseconds. */
export function lengthOf(times: NonNullable<Usage['times']>): bigint {
  return times.reduce((total, span) => total + BigInt(length(span)), 0n)
}

/** Of a span, in milliseconds. */
export function length([from, to]: readonly [number, number]): number {
  return Math.min(Math.max(0, instant(to) - instant(from)), LONGEST_MS)
}
