/** Spreads and reaches by hand, and how often intervals hold what comes. */
import { reachOf, spreadOf } from '@pbstream/core/forecast/Interval'
import { describe, expect, test } from 'vitest'

const of = (...numbers: number[]) => Float64Array.from(numbers)
const missed = (...errors: number[]) => ({
  actual: Float64Array.from(errors),
  forecast: new Float64Array(errors.length),
})

describe('the spread', () => {
  test('is the mean size of the errors of a step, drawn a fifth to the mean of all', () => {
    const { widths, errors, sizes, origins } = spreadOf([missed(1, -4), missed(-3, 8)], 2)!
    // Means 2 and 6, mean of all 4; with two steps no neighbour counts.
    expect(widths[0]).toBeCloseTo(0.8 * 2 + 0.2 * 4, 12)
    expect(widths[1]).toBeCloseTo(0.8 * 6 + 0.2 * 4, 12)
    expect([...errors]).toEqual([-3 / widths[0]!, -4 / widths[1]!, 1 / widths[0]!, 8 / widths[1]!])
    expect([...sizes]).toEqual([1 / widths[0]!, 4 / widths[1]!, 3 / widths[0]!, 8 / widths[1]!])
    expect(origins).toBe(2)
  })

  test('is smoothed over a sixteenth of the steps on each side, the nearer the more', () => {
    const errors = Array.from({ length: 32 }, (_, h) => (h === 0 ? 33 : h === 10 ? 18 : 0))
    const { widths } = spreadOf([missed(...errors)], 32)!
    const common = (0.2 * 51) / 32
    const at = (h: number) => (widths[h]! - common) / 0.8
    expect([7, 8, 9, 10, 11, 12, 13].map(at).map((value) => Math.round(value * 1e9) / 1e9)).toEqual([
      0, 2, 4, 6, 4, 2, 0,
    ])
    expect(at(0)).toBeCloseTo((3 * 33) / 6, 9)
    expect(at(1)).toBeCloseTo((2 * 33) / 8, 9)
    expect(at(2)).toBeCloseTo(33 / 9, 9)
    expect(at(31)).toBeCloseTo(0, 9)
  })

  test('grows with the root of the time beyond what was compared', () => {
    const { widths } = spreadOf([missed(1, 1)], 8)!
    for (const [h, width] of [1, 1, Math.sqrt(3 / 2), Math.sqrt(2), Math.sqrt(5 / 2)].entries()) {
      expect(widths[h]).toBeCloseTo(width, 12)
    }
    expect(widths[7]).toBeCloseTo(2, 12)
  })

  test('is none without an earlier origin, and 0 without an error', () => {
    expect(spreadOf([], 5)).toBeUndefined()
    const still = spreadOf([missed(0, 0)], 3)!
    expect([...still.widths]).toEqual([0, 0, 0])
    expect(reachOf(still, 0.9)).toEqual({ below: 0, above: 0 })
  })
})

describe('the reach', () => {
  const spread = (errors: number[], origins = 8) => ({
    widths: of(1),
    errors: Float64Array.from(errors).sort(),
    sizes: Float64Array.from(errors, Math.abs).sort(),
    origins,
  })

  test('is between a quantile of one side and that of both, the wider the fewer origins', () => {
    const errors = [-2, -1, 0, 1, 4]
    // Level 0.5: quarters are -1 and 1, half of the sizes (0, 1, 1, 2, 4) is 1.
    const caution = (origins: number) => 1 + (0.85 * Math.log(2)) / origins
    expect(reachOf(spread(errors), 0.5).below).toBeCloseTo(caution(8), 12)
    expect(reachOf(spread(errors, 1), 0.5).above).toBeCloseTo(caution(1), 12)
    // Level 0.75: eighths are at 0.5 and 3.5 of 0 to 4: -1.5 and 2.5; three quarters of the sizes is 2.
    const wider = 1 + (0.85 * Math.log(4)) / 8
    expect(reachOf(spread(errors), 0.75).below).toBeCloseTo((wider * (1.5 + 2)) / 2, 12)
    expect(reachOf(spread(errors), 0.75).above).toBeCloseTo((wider * (2.5 + 2)) / 2, 12)
  })

  test('is never negative, where all errors are on one side', () => {
    const { below, above } = reachOf(spread([2, 3, 4]), 0.5)
    const caution = 1 + (0.85 * Math.log(2)) / 8
    expect(below).toBeCloseTo((caution * 3) / 2, 12)
    expect(above).toBeCloseTo((caution * (3.5 + 3)) / 2, 12)
  })

  test('is that of the only error there is', () => {
    expect(reachOf(spread([3]), 0.5).above).toBeCloseTo(3 * (1 + (0.85 * Math.log(2)) / 8), 12)
  })
})
