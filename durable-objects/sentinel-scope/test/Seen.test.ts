import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { Seen } from '../src/Seen.ts'

test('a number is new once, in whatever order numbers come', () => {
  const seen = new Seen()
  const order = [5, 1, 3, 2, 4, 1_000, 999, 6]
  expect(order.map((each) => seen.add(each))).toEqual(order.map(() => true))
  expect(order.map((each) => seen.add(each))).toEqual(order.map(() => false))
})

test('what is more than a thousand behind counts as seen', () => {
  const seen = new Seen()
  seen.add(1_025)
  expect(seen.add(1)).toBe(false)
  expect(seen.add(2)).toBe(true)
})

test('a leap over all that is remembered forgets it', () => {
  const seen = new Seen()
  seen.add(1)
  seen.add(1_024)
  expect(seen.add(1)).toBe(false)
  seen.add(9_999)
  expect(seen.add(1_024)).toBe(false)
  expect(seen.add(9_998)).toBe(true)
})

test('what is stored goes on as it was, and stays small', () => {
  const seen = new Seen()
  for (let number = 1; number <= 5_000; number += 2) seen.add(number)
  const again = new Seen(JSON.parse(JSON.stringify(seen)))
  expect([again.add(4_999), again.add(4_998), again.add(4_998)]).toEqual([false, true, false])
  expect(JSON.stringify(again).length).toBeLessThan(300)
})

test('in any order within a thousand of the highest it is what a set would say, over any restarts', () => {
  const order = fc.array(fc.tuple(fc.integer({ min: 1, max: 1_024 }), fc.boolean()), { maxLength: 200 })
  fc.assert(
    fc.property(order, (numbers) => {
      const reference = new Set<number>()
      let seen = new Seen()
      for (const [number, restarts] of numbers) {
        if (restarts) seen = new Seen(seen.toJSON())
        expect(seen.add(number)).toBe(!reference.has(number))
        reference.add(number)
      }
    }),
  )
})
