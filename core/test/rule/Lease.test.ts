import * as Rule from '@pbstream/core/Rule'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

const NOON = Date.UTC(2026, 10, 23, 12)
const MINUTE = 60_000
const LIFE = 35_000
const none = new Rule.Lists([])
const calm: Rule.View['anomaly'] = {
  score: 0.25,
  signs: { pace: 0.1, price: 0, place: 0, country: 0, rhythm: 0, beat: 0 },
}

const usual: Rule.Ask = { at: NOON, amount: 1_000n, route: 'r', payee: 'p', place: 'home', country: 'CH' }

const rule = (when: string, more: Partial<Rule.RuleInput> = {}): Rule.RuleInput => ({
  id: 'rule',
  version: 1,
  name: 'rule',
  when,
  severity: 'low',
  action: 'block',
  fail: 'open',
  ...more,
})

/** A key that made so many usual calls, a second apart, the last of them just now. */
function used(calls: number, ask: Partial<Rule.Ask> = {}): Rule.KeyState {
  const state = new Rule.KeyState()
  for (let i = calls - 1; i >= 0; i--) state.granted({ ...usual, at: NOON - i * 1_000, ...ask })
  return state
}

type More = { wish?: Partial<Rule.LeaseWish>; state?: Rule.KeyState; lists?: Rule.Lists; snoozes?: Rule.Snoozes }

function count(
  rules: readonly Rule.RuleInput[],
  { wish, state = used(10), lists = none, snoozes = {} }: More = {},
): number {
  return Rule.leaseCount(Rule.parse(rules, lists.names), lists, snoozes, state, {
    ask: usual,
    anomaly: calm,
    until: NOON + LIFE,
    count: 100,
    out: [],
    inFlight: { count: 0, amount: 0n },
    ...wish,
  })
}
const out = (more: Partial<Rule.LeaseOut> = {}): Rule.LeaseOut => ({ ...usual, count: 10, ...more })

