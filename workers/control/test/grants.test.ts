/** Keys that a wallet grants to a site without signing in: what its signature does, once, and what nothing else does. */
import * as SessionKey from '@pbstream/core/SessionKey'
import * as WalletRequest from '@pbstream/core/WalletRequest'
import { generatePrivateKey, privateKeyToAccount, type PrivateKeyAccount } from 'viem/accounts'
import { beforeEach, describe, expect, test, vi } from 'vitest'
import { newToken } from '../src/grants/Token.ts'
import worker from '../src/index.ts'
import { clear } from './belongings.ts'
import { chainOf, DEADLINE, domain, escrow, freezer, permissionOf } from './granting.ts'
import { api, apiEnv, type Call, ORIGIN, type Person, person, type Reply, TEST_CHAIN } from './people.ts'
import { db, empty, hex, settlement } from './support.ts'

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

let chain: ReturnType<typeof chainOf>
let wallet: PrivateKeyAccount

beforeEach(async () => {
  vi.spyOn(console, 'error').mockImplementation(() => {})
  await clear()
  await empty()
  await settlement.say({})
  chain = chainOf()
  wallet = privateKeyToAccount(generatePrivateKey())
  return () => vi.restoreAllMocks()
})

const call = (more: Call = {}): Call => ({
  idempotencyKey: null,
  ...more,
  env: { KEY_RELAY: chain.binding, ...more.env },
})

const permission = (over: Partial<SessionKey.PermissionJson> = {}) => permissionOf(wallet.address, over)

type Body = { permission: SessionKey.PermissionJson; signature: string; deadline: number } & Record<string, unknown>

async function body(over: Record<string, unknown> = {}, by = wallet, granted = permission()): Promise<Body> {
  const message = { permission: SessionKey.parse(granted), deadline: DEADLINE }
  const request = WalletRequest.typedData(domain, 'RegisterKey', message)
  const signature = await sign(request, by)
  return {
    ...{ name: 'site', chainId: TEST_CHAIN, permission: granted },
    routes: null,
    deadline: DEADLINE,
    signature,
    ...over,
  }
}

function sign(request: unknown, by = wallet): Promise<string> {
  return by.signTypedData(request as Parameters<PrivateKeyAccount['signTypedData']>[0])
}

type Granted = { id: string; token: string; expiresAt: string }

async function granted(asked?: Body, more: Call = {}): Promise<Granted> {
  const reply = await api('POST', '/grants', call({ body: asked ?? (await body()), ...more }))
  expect([reply.status, reply.text]).toEqual([201, reply.text])
  return reply.json as Granted
}

const bearer = (token: string) => ({ headers: { authorization: `Bearer ${token}` } })
const look = ({ id, token }: Granted) => api('GET', `/grants/${id}`, call(bearer(token)))
const keys = () => db.orm.select().from(db.tables.sessionKey)

async function refusedWith(reply: Reply, status: number, code: string): Promise<void> {
  expect([reply.status, reply.json['code'], reply.text]).toEqual([status, code, reply.text])
}

/** What the wallet signs for a change, by the API's own request. */
async function change({ id, token }: Granted, action: string, by = wallet) {
  const reply = await api('GET', `/grants/${id}/signing-request?action=${action}`, call(bearer(token)))
  expect(reply.status).toBe(200)
  const { message } = reply.json as { message: { version: string; deadline: string } }
  return { signature: await sign(reply.json, by), deadline: Number(message.deadline), version: Number(message.version) }
}

const act = ({ id, token }: Granted, action: string, signed: object) =>
  api('POST', `/grants/${id}/${action}`, call({ body: signed, ...bearer(token) }))

