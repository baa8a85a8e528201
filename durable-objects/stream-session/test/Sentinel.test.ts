/** Sentinel in the path of a call, by RPC: what rules stop, what holds, what is remembered, and what leaves. */
import type { RulesetSnapshot, Scope } from '@pbstream/core/message/Sentinel'
import type { SessionReply } from '@pbstream/core/message/PaidSession'
import type { RuleInput } from '@pbstream/core/Rule'
import { evictDurableObject } from 'cloudflare:test'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { channelOf } from './fixtures.ts'
import { received } from './host.ts'
import { claimsOf, funded, granted, inside, later, publish, type Stub } from './object.ts'

afterEach(() => {
  vi.useRealTimers()
})

/** Queues take their time on a busy machine. */
const SLOWLY = { timeout: 20_000 }
const HOME = { country: 'DE', place: '00112233aabbccdd' }
const AWAY = { country: 'BR', place: 'ffeeddccbbaa9988' }
const rule = (when: string, action: RuleInput['action'], over: Partial<RuleInput> = {}): RuleInput => ({
  ...{ id: 'rule', version: 1, name: 'A rule', when, severity: 'high', action, fail: 'open' },
  ...(action === 'throttle' ? { seconds: 30 } : {}),
  ...over,
})
const set = (scope: Scope, rules: RuleInput[], over: Partial<RulesetSnapshot> = {}): RulesetSnapshot => ({
  ...{ scope, revision: 1, rules, lists: [] },
  ...over,
})
const budget = { budget: '10', windowMs: 60_000, badFrom: 1_000, goodUpTo: 500, openMs: 10_000 } as const
const breaker = { ...budget, maxOpenMs: 60_000, probes: 2, probeMs: 5_000, calmMs: 600_000 } as const

/** A session with 1,000 to spend, and sets in force. */
async function guarded(...sets: RulesetSnapshot[]) {
  const { channel, stub } = await funded(1_000n)
  expect(await stub.openSession(channel.open(1_000n))).toMatchObject({ kind: 'opened' })
  if (sets.length > 0) expect((await stub.setRules(1, channel.session, sets)).refused).toEqual([])
  return { channel, stub }
}

type Channel = ReturnType<typeof channelOf>
const pay = (
  stub: Stub,
  channel: Channel,
  hold = 1n,
  over: Parameters<Channel['pay']>[1] = {},
): Promise<SessionReply> => stub.pay(channel.pay(hold, { origin: HOME, ...over }))
async function paid(stub: Stub, channel: Channel, hold = 1n, over: Parameters<Channel['pay']>[1] = {}): Promise<void> {
  const reply = await pay(stub, channel, hold, over)
  if (reply.kind !== 'granted') throw new Error(`not granted: ${JSON.stringify(reply)}`)
  await stub.report(1, [{ kind: 'post', reservationId: reply.reservationId, amount: hold }])
}
const held = async (stub: Stub, channel: Channel): Promise<bigint> => (await stub.view(1, channel.channelId))!.reserved
const newsOf = (channel: Channel) =>
  received.events
    .filter(({ session }) => session.payer === channel.session.payer)
    .flatMap(({ sentinel }) => sentinel ?? [])
const decisionsOf = (channel: Channel) => {
  const rows = newsOf(channel).flatMap(({ decisions }) => decisions)
  return [...new Map(rows.map((row) => [row.number, row])).values()].toSorted((a, b) => a.number - b.number)
}
const rows = (stub: Stub, table: string): Promise<number> =>
  inside(stub, (_, { storage: { sql } }) => sql.exec<{ n: number }>(`SELECT count(*) AS n FROM ${table}`).one().n)

