import { expect, test } from 'vitest'
import { short } from '../src/format/Address.ts'
import { formatNumber, formatShare } from '../src/format/Number.ts'
import { shareOf } from '../src/ui/Progress.tsx'
import { readNumber } from '../src/ui/NumberInput.tsx'

test('numbers are grouped, shares are percents, and nothing is a dash', () => {
  expect(formatNumber(1_234_567.891)).toBe('1,234,567.89')
  expect([formatShare(0.125), formatShare(null), formatShare(Number.NaN)]).toEqual(['12.5%', '–', '–'])
})

test('long ids are shown by their ends, short ones whole', () => {
  expect(short(`0x${'ab'.repeat(20)}`)).toBe('0xabab…abab')
  expect(short('prov_123')).toBe('prov_123')
})

test('the part of a whole is between 0 and 1, also of bigints beyond floats', () => {
  const large = 10n ** 30n
  expect([shareOf(large / 4n, large), shareOf(2n, 1n), shareOf(-1n, 1n), shareOf(1n, 0n)]).toEqual([0.25, 1, 0, 0])
  expect([shareOf(1, 4), shareOf(5, 4), shareOf(1, 0)]).toEqual([0.25, 1, 0])
})

test('typed numbers are read within their limits, also full-width ones', () => {
  const limits = { min: 1, max: 100, whole: true }
  expect(['1', ' 100 ', '４２', '1,0'].map((typed) => readNumber(typed, limits))).toEqual([1, 100, 42, 10])
  expect(['', '0', '101', '1.5', '1e1', 'x'].map((typed) => readNumber(typed, limits))).toEqual(
    Array.from({ length: 6 }, () => undefined),
  )
  expect(readNumber('1.5', { ...limits, whole: false })).toBe(1.5)
})
