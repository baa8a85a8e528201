/** Owners with wallets, their cookies and API keys, and calls of the API in their name. */
import { newApiKey } from '@pbstream/db/ApiKeyText'
import { newCookie } from '../src/auth/Cookie.ts'
import type { Scope } from '../src/api/Types.ts'
import type { Env } from '../src/Env.ts'
import worker from '../src/index.ts'
import type { Hex } from '@pbstream/core/Hex'
import { createApiKey } from '@pbstream/db/ApiKeys'
import { sha256 } from '@pbstream/db/Canonical'
import type { Mode } from '@pbstream/db/Mode'
import { ownerOf, signIn } from '@pbstream/db/Owners'
import { generatePrivateKey, privateKeyToAccount, type PrivateKeyAccount } from 'viem/accounts'
import { bindings, db, hex } from './support.ts'

export const ORIGIN = 'https://control.example'
export const LIVE_CHAIN = 8453
export const TEST_CHAIN = 84532

/** Without the platform's limits: a test that is about them takes them from `bindings`. */
export function apiEnv(over: Partial<Env> = {}): Env {
  const { API_LIMIT: _api, SIGN_IN_LIMIT: _signIn, ...rest } = bindings
  const chain = { contract: hex('c0', 20), escrow: hex('e5', 20), token: hex('7c', 20) }
  const chains = [
    { chainId: LIVE_CHAIN, ...chain, testnet: false },
    { chainId: TEST_CHAIN, ...chain, testnet: true },
  ]
  return {
    ...rest,
    AUTH_SECRET: 'secret-of-the-tests-0123456789abcdef',
    CHAINS: JSON.stringify(chains),
    PUBLIC_URL: ORIGIN,
    ...over,
  }
}

export type Person = { owner: string; wallet: PrivateKeyAccount; cookie: string }

/** Somebody who is signed in. */
export async function person(): Promise<Person> {
  const wallet = privateKeyToAccount(generatePrivateKey())
  const who = ownerOf(wallet.address.toLowerCase() as Hex, null)
  const cookie = newCookie()
  await signIn(db, who, await sha256(cookie), new Date())
  return { owner: who.id, wallet, cookie }
}

let made = 0

/** The text of a new API key. */
export async function keyOf(owner: string, mode: Mode, scopes: Scope[], expiresAt: Date | null = null) {
  const { text, hash, prefix } = await newApiKey(mode)
  const id = `key_test${++made}`
  await createApiKey(db, { id, owner, mode, name: 'test', prefix, hash, scopes, expiresAt }, owner, new Date())
  return { id, text }
}

export type Call = {
  /** Who calls: somebody with a cookie, or the text of an API key. */
  as?: Person | string
  mode?: Mode
  body?: unknown
  /** A fresh Idempotency-Key unless given; null for none. */
  idempotencyKey?: string | null
  headers?: Record<string, string>
  env?: Partial<Env>
}

export type Reply = { status: number; headers: Headers; text: string; json: Record<string, unknown> }

/** Calls `/v1` as a page of our own would (cookie) or as a machine would (key). */
export async function api(method: string, path: string, call: Call = {}): Promise<Reply> {
  const { as, mode, body, idempotencyKey = crypto.randomUUID(), headers = {}, env = {} } = call
  const request = new Request(`${ORIGIN}/v1${path}`, {
    method,
    headers: {
      'cf-connecting-ip': '192.0.2.1',
      ...(typeof as === 'string' ? { authorization: `Bearer ${as}` } : {}),
      ...(typeof as === 'object' ? { cookie: `__Host-pbstream=${as.cookie}`, origin: ORIGIN } : {}),
      ...(mode === undefined ? {} : { 'pbstream-mode': mode }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(method === 'GET' || idempotencyKey === null ? {} : { 'idempotency-key': idempotencyKey }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  })
  const response = await worker.fetch(request, apiEnv(env))
  const text = await response.text()
  return { status: response.status, headers: response.headers, text, json: parse(text) }
}

function parse(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>
  } catch {
    return {}
  }
}

/**
 * The same call with the confirmation that the API asks for: the first one is refused, and says what to sign. `by` signs
 * it; another wallet than the owner's where that is the point.
 */
export async function signedApi(method: string, path: string, call: Call, by: PrivateKeyAccount): Promise<Reply> {
  const asked = await api(method, path, call)
  if (asked.json['code'] !== 'signature_required') throw new Error(`no signature was asked for: ${asked.text}`)
  return api(method, path, { ...call, headers: { ...call.headers, ...(await confirmation(asked, by)) } })
}

/** The header that confirms what a refusal asked to sign. */
export async function confirmation(asked: Reply, by: PrivateKeyAccount): Promise<Record<string, string>> {
  const data = asked.json['typedData'] as Parameters<PrivateKeyAccount['signTypedData']>[0]
  const { deadline, nonce } = data.message as { deadline: string; nonce: string }
  return { 'pbstream-confirmation': `${deadline}:${nonce}:${await by.signTypedData(data)}` }
}
