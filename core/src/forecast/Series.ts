/** A series as the models see it: scaled, with its logarithms where it has no negative value. */

import { drawIn } from './Clean.ts'

/** How the values repeat: `season` (24 for hours of a day), and `cycle` (168 for hours of a week), both in steps. */
export type Seasons = {
  readonly season: number
  /** A multiple of `season`, or `season` itself when there is no longer one. */
  readonly cycle: number
}

export type Series = Seasons & {
  /** Values divided by `scale`, lone spikes drawn in: all are below 2. */
  readonly values: Float64Array
  /** log(value + `offset`); absent when a value is negative. */
  readonly logs: Float64Array | undefined
  readonly offset: number
  /** Whether a value is below 0. */
  readonly isNegative: boolean
  /** A power of two, so that scaling loses nothing and a series twice as large gets exactly twice the forecast. */
  readonly scale: number
  /** No forecast leaves [lowest, highest]: a regression that runs away is worth nothing. */
  readonly lowest: number
  readonly highest: number
}

/** Part of the mean that is added before logarithms are taken when there are zeros, or values close to them. */
const OFFSET = 0.02

/** Values are finite; there is at least one. */
export function prepare(raw: readonly number[], seasons: Seasons): Series {
  const scale = scaleOf(raw)
  const scaled = new Float64Array(raw.length)
  for (let t = 0; t < scaled.length; t++) scaled[t] = raw[t]! / scale
  const values = drawIn(scaled, seasons)
  let [least, most, sum] = [Infinity, -Infinity, 0]
  for (let t = 0; t < values.length; t++) {
    const value = values[t]!
    if (value < least) least = value
    if (value > most) most = value
    sum += value
  }
  const range = most - least
  // Of what is there, not of what is left of it: a series with a negative value is not one of counts.
  const isNegative = raw.some((value) => value < 0)
  const offset = Math.max(0, (OFFSET * sum) / values.length - least)
  return {
    ...seasons,
    values,
    logs: !isNegative && most > 0 ? logsOf(values, offset) : undefined,
    offset,
    isNegative,
    scale,
    lowest: isNegative ? least - range : Math.max(0, least - range),
    highest: most + range,
  }
}

function logsOf(values: Float64Array, offset: number): Float64Array {
  const logs = new Float64Array(values.length)
  for (let t = 0; t < values.length; t++) logs[t] = Math.log(values[t]! + offset)
  return logs
}

/** The power of two at or below the largest absolute value; 1 for a series of zeros. */
function scaleOf(raw: readonly number[]): number {
  let largest = 0
  for (let t = 0; t < raw.length; t++) largest = Math.max(largest, Math.abs(raw[t]!))
  if (largest === 0) return 1
  const power = Math.floor(Math.log2(largest))
  return 2 ** Math.max(-1022, Math.min(1023, power))
}

/** Back from logarithms, and inside the bounds; what is no number becomes the highest, so that it is weighed away. */
export function restore(series: Series, forecast: Float64Array, isLog: boolean): Float64Array {
  for (let h = 0; h < forecast.length; h++) {
    const value = isLog ? Math.exp(forecast[h]!) - series.offset : forecast[h]!
    forecast[h] = value < series.highest ? Math.max(series.lowest, value) : series.highest
  }
  return forecast
}
