/**
 * What this key has used of each route in each period of its card: the position that prices with tiers and allowances
 * start from. It counts when a reservation ends, with its charge and in the same commit.
 */
import { add, type CountedPosition, type Counts } from '@pbstream/core/message/Counts'
import type { UsageTotal } from '@pbstream/core/message/Event'
import type { Count } from './Rows.ts'
import type { State } from './State.ts'

/** A route keeps the counts of so many periods: those that were counted in last. */
export const PERIODS_KEPT = 3

export function positionOf(state: State, routeId: string, period: string): CountedPosition {
  const count = state.counts.get(routeId)?.find((each) => each.period === period)
  return count === undefined ? { units: {}, charged: '0' } : { units: count.units, charged: String(count.charged) }
}

/** Counts what the newest journal row was charged for. */
export function count(state: State, routeId: string, period: string, usage: Counts, amount: bigint): void {
  const known = state.counts.get(routeId) ?? []
  const before = known.find((each) => each.period === period)
  const others = known.filter((each) => each !== before)
  const after: Count = {
    period,
    units: add(before?.units ?? {}, usage),
    charged: (before?.charged ?? 0n) + amount,
    revision: state.position('seq'),
  }
  // In the order in which they were counted last: the first is the one to go.
  state.counts.set(routeId, [...others, after].slice(-PERIODS_KEPT))
}

/** The counts that journal rows after `after`, up to `last`, have changed for the last time. */
export function totals(state: State, after: number, last: number): UsageTotal[] {
  const changed: UsageTotal[] = []
  for (const [routeId, counts] of state.counts.entries()) {
    for (const { period, units, charged, revision } of counts) {
      if (revision <= after || revision > last) continue
      changed.push({ routeId, period, units, charged: String(charged), revision })
    }
  }
  return changed
}
