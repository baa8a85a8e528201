/**
 * Nonces for `OpenSession`: any isolate can tell its own gateway's by their form. That each serves once only is the
 * stream session's matter.
 *
 * 32 bytes: 6 of time (Unix milliseconds), 10 of randomness, 16 of HMAC-SHA256 over the gateway's origin and those 16.
 */
import { isEqual } from '../ConstantTime.ts'
import { fromBytes, type Hex, isBytes32, lower, toBytes } from '../Hex.ts'
import * as Utf8 from '../Utf8.ts'
import type { Mac } from './Master.ts'

/** How long a nonce is good for, in milliseconds. */
export const LIFETIME_MS = 60_000
/** How far the clock of another isolate may be ahead, in milliseconds. */
const SKEW_MS = 5_000

export const RANDOM_BYTES = 10
const HEAD_BYTES = 16
const TIME_MAX = 2 ** 48 - 1

/**
 * Makes a nonce. `mac`: HMAC under the nonce key of the master that signs; `now` in Unix milliseconds.
 *
 * @throws {TypeError} for a time or randomness of another size.
 */
export async function make(origin: string, now: number, random: Uint8Array, mac: Mac): Promise<Hex> {
  if (random.length !== RANDOM_BYTES) throw new TypeError('a nonce has 10 random bytes')
  if (!Number.isSafeInteger(now) || now < 0 || now > TIME_MAX) throw new TypeError('not a time in milliseconds')
  const nonce = new Uint8Array(32)
  const view = new DataView(nonce.buffer)
  view.setUint16(0, Math.floor(now / 2 ** 32))
  view.setUint32(2, now % 2 ** 32)
  nonce.set(random, 6)
  nonce.set(await tag(origin, nonce, mac), HEAD_BYTES)
  return fromBytes(nonce)
}

/** When a nonce was made, Unix milliseconds, by what it says of itself. */
export function madeAt(nonce: Hex): number {
  return Number.parseInt(nonce.slice(2, 14), 16)
}

/** When a nonce stops being good, Unix milliseconds: until then it has to be remembered once it was used. */
export function expiresAt(nonce: Hex): number {
  return madeAt(nonce) + LIFETIME_MS
}

/**
 * Whether a nonce is ours, for this origin, and good at `now` (Unix milliseconds). `macs`: under the nonce key of each
 * master. Never throws on any text.
 */
export async function isGood(nonce: string, origin: string, now: number, macs: readonly Mac[]): Promise<boolean> {
  if (!isBytes32(nonce)) return false
  const age = now - madeAt(nonce)
  if (age >= LIFETIME_MS || age < -SKEW_MS) return false
  const bytes = toBytes(lower(nonce))
  for (const mac of macs) if (isEqual(bytes.subarray(HEAD_BYTES), await tag(origin, bytes, mac))) return true
  return false
}

/** The origin comes first: what follows it has always 16 bytes, so no two pairs share their bytes. */
async function tag(origin: string, nonce: Uint8Array, mac: Mac): Promise<Uint8Array> {
  const text = Utf8.encode(origin)
  const bytes = new Uint8Array(text.length + HEAD_BYTES)
  bytes.set(text)
  bytes.set(nonce.subarray(0, HEAD_BYTES), text.length)
  return (await mac.sign(bytes)).subarray(0, 32 - HEAD_BYTES)
}
