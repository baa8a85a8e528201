/** Providers, routes and rate cards over HTTP: what an owner can do, and what nobody else can. */
import * as Seal from '@pbstream/core/Seal'
import { loadCatalog, upsertProvider, upsertRoute } from '@pbstream/db/Catalog'
import { project } from '@pbstream/db/Projection'
import { beforeEach, describe, expect, test, vi } from 'vitest'
import { everyMinute } from '../src/providers/Clock.ts'
import {
  api,
  apiEnv,
  type Call,
  confirmation,
  keyOf,
  LIVE_CHAIN,
  type Person,
  person,
  signedApi,
  TEST_CHAIN,
} from './people.ts'
import { channelId, db, empty, hex, session, settlement, snapshot } from './support.ts'

const SECRET = 'upstream-secret-of-the-tests-0123456789'
const HOST = 'api.acme.example'
const ELSEWHERE = hex('e1', 20)
const flat = { v: 1, kind: 'flat', amount: '1000' }

let alice: Person
let bob: Person
let logged: { mock: { calls: unknown[][] } }

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

beforeEach(async () => {
  logged = vi.spyOn(console, 'error').mockImplementation(() => {})
  await empty()
  alice = await person()
  bob = await person()
  const at = new Date()
  const hosts = [alice, bob].flatMap(({ owner }) =>
    (['live', 'test'] as const).map((mode) => ({
      owner,
      mode,
      host: HOST,
      token: 'token',
      createdAt: at,
      verifiedAt: at,
    })),
  )
  const { tables } = db
  await db.atomically((orm) => [
    ...[tables.rateCard, tables.route, tables.provider, tables.pathRoot, tables.upstreamHost].map((t) => orm.delete(t)),
    ...[tables.drain, tables.providerChannel, tables.microPayment, tables.movement].map((t) => orm.delete(t)),
    ...[tables.streamSession, tables.webhookDelivery].map((t) => orm.delete(t)),
    orm.insert(tables.upstreamHost).values(hosts),
  ])
  await settlement.say({})
  return () => vi.restoreAllMocks()
})

const closed = async () => (await settlement.done()).filter((what) => what.startsWith('close '))

const env = { UPSTREAM_SECRET: SECRET }
const call = (as: Person | string, more: Call = {}): Call => ({ as, mode: 'test', env, ...more })
const match = (revision: number) => ({ headers: { 'if-match': `"${revision}"` } })

async function provider(as: Person = alice, over: object = {}) {
  const body = { name: 'Acme', payTo: as.wallet.address, ...over }
  const { status, json, text } = await api('POST', '/providers', call(as, { body }))
  expect([status, text]).toEqual([201, text])
  return json as { id: string; revision: number; payTo: string }
}

const described = (providerId: string, over: object = {}) => ({
  providerId,
  path: '/acme/v1/*',
  origin: { kind: 'url', url: `https://${HOST}/base` },
  chainIds: [TEST_CHAIN],
  rate: flat,
  ...over,
})

async function route(providerId: string, over: object = {}, as: Person = alice) {
  const { status, json, text } = await api('POST', '/routes', call(as, { body: described(providerId, over) }))
  expect([status, text]).toEqual([201, text])
  return json as { id: string; revision: number }
}

