/**
 * Intervals from what the same models got wrong at earlier origins (in the way of conformal prediction): the errors are
 * divided by the spread that is usual so far ahead, pooled, and their quantiles taken.
 */

/** How much the spread of one horizon is drawn to the mean of all. */
const SHRINK = 0.2
/** Neighbours on each side that a spread is averaged over, as a part of the horizons compared. */
const NEIGHBOURS = 1 / 16
/**
 * Errors at few origins, seen by the weights already, are smaller than those to come: see docs/forecast.md for what
 * this was measured by.
 */
const CAUTION = 0.85

export type Past = readonly { readonly actual: Float64Array; readonly forecast: Float64Array }[]

export type Spread = {
  /** For each step ahead. */
  readonly widths: Float64Array
  /** Errors divided by the width of their step, and their sizes; both ascending. */
  readonly errors: Float64Array
  readonly sizes: Float64Array
  readonly origins: number
}

/** Undefined when there is no earlier origin. */
export function spreadOf(past: Past, horizon: number): Spread | undefined {
  if (past.length === 0) return undefined
  const compared = past[0]!.actual.length
  const widths = widthsOf(past, compared, horizon)
  const errors = new Float64Array(past.length * compared)
  let count = 0
  for (const { actual, forecast } of past) {
    for (let h = 0; h < compared; h++) errors[count++] = widths[h] === 0 ? 0 : (actual[h]! - forecast[h]!) / widths[h]!
  }
  return { widths, errors: errors.sort(), sizes: errors.map(Math.abs).sort(), origins: past.length }
}

function widthsOf(past: Past, compared: number, horizon: number): Float64Array {
  const mean = new Float64Array(compared)
  let all = 0
  for (const { actual, forecast } of past) {
    for (let h = 0; h < compared; h++) {
      const size = Math.abs(actual[h]! - forecast[h]!) / past.length
      mean[h] = mean[h]! + size
      all += size / compared
    }
  }
  const reach = Math.round(compared * NEIGHBOURS)
  const widths = new Float64Array(horizon)
  for (let h = 0; h < compared; h++) widths[h] = (1 - SHRINK) * smooth(mean, h, reach) + SHRINK * all
  // Further than was ever compared, errors are taken to grow as those of a random walk do.
  const furthest = widths[compared - 1]!
  for (let h = compared; h < horizon; h++) widths[h] = furthest * Math.sqrt((h + 1) / compared)
  return widths
}

function smooth(mean: Float64Array, h: number, reach: number): number {
  let [sum, weights] = [0, 0]
  for (let at = Math.max(0, h - reach); at <= Math.min(mean.length - 1, h + reach); at++) {
    const weight = reach + 1 - Math.abs(at - h)
    sum += weight * mean[at]!
    weights += weight
  }
  return sum / weights
}

/** How many widths below and above the point the interval of `level` reaches: neither is negative. */
export function reachOf({ errors, sizes, origins }: Spread, level: number): { below: number; above: number } {
  const caution = 1 + (CAUTION * Math.log(1 / (1 - level))) / origins
  const either = quantile(sizes, level)
  // Half of each side is its own, half is what both have in common: a tail is seen too rarely to be taken alone.
  const side = (own: number) => (caution * (Math.max(0, own) + either)) / 2
  return { below: side(-quantile(errors, (1 - level) / 2)), above: side(quantile(errors, (1 + level) / 2)) }
}

function quantile(ascending: Float64Array, part: number): number {
  const at = part * (ascending.length - 1)
  const low = Math.floor(at)
  const high = Math.min(ascending.length - 1, low + 1)
  return ascending[low]! + (at - low) * (ascending[high]! - ascending[low]!)
}
