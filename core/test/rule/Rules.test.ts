import * as Rule from '@pbstream/core/Rule'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

const NOON = Date.UTC(2026, 10, 23, 12)

const usual: Rule.Ask = { at: NOON, amount: 1_000n, route: 'r', payee: 'p', place: 'home', country: 'CH' }
const view = (ask: Partial<Rule.Ask> = {}): Rule.View => new Rule.KeyState().ask({ ...usual, ...ask })
const none = new Rule.Lists([])

let made = 0
function rule(when: string, more: Partial<Rule.RuleInput> = {}): Rule.RuleInput {
  return { id: `r${made++}`, version: 1, name: 'n', when, severity: 'low', action: 'block', fail: 'open', ...more }
}

const decide = (
  rules: readonly Rule.RuleInput[],
  ask: Partial<Rule.Ask> = {},
  lists = none,
  snoozes: Rule.Snoozes = {},
): Rule.Decision => Rule.evaluate(Rule.parse(rules, lists.names), view(ask), lists, snoozes)

describe('a decision', () => {
  test('nothing matches: allowed, by nobody, with nothing to say', () => {
    expect(decide([rule('amount > 1000')])).toEqual({ action: 'allow', hits: [] })
  })

  test('names the rule and its version, what it saw, and the value of each part of its condition', () => {
    expect(decide([rule('amount >= 1000 && country == "CH"', { id: 'swiss', version: 7, severity: 'high' })])).toEqual({
      action: 'block',
      by: { rule: 'swiss', version: 7 },
      hits: [
        {
          rule: 'swiss',
          version: 7,
          action: 'block',
          severity: 'high',
          effect: 'done',
          inputs: { amount: '1000', country: 'CH' },
          nodes: [
            { text: 'amount', start: 0, end: 6, type: 'int', value: '1000' },
            { text: 'amount >= 1000', start: 0, end: 14, type: 'bool', value: 'true' },
            { text: 'country', start: 18, end: 25, type: 'string', value: '"CH"' },
            { text: 'country == "CH"', start: 18, end: 33, type: 'bool', value: 'true' },
            { text: 'amount >= 1000 && country == "CH"', start: 0, end: 33, type: 'bool', value: 'true' },
          ],
        },
      ],
    })
  })

  test('throttle says how long', () => {
    expect(decide([rule('true', { id: 'slow', action: 'throttle', seconds: 30 })])).toMatchObject({
      action: 'throttle',
      by: { rule: 'slow', version: 1, seconds: 30 },
    })
  })

  test('the hardest action is done, and of equally hard ones the rule of the highest priority is named', () => {
    const all = Rule.actions
      .filter((action) => action !== 'throttle')
      .map((action, i) => rule('true', { action, priority: i }))
    expect(decide(all.slice(0, 1)).action).toBe('allow')
    for (let i = 1; i < all.length; i++) expect(decide(all.slice(0, i + 1)).action).toBe(all[i]!.action)
    const equal = [
      rule('true', { id: 'b', priority: 1 }),
      rule('true', { id: 'c', priority: 2 }),
      rule('true', { id: 'a', priority: 1 }),
    ]
    expect(decide(equal).by?.rule).toBe('c')
    expect(decide(equal).hits.map((hit) => hit.rule)).toEqual(['c', 'a', 'b'])
  })

  test('of first_match the first that matches ends the group, so that allow spares what comes after; all_match counts anyway', () => {
    const first = (when: string, priority: number, action: Rule.Action): Rule.RuleInput =>
      rule(when, { priority, action, group: 'first_match' })
    const rules = [first('false', 4, 'freeze'), first('true', 3, 'allow'), first('true', 2, 'block')]
    expect(decide(rules)).toMatchObject({ action: 'allow', hits: [{ action: 'allow' }] })
    expect(decide([...rules, rule('true', { action: 'alert' })]).action).toBe('alert')
  })

  test('a rule in shadow or snoozed is recorded and not done, and does not end its group', () => {
    const rules = [
      rule('true', { id: 'draft', priority: 3, state: 'shadow', group: 'first_match', action: 'freeze' }),
      rule('true', { id: 'later', priority: 2, group: 'first_match', action: 'block' }),
      rule('true', { id: 'live', priority: 1, group: 'first_match', action: 'alert' }),
      rule('true', { id: 'gone', state: 'off' }),
    ]
    const decision = decide(rules, {}, none, { later: NOON + 1, gone: NOON + 1, constructor: NOON + 1 })
    expect(decision.action).toBe('alert')
    expect(decision.hits.map(({ rule: id, effect }) => [id, effect])).toEqual([
      ['draft', 'shadow'],
      ['later', 'snoozed'],
      ['live', 'done'],
    ])
    expect(decide(rules, {}, none, { later: NOON }).action, 'the snooze is over').toBe('block')
  })

  test('a condition without a value: no match for one that fails open, a match for one that fails closed', () => {
    const when = '1000 / (amount - 1000) > 1'
    expect(decide([rule(when)])).toMatchObject({ action: 'allow', hits: [{ effect: 'failed' }] })
    const closed = decide([rule(when, { fail: 'closed' })])
    expect(closed).toMatchObject({
      action: 'block',
      hits: [{ effect: 'done', error: 'division by 0 (line 1, column 1)' }],
    })
    expect(decide([rule(when, { fail: 'closed', state: 'shadow' })]).action).toBe('allow')
  })

  test('of a hit that is noted, nothing is worked out again', () => {
    const rules = [
      rule('amount >= 1000', { id: 'a' }),
      rule('amount > 1', { id: 'b', state: 'shadow' }),
      rule('1 / (amount - 1000) > 0', { id: 'c' }),
    ]
    const asked: [string, Rule.Effect][] = []
    const view = new Rule.KeyState().ask({
      at: NOON,
      amount: 1_000n,
      route: 'r',
      payee: 'p',
      place: 'h',
      country: 'CH',
    })
    const { action, by, hits } = Rule.evaluate(Rule.parse(rules), view, none, {}, ({ id }, effect) => {
      asked.push([id, effect])
      return effect !== 'done'
    })
    expect(asked).toEqual([
      ['a', 'done'],
      ['b', 'shadow'],
      ['c', 'failed'],
    ])
    expect([action, by?.rule]).toEqual(['block', 'a'])
    expect(hits.map(({ inputs, nodes }) => [inputs, nodes.length])).toEqual([
      [{ amount: '1000' }, 2],
      [{}, 0],
      [{}, 0],
    ])
    expect(hits[2]?.error).toContain('division by 0')
  })

  test('lists: entries count until they expire, and are recorded by their number', () => {
    const lists = new Rule.Lists([
      Rule.parseList({
        name: 'blocked',
        entries: [{ value: 'CH', until: NOON }, { value: 'US' }, { value: 'CN', until: NOON + 10 }],
      }),
    ])
    const rules = [rule('country in list.blocked')]
    const at = (time: number, country: string): string => decide(rules, { at: time, country }, lists).action
    expect(at(NOON - 1, 'CH')).toBe('block')
    expect(at(NOON, 'CH')).toBe('allow')
    expect(at(NOON + 9, 'CN')).toBe('block')
    expect(at(NOON + 10, 'CN')).toBe('allow')
    expect(at(NOON - 1, 'CH'), 'time may be asked in any order').toBe('block')
    expect(decide(rules, { country: 'US' }, lists).hits[0]?.inputs).toEqual({
      country: 'US',
      'list.blocked': '2 entries',
    })
  })

  test('agrees with its definition, whatever the rules', () => {
    const some = fc.record({
      matches: fc.constantFrom<'true' | 'false' | 'error'>('true', 'false', 'error'),
      action: fc.constantFrom(...Rule.actions.filter((action) => action !== 'throttle')),
      priority: fc.integer({ min: 0, max: 3 }),
      group: fc.constantFrom('first_match' as const, 'all_match' as const),
      fail: fc.constantFrom('open' as const, 'closed' as const),
      state: fc.constantFrom('enabled' as const, 'shadow' as const, 'off' as const),
      snoozed: fc.boolean(),
    })
    const text = { true: 'amount == 1000', false: 'amount != 1000', error: 'amount / 0 == 1' }
    fc.assert(
      fc.property(fc.array(some, { maxLength: 12 }), (all) => {
        const rules = all.map(({ matches, action, priority, group, fail, state }, i) =>
          rule(text[matches], { action, priority, group, fail, state, id: `r${String(i).padStart(2, '0')}` }),
        )
        const snoozes = Object.fromEntries(all.flatMap(({ snoozed }, i) => (snoozed ? [[rules[i]!.id, NOON + 1]] : [])))
        const order = all.map((each, i) => ({ ...each, id: rules[i]!.id })).toSorted((a, b) => b.priority - a.priority)
        const acts = order.filter(({ matches, fail, state, snoozed }) => {
          return state === 'enabled' && !snoozed && (matches === 'true' || (matches === 'error' && fail === 'closed'))
        })
        const first = acts.find(({ group }) => group === 'first_match')
        const counted = acts.filter((each) => each.group === 'all_match' || each === first)
        const hardest = Math.max(0, ...counted.map(({ action }) => Rule.actions.indexOf(action)))
        const decision = decide(rules, {}, none, snoozes)
        expect(decision.action).toBe(Rule.actions[hardest])
        expect(decision.by?.rule).toBe(counted.find(({ action }) => action === Rule.actions[hardest])?.id)
        expect(decision.hits.filter(({ effect }) => effect === 'done').map((hit) => hit.rule)).toEqual(
          counted.map(({ id }) => id),
        )
        expect(JSON.parse(JSON.stringify(decision))).toEqual(decision)
      }),
      { numRuns: 200 },
    )
  })
})

