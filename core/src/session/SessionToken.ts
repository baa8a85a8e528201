/**
 * Session tokens: what a session may do, authenticated by the gateway. Any isolate reads one without a look-up.
 *
 * `base64url(payload) "." base64url(HMAC-SHA256(payload))`. A session has exactly one token: any other way to write the
 * same payload is refused.
 */
import * as Base64 from '../Base64.ts'
import { type Address, type Hex, isAddress, isBytes32 } from '../Hex.ts'
import { parseSessionName } from '../message/Session.ts'
import * as Utf8 from '../Utf8.ts'
import { KID, type Mac } from './Master.ts'
import { type Algorithm, HMAC_PUBLIC_KEY, isOrigin } from './OpenSession.ts'

/** What a token says. Hex lower case. The names are short because each request carries them. */
export type Payload = {
  v: 1
  /** Which master secret made it. */
  kid: string
  /** The gateway's origin. */
  gw: string
  /** `sessionName` of the stream session. */
  s: string
  /** The channel that it spends, and none else. */
  c: Hex
  /** Receiver and token of the channel. */
  to: Address
  t: Address
  /** `hmac`, or the Ed25519 public key that signs requests. */
  a: 'hmac' | Hex
  /** The epoch of the channel's sessions. */
  e: number
  /** When it ends, Unix seconds. */
  x: number
}

/** A token as it was sent: well formed, and not believed yet. `signed` is what `mac` is over. */
export type Decoded = { payload: Payload; signed: Uint8Array<ArrayBuffer>; mac: Uint8Array<ArrayBuffer> }

export type Failure = 'session_token_invalid' | 'session_expired'

/** More than any token of ours has. */
const MAX_LENGTH = 2048
const MAC_BYTES = 32

/** What the MAC is over, and what the request key is derived from: the payload's members in their order, in JSON. */
export function signingBytes({ v, kid, gw, s, c, to, t, a, e, x }: Payload): Uint8Array<ArrayBuffer> {
  return Utf8.encode(JSON.stringify({ v, kid, gw, s, c, to, t, a, e, x }))
}

/** The token of a payload and the MAC of its `signingBytes`. */
export function encode(payload: Payload, mac: Uint8Array): string {
  return `${Base64.encodeUrl(signingBytes(payload))}.${Base64.encodeUrl(mac)}`
}

/** Makes a token. `mac`: HMAC under the token key of the master that `payload.kid` names. */
export async function sign(payload: Payload, mac: Mac): Promise<string> {
  return encode(payload, await mac.sign(signingBytes(payload)))
}

/** Reads a token without trust; `undefined` for anything that is none. Never throws. */
export function decode(token: string): Decoded | undefined {
  if (typeof token !== 'string' || token.length > MAX_LENGTH) return undefined
  const dot = token.indexOf('.')
  if (dot < 0) return undefined
  const signed = Base64.decodeUrl(token.slice(0, dot))
  const mac = Base64.decodeUrl(token.slice(dot + 1))
  if (signed === undefined || mac?.length !== MAC_BYTES) return undefined
  const value = Base64.parseJson(signed)
  if (!isPayload(value)) return undefined
  const decoded = { payload: value, signed, mac }
  return encode(value, mac) === token ? decoded : undefined
}

/**
 * Whether a token is one of this gateway's, and still good at `now` (Unix seconds). `keys`: the MAC under the token key
 * of a master, by its name. Undefined: it is. The epoch is the stream session's to judge.
 */
export async function check(
  { payload, signed, mac }: Decoded,
  keys: (kid: string) => Mac | undefined,
  { gateway, now }: { gateway: string; now: number },
): Promise<Failure | undefined> {
  if (payload.gw !== gateway) return 'session_token_invalid'
  const key = keys(payload.kid)
  if (key === undefined || !(await key.verify(signed, mac))) return 'session_token_invalid'
  return now < payload.x ? undefined : 'session_expired'
}

/** How requests of the session are signed. */
export function algorithm({ a }: Payload): Algorithm {
  return a === 'hmac' ? 'hmac-sha256' : 'ed25519'
}

function isPayload(value: unknown): value is Payload {
  if (typeof value !== 'object' || value === null) return false
  const { v, kid, gw, s, c, to, t, a, e, x } = value as Record<string, unknown>
  return (
    v === 1 &&
    typeof kid === 'string' &&
    KID.test(kid) &&
    isOrigin(gw) &&
    typeof s === 'string' &&
    parseSessionName(s) !== undefined &&
    isLower(c, isBytes32) &&
    isLower(to, isAddress) &&
    isLower(t, isAddress) &&
    (a === 'hmac' || (isLower(a, isBytes32) && a !== HMAC_PUBLIC_KEY)) &&
    isCount(e) &&
    isCount(x)
  )
}

function isLower(value: unknown, is: (value: unknown) => value is Hex): boolean {
  return is(value) && value === value.toLowerCase()
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0
}
