import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Address } from '../src/Hex.ts'
import * as Policy from '../src/Policy.ts'

const address = (digit: string): Address => `0x${digit.repeat(40)}`
const TOKEN = address('a')
const PAYEE = address('b')
const OTHER = address('c')

const policy: Policy.Policy = {
  version: 3,
  status: 'active',
  token: TOKEN,
  payees: [PAYEE, OTHER],
  spendCap: 1_000n,
  periodAmount: 100n,
  periodDuration: 60,
  perPaymentMax: 40n,
  start: 1_000,
  expiry: 2_000,
  routes: ['chat', 'search'],
}
const unused: Policy.Usage = { spent: 0n, reserved: 0n, periodStart: 1_000, periodSpent: 0n }
const payment: Policy.Payment = { receiver: PAYEE, token: TOKEN, routeId: 'chat', hold: 10n }

type Over = { policy?: Partial<Policy.Policy>; usage?: Partial<Policy.Usage>; payment?: Partial<Policy.Payment> }
const check = (over: Over = {}, now = 1_010): Policy.Verdict =>
  Policy.check({ ...policy, ...over.policy }, { ...unused, ...over.usage }, { ...payment, ...over.payment }, now)
const ok = { ok: true }
const refused = (code: string, facts: Policy.Facts = {}) => ({ ok: false, code, facts })

describe('a payment within every limit', () => {
  test('may begin', () => expect(check()).toEqual(ok))
  test('also to another payee, for another route', () =>
    expect(check({ payment: { receiver: OTHER, routeId: 'search' } })).toEqual(ok))
  test('on any route when none is named', () =>
    expect(check({ policy: { routes: null }, payment: { routeId: 'anything' } })).toEqual(ok))
})

describe('each limit, to the unit and the second', () => {
  test('a key that was frozen or revoked pays nothing', () => {
    expect(check({ policy: { status: 'frozen' } })).toEqual(refused('session_key_frozen'))
    expect(check({ policy: { status: 'revoked' } })).toEqual(refused('session_key_revoked'))
  })
  test('start and expiry', () => {
    expect(check({}, 999)).toEqual(refused('session_key_not_started', { at: 1_000 }))
    expect(check({}, 1_000)).toEqual(ok)
    expect(check({}, 1_999)).toEqual(ok)
    expect(check({}, 2_000)).toEqual(refused('session_key_expired', { at: 2_000 }))
    expect(check({}, 2_001)).toEqual(refused('session_key_expired', { at: 2_000 }))
  })
  test('token, payees and routes', () => {
    expect(check({ payment: { token: OTHER } })).toEqual(refused('session_key_token'))
    expect(check({ payment: { receiver: TOKEN } })).toEqual(refused('session_key_payee'))
    expect(check({ policy: { payees: [] } })).toEqual(refused('session_key_payee'))
    expect(check({ payment: { routeId: 'cha' } })).toEqual(refused('session_key_route'))
    expect(check({ policy: { routes: [] } })).toEqual(refused('session_key_route'))
  })
  test('the maximum for one payment; zero: none', () => {
    expect(check({ payment: { hold: 40n } })).toEqual(ok)
    expect(check({ payment: { hold: 41n } })).toEqual(refused('session_key_payment_max', { left: 40n }))
    expect(check({ policy: { perPaymentMax: 0n }, payment: { hold: 100n } })).toEqual(ok)
  })
  test('the spend cap counts what is charged and what is held', () => {
    expect(check({ usage: { spent: 900n, reserved: 90n } })).toEqual(ok)
    expect(check({ usage: { spent: 900n, reserved: 91n } })).toEqual(refused('session_key_spend_cap', { left: 9n }))
    expect(check({ usage: { spent: 990n } })).toEqual(ok)
    expect(check({ usage: { spent: 991n } })).toEqual(refused('session_key_spend_cap', { left: 9n }))
  })
  test('a cap that was lowered below what is spent leaves nothing, not less', () =>
    expect(check({ usage: { spent: 2_000n } })).toEqual(refused('session_key_spend_cap', { left: 0n })))
  test('the period, with when the next one begins', () => {
    expect(check({ usage: { periodSpent: 90n } })).toEqual(ok)
    const facts = { left: 9n, at: 1_060 }
    expect(check({ usage: { periodSpent: 91n } })).toEqual(refused('session_key_period_limit', facts))
    expect(check({ usage: { periodSpent: 91n } }, 1_059)).toEqual(refused('session_key_period_limit', facts))
    expect(check({ usage: { periodSpent: 91n } }, 1_060)).toEqual(ok)
    expect(check({ usage: { periodSpent: 200n } })).toEqual(
      refused('session_key_period_limit', { left: 0n, at: 1_060 }),
    )
  })
  test('no next period is promised to a price that fits into none, or when the key stops before it', () => {
    const large = { policy: { perPaymentMax: 0n }, payment: { hold: 101n } }
    expect(check(large)).toEqual(refused('session_key_period_limit', { left: 100n }))
    const all = { usage: { periodSpent: 100n }, payment: { hold: 40n } }
    expect(check({ ...all, policy: { expiry: 1_060 } })).toEqual(refused('session_key_period_limit', { left: 0n }))
    expect(check({ ...all, policy: { expiry: 1_061 } })).toEqual(
      refused('session_key_period_limit', { left: 0n, at: 1_060 }),
    )
    const whole = { policy: { perPaymentMax: 0n }, usage: { periodSpent: 1n }, payment: { hold: 100n } }
    expect(check(whole)).toEqual(refused('session_key_period_limit', { left: 99n, at: 1_060 }))
  })
  test('without periods nothing but the cap counts', () => {
    const free = { periodAmount: 0n, periodDuration: 0 }
    expect(check({ policy: free, usage: { periodSpent: 999n } })).toEqual(ok)
  })
  test('a window that the clock has gone back behind goes on', () => {
    const usage = { periodStart: 1_060, periodSpent: 100n }
    expect(check({ usage })).toEqual(refused('session_key_period_limit', { left: 0n, at: 1_120 }))
  })
})

