/** What an attacker of a server behind the gateway would try, and what its verification must survive. */
import * as Base64 from '@pbstream/core/Base64'
import * as RequestBinding from '@pbstream/core/RequestBinding'
import { type Checked, type FetchPaywall, paywall, type PaywallOptions, type Price } from '@pbstream/sdk/server'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { AUDIENCE, type Call, Gate, makeKey, PAYER } from './support/Gate.ts'

const ORIGIN = 'http://origin.test'
let gate: Gate
let wall: FetchPaywall
let time: number

beforeEach(async () => {
  gate = await Gate.start()
  time = Date.now()
  gate.now = () => time
  wall = make()
})
afterEach(() => gate.stop())

function make(options: PaywallOptions = {}): FetchPaywall {
  return paywall({ gateway: gate.url, audience: AUDIENCE, now: () => time, ...options })
}

type Way = Call & { token?: string | null; price?: Price; by?: FetchPaywall; headers?: Record<string, string> }

/** Judges a request that the gateway made of a call; `over` is what an attacker makes of it. */
async function judge(call: Way, over: Partial<Call> = {}): Promise<Checked> {
  const { token = await gate.token(call), price = '$0.002', by = wall, headers = {} } = call
  const { method = 'GET', path, body } = { ...call, ...over }
  const request = new Request(ORIGIN + path, {
    method,
    headers: { ...headers, ...(token === null ? {} : { 'pbstream-payment': token }) },
    ...(body === undefined ? {} : { body: body as string }),
  })
  return by.check(request, price)
}

async function refusal(checked: Promise<Checked>): Promise<{ status: number; code: string; detail?: string }> {
  const found = await checked
  if (found.ok) throw new Error('it was let in')
  const problem = (await found.response.json()) as { code: string; detail?: string }
  return { status: found.response.status, code: problem.code, ...(problem.detail ? { detail: problem.detail } : {}) }
}

const path = '/weather?city=Oslo'

describe('a request that the gateway sent', () => {
  test('is let in, with what the gateway knows of the payment', async () => {
    const checked = await judge({ path, claims: { rid: 'r-1', ceiling: '5000' } })
    expect(checked).toMatchObject({
      ok: true,
      payment: { payer: PAYER, session: 'eip155:31337/session', id: 'r-1', ceiling: 5000n, content: 'verified' },
    })
  })

  test('is let in with its body, below the upstream path, on another host of the gateway, for any route of ours', async () => {
    expect(await judge({ method: 'POST', path, body: '{"a":1}' })).toMatchObject({ ok: true })
    const below = make({ basePath: '/v2', hosts: ['one.test', 'two.test'], audience: ['x/y', 'acme/*'] })
    const token = await gate.token({ path, host: 'two.test', claims: { aud: 'acme/other' } })
    expect(await judge({ path: `/v2${path}`, token, by: below })).toMatchObject({ ok: true })
  })

  test('leaves the body for the handler', async () => {
    const handler = wall.paid('$0.002', async (request) => new Response(await request.text()))
    const call = { method: 'POST', path, body: 'hello' }
    const headers = { 'pbstream-payment': await gate.token(call) }
    const response = await handler(new Request(ORIGIN + path, { method: 'POST', body: 'hello', headers }))
    expect(await response.text()).toBe('hello')
  })
})

