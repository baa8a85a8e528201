/** The value of each part of a condition, as the service records it, becomes a tree that can be said in words. */
import * as Formula from '@pbstream/core/Formula'
import * as Rule from '@pbstream/core/Rule'
import { describe, expect, test } from 'vitest'
import { type Branch, treeOf } from '../src/pages/sentinel/decisions/Tree.ts'

const known = Rule.variables(['home'])

function tree(text: string, inputs: Formula.Inputs): Branch[] {
  return treeOf(Formula.compile(text, known, 'bool').trace(inputs).steps)
}

const outline = (branches: readonly Branch[]): unknown =>
  branches.map(({ step, shape, children }) => [shape.kind, step.value ?? step.error, outline(children)])

describe('a condition', () => {
  test('of parts that all have to hold is one row of them', () => {
    expect(
      outline(tree('amount > 1 && new.payee && at.hour < 6', { amount: 5n, 'new.payee': true, 'at.hour': 3n })),
    ).toEqual([
      [
        'all',
        'true',
        [
          ['compared', 'true', [['value', '5', []]]],
          ['value', 'true', []],
          ['compared', 'true', [['value', '3', []]]],
        ],
      ],
    ])
  })

  test('with brackets keeps "or" within "and"', () => {
    const [top] = tree('(at.hour >= 22 || at.hour < 6) && amount > 5', { 'at.hour': 23n, amount: 7n })
    expect(top?.shape.kind).toBe('all')
    expect(top?.children[0]?.shape.kind).toBe('any')
  })

  test('says both sides of a comparison as they are written', () => {
    const [top] = tree('amount > 5000000', { amount: 7n })
    expect(top?.shape).toEqual({ kind: 'compared', operator: '>', left: 'amount', right: '5000000' })
  })

  test('with a literal first still is a comparison', () => {
    const [top] = tree('"DE" in list.home', { 'list.home': ['DE'] })
    expect(top?.shape).toEqual({ kind: 'compared', operator: 'in', left: '"DE"', right: 'list.home' })
  })

  test('that must not hold', () => {
    const [top] = tree('!(country in list.home)', { country: 'FR', 'list.home': ['DE'] })
    expect([top?.shape.kind, top?.children[0]?.shape.kind]).toEqual(['not', 'compared'])
  })

  test('with reckoning shows what it came to', () => {
    const [top] = tree('amount * 2 > key.average', { amount: 3n, 'key.average': 10n })
    expect(top?.children.map(({ step, shape }) => [shape.kind, step.value])).toEqual([
      ['other', '6'],
      ['value', '10'],
    ])
  })

  test('without a value says where it had none', () => {
    const [top] = tree('amount / key.average > 2', { amount: 3n, 'key.average': 0n })
    expect([top?.step.error, top?.children[0]?.step.error]).toEqual(['division by 0', 'division by 0'])
  })

  test('of which the rest was not asked has only what was', () => {
    expect(outline(tree('new.payee || amount > 1', { 'new.payee': true, amount: 5n }))).toEqual([
      ['any', 'true', [['value', 'true', []]]],
    ])
  })
})

test('parts whose whole was left out stand beside each other', () => {
  const steps = Formula.compile('new.payee && amount > 1', known, 'bool').trace({ 'new.payee': true, amount: 5n }).steps
  expect(treeOf(steps.slice(0, -1)).map(({ step }) => step.text)).toEqual(['new.payee', 'amount > 1'])
})

test('every template gives one tree, with the whole condition on top', () => {
  for (const { when } of Rule.templates) {
    const inputs = Object.fromEntries(
      Object.entries(Rule.variables([])).map(([name, type]) => [
        name,
        type === 'int' ? 1n : type === 'bool' ? true : 'x',
      ]),
    )
    const all = tree(when, inputs)
    expect(all.map(({ step }) => step.text)).toEqual([when])
  }
})
