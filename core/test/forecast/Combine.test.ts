/** Weights by earlier errors, and the mean without its outer quarters: by hand. */
import { combine, weigh } from '@pbstream/core/forecast/Combine'
import { trials } from '@pbstream/core/forecast/Ensemble'
import { describe, expect, test } from 'vitest'

const of = (...numbers: number[]) => Float64Array.from(numbers)

describe('weights', () => {
  test('fall with the cube of the error by the middle one', () => {
    // Errors 1, 2 and 4 of a value of 0 without relative errors: 0.5, 1 and 2 of the middle one.
    const all = [
      [of(1), of(9)],
      [of(2), of(9)],
      [of(-4), of(9)],
    ]
    const weights = weigh(all, [of(0)], true)
    expect(weights[0]).toBeCloseTo(8, 6)
    expect(weights[1]).toBeCloseTo(1, 6)
    expect(weights[2]).toBeCloseTo(1 / 8, 6)
  })

  test('of an even number of models go by the mean of the two in the middle', () => {
    const [first, second] = weigh(
      [
        [of(1), of(9)],
        [of(3), of(9)],
      ],
      [of(0)],
      true,
    )
    expect(first).toBeCloseTo(8, 6)
    expect(second).toBeCloseTo((2 / 3) ** 3, 6)
  })

  test('count relative errors as much as absolute ones where nothing is negative', () => {
    const all = [
      [of(1, 22), of(9)],
      [of(2, 20), of(9)],
    ]
    const actual = of(1, 20)
    const absolute = [(0 + 2) / 2, (1 + 0) / 2]
    const relative = [(0 + 2 / 42) / 2, (1 / 3 + 0) / 2]
    const by = (errors: number[], i: number) => errors[i]! / ((errors[0]! + errors[1]!) / 2)
    const expected = [0, 1].map((i) => ((by(absolute, i) + by(relative, i)) / 2) ** -3)
    const weights = weigh(all, [actual], false)
    for (const i of [0, 1]) expect(weights[i]).toBeCloseTo(expected[i]!, 6)
    const plain = weigh(all, [actual], true)
    for (const i of [0, 1]) expect(plain[i]).toBeCloseTo(by(absolute, i) ** -3, 6)
  })

  test('say that a 0 forecast as 0 is right', () => {
    const weights = weigh(
      [
        [of(0, 1), of(9)],
        [of(0, 3), of(9)],
      ],
      [of(0, 2)],
      false,
    )
    expect(weights.every(Number.isFinite)).toBe(true)
  })

  test('are those of the origins that a model could try; none of them: none', () => {
    const all = [
      [of(1), undefined, of(9)],
      [of(1), of(2), of(9)],
      [of(1), of(4), of(9)],
      [undefined, undefined, of(9)],
      [of(1), of(1), undefined],
    ]
    const weights = weigh(all, [of(0), of(0)], true)
    expect(weights[0]).toBeCloseTo(1, 6)
    expect(weights[1]).toBeCloseTo(1, 6)
    expect(weights[2]).toBeCloseTo(1.5 ** -3, 6)
    expect(weights.slice(3)).toEqual([0, 0])
  })

  test('are the same for all where nothing could be tried', () => {
    expect(weigh([[of(1)], [of(2)], [undefined]], [], true)).toEqual([1, 1, 0])
  })

  test('do not tell perfect models apart', () => {
    const [first, second] = weigh(
      [
        [of(5), of(9)],
        [of(5 + 1e-15), of(9)],
      ],
      [of(5)],
      true,
    )
    expect(first! / second!).toBeCloseTo(1, 3)
  })
})

describe('the combined forecast', () => {
  const all = [[of(10, 1)], [of(30, 2)], [of(20, 3)], [of(1_000, 4)]]

  test('is the mean of the inner half of the weight', () => {
    const [first, second] = combine(all, 0, [1, 1, 1, 1])!
    expect(first).toBeCloseTo(25, 12)
    expect(second).toBeCloseTo(2.5, 12)
    // Weights 4, 1, 2, 1 in order of the first step are 4, 2, 1, 1: inner half 2 to 6, half of it 10, half 20.
    expect(combine(all, 0, [4, 1, 2, 1])![0]).toBeCloseTo(15, 12)
    // A single heavy model is all of it.
    expect([...combine(all, 0, [0.125, 8, 0.125, 0.125])!]).toEqual([30, 2])
  })

  test('leaves out what has no weight or no forecast at that origin', () => {
    const some = [
      [of(1), undefined],
      [of(5), of(7)],
      [of(900), of(900)],
    ]
    expect([...combine(some, 0, [1, 1, 0])!]).toEqual([3])
    expect([...combine(some, 1, [1, 1, 0])!]).toEqual([7])
    expect(combine(some, 1, [1, 0, 0])).toBeUndefined()
    expect(combine([], 0, [])).toBeUndefined()
  })
})

describe('earlier origins', () => {
  test('are whole seasons apart, half a horizon or more, and at most eight', () => {
    expect(trials(700, 48, 24)).toEqual({ compared: 48, origins: [484, 508, 532, 556, 580, 604, 628, 652] })
    expect(trials(2_000, 168, 24).origins).toEqual([1160, 1256, 1352, 1448, 1544, 1640, 1736, 1832])
    expect(trials(700, 30, 24).origins.slice(-2)).toEqual([646, 670])
    expect(trials(700, 24, 24).origins.slice(-2)).toEqual([652, 676])
    expect(trials(700, 10, 24).origins.slice(-2)).toEqual([685, 690])
  })

  test('leave a third of the history before them, and compare no more than a third', () => {
    expect(trials(60, 48, 24)).toEqual({ compared: 20, origins: [20, 30, 40] })
    expect(trials(3, 48, 24)).toEqual({ compared: 1, origins: [1, 2] })
    expect(trials(2, 48, 24)).toEqual({ compared: 1, origins: [1] })
    expect(trials(1, 48, 24)).toEqual({ compared: 1, origins: [] })
  })
})
