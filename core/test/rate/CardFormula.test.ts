/** Formulas of cards: what they see, what becomes of their result, and what is held for them. */
import * as Formula from '@pbstream/core/Formula'
import * as Rate from '@pbstream/core/Rate'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { rangeOf } from '../../src/rate/Range.ts'
import { card, charge, one, terms } from './cards.ts'

const price = { model: 'per_unit', amount: '10' }
const signals = { load: { oracle: 'o', min: '-10', max: '100', fallback: '50' } }
const made = (formula: string, parts: object = {}) => one(price, { formula, signals, maximum: '1000', ...parts })

describe('a formula sees', () => {
  test.each([
    ['base', 20n],
    ['base + units.image', 22n],
    ['base + units.input_token', 24n],
    ['units.request', 1n],
    ['units.millisecond', 900n],
    ['units.custom.page', 7n],
    ['units.byte', 0n],
    ['at.hour', 12n],
    ['at.weekday', 1n],
    ['at.day', 23n],
    ['at.month', 11n],
    ['level == "vip" ? 1 : 2', 1n],
  ])('%s: %d', (formula, value) => {
    const units = { image: 2n, input_token: 4n, second: 900n, 'custom.page': 7n }
    expect(charge(made(formula), units, { level: 'vip' })).toBe(value)
  })

  test('local time, in the zone of the schedule, else of the period, else UTC', () => {
    const formula = 'at.hour * 10000 + at.weekday * 1000 + at.day * 10 + at.month'
    const at = Date.parse('2026-11-29T23:30:00Z')
    const of = (parts: object) => charge(made(formula, { maximum: '1000000', ...parts }), {}, { at })
    const schedule = { zone: 'Asia/Shanghai', windows: [{ multiplier: '1' }] }
    const period = { every: 'day', zone: 'Europe/Zurich' }
    expect(of({})).toBe(230_000n + 7000n + 290n + 11n)
    expect(of({ schedule })).toBe(70_000n + 1000n + 300n + 11n)
    expect(of({ period })).toBe(0n + 1000n + 300n + 11n)
    expect(of({ schedule, period })).toBe(70_000n + 1000n + 300n + 11n)
  })

  test.each([
    [undefined, 50n],
    [{}, 50n],
    [{ load: '20' }, 20n],
    [{ load: '-3' }, 7n],
    [{ load: '-10' }, 0n],
    [{ load: '-11' }, 0n],
    [{ load: '100' }, 100n],
    [{ load: '101' }, 100n],
    [{ load: '1'.repeat(40) }, 100n],
    [{ load: '1'.repeat(41) }, 50n],
    [{ load: '1.5' }, 50n],
    [{ load: '' }, 50n],
    [{ load: 'x1' }, 50n],
    [{ other: '1' }, 50n],
  ])('signals within their bounds, else the fallback: %j gives %d', (given, value) => {
    const formula = 'signal.load < 0 ? signal.load + 10 : signal.load'
    expect(charge(made(formula), {}, given === undefined ? {} : { signals: given })).toBe(value)
  })

  test('no level of more than 64 characters', () => {
    expect(charge(made('size(level)'), {}, { level: 'a'.repeat(64) })).toBe(64n)
    expect(charge(made('size(level)'), {}, { level: 'a'.repeat(65) })).toBe(0n)
    expect(charge(made('size(level)'), {})).toBe(0n)
  })

  test('the sum of the components with the multiplier of the time, rounded up', () => {
    const schedule = { zone: 'UTC', windows: [{ multiplier: '0.333333' }] }
    expect(charge(made('base', { schedule }), { image: 1n })).toBe(4n)
  })

  test('in a period, what this call adds to it', () => {
    const position = { units: { image: 3n }, charged: 1000n }
    expect(charge(made('base * 2', { period: { every: 'day', zone: 'UTC' } }), { image: 2n }, { position })).toBe(40n)
  })
})

