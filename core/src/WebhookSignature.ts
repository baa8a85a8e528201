/**
 * Signatures of webhooks by Standard Webhooks (standardwebhooks.com): what is signed, secrets and headers as text, and
 * verification as a receiver does it. Time comes in as Unix seconds, secrets as bytes.
 */
import { hmac } from '@noble/hashes/hmac.js'
import { sha256 } from '@noble/hashes/sha2.js'
import * as Base64 from './Base64.ts'
import { isEqual } from './ConstantTime.ts'

/** A message: `id` is the same in every attempt, `timestamp` is that of the attempt, `body` is what is sent, to the byte. */
export type Message = { id: string; timestamp: number; body: string }

export type Headers = { 'webhook-id': string; 'webhook-timestamp': string; 'webhook-signature': string }

export type Failure = 'malformed' | 'too_old' | 'too_new' | 'signature'
export type Result = { ok: true } | { ok: false; code: Failure }

/** How far the clocks of sender and receiver may be apart, with the way between them. */
export const TOLERANCE_SECONDS = 300
/** What the standard allows. */
export const SECRET_BYTES_MIN = 24
export const SECRET_BYTES_MAX = 64

const PREFIX = 'whsec_'
/** More secrets than an endpoint has at once; more signatures are not looked at. */
const SIGNATURES_MAX = 8
const encoder = new TextEncoder()

/** A secret as people see it. */
export function formatSecret(secret: Uint8Array): string {
  return PREFIX + Base64.encode(secret)
}

/** The bytes of a secret; `undefined` when the text is none, or one of a length that the standard does not allow. */
export function parseSecret(text: string): Uint8Array<ArrayBuffer> | undefined {
  if (!text.startsWith(PREFIX)) return undefined
  const bytes = Base64.decode(text.slice(PREFIX.length))
  if (bytes === undefined || bytes.length < SECRET_BYTES_MIN || bytes.length > SECRET_BYTES_MAX) return undefined
  // One text for one secret.
  return formatSecret(bytes) === text ? bytes : undefined
}

/**
 * What the HMAC is over.
 *
 * @throws {TypeError} for an id with a full stop or other characters that would make it ambiguous, or a time that is none.
 */
export function bytesToSign({ id, timestamp, body }: Message): Uint8Array {
  if (!ID.test(id)) throw new TypeError('a webhook id has 1 to 255 letters, digits, _ and -')
  if (!Number.isSafeInteger(timestamp) || timestamp < 0) throw new TypeError('a webhook timestamp is in Unix seconds')
  return encoder.encode(`${id}.${timestamp}.${body}`)
}

const ID = /^[A-Za-z0-9_-]{1,255}$/

/** The three headers, with a signature for each secret: the one in force first, then those that are being replaced. */
export function headers(secrets: readonly Uint8Array[], message: Message): Headers {
  if (secrets.length === 0) throw new TypeError('a webhook is signed with a secret')
  const bytes = bytesToSign(message)
  return {
    'webhook-id': message.id,
    'webhook-timestamp': String(message.timestamp),
    'webhook-signature': secrets.map((secret) => `v1,${Base64.encode(hmac(sha256, secret, bytes))}`).join(' '),
  }
}

/** The `v1` signatures of a header, 32 bytes each; what has another version or form is left out, as the standard asks. */
export function parseSignatures(header: string): Uint8Array<ArrayBuffer>[] {
  return header
    .split(' ', SIGNATURES_MAX)
    .flatMap((part) => (part.startsWith('v1,') ? [Base64.decode(part.slice(3))] : []))
    .filter((bytes) => bytes?.length === 32) as Uint8Array<ArrayBuffer>[]
}

/** Whether a message came from a holder of the secret, and now. Never throws on any text. */
export function verify(secret: Uint8Array, given: Headers, body: string, now: number): Result {
  const id = given['webhook-id']
  const text = given['webhook-timestamp']
  if (!ID.test(id) || !/^(0|[1-9][0-9]{0,14})$/.test(text)) return { ok: false, code: 'malformed' }
  const timestamp = Number(text)
  if (now - timestamp > TOLERANCE_SECONDS) return { ok: false, code: 'too_old' }
  if (timestamp - now > TOLERANCE_SECONDS) return { ok: false, code: 'too_new' }
  const expected = hmac(sha256, secret, bytesToSign({ id, timestamp, body }))
  const matches = parseSignatures(given['webhook-signature']).filter((bytes) => isEqual(bytes, expected))
  return matches.length > 0 ? { ok: true } : { ok: false, code: 'signature' }
}
