import * as Rule from '@pbstream/core/Rule'
import { describe, expect, test } from 'vitest'
import { random } from '../support/abuse/Random.ts'

const MINUTE = 60_000
const DAY = 1_440 * MINUTE
const START = Date.UTC(2026, 10, 2)
const set = Rule.parse(Rule.seeds)
const lists = new Rule.Lists([])

/** A key with eight usual days: ten calls an hour of about 1,000 each, out of 10 million. */
function used(): Rule.KeyState {
  const state = new Rule.KeyState()
  const r = random(3)
  for (let at = START; at < START + 8 * DAY; at += r.exponential(6 * MINUTE)) {
    const ask = usual(Math.floor(at), BigInt(Math.round(1_000 * r.lognormal(0.25))))
    state.ask(ask)
    state.granted(ask)
  }
  return state
}

const usual = (at: number, amount = 1_000n): Rule.Ask => ({
  at,
  amount,
  route: 'r',
  payee: 'p',
  place: 'home',
  country: 'CH',
  balance: { left: 5_000_000n, of: 10_000_000n },
})
const now = START + 8 * DAY + 5 * MINUTE

/** Calls one after the other, granted if nothing harder than an alert is done; the last decision. */
function last(state: Rule.KeyState, asks: readonly Rule.Ask[], rules = set): Rule.Decision {
  let decision: Rule.Decision = { action: 'allow', hits: [] }
  for (const ask of asks) {
    decision = Rule.evaluate(rules, state.ask(ask), lists)
    if (decision.action === 'allow' || decision.action === 'alert') state.granted(ask)
  }
  return decision
}

const rulesOf = (decision: Rule.Decision): string[] => decision.hits.map(({ rule }) => rule)

describe('the rules that everybody begins with', () => {
  test('are valid, each with its own place in the order', () => {
    expect(set.rules).toHaveLength(Rule.seeds.length)
    expect(new Set(set.rules.map(({ priority }) => priority)).size).toBe(set.rules.length)
    expect(set.rules.every(({ state, fail }) => state === 'enabled' && fail === 'open')).toBe(true)
  })

  test('say nothing of usual calls, nor of the first calls of a key', () => {
    expect(last(used(), [usual(now)])).toEqual({ action: 'allow', hits: [] })
    expect(
      last(
        new Rule.KeyState(),
        Array.from({ length: 9 }, (_, i) => usual(now + i * MINUTE, 10n ** BigInt(i))),
      ),
    ).toMatchObject({ action: 'allow' })
  })

  test.each<[string, Rule.Action, string, Rule.Ask[]]>([
    ['one call at eleven times the average', 'require_signature', 'amount-over-average', [usual(now, 11_500n)]],
    ['a small balance', 'alert', 'balance-low', [{ ...usual(now), balance: { left: 999_999n, of: 10_000_000n } }]],
    ['an amount far out', 'alert', 'amount-far-out', [usual(now, 2_500n)]],
    [
      'more than half of the money in an hour',
      'require_signature',
      'drain',
      [{ ...usual(now), balance: { left: 1_500n, of: 10_000_000n } }],
    ],
    ['another country', 'alert', 'new-country', [{ ...usual(now), country: 'US' }]],
    [
      'a fourth country in a day',
      'require_signature',
      'many-countries',
      ['US', 'CN', 'BR'].map((country, i) => ({ ...usual(now + i * MINUTE), country })),
    ],
  ])('%s: %s by %s', (_, action, rule, asks) => {
    const decision = last(used(), asks)
    expect(rulesOf(decision)).toContain(rule)
    expect(decision.action).toBe(action)
  })

  test('the hundred and first call within a minute is told of, and has to wait where somebody chose so', () => {
    // A new key, so that it is not also strange.
    const asks = Array.from({ length: 101 }, (_, i) => usual(now + i * 500))
    expect(last(new Rule.KeyState(), asks.slice(0, 100)).action).toBe('allow')
    expect(last(new Rule.KeyState(), asks)).toMatchObject({ action: 'alert', by: { rule: 'calls-a-minute' } })
    const chosen = Rule.parse(Rule.templates)
    expect(chosen.rules.map(({ id }) => id)).toEqual(set.rules.map(({ id }) => id))
    expect(last(new Rule.KeyState(), asks.slice(0, 100), chosen).action).toBe('allow')
    expect(last(new Rule.KeyState(), asks, chosen)).toMatchObject({
      action: 'throttle',
      by: { rule: 'calls-a-minute', seconds: 60 },
    })
  })

  test('leave a usual key its leases, and one that is drained none', () => {
    const state = used()
    const ask = usual(now)
    const { anomaly } = state.ask(ask)
    state.granted(ask)
    const wish = { anomaly, until: now + 35_000, count: 1_000, out: [], inFlight: { count: 1, amount: 1_000n } }
    expect(Rule.stops(set)).toBe(true)
    expect(Rule.leaseCount(set, lists, {}, state, { ...wish, ask })).toBe(1_000)
    const poor = { ...ask, balance: { left: 60_000n, of: 10_000_000n } }
    const few = Rule.leaseCount(set, lists, {}, state, { ...wish, ask: poor })
    // Half of what was there: ten usual calls of the hour before, and twice so many.
    expect(few).toBeGreaterThan(8)
    expect(few).toBeLessThan(16)
    expect(Rule.leaseCount(set, lists, {}, state, { ...wish, ask: { ...ask, amount: 11_500n } })).toBe(0)
  })

  test('a stolen key is frozen while it is drained, before two hundred calls are through', () => {
    const state = used()
    const drain = Array.from({ length: 200 }, (_, i) => ({
      ...usual(now + i * 700, 4_000n),
      country: 'US',
      place: 'far',
    }))
    const first = drain.findIndex((ask) => last(state, [ask]).action === 'freeze')
    expect(first).toBeGreaterThan(0)
    expect(first).toBeLessThan(100)
  })
})
