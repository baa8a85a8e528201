/** The measures of the M4 competition, by hand. */
import * as Forecast from '@pbstream/core/Forecast'
import { describe, expect, test } from 'vitest'

describe('measures', () => {
  test('the scale is the mean change over a season', () => {
    expect(Forecast.naiveScale([1, 2, 4, 8], 1)).toBeCloseTo(7 / 3, 12)
    expect(Forecast.naiveScale([1, 2, 4, 8], 2)).toBeCloseTo(9 / 2, 12)
    expect(Forecast.naiveScale([1, 2, 1, 2], 2)).toBeUndefined()
    expect(Forecast.naiveScale([1, 2], 2)).toBeUndefined()
  })

  test('MASE is the mean absolute error by the scale', () => {
    expect(Forecast.mase([1, 5], [2, 2], 4)).toBe(0.5)
  })

  test('sMAPE is from 0 to 200, and nothing where both are 0', () => {
    expect(Forecast.smape([1, 3], [3, 3])).toBe(50)
    expect(Forecast.smape([0, 4], [5, -4])).toBe(200)
    expect(Forecast.smape([0, -1], [0, -3])).toBe(50)
  })

  test('the seasonal naive forecast repeats the last season, or with less the last value', () => {
    expect(Forecast.seasonalNaive([9, 1, 2, 3], 3, 5)).toEqual([1, 2, 3, 1, 2])
    expect(Forecast.seasonalNaive([1, 2, 3], 3, 4)).toEqual([1, 2, 3, 1])
    expect(Forecast.seasonalNaive([4, 7], 3, 2)).toEqual([7, 7])
  })

  test('the accuracy of a forecast has all of them, and what was inside the intervals', () => {
    const forecast = {
      points: [3, 3, 3],
      intervals: [
        { level: 0.5, lower: [2, 2, 2], upper: [4, 4, 4] },
        { level: 0.9, lower: [1, 1, 1], upper: [9, 9, 9] },
      ],
    }
    const accuracy = Forecast.accuracyOf([1, 2, 4], [2, 4, 6], forecast, 1)
    expect(accuracy.mase).toBeCloseTo((1 + 1 + 3) / 3 / 1.5, 12)
    expect(accuracy.smape).toBeCloseTo((200 / 5 + 200 / 7 + 600 / 9) / 3, 12)
    expect(accuracy.coverage).toEqual([
      { level: 0.5, share: 2 / 3 },
      { level: 0.9, share: 1 },
    ])
    expect(accuracy.naive.mase).toBeCloseTo((2 + 0 + 2) / 3 / 1.5, 12)
    expect(accuracy.naive.smape).toBeCloseTo((400 / 6 + 0 + 400 / 10) / 3, 12)
    const still = Forecast.accuracyOf([2, 2], [2], forecast, 1)
    expect([still.mase, still.naive.mase]).toEqual([undefined, undefined])
  })

  test('the mean over series leaves out only what has no MASE', () => {
    const one = (mase: number | undefined, smape: number, share: number) => ({
      mase,
      smape,
      coverage: [{ level: 0.8, share }],
      naive: { mase, smape: 2 * smape },
    })
    const all = [one(1, 10, 0.5), one(3, 20, 1), one(undefined, 30, 0)]
    expect(Forecast.meanOf(all)).toEqual({
      mase: 2,
      smape: 20,
      coverage: [{ level: 0.8, share: 0.5 }],
      naive: { mase: 2, smape: 40 },
    })
    expect(Forecast.meanOf([one(undefined, 1, 1)]).mase).toBeUndefined()
  })
})
