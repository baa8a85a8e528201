/**
 * Exponential smoothing with two seasons (Taylor 2003): level, hour of the day, hour of the week, and the last error,
 * which dies away. A change of level is followed at the pace of `level`.
 */
import type { Model } from './Model.ts'
import { type Series, restore } from './Series.ts'

export type Smoothing = {
  /** How fast level, season and cycle follow, in [0, 1]. */
  readonly level: number
  readonly season: number
  readonly cycle: number
  /** What is left of an error a step later, in [0, 1). */
  readonly memory: number
  /** On logarithms: seasons multiply. */
  readonly isLog: boolean
}

type State = { level: number; error: number; readonly season: Float64Array; readonly cycle: Float64Array | undefined }

export function smoothing(name: string, pace: Smoothing): Model {
  return {
    name,
    run: (series, origins, horizon) => {
      const values = pace.isLog ? series.logs : series.values
      if (values === undefined) return origins.map(() => undefined)
      return follow(series, values, { pace, origins, horizon })
    },
  }
}

function follow(
  series: Series,
  values: Float64Array,
  { pace, origins, horizon }: { pace: Smoothing; origins: readonly number[]; horizon: number },
): (Float64Array | undefined)[] {
  // The long season needs two cycles to begin with, and an origin after them where it is seen how good it is.
  const hasCycle = series.cycle > series.season && (origins.at(-2) ?? 0) >= 2 * series.cycle
  const used = 2 * (hasCycle ? series.cycle : series.season)
  if (values.length < used) return origins.map(() => undefined)
  const state = begin(series, values, used, hasCycle)
  const forecasts: (Float64Array | undefined)[] = []
  for (let t = 0; t <= values.length; t++) {
    while (origins[forecasts.length] === t) {
      const forecast = t < used ? undefined : ahead(state, t, horizon, pace.memory)
      forecasts.push(forecast && restore(series, forecast, pace.isLog))
    }
    if (t < values.length) step(state, t, values[t]!, pace)
  }
  return forecasts
}

function step(state: State, t: number, value: number, pace: Smoothing): void {
  const { season, cycle } = state
  const s = t % season.length
  const c = cycle === undefined ? 0 : t % cycle.length
  const before = value - state.level - season[s]! - (cycle === undefined ? 0 : cycle[c]!)
  const error = before - pace.memory * state.error
  state.level += pace.level * error
  season[s] = season[s]! + pace.season * error
  if (cycle !== undefined) cycle[c] = cycle[c]! + pace.cycle * error
  state.error = before
}

function ahead(state: State, origin: number, horizon: number, memory: number): Float64Array {
  const forecast = new Float64Array(horizon)
  let left = state.error
  for (let h = 0; h < horizon; h++) {
    left *= memory
    const t = origin + h
    const weekly = state.cycle === undefined ? 0 : state.cycle[t % state.cycle.length]!
    forecast[h] = state.level + state.season[t % state.season.length]! + weekly + left
  }
  return forecast
}

/** Means of the first two seasons or cycles. The cycle begins with a part of what two weeks show: the rest is noise. */
function begin(series: Series, values: Float64Array, used: number, hasCycle: boolean): State {
  let level = 0
  for (let t = 0; t < used; t++) level += values[t]! / used
  const season = new Float64Array(series.season)
  const perSeason = used / series.season
  for (let t = 0; t < used; t++)
    season[t % series.season] = season[t % series.season]! + (values[t]! - level) / perSeason
  if (!hasCycle) return { level, error: 0, season, cycle: undefined }
  const cycle = new Float64Array(series.cycle)
  for (let t = 0; t < used; t++) {
    cycle[t % series.cycle] = cycle[t % series.cycle]! + 0.35 * (values[t]! - level - season[t % series.season]!)
  }
  return { level, error: 0, season, cycle }
}
