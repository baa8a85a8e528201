import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Detector } from '@pbstream/core/Anomaly'
import * as Rule from '@pbstream/core/Rule'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

const MINUTE = 60_000
const NOON = Date.UTC(2026, 10, 23, 12)
const none = new Rule.Lists([])
const usual: Rule.CrossEvent = {
  at: NOON,
  amount: 1_000n,
  key: 'k',
  route: 'r',
  payee: 'p',
  place: 'home',
  country: 'CH',
  isNew: false,
}

const rule = (when: string, more: Partial<Rule.RuleInput> = {}): Rule.RuleInput => ({
  id: 'rule',
  version: 1,
  name: 'rule',
  over: 'cross',
  when,
  severity: 'low',
  action: 'block',
  fail: 'open',
  ...more,
})

const value = (view: Rule.ScopeView, name: Rule.CrossFeatureName): unknown => Rule.crossInputs([name], view)[name]

describe('rules over all keys', () => {
  test('stand in one set with those over one key, and each is asked in its place', () => {
    const set = Rule.parse([
      rule('scope.count.minute >= 2', { id: 'all' }),
      rule('count.minute >= 1', { id: 'one', over: 'session', action: 'throttle', seconds: 5 }),
      rule('count.minute >= 1', { id: 'same', over: undefined, action: 'freeze' }),
      rule('scope.sum.day > 0', { id: 'off', state: 'off' }),
    ])
    expect([set.rules, set.cross.rules].map((all) => all.map(({ id }) => id))).toEqual([
      ['one', 'same'],
      ['all', 'off'],
    ])
    expect([...set.names]).toEqual(['count.minute'])
    expect([...set.cross.names]).toEqual(['scope.count.minute'])
    const { key: _, isNew: __, ...ask } = usual
    expect(Rule.evaluate(set, new Rule.KeyState().ask(ask), none)).toMatchObject({
      action: 'freeze',
      by: { rule: 'same' },
    })
    const state = new Rule.ScopeState()
    expect(Rule.evaluateCross(set.cross, state.ask(usual), none)).toEqual({ action: 'allow', hits: [] })
    const view = state.ask(usual)
    expect(Rule.evaluateCross(set.cross, view, none)).toMatchObject({
      action: 'block',
      by: { rule: 'all', version: 1 },
      hits: [{ effect: 'done', inputs: { 'scope.count.minute': '2' }, nodes: [{}, {}] }],
    })
    expect(Rule.evaluateCross(set.cross, view, none, { all: NOON + 1 })).toMatchObject({
      action: 'allow',
      hits: [{ effect: 'snoozed' }],
    })
    expect(Rule.evaluateCross(set.cross, view, none, {}, () => true).hits).toMatchObject([{ inputs: {}, nodes: [] }])
  })

  test.each(['allow', 'alert', 'block', 'freeze'] as const)('may %s', (action) => {
    expect(Rule.parse([rule('true', { action })]).cross.rules).toMatchObject([{ action }])
    expect(Rule.stops(Rule.parse([rule('true', { action })])), 'no call before it is made').toBe(false)
  })

  test.each<[string, unknown, string]>([
    [
      'a signature of all keys',
      rule('true', { action: 'require_signature' }),
      'cross rules allow, alert, block or freeze\n  → at [0].action',
    ],
    [
      'a delay of all keys',
      rule('true', { action: 'throttle', seconds: 5 }),
      'cross rules allow, alert, block or freeze',
    ],
    ['a feature of one key', rule('count.minute > 1'), 'there is no count.minute; there are amount, route'],
    [
      'a feature of all keys in a rule over one',
      rule('scope.keys.hour > 1', { over: 'session' }),
      'there is no scope.keys.hour',
    ],
    ['something else to look over', rule('true', { over: 'all' as 'cross' }), 'at [0].over'],
  ])('refused: %s', (_, given, message) => {
    expect(() => Rule.parse([given])).toThrow(message)
  })

  test('each feature is in the README, with its type and unit, and has a value of its type at any time', () => {
    const readme = readFileSync(join(import.meta.dirname, '../../src/rule/README.md'), 'utf8')
    const state = new Rule.ScopeState()
    for (const view of [state.view(NOON), state.ask({ ...usual, amount: 1n << 100n })]) {
      const all = Rule.crossInputs(Object.keys(Rule.crossFeatures), view)
      for (const [name, { type, unit, from, about }] of Object.entries(Rule.crossFeatures)) {
        expect(typeof all[name], name).toBe({ int: 'bigint', string: 'string' }[type])
        expect(readme).toContain(`| \`${name}\` | ${type} | ${unit} | ${from} | ${about} |`)
      }
      expect((all['scope.sum.day'] as bigint) < 1n << 63n).toBe(true)
    }
    expect(Rule.crossInputs(['amount', 'list.x', 'toString', 'count.minute'], state.view(NOON))).toEqual({ amount: 0n })
    expect(Object.keys(Rule.crossVariables(['x']))).toEqual([...Object.keys(Rule.crossFeatures), 'list.x'])
  })
})