describe('a rule', () => {
  const codes = {
    throttle: 'sentinel_throttled',
    block: 'sentinel_blocked',
    require_signature: 'sentinel_signature_required',
    freeze: 'sentinel_frozen',
  } as const
  for (const [action, code] of Object.entries(codes)) {
    test(`that matches refuses the call (${action}), in session mode, and nothing is held`, async () => {
      const { channel, stub } = await guarded(set('owner', [rule('amount > 5', action as RuleInput['action'])]))
      expect(await pay(stub, channel, 6n)).toMatchObject({ kind: 'refused', code, sentinel: { scope: 'owner' } })
      expect(await held(stub, channel)).toBe(0n)
    })

    test(`that matches refuses the call (${action}), with a voucher, and nothing is held or used up`, async () => {
      const { channel, stub } = await funded(1_000n)
      await stub.setRules(1, channel.session, [set('platform', [rule('amount > 5', action as RuleInput['action'])])])
      const asked = channel.reserve(6n, 6n, { requestId: 'once' })
      expect(await stub.reserve(asked)).toMatchObject({ kind: 'refused', code, sentinel: { scope: 'platform' } })
      const view = await stub.view(1, channel.channelId)
      expect(view).toMatchObject({ reserved: 0n, accepted: 0n, spent: 0n })
      // The id is free: another set lets the same call through.
      await stub.setRules(1, channel.session, [set('platform', [], { revision: 2 })])
      const { stops } = await stub.sentinel(1)
      for (const { id } of stops) {
        await stub.releaseStop(1, channel.session, { id, by: 'operator', reason: 'a test', snoozeSeconds: 0 })
      }
      if (action === 'throttle') later(31_000)
      granted(await stub.reserve(asked))
    })
  }

  test('that alerts lets the call through, and is told once', async () => {
    const { channel, stub } = await guarded(set('owner', [rule('amount > 5', 'alert')]))
    await paid(stub, channel, 6n)
    await paid(stub, channel, 7n)
    await publish(stub)
    await vi.waitFor(() => expect(decisionsOf(channel)).toHaveLength(1), SLOWLY)
    const [row] = decisionsOf(channel)
    expect(row).toMatchObject({ number: 1, scope: 'owner', action: 'alert', effect: 'done', rule: 'rule', version: 1 })
    expect(row).toMatchObject({ granted: true, call: { amount: '6', country: 'DE', routeId: 'route' } })
    expect(row!.hits).toMatchObject([{ inputs: { amount: '6' }, nodes: [{ text: 'amount' }, { value: 'true' }] }])
    expect(row!.id).toMatch(/^dec_/)
    expect(JSON.stringify(row)).not.toContain(HOME.place)
  })

  test('in shadow, or snoozed, is told and does nothing', async () => {
    const shadow = rule('amount > 5', 'freeze', { id: 'shade', state: 'shadow' })
    const { channel, stub } = await guarded(set('owner', [shadow, rule('amount > 5', 'block')]))
    await stub.snooze(1, channel.session, { scope: 'owner', rule: 'rule', until: Date.now() + 60_000 })
    await paid(stub, channel, 6n)
    await publish(stub)
    await vi.waitFor(() => expect(decisionsOf(channel)).toHaveLength(2), SLOWLY)
    expect(decisionsOf(channel).map(({ rule: id, effect }) => `${id} ${effect}`)).toEqual([
      'rule snoozed',
      'shade shadow',
    ])
    await stub.snooze(1, channel.session, { scope: 'owner', rule: 'rule', until: 0 })
    expect(await pay(stub, channel, 6n)).toMatchObject({ code: 'sentinel_blocked' })
  })

  test('of a provider sees and stops only the calls to it', async () => {
    const { channel, stub } = await guarded(set('provider:other', [rule('count.minute >= 2', 'freeze')]))
    for (let i = 0; i < 3; i++) await paid(stub, channel)
    await paid(stub, channel, 1n, { providerId: 'other' })
    expect(await pay(stub, channel, 1n, { providerId: 'other' })).toMatchObject({
      code: 'sentinel_frozen',
      sentinel: { scope: 'provider:other' },
    })
    // The channel's session is over; who opens another one pays everybody else.
    expect(await stub.openSession(channel.open(1_000n))).toMatchObject({ kind: 'refused', code: 'sentinel_frozen' })
    expect(await rows(stub, "sentinel_state WHERE name = 'key'")).toBe(0)
  })

  test('counts what was granted, and takes back what the upstream did not serve', async () => {
    const { channel, stub } = await guarded(set('owner', [rule('count.minute > 2 || failures.hour > 1', 'block')]))
    for (let i = 0; i < 2; i++) {
      const reply = await pay(stub, channel)
      if (reply.kind !== 'granted') throw new Error(reply.kind)
      const { reservationId } = reply
      await stub.report(1, [{ kind: 'void', reservationId, freesId: true, ...(i === 0 ? { failed: true } : {}) }])
    }
    await paid(stub, channel)
    await paid(stub, channel)
    expect(await pay(stub, channel)).toMatchObject({ code: 'sentinel_blocked' })
  })

  test('that has no value does as it says', async () => {
    const closed = rule('amount / (key.calls - key.calls) > 1', 'block', { fail: 'closed' })
    const { channel, stub } = await guarded(set('owner', [closed]))
    expect(await pay(stub, channel)).toMatchObject({ code: 'sentinel_blocked' })
    await stub.setRules(1, channel.session, [set('owner', [{ ...closed, version: 2, fail: 'open' }], { revision: 2 })])
    await paid(stub, channel)
  })
})

