/** From events of the money path to alerts, breakers, stops and freezes on chain. */
import { createExecutionContext, createMessageBatch, getQueueResult, runDurableObjectAlarm } from 'cloudflare:test'
import type { IncidentEvent, PbEvent, SessionEvent } from '@pbstream/core/message/Event'
import type { DecisionRow, StopRow } from '@pbstream/core/message/Sentinel'
import type { RuleInput } from '@pbstream/core/Rule'
import { breakerRow } from '@pbstream/db/Breakers'
import { beforeEach, describe, expect, test, vi } from 'vitest'
import type { Env } from '../src/Env.ts'
import worker from '../src/index.ts'
import { channelOf, db, env, servers, TOKEN } from './support.ts'

const t = db.tables
let payers = 0
let asked: string[] = []
const logs: string[] = []

beforeEach(async () => {
  logs.length = 0
  vi.spyOn(console, 'error').mockImplementation((line: string) => void logs.push(line))
  await servers.reset()
  for (const table of [t.alertChannel, t.ruleset, t.rulesetHead, t.breaker, t.sentinelDecision, t.sessionKey]) {
    await db.orm.delete(table)
  }
  asked = await relay().asked()
  return () => {
    expect(logs.join('\n')).not.toMatch(/0x[0-9a-f]{40}|token-of-the-bot/)
    vi.restoreAllMocks()
  }
})

const relay = () => env.KEY_RELAY as unknown as { asked(): Promise<string[]> }
const address = (byte: number) => `0x${byte.toString(16).padStart(2, '0').repeat(20)}` as const

/** The session of another payer each time. */
function session(payer = ++payers): SessionEvent['session'] {
  return { chainId: 8453, contract: address(0xc0), payer: address(payer), payerAuthorizer: address(payer + 0x40) }
}
const nameOf = ({ chainId, contract, payer, payerAuthorizer }: SessionEvent['session']) =>
  `${chainId}:${contract}:${payer}:${payerAuthorizer}`

function event(of: SessionEvent['session'], more: Partial<SessionEvent>): SessionEvent {
  return { v: 1, kind: 'session', session: of, channels: [], rows: [], ...more }
}

const news = (sentinel: Partial<SessionEvent['sentinel']>) => {
  return { sentinel: { decisions: [], stops: [], failures: [], ...sentinel } }
}

let numbers = 0
function decision(more: Partial<DecisionRow> = {}): DecisionRow {
  const number = ++numbers
  const hit = { rule: 'r', version: 2, action: 'alert', severity: 'high', effect: 'done' } as const
  return {
    number,
    id: `dec_${number}`,
    scope: 'platform',
    at: Date.now(),
    action: 'alert',
    effect: 'done',
    rule: 'r',
    version: 2,
    hits: [{ ...hit, nodes: [], inputs: { amount: '5000' } }],
    call: { providerId: 'p', routeId: 'route-1', payee: address(1), amount: '5000', country: 'KP' },
    repeats: 0,
    lastAt: Date.now(),
    ...more,
  }
}

function stop(more: Partial<StopRow> = {}): StopRow {
  const number = ++numbers
  const base = { id: `st_${number}`, scope: 'platform', kind: 'frozen', rule: 'r', version: 2 } as const
  return { ...base, at: Date.now(), decision: `dec_of_${number}`, cause: 'Drained', ...more }
}

let messages = 0
async function deliver(events: unknown[], on: Env = env, queue = 'pbstream-sentinel') {
  const batch = createMessageBatch(
    queue,
    events.map((body) => ({ id: `m${++messages}`, timestamp: new Date(), attempts: 1, body })),
  )
  await worker.queue(batch as MessageBatch, on)
  return getQueueResult(batch, createExecutionContext())
}

async function channelAt(scope: string, language: 'en' | 'zh' = 'en') {
  const channel = await channelOf({ kind: 'telegram', chat: '42' }, TOKEN, { scope, language })
  const { id, sealed, enabled, revision, name, target, wishes } = channel
  const now = new Date()
  const settings = { name, target, wishes }
  await db.orm.insert(t.alertChannel).values({
    ...{ id, scope, kind: target.kind, settings, sealed, enabled, language, revision },
    ...{ createdAt: now, updatedAt: now },
  })
  return { channel, ring: () => runDurableObjectAlarm(env.ALERT_CHANNEL.getByName(id)) }
}