describe('a provider', () => {
  test('is made, listed, read, edited and switched off, and its catalog version rises each time', async () => {
    const made = await provider()
    await route(made.id)
    const before = (await loadCatalog(db)).version
    const edit = await api(
      'PATCH',
      `/providers/${made.id}`,
      call(alice, { body: { name: 'Acme 2', enabled: false }, ...match(1) }),
    )
    expect(edit.json).toMatchObject({ name: 'Acme 2', enabled: false, revision: 2, drain: null })
    expect(edit.headers.get('etag')).toBe('"2"')
    const { version, routes } = await loadCatalog(db)
    expect(version).toBe(before + 1)
    expect(routes).toMatchObject([{ enabled: false, payTo: alice.wallet.address.toLowerCase() }])
    expect((await api('GET', '/providers', call(alice))).json['data']).toMatchObject([{ id: made.id, revision: 2 }])
    expect((await api('GET', `/providers/${made.id}`, call(alice))).headers.get('etag')).toBe('"2"')
  })

  test('made by a request that is repeated is one provider', async () => {
    const again = call(alice, { body: { name: 'Acme', payTo: alice.wallet.address }, idempotencyKey: 'once' })
    const first = await api('POST', '/providers', again)
    expect((await api('POST', '/providers', again)).json).toEqual(first.json)
    expect(await db.orm.select().from(db.tables.provider)).toHaveLength(1)
  })

  test('edited from a stale revision, or from none, is left alone', async () => {
    const { id } = await provider()
    const edit = (headers: Record<string, string>) =>
      api('PATCH', `/providers/${id}`, call(alice, { body: { name: 'x' }, headers }))
    expect((await edit({})).status).toBe(428)
    for (const tag of ['"2"', '1', 'W/"1"', '*', '"1", "2"']) expect((await edit({ 'if-match': tag })).status).toBe(412)
    expect((await edit({ 'if-match': '"1"' })).status).toBe(200)
    expect((await edit({ 'if-match': '"1"' })).status).toBe(412)
  })

  test('two edits from one revision: one is made', async () => {
    const { id } = await provider()
    const edits = await Promise.all(
      ['a', 'b', 'c'].map((name) => api('PATCH', `/providers/${id}`, call(alice, { body: { name }, ...match(1) }))),
    )
    expect(edits.map(({ status }) => status).sort()).toEqual([200, 412, 412])
  })

  test('that pays another address than the owner needs his signature', async () => {
    const body = { name: 'Acme', payTo: ELSEWHERE }
    const refused = await api('POST', '/providers', call(alice, { body }))
    expect([refused.status, refused.json['code']]).toEqual([403, 'signature_required'])
    const stranger = await signedApi('POST', '/providers', call(alice, { body }), bob.wallet)
    expect([stranger.status, stranger.json['code']]).toEqual([403, 'signature_refused'])
    const made = await signedApi('POST', '/providers', call(alice, { body }), alice.wallet)
    expect([made.status, made.json['payTo']]).toEqual([201, ELSEWHERE])
  })

  test.each([
    ['no address', { payTo: '0x12' }, '/payTo'],
    ['a delay below the contract', { withdrawDelay: 899 }, '/withdrawDelay'],
    ['a delay above the contract', { withdrawDelay: 2_592_001 }, '/withdrawDelay'],
    ['an amount that is dust', { settlement: { amount: '1', ageMs: null } }, '/settlement/amount'],
    ['an amount with a sign', { settlement: { amount: '-1', ageMs: null } }, '/settlement/amount'],
    ['an age of no time', { settlement: { amount: null, ageMs: 1 } }, '/settlement/ageMs'],
    ['an unknown member', { owner: '0x12' }, ''],
  ])('with %s is 400 and names the field', async (_, over, field) => {
    const body = { name: 'Acme', payTo: alice.wallet.address, ...over }
    const { status, json } = await api('POST', '/providers', call(alice, { body }))
    expect([status, (json['errors'] as { field: string }[])[0]?.field]).toEqual([400, field])
  })

  test('has a settlement policy and a delay that gateways read', async () => {
    const settlementPolicy = { amount: '5000000', ageMs: 1_800_000 }
    const { id } = await provider(alice, { withdrawDelay: 3_600, settlement: settlementPolicy })
    await route(id)
    expect((await loadCatalog(db)).routes).toMatchObject([{ withdrawDelay: 3_600, settle: settlementPolicy }])
  })
})

describe('another owner, and another mode of the same', () => {
  test('get the answer of an id that there is not, byte for byte, whatever they ask', async () => {
    const { id } = await provider()
    const made = await route(id)
    const attempts: [string, string, object?][] = [
      ['GET', '/providers/ID'],
      ['PATCH', '/providers/ID', { name: 'x' }],
      ['POST', '/providers/ID/payout-change', { payTo: ELSEWHERE }],
      ['DELETE', '/providers/ID/payout-change'],
      ['GET', '/providers/ID/drains'],
      ['GET', '/providers/ID/payments'],
      ['GET', '/providers/ID/channels'],
      ['GET', '/providers/ID/settlements'],
      ['GET', '/providers/ID/incidents'],
      ['GET', '/routes?provider=ID'],
      ['POST', '/routes', described('ID')],
      ['GET', '/routes/ROUTE'],
      ['PATCH', '/routes/ROUTE', { enabled: false }],
      ['GET', '/routes/ROUTE/rate-cards'],
      ['POST', '/routes/ROUTE/rate-cards', { rule: flat }],
      ['GET', '/routes/ROUTE/rate-cards/1'],
    ]
    for (const [method, path, body] of attempts) {
      const ask = (as: Person, mode: 'live' | 'test', one: string, other: string) => {
        const named = JSON.parse(JSON.stringify(body ?? null).replaceAll('"ID"', JSON.stringify(one))) as object | null
        return api(method, path.replace('ID', one).replace('ROUTE', other), {
          ...call(as, match(1)),
          mode,
          ...(named === null ? {} : { body: named }),
        })
      }
      const unknown = await ask(bob, 'test', 'prov_00000000000000000000000a', 'route_0000000000000000000000a')
      expect([path, unknown.status]).toEqual([path, 404])
      for (const [as, mode] of [
        [bob, 'test'],
        [alice, 'live'],
      ] as const) {
        const { status, text } = await ask(as, mode, id, made.id)
        expect([path, status, text]).toEqual([path, 404, unknown.text])
      }
    }
    expect((await loadCatalog(db)).routes).toMatchObject([{ enabled: true, rate: { version: 1 } }])
  })

  test('a route or provider of nobody is not there', async () => {
    const by = { actor: 'seed', at: 1 }
    await upsertProvider(db, { id: 'demo', name: 'Demo', payTo: ELSEWHERE }, by)
    await upsertRoute(
      db,
      { id: 'r', providerId: 'demo', path: '/demo', origin: { kind: 'zone' }, chainIds: [], rate: null },
      by,
    )
    expect((await api('GET', '/providers', call(alice))).json['data']).toEqual([])
    expect((await api('GET', '/routes/r', call(alice))).status).toBe(404)
  })

  test('a key that may only read changes nothing', async () => {
    const { id } = await provider()
    const { text } = await keyOf(alice.owner, 'test', ['providers:read'])
    expect((await api('GET', `/providers/${id}`, call(text))).status).toBe(200)
    const edit = await api('PATCH', `/providers/${id}`, call(text, { body: { name: 'x' }, ...match(1) }))
    expect([edit.status, edit.json['code']]).toEqual([403, 'scope_missing'])
  })
})