describe('sets', () => {
  test('that the object does not have are asked for, and then the call goes on', async () => {
    const { channel, stub } = await guarded()
    const rules = { platform: 3, provider: 2 }
    const wanted = ['platform', 'provider:provider']
    expect(await pay(stub, channel, 1n, { rules })).toEqual({ kind: 'rules', wanted })
    expect(await stub.reserve(channel.reserve(1n, 1n, { rules }))).toEqual({ kind: 'rules', wanted })
    const sets = [set('platform', [], { revision: 3 }), set('provider:provider', [], { revision: 2 })]
    expect(await stub.setRules(1, channel.session, sets)).toEqual({
      applied: wanted,
      held: { platform: 3, 'provider:provider': 2 },
      refused: [],
    })
    await paid(stub, channel, 1n, { rules })
    // A gateway that is behind changes nothing.
    await paid(stub, channel, 1n, { rules: { platform: 1, provider: 0 } })
  })

  test('are whole: an older one, or one that cannot be read, leaves what there is', async () => {
    const { channel, stub } = await guarded(set('platform', [rule('amount > 5', 'block')], { revision: 4 }))
    const older = set('platform', [], { revision: 3 })
    expect(await stub.setRules(1, channel.session, [older])).toMatchObject({ applied: [], held: { platform: 4 } })
    const broken = set('platform', [rule('amount > 9', 'block'), rule('amunt > 9', 'block', { id: 'b' })], {
      revision: 5,
    })
    const reply = await stub.setRules(1, channel.session, [broken])
    expect(reply).toMatchObject({ applied: [], refused: [{ scope: 'platform' }] })
    expect(reply.refused[0]!.error).toContain('amunt')
    expect(await pay(stub, channel, 6n, { rules: { platform: 5, provider: 0 } })).toMatchObject({
      code: 'sentinel_blocked',
    })
  })

  test('of the platform: a gateway that knows of none has the seeds in force', async () => {
    const { channel, stub } = await guarded()
    await paid(stub, channel, 1n, { rules: { platform: 1, provider: 0 } })
    expect((await stub.sentinel(1)).sets).toMatchObject([{ scope: 'platform', revision: 1 }])
    expect(await rows(stub, 'sentinel_state')).toBe(1)
  })

  test('of which there is none cost nothing and keep nothing, and what was kept goes with the last', async () => {
    const { channel, stub } = await guarded()
    await paid(stub, channel)
    expect(await rows(stub, 'sentinel_state')).toBe(0)
    await stub.setRules(1, channel.session, [set('owner', [rule('amount > 5', 'block')])])
    await paid(stub, channel)
    await paid(stub, channel)
    expect([await rows(stub, 'sentinel_state'), await rows(stub, 'sentinel_log')]).toEqual([1, 1])
    await stub.setRules(1, channel.session, [set('owner', [], { revision: 2 })])
    expect([await rows(stub, 'sentinel_state'), await rows(stub, 'sentinel_log')]).toEqual([0, 0])
    await paid(stub, channel, 6n)
  })

  test('for another key are refused', async () => {
    const { stub } = await guarded()
    const { session } = channelOf(1)
    const snooze = { scope: 'owner', rule: 'a', until: 1 } as const
    const stop = { scope: 'owner', kind: 'frozen', rule: 'a', version: 1, cause: 'a', decisionId: 'a' } as const
    const release = { id: 'a', by: 'owner', reason: 'a', snoozeSeconds: 1 } as const
    await inside(stub, async (object) => {
      await expect(object.setRules(1, session, [])).rejects.toThrow('another key')
      await expect(object.snooze(1, session, snooze)).rejects.toThrow('another key')
      await expect(object.stop(1, session, stop)).rejects.toThrow('another key')
      await expect(object.releaseStop(1, session, release)).rejects.toThrow('another key')
      await expect(object.closeBreaker(1, session, { ...release, scope: 'owner' })).rejects.toThrow('another key')
    })
  })

  test('and orders that are none of a known form change nothing', async () => {
    const { channel, stub } = await guarded(set('owner', [rule('amount > 5', 'block')]))
    const { session } = channel
    const stop = { scope: 'owner', kind: 'frozen', rule: 'a', version: 1, cause: 'a', decisionId: 'a' } as const
    const release = { id: 'a', by: 'owner', reason: 'a', snoozeSeconds: 1 } as const
    const wrong: [string, unknown][] = [
      ...[undefined, {}, 'x', Array.from({ length: 11 }, () => ({}))].map((sets): [string, unknown] => [
        'setRules',
        sets,
      ]),
      ...[{ scope: 'all' }, { rule: '' }, { until: -1 }, { until: 0.5 }].map((over): [string, unknown] => [
        'snooze',
        { scope: 'owner', rule: 'a', until: 1, ...over },
      ]),
      ...[{ scope: 'provider:' }, { kind: 'gone' }, { version: 'x' }, { cause: '' }, { decisionId: '' }].map(
        (over): [string, unknown] => ['stop', { ...stop, ...over }],
      ),
      ...[{ id: '' }, { by: 'me' }, { reason: '' }, { reason: 'x'.repeat(501) }, { snoozeSeconds: -1 }].map(
        (over): [string, unknown] => ['releaseStop', { ...release, ...over }],
      ),
      ...[{ scope: 'x' }, { by: 'me' }, { reason: '' }].map((over): [string, unknown] => [
        'closeBreaker',
        { scope: 'owner', by: 'owner', reason: 'a', ...over },
      ]),
    ]
    await inside(stub, async (object) => {
      const calls = object as unknown as Record<string, (...given: unknown[]) => Promise<unknown>>
      for (const [call, order] of wrong) {
        await expect(calls[call]!(1, session, order), `${call} ${JSON.stringify(order)}`).rejects.toThrow()
        await expect(calls[call]!(2, session, order)).rejects.toThrow()
      }
    })
    for (const origin of [{}, { ...HOME, country: 'de' }, { ...HOME, place: '10.0.0.1' }, 'DE', null]) {
      const asked = { ...channel.pay(1n), origin: origin as typeof HOME }
      expect(await stub.pay(asked)).toMatchObject({ code: 'malformed_payment' })
    }
    const rules = { platform: -1, provider: 0 }
    expect(await stub.pay(channel.pay(1n, { rules }))).toMatchObject({ code: 'malformed_payment' })
    const refused = await stub.setRules(1, session, [null, 5, { scope: 'owner' }] as never)
    expect(refused).toMatchObject({ applied: [], held: {} })
    expect(refused.refused).toHaveLength(3)
    expect(await stub.sentinel(1)).toMatchObject({ stops: [], snoozes: [], sets: [{ scope: 'owner', revision: 1 }] })
  })
})

