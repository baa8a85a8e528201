/** Signing in and out, against an API and a wallet that do what a test tells them. */
import { afterEach, describe, expect, test, vi } from 'vitest'
import { parseSiweMessage } from 'viem/siwe'
import { api, data } from '../src/api/Client.ts'
import { findMe, lapsed, me, provider, signIn, signOut } from '../src/Session.ts'
import { disconnect, expected, wallets } from '../src/Wallet.ts'

const OWNER = `0x${'ab'.repeat(20)}`
const ME = { owner: OWNER, address: OWNER, chainId: null, mode: 'live', via: 'cookie', scopes: [], actor: OWNER }
const TERMS = {
  nonce: 'abcdef1234',
  domain: 'pay.example',
  uri: 'https://pay.example',
  chainIds: [8453],
  expiresAt: '',
}

type Answer = { status?: number; body?: unknown }

/** Answers by method and path; what was sent is in `sent`. */
function serve(answers: { [call: string]: Answer }): { call: string; body: string }[] {
  const sent: { call: string; body: string }[] = []
  vi.stubGlobal('fetch', async (request: Request) => {
    const call = `${request.method} ${new URL(request.url).pathname}`
    sent.push({ call, body: await request.text() })
    const { status = 200, body } = answers[call] ?? { status: 500 }
    const text = status === 204 ? null : JSON.stringify(body ?? {})
    return new Response(text, { status, headers: { 'content-type': 'application/json' } })
  })
  return sent
}

function wallet(chainId: string): { signed: string[] } {
  const signed: string[] = []
  const request = async ({ method, params }: { method: string; params?: unknown }) => {
    if (method === 'eth_chainId') return chainId
    if (method === 'eth_requestAccounts') return [OWNER]
    signed.push(Buffer.from((params as string[])[0]?.slice(2) ?? '', 'hex').toString())
    return '0x5161'
  }
  wallets.value = [{ uuid: 'u', name: 'W', icon: '', provider: { request } }]
  return { signed }
}

afterEach(async () => {
  serve({ 'POST /v1/sign-out': { status: 204 } })
  await signOut()
  vi.unstubAllGlobals()
  disconnect()
  wallets.value = []
})

test('who has no session is signed out; an API that fails is not', async () => {
  serve({ 'GET /v1/me': { status: 401, body: { code: 'credentials_invalid' } } })
  await findMe()
  expect(me.value).toBeNull()
  serve({ 'GET /v1/me': { status: 503, body: { code: 'temporarily_unavailable' } } })
  await expect(findMe()).rejects.toMatchObject({ code: 'temporarily_unavailable' })
})

test.each([
  ['its own chain where it is used here', '0x2105'],
  ['one that is used here where its own is not', '0x1'],
])('the wallet signs a message that names %s', async (_, chainId) => {
  const { signed } = wallet(chainId)
  const sent = serve({
    'POST /v1/sign-in/nonce': { body: TERMS },
    'POST /v1/sign-in': { body: { ...ME, expiresAt: '' } },
    'GET /v1/me': { body: ME },
  })
  await signIn()
  expect(parseSiweMessage(signed[0] ?? '')).toMatchObject({ nonce: TERMS.nonce, domain: 'pay.example', chainId: 8453 })
  const entered = sent.find(({ call }) => call === 'POST /v1/sign-in')
  expect(JSON.parse(entered?.body ?? '{}')).toEqual({ message: signed[0], signature: '0x5161' })
  expect([me.value?.owner, expected.value]).toEqual([OWNER, OWNER])
})

test('a refused signature leaves one signed out', async () => {
  wallet('0x2105')
  serve({
    'POST /v1/sign-in/nonce': { body: TERMS },
    'POST /v1/sign-in': { status: 401, body: { code: 'sign_in_refused', detail: 'the nonce has been used' } },
  })
  await expect(signIn()).rejects.toMatchObject({ code: 'sign_in_refused' })
  expect(me.value).toBeNull()
})

describe('a session that ends while somebody works', () => {
  const ended = { status: 401, body: { code: 'credentials_invalid' } }
  /** Signed in, and then not any more. A change is sent; what became of it. */
  async function begin() {
    serve({ 'GET /v1/me': { body: ME } })
    await findMe()
    serve({ 'DELETE /v1/api-keys/k': ended })
    return data(api.DELETE('/api-keys/{id}', { params: { path: { id: 'k' } } })).then(
      () => 'done',
      (error: { code: string }) => error.code,
    )
  }

  test('leaves the page as it is, and what was sent is done after signing in again', async () => {
    wallet('0x2105')
    const change = begin()
    await vi.waitUntil(() => lapsed.value !== undefined)
    expect(me.value?.owner).toBe(OWNER)
    serve({
      'POST /v1/sign-in/nonce': { body: TERMS },
      'POST /v1/sign-in': { body: { ...ME, expiresAt: '' } },
      'GET /v1/me': { body: ME },
      'DELETE /v1/api-keys/k': { body: {} },
    })
    await signIn()
    expect([await change, lapsed.value]).toEqual(['done', undefined])
  })

  test('ends everything when the person leaves', async () => {
    const change = begin()
    await vi.waitUntil(() => lapsed.value !== undefined)
    lapsed.value?.leave()
    expect([await change, me.value, lapsed.value]).toEqual(['credentials_invalid', null, undefined])
  })
})

test('signing out forgets who it was, also where the session had ended by itself', async () => {
  serve({ 'GET /v1/me': { body: ME }, 'POST /v1/sign-out': { status: 401, body: { code: 'credentials_invalid' } } })
  await findMe()
  await signOut(true)
  expect([me.value, expected.value, provider.value]).toEqual([null, undefined, undefined])
})
