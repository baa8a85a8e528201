/** What a request id, a receipt and an `exact` payment stand for: method, normalised target and content. */
import { sha256 } from '@noble/hashes/sha2.js'
import { fromBytes, type Hex } from './Hex.ts'

const encoder = new TextEncoder()
const FORM = /^[\x21-\x7e]+$/
const BYTES32 = /^0x[0-9a-f]{64}$/

/** SHA-256 of no bytes: the body digest of a request without one. */
export const EMPTY_BODY: Hex = '0xe3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'

/** SHA-256 of a body that was read whole. A body that streams is hashed by its reader. */
export function bodyDigest(body: Uint8Array): Hex {
  return fromBytes(sha256(body))
}

/**
 * The bytes that are hashed: a version line, method, target and body digest, one a line. The target is
 * host + path + search as `Path.normalise` gives them; payment headers are no part of it.
 *
 * @throws {TypeError} when a part holds anything but visible ASCII, so that no two requests share their bytes.
 */
export function digestInput(method: string, target: string, body: Hex): Uint8Array {
  if (!FORM.test(method) || !FORM.test(target) || !BYTES32.test(body)) throw new TypeError('not a normalised request')
  return encoder.encode(`pbstream-request-v1\n${method}\n${target}\n${body}`)
}

/** SHA-256 of `digestInput`. @throws {TypeError} as it does. */
export function digest(method: string, target: string, body: Hex): Hex {
  return fromBytes(sha256(digestInput(method, target, body)))
}