describe('a lease is good for', () => {
  test('all that is wished for where nothing could stop it', () => {
    expect(Rule.stops(Rule.parse([]))).toBe(false)
    expect(count([])).toBe(100)
    expect(count([rule('true', { action: 'alert' }), rule('true', { id: 'a', action: 'allow' })])).toBe(100)
    expect(count([rule('true', { state: 'shadow' }), rule('true', { id: 'b', state: 'off' })])).toBe(100)
    expect(count([rule('count.hour > 1000000')])).toBe(100)
    expect(count([rule('true')], { wish: { count: 0 } })).toBe(0)
    expect(count([rule('false')], { wish: { count: -1 } })).toBe(0)
  })

  test.each(['throttle', 'require_signature', 'block', 'freeze'] as const)('nothing where a rule says %s', (action) => {
    const rules = [rule('true', { action, ...(action === 'throttle' ? { seconds: 5 } : {}) })]
    expect(Rule.stops(Rule.parse(rules))).toBe(true)
    expect(count(rules)).toBe(0)
  })

  // Ten calls were made, of 1,000 each.
  test.each<[string, number]>([
    // As many calls like them may come beside the lease: 10 + 2 × 45.
    ['count.minute > 100', 45],
    ['count.minute > 99', 44],
    ['count.minute >= 12', 0],
    ['count.minute >= 13', 1],
    ['count.hour > 100', 45],
    ['count.day > 100', 45],
    ['sum.minute > 100000', 45],
    ['sum.hour > 100000', 45],
    ['sum.day > 100999', 45],
    ['sum.day > 101000', 45],
    ['sum.day > 102000', 46],
    ['key.calls > 100', 45],
    ['key.calls < 10', 100],
    ['key.calls < 11', 0],
    ['failures.hour * 1000 / max(count.hour, 1) > 10000', 55],
    ['key.hours > 0', 100],
    ['at.hour == 12', 0],
    ['at.hour == 13', 100],
    ['at.weekday > 1', 100],
    ['amount > 1000', 100],
    ['amount < 1000', 100],
    ['key.average < 1000', 100],
    ['key.average > 1000', 100],
    ['ratio.average != 1000', 100],
    ['ratio.high != 1000', 100],
    ['z.amount != 0', 100],
    ['distinct.routes > 1', 100],
    ['distinct.countries < 1', 100],
    ['new.route || new.payee || new.place || new.country', 100],
    ['!new.route', 0],
    ['country == "CH" && route == "r" && payee == "p" && place == "home"', 0],
    ['country != "CH"', 100],
    ['balance.known', 100],
    ['balance.left != 0 || balance.share != 0 || drain.hour != 0', 100],
    ['anomaly.score >= 251', 100],
    ['anomaly.score >= 250', 0],
    ['anomaly.pace >= 100', 0],
    ['anomaly.pace > 100', 100],
    ['count.minute > 30 && country != "CH"', 100],
    ['count.minute > 30 && country == "CH"', 10],
  ])('%s: %d calls', (when, expected) => {
    expect(count([rule(when)])).toBe(expected)
  })

  test('what the rule that is nearest leaves', () => {
    const rules = [rule('count.minute > 100', { id: 'a' }), rule('sum.minute > 60000', { id: 'b' })]
    expect(count(rules)).toBe(25)
    expect(count(rules.toReversed())).toBe(25)
    expect(count([...rules, rule('count.minute > 5', { id: 'c', state: 'shadow' })])).toBe(25)
    expect(count(rules, { wish: { count: 25 } })).toBe(25)
    expect(count(rules, { wish: { count: 26 } })).toBe(25)
  })

  test('no more than what is left after the other leases, and after what may come beside', () => {
    expect(count([rule('count.minute > 100')], { wish: { out: [out({ count: 30 })] } })).toBe(30)
    expect(count([rule('count.minute > 100')], { wish: { out: [out({ count: 30 }), out({ count: 58 })] } })).toBe(1)
    expect(count([rule('count.minute > 100')], { wish: { out: [out({ count: 90 })] } })).toBe(0)
    expect(count([rule('sum.minute > 100000')], { wish: { out: [out({ count: 30, amount: 2_000n })] } })).toBe(15)
  })

  test('of what may be taken back: a sum that is too small counts, too', () => {
    const inFlight = { count: 3, amount: 2_500n }
    expect(count([rule('count.minute < 9')], { wish: { inFlight } })).toBe(0)
    expect(count([rule('count.minute < 8')], { wish: { inFlight } })).toBe(100)
    expect(count([rule('sum.minute <= 8500')], { wish: { inFlight } })).toBe(0)
    expect(count([rule('sum.minute < 8500')], { wish: { inFlight } })).toBe(100)
    expect(
      count([rule('count.minute < 1 || sum.minute < 1000')], { wish: { inFlight: { count: 99, amount: 99_999n } } }),
    ).toBe(100)
    expect(count([rule('failures.hour > 30')], { wish: { inFlight } })).toBe(14)
  })

  test('of what leaves the window meanwhile', () => {
    const state = used(10, { at: NOON - 30_000 })
    expect(count([rule('count.minute < 11')], { state })).toBe(0)
    expect(count([rule('count.minute < 11')], { state, wish: { until: NOON + 29_000 } })).toBe(100)
    expect(count([rule('sum.minute < 11000')], { state })).toBe(0)
    expect(count([rule('sum.minute < 11000')], { state, wish: { until: NOON + 29_000 } })).toBe(100)
    state.failed(NOON - 60 * MINUTE)
    expect(count([rule('failures.hour < 1')], { state })).toBe(100)
    expect(count([rule('failures.hour < 1')], { state, wish: { until: NOON + MINUTE } })).toBe(0)
    state.granted({ ...usual, at: NOON - 1_440 * MINUTE, place: 'x' })
    expect(count([rule('distinct.places < 2')], { state, wish: { until: NOON + 59 * MINUTE } })).toBe(100)
    expect(count([rule('distinct.places < 2')], { state, wish: { until: NOON + 60 * MINUTE } })).toBe(0)
    const dear = used(1, { amount: 2_000n, at: NOON - 30 * 1_440 * MINUTE })
    dear.granted(usual)
    expect(count([rule('ratio.high > 500')], { state: dear, wish: { until: NOON + 719 * MINUTE } })).toBe(100)
    expect(count([rule('ratio.high > 500')], { state: dear, wish: { until: NOON + 720 * MINUTE } })).toBe(0)
    expect(count([rule('ratio.high > 1000')], { state: dear, wish: { until: NOON + 720 * MINUTE } })).toBe(100)
  })

  test('of the time until it is over', () => {
    const evening = NOON + 12 * 60 * MINUTE - 10_000
    const at = (when: string): number =>
      count([rule(when)], { wish: { ask: { ...usual, at: evening }, until: evening + LIFE } })
    expect(at('at.hour == 0')).toBe(0)
    expect(at('at.weekday == 2')).toBe(0)
    expect(at('at.hour > 23 || at.weekday > 7')).toBe(100)
    const hours = (until: number): number => count([rule('at.hour > 13')], { wish: { until } })
    expect(hours(NOON + 119 * MINUTE), 'longer than an hour may be any').toBe(0)
    expect(hours(NOON + 59 * MINUTE)).toBe(100)
    expect(count([rule('at.hour > 12')], { wish: { until: NOON - 1 } }), 'over before it began').toBe(100)
    expect(count([rule('key.hours >= 1')], { wish: { until: NOON + 60 * MINUTE } })).toBe(0)
    expect(count([rule('key.hours >= 2')], { wish: { until: NOON + 60 * MINUTE } })).toBe(100)
    const wish = { until: NOON + 60 * MINUTE }
    expect(count([rule('key.hours >= 1')], { wish, state: new Rule.KeyState() })).toBe(0)
    expect(count([rule('key.hours >= 2')], { wish, state: new Rule.KeyState() })).toBe(100)
  })

  test('of the balance: all that may be spent is, and more may come in', () => {
    const left = (when: string, balance = { left: 100_000n, of: 200_000n }): number =>
      count([rule(when)], { wish: { ask: { ...usual, balance } } })
    expect(left('!balance.known')).toBe(100)
    expect(left('balance.left < 50000')).toBe(25)
    expect(left('balance.share < 250')).toBe(25)
    expect(left('balance.left > 100000'), 'a deposit').toBe(0)
    expect(left('balance.share > 900'), 'a deposit').toBe(0)
    expect(left('balance.share < 1000', { left: 10_000_000n, of: 100_000n }), 'whatever comes in').toBe(100)
    expect(left('balance.share <= 1000', { left: 10_000_000n, of: 100_000n })).toBe(0)
    expect(left('balance.share < 0', { left: 1_000_000n, of: 0n })).toBe(100)
    expect(left('balance.share < 0', { left: 0n, of: 0n })).toBe(0)
    expect(left('balance.share < 0', { left: 1_000n, of: 0n })).toBe(1)
    // Of 110,000 an hour ago, 10 + 2 × 22 thousands are less than half.
    expect(left('drain.hour > 500')).toBe(22)
    expect(left('drain.hour > 5000')).toBe(50)
    expect(left('drain.hour < 0')).toBe(100)
    expect(left('drain.hour < 1'), 'much more may come in').toBe(0)
  })

  test('of the averages: how far they may move', () => {
    const dear = { ask: { ...usual, amount: 4_000n }, count: 1_000 }
    // 10 of 1,000, and then some of 4,000: the mean is 2,000 after five.
    expect(count([rule('key.average > 2000')], { wish: dear })).toBe(3)
    expect(count([rule('ratio.average < 2000')], { wish: dear })).toBe(2)
    expect(count([rule('ratio.average > 4000')], { wish: dear })).toBe(1_000)
    expect(count([rule('ratio.high > 4000 || ratio.high < 1000')], { wish: dear })).toBe(1_000)
    expect(count([rule('ratio.high < 1000')], { wish: { out: [out({ amount: 2_000n })] } })).toBe(0)
    expect(count([rule('ratio.high < 500')], { wish: { out: [out({ amount: 2_000n })] } })).toBe(100)
    expect(
      count([rule('ratio.average > 2000')], { wish: { out: [out({ amount: 1n, count: 10 })] } }),
      'cheaper ones',
    ).toBe(0)
    expect(count([rule('ratio.average > 2001')], { wish: { out: [out({ amount: 1n, count: 8 })] } })).toBe(1)
    expect(count([rule('z.amount > 3000')], { wish: dear }), 'it never strayed').toBe(0)
    const state = used(0)
    for (let i = 0; i < 300; i++) state.granted({ ...usual, amount: i % 2 === 0 ? 900n : 1_100n })
    expect(count([rule('z.amount > 3000')], { state, wish: { ask: { ...usual, amount: 1_100n } } })).toBe(100)
    expect(count([rule('z.amount > 3000')], { state, wish: { ask: { ...usual, amount: 1_250n } } })).toBe(37)
    expect(count([rule('z.amount < -1500')], { state, wish: { ask: { ...usual, amount: 900n } } })).toBe(81)
    expect(count([rule('z.amount < 0')], { state, wish: { ask: { ...usual, amount: 1_100n } } })).toBe(100)
    const first = new Rule.KeyState()
    expect(count([rule('z.amount != 0')], { state: first, wish: { count: 1 } })).toBe(1)
    expect(
      count([rule('z.amount < 2000')], { wish: { ask: { ...usual, amount: 5_000n } } }),
      'it strays from now on',
    ).toBe(0)
    expect(count([rule('key.average > 1000 || z.amount > 1000000')], { state: first })).toBe(100)
    expect(count([rule('ratio.average > 1000')], { state: first })).toBe(0)
    expect(count([rule('ratio.average < 0')], { state: first })).toBe(100)
    const free = { ask: { ...usual, amount: 0n } }
    expect(count([rule('ratio.average != 0 || ratio.high != 0')], { state: used(3, { amount: 0n }), wish: free })).toBe(
      100,
    )
  })

  test('of names: those of other leases count where they are others', () => {
    const wish = { out: [out({ country: 'US' }), out({ country: 'US', place: 'x' }), out({ country: 'CN' })] }
    expect(count([rule('distinct.countries > 3')], { wish })).toBe(100)
    expect(count([rule('distinct.countries >= 3')], { wish })).toBe(0)
    expect(count([rule('distinct.places > 2')], { wish })).toBe(100)
    expect(count([rule('distinct.places > 1')], { wish })).toBe(0)
    expect(count([rule('distinct.payees > 1')], { wish })).toBe(100)
    const many = Array.from({ length: 40 }, (_, i) => out({ country: `${i}` }))
    expect(count([rule('distinct.countries > 32')], { wish: { out: many } })).toBe(100)
    expect(count([rule('new.country')], { wish: { out: many } })).toBe(100)
    const more = Array.from({ length: 64 }, (_, i) => out({ country: `${i}` }))
    expect(count([rule('new.country')], { wish: { out: more } }), 'it may be pushed out').toBe(0)
    expect(count([rule('new.country')], { wish: { out: more.slice(1) } })).toBe(100)
    expect(count([rule('new.country')], { wish: { ask: { ...usual, country: 'US' } } }), 'never seen').toBe(0)
    expect(count([rule('new.place')], { state: new Rule.KeyState() }), 'the first').toBe(0)
    const DAY = 1_440 * MINUTE
    const old = used(1, { at: NOON - 30 * DAY })
    const edge = Math.ceil(NOON / DAY) * DAY
    const at = (time: number): Rule.LeaseWish['ask'] => ({ ...usual, at: time })
    expect(count([rule('new.place')], { state: old, wish: { ask: at(edge - 1), until: edge - 1 } })).toBe(100)
    expect(count([rule('new.place')], { state: old, wish: { ask: at(edge - 1), until: edge } })).toBe(0)
  })

  test('of lists: an entry may expire meanwhile', () => {
    const lists = new Rule.Lists([
      Rule.parseList({ name: 'some', entries: [{ value: 'CH', until: NOON + 5_000 }, { value: 'US' }] }),
    ])
    expect(count([rule('country in list.some')], { lists })).toBe(0)
    expect(count([rule('!(country in list.some)')], { lists })).toBe(0)
    expect(count([rule('!(country in list.some)')], { lists, wish: { until: NOON + 4_999 } })).toBe(100)
    expect(count([rule('!("US" in list.some)')], { lists })).toBe(100)
    expect(count([rule('size(list.some) == 1')], { lists })).toBe(0)
    expect(count([rule('size(list.some) == 0')], { lists })).toBe(100)
  })

  test('as rules are asked: failures, snoozes, and what ends a group', () => {
    const wrong = '1000 / (amount - 1000) > 1'
    expect(count([rule(wrong)])).toBe(100)
    expect(count([rule(wrong, { fail: 'closed' })])).toBe(0)
    expect(count([rule('true')], { snoozes: { rule: NOON + LIFE + 1 } })).toBe(100)
    expect(count([rule('true')], { snoozes: { rule: NOON + LIFE } }), 'awake at the end').toBe(0)
    expect(count([rule('true', { id: 'constructor' })])).toBe(0)
    const block = rule('count.minute > 30', { group: 'first_match' })
    const spare = (when: string, more: Partial<Rule.RuleInput> = {}): Rule.RuleInput =>
      rule(when, { id: 'spare', action: 'allow', group: 'first_match', priority: 1, ...more })
    expect(count([block])).toBe(10)
    expect(count([spare('country == "CH"'), block]), 'spared').toBe(100)
    expect(count([spare('country == "CH"'), { ...block, group: 'all_match' }]), 'not of that group').toBe(10)
    expect(count([spare('country == "CH"', { priority: 0, id: 'z' }), block]), 'after it').toBe(10)
    expect(count([spare('country == "US"'), block])).toBe(10)
    expect(count([spare('count.minute < 20'), block]), 'not for all of them').toBe(10)
    expect(count([spare(wrong), block])).toBe(10)
    expect(count([spare(wrong, { fail: 'closed' }), block])).toBe(100)
    expect(count([spare('country == "CH" || 1 / (amount - 1000) > 0'), block])).toBe(100)
    expect(count([spare('true', { state: 'shadow' }), block])).toBe(10)
    expect(count([spare('true', { group: 'all_match' }), block])).toBe(10)
    expect(count([spare('true'), block], { snoozes: { spare: NOON + 1 } }), 'asleep at first').toBe(10)
    expect(count([spare('true'), block], { snoozes: { spare: NOON } })).toBe(100)
  })
})