describe('a token is refused', () => {
  test('when there is none: callers are sent to the gateway', async () => {
    const { status, code, detail } = await refusal(judge({ path, token: null }))
    expect([status, code]).toEqual([402, 'payment_required'])
    expect(detail).toContain(gate.url)
  })

  test.each<[string, Way, Partial<Call>, string]>([
    ['another path', { path: '/cheap' }, { path: '/dear' }, 'another path'],
    ['another spelling of the path', { path: '/weather' }, { path: '/weather/' }, 'another path'],
    ['another query', { path: '/w?n=1' }, { path: '/w?n=9' }, 'another host, query or body'],
    ['a query that was added', { path: '/w' }, { path: '/w?admin=1' }, 'another host, query or body'],
    ['another method', { path: '/w' }, { method: 'DELETE' }, 'another method'],
    ['another body', { path: '/w', method: 'POST', body: 'a' }, { body: 'b' }, 'another host, query or body'],
    ['a body that was added', { path: '/w', method: 'POST' }, { body: 'b' }, 'another host, query or body'],
    [
      'a body that was taken away',
      { path: '/w', method: 'PUT', body: 'a' },
      { body: undefined as never },
      'host, query',
    ],
    ['another host of callers', { path: '/w', host: 'elsewhere.test' }, {}, 'another host, query or body'],
    ['another provider', { path: '/w', claims: { aud: 'evil/weather' } }, {}, 'another server or route'],
    ['another route', { path: '/w', claims: { aud: 'acme/free' } }, {}, 'another server or route'],
    [
      'a name that only begins like ours',
      { path: '/w', claims: { aud: 'acme/weather2' } },
      {},
      'another server or route',
    ],
  ])('for %s', async (_, call, over, detail) => {
    const found = await refusal(judge(call, over))
    expect(found).toMatchObject({ status: 403, code: 'payment_token_invalid' })
    expect(found.detail).toContain(detail)
  })

  test('after its minute, and before its time', async () => {
    const token = await gate.token({ path })
    time += 61_000
    expect((await refusal(judge({ path, token }))).detail).toContain('expired')
    time -= 61_000 + 6_000
    expect((await refusal(judge({ path, token }))).detail).toContain('from the future')
  })

  test('when it would live for longer than a minute', async () => {
    const now = Math.floor(time / 1000)
    const call = { path, claims: { iat: now, exp: now + 61 } }
    expect((await refusal(judge(call))).detail).toContain('lives for too long')
  })

  test('the second time, also at the same instant, and when a minute has passed', async () => {
    const token = await gate.token({ path })
    const both = await Promise.all([judge({ path, token }), judge({ path, token })])
    expect(both.filter(({ ok }) => ok)).toHaveLength(1)
    time += 59_000
    expect(await refusal(judge({ path, token }))).toMatchObject({ status: 409, code: 'payment_token_replayed' })
  })

  test('by another process that shares its store; a store that fails lets nobody in', async () => {
    const used = new Set<string>()
    const replays = { add: (key: string) => Promise.resolve(!used.has(key) && used.add(key).has(key)) }
    const token = await gate.token({ path })
    expect(await judge({ path, token, by: make({ replays }) })).toMatchObject({ ok: true })
    expect(await refusal(judge({ path, token, by: make({ replays }) }))).toMatchObject({ status: 409 })
    const broken = make({ replays: { add: () => Promise.reject(new Error('away')) } })
    expect(await refusal(judge({ path, by: broken }))).toMatchObject({ status: 503 })
  })

  test('a call that is refused for something else does not use its token up', async () => {
    const token = await gate.token({ path })
    expect(await refusal(judge({ path, token }, { path: '/else' }))).toMatchObject({ status: 403 })
    expect(await judge({ path, token })).toMatchObject({ ok: true })
  })

  test('an exact authorisation that paid for nothing may come again, with a newer token', async () => {
    const claims = { rid: '0xnonce' }
    expect(await judge({ path, claims })).toMatchObject({ ok: true })
    time += 1_000
    expect(await judge({ path, claims })).toMatchObject({ ok: true })
  })

  test('when the gateway sells for less than the server asks', async () => {
    const found = await refusal(judge({ path, price: '$0.003' }))
    expect(found).toMatchObject({ status: 503, code: 'origin_price_mismatch' })
    const metered = await judge({ path, price: { max: '$1', minimum: '$0.001' } })
    expect(metered).toMatchObject({ ok: true, payment: { ceiling: 2000n } })
    expect(await refusal(judge({ path, price: { max: '$1', minimum: '$0.003' } }))).toMatchObject({ status: 503 })
  })
})

