import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import type { RuleInput } from '@pbstream/core/Rule'
import { beforeEach, describe, expect, test } from 'vitest'
import type { Observed, ScopeCharge, ScopeFailures, SentinelScopeApi } from '../src/Port.ts'
import { SentinelScope, START } from './worker.ts'

const { SCOPES } = env as unknown as { SCOPES: DurableObjectNamespace }
const MINUTE = 60_000
let names = 0

beforeEach(() => {
  SentinelScope.time = START
  SentinelScope.told.length = 0
  SentinelScope.failures = 0
})

function fresh(kind: 'provider' | 'owner' = 'provider') {
  const scope = kind === 'provider' ? `provider:p${names++}` : `owner:live:0x${names++}`
  const stub = SCOPES.getByName(scope)
  const object = stub as unknown as SentinelScopeApi
  const observe = (what: Partial<Observed>) => object.observe(1, scope, { charges: [], failures: [], ...what })
  return { scope, stub, object, observe }
}

const session = (payer: number, key = payer) => `8453:0xc:0xpayer${payer}:0xkey${key}`
const charge = (seq: number, more: Partial<ScopeCharge> = {}): ScopeCharge => {
  const of = { session: session(1), seq, at: SentinelScope.time, amount: '100', providerId: 'p', route: 'r' }
  return { ...of, payee: '0xpayee', country: 'DE', place: 'here', ...more }
}
const ended = (payer: number, calls: number, failures: number, revision = 1): ScopeFailures => {
  const of = { providerId: 'p', routeId: 'r', calls, failures, revision, at: SentinelScope.time }
  return { session: session(payer), ...of }
}
const rule = (when: string, more: Partial<RuleInput> = {}): RuleInput => {
  const base = {
    id: 'cross',
    version: 1,
    name: 'Across keys',
    severity: 'high',
    action: 'alert',
    fail: 'open',
  } as const
  return { ...base, over: 'cross', when, ...more }
}
const set = (rules: RuleInput[], revision = 1) => ({ revision, rules, lists: [] })
const ring = (stub: DurableObjectStub) => runDurableObjectAlarm(stub)
const decisions = () => SentinelScope.told.flatMap((each) => (each.kind === 'decision' ? [each.decision] : []))
const breakers = () => SentinelScope.told.flatMap((each) => (each.kind === 'breaker' ? [each.breaker] : []))
const stops = () => SentinelScope.told.flatMap((each) => (each.kind === 'stop' ? [each] : []))

