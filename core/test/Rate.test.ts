import * as Rate from '@pbstream/core/Rate'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

const small = fc.bigInt({ min: 0n, max: 1n << 64n })
const positive = fc.bigInt({ min: 1n, max: 1n << 64n })
const metered = fc
  .record({ unitAmount: small, per: positive, max: positive, minimum: fc.option(small, { nil: undefined }) })
  .map(({ unitAmount, per, max, minimum }) =>
    Rate.parse({
      v: 1,
      kind: 'metered',
      unit: 'reported',
      unitAmount: `${unitAmount}`,
      per: `${per}`,
      max: `${max}`,
      ...(minimum === undefined ? {} : { minimum: `${minimum < max ? minimum : max}` }),
    }),
  )
const units = fc.bigInt({ min: 0n, max: 1n << 200n })

describe('metered cards', () => {
  test('a charge is never above the hold, never below the minimum, and never falls as use grows', () => {
    fc.assert(
      fc.property(metered, units, units, (card, a, b) => {
        const charge = Rate.charge(card, { units: a })
        const minimum = card.kind === 'metered' ? BigInt(card.minimum ?? '0') : 0n
        expect(charge).toBeLessThanOrEqual(Rate.quote(card))
        expect(charge).toBeGreaterThanOrEqual(minimum)
        expect(Rate.charge(card, { units: a + b })).toBeGreaterThanOrEqual(charge)
      }),
    )
  })

  test('a charge is rounded up once, by less than one atomic unit', () => {
    fc.assert(
      fc.property(small, positive, fc.bigInt({ min: 0n, max: 1n << 60n }), (unitAmount, per, used) => {
        const card = Rate.parse({
          v: 1,
          kind: 'metered',
          unit: 'byte',
          unitAmount: `${unitAmount}`,
          per: `${per}`,
          max: `${(1n << 128n) - 1n}`,
        })
        const charge = Rate.charge(card, { units: used })
        const exact = unitAmount * used
        expect(charge * per).toBeGreaterThanOrEqual(exact)
        expect(charge * per - exact).toBeLessThan(per)
      }),
    )
  })

  test('a request that bounds its units is held for that bound, and no use within it costs more', () => {
    fc.assert(
      fc.property(metered, units, units, (card, bound, used) => {
        fc.pre(used <= bound)
        const hold = Rate.quote(card, { units: bound })
        expect(hold).toBeLessThanOrEqual(Rate.quote(card))
        expect(Rate.charge(card, { units: used })).toBeLessThanOrEqual(hold)
      }),
    )
  })

  test('the units within a hold cost at most the hold, one more costs more', () => {
    fc.assert(
      fc.property(positive, positive, positive, (unitAmount, per, hold) => {
        const max = `${(1n << 128n) - 1n}`
        const card = Rate.parse({
          v: 1,
          kind: 'metered',
          unit: 'byte',
          unitAmount: `${unitAmount}`,
          per: `${per}`,
          max,
        })
        const within = Rate.unitsWithin(card, hold) as bigint
        expect(Rate.charge(card, { units: within })).toBeLessThanOrEqual(hold)
        expect(Rate.charge(card, { units: within + 1n })).toBeGreaterThan(hold)
      }),
    )
  })

  test('one token at 15 USDC a million costs 15 atomic units; a negative count costs nothing', () => {
    const card = Rate.parse({
      v: 1,
      kind: 'metered',
      unit: 'reported',
      unitAmount: '15000000',
      per: '1000000',
      max: '50000',
    })
    expect(Rate.charge(card, { units: 1n })).toBe(15n)
    expect(Rate.charge(card, { units: 1n << 300n })).toBe(50_000n)
    expect(Rate.charge(card, { units: -5n })).toBe(0n)
  })
})

test('a flat card costs its amount, whatever was used', () => {
  const card = Rate.parse({ v: 1, kind: 'flat', amount: '1000' })
  expect([Rate.quote(card, { units: 9n }), Rate.charge(card, { units: 9n }), Rate.unitsWithin(card, 5n)]).toEqual([
    1000n,
    1000n,
    undefined,
  ])
})

test('inputs hash alike exactly when they are alike', () => {
  expect(Rate.inputsHash()).toBe(Rate.inputsHash({}))
  expect(Rate.inputsHash({ units: 0n })).not.toBe(Rate.inputsHash())
  fc.assert(
    fc.property(units, units, (a, b) => {
      expect(Rate.inputsHash({ units: a }) === Rate.inputsHash({ units: b })).toBe(a === b)
    }),
  )
})

describe('parse', () => {
  const good = { v: 1, kind: 'metered', unit: 'byte', unitAmount: '1', per: '1024', max: '10' }
  test.each([
    ['no object', null],
    ['another version', { ...good, v: 2 }],
    ['an unknown kind', { v: 1, kind: 'free' }],
    ['an unknown unit', { ...good, unit: 'token' }],
    ['an unknown member', { ...good, unitPrice: '1' }],
    ['a number as amount', { v: 1, kind: 'flat', amount: 1000 }],
    ['a fraction', { v: 1, kind: 'flat', amount: '0.5' }],
    ['a negative amount', { v: 1, kind: 'flat', amount: '-1' }],
    ['a division by zero', { ...good, per: '0' }],
    ['nothing to hold', { ...good, max: '0' }],
    ['a minimum above the maximum', { ...good, minimum: '11' }],
    ['a minimum that is no amount', { ...good, minimum: 'x' }],
    ['a maximum that is no amount', { ...good, minimum: '1', max: '1e9' }],
    ['a missing maximum', { ...good, max: undefined }],
  ])('refuses %s', (_, value) => expect(() => Rate.parse(value)).toThrow(Rate.InvalidRateError))

  test('never throws anything else', () => {
    fc.assert(
      fc.property(fc.anything(), (value) => {
        try {
          Rate.parse(value)
        } catch (error) {
          expect(error).toBeInstanceOf(Rate.InvalidRateError)
        }
      }),
    )
  })
})
