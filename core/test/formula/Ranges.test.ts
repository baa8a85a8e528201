import * as Formula from '@pbstream/core/Formula'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Case, cases, grammar, variables } from './Grammar.ts'

const MAX = (1n << 63n) - 1n
const MIN = -(1n << 63n)
const known: Formula.Variables = { a: 'int', b: 'int', t: 'bool', s: 'string', l: 'list<int>', n: 'list<string>' }

const int = (low: bigint, high = low): Formula.Range => ({ type: 'int', low, high })
const bool = (yes: boolean, no: boolean): Formula.Range => ({ type: 'bool', true: yes, false: no })
const text = (...oneOf: string[]): Formula.Range => ({ type: 'string', oneOf })

/** What is found of a formula, in short: `1..5`, `true|false`, with `?` where it may have no value. */
function found(when: string, type: Formula.ResultType, ranges: Formula.Ranges): string {
  const { range, fails } = Formula.compile(when, known, type).range(ranges)
  const mark = fails ? '?' : ''
  if (range === undefined) return mark
  if (range.type === 'int') return `${range.low}..${range.high}${mark}`
  return [range.true ? 'true' : '', range.false ? 'false' : ''].filter(Boolean).join('|') + mark
}

describe('over ranges, a formula', () => {
  test.each(['int', 'bool'] as const)('of %s never comes to what is not in its range', (type) => {
    fc.assert(
      fc.property(grammar[type], cases, (formula, { inputs, ranges }: Case) => {
        fc.pre(formula.length <= 1_000)
        const compiled = Formula.compile(formula, variables, type)
        const result = compiled.evaluate(inputs)
        const { range, fails } = compiled.range(ranges)
        if (!result.ok) expect(fails, 'it has no value').toBe(true)
        else if (range?.type === 'int') {
          expect(range.low <= (result.value as bigint) && (result.value as bigint) <= range.high).toBe(true)
        } else expect(range?.[String(result.value) as 'true' | 'false']).toBe(true)
      }),
      { numRuns: 3_000 },
    )
  })

  test.each(['int', 'bool'] as const)('of %s over known values comes to its value and nothing else', (type) => {
    fc.assert(
      fc.property(grammar[type], cases, (formula, { inputs }: Case) => {
        fc.pre(formula.length <= 1_000)
        const compiled = Formula.compile(formula, variables, type)
        const result = compiled.evaluate(inputs)
        const ranges = Object.fromEntries(Object.entries(inputs).map(([name, value]) => [name, Formula.exactly(value)]))
        const outcome = compiled.range(ranges)
        expect(outcome).toEqual(result.ok ? { range: Formula.exactly(result.value), fails: false } : { fails: true })
      }),
      { numRuns: 1_000 },
    )
  })

  test.each<[string, Formula.Range, Formula.Range, string]>([
    ['a + b', int(1n, 2n), int(-5n, 5n), '-4..7'],
    ['a - b', int(1n, 2n), int(-5n, 5n), '-4..7'],
    ['a * b', int(-2n, 3n), int(-5n, 4n), '-15..12'],
    ['-a', int(-2n, 3n), int(0n), '-3..2'],
    ['a / b', int(-20n, 7n), int(2n, 5n), '-10..3'],
    ['a / b', int(6n, 7n), int(-3n, 3n), '-7..7?'],
    ['a / b', int(6n, 7n), int(0n, 3n), '2..7?'],
    ['a / b', int(6n, 7n), int(-3n, 0n), '-7..-2?'],
    ['a / b', int(6n, 7n), int(-3n, -2n), '-3..-2'],
    ['a / b', int(6n, 7n), int(0n), '?'],
    ['a % b', int(6n, 7n), int(0n), '?'],
    ['a % b', int(-6n, 7n), int(-4n, 3n), '-3..3?'],
    ['a % b', int(0n, 2n), int(10n, 20n), '0..2'],
    ['a % b', int(-9n, 0n), int(-8n, 0n), '-7..0?'],
    ['a % b', int(-9n, -1n), int(0n, 8n), '-7..0?'],
    ['a % b', int(-7n), int(4n), '-3..-3'],
    ['divUp(a, b)', int(-7n, 7n), int(2n, 3n), '-3..4'],
    ['divUp(a, b)', int(7n, 8n), int(-3n, -2n), '-4..-2'],
    ['min(a, b, 4)', int(1n, 9n), int(3n, 5n), '1..4'],
    ['max(a, b, 4)', int(1n, 9n), int(3n, 5n), '4..9'],
    ['a + b', int(MAX - 1n, MAX), int(0n, 1n), `${MAX - 1n}..${MAX}?`],
    ['a + b', int(MAX), int(1n), '?'],
    ['a - b', int(MIN, MIN + 1n), int(1n, 2n), `${MIN}..${MIN}?`],
    ['-a', int(MIN, 0n), int(0n), `0..${MAX}?`],
    ['-a', int(MIN), int(0n), '?'],
    ['a / b', int(MIN, MIN + 1n), int(-1n), `${MAX}..${MAX}?`],
    ['a', int(MAX, MAX + 1n), int(0n), `${MAX}..${MAX}?`],
    ['a', int(MIN - 1n, MIN), int(0n), `${MIN}..${MIN}?`],
    ['a > 3 ? a : b', int(1n, 9n), int(20n), '1..20'],
    ['a > 30 ? a : b', int(1n, 9n), int(20n), '20..20'],
    ['a / b > 0 ? 1 : 2', int(5n), int(0n, 1n), '1..1?'],
    ['a / b > 0 ? 1 : 2', int(5n), int(0n), '?'],
    ['a > 3 ? 1 : 1 / 0', int(1n, 9n), int(0n), '1..1?'],
    ['a > 3 ? 1 / 0 : 1 / 0', int(1n, 9n), int(0n), '?'],
  ])('%s with a of %o and b of %o: %s', (formula, a, b, expected) => {
    expect(found(formula, 'int', { a, b })).toBe(expected)
  })

  test.each<[string, Formula.Range, Formula.Range, string]>([
    ['a < b', int(1n, 2n), int(2n, 3n), 'true|false'],
    ['a < b', int(1n, 2n), int(3n), 'true'],
    ['a < b', int(3n), int(1n, 3n), 'false'],
    ['a <= b', int(1n, 3n), int(3n), 'true'],
    ['a <= b', int(3n, 4n), int(1n, 3n), 'true|false'],
    ['a <= b', int(4n), int(1n, 3n), 'false'],
    ['a > b', int(4n), int(1n, 3n), 'true'],
    ['a > b', int(1n, 3n), int(3n, 4n), 'false'],
    ['a > b', int(1n, 4n), int(3n), 'true|false'],
    ['a >= b', int(3n, 4n), int(1n, 3n), 'true'],
    ['a >= b', int(1n, 2n), int(3n), 'false'],
    ['a >= b', int(1n, 3n), int(3n), 'true|false'],
    ['a == b', int(1n, 2n), int(3n, 4n), 'false'],
    ['a == b', int(1n, 3n), int(3n, 4n), 'true|false'],
    ['a == b', int(3n), int(3n), 'true'],
    ['a == b', int(3n), int(3n, 4n), 'true|false'],
    ['a != b', int(1n, 2n), int(3n, 4n), 'true'],
    ['a != b', int(3n), int(3n), 'false'],
    ['!(a < b)', int(1n, 2n), int(3n), 'false'],
    ['a in [1, 2]', int(3n, 9n), int(0n), 'false'],
    ['a in [1, 3]', int(3n, 9n), int(0n), 'true|false'],
    ['a in [1, 3]', int(3n), int(0n), 'true'],
    ['a in [1, b]', int(3n), int(3n, 4n), 'true|false'],
    ['a in [1, b]', int(3n), int(4n, 5n), 'false'],
    ['a in [1, b]', int(2n, 3n), int(3n, 5n), 'true|false'],
    ['size([1, b]) == 2', int(0n), int(3n, 5n), 'true'],
    ['(a > b ? a > 5 : a > 6)', int(0n, 2n), int(1n), 'false'],
    ['(a > b ? a < 5 : a < 6)', int(0n, 2n), int(1n), 'true'],
    ['(a > b ? a < 5 : a > 6)', int(0n, 2n), int(1n), 'true|false'],
    ['a / b > 0 || true', int(1n), int(0n), 'true'],
    ['a / b > 0 || a > 5', int(1n), int(0n), '?'],
    ['a / b > 0 || a > 5', int(1n, 9n), int(0n), 'true?'],
    ['a > 5 || a / b > 0', int(1n, 9n), int(0n), 'true?'],
    ['a / b > 0 && a > 5', int(1n, 9n), int(0n), 'false?'],
    ['a > 5 && a / b > 0', int(1n, 9n), int(1n), 'true|false'],
    ['a > 5 && b > 5', int(6n, 9n), int(0n, 9n), 'true|false'],
    ['a > 5 || b > 5', int(6n, 9n), int(0n, 9n), 'true'],
    ['a > 5 || b > 5', int(0n, 1n), int(0n, 1n), 'false'],
    ['a / b > 0 || b / a > 0', int(0n), int(0n), '?'],
    ['a / b > 0 && false', int(1n), int(0n), 'false'],
  ])('%s with a of %o and b of %o: %s', (formula, a, b, expected) => {
    expect(found(formula, 'bool', { a, b })).toBe(expected)
  })

  test('strings: of those that are known each is tried, and any other may be anything', () => {
    const s = text('abc', 'abd')
    expect(found('s.startsWith("ab")', 'bool', { s })).toBe('true')
    expect(found('s.endsWith("c")', 'bool', { s })).toBe('true|false')
    expect(found('s.contains("x")', 'bool', { s })).toBe('false')
    expect(found('s == "abc"', 'bool', { s })).toBe('true|false')
    expect(found('s == "x"', 'bool', { s })).toBe('false')
    expect(found('s != "x"', 'bool', { s })).toBe('true')
    expect(found('s in ["abc"]', 'bool', { s })).toBe('true|false')
    expect(found('s in ["x"]', 'bool', { s })).toBe('false')
    expect(found('size(s)', 'int', { s: text('a', '日本') })).toBe('1..2')
    const any: Formula.Range = { type: 'string' }
    expect(found('size(s)', 'int', { s: any })).toBe('0..1024?')
    expect(found('s.contains("x")', 'bool', { s: any })).toBe('true|false?')
    expect(found('"x".contains(s)', 'bool', { s: any })).toBe('true|false?')
    expect(found('s == "x"', 'bool', { s: any })).toBe('true|false?')
    expect(found('s == (t ? "x" : s)', 'bool', { s: text('y'), t: bool(true, true) })).toBe('true|false')
    expect(found('"z" == (t ? "x" : s)', 'bool', { s: text('y'), t: bool(true, true) })).toBe('false')
    expect(found('s == "x"', 'bool', { s: text('x'.repeat(1_025)) })).toBe('false?')
    expect(found('s == "x"', 'bool', { s: text('x'.repeat(1_024)) })).toBe('false')
  })

  test('more strings than 64 are any string', () => {
    const all = (count: number): Formula.Range => text(...Array.from({ length: count }, (_, i) => `s${i}`))
    expect(found('(t ? s : "y") == "z"', 'bool', { s: all(63), t: bool(true, true) })).toBe('false')
    expect(found('(t ? s : "y") == "z"', 'bool', { s: all(64), t: bool(true, true) })).toBe('true|false')
  })

  test('lists: what is surely in them, what may be, and how many', () => {
    const l: Formula.Range = { type: 'list', sure: [1n, 2n], maybe: [3n] }
    expect(found('1 in l', 'bool', { l })).toBe('true')
    expect(found('3 in l', 'bool', { l })).toBe('true|false')
    expect(found('4 in l', 'bool', { l })).toBe('false')
    expect(found('a in l', 'bool', { l, a: int(2n, 4n) })).toBe('true|false')
    expect(found('a in l', 'bool', { l, a: int(4n, 9n) })).toBe('false')
    expect(found('size(l)', 'int', { l })).toBe('2..3')
    const either = { l, t: bool(true, true), a: int(8n, 9n) }
    expect(found('1 in (t ? l : [7])', 'bool', either)).toBe('true|false')
    expect(found('7 in (t ? l : [7])', 'bool', either)).toBe('true|false')
    expect(found('6 in (t ? l : [7])', 'bool', either)).toBe('false')
    expect(found('9 in (t ? l : [a])', 'bool', either)).toBe('true|false')
    expect(found('6 in (t ? l : [a])', 'bool', either)).toBe('false')
    expect(found('a in (t ? l : [a])', 'bool', { ...either, a: int(4n, 5n) })).toBe('true|false')
    expect(found('size(t ? l : [7, 8, 9, 1])', 'int', either)).toBe('2..4')
    expect(found('1 in l', 'bool', { l: { ...l, maybe: Array.from({ length: 998 }, () => 3n) } })).toBe('true')
    expect(found('1 in l', 'bool', { l: { ...l, maybe: Array.from({ length: 999 }, () => 3n) } })).toBe('true?')
    expect(found('"x" in n', 'bool', { n: { type: 'list', sure: [], maybe: [], vague: [text('x', 'y')] } })).toBe(
      'true|false',
    )
    expect(found('size(n)', 'int', { n: { type: 'list', sure: ['a'], maybe: [], vague: [text('x', 'y')] } })).toBe(
      '1..2',
    )
  })

  test('a name without a range, or with one of another type, has no value', () => {
    expect(found('a', 'int', {})).toBe('?')
    expect(found('a', 'int', { a: bool(true, false) })).toBe('?')
    expect(found('1 in l', 'bool', { l: int(1n) })).toBe('?')
    expect(found('a + 1', 'int', { b: int(1n) })).toBe('?')
    expect(found('t ? a : 2', 'int', { t: bool(true, true) })).toBe('2..2?')
    expect(found('t == (a > 1)', 'bool', { t: bool(true, false), a: int(0n, 5n) })).toBe('true|false')
    expect(found('t != (a > 1)', 'bool', { t: bool(true, false), a: int(5n) })).toBe('false')
    expect(found('t == (a > 1)', 'bool', { t: bool(true, false), a: int(0n) })).toBe('false')
  })
})