test('the first reason counts: who is stopped is not told of amounts', () => {
  const bad = { payment: { token: OTHER, receiver: TOKEN, routeId: 'x', hold: 5_000n } }
  const codes = [
    check({ ...bad, policy: { status: 'frozen' } }, 1),
    check(bad, 1),
    check(bad),
    check({ payment: { ...bad.payment, token: TOKEN } }),
    check({ payment: { routeId: 'x', hold: 5_000n } }),
    check({ payment: { hold: 5_000n } }),
    check({ policy: { perPaymentMax: 0n }, payment: { hold: 5_000n } }),
  ].map((verdict) => !verdict.ok && verdict.code.slice('session_key_'.length))
  expect(codes).toEqual(['frozen', 'not_started', 'token', 'payee', 'route', 'payment_max', 'spend_cap'])
})

describe('windows', () => {
  test('are aligned to the start', () => {
    const starts = [0, 999, 1_000, 1_059, 1_060, 1_061, 1_119, 1_120].map((now) => Policy.windowStart(policy, now))
    expect(starts).toEqual([1_000, 1_000, 1_000, 1_000, 1_060, 1_060, 1_060, 1_120])
  })
  test('are none without periods', () =>
    expect(Policy.windowStart({ ...policy, periodDuration: 0 }, 1_500)).toBe(1_000))
  test('contain their time and have no gap', () => {
    fc.assert(
      fc.property(fc.nat(1e9), fc.integer({ min: 1, max: 1e6 }), fc.nat(1e9), (start, periodDuration, after) => {
        const now = start + after
        const from = Policy.windowStart({ ...policy, start, periodDuration }, now)
        expect(from).toBeLessThanOrEqual(now)
        expect(from + periodDuration).toBeGreaterThan(now)
        expect((from - start) % periodDuration).toBe(0)
      }),
    )
  })
  test('a new one has seen nothing, the one that stands keeps what it has', () => {
    const usage = { ...unused, spent: 7n, reserved: 5n, periodSpent: 30n }
    expect(Policy.current(policy, usage, 1_059)).toEqual(usage)
    expect(Policy.current(policy, usage, 1_060)).toEqual({ ...usage, periodStart: 1_060, periodSpent: 0n })
  })
})

