/** Which models there are, what each of them looks at, and what is said of all of them together. */
import { combine, weigh } from '@pbstream/core/forecast/Combine'
import { MODELS, run, trials } from '@pbstream/core/forecast/Ensemble'
import { prepare } from '@pbstream/core/forecast/Series'
import { describe, expect, test } from 'vitest'
import { noise, regressionByRows, steps } from './reference.ts'

const random = noise(3)
const raw = steps(160, (t) => 40 + 10 * Math.sin((2 * Math.PI * t) / 5) + (t % 20 > 14 ? 8 : 0) + 4 * random())
const SEASONS = { season: 5, cycle: 20 }
const series = prepare(raw, SEASONS)
const values = [...series.values]
const logs = [...series.logs!]

test('the models have names of their own', () => {
  expect(MODELS.map(({ name }) => name)).toEqual([
    'seasonal naive',
    'mean of cycles',
    'mean of seasons',
    'smoothing',
    'slow smoothing of logs',
    'regression',
    'regression of logs',
    'regression of seasonal change',
    'regression of seasonal change of logs',
    'regression of cyclical change of logs',
  ])
})

describe('a model looks at what its name says', () => {
  const of = (name: string) => [...MODELS.find((model) => model.name === name)!.run(series, [160], 3)[0]!]
  const ago = (steps: number) => values.at(-steps)!

  test('one season ago, or the mean of four seasons or cycles', () => {
    expect(of('seasonal naive')).toEqual([5, 4, 3].map(ago))
    for (const [name, step] of [
      ['mean of seasons', 5],
      ['mean of cycles', 20],
    ] as const) {
      const means = [0, 1, 2].map((h) => [1, 2, 3, 4].reduce((sum, k) => sum + ago(k * step - h), 0) / 4)
      for (const [h, value] of of(name).entries()) expect(value).toBeCloseTo(means[h]!, 12)
    }
  })

  const near = [1, 2, 3, 4, 5, 6, 9, 10, 11, 19, 20, 21]
  test.each([
    ['regression', near, 0, false, 1e-4],
    ['regression of logs', near, 0, true, 1e-4],
    ['regression of seasonal change', [1, 2, 4, 5, 6, 10], 5, false, 3e-3],
    ['regression of seasonal change of logs', near, 5, true, 3e-3],
    ['regression of cyclical change of logs', near, 20, true, 3e-3],
  ] as const)('%s: lags %j', (name, lags, difference, isLog, ridge) => {
    const plan = { lags, difference, ridge, origin: 160, horizon: 3 }
    const expected = regressionByRows(isLog ? logs : values, plan)
    for (const [h, value] of of(name).entries())
      expect(value).toBeCloseTo(isLog ? Math.exp(expected[h]!) - series.offset : expected[h]!, 9)
  })
})

describe('all together', () => {
  const horizon = 10
  const { origins, compared } = trials(160, horizon, 5)
  const all = MODELS.map((model) => model.run(series, [...origins, 160], horizon))
  const actuals = origins.map((origin) => series.values.subarray(origin, origin + compared))
  const weights = weigh(all, actuals, false)
  const said = run(series, horizon)

  test('are averaged by how they did at the earlier origins', () => {
    expect(said.points).toEqual(combine(all, origins.length, weights))
    expect(said.points).toHaveLength(horizon)
  })

  test('say which of them count, with weights that add up to 1', () => {
    const total = weights.reduce((sum, weight) => sum + weight, 0)
    expect(said.models).toEqual(MODELS.map(({ name }, i) => ({ name, weight: weights[i]! / total })))
    expect(said.models.reduce((sum, { weight }) => sum + weight, 0)).toBeCloseTo(1, 12)
  })

  test('say what they would have said, beside what was', () => {
    expect(said.past.map(({ actual }) => [...actual])).toEqual(
      origins.map((origin) => values.slice(origin, origin + compared)),
    )
    expect(said.past.map(({ forecast }) => forecast)).toEqual(origins.map((_, i) => combine(all, i, weights)))
  })

  test('that have too little of a history to speak of are left out; the last value is always there', () => {
    const short = run(prepare(raw.slice(0, 12), SEASONS), 2)
    expect(short.models.map(({ name }) => name)).not.toContain('mean of cycles')
    expect(short.models.every(({ weight }) => weight > 0)).toBe(true)
    const one = run(prepare([7], SEASONS), 3)
    expect(one).toEqual({
      points: Float64Array.of(1.75, 1.75, 1.75),
      models: [{ name: 'last value', weight: 1 }],
      past: [],
    })
  })
})