describe('a rule across keys', () => {
  test('sees the charges of all keys, each once, and its decision says what it saw', async () => {
    const { scope, stub, observe } = fresh()
    const rules = set([rule('scope.sum.hour >= 300')])
    await observe({ set: rules, charges: [charge(1), charge(1, { session: session(2) })] })
    await observe({ charges: [charge(1), charge(1, { session: session(2) })] })
    await ring(stub)
    expect(decisions()).toEqual([])
    await observe({ charges: [charge(2)] })
    await ring(stub)
    expect(decisions()).toMatchObject([
      {
        number: 1,
        scope,
        rule: 'cross',
        version: 1,
        action: 'alert',
        effect: 'done',
        cause: 'Across keys',
        call: { providerId: 'p', routeId: 'r', amount: '100', country: 'DE', payee: '0xpayee' },
        hits: [{ rule: 'cross', severity: 'high', inputs: { 'scope.sum.hour': '300' } }],
        repeats: 0,
      },
    ])
    expect(decisions()[0]!.id).toMatch(/^dec_[0-9a-f]{32}$/)
  })
  test('counts keys of a network, and new keys', async () => {
    const { stub, observe } = fresh()
    const rules = set([
      rule('scope.place.keys.day >= 3', { id: 'shared' }),
      rule('scope.keys.new.hour >= 4', { id: 'rush' }),
    ])
    const of = (payer: number, place: string) => charge(1, { session: session(payer), place })
    await observe({ set: rules, charges: [of(1, 'a'), of(2, 'a'), of(3, 'b')] })
    await ring(stub)
    expect(decisions()).toEqual([])
    await observe({ charges: [of(4, 'a')] })
    await ring(stub)
    expect(decisions().map((each) => each.rule)).toEqual(['rush', 'shared'])
  })
  test('that matches all the time is one decision in ten minutes, with its repeats told once a minute', async () => {
    const { stub, observe } = fresh()
    await observe({ set: set([rule('amount > 0')]), charges: Array.from({ length: 50 }, (_, i) => charge(i + 1)) })
    SentinelScope.time += MINUTE
    await observe({ charges: [charge(51)] })
    SentinelScope.time += 9 * MINUTE
    await observe({ charges: [charge(52)] })
    await ring(stub)
    expect(decisions().map(({ number, repeats }) => [number, repeats])).toEqual([
      [1, 0],
      [1, 50],
      [2, 0],
    ])
  })
  test('in shadow is decided and does nothing', async () => {
    const { stub, observe } = fresh()
    const rules = set([rule('amount > 0', { action: 'block', state: 'shadow' })])
    await observe({ set: rules, charges: [charge(1)] })
    await ring(stub)
    expect(decisions()).toMatchObject([{ action: 'block', effect: 'shadow' }])
    expect(breakers()).toEqual([])
  })
  test('that freezes stops each key it meets, once for a decision', async () => {
    const { scope, stub, observe } = fresh()
    const rules = set([rule('place == "bad"', { action: 'freeze' })])
    const bad = [charge(1, { place: 'bad' }), charge(2, { place: 'bad' })]
    await observe({ set: rules, charges: [...bad, charge(1, { session: session(2), place: 'bad' })] })
    await ring(stub)
    expect(stops()).toMatchObject([
      { session: session(1), order: { scope, kind: 'frozen', rule: 'cross', decisionId: decisions()[0]!.id } },
      { session: session(2), order: { decisionId: decisions()[1]!.id } },
    ])
  })
  test('of an owner blocks by stopping the key, in his scope', async () => {
    const { stub, observe } = fresh('owner')
    await observe({ set: set([rule('amount > 0', { action: 'block' })]), charges: [charge(1)] })
    await ring(stub)
    expect(stops()).toMatchObject([{ session: session(1), order: { scope: 'owner', kind: 'frozen' } }])
    expect(breakers()).toEqual([])
  })
  test('of an older set, or of one that cannot be read, never takes the place of the one in force', async () => {
    const { stub, observe } = fresh()
    await observe({ set: set([rule('amount > 0')], 5) })
    await observe({ set: set([], 4) })
    await observe({ set: set([rule('amount >')], 6) })
    await evictDurableObject(stub)
    await observe({ charges: [charge(1)] })
    await ring(stub)
    expect(decisions()).toHaveLength(1)
  })
  test('is asked every five minutes too, when it goes by the revenue', async () => {
    const { stub, observe } = fresh()
    await observe({ set: set([rule('anomaly.revenue == 0 && amount == 0')]), charges: [charge(1)] })
    expect(await runInDurableObject(stub, (_, { storage }) => storage.getAlarm())).toBe(START + 5 * MINUTE + 1)
    SentinelScope.time = START + 5 * MINUTE + 1
    await ring(stub)
    expect(decisions()).toMatchObject([{ rule: 'cross', repeats: 0 }])
    expect(decisions()[0]).not.toHaveProperty('call')
    expect(await runInDurableObject(stub, (_, { storage }) => storage.getAlarm())).toBe(START + 10 * MINUTE + 1)
  })
  test('does not count what is older than a day, nor believe in a clock that is ahead', async () => {
    const { stub, observe } = fresh()
    const old = charge(1, { at: START - 86_400_000 })
    const ahead = charge(2, { at: START + 86_400_000 })
    await observe({ set: set([rule('scope.count.day >= 2')]), charges: [old, ahead] })
    await ring(stub)
    expect(decisions()).toEqual([])
    await observe({ charges: [charge(3)] })
    await ring(stub)
    expect(decisions()).toMatchObject([{ hits: [{ inputs: { 'scope.count.day': '2' } }] }])
  })
})

