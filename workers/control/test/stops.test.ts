/** `/v1/stops`, `/v1/breakers` and what a key says of its stops, over HTTP: who lets a stopped key go on, and how. */
import { parseSessionName, type SessionRef } from '@pbstream/core/message/Session'
import type { Scope, SentinelSessionApi, StopKind, StopRow } from '@pbstream/core/message/Sentinel'
import { beforeEach, describe, expect, test, vi } from 'vitest'
import { type Belongings, belongingsOf, clear } from './belongings.ts'
import { api, type Call, confirmation, keyOf, type Person, person, signedApi } from './people.ts'
import { bindings, db, empty, settlement } from './support.ts'

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

const sentinel = bindings.SENTINEL as unknown as { say(words: object): Promise<void>; done(): Promise<object[]> }

// Nothing is sent to webhooks: what is due stays so.
const env = { WEBHOOKS: { sendBatch: () => Promise.resolve() } as unknown as Queue<never> }

let alice: Person
let hers: Belongings
let bob: Person
let made = 0

beforeEach(async () => {
  vi.spyOn(console, 'error').mockImplementation(() => {})
  await clear()
  await empty()
  await settlement.say({})
  await sentinel.say({})
  alice = await person()
  bob = await person()
  hers = await belongingsOf(alice, 'live')
  return () => vi.restoreAllMocks()
})

const object = () => bindings.STREAM_SESSION?.getByName(hers.session) as unknown as SentinelSessionApi
const ref = () => parseSessionName(hers.session) as SessionRef
const standing = async () => (await object().sentinel(1)) as { stops: StopRow[]; snoozes: { rule: string }[] }

/** A rule stops Alice's key: in the object, and in its row as the event brings it. */
async function stopped(scope: Scope, kind: StopKind = 'frozen'): Promise<string> {
  const decisionId = `dec_t${++made}`
  const order = { scope, kind, rule: 'too-dear', version: 2, cause: 'amount', decisionId }
  const { id } = (await object().stop(1, ref(), order))!
  const { chainId, payer, payerAuthorizer: key } = ref()
  const row = { session: hers.session, chainId, payer, key, at: new Date() }
  await db.orm.insert(db.tables.sentinelStop).values({ id, ...order, ...row })
  return id
}

const call = (method: string, path: string, body?: unknown, over: Call = {}) =>
  api(method, path, { as: alice, env, ...(body === undefined ? {} : { body }), ...over })
/** What was written down of keys, stops and breakers. */
const audited = async () =>
  (await db.orm.select().from(db.tables.audit))
    .filter(({ action }) => /^(?:session_key|sentinel_stop|breaker)\./.test(action))
    .map(({ action, subject, actor }) => ({ action, subject, actor }))
const held = async () => (await standing()).stops.map(({ id }) => id)

describe('a stop of the whole key', () => {
  test('is let go by its payer with a reason and a fresh signature of the wallet, and written down', async () => {
    const id = await stopped('platform')
    const body = { reason: 'our own batch', snoozeSeconds: 60 }
    const done = await signedApi('POST', `/stops/${id}/release`, { as: alice, env, body }, alice.wallet)
    expect([done.status, done.json]).toMatchObject([200, { id, releasedBy: 'owner', reason: 'our own batch' }])
    expect(await held()).toEqual([])
    expect((await standing()).snoozes).toMatchObject([{ rule: 'too-dear' }])
    expect(await audited()).toEqual([{ action: 'sentinel_stop.release', subject: id, actor: alice.owner }])
  })

  test('stays without the signature, with another wallet’s, and with one that was used', async () => {
    const [one, two] = [await stopped('owner'), await stopped('platform')]
    const body = { reason: 'x' }
    const path = `/stops/${one}/release`
    const asked = await call('POST', path, body)
    expect([asked.status, asked.json['code']]).toEqual([403, 'signature_required'])
    const theirs = await confirmation(asked, bob.wallet)
    expect((await call('POST', path, body, { headers: theirs })).json['code']).toBe('signature_refused')
    const mine = await confirmation(asked, alice.wallet)
    // It says which stop, why and for how long: it is good for nothing else.
    for (const [elsewhere, other] of [
      [`/stops/${two}/release`, body],
      [path, { reason: 'y' }],
      [path, { reason: 'x', snoozeSeconds: 604_800 }],
    ] as const) {
      expect((await call('POST', elsewhere, other, { headers: mine })).json['code']).toBe('signature_refused')
    }
    expect(await held()).toEqual([one, two])
    expect((await call('POST', path, body, { headers: mine })).status).toBe(200)
    expect((await call('POST', path, body, { headers: mine })).json['detail']).toBe('the signature has been used')
    const again = await call('POST', `/stops/${two}/release`, body, { headers: mine })
    expect(again.json['code']).toBe('signature_refused')
    expect(await held()).toEqual([two])
  })

  test('needs a reason, and a wallet even for an API key of every right', async () => {
    const id = await stopped('platform')
    expect((await call('POST', `/stops/${id}/release`, {})).json['code']).toBe('validation_failed')
    const { text } = await keyOf(alice.owner, 'live', ['sentinel:write'])
    const asked = await call('POST', `/stops/${id}/release`, { reason: 'x' }, { as: text })
    expect(asked.json['code']).toBe('signature_required')
    expect(await held()).toEqual([id])
  })

  test('that asks for a signature ends with one, and not with a reason alone', async () => {
    const id = await stopped('owner', 'signature')
    const refused = await call('POST', `/stops/${id}/release`, { reason: 'x' })
    expect([refused.status, refused.json['code']]).toEqual([409, 'stop_needs_signature'])
    const done = await signedApi('POST', `/stops/${id}/confirm`, { as: alice, env, body: {} }, alice.wallet)
    expect(done.json).toMatchObject({ id, releasedBy: 'owner', reason: 'confirmed by the wallet' })
    expect(await held()).toEqual([])
    const frozen = await stopped('owner')
    expect((await call('POST', `/stops/${frozen}/confirm`, {})).json['code']).toBe('stop_needs_reason')
  })

  test('that has been released is answered as it is, and asks for nothing', async () => {
    const id = await stopped('platform')
    await db.orm
      .update(db.tables.sentinelStop)
      .set({ releasedAt: new Date(), releasedBy: 'operator', reason: 'theirs' })
    const { status, json } = await call('POST', `/stops/${id}/release`, { reason: 'x' })
    expect([status, json['reason']]).toEqual([200, 'theirs'])
    expect(await audited()).toEqual([])
  })
})

