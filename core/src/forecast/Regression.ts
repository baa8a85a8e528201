/** Regression of a value on earlier ones, of the same series or of its change over a season; forecasts feed on it. */
import { type Fit, fits } from './Linear.ts'
import type { Model } from './Model.ts'
import { type Series, restore } from './Series.ts'

export type Regression = {
  /** How far back the values lie that are looked at; those that are too far for the history are left out. */
  lags(series: Series): readonly number[]
  /** Regresses the change over so many steps; 0: the values themselves. */
  difference(series: Series): number
  readonly ridge: number
  readonly isLog: boolean
}

/** Rows of history that a coefficient needs before it is trusted. */
const ROWS_A_LAG = 3
/** The furthest lag is at most this part of the history. */
const REACH = 1 / 3

export function regression(name: string, plan: Regression): Model {
  return {
    name,
    run: (series, origins, horizon) => {
      const values = plan.isLog ? series.logs : series.values
      if (values === undefined) return origins.map(() => undefined)
      const difference = plan.difference(series)
      const room = Math.floor((values.length - difference) * REACH)
      const lags = [...new Set(plan.lags(series))].filter((lag) => lag > 0 && lag <= room)
      if (lags.length === 0) return origins.map(() => undefined)
      const changes = differenced(values, difference)
      const furthest = Math.max(...lags)
      const rows = { lags, first: furthest + difference }
      const rules = { ridge: plan.ridge, isCentred: difference === 0, least: ROWS_A_LAG * lags.length }
      return fits(changes, origins, rows, rules).map((fit, i) => {
        if (fit === undefined) return undefined
        const known = changes.subarray(origins[i]! - furthest, origins[i]!)
        const ahead = extend(known, fit, lags, horizon)
        return restore(series, integrated(values, ahead, origins[i]!, difference), plan.isLog)
      })
    },
  }
}

/** Around the first value, so that sums stay small; the change over `difference` steps where that is asked for. */
function differenced(values: Float64Array, difference: number): Float64Array {
  const changes = new Float64Array(values.length)
  const base = values[0]!
  if (difference === 0) for (let t = 0; t < values.length; t++) changes[t] = values[t]! - base
  else for (let t = difference; t < values.length; t++) changes[t] = values[t]! - values[t - difference]!
  return changes
}

/** The next `horizon` values after `known`, each from those before it. */
function extend(known: Float64Array, { slope, centre }: Fit, lags: readonly number[], horizon: number): Float64Array {
  const all = new Float64Array(known.length + horizon)
  for (let t = 0; t < known.length; t++) all[t] = known[t]! - centre
  const back = Int32Array.from(lags)
  const ahead = new Float64Array(horizon)
  for (let h = 0; h < horizon; h++) {
    const t = known.length + h
    let sum = 0
    for (let j = 0; j < back.length; j++) sum += slope[j]! * all[t - back[j]!]!
    all[t] = sum
    ahead[h] = sum + centre
  }
  return ahead
}

/** Undoes `differenced`. */
function integrated(values: Float64Array, changes: Float64Array, origin: number, difference: number): Float64Array {
  const forecast = new Float64Array(changes.length)
  for (let h = 0; h < changes.length; h++) {
    const from =
      difference === 0 ? values[0]! : h < difference ? values[origin + h - difference]! : forecast[h - difference]!
    forecast[h] = from + changes[h]!
  }
  return forecast
}
