/** Formulas made at random, with values for their variables, and ranges that the values lie in. */
import type * as Formula from '@pbstream/core/Formula'
import fc from 'fast-check'

export const variables = {
  a: 'int',
  b: 'int',
  'signal.load': 'int',
  level: 'string',
  trusted: 'bool',
  numbers: 'list<int>',
  names: 'list<string>',
} as const satisfies Formula.Variables

const MAX = (1n << 63n) - 1n
// Not the lowest number: the library lets its negation, which is out of range, pass.
const int = fc.oneof(
  fc.bigInt({ min: -9n, max: 9n }),
  fc.bigInt({ min: -(1n << 40n), max: 1n << 40n }),
  fc.bigInt({ min: -MAX, max: MAX }),
)
export const word = fc.constantFrom('', 'a', 'vip1', 'vip', '1', '"', '\\', '日本', '😀', "a'b")

/** Values of the variables. */
export const inputsOf = fc.record({
  a: int,
  b: int,
  'signal.load': int,
  level: word,
  trusted: fc.boolean(),
  numbers: fc.array(int, { maxLength: 4 }),
  names: fc.array(word, { maxLength: 4 }),
})

const infix = (operators: string[], left: fc.Arbitrary<string>, right = left): fc.Arbitrary<string> =>
  fc.tuple(left, fc.constantFrom(...operators), right).map(([l, operator, r]) => `(${l} ${operator} ${r})`)

/** Texts of formulas that are right, of each type. */
export const grammar = fc.letrec<{ int: string; bool: string; string: string }>((tie) => ({
  int: fc.oneof(
    { maxDepth: 4, depthSize: 'small' },
    fc.constantFrom('a', 'b', 'signal.load', '0', '1', '2', '7', '1000000', '0x10', String(MAX)),
    infix(['+', '-', '*', '/', '%'], tie('int')),
    tie('int').map((operand) => `-(${operand})`),
    fc.tuple(tie('bool'), tie('int'), tie('int')).map(([c, l, r]) => `(${c} ? ${l} : ${r})`),
    fc.tuple(fc.constantFrom('min', 'max', 'divUp'), tie('int'), tie('int')).map(([f, l, r]) => `${f}(${l}, ${r})`),
    fc.constantFrom('size(numbers)', 'names.size()', 'level.size()'),
    tie('string').map((operand) => `size(${operand})`),
  ),
  bool: fc.oneof(
    { maxDepth: 4, depthSize: 'small' },
    fc.constantFrom('trusted', 'true', 'false'),
    infix(['<', '<=', '>', '>=', '==', '!='], tie('int')),
    infix(['==', '!='], tie('string')),
    infix(['&&', '||', '==', '!='], tie('bool')),
    tie('bool').map((operand) => `!${operand}`),
    tie('int').map((operand) => `(${operand} in numbers)`),
    fc.tuple(tie('int'), tie('int')).map(([l, r]) => `(${l} in [${r}, 1, 2])`),
    fc.tuple(tie('bool'), tie('int'), tie('int')).map(([c, l, r]) => `(${l} in (${c} ? numbers : [${r}]))`),
    tie('string').map((operand) => `(${operand} in names)`),
    fc
      .tuple(tie('string'), fc.constantFrom('contains', 'startsWith', 'endsWith'), tie('string'))
      .map(([l, f, r]) => `${l}.${f}(${r})`),
  ),
  string: fc.oneof(
    { maxDepth: 2, depthSize: 'small' },
    fc.constant('level'),
    word.map((text) => JSON.stringify(text)),
    fc.tuple(tie('bool'), tie('string'), tie('string')).map(([c, l, r]) => `(${c} ? ${l} : ${r})`),
  ),
}))

/** Values, and ranges that they lie in. */
export type Case = { inputs: Formula.Inputs; ranges: Formula.Ranges }

const distance = fc.oneof(
  fc.constant(0n),
  fc.bigInt({ min: 0n, max: 9n }),
  fc.bigInt({ min: 0n, max: 1n << 40n }),
  fc.bigInt({ min: 0n, max: MAX }),
)
const intCase = fc.tuple(int, distance, distance).map(([value, below, above]) => ({
  value,
  range: { type: 'int', low: value - below, high: value + above } as const,
}))
const boolCase = fc.tuple(fc.boolean(), fc.boolean()).map(([value, other]) => ({
  value,
  range: { type: 'bool', true: value || other, false: !value || other } as const,
}))
const stringCase = fc
  .tuple(word, fc.option(fc.array(word, { maxLength: 3 }), { nil: undefined }))
  .map(([value, more]) => ({
    value,
    range: more === undefined ? ({ type: 'string' } as const) : ({ type: 'string', oneOf: [...more, value] } as const),
  }))
/** Of all that may be in a list, some are. */
const listCase = <T extends bigint | string>(
  element: fc.Arbitrary<T>,
): fc.Arbitrary<{ value: T[]; range: Formula.Range }> =>
  fc.array(fc.tuple(element, fc.boolean(), fc.boolean()), { maxLength: 6 }).map((all) => ({
    value: all.filter(([, isSure, isThere]) => isSure || isThere).map(([each]) => each),
    range: {
      type: 'list',
      sure: all.filter(([, isSure]) => isSure).map(([each]) => each),
      maybe: all.filter(([, isSure]) => !isSure).map(([each]) => each),
    },
  }))

export const cases: fc.Arbitrary<Case> = fc
  .record({
    a: intCase,
    b: intCase,
    'signal.load': intCase,
    level: stringCase,
    trusted: boolCase,
    numbers: listCase(int),
    names: listCase(word),
  })
  .map((all) => ({
    inputs: Object.fromEntries(Object.entries(all).map(([name, { value }]) => [name, value])),
    ranges: Object.fromEntries(Object.entries(all).map(([name, { range }]) => [name, range])),
  }))