describe('a route', () => {
  test('is made with its price, edited, priced anew and switched off; revisions rise', async () => {
    const { id } = await provider()
    const made = await route(id)
    expect((await loadCatalog(db)).routes).toMatchObject([
      { id: made.id, revision: 1, rate: { version: 1, rule: flat } },
    ])
    const edit = await api('PATCH', `/routes/${made.id}`, call(alice, { body: { methods: ['GET'] }, ...match(1) }))
    expect(edit.json).toMatchObject({ methods: ['GET'], revision: 2, rateVersion: 1 })
    const dear = { ...flat, amount: '2000' }
    const card = await api('POST', `/routes/${made.id}/rate-cards`, call(alice, { body: { rule: dear }, ...match(2) }))
    expect(card.json).toMatchObject({ revision: 3, rateCard: { version: 2, rule: dear } })
    const again = await api('POST', `/routes/${made.id}/rate-cards`, call(alice, { body: { rule: dear }, ...match(3) }))
    expect(again.json).toMatchObject({ revision: 3, rateCard: { version: 2 } })
    const cards = await api('GET', `/routes/${made.id}/rate-cards?limit=1`, call(alice))
    expect(cards.json['data']).toMatchObject([{ version: 1, rule: flat }])
    const next = `/routes/${made.id}/rate-cards?limit=1&cursor=${String(cards.json['nextCursor'])}`
    expect((await api('GET', next, call(alice))).json).toMatchObject({ data: [{ version: 2 }], nextCursor: null })
    expect((await api('GET', `/routes/${made.id}/rate-cards/1`, call(alice))).json).toMatchObject({ rule: flat })
    expect((await api('GET', `/routes/${made.id}/rate-cards/3`, call(alice))).status).toBe(404)
    await api('PATCH', `/routes/${made.id}`, call(alice, { body: { enabled: false }, ...match(3) }))
    expect((await loadCatalog(db)).routes).toMatchObject([{ enabled: false, revision: 4, rate: { version: 2 } }])
  })

  test('of a live provider needs the signature of the owner for its upstream, and only for that', async () => {
    const live = (more: Call = {}) => ({ ...call(alice, more), mode: 'live' as const })
    const made = await api('POST', '/providers', live({ body: { name: 'Acme', payTo: alice.wallet.address } }))
    const providerId = String(made.json['id'])
    const body = described(providerId, { chainIds: [LIVE_CHAIN] })
    expect((await api('POST', '/routes', live({ body }))).json['code']).toBe('signature_required')
    expect((await signedApi('POST', '/routes', live({ body }), bob.wallet)).json['code']).toBe('signature_refused')
    const { json, status } = await signedApi('POST', '/routes', live({ body }), alice.wallet)
    expect(status).toBe(201)
    const path = `/routes/${String(json['id'])}`
    const priced = await api('PATCH', path, live({ body: { methods: ['GET'] }, ...match(1) }))
    expect(priced.status).toBe(200)
    for (const change of [
      { origin: { kind: 'url', url: `https://${HOST}/other` } },
      { path: '/acme/v2/*' },
      { credential: { header: 'authorization', value: 'Bearer x' } },
    ]) {
      const edit = live({ body: change, ...match(2) })
      expect((await api('PATCH', path, edit)).json['code']).toBe('signature_required')
    }
    const moved = live({ body: { origin: { kind: 'url', url: `https://${HOST}/other` } }, ...match(2) })
    expect((await signedApi('PATCH', path, moved, alice.wallet)).status).toBe(200)
  })

  test('a confirmation is good for one change, once', async () => {
    const live = (more: Call = {}) => ({ ...call(alice, more), mode: 'live' as const })
    const { json } = await api('POST', '/providers', live({ body: { name: 'Acme', payTo: alice.wallet.address } }))
    const body = (path: string) => described(String(json['id']), { chainIds: [LIVE_CHAIN], path })
    const asked = await api('POST', '/routes', live({ body: body('/acme/a') }))
    const headers = await confirmation(asked, alice.wallet)
    const other = await api('POST', '/routes', live({ body: body('/acme/b'), headers }))
    expect(other.json['code']).toBe('signature_refused')
    expect((await api('POST', '/routes', live({ body: body('/acme/a'), headers }))).status).toBe(201)
    const replayed = await api('POST', '/routes', live({ body: body('/acme/a'), headers }))
    expect([replayed.status, replayed.json['code']]).toEqual([403, 'signature_refused'])
    expect(await db.orm.select().from(db.tables.route)).toHaveLength(1)
  })

  test.each([
    ['a live chain in test mode', { chainIds: [LIVE_CHAIN] }, 422, 'chain_not_permitted'],
    ['a chain that there is not', { chainIds: [5] }, 422, 'chain_not_permitted'],
    ['a price and no chain', { chainIds: [] }, 400, 'malformed_body'],
    ['a path with two readings', { path: '/acme/../b' }, 400, 'malformed_body'],
    ['a path with an escape', { path: '/acme/%2e%2e' }, 400, 'malformed_body'],
    ['a star in the middle', { path: '/acme/*/b' }, 400, 'malformed_body'],
    ['no leading slash', { path: 'acme' }, 400, 'malformed_body'],
    ['every path', { path: '/*' }, 422, 'path_reserved'],
    ['the root', { path: '/' }, 422, 'path_reserved'],
    ['a path of the gateway', { path: '/healthz' }, 422, 'path_reserved'],
    ['a well-known path', { path: '/.well-known/*' }, 422, 'path_reserved'],
    ['a path that a lenient origin takes for one of the gateway', { path: '/Healthz;a' }, 422, 'path_reserved'],
    [
      'a service of the deployment',
      { origin: { kind: 'service', binding: 'UPSTREAM_X' } },
      422,
      'origin_not_permitted',
    ],
    ['the zone of the deployment', { origin: { kind: 'zone' } }, 422, 'origin_not_permitted'],
    ['the binding of another Worker', { origin: { kind: 'service', binding: 'SETTLEMENT' } }, 400, 'validation_failed'],
    ['a host that is not shown', { origin: { kind: 'url', url: 'https://other.example' } }, 422, 'host_not_verified'],
    ['another port of the host', { origin: { kind: 'url', url: `https://${HOST}:8443` } }, 422, 'host_not_verified'],
    ['a rate that is none', { rate: { v: 1, kind: 'flat', amount: '-1' } }, 400, 'validation_failed'],
    ['a header of the gateway', { credential: { header: 'Host', value: 'x' } }, 400, 'validation_failed'],
    [
      'our own token as credential',
      { credential: { header: 'PBStream-Payment', value: 'x' } },
      400,
      'validation_failed',
    ],
    ['a credential with a line break', { credential: { header: 'a', value: 'x\r\ny: z' } }, 400, 'validation_failed'],
    ['an adapter that there is not', { adapter: 'openai' }, 400, 'validation_failed'],
    ['a sealed credential of its own', { credential: { header: 'a', sealed: 'x' } }, 400, 'validation_failed'],
  ])('with %s is refused', async (_, over, status, code) => {
    const { id } = await provider()
    const reply = await api('POST', '/routes', call(alice, { body: described(id, over) }))
    expect([reply.status, reply.json['code']]).toEqual([status, code])
    expect(await db.orm.select().from(db.tables.route)).toEqual([])
    expect(await db.orm.select().from(db.tables.pathRoot)).toEqual([])
  })

  test('may use what an operator gave its owner', async () => {
    const { id } = await provider()
    const grants = [{ owner: alice.owner, services: ['UPSTREAM_X'], zone: false }]
    const with_ = { ...env, ORIGIN_GRANTS: JSON.stringify(grants) }
    const origin = { kind: 'service', binding: 'UPSTREAM_X' }
    const mine = await api('POST', '/routes', { ...call(alice), env: with_, body: described(id, { origin }) })
    expect(mine.status).toBe(201)
    const other = await provider(bob)
    const body = described(other.id, { origin, path: '/bob' })
    const theirs = await api('POST', '/routes', { ...call(bob), env: with_, body })
    expect(theirs.json['code']).toBe('origin_not_permitted')
  })

  /** Each class of the gate once, through the API; the spellings are tested where the gate is. */
  test.each([
    ['http://api.acme.example', 'not_https'],
    ['https://user:pass@api.acme.example', 'credentials'],
    ['https://api.acme.example:22', 'port'],
    ['https://169.254.169.254/latest', 'address'],
    ['https://2130706433', 'address'],
    ['https://0x7f.1', 'address'],
    ['https://[::ffff:127.0.0.1]', 'address'],
    ['https://127.0.0.1./', 'address'],
    ['https://localhost', 'private_name'],
    ['https://metadata.google.internal', 'private_name'],
    ['https://printer.local', 'private_name'],
    ['https://127.0.0.1.nip.io', 'private_name'],
    ['https://①②⑦.0.0.1', 'spelling'],
    ['https://api.acme.example.', 'spelling'],
    ['https://control.example/v1', 'own_zone'],
    ['https://a.pay.example', 'own_zone'],
    ['https://api.acme.example/?a=b', 'query_or_fragment'],
    ['https://api.acme.example/a/../b', 'path'],
    ['nonsense', 'not_a_url'],
  ])('to %s is refused, when it is made and when it is edited', async (url, why) => {
    const { id } = await provider()
    const origin = { kind: 'url', url }
    const zones = { ...env, OWN_ZONES: 'pay.example' }
    const made = await api('POST', '/routes', { ...call(alice), env: zones, body: described(id, { origin }) })
    expect([made.status, made.json['code'], made.json['detail']]).toEqual([422, 'upstream_refused', why])
    const good = await route(id)
    const edit = await api('PATCH', `/routes/${good.id}`, { ...call(alice, match(1)), env: zones, body: { origin } })
    expect([edit.status, edit.json['detail']]).toEqual([422, why])
  })
})

