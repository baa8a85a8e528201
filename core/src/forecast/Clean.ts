/** Lone spikes: an hour of a hundred times the usual use says nothing about tomorrow, and would say it everywhere. */
import type { Seasons } from './Series.ts'

/** A value may be so many times further from what it is compared with than all but a hundredth of the others are. */
const TIMES = 3
const USUAL = 0.99

/**
 * The values, with those drawn in that are far from both neighbours and from their counterparts a season and a cycle
 * before and after. A change of level stays: its values are near each other; so does a spike of every day or week. With
 * less than two seasons nothing is known of what is usual.
 */
export function drawIn(values: Float64Array, { season, cycle }: Seasons): Float64Array {
  const length = values.length
  if (length < 2 * season) return values
  const distances = [-1, 1, -season, season, -cycle, cycle]
  const nearest = new Float64Array(length)
  const gaps = new Float64Array(length)
  for (let t = 0; t < length; t++) {
    let gap = Infinity
    for (const distance of distances) {
      const other = values[t + distance]
      if (other === undefined || Math.abs(values[t]! - other) >= gap) continue
      gap = Math.abs(values[t]! - other)
      nearest[t] = other
    }
    gaps[t] = gap
  }
  const most = TIMES * gaps.toSorted()[Math.floor(USUAL * (length - 1))]!
  return values.map((value, t) => (gaps[t]! > most ? nearest[t]! + Math.sign(value - nearest[t]!) * most : value))
}