describe('a signature of the wallet', () => {
  test('makes a key of its account, registers it, and gives a token that reads it', async () => {
    const asked = await body({ routes: ['chat'] })
    const grant = await granted(asked)
    expect(chain.relayed).toEqual([
      { kind: 'register', permission: asked.permission, deadline: DEADLINE, signature: asked.signature },
    ])
    const { status, json } = await look(grant)
    const { account, key, payees, spendCap, perPaymentMax, expiry } = asked.permission
    expect(status).toBe(200)
    expect(json).toMatchObject({
      id: grant.id,
      account,
      key,
      payees,
      spendCap,
      perPaymentMax,
      expiry,
      status: 'active',
    })
    expect(json).toMatchObject({
      name: 'site',
      mode: 'test',
      routes: ['chat'],
      usage: { left: spendCap },
      receipts: [],
    })
    expect(json).not.toHaveProperty('stops')
    expect((await keys())[0]).toMatchObject({ owner: account, publicId: grant.id })
  })

  test('is good for its account, permission, chain and deadline only', async () => {
    const stranger = privateKeyToAccount(generatePrivateKey())
    const asked = await body()
    const wrong = [
      await body({}, stranger),
      { ...asked, permission: { ...asked.permission, spendCap: '50000001' } },
      { ...asked, permission: { ...asked.permission, account: stranger.address.toLowerCase() } },
      { ...asked, deadline: DEADLINE + 1 },
      { ...asked, deadline: 1_700_000_000 },
      { ...asked, signature: '0x12' },
    ]
    for (const each of wrong)
      await refusedWith(await api('POST', '/grants', call({ body: each })), 403, 'signature_refused')
    expect([await keys(), chain.relayed]).toEqual([[], []])
  })

  test('counts once: who finds it on chain gets no token for it', async () => {
    const asked = await body()
    await granted(asked)
    await refusedWith(await api('POST', '/grants', call({ body: asked })), 403, 'signature_refused')
    const headers = { 'idempotency-key': 'another-key-of-sixteen' }
    await refusedWith(await api('POST', '/grants', call({ body: asked, headers })), 403, 'signature_refused')
    expect(chain.relayed).toHaveLength(1)
  })

  test('gets the same token again for the request that it came with', async () => {
    const asked = await body()
    const headers = { 'idempotency-key': crypto.randomUUID() }
    const first = await granted(asked, { headers })
    expect((await granted(asked, { headers })).id).toBe(first.id)
    expect(chain.relayed).toHaveLength(1)
    const other = { ...asked, name: 'other' }
    await refusedWith(await api('POST', '/grants', call({ body: other, headers })), 422, 'idempotency_key_reused')
    const short = { headers: { 'idempotency-key': 'short' } }
    await refusedWith(
      await api('POST', '/grants', call({ body: await body(), ...short })),
      400,
      'idempotency_key_missing',
    )
  })

  test('may be sent again when the registration did not get through, for the same routes', async () => {
    const asked = await body({ routes: ['chat'] })
    chain.down(true)
    await refusedWith(await api('POST', '/grants', call({ body: asked })), 503, 'temporarily_unavailable')
    chain.down(false)
    const wider = { ...asked, routes: null }
    await refusedWith(await api('POST', '/grants', call({ body: wider })), 409, 'session_key_exists')
    const grant = await granted(asked)
    expect((await look(grant)).json).toMatchObject({ status: 'active', routes: ['chat'] })
  })
})

describe('more than the terms is refused', () => {
  test.each([
    ['another token', { token: hex('7d', 20) }],
    ['another freezer', { freezer: hex('f3', 20) }],
    ['a permission that is over', { start: 1_600_000_000, expiry: 1_700_000_000 }],
  ])('%s', async (_, over) => {
    const asked = await body({}, wallet, permission(over))
    await refusedWith(await api('POST', '/grants', call({ body: asked })), 422, 'key_permission_invalid')
    expect(await keys()).toEqual([])
  })

  test('a chain that is none of ours', async () => {
    const asked = await body({ chainId: 1 })
    await refusedWith(await api('POST', '/grants', call({ body: asked })), 422, 'chain_not_permitted')
  })

  test('routes that are left out, and members that nobody knows', async () => {
    const { routes: _, ...left } = await body()
    const reply = await api('POST', '/grants', call({ body: left }))
    await refusedWith(reply, 400, 'validation_failed')
    expect(reply.json['errors']).toMatchObject([{ field: '/routes' }])
    await refusedWith(await api('POST', '/grants', call({ body: await body({ more: 1 }) })), 400, 'validation_failed')
  })

  test('fifty grants a day from one network', async () => {
    const day = new Date().toISOString().slice(0, 10)
    await granted()
    await db.orm.update(db.tables.relayUse).set({ count: 50 })
    const rows = await db.orm.select().from(db.tables.relayUse)
    expect(rows.every((row) => row.day === day && !row.owner.includes('192.0.2'))).toBe(true)
    wallet = privateKeyToAccount(generatePrivateKey())
    await refusedWith(await api('POST', '/grants', call({ body: await body() })), 429, 'rate_limited')
  })
})

describe('a token', () => {
  test('is for one key, until it ends: whatever else is answered like what is not there', async () => {
    const [mine, other] = [await granted(), await granted()]
    const old = await newToken(apiEnv(), mine.id, 1_600_000_000, 1_600_000_000)
    const forged = mine.token.replace(/\d+/, (ends) => String(Number(ends) + 1))
    const nobodys = await api('GET', `/grants/sk_${'0'.repeat(24)}`, call(bearer(mine.token)))
    for (const token of [other.token, old.token, forged, 'pbg_1', '']) {
      const reply = await api('GET', `/grants/${mine.id}`, call(bearer(token)))
      await refusedWith(reply, 404, 'not_found')
      expect(reply.text).toBe(nobodys.text)
    }
    await refusedWith(await api('GET', `/grants/${mine.id}`, call()), 404, 'not_found')
  })

  test('changes nothing by itself, and opens nothing else', async () => {
    const grant = await granted()
    const signed = { signature: '0x12', deadline: DEADLINE, version: 0 }
    for (const action of ['freeze', 'revoke'])
      await refusedWith(await act(grant, action, signed), 403, 'signature_refused')
    await refusedWith(await api('GET', '/session-keys', call(bearer(grant.token))), 401, 'credentials_invalid')
    expect((await look(grant)).json['status']).toBe('active')
  })
})

