/** Lone spikes are drawn in, and nothing else is. */
import { drawIn } from '@pbstream/core/forecast/Clean'
import { describe, expect, test } from 'vitest'
import { noise, steps } from './reference.ts'

const SEASONS = { season: 10, cycle: 50 }

function calm(): number[] {
  const random = noise(7)
  return steps(300, (t) => 10 + 3 * Math.sin((2 * Math.PI * t) / 10) + random())
}

/** Where the cleaned values differ. */
function changed(values: readonly number[], seasons = SEASONS): number[] {
  const cleaned = drawIn(Float64Array.from(values), seasons)
  return steps(values.length, (t) => t).filter((t) => cleaned[t] !== values[t])
}

describe('drawIn', () => {
  test.each([0, 150, 299])('draws in a lone spike at %i, up or down, and leaves the rest', (at) => {
    const values = calm()
    for (const spike of [1_000, -1_000]) {
      const spiked = values.with(at, spike)
      expect(changed(spiked)).toEqual([at])
      expect(Math.abs(drawIn(Float64Array.from(spiked), SEASONS)[at]! - 10)).toBeLessThan(8)
    }
  })

  test('leaves what is calm, a change of level, and spikes of every season or cycle', () => {
    const values = calm()
    expect(changed(values)).toEqual([])
    expect(changed(values.map((value, t) => (t >= 298 ? value + 200 : value)))).toEqual([])
    expect(changed(values.map((value, t) => (t % 10 === 3 ? value * 20 : value)))).toEqual([])
    expect(changed(values.map((value, t) => (t % 50 === 3 ? value * 20 : value)))).toEqual([])
  })

  test('draws in to three times the hundredth largest distance', () => {
    // Distances to the nearest are 0 and 1, and 1 for more than a hundredth.
    const values = steps(300, (t) => (t === 150 ? 100 : t % 20 === 5 ? 1 : 0))
    expect(drawIn(Float64Array.from(values), { season: 7, cycle: 7 })[150]).toBe(3)
  })

  test('knows nothing of less than two seasons', () => {
    const values = [...steps(18, (t) => t % 3), 900]
    expect(changed(values)).toEqual([])
    expect(changed([...steps(39, (t) => t % 3), 900])).toEqual([39])
    expect(changed([...steps(19, (t) => t % 3), 900]).length).toBeLessThanOrEqual(1)
  })
})
