/** Compact JWS with Ed25519 (RFC 7515, RFC 8037). Keys and arithmetic come in as ports, so there is no WebCrypto here. */
import * as Base64 from './Base64.ts'

/** Ed25519 over bytes: 64 bytes. */
export type SignBytes = (bytes: Uint8Array) => Promise<Uint8Array>
export type VerifyBytes = (bytes: Uint8Array, signature: Uint8Array) => Promise<boolean>

/** One private key and its published name. */
export type Signer = { kid: string; sign: SignBytes }

/** The public key of a name, if it is ours. */
export type Keys = (kid: string) => VerifyBytes | undefined

export type Failure = 'malformed' | 'algorithm' | 'type' | 'unknown_key' | 'signature'
export type Result = { ok: true; claims: Record<string, unknown> } | { ok: false; code: Failure }

/** More than any token of ours has that callers send, so that nothing large is decoded or hashed. */
const MAX_LENGTH = 8192

const encoder = new TextEncoder()

/** Signs claims. `typ` says what they are, so that no kind of token passes for another. */
export async function sign(claims: object, typ: string, signer: Signer): Promise<string> {
  const input = `${headerOf(signer.kid, typ)}.${part(claims)}`
  return `${input}.${Base64.encodeUrl(await signer.sign(encoder.encode(input)))}`
}

/**
 * Verifies form, algorithm, type, key and signature; the meaning of the claims is the caller's. Never throws on any
 * text. Header members other than alg, kid and typ are refused, `crit` among them.
 */
export async function verify(token: string, typ: string, keys: Keys, longest = MAX_LENGTH): Promise<Result> {
  if (typeof token !== 'string' || token.length > longest) return { ok: false, code: 'malformed' }
  const parts = token.split('.')
  if (parts.length !== 3) return { ok: false, code: 'malformed' }
  const [headerText, claimsText, signatureText] = parts as [string, string, string]
  const header = json(headerText)
  const claims = json(claimsText)
  const signature = Base64.decodeUrl(signatureText)
  if (header === undefined || claims === undefined || signature?.length !== 64) return { ok: false, code: 'malformed' }
  const { alg, kid, typ: type, ...others } = header
  if (alg !== 'EdDSA') return { ok: false, code: 'algorithm' }
  if (type !== typ) return { ok: false, code: 'type' }
  if (typeof kid !== 'string' || Object.keys(others).length > 0) return { ok: false, code: 'malformed' }
  const key = keys(kid)
  if (key === undefined) return { ok: false, code: 'unknown_key' }
  const valid = await key(encoder.encode(`${headerText}.${claimsText}`), signature)
  return valid ? { ok: true, claims } : { ok: false, code: 'signature' }
}

/** Headers by kid and type: there are a few of each. */
const headers = new Map<string, string>()

function headerOf(kid: string, typ: string): string {
  const key = `${kid} ${typ}`
  const known = headers.get(key)
  if (known !== undefined) return known
  const header = part({ alg: 'EdDSA', kid, typ })
  if (headers.size < 64) headers.set(key, header)
  return header
}

function part(value: object): string {
  return Base64.encodeUrl(encoder.encode(JSON.stringify(value)))
}

function json(text: string): Record<string, unknown> | undefined {
  const bytes = Base64.decodeUrl(text)
  const value = bytes === undefined ? undefined : Base64.parseJson(bytes)
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
  return value as Record<string, unknown>
}