test('a key stops at its expiry, or has stopped', () => {
  expect(Policy.stopsAt(policy)).toBe(2_000)
  expect(Policy.stopsAt({ ...policy, status: 'frozen' })).toBe(0)
  expect(Policy.stopsAt({ ...policy, status: 'revoked' })).toBe(0)
})

test('what the cap leaves', () => {
  expect(Policy.capLeft(policy, { ...unused, spent: 600n, reserved: 150n })).toBe(250n)
  expect(Policy.capLeft(policy, { ...unused, spent: 1_001n })).toBe(0n)
})

describe('calls one after the other', () => {
  const limits = fc.record({
    spendCap: fc.bigInt(1n, 200n),
    periodAmount: fc.bigInt(1n, 60n),
    perPaymentMax: fc.bigInt(0n, 20n),
  })
  const calls = fc.array(fc.record({ wait: fc.nat(40), hold: fc.bigInt(1n, 25n), used: fc.bigInt(0n, 25n) }))

  test('never pass a limit by a unit, and a payment that would not is never refused', () => {
    fc.assert(
      fc.property(limits, calls, (over, sequence) => {
        const set: Policy.Policy = { ...policy, ...over, expiry: 1e9 }
        let [now, usage] = [1_000, unused]
        const windows = new Map<number, bigint>()
        for (const { wait, hold, used } of sequence) {
          now += wait
          usage = Policy.current(set, usage, now)
          const window = 1_000 + Math.floor((now - 1_000) / 60) * 60
          const before = windows.get(window) ?? 0n
          const fits =
            (set.perPaymentMax === 0n || hold <= set.perPaymentMax) &&
            usage.spent + hold <= set.spendCap &&
            before + hold <= set.periodAmount
          expect(Policy.check(set, usage, { ...payment, hold }, now).ok).toBe(fits)
          if (!fits) continue
          const charged = used < hold ? used : hold
          usage = { ...usage, spent: usage.spent + charged, periodSpent: usage.periodSpent + charged }
          windows.set(window, before + charged)
        }
        expect(usage.spent <= set.spendCap).toBe(true)
        for (const sum of windows.values()) expect(sum <= set.periodAmount).toBe(true)
      }),
    )
  })
})

