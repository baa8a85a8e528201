import { createHash } from 'node:crypto'
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
const terms = { at: 0 }

function charge(card: Rate.Card, count: bigint): bigint {
  return Rate.charge(card, { units: { reported: count, byte: count } }, terms)
}

function ceiling(card: Rate.Card, bound?: bigint): bigint {
  return Rate.ceiling(card, bound === undefined ? {} : { bounds: { reported: bound } }, terms)
}

describe('metered cards', () => {
  test('a charge is never above the hold, never below the minimum, and never falls as use grows', () => {
    fc.assert(
      fc.property(metered, units, units, (card, a, b) => {
        const charged = charge(card, a)
        const minimum = card.kind === 'metered' ? BigInt(card.minimum ?? '0') : 0n
        expect(charged).toBeLessThanOrEqual(ceiling(card))
        expect(charged).toBeGreaterThanOrEqual(minimum)
        expect(charge(card, a + b)).toBeGreaterThanOrEqual(charged)
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
        const charged = charge(card, used)
        const exact = unitAmount * used
        expect(charged * per).toBeGreaterThanOrEqual(exact)
        expect(charged * per - exact).toBeLessThan(per)
      }),
    )
  })

  test('a request that bounds its units is held for that bound, and no use within it costs more', () => {
    fc.assert(
      fc.property(metered, units, units, (card, bound, used) => {
        fc.pre(used <= bound)
        const hold = ceiling(card, bound)
        expect(hold).toBeLessThanOrEqual(ceiling(card))
        expect(charge(card, used)).toBeLessThanOrEqual(hold)
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
        const within = Rate.within(card, { units: {} }, 'byte', hold, terms) as bigint
        expect(charge(card, within)).toBeLessThanOrEqual(hold)
        expect(charge(card, within + 1n)).toBeGreaterThan(hold)
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
    expect(charge(card, 1n)).toBe(15n)
    expect(charge(card, 1n << 300n)).toBe(50_000n)
    expect(charge(card, -5n)).toBe(0n)
  })
})

test('a flat card costs its amount, whatever was used, whoever calls', () => {
  const card = Rate.parse({ v: 1, kind: 'flat', amount: '1000' })
  const vip = { at: 0, level: 'vip', multiplier: '0.5' }
  expect(Rate.fixed(card)).toBe(1000n)
  expect([ceiling(card, 9n), charge(card, 9n), Rate.charge(card, { units: {} }, vip)]).toEqual([1000n, 1000n, 1000n])
  expect(Rate.within(card, { units: {} }, 'byte', 5n, terms)).toBeUndefined()
  expect([...Rate.counted(card)]).toEqual([])
  expect([Rate.needsTerms(card), Rate.isFree(card), Rate.periodOf(card, 0)]).toEqual([false, false, undefined])
  expect(Rate.explain(card, { units: {} }, terms)).toEqual({
    charge: '1000',
    kind: 'flat',
    at: { unix: 0, date: '1970-01-01', time: '00:00:00', weekday: 4 },
    components: [
      {
        unit: 'request',
        model: 'flat',
        counts: { request: '1' },
        used: '1',
        steps: [{ from: '0', to: '1', units: '1', amount: '1000', per: '1', price: '1000' }],
        price: '1000',
      },
    ],
    sum: '1000',
    price: '1000',
  })
})

describe('a metered card', () => {
  const card = { v: 1, kind: 'metered', unitAmount: '3', per: '2', max: '100', minimum: '5' }

  test('prices its own unit and no other, for everybody alike', () => {
    const bytes = Rate.parse({ ...card, unit: 'byte' })
    const usage = { units: { byte: 7n, reported: 99n, request: 4n } }
    expect(Rate.charge(bytes, usage, { at: 0, multiplier: '0.1', level: 'x' })).toBe(11n)
    expect([...Rate.counted(bytes)]).toEqual(['byte'])
    expect([Rate.fixed(bytes), Rate.needsTerms(bytes), Rate.isFree(bytes)]).toEqual([undefined, false, false])
    expect(Rate.periodOf(bytes, 0)).toBeUndefined()
  })

  test('is held for its maximum unless its own unit is bounded', () => {
    const bytes = Rate.parse({ ...card, unit: 'byte' })
    const held = (bounds: Rate.Units) => Rate.ceiling(bytes, { bounds }, terms)
    expect([held({}), held({ second: 1n }), held({ byte: 1n }), held({ byte: 9n })]).toEqual([100n, 100n, 5n, 14n])
  })

  test('of seconds counts milliseconds', () => {
    const seconds = Rate.parse({ ...card, unit: 'second', minimum: '0' })
    const of = (units: Rate.Units) => Rate.charge(seconds, { units }, terms)
    expect([of({ second: 1n }), of({ second: 666n }), of({ second: 667n }), of({ second: 2000n })]).toEqual([
      1n,
      1n,
      2n,
      3n,
    ])
    expect(Rate.within(seconds, { units: {} }, 'second', 3n, terms)).toBe(2000n)
    expect(
      Rate.charge(
        seconds,
        {
          units: {},
          times: [
            [0, 1000],
            [5000, 6000],
          ],
        },
        terms,
      ),
    ).toBe(3n)
  })

  test('pays for nothing by a hold below its minimum', () => {
    expect(Rate.within(Rate.parse({ ...card, unit: 'byte' }), { units: {} }, 'byte', 4n, terms)).toBe(0n)
    expect(Rate.within(Rate.parse({ ...card, unit: 'byte' }), { units: {} }, 'byte', 5n, terms)).toBe(3n)
  })

  test('of nothing for each unit is free, but not with a minimum', () => {
    const nothing = { ...card, unit: 'byte', unitAmount: '0' }
    expect(Rate.isFree(Rate.parse(nothing))).toBe(false)
    expect(Rate.isFree(Rate.parse({ ...nothing, minimum: '0' }))).toBe(true)
    expect(Rate.isFree(Rate.parse({ v: 1, kind: 'flat', amount: '0' }))).toBe(true)
    expect(Rate.within(Rate.parse({ ...nothing, minimum: '0' }), { units: {} }, 'byte', 4n, terms)).toBeUndefined()
  })
})

describe('the hash of inputs', () => {
  test('is alike exactly when they are', () => {
    expect(Rate.inputsHash()).toBe(Rate.inputsHash({}))
    expect(Rate.inputsHash({ bounds: {} })).toBe(Rate.inputsHash())
    const hash = (bounds: Rate.Units) => Rate.inputsHash({ bounds })
    const some = [{}, { byte: 0n }, { image: 0n }, { byte: 1n }, { byte: 1n, image: 0n }, { byte: 11n }]
    expect(new Set(some.map(hash)).size).toBe(some.length)
    expect(hash({ byte: 1n, image: 2n })).toBe(hash({ image: 2n, byte: 1n }))
    expect(Rate.inputsHash({ only: 'x' })).not.toBe(Rate.inputsHash({ only: 'y' }))
    fc.assert(
      fc.property(units, units, (a, b) => {
        expect(hash({ byte: a }) === hash({ byte: b })).toBe(a === b)
      }),
    )
  })

  test('is SHA-256 of the bounds by name, in base64url', () => {
    const of = (text: string) => createHash('sha256').update(text).digest('base64url')
    expect(Rate.inputsHash()).toBe(of('{"units":null}'))
    expect(Rate.inputsHash({ bounds: { image: 2n, byte: 10n } })).toBe(of('{"units":{"byte":"10","image":"2"}}'))
    expect(Rate.inputsHash({ only: 'x', bounds: { byte: 1n } })).toBe(of('{"only":"x"}'))
  })
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