describe('what is kept of all calls', () => {
  test('of a call, and of no call', () => {
    const state = new Rule.ScopeState()
    const names = ['amount', 'route', 'payee', 'country', 'place', 'at.hour', 'at.weekday', 'scope.count.day']
    expect(Rule.crossInputs(names, state.ask(usual))).toEqual({
      amount: 1_000n,
      route: 'r',
      payee: 'p',
      country: 'CH',
      place: 'home',
      'at.hour': 12n,
      'at.weekday': 1n,
      'scope.count.day': 1n,
    })
    expect(Rule.crossInputs(names, state.view(NOON + MINUTE))).toEqual({
      amount: 0n,
      route: '',
      payee: '',
      country: '',
      place: '',
      'at.hour': 12n,
      'at.weekday': 1n,
      'scope.count.day': 1n,
    })
  })

  test('is what a list of all calls says, in whatever order they come, also after a restart', () => {
    const event = fc.record({
      after: fc.constantFrom(0, 0, 1, 999, 30_000, 61 * MINUTE, 25 * 60 * MINUTE, -1_000, -70_000),
      amount: fc.bigInt({ min: 0n, max: 10n ** 12n }),
      key: fc.constantFrom('a', 'b', 'c', 'd'),
      place: fc.constantFrom('', 'home', 'x'),
      isNew: fc.boolean(),
    })
    const inside = <T extends { at: number }>(all: readonly T[], now: number, part: number, parts: number): T[] => {
      const last = Math.floor(Math.max(now, ...all.map(({ at }) => at)) / part)
      return all.filter(({ at }) => Math.floor(at / part) >= last - parts)
    }
    fc.assert(
      fc.property(fc.array(event, { maxLength: 30 }), fc.nat(30), (events, restartAt) => {
        let state = new Rule.ScopeState()
        const all: Rule.CrossEvent[] = []
        let at = NOON
        for (const [i, { after, ...more }] of events.entries()) {
          if (i === restartAt) state = new Rule.ScopeState(JSON.parse(JSON.stringify(state)))
          all.push({ ...usual, ...more, at: (at += after) })
          const view = state.ask(all.at(-1)!)
          for (const [span, part, parts] of [
            ['minute', 1_000, 60],
            ['hour', MINUTE, 60],
            ['day', 30 * MINUTE, 48],
          ] as const) {
            const found = inside(all, at, part, parts)
            expect(view.count(span)).toBe(found.length)
            expect(view.sum(span)).toBe(found.reduce((sum, { amount }) => sum + amount, 0n))
          }
          expect(view.keys()).toBe(new Set(inside(all, at, MINUTE, 60).map(({ key }) => key)).size)
          const fresh = all.filter(({ isNew }) => isNew)
          expect(view.newKeys()).toBe(inside(fresh, at, MINUTE, 60).length)
          const { place } = all.at(-1)!
          const same = place === '' ? [] : all.filter((each) => each.place === place)
          expect(view.placeKeys()).toBe(new Set(inside(same, at, 60 * MINUTE, 24).map(({ key }) => key)).size)
        }
      }),
      { numRuns: 200 },
    )
  })

  test('failures: thousandths of the calls of ten minutes, and nothing of fewer than twenty', () => {
    const state = new Rule.ScopeState()
    const share = (at = NOON): unknown => value(state.view(at), 'scope.failures.share')
    state.ended(NOON, 19, 19)
    expect(share()).toBe(0n)
    state.ended(NOON, 1, 0)
    expect(share()).toBe(950n)
    state.ended(NOON + 1_000, 10, 1)
    expect(share()).toBe(666n)
    expect(share(NOON + 10 * MINUTE)).toBe(666n)
    expect(share(NOON + 11 * MINUTE)).toBe(0n)
    const again = new Rule.ScopeState(JSON.parse(JSON.stringify(state)))
    expect(value(again.view(NOON), 'scope.failures.share')).toBe(666n)
  })

  test('revenue is that of five minutes, counted when it is heard of, and a silence counts as nothing', () => {
    const revenue = [...Array.from({ length: 320 }, (_, i) => 5_000 + ((i * 37) % 11) * 100), 0, 0, 90_000]
    const detector = new Detector()
    let score = 0
    let state = new Rule.ScopeState()
    for (const [i, amount] of revenue.entries()) {
      const at = NOON + i * 5 * MINUTE
      if (i === 200) state = new Rule.ScopeState(JSON.parse(JSON.stringify(state)))
      if (amount > 0) {
        // Half of it happened a day ago, and is heard of now.
        const half = BigInt(amount / 2)
        expect(state.ask({ ...usual, at, amount: half }).revenue, `${i}`).toBe(score)
        expect(state.ask({ ...usual, at: at - 1_440 * MINUTE, amount: half }, at + 299_999).revenue).toBe(score)
      }
      score = detector.observe(at + 5 * MINUTE, amount)
    }
    const end = NOON + revenue.length * 5 * MINUTE
    expect(state.view(end - 1).revenue).not.toBe(score)
    expect(state.view(end).revenue).toBe(score)
    expect(score).toBeGreaterThan(0)
    expect(value(state.view(end), 'anomaly.revenue')).toBe(BigInt(Math.trunc(score * 1_000)))
    expect(state.view(end - MINUTE * 60).revenue, 'time does not go back').toBe(score)
  })

  test('a silence of years is no more work than one of a day', () => {
    const state = new Rule.ScopeState()
    state.ask(usual)
    const later = NOON + 10_000 * 1_440 * MINUTE
    state.view(later)
    const other = new Rule.ScopeState()
    other.ask({ ...usual, at: later - 288 * 5 * MINUTE })
    other.view(later)
    expect(state.toJSON().revenue).toEqual(other.toJSON().revenue)
    expect(state.toJSON().revenue.detector.seen).toBe(288)
  })

  test('is bounded, whatever comes: the network that called longest ago is forgotten, and keys beyond the most', () => {
    const state = new Rule.ScopeState()
    for (let i = 0; i < 128; i++) state.ask({ ...usual, place: `p${i}`, key: `k${i}` })
    state.ask({ ...usual, place: 'p0', key: 'other' })
    state.ask({ ...usual, place: 'new' })
    expect(value(state.ask({ ...usual, place: 'p0' }), 'scope.place.keys.day')).toBe(3n)
    expect(value(state.ask({ ...usual, place: 'p1' }), 'scope.place.keys.day'), 'forgotten').toBe(1n)
    expect(state.toJSON().places).toHaveLength(128)
    const long = 'x'.repeat(66)
    state.ask({ ...usual, place: `${long}1`, key: `${long}1` })
    expect(value(state.ask({ ...usual, place: `${long}2`, key: `${long}2` }), 'scope.place.keys.day')).toBe(1n)
    for (let i = 0; i < 1_100; i++) state.ask({ ...usual, key: `z${i}` })
    expect(value(state.ask(usual), 'scope.keys.hour')).toBe(1_000n)
    expect(value(state.ask(usual), 'scope.place.keys.day')).toBe(64n)
    expect(JSON.stringify(state).length).toBeLessThan(500_000)
  })
})
