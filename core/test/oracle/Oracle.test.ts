/** Values of oracles: bounds, smoothing, numbers of other people's answers, and what a card sees of them. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import * as Oracle from '../../src/Oracle.ts'

const rules = (more: Partial<Oracle.Rules> = {}): Oracle.Rules => ({ min: -50n, max: 100n, smoothing: 0, ...more })

describe('take', () => {
  it.each([
    [100n, 100n, 'accepted'],
    [101n, 100n, 'clamped'],
    [-50n, -50n, 'accepted'],
    [-51n, -50n, 'clamped'],
    [10n ** 40n, 100n, 'clamped'],
    [0n, 0n, 'accepted'],
  ] as const)('of %s is %s, %s', (raw, value, status) => {
    expect(Oracle.take(rules(), undefined, raw)).toEqual({ value, status })
    expect(Oracle.take(rules(), 7n, raw)).toEqual({ value, status })
  })

  it.each([
    [0n, 100n, 500, 50n],
    [0n, 100n, 999, 1n],
    [0n, -50n, 999, -1n],
    [0n, 1n, 999, 1n],
    [0n, -1n, 999, -1n],
    [99n, 100n, 900, 100n],
    [0n, 10n, 750, 3n],
    [10n, 0n, 750, 7n],
    [40n, 40n, 500, 40n],
    // What was in force is brought into the bounds of now first.
    [1_000n, 0n, 500, 50n],
    [-1_000n, 0n, 500, -25n],
  ])('from %s to %s keeping %s thousandths is %s', (before, raw, smoothing, value) => {
    expect(Oracle.take(rules({ smoothing }), before, raw)).toEqual({ value, status: 'accepted' })
  })

  it('takes the first value as it is, whatever the smoothing', () => {
    expect(Oracle.take(rules({ smoothing: 999 }), undefined, 80n).value).toBe(80n)
  })

  const whole = fc.bigInt({ min: Oracle.INT64_MIN, max: Oracle.INT64_MAX })
  const anyRules = fc
    .tuple(whole, whole, fc.integer({ min: 0, max: 999 }))
    .map(([a, b, smoothing]) => (a < b ? { min: a, max: b, smoothing } : { min: b, max: a, smoothing }))

  it('is always within the bounds, between what was and what came, and gets there', () => {
    fc.assert(
      fc.property(anyRules, fc.option(whole, { nil: undefined }), whole, (of, before, raw) => {
        const { value, status } = Oracle.take(of, before, raw)
        expect(value >= of.min && value <= of.max).toBe(true)
        const wanted = raw < of.min ? of.min : raw > of.max ? of.max : raw
        expect(status === 'accepted').toBe(wanted === raw)
        const from = before === undefined || before < of.min || before > of.max ? undefined : before
        if (from !== undefined) {
          const [low, high] = from < wanted ? [from, wanted] : [wanted, from]
          expect(value >= low && value <= high).toBe(true)
          if (from !== wanted) expect(value).not.toBe(from)
        }
      }),
    )
  })
})

describe('readNumber', () => {
  it.each([
    [12.34, 2, 1234n],
    [12.345, 2, 1235n],
    [-12.345, 2, -1235n],
    [12.344, 2, 1234n],
    [0.5, 0, 1n],
    [-0.5, 0, -1n],
    [0.49, 0, 0n],
    [1e-7, 7, 1n],
    [1e21, 0, undefined],
    [5, 3, 5000n],
    [1500, -3, 2n],
    [1499, -3, 1n],
    [-1500, -3, -2n],
    [2 ** 53 - 1, 0, 9007199254740991n],
    [2 ** 53, 0, undefined],
    [-(2 ** 53), 0, undefined],
    [Number.NaN, 0, undefined],
    [Infinity, 0, undefined],
    ['12.34', 2, 1234n],
    ['-0.005', 2, -1n],
    ['1e3', 0, 1000n],
    ['1E+3', 0, 1000n],
    ['15e-1', 0, 2n],
    ['1e100', 0, 10n ** 100n],
    ['1e101', 0, undefined],
    ['1e-101', 0, undefined],
    ['340282366920938463463374607431768211455', 0, 2n ** 128n - 1n],
    ['9'.repeat(41), 0, undefined],
    ['', 0, undefined],
    ['+1', 0, undefined],
    ['01', 0, undefined],
    ['1.', 0, undefined],
    ['.5', 0, undefined],
    [' 1', 0, undefined],
    ['1 ', 0, undefined],
    ['0x10', 0, undefined],
    ['1,000', 0, undefined],
    ['1\n', 0, undefined],
    [null, 0, undefined],
    [true, 0, undefined],
    [undefined, 0, undefined],
    [{}, 0, undefined],
    [[1], 0, undefined],
  ])('of %j with %s decimals is %s', (given, decimals, value) => {
    expect(Oracle.readNumber(given, decimals)).toBe(value)
  })
})

describe('readWord', () => {
  const word = (value: bigint) => BigInt.asUintN(256, value).toString(16).padStart(64, '0')
  const data = `0x${word(7n)}${word(-250n)}`

  it.each([
    [data, 0, true, 0, 7n],
    [data, 1, true, 0, -250n],
    [data, 1, true, -2, -3n],
    [data, 1, false, 0, 2n ** 256n - 250n],
    [data, 0, false, 3, 7000n],
    [data, 2, true, 0, undefined],
    [data.toUpperCase().replace('0X', '0x'), 0, true, 0, 7n],
    [data.slice(0, -1), 0, true, 0, undefined],
    [`${data}00`, 0, true, 0, undefined],
    [data.slice(2), 0, true, 0, undefined],
    ['0x', 0, true, 0, undefined],
    [`0x${'g'.repeat(64)}`, 0, true, 0, undefined],
  ])('%#', (given, index, signed, decimals, value) => {
    expect(Oracle.readWord(given, index, signed, decimals)).toBe(value)
  })
})

describe('a path', () => {
  const document = { a: { 'b c': [{ n: 1 }, { n: 2 }] }, x_1: { 'y-z': 3 }, list: [5], 0: 'zero' }

  it.each([
    ['$', document],
    ['$.a["b c"][1].n', 2],
    ['$.x_1.y-z', 3],
    ['$.list[0]', 5],
    ['$["0"]', 'zero'],
    ['$[0]', undefined],
    ['$.list["0"]', undefined],
    ['$.list.length', undefined],
    ['$.list[1]', undefined],
    ['$.nothing.n', undefined],
    ['$.a.constructor', undefined],
    ['$.__proto__', undefined],
    ['$.x_1.y-z.n', undefined],
  ])('%s leads to %j', (text, found) => {
    const path = Oracle.parsePath(text)
    expect(path).toBeDefined()
    expect(Oracle.pick(document, path ?? [])).toEqual(found)
  })

  it.each(
    [
      ['', 'a', '.a', '$a', '$.', '$..a', '$.a.', '$[', '$[]', '$[-1]', '$[01]', '$[100000]', '$[*]', '$.*', "$['a']"],
      ['$[""]', '$["a\\"b"]', '$["a\nb"]', '$.1a', '$.a b', '$.é', `$.${'a'.repeat(512)}`, '$[?(@.a)]', ' $', '$ '],
    ]
      .flat()
      .map((text) => [text]),
  )('%j is none', (text) => {
    expect(Oracle.parsePath(text)).toBeUndefined()
  })

  it('has sixteen steps at most', () => {
    expect(Oracle.parsePath(`$${'.a'.repeat(16)}`)).toHaveLength(16)
    expect(Oracle.parsePath(`$${'.a'.repeat(17)}`)).toBeUndefined()
  })

  it('of anything leads nowhere or to what is there, and never fails', () => {
    fc.assert(
      fc.property(fc.string(), fc.jsonValue(), (text, value) => {
        const path = Oracle.parsePath(`$${text}`)
        if (path !== undefined) Oracle.pick(value, path)
      }),
    )
  })
})

describe('an integer', () => {
  it.each([['0'], ['-1'], ['9223372036854775807'], ['-9223372036854775808']])('is %s', (text) => {
    expect(Oracle.isInteger(text)).toBe(true)
  })
  it.each([['9223372036854775808'], ['-9223372036854775809'], ['-0'], ['01'], ['1.0'], [''], ['x'], [1], [null]])(
    'is not %j',
    (text) => {
      expect(Oracle.isInteger(text)).toBe(false)
    },
  )
})

describe('what a card sees', () => {
  const card = { signals: { load: { oracle: 'o', min: '-10', max: '50', fallback: '3' } } }
  const signal = (more: Partial<Oracle.Signal> = {}) => ({
    o: { value: '40', at: 0, staleAt: 100, fallback: '7', ...more },
  })

  it.each([
    ['a fresh value', signal(), 99, '40'],
    ['the oracle’s fallback from the instant on at which it is too old', signal(), 100, '7'],
    ['its own where the oracle has none', signal({ fallback: null }), 100, '3'],
    ['its own where there is no such oracle', {}, 0, '3'],
    ['its own bounds above', signal({ value: '51' }), 0, '50'],
    ['its own bounds below', signal({ value: '-11' }), 0, '-10'],
    ['the bound itself', signal({ value: '50' }), 0, '50'],
    ['its bounds for fallbacks too', signal({ fallback: '99' }), 100, '50'],
  ])('is %s', (_, values, now, load) => {
    expect(Oracle.read(card, values, now)).toEqual({ load })
  })

  it('is nothing of an oracle that it does not name, nor of what a prototype has', () => {
    expect(Oracle.read({}, signal(), 0)).toEqual({})
    expect(Oracle.read({ v: 1, kind: 'flat', amount: '1' }, signal(), 0)).toEqual({})
    const named = { signals: { x: { oracle: 'constructor', min: '0', max: '9', fallback: '4' } } }
    expect(Oracle.read(named, signal(), 0)).toEqual({ x: '4' })
    expect(Oracle.wantedBy(card)).toBe(card.signals)
    expect(Oracle.wantedBy({})).toEqual({})
  })
})
