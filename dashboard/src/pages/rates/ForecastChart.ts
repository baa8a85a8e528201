/** What is asked of a forecast, from the address of the page, and its points as a chart draws them. */

export type Metric = 'usage' | 'revenue' | 'price'
export type Asked = { metric: Metric; step: 'hour' | 'day'; unit?: string; level: number }

type Point = { at: string; value: number; intervals: { level: number; lower: number; upper: number }[] }
type Filter = Partial<Record<'metric' | 'step' | 'unit' | 'level', string>>

const METRICS: readonly string[] = ['usage', 'revenue', 'price']
const UNIT = /^[a-z][a-z0-9_.]{0,63}$/

/** What is not known in the address is as if it were not there. */
export function askedOf({ metric = 'usage', step, unit, level }: Filter): Asked {
  const known = METRICS.includes(metric) ? (metric as Metric) : 'usage'
  return {
    metric: known,
    step: step === 'day' ? 'day' : 'hour',
    level: level === '0.95' ? 0.95 : 0.8,
    ...(unit !== undefined && UNIT.test(unit) && known !== 'revenue' ? { unit } : {}),
  }
}

/** Revenue and price are atomic units. */
export function isMoney(metric: Metric): boolean {
  return metric !== 'usage'
}

/** One line with the band of that level; a step without such an interval has none. */
export function forecastChart(points: readonly Point[], level: number, label: string) {
  const bounds = points.map(({ value, intervals }) => {
    const found = intervals.find((interval) => Math.abs(interval.level - level) < 0.001)
    return found === undefined ? { lower: value, upper: value } : found
  })
  const band: [number[], number[]] = [bounds.map(({ lower }) => lower), bounds.map(({ upper }) => upper)]
  return {
    x: points.map(({ at }) => Date.parse(at)),
    series: [{ label, values: points.map(({ value }) => value), band }],
  }
}
