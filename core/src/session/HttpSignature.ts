/**
 * How a request of a session is signed: one profile of HTTP Message Signatures (RFC 9421), and one way to write it.
 *
 * One label, these components in this order, these parameters in this order:
 * `pbs=("@method" "@target-uri" ["content-digest"] "idempotency-key" "pbstream-max-price" "pbstream-session"
 * ["pbstream-lease"] ["pbstream-voucher"]);created=…;expires=…;alg="…";tag="pbstream-session"`
 *
 * Whatever is on the request of these headers is signed. A receiver makes the text anew from what it got, and takes no
 * other: so there is nothing to negotiate, to leave out or to add.
 */
import * as Base64 from '../Base64.ts'
import { fromBytes, type Hex, isBytes32, toBytes } from '../Hex.ts'
import * as Utf8 from '../Utf8.ts'
import type { Algorithm } from './OpenSession.ts'

/** What is signed about a request. The values are those of its headers, to the character. */
export type Parts = {
  method: string
  /** The absolute URL that is asked for, without a fragment. */
  targetUri: string
  /** `contentDigest` of the body; absent exactly when that is empty. */
  contentDigest?: string
  idempotencyKey: string
  maxPrice: string
  session: string
  lease?: string
  voucher?: string
}

/** Unix seconds. */
export type Parameters = { created: number; expires: number; algorithm: Algorithm }

/** The most seconds between `created` and `expires`. */
export const MAX_AGE = 60
/** How far the caller's clock may be ahead, in seconds. */
const SKEW = 5

export const LABEL = 'pbs'
export const TAG = 'pbstream-session'

/** Component, and where its value comes from; the order is part of the profile. */
const COMPONENTS = [
  ['@method', 'method'],
  ['@target-uri', 'targetUri'],
  ['content-digest', 'contentDigest'],
  ['idempotency-key', 'idempotencyKey'],
  ['pbstream-max-price', 'maxPrice'],
  ['pbstream-session', 'session'],
  ['pbstream-lease', 'lease'],
  ['pbstream-voucher', 'voucher'],
] as const satisfies readonly (readonly [string, keyof Parts])[]

/** The headers of a request by their names, as `Headers.get` has them. */
export type HeaderReader = { get(name: string): string | null }

/** The value of `Signature-Input`. */
export function signatureInput(parts: Parts, parameters: Parameters): string {
  return `${LABEL}=${signatureParams(parts, parameters)}`
}

/** The value of `Signature`. */
export function signatureHeader(signature: Uint8Array): string {
  return `${LABEL}=:${Base64.encode(signature)}:`
}

/**
 * The signature base: the bytes that are signed.
 *
 * @throws {TypeError} when a value could not stand in a header or would make the base ambiguous.
 */
export function base(parts: Parts, parameters: Parameters): Uint8Array<ArrayBuffer> {
  let text = ''
  for (const [component, name] of COMPONENTS) {
    const value = parts[name]
    if (value === undefined) continue
    if (!isValue(value)) throw new TypeError(`${component} is not of visible ASCII`)
    text += `"${component}": ${value}\n`
  }
  return Utf8.encode(`${text}"@signature-params": ${signatureParams(parts, parameters)}`)
}

const VALUE = /^[\x21-\x7e]+(?: [\x21-\x7e]+)*$/

/** Whether a value can be signed: visible ASCII, with single spaces inside, which no parser of fields changes. */
export function isValue(value: string): boolean {
  return VALUE.test(value)
}

/** All headers of a signed request, by their names. */
export function headers(parts: Parts, parameters: Parameters, signature: Uint8Array): Record<string, string> {
  return {
    ...(parts.contentDigest === undefined ? {} : { 'Content-Digest': parts.contentDigest }),
    'Idempotency-Key': parts.idempotencyKey,
    'PBStream-Max-Price': parts.maxPrice,
    'PBStream-Session': parts.session,
    ...(parts.lease === undefined ? {} : { 'PBStream-Lease': parts.lease }),
    ...(parts.voucher === undefined ? {} : { 'PBStream-Voucher': parts.voucher }),
    'Signature-Input': signatureInput(parts, parameters),
    Signature: signatureHeader(signature),
  }
}

/** A request's parts as its headers have them; a name when the header of this name is missing. */
export function partsOf(method: string, targetUri: string, from: HeaderReader): Parts | string {
  const parts: Partial<Parts> = { method, targetUri }
  for (const [component, name] of COMPONENTS.slice(2)) {
    const value = from.get(component)
    if (value !== null) parts[name] = value
    else if (!OPTIONAL.has(name)) return component
  }
  return parts as Parts
}

const OPTIONAL: ReadonlySet<string> = new Set(['contentDigest', 'lease', 'voucher'] satisfies (keyof Parts)[])

const INPUT = /;created=([1-9][0-9]{0,14});expires=([1-9][0-9]{0,14});alg="(hmac-sha256|ed25519)";tag="[^"]*"$/

/** The parameters of a `Signature-Input` that says exactly what is to be signed about `parts`; undefined for any other. */
export function parseSignatureInput(text: string, parts: Parts): Parameters | undefined {
  const match = INPUT.exec(text)
  if (match === null) return undefined
  const [, created, expires, algorithm] = match as unknown as [string, string, string, Algorithm]
  const parameters = { created: Number(created), expires: Number(expires), algorithm }
  return signatureInput(parts, parameters) === text ? parameters : undefined
}

const SIGNATURE = /^pbs=:([A-Za-z0-9+/]{1,86}={0,2}):$/
const SIGNATURE_BYTES: { readonly [algorithm in Algorithm]: number } = { 'hmac-sha256': 32, ed25519: 64 }

/** The bytes of a `Signature` header by this algorithm; undefined for any other text. */
export function parseSignature(text: string, algorithm: Algorithm): Uint8Array<ArrayBuffer> | undefined {
  const bytes = Base64.decode(SIGNATURE.exec(text)?.[1] ?? '')
  if (bytes?.length !== SIGNATURE_BYTES[algorithm]) return undefined
  return signatureHeader(bytes) === text ? bytes : undefined
}

/** Whether a signature with these parameters is good at `now`, Unix seconds. */
export function isFresh({ created, expires }: Parameters, now: number): boolean {
  return created <= now + SKEW && created < expires && expires <= created + MAX_AGE && now < expires
}

/** The value of `Content-Digest` (RFC 9530) for a body's SHA-256. */
export function contentDigest(bodyDigest: Hex): string {
  return `sha-256=:${Base64.encode(toBytes(bodyDigest))}:`
}

const DIGEST = /^sha-256=:([A-Za-z0-9+/]{43}=):$/

/** The SHA-256 that a `Content-Digest` names, and nothing beside it; undefined for any other text. */
export function parseContentDigest(text: string): Hex | undefined {
  const bytes = Base64.decode(DIGEST.exec(text)?.[1] ?? '')
  const digest = bytes === undefined ? '' : fromBytes(bytes)
  return isBytes32(digest) ? digest : undefined
}

function signatureParams(parts: Parts, { created, expires, algorithm }: Parameters): string {
  let covered = ''
  for (const [component, name] of COMPONENTS) if (parts[name] !== undefined) covered += ` "${component}"`
  return `(${covered.slice(1)});created=${created};expires=${expires};alg="${algorithm}";tag="${TAG}"`
}
