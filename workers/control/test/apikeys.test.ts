/** API keys, and who is let in with what: over HTTP. */
import { beforeEach, describe, expect, test, vi } from 'vitest'
import { readApiKey } from '@pbstream/db/ApiKeyText'
import { bindings, db, empty } from './support.ts'
import { api, keyOf, ORIGIN, type Person, person } from './people.ts'

let alice: Person
beforeEach(async () => {
  await empty()
  alice = await person()
})

const wanted = { name: 'agent', scopes: ['session_keys:read'] }

async function made(body: object = wanted, over: object = {}) {
  const { status, json } = await api('POST', '/api-keys', { as: alice, body, ...over })
  expect(status).toBe(201)
  return json as { id: string; secret: string }
}

describe('an API key', () => {
  test('is made, shown once, used, listed without its secret, and revoked at once', async () => {
    const { id, secret } = await made()
    expect(secret).toMatch(/^pb_live_[0-9A-Za-z]{49}$/)
    expect((await api('GET', '/me', { as: secret })).json).toMatchObject({
      owner: alice.owner,
      mode: 'live',
      via: 'key',
      actor: id,
      gateway: null,
      scopes: ['session_keys:read'],
    })
    const { text, json } = await api('GET', '/api-keys', { as: alice })
    expect(json['data']).toMatchObject([{ id, prefix: secret.slice(0, 12), revokedAt: null }])
    expect(text).not.toContain(secret)
    expect(JSON.stringify(await db.orm.select().from(db.tables.apiKey))).not.toContain(secret)
    expect(JSON.stringify(await db.orm.select().from(db.tables.idempotency))).not.toContain(secret)
    expect((await api('DELETE', `/api-keys/${id}`, { as: alice })).status).toBe(200)
    expect((await api('GET', '/me', { as: secret })).json).toMatchObject({ code: 'credentials_invalid' })
  })

  test('says when it was used last, to the minute', async () => {
    const { id, secret } = await made()
    await api('GET', '/me', { as: secret })
    expect((await api('GET', `/api-keys/${id}`, { as: alice })).json['lastUsedAt']).toMatch(/^\d{4}-/)
  })

  test('made by a request that is repeated is one key, whose secret is not shown again', async () => {
    const call = { as: alice, body: wanted, idempotencyKey: 'once' }
    const first = await api('POST', '/api-keys', call)
    const again = await api('POST', '/api-keys', call)
    expect([again.status, again.headers.get('idempotent-replayed')]).toEqual([201, 'true'])
    expect(again.json).toEqual({ ...first.json, secret: null })
    expect(await db.orm.select().from(db.tables.apiKey)).toHaveLength(1)
  })

  test('for payments opens nothing of this API', async () => {
    const { secret } = await made({ name: 'server', scopes: ['payments:write'] })
    expect((await api('GET', '/me', { as: secret })).json['scopes']).toEqual(['payments:write'])
    for (const path of ['/providers', '/session-keys', '/webhook-deliveries', '/audit', '/exports/payments.csv']) {
      expect((await api('GET', path, { as: secret })).json['code'], path).toBe('scope_missing')
    }
  })

  test('ends when it expires', async () => {
    const { text } = await keyOf(alice.owner, 'live', ['audit:read'], new Date(Date.now() - 1))
    expect((await api('GET', '/me', { as: text })).status).toBe(401)
  })

  test.each([
    ['no scope', { ...wanted, scopes: [] }, '/scopes'],
    ['an unknown scope', { ...wanted, scopes: ['api_keys:write'] }, '/scopes/0'],
    ['the same scope twice', { ...wanted, scopes: ['audit:read', 'audit:read'] }, '/scopes'],
    ['an unknown member', { ...wanted, admin: true }, ''],
    ['no name', { scopes: ['audit:read'] }, '/name'],
    ['a name with a line break', { ...wanted, name: 'a\nb' }, '/name'],
    ['a name that a database refuses', { ...wanted, name: 'a\u0000b' }, '/name'],
    ['half a character as name', { ...wanted, name: '\ud800' }, '/name'],
    ['an end in the past', { ...wanted, expiresInDays: 0 }, '/expiresInDays'],
  ])('with %s is 400 and names the field', async (_, body, field) => {
    const { status, json } = await api('POST', '/api-keys', { as: alice, body })
    expect([status, json['code']]).toEqual([400, 'validation_failed'])
    expect((json['errors'] as { field: string }[])[0]?.field).toBe(field)
  })
})

