import * as Formula from '@pbstream/core/Formula'
import { describe, expect, test } from 'vitest'

const variables: Formula.Variables = {
  base: 'int',
  'units.input_token': 'int',
  'units.custom.page': 'int',
  'signal.load': 'int',
  level: 'string',
  trusted: 'bool',
  tiers: 'list<int>',
  countries: 'list<string>',
}
const inputs: Formula.Inputs = {
  base: 1_000n,
  'units.input_token': 7n,
  'units.custom.page': 2n,
  'signal.load': 30n,
  level: 'vip1',
  trusted: true,
  tiers: [1n, 5n],
  countries: ['CH', 'CN'],
}
const MAX = '9223372036854775807'

function valueOf(text: string): unknown {
  for (const type of ['int', 'bool'] as const) {
    try {
      const result = Formula.compile(text, variables, type).evaluate(inputs)
      return result.ok ? result.value : result.error.message
    } catch (error) {
      if (!(error instanceof Formula.FormulaError) || !error.message.startsWith('the result is')) throw error
    }
  }
  throw new Error('neither int nor bool')
}

/** What is said about a text that is no formula. */
function refusal(text: string, result: Formula.ResultType = 'int'): string {
  try {
    Formula.compile(text, variables, result)
  } catch (error) {
    expect(error).toBeInstanceOf(Formula.FormulaError)
    return (error as Formula.FormulaError).message
  }
  throw new Error(`compiled: ${text}`)
}

describe('values', () => {
  test.each([
    ['base * (100 + signal.load) / 100', 1_300n],
    ['units.input_token + units.custom.page', 9n],
    ['7 / 2', 3n],
    ['-7 / 2', -3n],
    ['-7 % 3', -1n],
    ['7 % -3', 1n],
    ['divUp(7, 2)', 4n],
    ['divUp(8, 2)', 4n],
    ['divUp(-7, 2)', -3n],
    ['divUp(7, -2)', -3n],
    ['divUp(-7, -2)', 4n],
    ['divUp(0, 5)', 0n],
    ['min(3, 1, 2)', 1n],
    ['max(3, 5, -2, 5)', 5n],
    ['max(1, 2, 3, 4, 5, 6, 7, 8)', 8n],
    ['size("héllo😀")', 6n],
    ['level.size()', 4n],
    ['size(tiers)', 2n],
    ['countries.size()', 2n],
    ['trusted ? base : -base', 1_000n],
    ['!trusted ? base : -base', -1_000n],
    ['0xff', 255n],
    [MAX, 9223372036854775807n],
    [`-${MAX} - 1`, -9223372036854775808n],
    ['-9223372036854775808', -9223372036854775808n],
    ['// a comment\nbase // and one more', 1_000n],
    ['1 < 2', true],
    ['2 < 2', false],
    ['2 <= 2', true],
    ['3 <= 2', false],
    ['2 > 2', false],
    ['3 > 2', true],
    ['2 >= 2', true],
    ['1 >= 2', false],
    ['level == "vip1"', true],
    ["level != 'vip1'", false],
    ['trusted == true', true],
    ['5 in tiers', true],
    ['2 in tiers', false],
    ['level in ["vip1", "vip2"]', true],
    ['!("DE" in countries)', true],
    ['level.startsWith("vip")', true],
    ['level.startsWith("ip")', false],
    ['level.endsWith("1")', true],
    ['level.endsWith("vip")', false],
    ['level.contains("ip")', true],
    ['level.contains("x")', false],
    ['r"a\\b" == "a\\\\b"', true],
    ['"""a"b""" == \'a"b\'', true],
    ['true || 1 / 0 == 1', true],
    ['1 / 0 == 1 || true', true],
    ['false && 1 / 0 == 1', false],
    ['1 / 0 == 1 && false', false],
    ['false || true && false', false],
    ['trusted ? true : 1 / 0 == 1', true],
  ])('%s', (text, value) => {
    expect(valueOf(text)).toBe(value)
  })

  test.each([
    ['1 / 0', 'division by 0 (line 1, column 1)'],
    ['1 +\n 2 % (base - 1000)', 'division by 0 (line 2, column 2)'],
    ['divUp(1, 0)', 'division by 0 (line 1, column 1)'],
    [`${MAX} + 1`, 'the result does not fit in 64 bits (line 1, column 1)'],
    [`-${MAX} - 2`, 'the result does not fit in 64 bits (line 1, column 1)'],
    [`1 + ${MAX} * 2`, 'the result does not fit in 64 bits (line 1, column 5)'],
    ['-(-9223372036854775808)', 'the result does not fit in 64 bits (line 1, column 1)'],
    [`-(-${MAX} - 1)`, 'the result does not fit in 64 bits (line 1, column 1)'],
    [`(-${MAX} - 1) / -1`, 'the result does not fit in 64 bits (line 1, column 1)'],
    [`divUp(-${MAX} - 1, -1)`, 'the result does not fit in 64 bits (line 1, column 1)'],
    ['1 / 0 == 1 || false', 'division by 0 (line 1, column 1)'],
    ['1 / 0 == 1 && true', 'division by 0 (line 1, column 1)'],
    ['true && 1 / 0 == 1', 'division by 0 (line 1, column 9)'],
    ['false || 1 / 0 == 1', 'division by 0 (line 1, column 10)'],
    ['!(1 / 0 == 1)', 'division by 0 (line 1, column 3)'],
    ['-(1 / 0)', 'division by 0 (line 1, column 3)'],
    ['1 / 0 == 1 ? 1 : 2', 'division by 0 (line 1, column 1)'],
    ['max(1, 2 / 0)', 'division by 0 (line 1, column 8)'],
    ['1 in [1, 2 / 0]', 'division by 0 (line 1, column 10)'],
  ])('%s fails as it runs', (text, message) => {
    expect(valueOf(text)).toBe(message)
  })
})

