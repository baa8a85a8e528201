/** Forecasts every series of a training file and compares with what the test file says came after. */
import * as Forecast from '../../src/Forecast.ts'
import { Mistake } from './Input.ts'

export type Score = {
  series: number
  season: number
  horizon: number
  /** Means over the series, as the M4 competition computes them. Null: no series ever changes over a season. */
  mase: number | null
  smape: number
  /** Part of the values inside the interval, by its level in percent. */
  coverage: Record<string, number>
  seasonalNaive: { mase: number | null; smape: number }
  /** Processor time of one forecast on one core, mean; the first ones, before the code is compiled, are in it. */
  msPerSeries: number
  /** The same by the clock on the wall: more where other programs run. */
  msWall: number
}

/** @throws {Mistake} a series has no counterpart */
export function scoreAll(
  train: readonly Forecast.NamedSeries[],
  test: readonly Forecast.NamedSeries[],
  options: Forecast.Options,
): Score {
  const actuals = new Map(test.map(({ id, values }) => [id, values]))
  const lonely =
    train.find(({ id }) => !actuals.has(id)) ?? test.find(({ id }) => !train.some((each) => each.id === id))
  if (lonely !== undefined) throw new Mistake(`series ${lonely.id} is in only one of the two files`)
  const [startedAt, cpuBefore] = [performance.now(), cpuMs()]
  const forecasts = train.map(({ values }) => Forecast.forecast(values, options))
  const [msWall, msCpu] = [performance.now() - startedAt, cpuMs() - cpuBefore].map((ms) => ms / train.length)
  const all = train.map(({ id, values }, i) =>
    Forecast.accuracyOf(values, actuals.get(id)!.slice(0, options.horizon), forecasts[i]!, options.season),
  )
  const { mase, smape, coverage, naive } = Forecast.meanOf(all)
  return {
    series: all.length,
    season: options.season,
    horizon: options.horizon,
    mase: mase ?? null,
    smape,
    coverage: Object.fromEntries(coverage.map(({ level, share }) => [String(Math.round(level * 1e4) / 100), share])),
    seasonalNaive: { mase: naive.mase ?? null, smape: naive.smape },
    msPerSeries: msCpu!,
    msWall: msWall!,
  }
}

/** Of this thread, where Node can tell it; else of the process, with what the compiler and the collector do beside it. */
function cpuMs(): number {
  const { user, system } =
    'threadCpuUsage' in process ? process.threadCpuUsage() : (process as NodeJS.Process).cpuUsage()
  return (user + system) / 1_000
}