describe('a path', () => {
  test('of another owner cannot be taken, from above, below or beside, in any spelling, and nobody is named', async () => {
    const { id } = await provider()
    await route(id, { path: '/acme/v1/*' })
    const theirs = await provider(bob)
    for (const path of ['/acme/v1/chat', '/acme/*', '/acme', '/acme/other', '/ACME/x', '/acme;a/x', '/acme./x']) {
      const reply = await api('POST', '/routes', call(bob, { body: described(theirs.id, { path }) }))
      expect([path, reply.status, reply.json['code']]).toEqual([path, 409, 'path_taken'])
      expect(reply.text).not.toContain(alice.owner)
      expect(reply.text).not.toContain(id)
    }
    const own = await route(theirs.id, { path: '/bob' }, bob)
    const edit = await api('PATCH', `/routes/${own.id}`, call(bob, { body: { path: '/acme/v1/chat' }, ...match(1) }))
    expect(edit.json['code']).toBe('path_taken')
    // Nor can a test route of the same owner stand in the way of a live one.
    const live = { ...call(alice), mode: 'live' as const }
    const mine = await api('POST', '/providers', { ...live, body: { name: 'Acme', payTo: alice.wallet.address } })
    const body = described(String(mine.json['id']), { chainIds: [LIVE_CHAIN], path: '/acme/v1/chat' })
    expect((await signedApi('POST', '/routes', { ...live, body }, alice.wallet)).json['code']).toBe('path_taken')
  })

  test('that two owners take at once belongs to one', async () => {
    const [mine, theirs] = [await provider(), await provider(bob)]
    const replies = await Promise.all([
      api('POST', '/routes', call(alice, { body: described(mine.id) })),
      api('POST', '/routes', call(bob, { body: described(theirs.id) })),
    ])
    expect(replies.map(({ status }) => status).sort()).toEqual([201, 409])
    expect(await db.orm.select().from(db.tables.route)).toHaveLength(1)
  })

  test('that the deployment sells itself cannot be taken', async () => {
    const by = { actor: 'seed', at: 1 }
    await upsertProvider(db, { id: 'demo', name: 'Demo', payTo: ELSEWHERE }, by)
    const seeded = { id: 'r', providerId: 'demo', origin: { kind: 'zone' }, chainIds: [], rate: null } as const
    await upsertRoute(db, { ...seeded, path: '/acme/*' }, by)
    const { id } = await provider()
    const reply = await api('POST', '/routes', call(alice, { body: described(id) }))
    expect(reply.json['code']).toBe('path_taken')
  })

  test('and method of two routes of one owner is refused', async () => {
    const { id } = await provider()
    await route(id, { methods: ['GET', 'POST'] })
    const reply = await api('POST', '/routes', call(alice, { body: described(id, { methods: ['POST'] }) }))
    expect([reply.status, reply.json['code']]).toEqual([409, 'route_conflict'])
    await route(id, { methods: ['PUT'] })
  })
})