describe('a stop', () => {
  test('holds over an eviction until it is released, and then the rule sleeps for a while', async () => {
    const { channel, stub } = await guarded(set('owner', [rule('amount > 5', 'require_signature')]))
    const refused = await pay(stub, channel, 6n)
    if (refused.kind !== 'refused') throw new Error(refused.kind)
    const { stop = '' } = refused.sentinel!
    await evictDurableObject(stub)
    expect(await pay(stub, channel)).toMatchObject({ code: 'sentinel_signature_required', sentinel: { stop } })
    expect(
      await stub.raise({ ...channel.ask(), voucher: { max: 1_001n, signature: channel.signature(1_001n) } }),
    ).toMatchObject({
      code: 'sentinel_signature_required',
    })
    expect(await stub.sentinel(1)).toMatchObject({ stops: [{ id: stop, kind: 'signature', rule: 'rule', version: 1 }] })
    const order = { id: stop, by: 'owner', reason: 'it was me', snoozeSeconds: 3_600 } as const
    expect(await stub.releaseStop(1, channel.session, order)).toMatchObject({
      kind: 'released',
      stop: { reason: 'it was me' },
    })
    expect(await stub.releaseStop(1, channel.session, order)).toMatchObject({ kind: 'repeated' })
    expect(await stub.releaseStop(1, channel.session, { ...order, id: 'st_none' })).toEqual({ kind: 'not_found' })
    await paid(stub, channel, 6n)
    later(3_600_001)
    expect(await pay(stub, channel, 6n)).toMatchObject({ code: 'sentinel_signature_required' })
  })

  test('that freezes ends sessions, has what is earned claimed at once, and lets what is in flight end', async () => {
    const { channel, stub } = await guarded(set('platform', [rule('amount > 5', 'freeze')]))
    await paid(stub, channel, 3n)
    const flying = await pay(stub, channel, 2n)
    if (flying.kind !== 'granted') throw new Error(flying.kind)
    expect(await pay(stub, channel, 6n)).toMatchObject({ code: 'sentinel_frozen' })
    await vi.waitFor(() => expect(claimsOf(channel.channelId)).toMatchObject([{ total: '3', reason: 'close' }]), SLOWLY)
    expect(await pay(stub, channel)).toMatchObject({ code: 'sentinel_frozen' })
    expect(await stub.openSession(channel.open(1_000n))).toMatchObject({ code: 'sentinel_frozen' })
    const post = { kind: 'post', reservationId: flying.reservationId, amount: 2n } as const
    expect(await stub.report(1, [post])).toMatchObject([{ done: true }])
    const { stops } = await stub.sentinel(1)
    await stub.releaseStop(1, channel.session, { id: stops[0]!.id, by: 'operator', reason: 'known', snoozeSeconds: 60 })
    expect(await pay(stub, channel)).toMatchObject({ code: 'session_ended' })
    expect(await stub.openSession(channel.open(1_000n))).toMatchObject({ kind: 'opened', epoch: 2 })
    await paid(stub, channel, 6n, { epoch: 2 })
  })

  test('ordered from outside begins once, also after its release, and not while the rule sleeps', async () => {
    const { channel, stub } = await guarded()
    const order = {
      scope: 'owner',
      kind: 'frozen',
      rule: 'many-keys',
      version: 2,
      cause: 'too many',
      decisionId: 'dec_1',
    } as const
    const stop = await stub.stop(1, channel.session, order)
    expect(await pay(stub, channel)).toMatchObject({ code: 'sentinel_frozen', sentinel: { decision: 'dec_1' } })
    await stub.releaseStop(1, channel.session, { id: stop!.id, by: 'owner', reason: 'fine', snoozeSeconds: 60 })
    expect(await stub.stop(1, channel.session, order)).toMatchObject({ id: stop!.id, releasedBy: 'owner' })
    expect(await stub.stop(1, channel.session, { ...order, decisionId: 'dec_2' })).toBeUndefined()
    expect((await stub.sentinel(1)).stops).toEqual([])
  })

  test('floods write next to nothing: one decision, and how often it was made again', async () => {
    const { channel, stub } = await guarded(set('owner', [rule('amount > 5', 'block')]))
    for (let i = 0; i < 40; i++) await pay(stub, channel, 6n)
    expect(await rows(stub, 'sentinel_decision')).toBe(1)
    expect(await rows(stub, 'sentinel_log')).toBeLessThan(40)
    later(61_000)
    await pay(stub, channel, 6n)
    await publish(stub)
    await vi.waitFor(() => expect(decisionsOf(channel).map(({ repeats }) => repeats)).toEqual([39, 0]), SLOWLY)
  })
})

