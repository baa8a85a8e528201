/** Signing in with a wallet, and what does not do for it; over HTTP. */
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'
import { createSiweMessage } from 'viem/siwe'
import { beforeEach, describe, expect, test } from 'vitest'
import { bindings, db, empty, hex, settlement } from './support.ts'
import { api, LIVE_CHAIN, ORIGIN, person, type Person } from './people.ts'

const wallet = privateKeyToAccount(generatePrivateKey())
const owner = wallet.address.toLowerCase()

beforeEach(async () => {
  await empty()
  await settlement.say({})
})

async function nonce(): Promise<string> {
  return String((await api('POST', '/sign-in/nonce', { idempotencyKey: null })).json['nonce'])
}

type Fields = Parameters<typeof createSiweMessage>[0]

async function message(over: Partial<Fields> = {}): Promise<string> {
  return createSiweMessage({
    address: wallet.address,
    chainId: LIVE_CHAIN,
    domain: 'control.example',
    uri: ORIGIN,
    version: '1',
    statement: 'Sign in to PB-Stream.',
    nonce: over.nonce ?? (await nonce()),
    issuedAt: new Date(),
    expirationTime: new Date(Date.now() + 300_000),
    ...over,
  })
}

async function enter(text: string, over: { signature?: string; headers?: Record<string, string> } = {}) {
  const signature = over.signature ?? (await wallet.signMessage({ message: text }))
  const body = { message: text, signature }
  return api('POST', '/sign-in', { body, idempotencyKey: null, headers: { origin: ORIGIN, ...over.headers } })
}

function cookieOf(headers: Headers): string {
  return /^__Host-pbstream=([\w-]{43});/.exec(headers.get('set-cookie') ?? '')?.[1] ?? 'none'
}

const as = (cookie: string): Person => ({ owner, wallet, cookie })

describe('a wallet', () => {
  test('signs in: its owner is its address, and the cookie is pinned to this host', async () => {
    const { status, json, headers } = await enter(await message())
    expect([status, json]).toMatchObject([200, { owner, address: owner, chainId: null }])
    expect(headers.get('set-cookie')).toMatch(
      /^__Host-pbstream=[\w-]{43}; Max-Age=43200; Path=\/; Secure; HttpOnly; SameSite=Lax$/,
    )
    const me = await api('GET', '/me', { as: as(cookieOf(headers)) })
    expect(me.json).toMatchObject({ owner, mode: 'live', via: 'cookie', actor: owner })
    const rows = await db.orm.select().from(db.tables.signIn)
    expect(JSON.stringify(rows)).not.toContain(cookieOf(headers))
  })

  test('may spell its times without milliseconds, and with a scheme', async () => {
    const text = await message({ scheme: 'https' })
    const short = text.replaceAll(/(\d{2}:\d{2}:\d{2})\.\d{3}Z/g, '$1Z')
    expect(short).not.toBe(text)
    expect((await enter(short)).status).toBe(200)
  })

  test('that is a contract is asked on the chain it names, and owns there only', async () => {
    await settlement.say({ verifyWallet: { kind: 'valid', by: 'contract' } })
    const signature = `0x${'ab'.repeat(97)}`
    const { status, json } = await enter(await message(), { signature })
    expect([status, json]).toMatchObject([200, { owner: `${LIVE_CHAIN}:${owner}`, chainId: LIVE_CHAIN }])
    expect(await settlement.done()).toEqual([`verifyWallet ${LIVE_CHAIN} ${owner}`])
  })

  test('that is a contract is a retryable 503 while its chain does not answer', async () => {
    const code = 'temporarily_unavailable'
    await settlement.say({ verifyWallet: { kind: 'refused', code } })
    expect((await enter(await message(), { signature: '0x1234' })).json['code']).toBe(code)
  })

  test('signs out: here, and with everywhere from all browsers', async () => {
    const here = as(cookieOf((await enter(await message())).headers))
    const there = as(cookieOf((await enter(await message())).headers))
    const third = as(cookieOf((await enter(await message())).headers))
    expect((await api('POST', '/sign-out', { as: here, body: {} })).status).toBe(204)
    const alive = async () =>
      Promise.all([here, there, third].map(async (who) => (await api('GET', '/me', { as: who })).status))
    expect(await alive()).toEqual([401, 200, 200])
    const { status, headers } = await api('POST', '/sign-out', { as: there, body: { everywhere: true } })
    expect([status, headers.get('set-cookie')]).toMatchObject([204, expect.stringContaining('Max-Age=0')])
    expect(await alive()).toEqual([401, 401, 401])
  })

  test('is signed out after twelve hours', async () => {
    const who = await person()
    await db.orm.update(db.tables.signIn).set({ expiresAt: new Date() })
    expect((await api('GET', '/me', { as: who })).status).toBe(401)
  })
})