describe('whoever calls with', () => {
  test.each([
    ['nothing', {}],
    ['half a key', { authorization: 'Bearer pb_live_abc' }],
    ['a key with a wrong checksum', { authorization: `Bearer pb_live_${'a'.repeat(49)}` }],
    ['another scheme', { authorization: 'Basic YTpi' }],
    ['a cookie that was never given', { cookie: `__Host-pbstream=${'a'.repeat(43)}`, origin: ORIGIN }],
    ['a cookie without its prefix', { cookie: `pbstream=${'a'.repeat(43)}`, origin: ORIGIN }],
  ])('%s is not known', async (_, headers) => {
    const { status, json, headers: got } = await api('GET', '/me', { headers })
    expect([status, json['code'], got.get('www-authenticate')]).toEqual([401, 'credentials_invalid', 'Bearer'])
  })

  test('a well-formed key of nobody is not known, and neither is the key of another mode with the same body', async () => {
    const { text } = await keyOf(alice.owner, 'live', ['audit:read'])
    expect(await readApiKey(text.replace('live', 'test'))).toBeUndefined()
    expect((await api('GET', '/me', { as: text.replace('live', 'test') })).status).toBe(401)
  })

  test('a key and the cookie of somebody else is the owner of the key', async () => {
    const bob = await person()
    const { text } = await keyOf(bob.owner, 'live', ['audit:read'])
    const cookie = `__Host-pbstream=${alice.cookie}`
    expect((await api('GET', '/me', { as: text, headers: { cookie } })).json['owner']).toBe(bob.owner)
    const wrong = { authorization: 'Bearer wrong', cookie }
    expect((await api('GET', '/me', { headers: wrong })).status).toBe(401)
  })

  test('two cookies of the name is not known', async () => {
    const bob = await person()
    const cookie = `__Host-pbstream=${alice.cookie}; __Host-pbstream=${bob.cookie}`
    expect((await api('GET', '/me', { headers: { cookie, origin: ORIGIN } })).status).toBe(401)
  })

  test('a key reaches its own mode only', async () => {
    const { text } = await keyOf(alice.owner, 'test', ['audit:read'])
    expect((await api('GET', '/me', { as: text })).json['mode']).toBe('test')
    expect((await api('GET', '/me', { as: text, mode: 'live' })).json['code']).toBe('mode_mismatch')
  })

  test('a mode that there is not is refused', async () => {
    expect((await api('GET', '/me', { as: alice, headers: { 'pbstream-mode': 'prod' } })).status).toBe(400)
  })

  test('a key cannot make keys, whatever its scopes', async () => {
    const { text } = await keyOf(alice.owner, 'live', ['audit:read', 'providers:write'])
    for (const method of ['GET', 'POST']) {
      const { status, json } = await api(method, '/api-keys', {
        as: text,
        ...(method === 'POST' ? { body: wanted } : {}),
      })
      expect([status, json['code']]).toEqual([403, 'scope_missing'])
    }
  })
})

