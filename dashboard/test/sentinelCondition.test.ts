/** Rows of a condition become a formula, and a formula of that shape the same rows again. */
import * as Formula from '@pbstream/core/Formula'
import * as Rule from '@pbstream/core/Rule'
import { describe, expect, test } from 'vitest'
import { type Condition, isComplete, print, type Row } from '../src/pages/sentinel/rules/Condition.ts'
import { read } from '../src/pages/sentinel/rules/ReadCondition.ts'

const known = Rule.variables(['home', 'known_payees'])
const astOf = (text: string) => Formula.compile(text, known, 'bool').ast
const readBack = (text: string) => read(text, astOf(text))

const int = (feature: string, operator: Row['operator'], ...values: string[]): Row => ({
  ...{ feature, kind: 'int', operator, values },
})
const text = (feature: string, operator: Row['operator'], ...values: string[]): Row => ({
  ...{ feature, kind: 'string', operator, values },
})
const bool = (feature: string, operator: Row['operator']): Row => ({ feature, kind: 'bool', operator, values: [] })

const ALL: Row[] = [
  int('amount', '>', '5000000'),
  int('amount', '>=', '1'),
  int('z.amount', '<', '-3000'),
  int('z.amount', '<=', '0'),
  int('at.hour', '==', '22'),
  int('at.hour', '!=', '6'),
  int('at.weekday', 'in', '6', '7'),
  int('at.weekday', 'not in', '1'),
  bool('new.payee', 'is'),
  bool('new.payee', 'is not'),
  text('country', '==', 'DE'),
  text('country', '!=', ''),
  text('country', 'in', 'DE', 'FR'),
  text('country', 'not in', 'KP'),
  text('country', 'in list', 'home'),
  text('payee', 'not in list', 'known_payees'),
  text('route', 'startsWith', 'route_'),
  text('route', 'endsWith', '_x'),
  text('route', 'contains', 'y'),
]

describe('one row', () => {
  test.each(ALL)('$feature $operator comes back', (row) => {
    const back = readBack(print({ join: 'or', groups: [[row]] }))
    expect(back).toEqual({ join: 'or', groups: [[row]] })
  })

  test('a text with everything that could end it stays a text', () => {
    const hostile = '"] || true // <img src=x onerror=alert(1)> \\" \' é 漢'
    const row = text('route', '==', hostile)
    const written = print({ join: 'or', groups: [[row]] })
    expect(readBack(written)).toEqual({ join: 'or', groups: [[row]] })
    expect(Formula.compile(written, known, 'bool').evaluate({ route: 'x' })).toEqual({ ok: true, value: false })
  })

  test('a number before its feature is turned round', () => {
    expect(readBack('5 < amount')).toEqual({ join: 'or', groups: [[int('amount', '>', '5')]] })
  })

  test('a bool that is compared is one that holds or does not', () => {
    expect(readBack('new.payee != true')?.groups).toEqual([[bool('new.payee', 'is not')]])
  })
})

describe('groups', () => {
  const a = int('amount', '>', '1')
  const b = bool('new.payee', 'is')
  const c = text('country', '==', 'DE')

  test('of rows joined by "and", one of which is enough', () => {
    const condition: Condition = { join: 'or', groups: [[a, b], [c]] }
    expect(print(condition)).toBe('amount > 1 && new.payee || country == "DE"')
    expect(readBack(print(condition))).toEqual(condition)
  })

  test('of rows joined by "or", all of which have to hold', () => {
    const condition: Condition = { join: 'and', groups: [[a, b], [c]] }
    expect(print(condition)).toBe('(amount > 1 || new.payee) && country == "DE"')
    expect(readBack(print(condition))).toEqual(condition)
  })

  test('without rows say nothing', () => {
    expect(print({ join: 'or', groups: [[], [a]] })).toBe('amount > 1')
  })
})

describe('what rows cannot say', () => {
  test.each([
    'amount * 2 > key.average',
    'amount > key.average',
    'key.calls >= 30 && (z.amount > 3000 && ratio.high > 1000 || z.amount < -3000)',
    'amount > 1 ? new.payee : false',
    '!(amount > 1)',
    'size(country) == 0',
    'amount > 1 // the dear ones',
  ])('%s', (formula) => {
    expect(readBack(formula)).toBeUndefined()
  })

  test('but two slashes in a text are no comment', () => {
    expect(readBack('route == "a//b"')?.groups).toEqual([[text('route', '==', 'a//b')]])
  })
})

test('every template that has the shape means the same when it is written again', () => {
  const same = Rule.templates.flatMap(({ when }) => {
    const condition = readBack(when)
    return condition === undefined ? [] : [[when, print(condition)] as const]
  })
  expect(same.length).toBeGreaterThan(5)
  for (const [before, after] of same) expect(after).toBe(before)
})

test('a row that lacks its value is told from one that has it', () => {
  expect(isComplete(int('amount', '>'))).toBe(false)
  expect(isComplete(int('amount', '>', 'x'))).toBe(false)
  expect(isComplete(int('amount', '>', '-1'))).toBe(true)
  expect(isComplete(text('country', '==', ''))).toBe(true)
  expect(isComplete(text('country', 'startsWith', ''))).toBe(false)
})
