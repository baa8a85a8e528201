/** What a handler may say of its use, and what becomes of it. */
import { describe, expect, test } from 'vitest'
import { Bill, UsageError } from '../../src/server/Payment.ts'
import { parse, type Price } from '../../src/server/Price.ts'

function bill(price: Price, ceiling?: bigint): Bill {
  const terms = parse(price)
  const grant = { payer: '0xaa', session: 's', id: 'r', ceiling: ceiling ?? terms.most, content: 'verified' } as const
  return new Bill(grant, terms)
}

describe('a flat price', () => {
  test('is what it is', () => {
    expect(bill('$0.002').amount()).toBe(2000n)
    expect(() => bill('$0.002').meter(1)).toThrow(/for metered prices/)
    expect(() => bill('$0.002').charge('1')).toThrow(UsageError)
  })
})

describe('a metered price', () => {
  const price = { max: '$0.01', unit: '3', per: 1000, minimum: '5' }

  test('adds up, rounds up once, and stops at the ceiling', () => {
    const open = bill(price)
    expect(open.amount()).toBe(5n)
    open.meter(1_000)
    open.meter(2_001n)
    expect([open.units(), open.amount()]).toEqual([3_001n, 10n])
    open.meter(10n ** 30n)
    expect(open.amount()).toBe(10_000n)
  })

  test('a smaller ceiling than the maximum holds', () => {
    const open = bill(price, 7n)
    open.meter(1_000_000)
    expect(open.amount()).toBe(7n)
  })

  test('an amount can be set, and is told in units that cost no more', () => {
    const open = bill(price)
    open.meter(5)
    open.charge('$0.000100')
    expect([open.amount(), open.units()]).toEqual([100n, 33_333n])
    const money = bill({ max: '$0.01' })
    money.charge('1234')
    expect(money.units()).toBe(1234n)
  })

  test.each([-1, 1.5, Number.NaN, Infinity, 2 ** 53, -1n])('usage of %s is none', (usage) => {
    expect(() => bill(price).meter(usage)).toThrow(/whole number of units/)
  })

  test('nothing is charged above the ceiling, or when it is too late', () => {
    const open = bill(price)
    expect(() => open.charge('$0.02')).toThrow(/above the ceiling/)
    expect(() => open.charge('0.001')).toThrow(/write dollars/)
    open.close('the head has left')
    expect(() => open.meter(1)).toThrow('meter() came too late: the head has left')
    expect(() => open.charge('1')).toThrow(UsageError)
  })
})
