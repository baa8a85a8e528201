/** Each model against the same said the long way (reference.ts). */
import { regression } from '@pbstream/core/forecast/Regression'
import { mean, naive } from '@pbstream/core/forecast/Repeat'
import { prepare, restore, type Series } from '@pbstream/core/forecast/Series'
import { smoothing } from '@pbstream/core/forecast/Smoothing'
import { describe, expect, test } from 'vitest'
import { noise, regressionByRows, smoothingByHistory, steps } from './reference.ts'

const random = noise(1)
/** Six weeks of a week of 14 steps, two days of 7 … with everything in it: level, days, weeks, drift, noise. */
const raw = steps(90, (t) => 40 + 10 * Math.sin((2 * Math.PI * t) / 7) + (t % 14 > 9 ? 8 : 0) + 0.1 * t + 4 * random())
const SEASONS = { season: 7, cycle: 14 }
const series = prepare(raw, SEASONS)
const values = [...series.values]
const logs = [...series.logs!]
const origins = [61, 68, 75, 90]

function near(actual: Float64Array | undefined, expected: readonly number[]): void {
  expect(actual).toHaveLength(expected.length)
  for (const [h, value] of expected.entries()) expect(actual![h]).toBeCloseTo(value, 9)
}

describe('regression', () => {
  const lags = [1, 2, 6, 7, 8, 14]
  const cases = [
    { difference: 0, isLog: false },
    { difference: 0, isLog: true },
    { difference: 7, isLog: false },
    { difference: 14, isLog: true },
  ]
  test.each(cases)('by sums of products is that by rows: $difference, $isLog', ({ difference, isLog }) => {
    const model = regression('', { lags: () => lags, difference: () => difference, ridge: 1e-3, isLog })
    const forecasts = model.run(series, origins, 20)
    for (const [i, origin] of origins.entries()) {
      const plan = { lags, difference, ridge: 1e-3, origin, horizon: 20 }
      const expected = regressionByRows(isLog ? logs : values, plan)
      near(forecasts[i], isLog ? expected.map((value) => Math.exp(value) - series.offset) : expected)
    }
  })

  test('leaves out lags beyond a third of the history, and those named twice', () => {
    const plan = (asked: number[]) => ({ lags: () => asked, difference: () => 0, ridge: 1e-3, isLog: false })
    const [asked] = regression('', plan([1, 1, 7, 30, 31, 0, -1])).run(series, [90], 5)
    const [fitting] = regression('', plan([1, 7, 30])).run(series, [90], 5)
    expect(asked).toEqual(fitting)
    expect(regression('', plan([31, 400])).run(series, [80, 90], 5)).toEqual([undefined, undefined])
  })

  test('wants three rows for each lag', () => {
    const model = regression('', { lags: () => [1, 2], difference: () => 0, ridge: 1e-3, isLog: false })
    const [few, enough] = model.run(series, [7, 8], 5)
    expect(few).toBeUndefined()
    expect(enough).toHaveLength(5)
  })

  test('has nothing to say where nothing varies, or of logs where there are none', () => {
    const still = prepare(
      steps(60, () => 4),
      SEASONS,
    )
    const plan = { lags: () => [1, 2], difference: () => 0, ridge: 1e-3 }
    expect(regression('', { ...plan, isLog: false }).run(still, [50, 60], 5)).toEqual([undefined, undefined])
    const negative = prepare(
      steps(60, (t) => Math.sin(t)),
      SEASONS,
    )
    expect(regression('', { ...plan, isLog: true }).run(negative, [50, 60], 5)).toEqual([undefined, undefined])
  })
})

describe('smoothing', () => {
  const pace = { level: 0.1, season: 0.2, cycle: 0.3, memory: 0.8 }
  test.each([false, true])('is that with every state kept; of logs: %s', (isLog) => {
    const forecasts = smoothing('', { ...pace, isLog }).run(series, origins, 20)
    for (const [i, origin] of origins.entries()) {
      const expected = smoothingByHistory(isLog ? logs : values, { ...SEASONS, origin, horizon: 20, pace })
      near(forecasts[i], isLog ? expected.map((value) => Math.exp(value) - series.offset) : expected)
    }
  })

  test('does without the cycle where no earlier origin has seen two', () => {
    const short = prepare(raw.slice(0, 32), SEASONS)
    const model = smoothing('', { ...pace, isLog: false })
    const plan = { season: 7, cycle: 7, origin: 32, horizon: 9, pace }
    near(model.run(short, [20, 27, 32], 9)[2], smoothingByHistory([...short.values], plan))
    const withCycle = smoothingByHistory([...short.values], { ...plan, cycle: 14 })
    near(model.run(short, [20, 28, 32], 9)[2], withCycle)
  })

  test('begins after two seasons, or two cycles', () => {
    const model = smoothing('', { ...pace, isLog: false })
    const known = (origins: number[]) => model.run(series, origins, 3).map((forecast) => forecast !== undefined)
    expect(known([13, 14, 27, 90])).toEqual([false, true, true, true])
    expect(known([27, 28, 90])).toEqual([false, true, true])
    expect(model.run(prepare(raw.slice(0, 13), SEASONS), [6, 13], 3)).toEqual([undefined, undefined])
  })

  test('of logs has nothing to say where a value is negative', () => {
    const negative = prepare([...raw, -1], SEASONS)
    expect(smoothing('', { ...pace, isLog: true }).run(negative, [80, 91], 3)).toEqual([undefined, undefined])
  })
})

