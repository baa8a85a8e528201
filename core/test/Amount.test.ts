import * as Amount from '@pbstream/core/Amount'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { uint128 } from './support/arbitrary.ts'

describe('parse', () => {
  test('takes the canonical string of every amount and nothing is lost', () => {
    fc.assert(fc.property(uint128, (amount) => void expect(Amount.parse(Amount.toString(amount))).toBe(amount)))
  })

  test('whatever it takes is the canonical string of what it returns', () => {
    const digits = fc.string({ unit: fc.constantFrom(...'0123456789+-.ex _'), maxLength: 42 })
    fc.assert(
      fc.property(fc.oneof(digits, fc.string(), fc.anything()), (value) => {
        const amount = Amount.tryParse(value)
        if (amount === undefined) expect(() => Amount.parse(value)).toThrow(Amount.InvalidAmountError)
        else expect(amount.toString()).toBe(value)
      }),
      { numRuns: 2_000 },
    )
  })

  test.each([
    '',
    ' 1',
    '1 ',
    '1\n',
    '+1',
    '-1',
    '01',
    '00',
    '1.0',
    '1e3',
    '0x10',
    '１',
    '1_000',
    (1n << 128n).toString(),
  ])('refuses %j', (text) => expect(() => Amount.parse(text)).toThrow(Amount.InvalidAmountError))
})

describe('arithmetic', () => {
  test('add and sub are exact or throw, and never leave 0 to 2^128 - 1', () => {
    fc.assert(
      fc.property(uint128, uint128, (a, b) => {
        if (a + b <= Amount.MAX) expect(Amount.add(a, b)).toBe(a + b)
        else expect(() => Amount.add(a, b)).toThrow(Amount.InvalidAmountError)
        if (a >= b) expect(Amount.sub(a, b)).toBe(a - b)
        else expect(() => Amount.sub(a, b)).toThrow(Amount.InvalidAmountError)
        expect([Amount.max(a, b), Amount.min(a, b)]).toEqual(a > b ? [a, b] : [b, a])
      }),
    )
  })

  test('mulDivUp rounds up, by less than one unit', () => {
    const small = fc.bigInt({ min: 0n, max: 1n << 64n })
    fc.assert(
      fc.property(small, fc.bigInt({ min: 0n, max: 1n << 60n }), fc.bigInt({ min: 1n, max: 1n << 64n }), (a, b, c) => {
        const result = Amount.mulDivUp(a, b, c)
        expect(result * c).toBeGreaterThanOrEqual(a * b)
        expect((result - 1n) * c).toBeLessThan(a * b === 0n ? 1n : a * b)
      }),
    )
  })

  test.each([
    ['a negative operand', () => Amount.add(-1n, 2n)],
    ['an operand above the maximum', () => Amount.sub(Amount.MAX + 1n, 5n)],
    ['a division by zero', () => Amount.mulDivUp(1n, 1n, 0n)],
    ['a quotient above the maximum', () => Amount.mulDivUp(Amount.MAX, 2n, 1n)],
    ['a negative amount in a string', () => Amount.toString(-1n)],
  ])('refuses %s', (_, run) => expect(run).toThrow(Amount.InvalidAmountError))
})

describe('prices written by people', () => {
  test('parseUnits undoes format', () => {
    fc.assert(
      fc.property(uint128, fc.integer({ min: 0, max: 24 }), (amount, decimals) => {
        expect(Amount.parseUnits(Amount.format(amount, decimals), decimals)).toBe(amount)
      }),
    )
  })

  test.each([
    ['$0.001', 1_000n],
    ['0.001', 1_000n],
    ['1', 1_000_000n],
    ['$2.50', 2_500_000n],
    ['0', 0n],
    ['0.0000010', 1n],
  ])('%s has %s atomic units of USDC', (text, amount) => expect(Amount.parseUnits(text, 6)).toBe(amount))

  test.each(['', '$', '.5', '1.', '0.0000001', '-1', '1e-3', '1,5', '$ 1', '01', '0x1', '1$'])('refuses %j', (text) =>
    expect(() => Amount.parseUnits(text, 6)).toThrow(Amount.InvalidAmountError),
  )

  test.each([
    [1_500n, 6, '0.0015'],
    [0n, 6, '0'],
    [1_000_000n, 6, '1'],
    [7n, 0, '7'],
  ])('%s atomic units with %s decimals read %s', (amount, decimals, text) =>
    expect(Amount.format(amount, decimals)).toBe(text),
  )
})