describe('a credential', () => {
  const credential = { header: 'Authorization', value: 'Bearer very-secret-upstream-credential' }

  test('is sealed for the gateway, and in no answer, audit, webhook, log or row', async () => {
    const { id } = await provider()
    const made = await api('POST', '/routes', call(alice, { body: described(id, { credential }) }))
    expect(made.json['credential']).toEqual({ header: 'authorization' })
    const routeId = String(made.json['id'])
    const [stored] = (await loadCatalog(db)).routes
    const where = { secret: SECRET, purpose: Seal.UPSTREAM_CREDENTIAL, place: 'authorization' }
    expect(await Seal.open(crypto, where, stored?.credential?.sealed ?? '')).toBe(credential.value)
    const answers = [
      made,
      await api('GET', `/routes/${routeId}`, call(alice)),
      await api('GET', `/routes?provider=${id}`, call(alice)),
    ]
    const { tables, orm } = db
    const rows = await Promise.all(
      [tables.route, tables.audit, tables.idempotency, tables.webhookDelivery].map((table) => orm.select().from(table)),
    )
    const shown = JSON.stringify([answers.map(({ text }) => text), rows, logged.mock.calls])
    expect(shown).not.toContain('very-secret')
    expect(answers.map(({ text }) => text).join()).not.toContain(stored?.credential?.sealed)
    expect(JSON.stringify(rows[1])).not.toContain(stored?.credential?.sealed)
  })

  test('does not follow to another origin: an attacker with a key cannot have it sent to himself', async () => {
    const { id } = await provider()
    const made = await route(id, { credential })
    const origin = { kind: 'url', url: `https://${HOST}/elsewhere` }
    const edit = (body: object, revision: number) =>
      api('PATCH', `/routes/${made.id}`, call(alice, { body, ...match(revision) }))
    expect((await edit({ origin }, 1)).json['code']).toBe('credential_needed')
    expect((await edit({ methods: ['GET'] }, 1)).json).toMatchObject({ credential: { header: 'authorization' } })
    expect((await edit({ origin, credential: null }, 2)).json).toMatchObject({ credential: null })
  })

  test('is not taken where it cannot be sealed', async () => {
    const { id } = await provider()
    const { UPSTREAM_SECRET: _, ...without } = apiEnv()
    const body = described(id, { credential })
    expect((await api('POST', '/routes', { as: alice, mode: 'test', env: without, body })).status).toBe(503)
  })
})