async function managed(of: SessionEvent['session'], owner: string, keyId: string | null = null) {
  const { payer, payerAuthorizer, contract, chainId } = of
  const id = nameOf(of)
  await db.orm.insert(t.sessionKey).values({
    ...{ id, session: id, chainId, contract: contract as `0x${string}`, payer: payer as `0x${string}` },
    ...{ key: payerAuthorizer as `0x${string}`, owner, mode: 'live', keyId: keyId as `0x${string}` | null },
  })
}

async function rulesOf(scope: string, rules: RuleInput[], revision = 1) {
  const now = new Date()
  await db.orm.insert(t.ruleset).values({ scope, revision, rules, lists: [], author: 'me', createdAt: now })
  await db.orm.insert(t.rulesetHead).values({ scope, revision, updatedAt: now })
}

const heard = async () => (await servers.telegram()).messages.map(({ text }) => text)
const ringScope = (scope: string) => runDurableObjectAlarm(env.SENTINEL_SCOPE.getByName(scope))

describe('an alert', () => {
  test('of the platform comes to its channels and to the owner of the key, once, shortened', async () => {
    const of = session()
    await managed(of, address(0xee))
    const [platform, owner, other] = [
      await channelAt('platform'),
      await channelAt(`owner:live:${address(0xee)}`, 'zh'),
      await channelAt(`owner:live:${address(0xef)}`),
    ]
    const told = event(of, news({ decisions: [decision()] }))
    expect((await deliver([told])).explicitAcks).toHaveLength(1)
    await deliver([told])
    for (const { ring } of [platform, owner, other]) await ring()
    const key = `${of.payerAuthorizer.slice(0, 6)}…${of.payerAuthorizer.slice(-4)}`
    const texts = await heard()
    expect(texts).toHaveLength(2)
    expect(texts[0]).toContain('<b>[high] r: noticed</b>')
    expect(texts[0]).toContain(
      `key: ${key}\nbecause: amount = 5000\nroute: route-1\namount: 5000\ncountry: KP\nrule: r v2`,
    )
    expect(texts[1]).toContain('<b>[高] r：提醒</b>')
    expect(texts.join()).not.toContain(of.payer)
    expect(texts.join()).not.toContain(of.payerAuthorizer)
  })
  test('of a provider, or of an owner, comes to nobody else', async () => {
    const of = session()
    await managed(of, address(0xee))
    const all = [
      await channelAt('platform'),
      await channelAt('provider:p'),
      await channelAt('provider:q'),
      await channelAt(`owner:live:${address(0xee)}`),
    ]
    const decisions = [
      decision({ scope: 'provider:p', rule: 'by_provider' }),
      decision({ scope: 'owner', rule: 'by_owner' }),
    ]
    await deliver([event(of, news({ decisions }))])
    for (const { ring } of all) await ring()
    expect((await heard()).map((text) => /by_\w+/.exec(text)![0])).toEqual(['by_provider', 'by_owner'])
  })
  test('of a stop says more than its decision, which is not told beside it; its end is told too', async () => {
    const of = session()
    const { ring } = await channelAt('platform')
    const [begun, its] = [stop({ decision: 'dec_x' }), decision({ id: 'dec_x', action: 'freeze' })]
    const ended = { ...begun, releasedAt: Date.now(), releasedBy: 'operator', reason: 'looked at' } as const
    await deliver([event(of, news({ decisions: [its], stops: [begun] }))])
    await deliver([event(of, news({ stops: [ended] }))])
    await ring()
    const texts = await heard()
    expect(texts).toHaveLength(1)
    expect(texts[0]).toMatch(/^<b>\[high\] Key 0x\w+…\w+ goes on \(2 alerts\)/)
    expect(texts[0]).toMatch(/high: Key 0x\w+…\w+ frozen: Drained\n/)
    expect(texts[0]).toContain('because: amount = 5000\nroute: route-1')
    expect(texts[0]).toContain('released by: operator\nreason: looked at')
  })
  test('calls a rule as people do: of a set in force, and of those that everybody begins with', async () => {
    const of = session()
    await managed(of, address(0xed))
    const rule = {
      id: 'named',
      version: 3,
      name: 'Never more than five',
      when: 'amount > 5',
      severity: 'high',
    } as const
    await rulesOf(`owner:live:${address(0xed)}`, [{ ...rule, action: 'freeze', fail: 'open' }])
    const { ring } = await channelAt(`owner:live:${address(0xed)}`)
    const stops = [
      stop({ scope: 'owner', rule: 'named', version: 3 }),
      stop({ rule: 'drain', kind: 'signature', version: 1 }),
    ]
    await deliver([event(of, news({ stops }))])
    await ring()
    const texts = (await heard()).join('\n')
    expect(texts).toMatch(/Key 0x\w+…\w+ frozen: Never more than five/)
    expect(texts).toContain('rule: Never more than five (named v3)')
    expect(texts).toMatch(/signature needed: Half of the money within an hour/)
  })
  test('is not made of what only would have been done, nor of what was let through', async () => {
    const { ring } = await channelAt('platform')
    const decisions = [
      decision({ effect: 'shadow' }),
      decision({ effect: 'snoozed' }),
      decision({ effect: 'failed' }),
      decision({ action: 'allow' }),
    ]
    await deliver([event(session(), news({ decisions }))])
    expect(await ring()).toBe(false)
  })
  test('of an incident comes to operators once, without whom it is about', async () => {
    const { ring } = await channelAt('platform')
    const incident: IncidentEvent = {
      ...{ v: 1, kind: 'incident', id: 'i1', what: 'money_lost', at: Date.now() },
      detail: { channelId: `0x${'ab'.repeat(32)}`, amount: '100', payer: address(9), session: 'x' },
    }
    await deliver([incident, incident])
    await ring()
    const [text, ...more] = await heard()
    expect(more).toEqual([])
    expect(text).toContain('[critical] Incident: money lost')
    expect(text).toContain('channelId: 0xabab…abab\namount: 100\npayer: …\nsession: …')
  })
  test('goes to no channel that is switched off or deleted', async () => {
    const [off, gone] = [await channelAt('platform'), await channelAt('platform')]
    await db.orm.update(t.alertChannel).set({ enabled: false })
    await db.orm.update(t.alertChannel).set({ enabled: true, deletedAt: new Date() })
    await deliver([event(session(), news({ decisions: [decision()] }))])
    expect([await off.ring(), await gone.ring()]).toEqual([false, false])
  })
})

