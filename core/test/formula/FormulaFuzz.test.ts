/** Formulas nobody would write: made at random, and made to do harm. */
import { Environment } from '@marcbachmann/cel-js'
import * as Formula from '@pbstream/core/Formula'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { grammar, inputsOf, variables } from './Grammar.ts'

const MAX = (1n << 63n) - 1n

/** The library as the second opinion, with the functions that are ours. */
const library = new Environment()
  .registerVariable('a', 'int')
  .registerVariable('b', 'int')
  .registerVariable('signal', 'map<string, int>')
  .registerVariable('level', 'string')
  .registerVariable('trusted', 'bool')
  .registerVariable('numbers', 'list<int>')
  .registerVariable('names', 'list<string>')
  .registerFunction('min(int, int): int', (a: bigint, b: bigint) => (a < b ? a : b))
  .registerFunction('max(int, int): int', (a: bigint, b: bigint) => (a > b ? a : b))
  .registerFunction('divUp(int, int): int', (a: bigint, b: bigint) => {
    if (b === 0n) throw new Error('division by 0')
    return (a - (((a % b) + b) % b)) / b + (a % b === 0n ? 0n : 1n)
  })

function secondOpinion(text: string, inputs: Record<string, unknown>): unknown {
  try {
    return library.evaluate(text, { ...inputs, signal: { load: inputs['signal.load'] } })
  } catch {
    return undefined
  }
}

describe('made at random', () => {
  test.each(['int', 'bool'] as const)('a formula of %s has the value that the library gives it', (type) => {
    fc.assert(
      fc.property(grammar[type], inputsOf, (text, inputs) => {
        fc.pre(text.length <= 1_000)
        const result = Formula.compile(text, variables, type).evaluate(inputs)
        expect(result.ok ? result.value : undefined).toBe(secondOpinion(text, inputs))
      }),
      { numRuns: 1_500, seed: 42 },
    )
  })

  test('its trace ends with its value, names every part by its text, and is data', () => {
    fc.assert(
      fc.property(grammar.int, inputsOf, (text, inputs) => {
        fc.pre(text.length <= 1_000)
        const formula = Formula.compile(text, variables, 'int')
        const { result, steps } = formula.trace(inputs)
        expect(result).toEqual(formula.evaluate(inputs))
        expect(JSON.parse(JSON.stringify(steps))).toEqual(steps)
        for (const step of steps) {
          const whole = text.slice(step.start, step.end)
          expect(whole.startsWith(step.text.replace(/…$/, ''))).toBe(true)
          expect(whole.replace(/"(?:\\.|[^"])*"/g, '').replaceAll(/[^()]/g, '')).toSatisfy(isBalanced)
        }
        const last = steps.at(-1)
        if (last !== undefined) expect(last.value).toBe(result.ok ? String(result.value) : undefined)
      }),
      { numRuns: 300 },
    )
  })

  test('any text is a formula or an error with a place in it', () => {
    const pieces = fc.constantFrom(
      ...['a', 'b', 'level', '(', ')', '[', ']', '{', '}', '.', ',', ':', '?', '"', "'", '"""', '\\', '//', '\n', ' '],
      ...[
        '+',
        '-',
        '!',
        '&&',
        '||',
        '==',
        'in',
        '1',
        '0x',
        '1.5',
        '2u',
        'r"',
        'b"',
        '\\u12',
        '\ud800',
        '😀',
        '\0',
        'e9',
      ],
      ...['matches(', 'map(x, ', '.all(', 'has(', 'cel.bind(', '__proto__', 'constructor', 'toString', 'dyn(', 'null'],
    )
    const text = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 60 }),
      fc.array(pieces, { maxLength: 30 }).map((all) => all.join('')),
    )
    fc.assert(
      fc.property(text, fc.constantFrom('int', 'bool'), inputsOf, (any, type: Formula.ResultType, inputs) => {
        try {
          const result = Formula.compile(any, variables, type).evaluate(inputs)
          expect(typeof (result.ok ? result.value : result.error.message)).toBe(
            result.ok ? (type === 'int' ? 'bigint' : 'boolean') : 'string',
          )
        } catch (error) {
          expect(error).toBeInstanceOf(Formula.FormulaError)
          const { position, line, column, message } = error as Formula.FormulaError
          expect(position).toBeGreaterThanOrEqual(0)
          expect(position).toBeLessThanOrEqual(any.length)
          expect(any.split('\n')[line - 1]?.length).toBeGreaterThanOrEqual(column - 1)
          expect(message).toMatch(/\S \(line \d+, column \d+\)$/)
        }
      }),
      { numRuns: 3_000 },
    )
  })

  test('any inputs give a value in 64 bits or an error', () => {
    const formula = Formula.compile('numbers.size() + (level in names ? a : b * signal.load)', variables, 'int')
    const anything = fc.oneof(fc.anything({ withBigInt: true, withNullPrototype: true, maxDepth: 1 }), fc.bigInt())
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...Object.keys(variables)), anything), (inputs) => {
        const result = formula.evaluate(inputs as Formula.Inputs)
        if (result.ok) expect(BigInt.asIntN(64, result.value)).toBe(result.value)
        else expect(result.error).toBeInstanceOf(Formula.FormulaError)
      }),
      { numRuns: 1_000 },
    )
  })
})