describe('a throttle', () => {
  test('refuses its scope until its time, and says how long that is', async () => {
    const { channel, stub } = await guarded(set('owner', [rule('count.minute > 2', 'throttle', { seconds: 90 })]))
    await paid(stub, channel)
    await paid(stub, channel)
    expect(await pay(stub, channel)).toMatchObject({ code: 'sentinel_throttled', sentinel: { retryAfter: 90 } })
    await evictDurableObject(stub)
    later(60_000)
    const again = await pay(stub, channel)
    expect(again).toMatchObject({ code: 'sentinel_throttled' })
    expect(again).toHaveProperty('sentinel.decision', expect.stringMatching(/^dec_/))
    later(31_000)
    await paid(stub, channel)
  })
})

describe('the money breaker', () => {
  test('opens before the budget is passed, tries, and closes when the window is well within it', async () => {
    const { channel, stub } = await guarded(set('owner', [], { breaker }))
    await paid(stub, channel, 9n)
    expect(await pay(stub, channel, 1n)).toMatchObject({
      code: 'spend_breaker_open',
      sentinel: { scope: 'owner', retryAfter: 10 },
    })
    expect(await held(stub, channel)).toBe(0n)
    await evictDurableObject(stub)
    expect(await pay(stub, channel, 1n)).toMatchObject({ code: 'spend_breaker_open' })
    expect((await stub.sentinel(1)).breakers).toMatchObject([
      { scope: 'owner', phase: 'open', spent: '9', budget: '10' },
    ])
    later(62_000)
    await paid(stub, channel)
    await paid(stub, channel)
    expect((await stub.sentinel(1)).breakers).toMatchObject([{ phase: 'closed' }])
    await publish(stub)
    await vi.waitFor(
      () => expect(decisionsOf(channel).map(({ breaker: said }) => said?.phase)).toEqual(['open', 'closed']),
      SLOWLY,
    )
  })

  test('freezes where its set says so; releasing the stop closes it', async () => {
    const { channel, stub } = await guarded(set('platform', [], { breaker: { ...breaker, freezes: true } }))
    await paid(stub, channel, 9n)
    const refused = await pay(stub, channel, 1n)
    expect(refused).toMatchObject({ code: 'sentinel_frozen' })
    const [stop] = (await stub.sentinel(1)).stops
    expect(stop).toMatchObject({ rule: '$breaker', kind: 'frozen', scope: 'platform' })
    await stub.releaseStop(1, channel.session, { id: stop!.id, by: 'operator', reason: 'known', snoozeSeconds: 60 })
    expect(await stub.openSession(channel.open(1_000n))).toMatchObject({ kind: 'opened' })
    await paid(stub, channel, 5n, { epoch: 2 })
  })

  test('is closed by a person, with a reason', async () => {
    const { channel, stub } = await guarded(set('owner', [], { breaker }))
    expect(await pay(stub, channel, 10n)).toMatchObject({ code: 'spend_breaker_open' })
    const order = { scope: 'owner', by: 'owner', reason: 'a large order' } as const
    expect(await stub.closeBreaker(1, channel.session, order)).toBe(true)
    expect(await stub.closeBreaker(1, channel.session, order)).toBe(false)
    await paid(stub, channel, 2n)
  })
})