describe('a stop by a provider’s rules', () => {
  const scope = (): Scope => `provider:${hers.provider}`

  test('is released by the provider for a reason', async () => {
    const id = await stopped(scope())
    const { json } = await call('POST', `/stops/${id}/release`, { reason: 'a good customer' })
    expect(json).toMatchObject({ id, releasedBy: 'provider', rule: 'too-dear' })
    expect(await held()).toEqual([])
  })

  test('is nothing to the payer: neither seen in lists, nor read, nor ended', async () => {
    const theirs = await belongingsOf(bob, 'live')
    const id = await stopped(`provider:${theirs.provider}`)
    for (const reply of [
      await call('GET', `/stops/${id}`),
      await call('POST', `/stops/${id}/release`, { reason: 'x' }),
      await call('POST', `/stops/${id}/confirm`, {}),
    ]) {
      expect([reply.status, reply.json['code']]).toEqual([404, 'not_found'])
    }
    expect((await call('GET', '/stops')).text).not.toContain(id)
    expect(await held()).toEqual([id])
    const seen = await call('GET', `/stops/${id}`, undefined, { as: bob })
    expect([seen.status, seen.json['rule']]).toEqual([200, 'too-dear'])
  })
})

describe('the list', () => {
  test('is of the whole key for its payer, of its own scope for a provider, newest first and in pages', async () => {
    await db.orm.delete(db.tables.sentinelStop)
    const [a, b] = [await stopped('platform'), await stopped('owner', 'signature')]
    const c = await stopped(`provider:${hers.provider}`)
    const ids = (reply: { json: Record<string, unknown> }) =>
      (reply.json['data'] as { id: string }[]).map(({ id }) => id)
    expect(ids(await call('GET', '/stops')).toSorted()).toEqual([a, b].toSorted())
    expect(ids(await call('GET', `/stops?provider=${hers.provider}`))).toEqual([c])
    expect(ids(await call('GET', '/stops?kind=signature'))).toEqual([b])
    expect(ids(await call('GET', '/stops?open=false'))).toEqual([])
    const first = await call('GET', '/stops?limit=1')
    const next = await call('GET', `/stops?limit=1&cursor=${encodeURIComponent(String(first.json['nextCursor']))}`)
    expect([...ids(first), ...ids(next)].toSorted()).toEqual([a, b].toSorted())
    expect(next.json['nextCursor']).toBeNull()
    expect(ids(await call('GET', '/stops', undefined, { as: bob }))).toEqual([])
  })
})

