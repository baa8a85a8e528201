/** Routes over HTTP: paths, origins, credentials and hosts, and the attacks on each. */
import * as Seal from '@pbstream/core/Seal'
import { loadCatalog, upsertProvider, upsertRoute } from '@pbstream/db/Catalog'
import { describe, expect, test, vi } from 'vitest'
import { api, apiEnv, type Call, confirmation, LIVE_CHAIN, person, signedApi } from './people.ts'
import {
  alice,
  bob,
  call,
  described,
  ELSEWHERE,
  env,
  flat,
  HOST,
  logged,
  match,
  openShop,
  provider,
  route,
  SECRET,
} from './shop.ts'
import { db } from './support.ts'

openShop()

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
    ['an adapter that there is not', { adapter: 'telepathy' }, 400, 'validation_failed'],
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
    expect(replies.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([201, 409])
    expect(await db.orm.select().from(db.tables.route)).toHaveLength(1)
  })

  test('that the deployment sells itself cannot be taken', async () => {
    const by = { actor: 'seed', at: 1 }
    await upsertProvider(db, { id: 'demo', name: 'Demo', payTo: ELSEWHERE }, by)
    const seeded = { id: 'r', providerId: 'demo', origin: { kind: 'zone' as const }, chainIds: [], rate: null }
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