describe('a payout change', () => {
  const change = (more: Call = {}) => call(alice, { body: { payTo: ELSEWHERE }, ...match(1), ...more })
  const day = 86_400_000

  test('needs the wallet, waits 24 hours, alerts, takes effect by the clock and drains', async () => {
    const { id } = await provider()
    const made = await route(id)
    await sold(id, made.id)
    const path = `/providers/${id}/payout-change`
    const unsure = await api('POST', path, change())
    expect([unsure.status, unsure.json['code']]).toEqual([409, 'drain_confirmation_needed'])
    expect(unsure.json['drain']).toEqual({ channels: 1, toPay: '40', toReturn: '910', whole: true })
    const dry = await api('POST', `${path}?dryRun=true`, change())
    expect(dry.json).toMatchObject({ drain: { channels: 1 }, pendingPayout: null })
    const sure = change({ body: { payTo: ELSEWHERE, confirmDrain: true } })
    const other = await signedApi('POST', path, sure, bob.wallet)
    expect(other.json['code']).toBe('signature_refused')
    const asked = await signedApi('POST', path, sure, alice.wallet)
    expect(asked.json).toMatchObject({
      payTo: alice.owner,
      pendingPayout: { payTo: ELSEWHERE },
      revision: 2,
      drain: { channels: 1 },
    })
    const now = Date.now()
    await everyMinute(apiEnv(), new Date(now + day - 60_000))
    expect((await loadCatalog(db)).routes).toMatchObject([{ payTo: alice.owner }])
    const { version } = await loadCatalog(db)
    await everyMinute(apiEnv(), new Date(now + day + 60_000))
    expect(await loadCatalog(db)).toMatchObject({ version: version + 1, routes: [{ payTo: ELSEWHERE }] })
    expect(await closed()).toEqual([`close ${channelId} ${ELSEWHERE} null`])
    const acts = (await db.orm.select().from(db.tables.audit)).map(({ action, actor }) => `${actor} ${action}`)
    expect(acts).toContain(`${alice.owner} provider.payout_change_request`)
    expect(acts).toContain('platform provider.payout_change_apply')
    expect((await api('GET', `/providers/${id}/drains`, call(alice))).json['data']).toMatchObject([
      { reason: 'payout', receiver: alice.owner, finishedAt: null },
    ])
    await everyMinute(apiEnv(), new Date(now + day + 300_000))
    expect((await api('GET', `/providers/${id}/drains`, call(alice))).json['data']).toMatchObject([
      { closed: 1, open: 0, finishedAt: expect.any(String) as string },
    ])
  })

  test('can be cancelled until then, without the wallet', async () => {
    const { id } = await provider()
    const path = `/providers/${id}/payout-change`
    await signedApi('POST', path, change(), alice.wallet)
    expect((await api('DELETE', path, call(alice, match(1)))).status).toBe(412)
    expect((await api('DELETE', path, call(alice, match(2)))).json).toMatchObject({ pendingPayout: null, revision: 3 })
    expect((await api('DELETE', path, call(alice, match(3)))).json['code']).toBe('no_payout_change')
    await everyMinute(apiEnv(), new Date(Date.now() + 2 * day))
    expect((await api('GET', `/providers/${id}`, call(alice))).json['payTo']).toBe(alice.owner)
  })

  test('a confirmation is not good for another address, another provider, or a second time', async () => {
    const [{ id }, second] = [await provider(), await provider()]
    const path = `/providers/${id}/payout-change`
    const headers = { 'if-match': '"1"', ...(await confirmation(await api('POST', path, change()), alice.wallet)) }
    const elsewhere = call(alice, { body: { payTo: hex('e2', 20) }, headers })
    expect((await api('POST', path, elsewhere)).json['code']).toBe('signature_refused')
    const other = await api('POST', `/providers/${second.id}/payout-change`, change({ headers }))
    expect(other.json['code']).toBe('signature_refused')
    expect((await api('POST', path, change({ headers }))).status).toBe(200)
    expect((await api('DELETE', path, call(alice, match(2)))).status).toBe(200)
    const again = await api('POST', path, change({ headers: { ...headers, 'if-match': '"3"' } }))
    expect(again.json['code']).toBe('signature_refused')
  })

  test('asked for again waits anew', async () => {
    const { id } = await provider()
    const path = `/providers/${id}/payout-change`
    await signedApi('POST', path, change(), alice.wallet)
    const { tables, orm } = db
    await orm.update(tables.provider).set({ pendingPayToAt: new Date(Date.now() + 1_000) })
    const again = change({ body: { payTo: hex('e2', 20) }, ...match(2) })
    const { json } = await signedApi('POST', path, again, alice.wallet)
    const { takesEffectAt } = json['pendingPayout'] as { takesEffectAt: string }
    expect(Date.parse(takesEffectAt)).toBeGreaterThan(Date.now() + day - 60_000)
  })
})