describe('what is remembered', () => {
  test('is the same after an eviction at any point, over snapshots', async () => {
    const { channel, stub } = await guarded(set('owner', [rule('sum.day > 700', 'block')]))
    for (let i = 0; i < 350; i++) {
      await paid(stub, channel, 2n)
      if (i % 50 === 49) await evictDurableObject(stub)
    }
    expect(await pay(stub, channel)).toMatchObject({ code: 'sentinel_blocked' })
    expect(await rows(stub, 'sentinel_log')).toBeLessThan(256)
  })

  test('goes with a transaction that fails: neither the call nor the decision has happened', async () => {
    const { channel, stub } = await guarded(set('owner', [rule('count.minute > 2', 'freeze')]))
    await paid(stub, channel)
    for (let i = 0; i < 3; i++) {
      await inside(stub, async (object, { storage }) => {
        const spy = vi.spyOn(storage, 'transactionSync').mockImplementationOnce(() => {
          throw new Error('disk full')
        })
        expect(await object.pay(channel.pay(1n))).toMatchObject({ code: 'temporarily_unavailable' })
        spy.mockRestore()
      })
    }
    expect(await held(stub, channel)).toBe(0n)
    await paid(stub, channel)
    await inside(stub, async (object, { storage }) => {
      const spy = vi.spyOn(storage, 'transactionSync').mockImplementationOnce(() => {
        throw new Error('disk full')
      })
      expect(await object.pay(channel.pay(1n))).toMatchObject({ code: 'temporarily_unavailable' })
      spy.mockRestore()
    })
    expect((await stub.sentinel(1)).stops).toEqual([])
    expect(await rows(stub, 'sentinel_decision')).toBe(0)
    expect(await pay(stub, channel)).toMatchObject({ code: 'sentinel_frozen' })
    expect(await rows(stub, 'sentinel_decision')).toBe(1)
  })

  test('100 first calls at once, each of which would put the seeds in force, are all served', async () => {
    const { channel, stub } = await guarded()
    const rules = { platform: 1, provider: 0 }
    const replies = await Promise.all(Array.from({ length: 100 }, () => pay(stub, channel, 1n, { rules })))
    expect(replies.filter(({ kind }) => kind === 'granted')).toHaveLength(100)
  })

  test('calls that come together see each other', async () => {
    const { channel, stub } = await guarded(set('owner', [rule('count.minute > 10', 'block')]))
    const replies = await Promise.all(Array.from({ length: 50 }, () => pay(stub, channel)))
    expect(replies.filter(({ kind }) => kind === 'granted')).toHaveLength(10)
    expect(await held(stub, channel)).toBe(10n)
  })
})

