/** What spans of time cost, and how long money lasts. Pure; Unix milliseconds and atomic units. */
import type { Times } from '../message/Session.ts'
import * as Rate from '../Rate.ts'
import type { Priced } from './RentalId.ts'

/** Whether a card sells time and nothing else but the call itself. */
export function isByTime(rule: Rate.Card): boolean {
  const counted = Rate.counted(rule)
  return counted.has('second') && [...counted].every((unit) => unit === 'second' || unit === 'request')
}

/** The use of these spans, and of one more, from the end of the last or after it, if there is one. */
export function useOf(times: Times, more?: readonly [from: number, to: number]): Rate.Usage {
  return { units: {}, times: more === undefined || more[1] <= more[0] ? times : [...times, more] }
}

/** What these spans cost, and one more. */
export function due({ rule, terms }: Priced, times: Times, more?: readonly [from: number, to: number]): bigint {
  return Rate.charge(rule, useOf(times, more), terms)
}

/**
 * Up to when a hold pays for a rental that runs on from `from`: `until` at the latest, `from` at the earliest. Where a
 * price falls with more time, it may be less than the hold would reach.
 */
export function paidUntil(
  priced: Priced,
  times: Times,
  [from, until]: readonly [number, number],
  hold: bigint,
): number {
  const fits = (to: number): boolean => due(priced, times, [from, to]) <= hold
  if (fits(until)) return until
  let low = from
  let high = until
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2)
    if (fits(middle)) low = middle
    else high = middle
  }
  return low
}