describe('inputs', () => {
  const of = (name: string, text: string, value: unknown) => {
    const formula = Formula.compile(text, variables, 'bool')
    const result = formula.evaluate({ ...inputs, [name]: value } as Formula.Inputs)
    return result.ok ? result.value : result.error.message
  }

  test.each<[string, string, unknown, unknown]>([
    ['base', 'base == 1', undefined, 'base has no value (line 1, column 1)'],
    ['base', 'base == 1', 1, 'base is no int (line 1, column 1)'],
    ['base', 'base == 1', '1', 'base is no int (line 1, column 1)'],
    ['base', 'base == 1', 1n << 63n, 'base does not fit in 64 bits (line 1, column 1)'],
    ['base', 'base == 1', -(1n << 63n) - 1n, 'base does not fit in 64 bits (line 1, column 1)'],
    ['base', 'base > 1', (1n << 63n) - 1n, true],
    ['base', 'base < 1', -(1n << 63n), true],
    ['level', 'level == ""', 1n, 'level is no string (line 1, column 1)'],
    ['level', 'size(level) == 1024', 'x'.repeat(1_024), true],
    ['level', 'size(level) == 1', 'x'.repeat(1_025), 'level is longer than 1024 characters (line 1, column 6)'],
    ['trusted', 'trusted', 'true', 'trusted is no bool (line 1, column 1)'],
    ['trusted', 'trusted', false, false],
    ['tiers', '1 in tiers', 1n, 'tiers is no list (line 1, column 6)'],
    ['tiers', '1 in tiers', { length: 1 }, 'tiers is no list (line 1, column 6)'],
    ['tiers', '1 in tiers', ['1'], 'tiers has an element that is no int (line 1, column 6)'],
    ['tiers', '1 in tiers', [1n << 63n], 'tiers has an element that does not fit in 64 bits (line 1, column 6)'],
    ['tiers', '1 in tiers', Array.from({ length: 1_000 }, () => 1n), true],
    [
      'tiers',
      '1 in tiers',
      Array.from({ length: 1_001 }, () => 1n),
      'tiers has more than 1000 elements (line 1, column 6)',
    ],
    ['countries', '"a" in countries', [1n], 'countries has an element that is no string (line 1, column 8)'],
  ])('%s in %s', (name, text, value, outcome) => {
    expect(of(name, text, value)).toBe(outcome)
  })

  test('only what a formula reads has to be given', () => {
    const formula = Formula.compile('base + signal.load', variables, 'int')
    expect([...formula.names]).toEqual(['base', 'signal.load'])
    expect(formula.evaluate({ base: 1n, 'signal.load': 2n, level: 5n })).toEqual({ ok: true, value: 3n })
  })

  test('every kind of node is looked through for the names it reads', () => {
    const text = '!trusted || -base in [units.input_token] && (level == "" ? signal.load : size(countries)) > 1'
    expect([...Formula.compile(text, variables, 'bool').names].toSorted()).toEqual([
      'base',
      'countries',
      'level',
      'signal.load',
      'trusted',
      'units.input_token',
    ])
  })

  test('what an object inherits is no input', () => {
    const names = Object.fromEntries(['constructor', 'toString'].map((name) => [name, 'int' as const]))
    const formula = Formula.compile('constructor == toString', names, 'bool')
    expect(formula.evaluate({})).toMatchObject({ ok: false })
    const base = Formula.compile('base', variables, 'int')
    expect(base.evaluate(Object.create({ base: 5n }) as Formula.Inputs)).toMatchObject({
      error: { message: 'base has no value (line 1, column 1)' },
    })
    expect(formula.evaluate({ constructor: 1n, toString: 1n } as never)).toEqual({ ok: true, value: true })
  })
})

