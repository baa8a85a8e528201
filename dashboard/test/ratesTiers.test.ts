import { expect, test } from 'vitest'
import { added, begin, removed } from '../src/pages/rates/Tiers.ts'

const tiers = [
  { upTo: '10', amount: '5' },
  { upTo: '100', amount: '4' },
  { upTo: null, amount: '3' },
]

test('a tier begins after the one before it', () => {
  expect([0, 1, 2].map((index) => begin(tiers, index))).toEqual([1n, 11n, 101n])
  expect(begin([{ upTo: 'ten' }, { upTo: null }], 1)).toBeUndefined()
})

test('a row below another ends between it and the next', () => {
  expect(added(tiers, 0).map(({ upTo }) => upTo)).toEqual(['10', '55', '100', null])
})

test('a row below the last is the last, and the old one gets an end above the one before', () => {
  expect(added(tiers, 2).map(({ upTo }) => upTo)).toEqual(['10', '100', '1000', null])
  expect(added([{ upTo: null }], 0).map(({ upTo }) => upTo)).toEqual(['1000', null])
})

test('without the last row the one before has no end; the only row stays', () => {
  expect(removed(tiers, 2).map(({ upTo }) => upTo)).toEqual(['10', null])
  expect(removed(tiers, 0).map(({ upTo }) => upTo)).toEqual(['100', null])
  expect(removed([{ upTo: null }], 0)).toEqual([{ upTo: null }])
})