describe('no sign-in', () => {
  async function refused(text: string, over: Parameters<typeof enter>[1] = {}) {
    const { status, json, headers } = await enter(text, over)
    expect([status, json['code'], headers.get('set-cookie')]).toEqual([401, 'sign_in_refused', null])
    expect(await db.orm.select().from(db.tables.signIn)).toEqual([])
  }

  test.each<[string, Partial<Fields>]>([
    ['for another domain', { domain: 'evil.example' }],
    ['for a domain of which ours is a part', { domain: 'control.example.evil.example' }],
    ['for our domain with a port', { domain: 'control.example:8443' }],
    ['for another URI', { uri: 'https://evil.example' }],
    ['for our URI without TLS', { uri: 'http://control.example' }],
    ['for another scheme', { scheme: 'http' }],
    ['for a chain that is not used here', { chainId: 1 }],
    ['that has expired', { expirationTime: new Date(Date.now() - 1000) }],
    ['that is not valid yet', { notBefore: new Date(Date.now() + 60_000) }],
    ['of an hour ago', { issuedAt: new Date(Date.now() - 3_600_000) }],
    ['of tomorrow', { issuedAt: new Date(Date.now() + 86_400_000) }],
    ['with a nonce of its own', { nonce: 'a'.repeat(76) }],
    ['for another account', { address: '0x00000000000000000000000000000000000000Aa' }],
  ])('%s', async (_, over) => refused(await message(over)))

  test('with a nonce that was changed, in its end or its MAC', async () => {
    const good = await nonce()
    const later = (Number.parseInt(good.slice(0, 12), 16) + 1).toString(16).padStart(12, '0') + good.slice(12)
    const other = good.slice(0, -1) + (good.endsWith('0') ? '1' : '0')
    await refused(await message({ nonce: later }))
    await refused(await message({ nonce: other }))
  })

  test('with a nonce of another deployment, or one that has ended', async () => {
    const env = { AUTH_SECRET: 'another-secret-0123456789abcdefghijk' }
    const foreign = await api('POST', '/sign-in/nonce', { env, idempotencyKey: null })
    await refused(await message({ nonce: String(foreign.json['nonce']) }))
    const { newNonce } = await import('../src/auth/Nonce.ts')
    const { apiEnv } = await import('./people.ts')
    await refused(await message({ nonce: await newNonce(apiEnv(), Date.now() - 600_001) }))
  })

  test('with what signed in before, once or many times at once', async () => {
    const text = await message()
    const replies = await Promise.all(Array.from({ length: 5 }, () => enter(text)))
    expect(replies.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 401, 401, 401, 401])
    expect((await enter(text)).json['detail']).toBe('the nonce has been used')
    expect(await db.orm.select().from(db.tables.signIn)).toHaveLength(1)
  })

  test.each([
    ['no signature', '0x'],
    ['a signature of another text', 'other'],
    ['a signature that is too short', '0x1234'],
  ])('with %s', async (_, signature) => {
    const given = signature === 'other' ? await wallet.signMessage({ message: 'hello' }) : signature
    await refused(await message(), { signature: given })
  })

  test('with a line more than the fields say, before, between or after them', async () => {
    const text = await message()
    for (const more of [
      `hello\n${text}`,
      text.replace('\nVersion', '\nI give you all\nVersion'),
      `${text}\nand more`,
    ]) {
      await refused(more)
    }
  })

  test('with fields that are said twice', async () => {
    const text = await message({ statement: `URI: ${ORIGIN}` })
    await refused(text.replace('Version: 1', `Version: 1\nURI: ${ORIGIN}`))
  })

  test('from another site: nobody is made somebody else', async () => {
    for (const headers of [{ origin: 'https://evil.example' }, { 'sec-fetch-site': 'cross-site' }]) {
      expect((await enter(await message(), { headers })).json['code']).toBe('origin_refused')
    }
  })

  test('in a body that is not one', async () => {
    const send = (body: unknown) => api('POST', '/sign-in', { body, idempotencyKey: null })
    expect((await send({ message: 'x' })).status).toBe(400)
    expect((await send({ message: 'x'.repeat(5000), signature: '0x' })).status).toBe(400)
    expect((await send({ message: 'x', signature: 'zz' })).status).toBe(400)
  })

  test('leaves strangers under a limit of their own', async () => {
    const asked: string[] = []
    const SIGN_IN_LIMIT = {
      limit: ({ key }: { key: string }) => Promise.resolve({ success: asked.push(key) < 3 }),
    } as unknown as RateLimit
    const env = { SIGN_IN_LIMIT }
    const statuses = []
    for (let i = 0; i < 3; i++) statuses.push((await api('POST', '/sign-in/nonce', { env })).status)
    expect([statuses, asked]).toEqual([[200, 200, 429], Array.from({ length: 3 }, () => 'ip:192.0.2.1')])
  })
})

test('the cookie of a plain account and that of a contract at the same address are two owners', async () => {
  const plain = as(cookieOf((await enter(await message())).headers))
  await settlement.say({ verifyWallet: { kind: 'valid', by: 'contract' } })
  const contract = as(cookieOf((await enter(await message(), { signature: hex('12', 90) })).headers))
  const name = 'mine'
  await api('POST', '/api-keys', { as: plain, body: { name, scopes: ['audit:read'] } })
  const data = async (who: Person) => (await api('GET', '/api-keys', { as: who })).json['data']
  expect([await data(plain), await data(contract)]).toMatchObject([[{ name }], []])
  expect(bindings.KEY_RELAY).toBeDefined()
})