describe('lists', () => {
  const has = Formula.compile('level in countries', variables, 'bool')
  const ask = (countries: readonly unknown[], level = 'CH'): unknown => {
    const result = has.evaluate({ level, countries: countries as string[] })
    return result.ok ? result.value : result.error.message
  }

  test('lists that change are read anew, those that cannot are remembered', () => {
    const list = ['CN']
    expect(ask(list)).toBe(false)
    list.push('CH')
    expect(ask(list)).toBe(true)
    const frozen = Object.freeze(['CN', 'CH'])
    expect([ask(frozen), ask(frozen), ask(frozen, 'US')]).toEqual([true, true, false])
  })

  test('a frozen list is looked through as any other', () => {
    const said = (countries: readonly unknown[]): unknown => ask(Object.freeze(countries))
    expect(said(['CH', 1n])).toBe('countries has an element that is no string (line 1, column 10)')
    expect(said([1n])).toBe('countries has an element that is no string (line 1, column 10)')
    expect(said(['CH', 'x'.repeat(1_025)])).toContain('is longer than 1024 characters')
    expect(said(['CH', 'x'.repeat(1_024)])).toBe(true)
    expect(said(Array.from({ length: 1_001 }, () => 'CH'))).toContain('has more than 1000 elements')
    expect(said(Array.from({ length: 1_000 }, () => 'CH'))).toBe(true)
    expect(said([])).toBe(false)
    const numbers = Formula.compile('base in tiers', variables, 'bool')
    const found = (tiers: readonly unknown[]): unknown => numbers.evaluate({ base: 1_000n, tiers: tiers as bigint[] })
    const none = Object.freeze([])
    expect(ask(none)).toBe(false)
    expect(found(none), 'an empty list is of any type').toEqual({ ok: true, value: false })
    expect(found(Object.freeze([1n, 1_000n]))).toEqual({ ok: true, value: true })
    expect(found(Object.freeze(['1000']))).toMatchObject({ ok: false })
    expect(found(Object.freeze([1_000n, 1n << 63n]))).toMatchObject({ ok: false })
  })
})