function isBalanced(brackets: string): boolean {
  let depth = 0
  for (const bracket of brackets) if ((depth += bracket === '(' ? 1 : -1) < 0) return false
  return depth === 0
}

/** The most that any formula may take to compile or to run, in milliseconds: an idle machine needs a tenth of it. */
const SOON = 500

function timed<T>(work: () => T): T {
  const begin = performance.now()
  const result = work()
  expect(performance.now() - begin).toBeLessThan(SOON)
  return result
}

describe('made to do harm', () => {
  const long = 'a'.repeat(1_024)
  const hostile: Formula.Inputs = {
    ...{ a: MAX, b: -MAX - 1n, 'signal.load': 0n, level: `${long.slice(1)}b`, trusted: true },
    ...{ numbers: Array.from({ length: 1_000 }, () => MAX), names: Array.from({ length: 1_000 }, () => long) },
  }

  test.each([
    [
      'a search in long strings, as often as fits',
      Array.from({ length: 40 }, () => 'level.contains(level)').join('&&'),
    ],
    ['lists that are walked to the end', Array.from({ length: 39 }, () => '!(level in names)').join('&&')],
    ['numbers multiplied until they burst', `${Array.from({ length: 99 }, () => 'a').join('*')} > 0`],
    ['negations without end', `${'!'.repeat(198)}trusted`],
    ['branches in branches', `${'trusted ? trusted : '.repeat(31)}trusted`],
  ])('%s', (_, text) => {
    const formula = timed(() => Formula.compile(text, variables, 'bool'))
    timed(() => formula.evaluate(hostile))
    const { steps } = timed(() => formula.trace(hostile))
    expect(steps.length).toBeLessThanOrEqual(200)
    expect(JSON.stringify(steps).length).toBeLessThan(100_000)
  })

  test.each([
    ['a regular expression that takes half a minute', `"${'a'.repeat(30)}!".matches("^(a+)+$")`],
    ['loops in loops', 'numbers.all(x, numbers.all(y, numbers.all(z, true)))'],
    ['a list that doubles', 'size([1].map(x, [x, x]).map(x, [x, x])) > 0'],
    ['a name that doubles', 'cel.bind(x, level + level, cel.bind(y, x + x, size(y + y))) > 0'],
    ['a string that doubles', 'size(level + level + level) > 0'],
    ['JSON', 'b"{}".json() == {}'],
    ['the prototype', 'trusted.__proto__.constructor("x")'],
    ['a constructor', 'level.constructor.constructor("return 1")()'],
    ['what the library knows', 'google.protobuf.Timestamp == type(1)'],
    ['its namespaces', 'cel == cel'],
    ['its types', 'int == int'],
    ['the clock', 'timestamp("2026-01-01T00:00:00Z").getHours("Asia/Shanghai") > 0'],
    ['a zone that does not exist', 'timestamp(0).getHours("x") > 0'],
    ['not a number', 'double("nan") == double("nan")'],
    ['a float that an int becomes', 'int(1e300) > 0'],
    ['too many negations', `${'!'.repeat(999)}x`],
    ['too many signs', `${'-'.repeat(999)}a`],
    ['brackets without end', '('.repeat(1_000)],
    ['lists in lists', '['.repeat(1_000)],
    ['maps in maps', '{1:'.repeat(333)],
    ['members without end', `a${'.a'.repeat(499)}`],
    ['branches without end', 'true?'.repeat(200)],
    ['a number of a thousand digits', '9'.repeat(1_000)],
    ['a string without end', `"${'\\"'.repeat(499)}`],
    ['many open strings', `"""${'"" '.repeat(300)}`],
    ['a comment only', `//${' '.repeat(990)}`],
  ])('%s is refused, and soon', (_, text) => {
    timed(() => expect(() => Formula.compile(text, variables, 'bool')).toThrow(Formula.FormulaError))
  })

  test('a formula that failed to be read leaves nothing behind for the next', () => {
    expect(() => Formula.compile('("', variables, 'int')).toThrow(Formula.FormulaError)
    expect(Formula.compile('a + 1', variables, 'int').evaluate({ a: 1n })).toEqual({ ok: true, value: 2n })
  })

  test('a formula keeps nothing of a call, and changes nothing of its inputs', () => {
    const formula = Formula.compile('a in numbers ? a : size(names)', variables, 'int')
    const inputs = Object.freeze({ a: 3n, numbers: Object.freeze([1n, 2n]), names: Object.freeze(['x']) })
    expect(formula.evaluate(inputs)).toEqual({ ok: true, value: 1n })
    expect(formula.evaluate({ ...inputs, a: 2n })).toEqual({ ok: true, value: 2n })
    expect(formula.evaluate({})).toMatchObject({ ok: false })
    expect(formula.evaluate(inputs)).toEqual({ ok: true, value: 1n })
  })

  test('nothing is made of text: no eval, no Function, no RegExp of a formula', () => {
    const [evaluate, make] = ['eval', 'Function'].map((name) => Reflect.get(globalThis, name) as unknown)
    const refuse = () => {
      throw new Error('code from text')
    }
    try {
      Object.assign(globalThis, { eval: refuse, Function: refuse })
      const formula = Formula.compile('level.contains("(a+)+") || a > 1', variables, 'bool')
      expect(formula.evaluate({ a: 2n, level: 'x' })).toEqual({ ok: true, value: true })
    } finally {
      Object.assign(globalThis, { eval: evaluate, Function: make })
    }
  })
})