describe('a session key', () => {
  const path = () => `/session-keys/${hers.sessionKey}`

  test('shows what stops it, and of a provider’s stop only that there is one', async () => {
    const [a, b] = [await stopped('owner'), await stopped('provider:prov_other', 'signature')]
    const { json } = await call('GET', path())
    expect(json['stops']).toMatchObject([
      { id: a, scope: 'owner', rule: 'too-dear', cause: 'amount' },
      { id: b, scope: 'provider:prov_other', rule: null, cause: null, decision: null },
    ])
  })

  test('that rules have stopped is unfrozen with one signature that names the stops; a provider’s stays', async () => {
    const [a, b] = [await stopped('platform'), await stopped('owner', 'signature')]
    const c = await stopped('provider:prov_other')
    const body = { reason: 'found the loop' }
    const asked = await call('POST', `${path()}/unfreeze`, body)
    expect(asked.json['code']).toBe('signature_required')
    expect(asked.text).toContain(a)
    const headers = await confirmation(asked, alice.wallet)
    const done = await call('POST', `${path()}/unfreeze`, body, { headers })
    expect([done.status, done.json['status']]).toEqual([200, 'active'])
    expect(await held()).toEqual([c])
    const of = [a, b].map((subject) => ({ action: 'sentinel_stop.release', subject, actor: alice.owner }))
    expect(await audited()).toEqual(of)
    // Used up: it opens no stop that comes later.
    const d = await stopped('platform')
    const again = await call('POST', `${path()}/unfreeze`, body, { headers })
    expect(again.json['code']).toBe('signature_refused')
    expect(await held()).toEqual([c, d])
  })

  test('that its owner has frozen too goes on in one step', async () => {
    const id = await stopped('platform')
    await call('POST', `${path()}/freeze`, {})
    const done = await signedApi('POST', `${path()}/unfreeze`, { as: alice, env, body: {} }, alice.wallet)
    expect([done.status, done.json['status']]).toEqual([200, 'active'])
    expect(await held()).toEqual([])
    expect((await audited()).map(({ action }) => action)).toEqual([
      ...['session_key.freeze', 'session_key.unfreeze', 'sentinel_stop.release'],
    ])
    expect(id).toMatch(/^st_/)
  })

  test('whose budget is overspent says so, and goes on with a signature; a provider’s budget stays', async () => {
    const opened = object() as unknown as { openBreaker(scope: Scope): Promise<void> }
    for (const scope of ['owner', 'provider:prov_other'] as const) await opened.openBreaker(scope)
    const until = expect.any(String) as string
    expect((await call('GET', path())).json['breakers']).toEqual([
      { scope: 'owner', phase: 'open', until, cause: 'spend', spent: '9', budget: '5' },
      { scope: 'provider:prov_other', phase: 'open', until, cause: null, spent: null, budget: null },
    ])
    const asked = await call('POST', `${path()}/unfreeze`, {})
    expect(asked.json['code']).toBe('signature_required')
    expect(await audited()).toEqual([])
    const done = await signedApi('POST', `${path()}/unfreeze`, { as: alice, env, body: {} }, alice.wallet)
    expect([done.status, done.json['status']]).toEqual([200, 'active'])
    const { breakers } = await object().sentinel(1)
    expect(breakers.map(({ scope }) => scope)).toEqual(['provider:prov_other'])
    const subject = `key:${ref().payerAuthorizer}`
    expect(await audited()).toEqual([{ action: 'breaker.close', subject, actor: alice.owner }])
  })

  test('that nothing stops needs no signature to be as it is', async () => {
    expect((await call('POST', `${path()}/unfreeze`, {})).status).toBe(200)
    expect(await audited()).toEqual([])
  })
})

describe('a breaker', () => {
  const path = (act: string, subject = `upstream:${hers.route}`) => `/breakers/${encodeURIComponent(subject)}/${act}`

  test('of a route or a provider is opened and closed with a reason, which is written down', async () => {
    expect((await call('POST', path('open'), {})).json['code']).toBe('validation_failed')
    expect((await call('POST', path('open'), { reason: 'a bad release' })).json).toEqual({
      subject: `upstream:${hers.route}`,
      phase: 'open',
    })
    const of = { scope: `provider:${hers.provider}`, subject: `provider:${hers.provider}` }
    expect((await call('POST', path('close', of.subject), { reason: 'mended' })).json['phase']).toBe('closed')
    expect(await sentinel.done()).toEqual([
      { breaker: { scope: of.scope, subject: `upstream:${hers.route}`, act: 'open', reason: 'a bad release' } },
      { breaker: { ...of, act: 'close', reason: 'mended' } },
    ])
    expect((await audited()).map(({ action }) => action)).toEqual(['breaker.open', 'breaker.close'])
  })

  test('of everything, of somebody else or of nothing is not there', async () => {
    const theirs = await belongingsOf(bob, 'live')
    for (const subject of ['global', `provider:${theirs.provider}`, `upstream:${theirs.route}`, 'upstream:', 'x']) {
      const { status } = await call('POST', path('open', subject), { reason: 'x' })
      expect([subject, status]).toEqual([subject, 404])
    }
    expect(await sentinel.done()).toEqual([])
    expect(await audited()).toEqual([])
  })

  test('is listed as it is now: half open from the time on at which probes begin', async () => {
    const list = async () => (await call('GET', `/breakers?provider=${hers.provider}`)).json['data']
    expect(await list()).toMatchObject([
      { subject: `upstream:${hers.route}`, phase: 'open', cause: 'mine', until: null },
    ])
    await db.orm.update(db.tables.breaker).set({ until: new Date(Date.now() - 1) })
    expect(await list()).toMatchObject([{ phase: 'half-open' }])
    await db.orm.update(db.tables.breaker).set({ phase: 'closed' })
    expect(await list()).toMatchObject([{ phase: 'closed', cause: null, until: null }])
  })

  test('is not touched while Sentinel is away', async () => {
    await sentinel.say({ down: true })
    expect((await call('POST', path('open'), { reason: 'x' })).status).toBe(503)
  })
})