describe('refused, with a place', () => {
  test.each([
    ['', 'the formula ends where a value is expected (line 1, column 1)'],
    ['base +', 'the formula ends where a value is expected (line 1, column 7)'],
    ['base + * 2', "'*' stands where a value is expected (line 1, column 8)"],
    ['(base', "')' is expected (line 1, column 6)"],
    ['[1, 2', "']' is expected (line 1, column 6)"],
    ['max(1, 2', "')' is expected (line 1, column 9)"],
    ['trusted ? 1 ; 2', "';' is not expected here (line 1, column 13)"],
    ['trusted ? 1 , 2', "':' is expected, not ',' (line 1, column 13)"],
    ['base.1', "a name is expected, not '1' (line 1, column 6)"],
    ['base base', "'base' is not expected here (line 1, column 6)"],
    ['base @ 2', "'@' is not expected here (line 1, column 6)"],
    ['base = 2', "'=' is not expected here (line 1, column 6)"],
    ['if', "'if' is a reserved word (line 1, column 1)"],
    ['"abc', 'unterminated string (line 1, column 1)'],
    ['"\\q" == ""', 'invalid escape sequence: \\q (line 1, column 2)'],
    ['1.5 * base', 'numbers are whole: instead of x * 1.5 write x * 15 / 10 (line 1, column 1)'],
    ['base * 1e3', 'numbers are whole: instead of x * 1.5 write x * 15 / 10 (line 1, column 8)'],
    ['5u', 'unsigned numbers are not allowed: leave out the u (line 1, column 1)'],
    ['null == null', 'null is not allowed (line 1, column 1)'],
    ['b"x" == b"x"', 'bytes are not allowed (line 1, column 1)'],
    ['9223372036854775808', 'the number does not fit in 64 bits (line 1, column 1)'],
    ['-9223372036854775809', 'the number does not fit in 64 bits (line 1, column 1)'],
    ['0x8000000000000000', 'the number does not fit in 64 bits (line 1, column 1)'],
    ['size({"a": 1})', 'maps are not allowed (line 1, column 6)'],
    ['tiers[0]', 'elements are not read with [ ]: ask with `in` (line 1, column 1)'],
    ['size([])', 'an empty list holds nothing (line 1, column 6)'],
    ['size([true])', 'a list is of int or of string (line 1, column 7)'],
    ['size([1, "a"])', 'the list is of int, this is string (line 1, column 10)'],
    ['bas', 'there is no bas; there are base, units.input_token,'],
    ['signal.lod', 'there is no signal.lod; there are base,'],
    ['signal', 'signal is a group of values: write signal.<name> (line 1, column 1)'],
    ['units.custom', 'units.custom is a group of values: write units.custom.<name> (line 1, column 1)'],
    ['base.x', 'there is no base.x; there are'],
    ['max(1, 2).x', 'only variables have members (line 1, column 1)'],
    ['constructor', 'there is no constructor;'],
    ['base.__proto__', 'there is no base.__proto__;'],
    ['int', 'there is no int;'],
    ['google.protobuf.Timestamp', 'there is no google.protobuf.Timestamp;'],
    ['!base', '! takes bool, this is int (line 1, column 2)'],
    ['-trusted', '- takes int, this is bool (line 1, column 2)'],
    ['trusted && base', '&& takes bool, this is int (line 1, column 12)'],
    ['base || trusted', '|| takes bool, this is int (line 1, column 1)'],
    ['base ? 1 : 2', '? takes bool, this is int (line 1, column 1)'],
    ['trusted ? 1 : "a"', 'both values of ? : are of one type: here int and string (line 1, column 15)'],
    ['base + "a"', '+ does not go with int and string (line 1, column 1)'],
    ['"a" + "b"', '+ does not go with string and string (line 1, column 1)'],
    ['tiers + tiers', '+ does not go with list<int> and list<int> (line 1, column 1)'],
    ['1 + (level - 1)', '- does not go with string and int (line 1, column 6)'],
    ['level < "a"', '< does not go with string and string (line 1, column 1)'],
    ['level >= 1', '>= does not go with string and int (line 1, column 1)'],
    ['1 == "1"', '== does not go with int and string (line 1, column 1)'],
    ['tiers == tiers', '== does not go with list<int> and list<int> (line 1, column 1)'],
    ['countries != countries', '!= does not go with list<string> and list<string> (line 1, column 1)'],
    ['1 in countries', 'in does not go with int and list<string> (line 1, column 1)'],
    ['1 in 1', 'in does not go with int and int (line 1, column 1)'],
    [
      'level.matches("^a+$")',
      'matches() is not allowed; there are contains, divUp, endsWith, max, min, size, startsWith',
    ],
    ['matches(level, "a")', 'matches() is not allowed;'],
    ['tiers.map(x, x)', 'map() is not allowed;'],
    ['tiers.all(x, x > 0)', 'all() is not allowed;'],
    ['tiers.exists(1, true)', 'all, exists, exists_one, filter, map and has are not allowed (line 1, column 14)'],
    ['tiers.filter(x, true)', 'filter() is not allowed;'],
    ['has(signal.load)', 'has() is not allowed;'],
    ['cel.bind(x, 1, x)', 'bind() is not allowed;'],
    ['dyn(1)', 'dyn() is not allowed;'],
    ['int("1")', 'int() is not allowed;'],
    ['double(1)', 'double() is not allowed;'],
    ['string(1)', 'string() is not allowed;'],
    ['timestamp(0)', 'timestamp() is not allowed;'],
    ['duration("1s")', 'duration() is not allowed;'],
    ['type(1)', 'type() is not allowed;'],
    ['level.split(",")', 'split() is not allowed;'],
    ['countries.join()', 'join() is not allowed;'],
    ['level.upperAscii()', 'upperAscii() is not allowed;'],
    ['constructor(1)', 'constructor() is not allowed;'],
    ['level.constructor()', 'constructor() is not allowed;'],
    ['min(1)', 'write min(int, int, …), not min(int) (line 1, column 1)'],
    ['min()', 'write min(int, int, …), not min()'],
    ['max(1, 2, 3, 4, 5, 6, 7, 8, 9)', 'write max(int, int, …), not max(int, int,'],
    ['max(1, "2")', 'write max(int, int, …), not max(int, string) (line 1, column 1)'],
    ['base.min(1)', 'write min(int, int, …), not (int).min(int) (line 1, column 1)'],
    ['divUp(1, 2, 3)', 'write divUp(int, int), not divUp(int, int, int)'],
    ['divUp(1)', 'write divUp(int, int), not divUp(int)'],
    ['divUp("1", 1)', 'write divUp(int, int), not divUp(string, int)'],
    ['size(1)', 'write size(text or list), not size(int)'],
    ['size()', 'write size(text or list), not size()'],
    ['size(level, level)', 'write size(text or list), not size(string, string)'],
    ['contains(level, "a")', 'write text.contains(text), not contains(string, string)'],
    ['level.contains(1)', 'write text.contains(text), not (string).contains(int)'],
    ['level.startsWith()', 'write text.startsWith(text), not (string).startsWith()'],
    ['trusted', 'the result is bool, not int (line 1, column 1)'],
    ['level', 'the result is string, not int (line 1, column 1)'],
    ['tiers', 'the result is list<int>, not int (line 1, column 1)'],
    ['a\ud800', 'the formula is no well-formed Unicode text (line 1, column 1)'],
  ])('%s', (text, message) => {
    expect(refusal(text)).toContain(message)
  })

  test('a wrong result type', () => {
    expect(refusal(' base', 'bool')).toBe('the result is int, not bool (line 1, column 2)')
  })

  test('line, column and position are those of the mistake', () => {
    const text = 'base +\n  level'
    try {
      Formula.compile(text, variables, 'int')
      expect.unreachable()
    } catch (error) {
      expect(error).toMatchObject({ name: 'FormulaError', position: 0, line: 1, column: 1 })
    }
    try {
      Formula.compile('base +\n\n  (1 + nothing)', variables, 'int')
      expect.unreachable()
    } catch (error) {
      expect(error).toMatchObject({ position: 15, line: 3, column: 8 })
    }
  })

  test.each(['a.b', 'a.b.c', 'a-b', '1a', '', 'b.', 'in', 'signal.if', 'x.__proto__', 'a b', 'ä', 'x'.repeat(65)])(
    'a variable called %j is the fault of the program',
    (name) => {
      const make = () => Formula.compile('1', { a: 'int', [name]: 'int' }, 'int')
      expect(make).toThrow(RangeError)
      expect(make).toThrow(
        name.startsWith('a.b') ? 'both a variable and a group: a' : `not the name of a variable: ${name}`,
      )
    },
  )

  test.each(['a', 'A_1', '_', 'constructor', 'x'.repeat(64)])('%j may name a variable', (name) => {
    expect(Formula.isName(name)).toBe(true)
    expect(Formula.compile(name, { [name]: 'int' }, 'int').evaluate({ [name]: 1n })).toEqual({ ok: true, value: 1n })
    expect(Formula.compile(`x.${name}`, { [`x.${name}`]: 'int' }, 'int').evaluate({ [`x.${name}`]: 1n }).ok).toBe(true)
  })
})