describe('JSON', () => {
  const json: Policy.PolicyJson = {
    version: 3,
    status: 'active',
    token: TOKEN,
    payees: [PAYEE, OTHER],
    spendCap: '1000',
    periodAmount: '100',
    periodDuration: 60,
    perPaymentMax: '40',
    start: 1_000,
    expiry: 2_000,
    routes: ['chat', 'search'],
  }
  const parse = (over: object) => Policy.parse({ ...json, ...over })

  test('there and back', () => {
    expect(Policy.toJson(policy)).toEqual(json)
    expect(Policy.parse(json)).toEqual(policy)
    expect(Policy.parse(Policy.toJson({ ...policy, routes: null }))).toEqual({ ...policy, routes: null })
  })
  test('unknown members are dropped', () => expect(parse({ more: 1 })).toEqual(policy))

  const bad: Record<string, unknown[]> = {
    version: [0, -1, 1.5, '1', undefined, 2 ** 40],
    status: ['', 'expired', undefined, 1],
    token: [undefined, '0x', 5, `0x${'A'.repeat(40)}`],
    payees: [undefined, PAYEE, ['0x'], [PAYEE, 5], [`0x${'B'.repeat(40)}`], Array(33).fill(PAYEE), { length: 1 }],
    spendCap: [undefined, 1000, '01', '-1', (2n ** 128n).toString()],
    periodAmount: [undefined, 100, '1e3', '0'],
    periodDuration: [undefined, '60', -60, 0.5, 0, 2 ** 40],
    perPaymentMax: [undefined, 40, ''],
    start: [undefined, '1000', -1, 1.5, 2 ** 40, Number.NaN],
    expiry: [undefined, null, -1, 2 ** 40, Number.POSITIVE_INFINITY],
    routes: [undefined, 'chat', [''], ['chat', 5], [['chat']], ['x'.repeat(257)], Array(257).fill('chat')],
  }
  for (const [field, values] of Object.entries(bad)) {
    test(`a ${field} that is none is refused`, () => {
      for (const value of values) {
        expect(() => parse({ [field]: value }), String(value)).toThrow(Policy.InvalidPolicyError)
      }
    })
  }
  test('what is no object is refused', () => {
    for (const value of [null, undefined, 'policy', 7]) {
      expect(() => Policy.parse(value)).toThrow(new Policy.InvalidPolicyError('not a policy'))
      expect(Policy.isPolicy(value)).toBe(false)
    }
    expect(new Policy.InvalidPolicyError('x').name).toBe('InvalidPolicyError')
  })
  test('the largest of everything is fine', () => {
    const largest = {
      version: 2 ** 40 - 1,
      payees: Array(32).fill(PAYEE),
      routes: [...Array(255).fill('chat'), 'x'.repeat(256)],
      spendCap: (2n ** 128n - 1n).toString(),
      start: 0,
      expiry: 2 ** 40 - 1,
    }
    expect(parse(largest)).toMatchObject({ expiry: 2 ** 40 - 1, start: 0 })
    expect(parse({ payees: [], routes: [], version: 1 })).toMatchObject({ payees: [], version: 1 })
    expect(parse({ periodAmount: '0', periodDuration: 0 })).toMatchObject({ periodAmount: 0n })
    for (const status of ['frozen', 'revoked']) expect(parse({ status })).toMatchObject({ status })
  })
})

describe('comparing', () => {
  test('the same again, and anything else', () => {
    expect(Policy.same(policy, { ...policy, payees: [...policy.payees] })).toBe(true)
    const others: Partial<Policy.Policy>[] = [
      { version: 4 },
      { status: 'frozen' },
      { token: PAYEE },
      { payees: [PAYEE] },
      { spendCap: 1n },
      { periodAmount: 1n },
      { periodDuration: 1 },
      { perPaymentMax: 1n },
      { start: 1 },
      { expiry: 1 },
      { routes: null },
      { routes: [] },
    ]
    for (const other of others) expect(Policy.same(policy, { ...policy, ...other })).toBe(false)
  })
  test('windows stay with the start, the length and the token', () => {
    const stays = { version: 9, periodAmount: 1n, status: 'frozen', expiry: 9_999, routes: null } as const
    expect(Policy.sameWindows(policy, { ...policy, ...stays })).toBe(true)
    for (const other of [{ token: PAYEE }, { start: 1 }, { periodDuration: 1 }]) {
      expect(Policy.sameWindows(policy, { ...policy, ...other })).toBe(false)
    }
  })
})

test('the policy for a permission is its terms, and says nothing of who gave it', () => {
  const permission = {
    ...{ account: address('1'), key: address('2'), freezer: address('3'), salt: `0x${'4'.repeat(64)}` as const },
    ...{ token: TOKEN, payees: [PAYEE, OTHER], spendCap: 1_000n, periodAmount: 100n, periodDuration: 60 },
    ...{ perPaymentMax: 40n, start: 1_000, expiry: 2_000 },
  }
  const made = Policy.of(permission, { version: 3, status: 'active', routes: ['chat', 'search'] })
  expect(made).toEqual(policy)
  expect(Object.keys(made).sort()).toEqual(Object.keys(policy).sort())
})