describe('a result', () => {
  test('is multiplied for the customer, then limited', () => {
    const rate = made('base + 1', { levels: { vip: { multiplier: '0.5' } }, minimum: '5' })
    expect(charge(rate, { image: 2n })).toBe(21n)
    expect(charge(rate, { image: 2n }, { level: 'vip' })).toBe(11n)
    expect(charge(rate, { image: 2n }, { level: 'vip', multiplier: '0.1' })).toBe(5n)
    expect(charge(rate, { image: 99n }, { multiplier: '2' })).toBe(1000n)
  })

  test.each([
    ['base - 21', 'a negative one', '-1 is not between 0 and the maximum'],
    ['base + 981', 'one above the maximum', '1001 is not between 0 and the maximum'],
    ['base / (units.image - 2)', 'an error', 'division by 0 (line 1, column 1)'],
    ['base * 9223372036854775807', 'an overflow', 'the result does not fit in 64 bits (line 1, column 1)'],
  ])('%s: %s is none, and the sum of the components is charged', (formula, _, reason) => {
    const rate = made(formula, { levels: { vip: { multiplier: '0.5' } } })
    expect(charge(rate, { image: 2n })).toBe(20n)
    expect(charge(rate, { image: 2n }, { level: 'vip' })).toBe(10n)
    expect(Rate.explain(rate, { units: { image: 2n } }, terms()).formula).toMatchObject({
      failed: 'formula_failed',
      reason,
    })
  })

  test('may be 0, or the maximum', () => {
    expect(charge(made('base - 20'), { image: 2n })).toBe(0n)
    expect(charge(made('base + 980'), { image: 2n })).toBe(1000n)
  })
})

describe('what is held', () => {
  const ceiling = (formula: string, bounds: Rate.Units = { image: 2n }, parts: object = {}, more: object = {}) =>
    Rate.ceiling(made(formula, parts), { bounds }, terms(more))

  test.each([
    ['base', 20n],
    ['base * (100 + signal.load) / 100', 30n],
    ['30 - base', 30n],
    ['base + units.image * 100', 220n],
    ['units.byte == 0 ? 7 : 8', 20n], // a count beyond 64 bits fails
    ['units.image == 0 ? 7 : 8', 8n],
    ['at.hour == 12 ? base : 900', 20n],
    ['level == "vip" ? 900 : base', 20n],
    ['base / units.image', 20n], // it fails without an image; with one it is at most 20
    ['base - 5', 20n], // below 5 it fails
    ['base + 990', 1000n],
    ['100 / (units.image + 1)', 100n],
    ['units.image % 2 == 0 ? 5 : 6', 6n],
    ['units.byte', 1000n],
  ])('%s: %d', (formula, held) => expect(ceiling(formula)).toBe(held))

  test('is the maximum where a component has no bound and the formula uses it', () => {
    expect(ceiling('base', {})).toBe(1000n)
    expect(ceiling('units.request * 5', {})).toBe(5n)
    expect(ceiling('min(base, 50)', {})).toBe(1000n) // beyond 64 bits it fails, and the sum counts
    expect(ceiling('100 / signal.load', {}, {}, { signals: { load: '0' } })).toBe(1000n)
  })

  test('is for the customer, with minimum and maximum', () => {
    expect(ceiling('base', { image: 2n }, {}, { multiplier: '0.7' })).toBe(14n)
    expect(ceiling('base', { image: 2n }, { minimum: '50' })).toBe(50n)
    expect(ceiling('base', { image: 2n }, {}, { multiplier: '70' })).toBe(1000n)
  })

  test('is exact where nothing has to be counted', () => {
    const rate = card({
      components: [{ unit: 'request', price }],
      formula: '100 / base * signal.load',
      signals,
      maximum: '1000',
    })
    expect(Rate.ceiling(rate, {}, terms())).toBe(500n)
    expect(Rate.charge(rate, { units: {} }, terms())).toBe(500n)
  })

  test('reaches as far as the formula lets it', () => {
    const within = (formula: string, hold: bigint, unit = 'image') =>
      Rate.within(made(formula), { units: {} }, unit, hold, terms())
    expect(within('base * 2', 100n)).toBe(5n)
    expect(within('base + units.image * 90', 250n)).toBe(2n)
    expect(within('units.byte * 3', 100n, 'byte')).toBe(33n)
    expect(within('base * 3', 100n, 'byte')).toBeUndefined()
    expect(within('7', 100n)).toBeUndefined()
    expect(within('700', 100n)).toBe(0n)
  })
})