describe('limits', () => {
  test('1,000 characters', () => {
    expect(Formula.compile(`1${' '.repeat(999)}`, {}, 'int').evaluate({})).toEqual({ ok: true, value: 1n })
    expect(refusal(`1${' '.repeat(1_000)}`)).toBe('the formula has more than 1000 characters (line 1, column 1001)')
  })

  test('200 parts', () => {
    const sum = (terms: number) => Array.from({ length: terms }, () => '1').join('+')
    expect(Formula.compile(sum(100), {}, 'int').evaluate({})).toEqual({ ok: true, value: 100n })
    expect(refusal(sum(101))).toContain('the formula has more than 200 parts')
    const list = (elements: number) => `size([${Array.from({ length: elements }, () => '1').join(',')}])`
    expect(Formula.compile(list(198), {}, 'int').evaluate({})).toEqual({ ok: true, value: 198n })
    expect(refusal(list(199))).toContain('the formula has more than 200 parts')
    expect(refusal(list(300))).toContain('the formula has more than 200 parts')
  })

  test('32 levels', () => {
    const nested = (depth: number) => `${'('.repeat(depth)}1${')'.repeat(depth)}`
    expect(Formula.compile(nested(31), {}, 'int').evaluate({})).toEqual({ ok: true, value: 1n })
    expect(refusal(nested(32))).toBe('the formula is nested deeper than 32 levels (line 1, column 33)')
    const ladder = (steps: number) => `${'trusted ? 1 : '.repeat(steps)}2`
    expect(Formula.compile(ladder(31), variables, 'int').evaluate(inputs)).toEqual({ ok: true, value: 1n })
    expect(refusal(ladder(32))).toContain('the formula is nested deeper than 32 levels')
  })
})

