import { expect, test } from 'vitest'
import { Latency } from '../src/Latency.ts'

test('a quantile is the smallest sample that so many do not exceed', () => {
  const latency = new Latency([5, 1, 4, 2, 3])
  expect([0, 0.2, 0.5, 0.8, 0.81, 1].map((q) => latency.quantile(q))).toEqual([1, 1, 3, 4, 5, 5])
})

test('samples can be added after a quantile was read', () => {
  const latency = new Latency([10, 20])
  expect(latency.quantile(0.5)).toBe(10)
  latency.add([1, 2])
  expect(latency.quantile(0.5)).toBe(2)
  expect(latency.count).toBe(4)
})

test('without samples there is no quantile', () => {
  expect(new Latency().quantile(0.5)).toBeNaN()
})