test('without rules nothing is kept of charges but which were seen', async () => {
  const { stub, observe } = fresh()
  await observe({ charges: [charge(1)] })
  const kept = await runInDurableObject(stub, (_, { storage }) =>
    storage.sql.exec<{ name: string }>('SELECT name FROM kept').toArray(),
  )
  expect(kept).toEqual([{ name: 'scope' }])
})

describe('what follows', () => {
  test('is told until it is heard, in order, and over a restart', async () => {
    const { stub, observe } = fresh()
    SentinelScope.failures = 2
    await observe({ set: set([rule('amount > 0')]), charges: [charge(1)] })
    await ring(stub)
    expect(await runInDurableObject(stub, (_, { storage }) => storage.getAlarm())).toBe(START + 1_000)
    await evictDurableObject(stub)
    SentinelScope.time += 1_000
    await ring(stub)
    expect(await runInDurableObject(stub, (_, { storage }) => storage.getAlarm())).toBe(START + 3_000)
    expect(decisions()).toEqual([])
    SentinelScope.time += 2_000
    await ring(stub)
    expect(decisions()).toHaveLength(1)
    await ring(stub)
    expect(decisions()).toHaveLength(1)
  })
})

describe('the breaker of an upstream', () => {
  test('opens when half of the calls of two payers failed, and says so', async () => {
    const { scope, stub, observe } = fresh()
    await observe({ failures: [ended(1, 10, 5), ended(2, 9, 4)] })
    await ring(stub)
    expect(breakers()).toEqual([])
    await observe({ failures: [ended(2, 10, 5, 2)] })
    await ring(stub)
    expect(breakers()).toMatchObject([
      {
        scope,
        subject: 'upstream:r',
        phase: 'open',
        until: START + 10_000,
        by: 'sentinel',
        cause: '10 of 20 calls failed within a minute',
        revision: 1,
      },
    ])
  })
  test('is not opened by one payer alone, however many keys he has', async () => {
    const { stub, observe } = fresh()
    const mine = Array.from({ length: 30 }, (_, i) => ({ ...ended(1, 100, 100), session: session(1, i) }))
    await observe({ failures: mine })
    await ring(stub)
    expect(breakers()).toEqual([])
  })
  test('forgets failures after a minute', async () => {
    const { stub, observe } = fresh()
    await observe({ failures: [ended(1, 10, 10)] })
    SentinelScope.time += MINUTE
    await observe({ failures: [ended(2, 10, 10)] })
    await ring(stub)
    expect(breakers()).toEqual([])
  })
  test('counts what is new in a cumulative number, once, and no older one', async () => {
    const { stub, observe } = fresh()
    await observe({ failures: [ended(1, 10, 10, 3)] })
    await observe({ failures: [ended(1, 10, 10, 3), ended(1, 5, 5, 2), ended(2, 9, 9)] })
    await ring(stub)
    expect(breakers()).toEqual([])
  })
  test('half open, closes after three good calls, and then judges anew', async () => {
    const { stub, observe } = fresh()
    await observe({ failures: [ended(1, 10, 10), ended(2, 10, 10)] })
    SentinelScope.time += 10_000
    await observe({ failures: [ended(3, 2, 0)] })
    await ring(stub)
    expect(breakers().map(({ phase }) => phase)).toEqual(['open'])
    await observe({ failures: [ended(4, 1, 0)] })
    await observe({ failures: [ended(5, 5, 5)] })
    await ring(stub)
    expect(breakers().map(({ phase, until }) => [phase, until])).toEqual([
      ['open', START + 10_000],
      ['closed', null],
    ])
  })
  test('half open, opens for twice as long after a bad call', async () => {
    const { stub, observe } = fresh()
    await observe({ failures: [ended(1, 10, 10), ended(2, 10, 10)] })
    SentinelScope.time += 10_000
    await observe({ failures: [ended(3, 3, 1)] })
    await ring(stub)
    expect(breakers().map(({ until }) => until)).toEqual([START + 10_000, START + 30_000])
  })
  test('hears nothing while it is open', async () => {
    const { stub, observe } = fresh()
    await observe({ failures: [ended(1, 10, 10), ended(2, 10, 10)] })
    SentinelScope.time += 9_999
    await observe({ failures: [ended(3, 50, 50), ended(4, 50, 0)] })
    await ring(stub)
    expect(breakers()).toHaveLength(1)
  })
})