describe('a stolen or ridden cookie', () => {
  const cookie = () => ({ cookie: `__Host-pbstream=${alice.cookie}` })

  test.each<[string, Record<string, string>]>([
    ['without Origin', {}],
    ['from another origin', { origin: 'https://evil.example' }],
    ['from a sandboxed frame', { origin: 'null' }],
    ['from a neighbour on the same site', { origin: 'https://other.control.example' }],
    ['over plain http', { origin: 'http://control.example' }],
    ['with an Origin that only looks like ours', { origin: `${ORIGIN}.evil.example` }],
    ['that the browser calls cross-site', { origin: ORIGIN, 'sec-fetch-site': 'cross-site' }],
    ['that the browser calls same-site', { origin: ORIGIN, 'sec-fetch-site': 'same-site' }],
  ])('%s changes nothing', async (_, headers) => {
    const { status, json } = await api('POST', '/api-keys', { body: wanted, headers: { ...cookie(), ...headers } })
    expect([status, json['code']]).toEqual([403, 'origin_refused'])
    expect(await db.orm.select().from(db.tables.apiKey)).toEqual([])
  })

  test.each<[number, Record<string, string>]>([
    [200, {}],
    [200, { 'sec-fetch-site': 'same-origin' }],
    [200, { 'sec-fetch-site': 'none' }],
    [403, { 'sec-fetch-site': 'cross-site' }],
    [403, { origin: 'https://evil.example' }],
  ])('reads with %i under %o', async (status, headers) => {
    expect((await api('GET', '/me', { headers: { ...cookie(), ...headers } })).status).toBe(status)
  })
})

describe('a change', () => {
  test.each([
    ['no Idempotency-Key', null],
    ['an empty one', ''],
    ['one with a space', 'a b'],
    ['one that is too long', 'a'.repeat(256)],
  ])('with %s is refused', async (_, idempotencyKey) => {
    const { json } = await api('POST', '/api-keys', { as: alice, body: wanted, idempotencyKey })
    expect(json['code']).toBe('idempotency_key_missing')
  })

  test('with the key of another request is 422; with one that is under way 409', async () => {
    await made(wanted, { idempotencyKey: 'k' })
    const other = await api('POST', '/api-keys', { as: alice, body: { ...wanted, name: 'x' }, idempotencyKey: 'k' })
    expect([other.status, other.json['code']]).toEqual([422, 'idempotency_key_reused'])
    const both = await Promise.all(
      [1, 2].map(() => api('POST', '/api-keys', { as: alice, body: wanted, idempotencyKey: 'both' })),
    )
    expect(await db.orm.select().from(db.tables.apiKey)).toHaveLength(2)
    for (const { status } of both) expect([201, 409]).toContain(status)
  })

  test('that was refused leaves its key free', async () => {
    const bad = await api('POST', '/api-keys', { as: alice, body: {}, idempotencyKey: 'k' })
    expect(bad.status).toBe(400)
    await made(wanted, { idempotencyKey: 'k' })
  })

  test('of another owner, or in the other mode, with the same key is another change', async () => {
    await made(wanted, { idempotencyKey: 'k' })
    await made(wanted, { idempotencyKey: 'k', mode: 'test' })
    alice = await person()
    await made(wanted, { idempotencyKey: 'k' })
    expect(await db.orm.select().from(db.tables.apiKey)).toHaveLength(3)
  })

  test('that was cut off is made by its repeat, once, and not before a minute has gone', async () => {
    const call = { as: alice, body: wanted, idempotencyKey: 'k' }
    const logged = vi.spyOn(console, 'error').mockImplementation(() => {})
    const { DB } = bindings
    // The answer of a change that is made cannot be kept: as if the Worker had ended there.
    await DB?.exec("create trigger cut before update of status on idempotency begin select raise(abort, 'cut'); end")
    const first = await api('POST', '/api-keys', call)
    await DB?.exec('drop trigger cut')
    logged.mockRestore()
    const { idempotency, apiKey } = db.tables
    expect((await api('POST', '/api-keys', call)).json['code']).toBe('idempotency_in_progress')
    await db.orm.update(idempotency).set({ createdAt: new Date(Date.now() - 61_000) })
    const again = await api('POST', '/api-keys', call)
    expect([first.status, again.status, again.json['id']]).toEqual([201, 201, first.json['id']])
    expect(await db.orm.select().from(apiKey)).toHaveLength(1)
    expect((await api('GET', '/me', { as: first.json['secret'] as string })).status).toBe(401)
    expect((await api('GET', '/me', { as: again.json['secret'] as string })).status).toBe(200)
  })

  test.each([
    ['a body that is no JSON', '{', 'application/json', 400],
    ['a body of another type', JSON.stringify(wanted), 'text/plain', 415],
    ['a body that is too large', JSON.stringify({ ...wanted, name: 'a'.repeat(70_000) }), 'application/json', 413],
  ])('with %s is refused', async (_, body, type, status) => {
    const reply = await api('POST', '/api-keys', { as: alice, body, headers: { 'content-type': type } })
    expect([reply.status, reply.headers.get('content-type')]).toEqual([status, 'application/problem+json'])
  })
})