describe('leases', () => {
  const wish = { isolate: 'isolate', perSecond: 5, price: 1n }

  test('are as long as no rule that stops something could match, and what is served is judged', async () => {
    const { channel, stub } = await guarded(set('owner', [rule('count.minute > 30', 'freeze')]))
    const reply = await pay(stub, channel, 1n, { lease: wish })
    if (reply.kind !== 'granted' || reply.lease === undefined) throw new Error('no lease')
    const { lease } = reply
    expect(lease.count).toBeLessThan(20)
    const charges = Array.from({ length: lease.count }, (_, i) => ({ n: i + 1, digest: channel.channelId, amount: 1n }))
    await stub.leased(1, [{ leaseId: lease.id, charges, final: true }])
    expect((await stub.sentinel(1)).stops).toEqual([])
    for (let i = lease.count + 1; i < 30; i++) await paid(stub, channel)
    expect(await pay(stub, channel)).toMatchObject({ code: 'sentinel_frozen' })
  })

  test('are none near a limit, and end with a stop and with other rules', async () => {
    const { channel, stub } = await guarded(set('owner', [rule('count.minute > 3', 'block')]))
    expect(await pay(stub, channel, 1n, { lease: wish })).not.toHaveProperty('lease')
    await stub.setRules(1, channel.session, [set('owner', [rule('amount > 5', 'block')], { revision: 2 })])
    const lease = async () => {
      const reply = await pay(stub, channel, 1n, { lease: wish })
      if (reply.kind !== 'granted' || reply.lease === undefined) throw new Error('no lease')
      return { leaseId: reply.lease.id, charges: [], final: false }
    }
    const first = await lease()
    expect(await stub.leased(1, [first])).toMatchObject([{ kind: 'open' }])
    await stub.setRules(1, channel.session, [set('owner', [rule('amount > 4', 'block')], { revision: 3 })])
    expect(await stub.leased(1, [first])).toMatchObject([{ kind: 'ended' }])
    const second = await lease()
    await stub.stop(1, channel.session, {
      ...{ scope: 'owner', kind: 'signature', rule: 'far', version: 1, cause: 'far', decisionId: 'dec_9' },
    })
    expect(await stub.leased(1, [second])).toMatchObject([{ kind: 'ended' }])
  })

  test('are for one origin: calls from elsewhere are asked themselves', async () => {
    const { channel, stub } = await guarded(set('owner', [rule('key.calls >= 1 && new.country', 'block')]))
    await paid(stub, channel)
    expect(await pay(stub, channel, 1n, { lease: wish })).toHaveProperty('lease')
    expect(await pay(stub, channel, 1n, { origin: AWAY, lease: wish })).toMatchObject({ code: 'sentinel_blocked' })
  })
})

describe('what leaves', () => {
  test('says failures by route, where charges came from, and comes again until the queue has it', async () => {
    const { channel, stub } = await guarded(set('owner', [rule('amount > 5', 'alert')]))
    await paid(stub, channel, 6n)
    const reply = await pay(stub, channel)
    if (reply.kind !== 'granted') throw new Error(reply.kind)
    await stub.report(1, [{ kind: 'void', reservationId: reply.reservationId, freesId: false, failed: true }])
    await publish(stub)
    await vi.waitFor(() => expect(decisionsOf(channel)).toHaveLength(1), SLOWLY)
    expect(
      newsOf(channel)
        .flatMap(({ failures }) => failures)
        .at(-1),
    ).toMatchObject({
      ...{ providerId: 'provider', routeId: 'route', calls: 2, failures: 1 },
    })
    const charges = received.events
      .filter(({ session }) => session.payer === channel.session.payer)
      .flatMap(({ rows: all }) => all.filter(({ kind }) => kind === 'charge'))
    expect(charges).toMatchObject([{ amount: '6', ...HOME }])
    const positions = await inside(stub, (_, { storage: { sql } }) =>
      sql.exec<{ value: string }>("SELECT value FROM meta WHERE key = 'told'").toArray(),
    )
    expect(positions).toHaveLength(1)
  })
})
