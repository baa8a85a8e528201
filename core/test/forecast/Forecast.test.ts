/** What holds of every forecast, and what one is worth on taxi rides. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as Forecast from '@pbstream/core/Forecast'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { noise, steps } from './reference.ts'

const HOURS = { season: 24, horizon: 30 }
const DAYS = { season: 7, horizon: 10 }
const taxi = Forecast.parseColumn(readFileSync(join(import.meta.dirname, 'data/nyc-taxi-hourly.csv'), 'utf8'))

/** Series of every kind of number and length. */
const anything = fc.oneof(
  fc.array(fc.double({ noNaN: true, noDefaultInfinity: true }), { minLength: 1, maxLength: 120 }),
  fc.array(fc.nat(50), { minLength: 1, maxLength: 120 }),
  fc.array(fc.constantFrom(0, 0, 0, 0, 7), { minLength: 1, maxLength: 120 }),
)
/** Like what is sold: a pattern of days and weeks, a level, noise. */
const sold = fc
  .record({
    seed: fc.nat(1e6),
    length: fc.integer({ min: 30, max: 400 }),
    swing: fc.double({ min: 0, max: 1, noNaN: true }),
  })
  .map(({ seed, length, swing }) => {
    const random = noise(seed)
    return steps(
      length,
      (t) => 100 + 90 * swing * Math.sin((2 * Math.PI * t) / 24) + (t % 168 > 120 ? -8 : 0) + 5 * random(),
    )
  })

describe('every forecast', () => {
  test('is finite, as long as asked, and lies in its intervals, each in the next', () => {
    fc.assert(
      fc.property(anything, fc.constantFrom(HOURS, DAYS, { season: 1, horizon: 3 }), (history, options) => {
        const { points, intervals } = Forecast.forecast(history, { ...options, levels: [0.99, 0.5, 0.8] })
        expect(points).toHaveLength(options.horizon)
        expect(intervals.map(({ level }) => level)).toEqual([0.5, 0.8, 0.99])
        const columns = points.map((point, h) => [
          ...intervals.map(({ lower }) => lower[h]!).reverse(),
          point,
          ...intervals.map(({ upper }) => upper[h]!),
        ])
        for (const column of columns) {
          expect(column.every(Number.isFinite)).toBe(true)
          expect(column).toEqual(column.toSorted((a, b) => a - b))
        }
      }),
      { numRuns: 150 },
    )
  })

  test('is not negative where no value is', () => {
    fc.assert(
      fc.property(anything, (history) => {
        const { points, intervals } = Forecast.forecast(history.map(Math.abs), DAYS)
        const all = [points, ...intervals.flatMap(({ lower, upper }) => [lower, upper])].flat()
        expect(Math.min(...all)).toBeGreaterThanOrEqual(0)
      }),
      { numRuns: 60 },
    )
  })

  test('is the same each time, and leaves the history as it was', () => {
    fc.assert(
      fc.property(sold, (history) => {
        const first = Forecast.forecast(Object.freeze(history), HOURS)
        expect(Forecast.forecast(history, HOURS)).toEqual(first)
      }),
      { numRuns: 15 },
    )
  })

  test('of a history of other units is the same in those: exactly for powers of two', () => {
    fc.assert(
      fc.property(
        sold,
        fc.integer({ min: -60, max: 60 }),
        fc.double({ min: 0.001, max: 1e6, noNaN: true }),
        (history, power, times) => {
          const { points, intervals } = Forecast.forecast(history, HOURS)
          const doubled = Forecast.forecast(
            history.map((value) => value * 2 ** power),
            HOURS,
          )
          expect(doubled.points).toEqual(points.map((point) => point * 2 ** power))
          expect(doubled.intervals[1]!.upper).toEqual(intervals[1]!.upper.map((bound) => bound * 2 ** power))
          const scaled = Forecast.forecast(
            history.map((value) => value * times),
            HOURS,
          ).points
          for (const [h, point] of points.entries()) expect(scaled[h]! / times).toBeCloseTo(point, 3)
        },
      ),
      { numRuns: 15 },
    )
  })

  test('of values that may be negative moves and turns with them', () => {
    const below = sold.map((history) => history.map((value) => value - 300))
    fc.assert(
      fc.property(below, fc.double({ min: -1_000, max: 50, noNaN: true }), (history, by) => {
        const { points, intervals } = Forecast.forecast(history, HOURS)
        const moved = Forecast.forecast(
          history.map((value) => value + by),
          HOURS,
        )
        const turned = Forecast.forecast([...history.map((value) => -value - 900)], HOURS)
        for (const [h, point] of points.entries()) {
          expect(moved.points[h]).toBeCloseTo(point + by, 3)
          expect(moved.intervals[0]!.lower[h]).toBeCloseTo(intervals[0]!.lower[h]! + by, 3)
          expect(turned.points[h]).toBeCloseTo(-point - 900, 3)
        }
      }),
      { numRuns: 15 },
    )
  })

  test('names models whose weights add up to 1', () => {
    fc.assert(
      fc.property(sold, (history) => {
        const { models } = Forecast.forecast(history, HOURS)
        expect(models.reduce((sum, { weight }) => sum + weight, 0)).toBeCloseTo(1, 9)
        expect(models.every(({ weight }) => weight > 0)).toBe(true)
        expect(new Set(models.map(({ name }) => name)).size).toBe(models.length)
      }),
      { numRuns: 15 },
    )
  })
})