describe('a trace', () => {
  test('has the value of every part, innermost first, with its place', () => {
    const formula = Formula.compile('(base + 5) * (trusted ? 2 : 1 / 0)', variables, 'int')
    const { result, steps } = formula.trace(inputs)
    expect(result).toEqual({ ok: true, value: 2_010n })
    expect(steps).toEqual([
      { text: 'base', start: 1, end: 5, type: 'int', value: '1000' },
      { text: 'base + 5', start: 1, end: 9, type: 'int', value: '1005' },
      { text: 'trusted', start: 14, end: 21, type: 'bool', value: 'true' },
      { text: 'trusted ? 2 : 1 / 0', start: 14, end: 33, type: 'int', value: '2' },
      { text: '(base + 5) * (trusted ? 2 : 1 / 0)', start: 0, end: 34, type: 'int', value: '2010' },
    ])
  })

  test('says where there is no value', () => {
    const { result, steps } = Formula.compile('1 / (base - 1000) + 1', variables, 'int').trace(inputs)
    expect(result).toMatchObject({ ok: false, error: { position: 0 } })
    expect(steps).toEqual([
      { text: 'base', start: 5, end: 9, type: 'int', value: '1000' },
      { text: 'base - 1000', start: 5, end: 16, type: 'int', value: '0' },
      { text: '1 / (base - 1000)', start: 0, end: 17, type: 'int', error: 'division by 0' },
      { text: '1 / (base - 1000) + 1', start: 0, end: 21, type: 'int', error: 'division by 0' },
    ])
  })

  test('prints values as they are written, and no more than 200 characters of them', () => {
    const values = (text: string, given: Formula.Inputs) =>
      Formula.compile(text, variables, 'bool')
        .trace(given)
        .steps.map((step) => step.value)
    expect(values('level == "a"', { level: 'a"b' })).toEqual(['"a\\"b"', 'false'])
    expect(values('"a" in countries', { countries: ['a', 'b'] })).toEqual(['["a", "b"]', 'true'])
    expect(values('1 in tiers', { tiers: [1n, -2n] })).toEqual(['[1, -2]', 'true'])
    const [level] = values('level == "a"', { level: 'x'.repeat(1_000) })
    expect(level).toBe(`"${'x'.repeat(198)}…`)
    const [list] = values('1 in tiers', { tiers: Array.from({ length: 1_000 }, () => 1n) })
    expect(list).toHaveLength(200)
    expect(list?.endsWith('…')).toBe(true)
    expect(values('1 in tiers', { tiers: [] })).toEqual(['[]', 'false'])
    const long = `base ${'+ 1 '.repeat(60)}`
    const steps = Formula.compile(long, variables, 'int').trace(inputs).steps
    expect(steps.at(-1)?.text).toHaveLength(200)
  })

  test.each([
    ['((base)+1)*2', ['base', '(base)+1', '((base)+1)*2']],
    ['((base + 1)) - (2)', ['base', 'base + 1', '((base + 1)) - (2)']],
    ['2 * (max((1), base))', ['base', 'max((1), base)', '2 * (max((1), base))']],
    ['-(base)', ['base', '-(base)']],
    [
      '"(" == level || (")" == level)',
      ['level', '"(" == level', 'level', '")" == level', '"(" == level || (")" == level)'],
    ],
    ["size('(' // )\n) + (base)", ["size('(' // )\n)", 'base', "size('(' // )\n) + (base)"]],
    ['size("""("(""") + (base)', ['size("""("(""")', 'base', 'size("""("(""") + (base)']],
    ['size("\\"(") + (base)', ['size("\\"(")', 'base', 'size("\\"(") + (base)']],
  ])('%s: the brackets of a part belong to it', (text, parts) => {
    const type = text.includes('==') ? 'bool' : 'int'
    const { steps } = Formula.compile(text, variables, type).trace(inputs)
    expect(steps.map((step) => step.text)).toEqual(parts)
  })
})
