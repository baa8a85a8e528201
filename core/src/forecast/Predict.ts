/** One forecast: points and intervals. */
import { run } from './Ensemble.ts'
import { type Spread, reachOf, spreadOf } from './Interval.ts'
import { type Options, checked } from './Options.ts'
import { prepare } from './Series.ts'

export type Forecast = {
  /** As likely too high as too low. Never negative when no value of the history is. */
  points: number[]
  /** By level, ascending: a wider one holds every narrower one, and all hold the point. */
  intervals: { level: number; lower: number[]; upper: number[] }[]
  /** What was averaged; the weights add up to 1. */
  models: { name: string; weight: number }[]
  /** How many earlier origins weights and intervals come from; with 0 an interval is as wide as the value is large. */
  origins: number
}

/**
 * Forecasts the next `horizon` values.
 *
 * @throws {InvalidSeriesError} a value is not finite, there is none, or an option is out of its range
 */
export function forecast(history: readonly number[], options: Options): Forecast {
  const { values, season, cycle, horizon, levels } = checked(history, options)
  const series = prepare(values, { season, cycle })
  const { points, models, past } = run(series, horizon)
  const spread = spreadOf(past, horizon)
  const least = series.isNegative ? -Infinity : 0
  /** To the units of the history; a sum that leaves the range of numbers is the largest number. */
  const out = (value: number) => Math.max(-Number.MAX_VALUE, Math.min(Number.MAX_VALUE, value * series.scale))
  return {
    points: Array.from(points, out),
    intervals: levels.map((level) => {
      const { below, above } = distances(spread, points, level)
      return {
        level,
        lower: Array.from(points, (point, h) => out(Math.max(least, point - below(h)))),
        upper: Array.from(points, (point, h) => out(point + above(h))),
      }
    }),
    models: [...models],
    origins: past.length,
  }
}

/** How far below and above the point an interval reaches, by step. */
function distances(spread: Spread | undefined, points: Float64Array, level: number) {
  if (spread === undefined) {
    const guess = (h: number) => Math.abs(points[h]!) * level
    return { below: guess, above: guess }
  }
  const reach = reachOf(spread, level)
  return {
    below: (h: number) => reach.below * spread.widths[h]!,
    above: (h: number) => reach.above * spread.widths[h]!,
  }
}