describe('a drain', () => {
  const delay = (revision: number, more: object = {}) =>
    call(alice, { body: { withdrawDelay: 7_200, confirmDrain: true, ...more }, ...match(revision) })

  test('follows another withdraw delay, once a day', async () => {
    const { id } = await provider()
    await sold(id, (await route(id)).id)
    expect((await api('PATCH', `/providers/${id}`, delay(1, { confirmDrain: false }))).json).toMatchObject({
      code: 'drain_confirmation_needed',
      drain: { channels: 1 },
    })
    expect((await api('PATCH', `/providers/${id}`, delay(1))).json).toMatchObject({
      drain: { channels: 1 },
      revision: 2,
    })
    const again = await api('PATCH', `/providers/${id}`, delay(2, { withdrawDelay: 3_600 }))
    expect([again.status, again.json['code']]).toEqual([409, 'terms_changed_recently'])
    const now = Date.now()
    await settlement.say({ close: { [channelId]: { kind: 'waiting', why: 'refund' } } })
    for (const minute of [1, 2, 3, 4, 5]) await everyMinute(apiEnv(), new Date(now + minute * 60_000))
    expect(await closed()).toHaveLength(5)
    expect((await closed())[0]).toBe(`close ${channelId} ${alice.owner} 7200`)
    const drains = async () => (await api('GET', `/providers/${id}/drains`, call(alice))).json['data']
    expect(await drains()).toMatchObject([{ open: 1, closed: 0, finishedAt: null }])
    await settlement.say({})
    await everyMinute(apiEnv(), new Date(now + 360_000))
    expect(await drains()).toMatchObject([{ open: 0, closed: 1, finishedAt: new Date(now + 360_000).toISOString() }])
  })

  test('leaves channels alone that another provider sells on under the same receiver', async () => {
    const { id } = await provider()
    await sold(id, (await route(id)).id)
    // Mallory names the address of Alice as his own, has one call paid on her channel, and changes his terms.
    const body = { name: 'Mallory', payTo: alice.wallet.address }
    const made = await signedApi('POST', '/providers', call(bob, { body }), bob.wallet)
    const mallory = String(made.json['id'])
    await sold(mallory, (await route(mallory, { path: '/mallory' }, bob)).id, 2)
    const patch = call(bob, { body: { withdrawDelay: 7_200, confirmDrain: true }, ...match(1) })
    expect((await api('PATCH', `/providers/${mallory}`, patch)).status).toBe(200)
    await everyMinute(apiEnv(), new Date(Date.now() + 400_000))
    await everyMinute(apiEnv(), new Date(Date.now() + 460_000))
    expect(await closed()).toEqual([])
  })
})

describe('lists', () => {
  test('show what the provider sold, page by page, and nothing of others with the same receiver', async () => {
    const { id } = await provider()
    const mine = await route(id)
    await sold(id, mine.id, 1, 3)
    const first = await api('GET', `/providers/${id}/payments?limit=2`, call(alice))
    expect(first.json['data']).toMatchObject([{ seq: 3 }, { seq: 2, routeId: mine.id, amount: '30' }])
    const next = `/providers/${id}/payments?limit=2&cursor=${String(first.json['nextCursor'])}`
    expect((await api('GET', next, call(alice))).json).toMatchObject({ data: [{ seq: 1 }], nextCursor: null })
    const channels = (await api('GET', `/providers/${id}/channels`, call(alice))).json['data']
    expect(channels).toMatchObject([{ id: channelId, deposited: '1000', spent: '90' }])
    expect((await api('GET', `/providers/${id}/settlements`, call(alice))).json['data']).toMatchObject([
      { channelId, amount: '50' },
    ])
    expect((await api('GET', `/providers/${id}/incidents`, call(alice))).json['data']).toEqual([])
    const what = 'withdrawal_lost' as const
    await project(db, [{ v: 1, kind: 'incident', id: 'w', what, detail: { channelId }, at: 5 }])
    expect((await api('GET', `/providers/${id}/incidents`, call(alice))).json['data']).toMatchObject([
      { id: 'w', what },
    ])
    const body = { name: 'Bob', payTo: alice.wallet.address }
    const theirs = await signedApi('POST', '/providers', call(bob, { body }), bob.wallet)
    for (const list of ['payments', 'channels', 'settlements', 'incidents'])
      expect((await api('GET', `/providers/${String(theirs.json['id'])}/${list}`, call(bob))).json['data']).toEqual([])
  })

  test('take filters', async () => {
    const { id } = await provider()
    const mine = await route(id)
    await sold(id, mine.id)
    const count = async (query: string) =>
      ((await api('GET', `/providers/${id}/${query}`, call(alice))).json['data'] as object[] | undefined)?.length
    expect(await count(`payments?route=${mine.id}`)).toBe(1)
    expect(await count('payments?since=1970-01-01T00:00:02Z')).toBe(0)
    expect(await count('payments?until=1970-01-01T00:00:02Z')).toBe(1)
    expect(await count(`channels?receiver=${alice.owner}`)).toBe(1)
    expect(await count(`channels?receiver=${ELSEWHERE}`)).toBe(0)
    expect(await count('channels?chainId=84532')).toBe(1)
    expect(await count('channels?chainId=1')).toBe(0)
    expect(await count(`settlements?channel=${hex('ff', 32)}`)).toBe(0)
    for (const query of [
      'payments?since=today',
      'channels?receiver=0x12',
      'channels?chainId=-1',
      'incidents?status=x',
      'payments?x=1',
      'payments?limit=0',
    ])
      expect([query, (await api('GET', `/providers/${id}/${query}`, call(alice))).status]).toEqual([query, 400])
    expect((await api('GET', `/providers/${id}/payments?route=route_of_nobody`, call(alice))).status).toBe(404)
  })
})

