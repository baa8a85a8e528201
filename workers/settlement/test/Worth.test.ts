import { describe, expect, test } from 'vitest'
import * as Worth from '../src/Worth.ts'

/** An ether is 2,000 USDC, gas 1 gwei: 15,000 gas cost 0.03 USDC. */
const prices: Worth.Prices = { gas: 10n ** 9n, calm: 0n, ether: 2_000_000_000n, minAmount: 0n }
const row = { value: 1_000_000n, reason: 'amount', gas: 15_000 } as const

test('the cost of gas is rounded up to the next atomic unit, and 0 when the price of ether is not known', () => {
  expect(Worth.costOf(15_000, prices)).toBe(30_000n)
  expect(Worth.costOf(1, { ...prices, gas: 1n })).toBe(1n)
  expect(Worth.costOf(15_000, { ...prices, ether: 0n })).toBe(0n)
})

describe('a claim worth less than its gas', () => {
  test.each(['amount', 'count', 'age'] as const)('waits when its reason is %s', (reason) => {
    expect(Worth.verdict({ ...row, value: 30_000n, reason }, prices)).toBe('too_small')
    expect(Worth.verdict({ ...row, value: 30_001n, reason }, prices)).toBe('go')
  })
  test('goes when its channel closes', () => {
    expect(Worth.verdict({ ...row, value: 1n, reason: 'close' }, { ...prices, minAmount: 10n, calm: 1n })).toBe('go')
  })
  test('waits below the configured amount, whatever gas costs', () => {
    expect(Worth.verdict({ ...row, value: 9n }, { ...prices, ether: 0n, minAmount: 10n })).toBe('too_small')
    expect(Worth.verdict({ ...row, value: 10n }, { ...prices, ether: 0n, minAmount: 10n })).toBe('go')
  })
})

describe('while gas is dear', () => {
  const dear = { ...prices, calm: 10n ** 8n }
  test('a small young claim waits, one that is worth 50 times its gas does not', () => {
    expect(Worth.verdict({ ...row, value: 1_499_999n }, dear)).toBe('dear')
    expect(Worth.verdict({ ...row, value: 1_500_000n }, dear)).toBe('go')
  })
  test('one whose reason is its age goes: waiting has an end', () => {
    expect(Worth.verdict({ ...row, reason: 'age' }, dear)).toBe('go')
  })
  test('every young one waits when the price of ether is not known', () => {
    expect(Worth.verdict({ ...row, value: 10n ** 12n }, { ...dear, ether: 0n })).toBe('dear')
  })
  test('at the calm price, or without one, nothing waits for a better', () => {
    expect(Worth.verdict(row, { ...prices, calm: prices.gas })).toBe('go')
    expect(Worth.verdict(row, { ...prices, calm: 0n, gas: 10n ** 9n })).toBe('go')
  })
})