describe('repeating', () => {
  const plain = prepare(
    steps(20, (t) => t),
    SEASONS,
  )
  const scaled = (numbers: Float64Array | undefined) => numbers && Array.from(numbers, (value) => value * plain.scale)

  test('the last period', () => {
    const [last, season, early] = [
      naive('', () => 1).run(plain, [20], 3)[0],
      naive('', (each: Series) => each.season).run(plain, [20], 9)[0],
      naive('', () => 7).run(plain, [7, 6], 2),
    ]
    expect(scaled(last)).toEqual([19, 19, 19])
    expect(scaled(season)).toEqual([13, 14, 15, 16, 17, 18, 19, 13, 14])
    expect(scaled(early[0])).toEqual([0, 1])
    expect(early[1]).toBeUndefined()
  })

  test('the mean of as many as there are, up to the most', () => {
    const means = mean('', () => 5, 3).run(plain, [4, 5, 14, 19, 20], 6)
    expect(means.map(scaled)).toEqual([
      undefined,
      [0, 1, 2, 3, 4, 0],
      [6.5, 7.5, 8.5, 9.5, 10.5, 6.5],
      [9, 10, 11, 12, 13, 9],
      [10, 11, 12, 13, 14, 10],
    ])
  })
})

describe('a prepared series', () => {
  test('is divided by the power of two below its largest value', () => {
    const scaleOf = (...numbers: number[]) => prepare(numbers, { season: 1, cycle: 1 }).scale
    expect([scaleOf(1), scaleOf(1.99), scaleOf(2), scaleOf(3, -9), scaleOf(0.3)]).toEqual([1, 1, 2, 8, 0.25])
    expect([scaleOf(0, 0), scaleOf(Number.MAX_VALUE), scaleOf(5e-324)]).toEqual([1, 2 ** 1023, 2 ** -1022])
    expect([...prepare([3, 6], { season: 1, cycle: 1 }).values]).toEqual([0.75, 1.5])
  })

  test('has logarithms where no value is negative, moved where one is close to 0', () => {
    const one = prepare([1, 3], { season: 24, cycle: 24 })
    expect(one).toMatchObject({ offset: 0, isNegative: false })
    expect([...one.logs!]).toEqual([Math.log(0.5), Math.log(1.5)])
    const zero = prepare([0, 2], { season: 24, cycle: 24 })
    expect(zero.offset).toBeCloseTo(0.01, 12)
    expect(zero.logs![0]).toBeCloseTo(Math.log(0.01), 9)
    expect(prepare([0, 0], { season: 24, cycle: 24 }).logs).toBeUndefined()
    expect(prepare([-1, 2], { season: 24, cycle: 24 })).toMatchObject({ logs: undefined, isNegative: true })
  })

  test('bounds what is forecast of it to one range beyond its values', () => {
    expect(prepare([1, 1.5], { season: 24, cycle: 24 })).toMatchObject({ lowest: 0.5, highest: 2 })
    expect(prepare([0.5, 1.5], { season: 24, cycle: 24 })).toMatchObject({ lowest: 0, highest: 2.5 })
    const negative = prepare([-1, 1], { season: 24, cycle: 24 })
    expect(negative).toMatchObject({ lowest: -3, highest: 3 })
    const out = [-9, -3, -2.5, 3, 4, Infinity, Number.NaN]
    expect([...restore(negative, Float64Array.from(out), false)]).toEqual([-3, -3, -2.5, 3, 3, 3, 3])
    const logs = prepare([0, 1], { season: 24, cycle: 24 })
    expect(restore(logs, Float64Array.of(Math.log(0.5 + logs.offset)), true)[0]).toBeCloseTo(0.5, 12)
  })
})