describe('a forecast of', () => {
  const first = (history: number[], options: Forecast.Options = HOURS) => Forecast.forecast(history, options)

  test('one value is that value, and a guess of the interval', () => {
    const one = first([8])
    expect(one).toMatchObject({ models: [{ name: 'last value', weight: 1 }], origins: 0 })
    expect(one.points).toEqual(steps(30, () => 8))
    expect(one.intervals[0]!.lower[3]).toBeCloseTo(8 * 0.2, 12)
    expect(one.intervals[0]!.upper[3]).toBeCloseTo(8 * 1.8, 12)
    expect(first([-8]).intervals[1]!.lower[0]).toBeCloseTo(-8 * 1.95, 12)
  })

  test.each([0, 7, -3])('a constant %i is sure of it', (value) => {
    const { points, intervals } = first(steps(200, () => value))
    for (const bound of [points, intervals[1]!.lower, intervals[1]!.upper]) {
      for (const at of bound) expect(at).toBeCloseTo(value, 9)
    }
  })

  test('a pattern of a week goes on with it', () => {
    const pattern = (t: number) => 50 + 30 * Math.sin((2 * Math.PI * t) / 24) + (t % 168 >= 120 ? 20 : 0)
    const { points } = first(steps(700, pattern), { season: 24, horizon: 168 })
    for (const [h, point] of points.entries()) expect(Math.abs(point - pattern(700 + h))).toBeLessThan(1.5)
  })

  test('a pattern on a rise rises', () => {
    const pattern = (t: number) => 100 + t + 20 * Math.sin((2 * Math.PI * t) / 7)
    const { points } = first(steps(150, pattern), DAYS)
    for (const [h, point] of points.entries()) expect(Math.abs(point - pattern(150 + h))).toBeLessThan(4)
  })

  test('a new level follows it', () => {
    const random = noise(3)
    const { points } = first(steps(700, (t) => (t < 640 ? 100 : 400) + 10 * random()))
    expect(Math.min(...points)).toBeGreaterThan(300)
  })

  test('what one hour went mad in does not go mad', () => {
    const random = noise(4)
    const calm = steps(700, (t) => 100 + 40 * Math.sin((2 * Math.PI * t) / 24) + 5 * random())
    for (const at of [699, 690, 600, 300]) {
      const { points } = first(calm.with(at, 20_000))
      expect(Math.max(...points)).toBeLessThan(200)
    }
  })

  test('what was never sold before a week ago is not 0', () => {
    const { points } = first(steps(700, (t) => (t < 600 ? 0 : 100)))
    expect(Math.min(...points)).toBeGreaterThan(50)
  })

  test('more than a year of hours is that of the newest year', () => {
    const random = noise(5)
    const year = steps(Forecast.LONGEST_HISTORY, (t) => (t % 24) + random())
    expect(first([1e9, ...year])).toEqual(first(year))
  })

  test('taxi rides is far better than repeating a day, and its intervals hold what they should', () => {
    const { mean, folds } = Forecast.backtest(taxi, { season: 24, horizon: 48, folds: 6 })
    expect(folds.map(({ origin }) => origin)).toEqual([768, 816, 864, 912, 960, 1008])
    expect(mean.mase).toBeLessThan(0.5)
    expect(mean.naive.mase).toBeGreaterThan(0.9)
    expect(mean.smape).toBeLessThan(8)
    expect(mean.coverage[0]!.share).toBeGreaterThan(0.7)
    expect(mean.coverage[1]!.share).toBeGreaterThan(0.9)
  })

  test('noise has intervals that hold about as much as they say', () => {
    const held = [0, 0]
    for (let seed = 1; seed <= 40; seed++) {
      const random = noise(seed)
      const all = steps(
        372,
        (t) => 50 + 20 * Math.sin((2 * Math.PI * t) / 24) + 2 * Math.log((0.01 + random()) / (0.01 + random())),
      )
      const { intervals } = first(all.slice(0, 348), { season: 24, horizon: 24 })
      for (const [i, { lower, upper }] of intervals.entries()) {
        held[i]! += all.slice(348).filter((value, h) => value >= lower[h]! && value <= upper[h]!).length / 24 / 40
      }
    }
    expect(held[0]).toBeGreaterThan(0.75)
    expect(held[0]).toBeLessThan(0.9)
    expect(held[1]).toBeGreaterThan(0.92)
    expect(held[1]).toBeLessThan(0.99)
  })
})

