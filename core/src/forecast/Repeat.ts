/** Models that say again what was: the last value, the last season, the mean of the last seasons. */
import type { Model } from './Model.ts'
import { type Series, restore } from './Series.ts'

type Period = (series: Series) => number

/** The value one period ago; with a period of 1, the last value. */
export function naive(name: string, period: Period): Model {
  return mean(name, period, 1)
}

/** The mean of the last `most` periods, or of as many as there are; undefined where there is none. */
export function mean(name: string, period: Period, most: number): Model {
  return {
    name,
    run: (series, origins, horizon) => {
      const length = period(series)
      return origins.map((origin) => {
        const count = Math.min(most, Math.floor(origin / length))
        return count === 0 ? undefined : repeat(series, origin, { length, count, horizon })
      })
    },
  }
}

function repeat(
  series: Series,
  origin: number,
  { length, count, horizon }: { length: number; count: number; horizon: number },
): Float64Array {
  const forecast = new Float64Array(horizon)
  for (let h = 0; h < horizon; h++) {
    let sum = 0
    for (let back = 1; back <= count; back++) sum += series.values[origin - back * length + (h % length)]!
    forecast[h] = sum / count
  }
  return restore(series, forecast, false)
}