describe('a formula over ranges', () => {
  const variables = { a: 'int', b: 'int', level: 'string' } as const
  const leaf = fc.constantFrom('a', 'b', '0', '1', '-3', '7', 'size(level)', '9223372036854775807')
  const { expression } = fc.letrec<{ expression: string; condition: string }>((tie) => {
    const two = fc.tuple(tie('expression'), tie('expression'))
    return {
      expression: fc.oneof(
        { maxDepth: 3, withCrossShrink: true },
        leaf,
        fc.tuple(two, fc.constantFrom('+', '-', '*', '/', '%')).map(([[x, y], operator]) => `(${x} ${operator} ${y})`),
        fc.tuple(two, fc.constantFrom('min', 'max', 'divUp')).map(([[x, y], name]) => `${name}(${x}, ${y})`),
        tie('expression').map((x) => `-(${x})`),
        fc.tuple(tie('condition'), two).map(([condition, [x, y]]) => `(${condition} ? ${x} : ${y})`),
      ),
      condition: fc.oneof(
        fc
          .tuple(two, fc.constantFrom('<', '<=', '>', '>=', '==', '!='))
          .map(([[x, y], operator]) => `(${x} ${operator} ${y})`),
        fc.constantFrom('level == "vip"', 'level != "vip"', 'a in [1, b]', 'level.startsWith("v")', 'true', 'false'),
        fc.constantFrom('(a < 3 && b < 3)', '(a < 3 || b < 3)', '!(a < b)', '(a < 3) == (b < 3)'),
      ),
    }
  })
  const ends = fc.tuple(fc.integer({ min: -12, max: 12 }), fc.nat(8)).map(([low, more]) => ({ low, high: low + more }))

  test('holds every value that it can have, and knows when it can fail', () => {
    fc.assert(
      fc.property(expression, ends, ends, fc.constantFrom('', 'vip'), (text, a, b, level) => {
        const formula = Formula.compile(text, variables, 'int')
        const big = ({ low, high }: { low: number; high: number }) => ({ low: BigInt(low), high: BigInt(high) })
        const { low, high, fails } = rangeOf(formula.ast, { a: big(a), b: big(b), level })
        for (let x = a.low; x <= a.high; x++) {
          for (let y = b.low; y <= b.high; y++) {
            const result = formula.evaluate({ a: BigInt(x), b: BigInt(y), level })
            if (!result.ok) expect(fails).toBe(true)
            else expect(low <= result.value && result.value <= high).toBe(true)
          }
        }
      }),
      { numRuns: 400 },
    )
  })

  const range = (low: bigint, high: bigint) => ({ low, high })
  const MIN = -(1n << 63n)
  const TOP = (1n << 63n) - 1n
  test.each([
    ['a + b', 3n, 14n, false],
    ['a - b', -2n, 9n, false],
    ['a * b', 2n, 40n, false],
    ['-a * b', -40n, -2n, false],
    ['a / b', 0n, 10n, false],
    ['divUp(a, b)', 1n, 10n, false],
    ['a % b', 0n, 3n, false],
    ['-a % b', -3n, 0n, false],
    ['a % 20', 0n, 10n, false],
    ['7 % 4', 3n, 3n, false],
    ['a / (b - 1)', 0n, 10n, true],
    ['a % (b - 1)', 0n, 2n, true],
    ['a / (b - 5)', -10n, 0n, false],
    ['a / (b - 4)', -10n, -0n, true],
    ['a / (b - 2)', -10n, 10n, true],
    ['1 / 0', MIN, TOP, true],
    ['a * 9223372036854775807', TOP, TOP, true],
    ['-a * 9223372036854775807', MIN, MIN, true],
    ['min(a, b)', 1n, 4n, false],
    ['max(a, b)', 2n, 10n, false],
    ['a > 10 ? 1 : 2', 2n, 2n, false],
    ['a >= 2 ? 1 : 2', 1n, 1n, false],
    ['a >= 3 ? 1 : 2', 1n, 2n, false],
    ['a < 11 ? 1 : 2', 1n, 1n, false],
    ['a < 10 ? 1 : 2', 1n, 2n, false],
    ['a < 2 ? 1 : 2', 2n, 2n, false],
    ['a <= 10 ? 1 : 2', 1n, 1n, false],
    ['a <= 1 ? 1 : 2', 2n, 2n, false],
    ['a <= 2 ? 1 : 2', 1n, 2n, false],
    ['a > 1 ? 1 : 2', 1n, 1n, false],
    ['a > 2 ? 1 : 2', 1n, 2n, false],
    ['a == 1 ? 1 : 2', 2n, 2n, false],
    ['a == 2 ? 1 : 2', 1n, 2n, false],
    ['a != 11 ? 1 : 2', 1n, 1n, false],
    ['a != 10 ? 1 : 2', 1n, 2n, false],
    ['3 == 3 ? 1 : 2', 1n, 1n, false],
    ['3 != 3 ? 1 : 2', 2n, 2n, false],
    ['level == "vip" ? 1 : 2', 1n, 1n, false],
    ['level == "x" ? 1 : 2', 2n, 2n, false],
    ['level != "vip" ? 1 : 2', 2n, 2n, false],
    ['"x" != level ? 1 : 2', 1n, 1n, false],
    ['level in ["a"] ? 1 : 2', 1n, 2n, false],
    ['a in [1 / 0] ? 1 : 2', 1n, 2n, true],
    ['level.startsWith("v") ? 1 : 2', 1n, 2n, false],
    ['level.startsWith(1 / 0 > 1 ? "v" : "w") ? 1 : 2', 1n, 2n, true],
    ['size(level)', 0n, 1024n, false],
    ['size(1 / 0 > 1 ? "v" : "w")', 0n, 1024n, true],
    ['a > 1 && b > 0 ? 1 : 2', 1n, 1n, false],
    ['a > 1 && b > 9 ? 1 : 2', 2n, 2n, false],
    ['a > 1 && b > 2 ? 1 : 2', 1n, 2n, false],
    ['a > 1 || b > 2 ? 1 : 2', 1n, 1n, false],
    ['a > 99 || b > 99 ? 1 : 2', 2n, 2n, false],
    ['a > 99 || b > 2 ? 1 : 2', 1n, 2n, false],
    ['!(a > 1) ? 1 : 2', 2n, 2n, false],
    ['!(a > 11) ? 1 : 2', 1n, 1n, false],
    ['(a > 2 ? true : true) ? 1 : 2', 1n, 1n, false],
    ['(a > 2 ? true : false) ? 1 : 2', 1n, 2n, false],
    ['(a > 2 ? false : false) ? 1 : 2', 2n, 2n, false],
    ['(a > 2 ? "vip" : "vip") == level ? 1 : 2', 1n, 1n, false],
    ['(a > 2 ? "vip" : "x") == level ? 1 : 2', 1n, 2n, false],
    ['(a > 1 ? "vip" : "x") == level ? 1 : 2', 1n, 1n, false],
    ['true == (a > 1) ? 1 : 2', 1n, 2n, false],
  ])('%s, a from 2 to 10, b from 1 to 4: %s to %s, fails: %s', (text, low, high, fails) => {
    const { ast } = Formula.compile(text, variables, 'int')
    const inputs = { a: { low: 2n, high: 10n }, b: { low: 1n, high: 4n }, level: 'vip' }
    expect(rangeOf(ast, inputs)).toEqual({ low, high, fails })
  })

  test('fails where a variable has no value, or one that does not fit', () => {
    const { ast } = Formula.compile('a', variables, 'int')
    expect(rangeOf(ast, {})).toEqual({ ...range(MIN, TOP), fails: true })
    expect(rangeOf(ast, { a: { low: MIN - 1n, high: TOP + 1n } })).toEqual({ ...range(MIN, TOP), fails: true })
    expect(rangeOf(ast, { a: { low: MIN, high: TOP } })).toEqual({ ...range(MIN, TOP), fails: false })
  })
})