describe('the breaker of a provider', () => {
  test('is opened by a rule that blocks, again and for longer while the rule holds, and closed by calls that go well', async () => {
    const { scope, stub, observe } = fresh()
    const rules = set([rule('scope.sum.hour > 100', { action: 'block' })])
    await observe({ set: rules, charges: [charge(1), charge(2)] })
    SentinelScope.time += MINUTE
    await observe({ charges: [charge(3)] })
    SentinelScope.time += 62 * MINUTE
    await observe({ charges: [charge(4)], failures: [ended(1, 5, 0)] })
    await ring(stub)
    expect(breakers().map(({ subject, phase, until }) => [subject, phase, until])).toEqual([
      [scope, 'open', START + MINUTE],
      [scope, 'open', START + 3 * MINUTE],
      [scope, 'closed', null],
    ])
    expect(breakers()[0]!.cause).toBe('Across keys')
  })
  test('is held open and closed by a person, each told before it is answered', async () => {
    const { scope, object, observe } = fresh()
    const act = (what: 'open' | 'close', reason: string) =>
      object.breaker(1, { scope, subject: scope, act: what, reason })
    expect(await act('open', 'key leaked')).toEqual({ kind: 'done', phase: 'open' })
    expect(breakers()).toMatchObject([{ phase: 'open', until: null, by: 'person', cause: 'key leaked', revision: 1 }])
    expect(await act('open', 'again')).toEqual({ kind: 'done', phase: 'open' })
    SentinelScope.time += 30 * 86_400_000
    await observe({ failures: [ended(1, 50, 0)] })
    expect(breakers()).toHaveLength(1)
    expect(await act('close', 'rotated')).toEqual({ kind: 'done', phase: 'closed' })
    expect(await act('close', 'rotated')).toEqual({ kind: 'done', phase: 'closed' })
    expect(breakers()).toMatchObject([
      {},
      { phase: 'closed', until: null, by: 'person', cause: 'rotated', revision: 2 },
    ])
  })
  test('of another scope, of nothing, or without a reason is none', async () => {
    const { scope, object } = fresh()
    const act = (subject: string, reason = 'why') => object.breaker(1, { scope, subject, act: 'open', reason })
    for (const subject of ['global', 'provider:other', 'upstream:', 'key']) {
      expect(await act(subject)).toEqual({ kind: 'unknown' })
    }
    expect(await act(scope, ' ')).toEqual({ kind: 'unknown' })
    expect(breakers()).toEqual([])
  })
  test('cannot be written down: the act fails, and is told later', async () => {
    const { scope, stub, object } = fresh()
    SentinelScope.failures = 1
    const act = () => object.breaker(1, { scope, subject: scope, act: 'open', reason: 'why' })
    await expect(act).rejects.toThrow('not now')
    expect(breakers()).toEqual([])
    await ring(stub)
    expect(breakers()).toMatchObject([{ phase: 'open', by: 'person' }])
    expect(await act()).toEqual({ kind: 'done', phase: 'open' })
    expect(breakers()).toHaveLength(1)
  })
})

test('totals of alert channels are the newest of each, added up', async () => {
  const { object } = fresh()
  await object.count(1, 'a', { sent: 1, failed: 2, dead: 0, deadKept: 0 })
  await object.count(1, 'a', { sent: 5, failed: 2, dead: 1, deadKept: 1 })
  await object.count(1, 'b', { sent: 1, failed: 0, dead: 1, deadKept: 0 })
  expect(await object.counted(1)).toEqual({ sent: 6, failed: 2, dead: 2, deadKept: 1 })
})

test('another version is refused', async () => {
  const { object, scope } = fresh()
  await expect(async () => object.observe(2 as 1, scope, { charges: [], failures: [] })).rejects.toThrow(
    'unknown version',
  )
})