describe('what is refused', () => {
  const valid = rule('true', { id: 'ok' })
  test.each<[string, unknown, string]>([
    ['not a list', {}, 'expected array'],
    ['an id with capitals', [{ ...valid, id: 'No' }], 'small letters, digits, - and _, at most 64\n  → at [0].id'],
    ['version 0', [{ ...valid, version: 0 }], 'at [0].version'],
    ['no name', [{ ...valid, name: '' }], 'at [0].name'],
    ['an unknown action', [{ ...valid, action: 'explode' }], 'at [0].action'],
    ['no fail mode', [{ ...valid, fail: undefined }], 'at [0].fail'],
    ['something else', [{ ...valid, extra: 1 }], 'Unrecognized key: "extra"'],
    [
      'a throttle without seconds',
      [{ ...valid, action: 'throttle' }],
      'throttle has seconds, and nothing else has\n  → at [0].seconds',
    ],
    ['seconds of a block', [{ ...valid, seconds: 5 }], 'throttle has seconds, and nothing else has'],
    ['an id twice', [valid, valid], 'ok is there already: one version a rule\n  → at [1].id'],
    ['a condition that is no text', [{ ...valid, when: 5 }], 'at [0].when'],
    ['an unknown feature', [valid, rule('amout > 1', { id: 'typo' })], '→ at [1].when, rule typo'],
    ['a number for a condition', [rule('amount', { id: 'int' })], 'the result is int, not bool'],
    ['a list that is not there', [rule('country in list.other', { id: 'list' })], '→ at [0].when, rule list'],
    ['too many', Array.from({ length: 201 }, (_, i) => ({ ...valid, id: `x${i}` })), '<=200'],
  ])('%s', (_, value, message) => {
    let error: unknown
    try {
      Rule.parse(value, ['blocked'])
    } catch (thrown) {
      error = thrown
    }
    expect(error).toBeInstanceOf(Rule.InvalidRuleError)
    expect((error as Error).message).toContain(message)
  })

  test.each<[string, unknown, string]>([
    ['a name with capitals', { name: 'Blocked', entries: [] }, 'small letters, digits and _, at most 32'],
    ['a word of the language', { name: 'in', entries: [] }, 'a word of the language'],
    ['an empty entry', { name: 'a', entries: [{ value: '' }] }, 'at entries[0].value'],
    ['too many', { name: 'a', entries: Array.from({ length: 1_001 }, (_, i) => ({ value: `${i}` })) }, 'at entries'],
  ])('a list: %s', (_, value, message) => {
    expect(() => Rule.parseList(value)).toThrow(message)
    expect(() => Rule.parseList(value)).toThrow(Rule.InvalidRuleError)
  })
})