describe('an upstream host', () => {
  const host = 'new.acme.example'

  test("is shown to be the owner's by its token, and then routes may lead there", async () => {
    const { json } = await api('POST', '/upstream-hosts', call(alice, { body: { host } }))
    expect(json).toMatchObject({ host, verifiedAt: null })
    const { id } = await provider()
    const body = described(id, { origin: { kind: 'url', url: `https://${host}/x` } })
    expect((await api('POST', '/routes', call(alice, { body }))).json['code']).toBe('host_not_verified')
    const fetched: Request[] = []
    const serve = (response: () => Response) =>
      vi.spyOn(globalThis, 'fetch').mockImplementation((input, init) => {
        fetched.push(new Request(input as Request, init as RequestInit))
        return Promise.resolve(response())
      })
    const verify = () => api('POST', `/upstream-hosts/${host}/verify`, call(alice))
    const token = String(json['token'])
    const wrong: (() => Response)[] = [
      () => new Response('another'),
      () => new Response(token, { status: 404 }),
      () => new Response(null, { status: 302, headers: { location: 'https://evil.example/token' } }),
      () => new Response(`${token} and much more ${'x'.repeat(4_096)}`),
      () => new Response(`<p>${token}</p>`),
    ]
    for (const response of wrong) {
      serve(response)
      expect((await verify()).json['code']).toBe('verification_failed')
    }
    serve(() => new Response(`${token}\n`))
    expect((await verify()).json['verifiedAt']).toMatch(/^\d{4}-/)
    expect(
      fetched.every(
        ({ url, redirect }) => url === `https://${host}/.well-known/pbstream-verification` && redirect === 'manual',
      ),
    ).toBe(true)
    expect((await api('POST', '/routes', call(alice, { body }))).status).toBe(201)
  })

  test('shown by one owner is not shown by another, nor in the other mode', async () => {
    const carol = await person()
    const { id } = await provider(carol)
    const body = described(id)
    expect((await api('POST', '/routes', call(carol, { body }))).json['code']).toBe('host_not_verified')
    const { json } = await api('POST', '/upstream-hosts', call(carol, { body: { host: HOST } }))
    expect(json['token']).not.toBe('token')
    expect((await api('GET', `/upstream-hosts/${host}`, call(carol))).status).toBe(404)
    const live = { ...call(carol), mode: 'live' as const }
    expect((await api('GET', `/upstream-hosts/${HOST}`, live)).status).toBe(404)
  })

  test.each([
    'localhost',
    '127.0.0.1',
    '[::1]',
    'metadata.google.internal',
    'a/b',
    'a@b.example',
    'control.example',
    'a.example:22',
    'x y',
    'a.example?b',
  ])('%s is refused, and not asked', async (bad) => {
    const fetched = vi.spyOn(globalThis, 'fetch')
    const { status } = await api('POST', '/upstream-hosts', call(alice, { body: { host: bad } }))
    expect([bad, status]).toEqual([bad, 422])
    expect(fetched).not.toHaveBeenCalled()
  })
})

/** A paid call on the channel of the tests, from `seq` on, as the projection knows it. */
async function sold(providerId: string, routeId: string, from = 1, count = 1) {
  const charge = (seq: number) =>
    ({
      seq,
      kind: 'charge',
      channelId,
      debit: 'escrow',
      credit: 'provider',
      amount: '30',
      reservationId: `r${seq}`,
      providerId,
      routeId,
      rateVersion: 1,
      cumulative: String(30 * seq),
      at: 1_000 * seq,
    }) as const
  const settle = {
    seq: from + count,
    kind: 'settle',
    channelId,
    debit: 'claimed',
    credit: 'settled',
    amount: '50',
    transaction: hex('99', 32),
    at: 9_000,
  } as const
  const receiver = alice.wallet.address.toLowerCase() as `0x${string}`
  const rows = [...Array.from({ length: count }, (_, i) => charge(from + i)), settle]
  await project(db, [{ v: 1, kind: 'session', session, channels: [snapshot({ receiver })], rows }])
}