const names = fc.constantFrom('a', 'b', 'c')
const amounts = fc.constantFrom(0n, 1n, 10n, 999n, 1_000n, 1_000n, 5_000n)
const numbers = Object.entries(Rule.features).filter(([, { type }]) => type === 'int')
/** Comparisons with numbers of every size, so that some are near. */
const comparison = fc
  .tuple(
    fc.constantFrom(...numbers.map(([name]) => name)),
    fc.constantFrom('<', '>', '<=', '>=', '==', '!='),
    fc.oneof(
      fc.nat(20),
      fc.nat(200),
      fc.nat(20_000),
      fc.constantFrom(500, 1_000, 2_000),
      fc.integer({ min: -3_000, max: 0 }),
    ),
  )
  .map((parts) => parts.join(' '))
const flag = fc.constantFrom(
  'new.route',
  'new.payee',
  'new.place',
  'new.country',
  '!new.place',
  'country == "a"',
  'place in list.some',
)
const condition = fc.letrec<{ when: string }>((tie) => ({
  when: fc.oneof(
    { maxDepth: 2, depthSize: 'small' },
    comparison,
    flag,
    fc.tuple(tie('when'), fc.constantFrom('&&', '||'), tie('when')).map(([l, op, r]) => `(${l} ${op} ${r})`),
    fc.constant('failures.hour * 1000 / (count.hour - 3) > 500'),
    fc.constant('sum.hour / max(count.hour, 1) > ratio.average'),
  ),
})).when
const rules = fc.array(
  fc.record({
    when: condition,
    action: fc.constantFrom<Rule.Action>('block', 'freeze', 'allow'),
    group: fc.constantFrom('first_match' as const, 'all_match' as const),
    fail: fc.constantFrom('open' as const, 'closed' as const),
    priority: fc.nat(3),
  }),
  { minLength: 1, maxLength: 3 },
)
const call = fc.record({ amount: amounts, route: names, payee: names, place: names, country: names })
const past = fc.array(
  fc.record({
    call,
    gap: fc.constantFrom(0, 10, 900, 61_000, 3_600_000, 86_400_000),
    end: fc.constantFrom('kept', 'kept', 'less', 'void', 'open'),
  }),
  { maxLength: 25 },
)
/** What happens while leases are out: a call of this lease, of another, one like it beside them, or something else. */
const events = fc.array(
  fc.record({
    what: fc.constantFrom('own', 'own', 'out', 'beside', 'void', 'deposit'),
    at: fc.integer({ min: 0, max: LIFE }),
    which: fc.nat(),
    end: fc.constantFrom('kept', 'less', 'void'),
  }),
  { maxLength: 60 },
)

