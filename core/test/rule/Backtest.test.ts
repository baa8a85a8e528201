import * as Rule from '@pbstream/core/Rule'
import { describe, expect, test } from 'vitest'
import { world } from '../support/abuse/Abuse.ts'

const START = Date.UTC(2026, 10, 23)
const none = new Rule.Lists([])

const payment = (i: number, amount: bigint, more: Partial<Rule.Recorded> = {}): Rule.Recorded => ({
  key: 'k',
  at: START + i * 60_000,
  amount,
  charged: amount,
  route: 'r',
  payee: 'p',
  place: 'home',
  country: 'CH',
  ...more,
})

const rule = (id: string, when: string, action: Rule.Action, more: Partial<Rule.RuleInput> = {}): Rule.RuleInput => ({
  id,
  version: 2,
  name: id,
  when,
  severity: 'low',
  action,
  fail: 'open',
  ...more,
})

const report = (payments: readonly Rule.Recorded[], rules: readonly Rule.RuleInput[]): Rule.BacktestReport =>
  Rule.backtest(payments, Rule.parse(rules), none)

describe('a backtest', () => {
  test('of no rules, and of rules that match nothing, stops nothing', () => {
    expect(report([payment(0, 5n), payment(1, 7n, { key: 'l' })], [])).toEqual({
      payments: 2,
      amount: '12',
      keys: 2,
      frozenKeys: 0,
      delayed: 0,
      stopped: 0,
      stoppedAmount: '0',
      saved: '0',
      honestStopped: 0,
      honestStoppedAmount: '0',
      rules: [],
    })
  })

  test('a draft in shadow counts as enabled, one that is off does not count', () => {
    const payments = [payment(0, 5n), payment(1, 100n, { isAbuse: true }), payment(2, 50n)]
    const found = report(payments, [
      rule('draft', 'amount >= 50', 'block', { state: 'shadow' }),
      rule('gone', 'true', 'freeze', { state: 'off' }),
    ])
    expect(found).toMatchObject({
      stopped: 2,
      stoppedAmount: '150',
      saved: '100',
      honestStopped: 1,
      honestStoppedAmount: '50',
    })
    expect(found.rules).toMatchObject([
      { rule: 'draft', version: 2, action: 'block', matches: 2, keys: 1, stopped: 2, saved: '100', honestStopped: 1 },
      { rule: 'gone', matches: 0, stopped: 0 },
    ])
  })

  test('what is stopped is not in the past of what comes after; what is charged less counts less', () => {
    const found = report(
      [payment(0, 10n, { charged: 4n }), payment(1, 60n), payment(2, 10n), payment(3, 10n)],
      [rule('hour', 'sum.hour > 20', 'block')],
    )
    // 4 + 60 is too much; 4 + 10 is not; 4 + 10 + 10 is.
    expect(found).toMatchObject({ stopped: 2, stoppedAmount: '70' })
  })

  test('a frozen key stays frozen, and what it would have paid counts for the rule that froze it', () => {
    const payments = [
      payment(0, 5n),
      payment(1, 99n, { isAbuse: true }),
      payment(2, 3n, { isAbuse: true }),
      payment(3, 2n),
      payment(4, 1n, { key: 'l' }),
    ]
    const found = report(payments, [rule('freeze', 'amount > 50', 'freeze')])
    expect(found).toMatchObject({ frozenKeys: 1, stopped: 3, saved: '102', honestStopped: 1, honestStoppedAmount: '2' })
    expect(found.rules).toMatchObject([{ matches: 1, stopped: 3, saved: '102' }])
  })

  test('an alert and an allow stop nothing, a throttle delays', () => {
    const rules = [
      rule('say', 'true', 'alert'),
      rule('let', 'true', 'allow'),
      rule('wait', 'amount > 5', 'throttle', { seconds: 5 }),
    ]
    const found = report([payment(0, 5n), payment(1, 6n)], rules)
    expect(found).toMatchObject({ delayed: 1, stopped: 0 })
    const by = Object.fromEntries(found.rules.map((each) => [each.rule, [each.matches, each.delayed]]))
    expect(by).toEqual({ say: [2, 0], let: [2, 0], wait: [1, 1] })
  })

  test('conditions without a value are counted, and what each rule stopped adds up', () => {
    const found = report(
      [payment(0, 5n), payment(1, 6n)],
      [
        rule('open', '1 / (amount - 5) > 5', 'block'),
        rule('closed', '1 / (amount - 5) > 5', 'block', { fail: 'closed' }),
      ],
    )
    expect(
      Object.fromEntries(found.rules.map((each) => [each.rule, [each.matches, each.withoutValue, each.stopped]])),
    ).toEqual({
      open: [0, 1, 0],
      closed: [1, 1, 1],
    })
    expect(found.stopped).toBe(1)
  })

  test('the rules that everybody begins with save most of what drains take, and stop next to nothing that is honest', () => {
    const recorded: Rule.Recorded[] = []
    for (const key of world(31, { honest: 3, attacked: 2 }, ['phone', 'traveller'])) {
      if (key.attack !== undefined && key.attack.kind !== 'drain') continue
      for (const each of key.payments) {
        const amount = BigInt(each.amount)
        recorded.push({ ...each, key: key.id, amount, charged: amount, isAbuse: key.stolen(each) })
      }
    }
    recorded.sort((a, b) => a.at - b.at)
    const found = report(recorded, Rule.seeds)
    const taken = recorded.reduce((sum, { isAbuse, charged }) => sum + (isAbuse === true ? charged : 0n), 0n)
    expect(Number(found.saved) / Number(taken)).toBeGreaterThan(0.9)
    // Before the drain; what comes after the freeze waits for the owner.
    const honest = recorded.filter(({ key }) => !key.startsWith('drain'))
    expect(report(honest, Rule.seeds).stopped / honest.length).toBeLessThan(0.01)
  })
})