describe('a rule across keys', () => {
  const row = (seq: number, amount: string) => {
    const of = { kind: 'charge', channelId: `0x${'cc'.repeat(32)}`, debit: 'payer', credit: 'provider' } as const
    return { ...of, seq, amount, providerId: 'x', routeId: 'r', country: 'DE', place: 'aa', at: Date.now() }
  }
  const rule = (scope: string, more: Partial<RuleInput>): RuleInput => {
    const base = { id: `cross-${scope}`, version: 1, severity: 'high', fail: 'open', over: 'cross' } as const
    return { ...base, name: 'Too much in an hour', when: 'scope.sum.hour > 1000', action: 'alert', ...more }
  }

  test('that blocks opens the breaker of the provider: a row, a decision and an alert', async () => {
    await rulesOf('provider:x', [rule('x', { action: 'block' })])
    const { ring } = await channelAt('provider:x')
    const both = [session(), session()].map((of) => event(of, { rows: [row(1, '600')] }))
    expect((await deliver(both)).explicitAcks).toHaveLength(2)
    await ringScope('provider:x')
    expect(await breakerRow(db, 'provider:x', 'provider:x')).toMatchObject({
      phase: 'open',
      cause: 'Too much in an hour',
      by: 'sentinel',
      revision: 1,
    })
    expect(await db.orm.select().from(t.sentinelDecision)).toMatchObject([
      { session: 'cross:provider:x', number: 1, scope: 'provider:x', action: 'block', rule: 'cross-x', country: 'DE' },
    ])
    await ring()
    const texts = await heard()
    expect(texts.join('\n')).toContain('Breaker provider:x opened')
    expect(texts.join('\n')).toContain('Too much in an hour: refused')
    expect(texts.join('\n')).toContain('scope.sum.hour = 1200')
  })
  test('of an owner stops his key, in his scope, and no other', async () => {
    const [mine, other] = [session(), session()]
    await managed(mine, address(0xaa))
    await rulesOf(`owner:live:${address(0xaa)}`, [rule('o', { action: 'freeze', when: 'amount > 500' })])
    await deliver([mine, other].map((of) => event(of, { rows: [row(1, '600')] })))
    await ringScope(`owner:live:${address(0xaa)}`)
    const standing = async (of: SessionEvent['session']) => {
      const object = env.STREAM_SESSION.getByName(nameOf(of)) as unknown as { sentinel(): Promise<{ stops: object[] }> }
      return (await object.sentinel()).stops
    }
    expect(await standing(mine)).toMatchObject([{ scope: 'owner', kind: 'frozen', rule: 'cross-o' }])
    expect(await standing(other)).toEqual([])
    expect(await db.orm.select().from(t.sentinelDecision)).toMatchObject([
      {
        scope: 'owner',
        payer: mine.payer,
        chainId: 8453,
        action: 'freeze',
        session: `cross:owner:live:${address(0xaa)}`,
      },
    ])
  })
})

