/** What PB-Stream adds to x402: the signed quote, session mode and the description of the service. */
import * as Amount from '@pbstream/core/Amount'
import * as Base64 from '@pbstream/core/Base64'
import { QUOTE_EXTENSION } from '@pbstream/core/Challenge'
import type * as Jws from '@pbstream/core/Jws'
import * as Quote from '@pbstream/core/Quote'
import type { Checks, Flaw } from './Checks.ts'
import { isObject } from './Offers.ts'
import type { Terms } from './Unpaid.ts'

const SESSION_EXTENSION = 'pbstream-session'

/** JSON of an address of the server; `undefined` when there is none. Never throws. */
export type ReadJson = (url: URL) => Promise<unknown>

/** Ed25519 by WebCrypto over the keys of `/.well-known/jwks.json`; `undefined` when they cannot be had. */
export async function publishedKeys(origin: string, read: ReadJson): Promise<Jws.Keys | undefined> {
  const set = await read(new URL('/.well-known/jwks.json', origin))
  if (!isObject(set) || !Array.isArray(set['keys'])) return undefined
  const keys = new Map<string, Jws.VerifyBytes>()
  for (const jwk of set['keys'] as unknown[]) {
    if (!isObject(jwk) || typeof jwk['kid'] !== 'string' || jwk['crv'] !== 'Ed25519') continue
    const { kty, crv, x } = jwk as { kty?: string; crv: string; x?: string }
    const imported = await crypto.subtle
      .importKey('jwk', { kty, crv, x } as JsonWebKey, 'Ed25519', false, ['verify'])
      .catch(() => undefined)
    if (imported === undefined) continue
    keys.set(jwk['kid'], (bytes, signature) =>
      crypto.subtle.verify('Ed25519', imported, signature as BufferSource, bytes as BufferSource),
    )
  }
  return (kid) => keys.get(kid)
}

type At = { url: URL; method: string; now: number; read: ReadJson }

/**
 * The quote of the 402 and the description of the service, where there are any.
 *
 * @returns the origin of the gateway that signs: another one when the server asks a gateway for its payments.
 */
export async function ours(checks: Checks, terms: Terms, at: At): Promise<string> {
  const { required } = terms
  const extensions = isObject(required?.extensions) ? required.extensions : {}
  const info = infoOf(extensions[SESSION_EXTENSION])
  const home = URL.parse(String(info?.['gateway']))?.origin ?? at.url.origin
  await quote(checks, terms, infoOf(extensions[QUOTE_EXTENSION])?.['quote'], { ...at, home })
  await session(checks, info, { ...at, home })
  const described = await at.read(new URL('/.well-known/pbstream', home))
  if (isObject(described) && Array.isArray(described['routes'])) {
    checks.pass('description', `/.well-known/pbstream lists ${described['routes'].length} routes`)
  } else checks.skip('description', 'no /.well-known/pbstream')
  return home
}

async function quote(
  checks: Checks,
  { required }: Terms,
  token: unknown,
  { home, method, now, read }: At & { home: string },
): Promise<void> {
  if (token === undefined) return checks.skip('quote', 'no signed quote: the price may change before it is paid')
  const keys = await publishedKeys(home, read)
  if (keys === undefined) {
    return checks.fail('quote', 'a quote, and no keys to verify it', 'Publish the keys at /.well-known/jwks.json.')
  }
  const claims = typeof token === 'string' ? claimsOf(token) : undefined
  const text = (name: string) => (typeof claims?.[name] === 'string' ? claims[name] : '')
  // What it says of itself: here only the signature and the times are to be judged.
  const said = { rt: text('rt'), m: text('m'), ih: text('ih') }
  const result = await Quote.verify(typeof token === 'string' ? token : '', keys, now, said)
  if (!result.ok) {
    const advice =
      'Sign quotes with a key of /.well-known/jwks.json, for longer than maxTimeoutSeconds; check the clock.'
    return checks.fail(
      'quote',
      result.code === 'quote_expired' ? 'the quote has expired' : 'the quote does not verify',
      advice,
    )
  }
  const flaws: Flaw[] = []
  if (result.claims.m !== method) {
    flaws.push({
      status: 'fail',
      found: `the quote is for ${result.claims.m}`,
      advice: 'Quote the method that was asked.',
    })
  }
  const dearer = required?.accepts.some(({ amount }) => (Amount.tryParse(amount) ?? 0n) > BigInt(result.claims.max))
  if (dearer === true) {
    flaws.push({
      status: 'fail',
      found: 'an offer is above the quote',
      advice: 'Quote the highest price that is offered.',
    })
  }
  checks.judge('quote', `the quote verifies: at most ${result.claims.max}, for ${result.claims.exp - now} s`, flaws)
}

async function session(
  checks: Checks,
  info: Record<string, unknown> | undefined,
  { url, home, read }: At & { home: string },
): Promise<void> {
  if (info === undefined) return checks.skip('session', 'no session mode: each payment is a signature of a wallet key')
  const { v, endpoint, gateway, algorithms, nonce } = info
  const at = URL.parse(String(endpoint))
  const flaws: Flaw[] = []
  const fail = (found: string, advice: string) => flaws.push({ status: 'fail', found, advice })
  if (v !== 1) fail('the version of session mode is not 1', 'Set info.v to 1.')
  if (at?.origin !== home || gateway !== home) {
    fail('endpoint and gateway are not of one origin', 'Name the origin of the gateway, and its endpoint there.')
  }
  const known = Array.isArray(algorithms) && algorithms.some((each) => each === 'hmac-sha256' || each === 'ed25519')
  if (!known) fail('no algorithm that is known', 'Name hmac-sha256 or ed25519 in info.algorithms.')
  if (typeof nonce !== 'string' || !/^(?:0x[0-9a-f]{64}|[A-Za-z0-9_-]{43})$/.test(nonce)) {
    fail('the nonce is not 32 bytes', 'Send a fresh nonce of 32 bytes.')
  }
  if (flaws.length === 0 && at !== null && !isObject(await read(at))) {
    fail(
      `${at.pathname} does not answer`,
      'Answer GET at the endpoint with the same info, so that nobody has to probe.',
    )
  }
  const where = home === url.origin ? 'here' : `at ${home}`
  checks.judge('session', `session mode is offered, and its endpoint answers ${where}`, flaws)
}

function infoOf(extension: unknown): Record<string, unknown> | undefined {
  return isObject(extension) && isObject(extension['info']) ? extension['info'] : undefined
}

/** The claims of a JWS, unverified. */
export function claimsOf(token: string): Record<string, unknown> | undefined {
  const bytes = Base64.decodeUrl(token.split('.')[1] ?? '')
  const value = bytes === undefined ? undefined : Base64.parseJson(bytes)
  return isObject(value) ? value : undefined
}