describe('a change', () => {
  test('is made by the wallet’s signature: freeze, unfreeze, revoke', async () => {
    const grant = await granted()
    for (const [action, status] of [
      ['freeze', 'freezing'],
      ['unfreeze', 'active'],
      ['revoke', 'revoked'],
    ] as const) {
      const signed = await change(grant, action)
      expect((await act(grant, action, signed)).json).toEqual({ id: grant.id, status })
      // Once more changes nothing.
      expect((await act(grant, action, signed)).json).toEqual({ id: grant.id, status })
      expect((await look(grant)).json['status']).toBe(status)
    }
    expect(chain.relayed.map(({ kind }) => kind)).toEqual(['register', 'freeze', 'unfreeze', 'revoke'])
  })

  test('is not made by another wallet, for another key or action, or by a signature that was used', async () => {
    const [grant, other] = [await granted(), await granted()]
    const stranger = privateKeyToAccount(generatePrivateKey())
    const freeze = await change(grant, 'freeze')
    await refusedWith(await act(grant, 'freeze', await change(grant, 'freeze', stranger)), 403, 'signature_refused')
    await refusedWith(await act(other, 'freeze', freeze), 403, 'signature_refused')
    await refusedWith(await act(grant, 'revoke', freeze), 403, 'signature_refused')
    await refusedWith(await act(grant, 'freeze', { ...freeze, deadline: 1_700_000_000 }), 403, 'signature_refused')
    expect((await act(grant, 'freeze', freeze)).status).toBe(200)
    expect((await act(grant, 'unfreeze', await change(grant, 'unfreeze'))).status).toBe(200)
    // The freeze is public by now.
    await refusedWith(await act(grant, 'freeze', freeze), 403, 'signature_refused')
    expect((await look(grant)).json['status']).toBe('active')
  })
})

describe('pages of other sites', () => {
  let alice: Person
  beforeEach(async () => {
    alice = await person()
  })

  test('may call, without credentials; cookies count for nothing', async () => {
    const preflight = await worker.fetch(
      new Request(`${ORIGIN}/v1/grants`, { method: 'OPTIONS', headers: { origin: 'https://shop.example' } }),
      apiEnv(),
    )
    expect([preflight.status, preflight.headers.get('access-control-allow-origin')]).toEqual([204, '*'])
    expect(preflight.headers.has('access-control-allow-credentials')).toBe(false)
    const reply = await api('GET', '/grants/terms', call({ headers: { origin: 'https://shop.example' } }))
    expect(reply.headers.get('access-control-allow-origin')).toBe('*')
    const grant = await granted()
    // The owner's own cookie, brought by a browser from elsewhere, is no token.
    const forged = call({ headers: { cookie: `__Host-pbstream=${alice.cookie}`, origin: 'https://evil.example' } })
    await refusedWith(await api('GET', `/grants/${grant.id}`, forged), 404, 'not_found')
    const stolen = { ...(await body()), signature: '0x12' }
    await refusedWith(await api('POST', '/grants', { ...forged, body: stolen }), 403, 'signature_refused')
    const lost = await api('GET', `/grants/${grant.id}`, call({ headers: { origin: 'https://shop.example' } }))
    expect([lost.status, lost.headers.get('access-control-allow-origin')]).toEqual([404, '*'])
  })

  test('see no other operation', async () => {
    const reply = await api('GET', '/me', { as: alice })
    expect([reply.status, reply.headers.has('access-control-allow-origin')]).toEqual([200, false])
  })
})

test('the terms name the chains, and where keys can be granted', async () => {
  const { json } = await api('GET', `/grants/terms?chainId=${TEST_CHAIN}`, call())
  const token = { address: hex('7c', 20), symbol: 'USDC', decimals: 6, name: null, version: null }
  expect(json['chains']).toEqual([
    {
      ...{ chainId: TEST_CHAIN, mode: 'test', testnet: true, contract: hex('c0', 20), escrow, freezer },
      ...{ receiverAuthorizer: null, collector: null, withdrawDelay: null, tokens: [token], token },
    },
  ])
})