test('no call under a lease is one that a rule would have stopped, whatever else happens meanwhile', () => {
  let [runs, granted] = [0, 0]
  fc.assert(
    fc.property(
      fc.record({
        rules,
        past,
        events,
        ask: call,
        other: fc.array(fc.record({ call, count: fc.integer({ min: 1, max: 5 }) }), { maxLength: 3 }),
        balance: fc.option(fc.bigInt({ min: 0n, max: 400_000n }), { nil: undefined }),
        clockGoesBack: fc.boolean(),
      }),
      (given) => {
        const lists = new Rule.Lists([
          Rule.parseList({ name: 'some', entries: [{ value: 'a', until: NOON + 9_000 }, { value: 'b' }] }),
        ])
        const set = Rule.parse(
          given.rules.map(({ when, ...more }, i) => rule(when, { ...more, id: `r${i}` })),
          lists.names,
        )
        const state = new Rule.KeyState()
        const open: Rule.Ask[] = []
        let at = NOON - given.past.reduce((sum, { gap }) => sum + gap, 0)
        for (const { call: each, gap, end } of given.past) {
          const ask = { at: (at += gap), ...each }
          state.granted(ask)
          if (end === 'open') open.push(ask)
          else settle(state, ask, end)
        }
        let left = given.balance
        const balanceOf = (): { balance?: { left: bigint; of: bigint } } =>
          left === undefined ? {} : { balance: { left, of: 500_000n } }
        const ask = { at: NOON, ...given.ask, ...balanceOf() }
        state.granted(ask)
        open.push(ask)
        const wish: Rule.LeaseWish = {
          ask,
          anomaly: calm,
          until: NOON + LIFE,
          count: 40,
          out: given.other.map(({ call: each, count: calls }) => ({ ...each, count: calls })),
          inFlight: { count: open.length, amount: open.reduce((sum, { amount }) => sum + amount, 0n) },
        }
        const calls = Rule.leaseCount(set, lists, {}, state, wish)
        runs++
        if (calls > 0) granted++
        const rest = { own: calls, beside: calls, out: wish.out.map((lease) => lease.count) }
        const order = given.clockGoesBack ? given.events : given.events.toSorted((a, b) => a.at - b.at)
        for (const { what, at: after, which, end } of order) {
          const time = NOON + after
          if (what === 'deposit' && left !== undefined) left += 1_000n
          if (what === 'void') {
            const one = open.splice(which % Math.max(1, open.length), 1)[0]
            if (one !== undefined) {
              state.settled(one, 0n)
              state.failed(time)
              if (left !== undefined) left += one.amount
            }
          }
          if (what === 'out' && wish.out.length > 0) {
            const i = which % wish.out.length
            if (rest.out[i]! > 0) {
              rest.out[i]!--
              make({ ...wish.out[i]!, at: time, ...balanceOf() }, end)
            }
          }
          if ((what === 'own' || what === 'beside') && rest[what] > 0) {
            rest[what]--
            const now = { ...given.ask, at: time, ...balanceOf() }
            const decision = Rule.evaluate(set, state.view(now, calm), lists)
            if (what === 'own') expect(['allow', 'alert'], JSON.stringify(decision)).toContain(decision.action)
            make(now, end)
          }
        }

        function make(made: Rule.Ask, end: string): void {
          state.granted(made)
          const charged = settle(state, made, end)
          if (left !== undefined) left -= charged
        }
      },
    ),
    { numRuns: 700 },
  )
  // It is a third of them. For mutants there are only 50 runs: chance takes more of few.
  expect(granted, 'of many there is a lease').toBeGreaterThan(runs * 0.26 - Math.sqrt(runs))
})

/** What it came to. */
function settle(state: Rule.KeyState, ask: Rule.Ask, end: string): bigint {
  const charged = end === 'void' ? 0n : end === 'less' ? ask.amount / 2n : ask.amount
  if (charged !== ask.amount || end === 'void') state.settled(ask, charged)
  if (end === 'void') state.failed(ask.at)
  return charged
}