describe('a forged token is refused', () => {
  const part = (value: object) => Base64.encodeUrl(new TextEncoder().encode(JSON.stringify(value)))

  async function parts(): Promise<[header: string, claims: string, signature: string]> {
    return (await gate.token({ path })).split('.') as [string, string, string]
  }

  test('alg none, HS256 with the public key as secret, ES256', async () => {
    const [, claims, signature] = await parts()
    const header = (alg: string) => part({ alg, kid: 'gateway-1', typ: 'pb-payment' })
    for (const token of [`${header('none')}.${claims}.`, `${header('none')}.${claims}.${signature}`]) {
      expect(await refusal(judge({ path, token }))).toMatchObject({ status: 403 })
    }
    const secret = Base64.decodeUrl(gate.key.jwk.x) as Uint8Array<ArrayBuffer>
    const key = await crypto.subtle.importKey('raw', secret, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign'])
    const input = `${header('HS256')}.${claims}`
    const mac = new Uint8Array(await crypto.subtle.sign('HMAC', key, new TextEncoder().encode(input)))
    for (const token of [`${input}.${Base64.encodeUrl(mac)}`, `${header('ES256')}.${claims}.${signature}`]) {
      expect(await refusal(judge({ path, token }))).toMatchObject({ status: 403 })
    }
  })

  test('claims that were changed under a good signature', async () => {
    const [header, claims, signature] = await parts()
    const read = JSON.parse(Buffer.from(claims, 'base64url').toString()) as object
    const token = `${header}.${part({ ...read, ceiling: '999999' })}.${signature}`
    expect((await refusal(judge({ path, token }))).detail).toContain('signature')
  })

  test('a key of somebody else, under its own name and under ours', async () => {
    const own = await makeKey('evil-1')
    expect((await refusal(judge({ path, key: own }))).detail).toContain('key')
    const ours = await makeKey('gateway-1')
    expect((await refusal(judge({ path, key: ours }))).detail).toContain('signature')
  })

  test('a key that the token brings along', async () => {
    const own = await makeKey('evil-1')
    const [, claims] = await parts()
    for (const extra of [{ jwk: own.jwk }, { jku: 'http://evil.test/jwks.json' }, { crit: ['exp'] }]) {
      const header = part({ alg: 'EdDSA', kid: 'evil-1', typ: 'pb-payment', ...extra })
      const input = new TextEncoder().encode(`${header}.${claims}`)
      const token = `${header}.${claims}.${Base64.encodeUrl(await own.signer.sign(input))}`
      expect(await refusal(judge({ path, token }))).toMatchObject({ status: 403, code: 'payment_token_invalid' })
    }
  })

  test('a receipt or quote of the gateway in the place of a token', async () => {
    const [, claims] = await parts()
    const header = part({ alg: 'EdDSA', kid: 'gateway-1', typ: 'pb-receipt' })
    const signature = await gate.key.signer.sign(new TextEncoder().encode(`${header}.${claims}`))
    const token = `${header}.${claims}.${Base64.encodeUrl(signature)}`
    expect((await refusal(judge({ path, token }))).detail).toContain('another kind')
  })

  test.each(['', 'x', 'a.b.c', '..', '💥', 'x'.repeat(20_000), '{}', 'null.null.null'])('text %#', async (text) => {
    const token = encodeURI(text)
    expect(await refusal(judge({ path, token }))).toMatchObject({ status: 403, code: 'payment_token_invalid' })
  })

  test('two tokens at once', async () => {
    const token = `${await gate.token({ path })}, ${await gate.token({ path })}`
    expect(await refusal(judge({ path, token }))).toMatchObject({ status: 403 })
  })

  test('a path with two readings', async () => {
    const token = await gate.token({ path: '/a/b' })
    expect(await refusal(judge({ path: '/a//b', token }))).toMatchObject({ status: 400, code: 'non_canonical_path' })
    expect(await refusal(judge({ path: '/a%2fb', token }))).toMatchObject({ status: 400, code: 'non_canonical_path' })
  })
})

describe('the gateway’s keys', () => {
  test('are asked for once, however many calls there are', async () => {
    const calls = Array.from({ length: 20 }, () => judge({ path }))
    expect((await Promise.all(calls)).every(({ ok }) => ok)).toBe(true)
    expect(gate.asked).toBe(1)
  })

  test('nobody is let in while they cannot be read, and everybody as soon as they can', async () => {
    const { published } = gate
    gate.published = undefined
    expect(await refusal(judge({ path }))).toMatchObject({ status: 503, code: 'temporarily_unavailable' })
    gate.published = published
    time += 5_000
    expect(await judge({ path })).toMatchObject({ ok: true })
  })

  test('a new one is taken up with the first token that names it', async () => {
    expect(await judge({ path })).toMatchObject({ ok: true })
    const key = await makeKey('gateway-2')
    gate.published = [gate.key.jwk, key.jwk]
    time += 5_000
    expect(await judge({ path, key })).toMatchObject({ ok: true })
  })

  test('names that were made up cause one question in five seconds', async () => {
    expect(await judge({ path })).toMatchObject({ ok: true })
    const stranger = await makeKey('made-up')
    for (let i = 0; i < 10; i++) await refusal(judge({ path, key: stranger }))
    expect(gate.asked).toBe(1)
    time += 5_000
    for (let i = 0; i < 10; i++) await refusal(judge({ path, key: stranger }))
    expect(gate.asked).toBe(2)
  })

  test('one that is no longer published is forgotten, and all of them after an hour without news', async () => {
    expect(await judge({ path })).toMatchObject({ ok: true })
    gate.published = undefined
    time += 59 * 60_000
    expect(await judge({ path })).toMatchObject({ ok: true })
    time += 2 * 60_000
    expect(await refusal(judge({ path }))).toMatchObject({ status: 503 })
    gate.published = [(await makeKey('gateway-2')).jwk]
    time += 5_000
    expect(await refusal(judge({ path }))).toMatchObject({ status: 403 })
  })

  test('keys of other kinds beside them do not matter', async () => {
    gate.published = [{ kty: 'RSA', kid: 'gateway-1' }, null, 7, gate.key.jwk]
    expect(await judge({ path })).toMatchObject({ ok: true })
  })
})

describe('content that is not read', () => {
  const large = 'x'.repeat(1024 * 1024 + 1)
  const named = `sha-256=:${Buffer.from(RequestBinding.bodyDigest(new TextEncoder().encode(large)).slice(2), 'hex').toString('base64')}:`
  const upload = { method: 'POST', path, body: large }

  test('is held against Content-Digest, and said to be', async () => {
    const checked = await judge({ ...upload, headers: { 'content-digest': named } })
    expect(checked).toMatchObject({ ok: true, payment: { content: 'named' } })
  })

  test('is unbound only where the gateway had no digest either, and said to be', async () => {
    const digestBody = `0x${'0'.repeat(64)}` as const
    expect(await judge({ ...upload, digestBody })).toMatchObject({ ok: true, payment: { content: 'unbound' } })
    const swapped = { ...upload, digestBody, headers: { 'content-digest': named } }
    expect(await refusal(judge(swapped))).toMatchObject({ status: 403 })
  })

  test('a small body is never unbound', async () => {
    const call = { method: 'POST', path, body: 'small', digestBody: `0x${'0'.repeat(64)}` as const }
    expect(await refusal(judge(call))).toMatchObject({ status: 403 })
  })
})
