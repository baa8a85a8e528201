/** The models that are averaged, and what all of them say from several origins. */
import { type Forecasts, combine, weigh } from './Combine.ts'
import type { Model } from './Model.ts'
import { type Regression, regression } from './Regression.ts'
import { mean, naive } from './Repeat.ts'
import type { Series } from './Series.ts'
import { smoothing } from './Smoothing.ts'

/** Just before, and around one and two seasons and one cycle ago. */
const near: Regression['lags'] = ({ season, cycle }) => [1, 2, 3, ...[season, 2 * season, cycle].flatMap(around)]
const daily: Regression['lags'] = ({ season }) => [1, 2, ...around(season), 2 * season]

function around(lag: number): number[] {
  return [lag - 1, lag, lag + 1]
}

const none = () => 0
const season = (series: Series) => series.season
const cycle = (series: Series) => series.cycle

/** Unlike each other on purpose: an average gains where its parts err in different ways. See docs/forecast.md. */
export const MODELS: readonly Model[] = [
  naive('seasonal naive', season),
  mean('mean of cycles', cycle, 4),
  mean('mean of seasons', season, 4),
  smoothing('smoothing', { level: 0.1, season: 0.2, cycle: 0.2, memory: 0.8, isLog: false }),
  smoothing('slow smoothing of logs', { level: 0.02, season: 0.1, cycle: 0.2, memory: 0.8, isLog: true }),
  regression('regression', { lags: near, difference: none, ridge: 1e-4, isLog: false }),
  regression('regression of logs', { lags: near, difference: none, ridge: 1e-4, isLog: true }),
  regression('regression of seasonal change', { lags: daily, difference: season, ridge: 3e-3, isLog: false }),
  regression('regression of seasonal change of logs', { lags: near, difference: season, ridge: 3e-3, isLog: true }),
  regression('regression of cyclical change of logs', { lags: near, difference: cycle, ridge: 3e-3, isLog: true }),
]

/** What is used when the history is too short for everything else. */
const LAST = naive('last value', () => 1)

/** The most earlier origins that models are tried at. */
const ORIGINS = 8

/** Earlier origins, ascending and whole seasons apart where that can be, and how many values after each are compared. */
export function trials(length: number, horizon: number, season: number): { origins: number[]; compared: number } {
  const compared = Math.max(1, Math.min(horizon, Math.floor(length / 3)))
  const half = Math.ceil(compared / 2)
  const stride = compared < season ? half : Math.ceil(half / season) * season
  const origins: number[] = []
  for (let origin = length - compared; origins.length < ORIGINS; origin -= stride) {
    if (origin < Math.max(1, length / 3)) break
    origins.unshift(origin)
  }
  return { origins, compared }
}

export type Ensemble = {
  readonly points: Float64Array
  /** The models that were averaged; the weights add up to 1. */
  readonly models: readonly { readonly name: string; readonly weight: number }[]
  /** What was and what would have been forecast after each earlier origin. */
  readonly past: readonly { readonly actual: Float64Array; readonly forecast: Float64Array }[]
}

/** Runs every model from every origin and from the end, and averages. */
export function run(series: Series, horizon: number): Ensemble {
  const length = series.values.length
  const { origins, compared } = trials(length, horizon, series.season)
  const models = able(series, [...origins, length], horizon)
  const forecasts = models.map((model) => model.forecasts)
  const actuals = origins.map((origin) => series.values.subarray(origin, origin + compared))
  const weights = weigh(forecasts, actuals, series.isNegative)
  const past = actuals.flatMap((actual, i) => {
    const forecast = combine(forecasts, i, weights)
    return forecast === undefined ? [] : [{ actual, forecast }]
  })
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  return {
    points: combine(forecasts, origins.length, weights)!,
    models: models.map(({ name }, i) => ({ name, weight: weights[i]! / total })).filter(({ weight }) => weight > 0),
    past,
  }
}

/** The models that have a forecast from the last origin, which is the end. There is always one. */
function able(series: Series, origins: readonly number[], horizon: number): { name: string; forecasts: Forecasts }[] {
  const all = MODELS.map((model) => ({ name: model.name, forecasts: model.run(series, origins, horizon) }))
  const usable = all.filter(({ forecasts }) => forecasts.at(-1) !== undefined)
  return usable.length > 0 ? usable : [{ name: LAST.name, forecasts: LAST.run(series, origins, horizon) }]
}
