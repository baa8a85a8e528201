/** Drafts of a set, and what becomes of them when somebody else published. */
import { describe, expect, test } from 'vitest'
import { draftOf, freeId, inOrder, isChanged, withoutRule, withRule } from '../src/pages/sentinel/rules/Draft.ts'
import { changes, conflictOf, isHarmless, rebased } from '../src/pages/sentinel/rules/Merge.ts'
import { draftKey, savedDraft } from '../src/pages/sentinel/rules/Store.ts'
import { DEFAULT } from '../src/pages/sentinel/breakers/Settings.ts'
import type { NewRule, Rule, Ruleset } from '../src/pages/sentinel/Types.ts'

const rule = (id: string, change: Partial<Rule> = {}): Rule => ({
  ...{ id, version: 1, name: id, when: 'amount > 1', severity: 'low', action: 'alert', fail: 'open' },
  ...{ priority: 0, group: 'all_match', state: 'enabled', over: 'session' },
  ...change,
})
const set = (revision: number, rules: Rule[], breaker: Ruleset['breaker'] = null): Ruleset => ({
  ...{ scope: 'owner', revision, rules, lists: [], breaker, author: 'x', createdAt: null, onItsWay: false },
})
const first = set(1, [rule('a'), rule('b')])
const named = (rules: readonly NewRule[], id: string) => rules.find((each) => each.id === id)?.name
const start = draftOf(first, 0)
const ofStart = (id: string) => {
  const found = start.rules.find((each) => each.id === id)
  if (found === undefined) throw new Error(`no rule ${id}`)
  return found
}

describe('a draft', () => {
  test('is no change before something was edited, nor when it was edited back', () => {
    const edited = withRule(start, { ...ofStart('a'), name: 'x' }, 1)
    expect(isChanged(start)).toBe(false)
    expect(isChanged(edited)).toBe(true)
    expect(isChanged(withRule(edited, ofStart('a'), 2))).toBe(false)
  })

  test('a rule that is taken out and put back is no change, wherever it stands then', () => {
    expect(isChanged(withRule(withoutRule(start, 'a', 1), ofStart('a'), 2))).toBe(false)
  })

  test('a rule that gets another id is the same one', () => {
    const { rules } = withRule(start, { ...ofStart('a'), id: 'c' }, 1, 'a')
    expect(rules.map(({ id }) => id)).toEqual(['c', 'b'])
  })

  test('shows rules in the order in which they are asked', () => {
    expect(inOrder([rule('b'), rule('a'), rule('z', { priority: 9 })]).map(({ id }) => id)).toEqual(['z', 'a', 'b'])
  })

  test('finds an id that is free and can be one', () => {
    expect(freeId([], 'Über 5 USDC!')).toBe('ber-5-usdc')
    expect(freeId([{ id: 'rule' }], '中文')).toBe('rule-2')
    expect(freeId([{ id: 'drain' }, { id: 'drain-2' }], 'drain')).toBe('drain-3')
  })
})

describe('somebody else published', () => {
  const mine = withRule(start, { ...ofStart('a'), name: 'mine' }, 1)

  test('no conflict while the draft starts from the set in force', () => {
    expect(conflictOf(mine, first)).toBeUndefined()
  })

  test('another revision with the same rules is harmless: a list was changed', () => {
    const conflict = conflictOf(mine, set(2, first.rules))
    expect(conflict !== undefined && isHarmless(conflict)).toBe(true)
  })

  test('what they changed elsewhere and what was changed here are both kept', () => {
    const now = set(2, [rule('a'), rule('b', { version: 2, name: 'theirs' }), rule('c')])
    expect(conflictOf(mine, now)?.clashes).toEqual([])
    const { rules, from } = rebased(mine, now, new Set(), 2)
    expect(from.revision).toBe(2)
    expect([named(rules, 'a'), named(rules, 'b'), named(rules, 'c')]).toEqual(['mine', 'theirs', 'c'])
  })

  test('of what both changed the person chooses', () => {
    const now = set(2, [rule('a', { version: 2, name: 'theirs' }), rule('b')])
    expect(conflictOf(mine, now)?.clashes.map(({ id }) => id)).toEqual(['a'])
    expect(named(rebased(mine, now, new Set(['a']), 2).rules, 'a')).toBe('mine')
    expect(named(rebased(mine, now, new Set(), 2).rules, 'a')).toBe('theirs')
  })

  test('both doing the same is no clash', () => {
    expect(conflictOf(mine, set(2, [rule('a', { version: 2, name: 'mine' }), rule('b')]))?.clashes).toEqual([])
  })

  test('a rule that was taken out here and changed there is a clash, too', () => {
    const now = set(2, [rule('a', { version: 2, name: 'theirs' }), rule('b')])
    const gone = withoutRule(start, 'a', 1)
    expect(conflictOf(gone, now)?.clashes.map(({ id }) => id)).toEqual(['a'])
    expect(named(rebased(gone, now, new Set(['a']), 2).rules, 'a')).toBeUndefined()
  })

  test('two budgets are a clash', () => {
    const own = { ...start, breaker: DEFAULT }
    const theirs = { ...DEFAULT, budget: '5' }
    const now = set(2, first.rules, theirs)
    expect(conflictOf(own, now)?.clashes.map(({ id }) => id)).toEqual([undefined])
    expect(rebased(own, now, new Set([undefined]), 2).breaker).toEqual(DEFAULT)
    expect(rebased(own, now, new Set(), 2).breaker).toEqual(theirs)
  })
})

test('changes are told by id: put in, changed, taken out', () => {
  const found = changes(
    [ofStart('a'), ofStart('b')],
    [
      { ...ofStart('b'), name: 'x' },
      { ...ofStart('a'), id: 'c' },
    ],
  )
  expect(found.map(({ id, before, after }) => [id, before === undefined, after === undefined])).toEqual([
    ['a', false, true],
    ['b', false, false],
    ['c', true, false],
  ])
})

test('drafts of others, of the other mode and of other scopes are other drafts', () => {
  const keys = [
    draftKey('0xa', 'live', {}),
    draftKey('0xb', 'live', {}),
    draftKey('0xa', 'test', {}),
    draftKey('0xa', 'live', { provider: 'p' }),
  ]
  expect(new Set(keys).size).toBe(4)
})

test('what is stored and is no draft is none', () => {
  expect(savedDraft('nothing')).toBeUndefined()
})