test('failures of an upstream that two payers saw open its breaker for everybody', async () => {
  const failures = [{ providerId: 'y', routeId: 'r9', calls: 10, failures: 10, revision: 1, at: Date.now() }]
  await deliver([session(), session()].map((of) => event(of, news({ failures }))))
  await ringScope('provider:y')
  const row = await breakerRow(db, 'provider:y', 'upstream:r9')
  expect(row).toMatchObject({ phase: 'open', cause: '20 of 20 calls failed within a minute' })
  expect(row!.until!.getTime()).toBeGreaterThan(Date.now())
})

describe('on chain', () => {
  const keyId = (first: string) => `0x${first}${(++numbers).toString(16).padStart(62, '0')}`

  async function frozen(of: SessionEvent['session'], id: string, more: Partial<StopRow> = {}, on: Env = env) {
    await managed(of, address(0xbb), id)
    const row = stop(more)
    const object = env.STREAM_SESSION.getByName(nameOf(of)) as unknown as { hold(ids: string[]): Promise<void> }
    await object.hold([row.id])
    return deliver([event(of, news({ stops: [row] }))], on)
  }
  const fresh = async () => (await relay().asked()).slice(asked.length)

  test('a key that names our freezer is frozen with it, once', async () => {
    const [of, id] = [session(), keyId('aa')]
    const row = stop()
    await frozen(of, id, row)
    await deliver([event(of, news({ stops: [row] }))])
    expect(await fresh()).toEqual([id])
  })
  test.each([
    ['names another freezer', 'bb', {}, {}],
    ['is not registered', '00', {}, {}],
    ['is stopped by a provider', 'aa', { scope: 'provider:p' }, {}],
    ['only waits for a signature', 'aa', { kind: 'signature' }, {}],
    ['was released again', 'aa', { releasedAt: 1, releasedBy: 'owner', reason: 'mine' }, {}],
    ['was stopped long ago', 'aa', { at: Date.now() - 3_600_001 }, {}],
    ['lives where the policy says no', 'aa', {}, { FREEZE_ON_CHAIN: 'false' }],
  ] as const)('a key that %s is left alone', async (_, first, more, vars) => {
    const result = await frozen(session(), keyId(first), more, { ...env, ...vars })
    expect(result.explicitAcks).toHaveLength(1)
    expect(await fresh()).toEqual([])
  })
  test('a key whose stop was released meanwhile is left alone', async () => {
    const [of, id] = [session(), keyId('aa')]
    await managed(of, address(0xbb), id)
    await deliver([event(of, news({ stops: [stop()] }))])
    expect(await fresh()).toEqual([])
  })
  test('while the chain is away the message comes again', async () => {
    const result = await frozen(session(), keyId('dd'))
    expect(result.retryMessages).toHaveLength(1)
  })
})

describe('a message', () => {
  test('that this release does not know waits for one that does', async () => {
    const result = await deliver([{ v: 2, kind: 'session' }, event(session(), {})])
    expect([result.explicitAcks.length, result.retryMessages.length]).toEqual([1, 1])
  })
  test('comes again when the database is away, and alone when another one is the matter', async () => {
    const away = { ...env, DATABASE: 'postgres', HYPERDRIVE: undefined } as unknown as Env
    const events: PbEvent[] = [event(session(), {}), event(session(), {})]
    expect((await deliver(events, away)).retryMessages).toHaveLength(2)
    const of = session()
    await managed(of, address(0xbb), `0xdd${'0'.repeat(62)}`)
    const result = await deliver([event(session(), {}), event(of, news({ stops: [stop()] }))])
    expect([result.explicitAcks.length, result.retryMessages.length]).toEqual([1, 1])
  })
  test('that is dead is told to operators once, and tried on', async () => {
    const { ring } = await channelAt('platform')
    const result = await deliver([event(session(), {})], env, 'pbstream-sentinel-dlq')
    expect(result.explicitAcks).toHaveLength(1)
    await ring()
    expect(await heard()).toMatchObject([expect.stringContaining('could not take in a message')])
  })
})

test('nothing is served to the outside', () => {
  expect(worker.fetch().status).toBe(404)
})
