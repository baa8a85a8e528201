/** How good a forecast was, as the M4 competition counts it. */

export type Interval = { readonly level: number; readonly lower: readonly number[]; readonly upper: readonly number[] }

/** Errors of one forecast, beside those of the seasonal naive one. */
export type Accuracy = {
  /** Mean absolute error by the mean change over a season in the history; undefined when nothing ever changed. */
  readonly mase: number | undefined
  /** 200 |error| / (|actual| + |forecast|), mean; from 0 to 200. */
  readonly smape: number
  /** Part of the values that lay inside each interval. */
  readonly coverage: readonly { readonly level: number; readonly share: number }[]
  /** What repeating the last season gets. */
  readonly naive: { readonly mase: number | undefined; readonly smape: number }
}

/** Mean |yₜ − yₜ₋ₘ| of the history; undefined when that is 0 or there are not more than `season` values. */
export function naiveScale(history: readonly number[], season: number): number | undefined {
  let sum = 0
  for (let t = season; t < history.length; t++) sum += Math.abs(history[t]! - history[t - season]!)
  return sum > 0 ? sum / (history.length - season) : undefined
}

/** Mean absolute scaled error. */
export function mase(actual: readonly number[], forecast: readonly number[], scale: number): number {
  let sum = 0
  for (let h = 0; h < actual.length; h++) sum += Math.abs(actual[h]! - forecast[h]!)
  return sum / actual.length / scale
}

/** Symmetric mean absolute percentage error. Where both are 0 there is no error. */
export function smape(actual: readonly number[], forecast: readonly number[]): number {
  let sum = 0
  for (let h = 0; h < actual.length; h++) {
    const size = Math.abs(actual[h]!) + Math.abs(forecast[h]!)
    if (size > 0) sum += (200 * Math.abs(actual[h]! - forecast[h]!)) / size
  }
  return sum / actual.length
}

/** The last season again and again; with less than a season, the last value. */
export function seasonalNaive(history: readonly number[], season: number, horizon: number): number[] {
  const period = history.length < season ? 1 : season
  return Array.from({ length: horizon }, (_, h) => history[history.length - period + (h % period)]!)
}

/** `actual` is what came after `history`: at most as many values as were forecast. */
export function accuracyOf(
  history: readonly number[],
  actual: readonly number[],
  forecast: { readonly points: readonly number[]; readonly intervals: readonly Interval[] },
  season: number,
): Accuracy {
  const scale = naiveScale(history, season)
  const naive = seasonalNaive(history, season, actual.length)
  const scaled = (points: readonly number[]) => (scale === undefined ? undefined : mase(actual, points, scale))
  return {
    mase: scaled(forecast.points),
    smape: smape(actual, forecast.points),
    coverage: forecast.intervals.map(({ level, lower, upper }) => ({
      level,
      share: actual.filter((value, h) => value >= lower[h]! && value <= upper[h]!).length / actual.length,
    })),
    naive: { mase: scaled(naive), smape: smape(actual, naive) },
  }
}

/** The mean over series; a series without a MASE counts for the other figures only. There is at least one. */
export function meanOf(all: readonly Accuracy[]): Accuracy {
  return {
    mase: mean(all.map((each) => each.mase)),
    smape: mean(all.map((each) => each.smape))!,
    coverage: all[0]!.coverage.map(({ level }, i) => ({
      level,
      share: mean(all.map((each) => each.coverage[i]!.share))!,
    })),
    naive: { mase: mean(all.map(({ naive }) => naive.mase)), smape: mean(all.map(({ naive }) => naive.smape))! },
  }
}

function mean(numbers: readonly (number | undefined)[]): number | undefined {
  const known = numbers.filter((number) => number !== undefined)
  return known.length === 0 ? undefined : known.reduce((sum, number) => sum + number, 0) / known.length
}