describe('a list', () => {
  async function three() {
    const ids: string[] = []
    for (let i = 0; i < 3; i++) ids.push((await made()).id)
    return ids.toSorted().toReversed()
  }

  test('comes in pages that hold each once', async () => {
    const ids = await three()
    const first = await api('GET', '/api-keys?limit=2', { as: alice })
    const cursor = String(first.json['nextCursor'])
    const second = await api('GET', `/api-keys?limit=2&cursor=${encodeURIComponent(cursor)}`, { as: alice })
    const seen = [first, second].flatMap(({ json }) => (json['data'] as { id: string }[]).map(({ id }) => id))
    expect([seen, second.json['nextCursor']]).toEqual([ids, null])
  })

  test('takes no cursor that it did not make for this owner and mode', async () => {
    await three()
    const { json } = await api('GET', '/api-keys?limit=2', { as: alice })
    const cursor = String(json['nextCursor'])
    const bob = await person()
    const forged = `${btoa(JSON.stringify(['key_zzz']))}.${cursor.split('.')[1]}`
    const calls: [string, Parameters<typeof api>[2]][] = [
      [cursor, { as: bob }],
      [cursor, { as: alice, mode: 'test' }],
      [forged, { as: alice }],
      ['%00', { as: alice }],
      ['.', { as: alice }],
    ]
    for (const [text, call] of calls) {
      const reply = await api('GET', `/api-keys?cursor=${encodeURIComponent(text)}`, call)
      expect([reply.status, reply.json['code']]).toEqual([400, 'cursor_invalid'])
    }
  })

  test.each(['limit=0', 'limit=101', 'limit=1e1', 'limit=1&limit=2', 'order=name'])('?%s is 400', async (query) => {
    const { status, json } = await api('GET', `/api-keys?${query}`, { as: alice })
    expect([status, json['code']]).toEqual([400, 'validation_failed'])
  })
})

describe('the platform limits', () => {
  test('a caller and an address, with 429 and Retry-After', async () => {
    const asked: string[] = []
    const API_LIMIT = { limit: ({ key }: { key: string }) => Promise.resolve({ success: asked.push(key) < 4 }) }
    const env = { API_LIMIT: API_LIMIT as unknown as RateLimit }
    expect((await api('GET', '/me', { as: alice, env })).status).toBe(200)
    const { status, headers } = await api('GET', '/me', {
      as: alice,
      env,
      headers: { 'cf-connecting-ip': '2001:db8::1' },
    })
    expect([status, headers.get('retry-after')]).toEqual([429, '60'])
    expect(asked).toEqual(['ip:192.0.2.1', `caller:${alice.owner}`, 'ip:2001:db8:0:0', `caller:${alice.owner}`])
  })

  test('are configured', () => {
    expect([typeof bindings.API_LIMIT?.limit, typeof bindings.SIGN_IN_LIMIT?.limit]).toEqual(['function', 'function'])
  })
})

test('without its secret, or with a short one, there is no API', async () => {
  for (const AUTH_SECRET of ['', 'short']) {
    expect((await api('GET', '/me', { as: alice, env: { AUTH_SECRET } })).status).toBe(404)
    expect((await api('POST', '/sign-in/nonce', { env: { AUTH_SECRET } })).status).toBe(404)
  }
})

test('while the database is away the answer is a retryable 503 that says nothing of it', async () => {
  const logged = vi.spyOn(console, 'error').mockImplementation(() => {})
  const { status, text } = await api('GET', '/me', { as: alice, env: { DATABASE: 'postgres' } })
  expect(status).toBe(503)
  expect(text).not.toMatch(/hyperdrive|postgres/i)
  logged.mockRestore()
})