describe('there is no forecast', () => {
  const refused = (history: number[], options: Partial<Forecast.Options>, message: string) =>
    expect(() => Forecast.forecast(history, { ...HOURS, ...options })).toThrow(new Forecast.InvalidSeriesError(message))

  test('of nothing, or of what is no number', () => {
    refused([], {}, 'the history has no value')
    refused([1, Number.NaN, 3], {}, 'value 2 of the history is not a finite number')
    refused([Infinity], {}, 'value 1 of the history is not a finite number')
  })

  test('for seasons, horizons and levels that mean nothing', () => {
    refused([1], { season: 0 }, 'season 0 is not a whole number from 1 to 4380')
    refused([1], { season: 1.5 }, 'season 1.5 is not a whole number from 1 to 4380')
    refused([1], { season: 4381 }, 'season 4381 is not a whole number from 1 to 4380')
    refused([1], { horizon: 0 }, 'horizon 0 is not a whole number from 1 to 1000')
    refused([1], { horizon: 1001 }, 'horizon 1001 is not a whole number from 1 to 1000')
    refused([1], { cycle: 100 }, 'cycle 100 is not a multiple of season 24')
    refused([1], { cycle: 0 }, 'cycle 0 is not a whole number from 1 to 4380')
    refused([1], { levels: [0.5, 1] }, 'level 1 is not between 0 and 1')
    refused([1], { levels: [0] }, 'level 0 is not between 0 and 1')
    refused([1], { levels: [Number.NaN] }, 'level NaN is not between 0 and 1')
  })

  test('but at the edges there is', () => {
    expect(Forecast.forecast([1], { season: 4380, horizon: 1000 }).points).toHaveLength(1000)
    expect(Forecast.forecast([1], { ...HOURS, levels: [] }).intervals).toEqual([])
    const twice = Forecast.forecast([1], { ...HOURS, levels: [0.5, 0.5] })
    expect(twice.intervals).toHaveLength(1)
  })

  test('a season of 24 has a week above it, another has none', () => {
    const random = noise(9)
    const history = steps(600, (t) => (t % 168) + random())
    expect(Forecast.forecast(history, HOURS)).toEqual(Forecast.forecast(history, { ...HOURS, cycle: 168 }))
    expect(Forecast.forecast(history, HOURS)).not.toEqual(Forecast.forecast(history, { ...HOURS, cycle: 24 }))
    expect(Forecast.forecast(history, DAYS)).toEqual(Forecast.forecast(history, { ...DAYS, cycle: 7 }))
  })
})

describe('a backtest', () => {
  const history = steps(100, (t) => (t % 7) + t / 100)

  test('forecasts the end from earlier points, with what was known there', () => {
    const { folds, mean } = Forecast.backtest(history, { ...DAYS, folds: 3 })
    expect(folds.map(({ origin }) => origin)).toEqual([70, 80, 90])
    for (const { origin, forecast, ...accuracy } of folds) {
      const known = history.slice(0, origin)
      expect(forecast).toEqual(Forecast.forecast(known, DAYS))
      expect(accuracy).toEqual(Forecast.accuracyOf(known, history.slice(origin, origin + 10), forecast, 7))
    }
    expect(mean).toEqual(Forecast.meanOf(folds))
  })

  test('has four folds if nothing is said, and fewer where a fold would know less than two seasons', () => {
    expect(Forecast.backtest(history, DAYS).folds).toHaveLength(4)
    expect(Forecast.backtest(history, { ...DAYS, folds: 20 }).folds.map(({ origin }) => origin)[0]).toBe(20)
    expect(Forecast.backtest(history.slice(0, 24), DAYS).folds.map(({ origin }) => origin)).toEqual([14])
  })

  test('is refused where no fold fits, or for a number of folds that means nothing', () => {
    const refused = (count: number, folds: number | undefined, message: string) =>
      expect(() =>
        Forecast.backtest(history.slice(0, count), { ...DAYS, ...(folds === undefined ? {} : { folds }) }),
      ).toThrow(new Forecast.InvalidSeriesError(message))
    refused(23, undefined, '23 values are too few for a backtest: it takes at least 24')
    for (const folds of [0, 21, 1.5]) refused(100, folds, `folds ${folds} is not a whole number from 1 to 20`)
    refused(0, 1, 'the history has no value')
  })
})
