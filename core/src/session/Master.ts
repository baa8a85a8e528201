/**
 * The gateway's master secrets of session mode, and the keys that follow from them by HKDF-SHA256 (salt empty). Keys
 * and arithmetic are ports, so there is no WebCrypto here.
 */
import * as Base64 from '../Base64.ts'
import * as Utf8 from '../Utf8.ts'

/** HMAC-SHA256 under one key: 32 bytes. `verify` compares in constant time. */
export type Mac = {
  sign(bytes: Uint8Array): Promise<Uint8Array>
  verify(bytes: Uint8Array, signature: Uint8Array): Promise<boolean>
}

/** One master secret. The first of a list signs, all of them verify: so they can be exchanged. */
export type Master = { kid: string; secret: Uint8Array<ArrayBuffer> }

/** The form of a master's name. */
export const KID = /^[A-Za-z0-9_-]{1,32}$/
export const SECRET_BYTES_MIN = 32
/** More than anybody exchanges at once. */
const MASTERS_MAX = 8

/** HKDF info of the key that authenticates session tokens. */
export const TOKEN_KEY = Utf8.encode('pbstream session token v1')
/** HKDF info of the key that authenticates nonces. */
export const NONCE_KEY = Utf8.encode('pbstream session nonce v1')
const REQUEST_KEY = Utf8.encode('pbstream session request v1\n')

/** HKDF info of the request key of one session: `payload` is what its token signs (`SessionToken.signingBytes`). */
export function requestKey(payload: Uint8Array): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(REQUEST_KEY.length + payload.length)
  out.set(REQUEST_KEY)
  out.set(payload, REQUEST_KEY.length)
  return out
}

/** A text that holds no list of master secrets. The message quotes nothing of it. */
export class InvalidMasterError extends Error {
  override readonly name = 'InvalidMasterError'
}

/**
 * Reads the secret of a deployment: JSON, `[{"kid", "secret"}]`, secrets in base64url of 32 bytes or more.
 *
 * @throws {InvalidMasterError}
 */
export function parse(text: string): [Master, ...Master[]] {
  const value = Base64.parseJson(Utf8.encode(text))
  if (!Array.isArray(value) || value.length > MASTERS_MAX) throw new InvalidMasterError('not a list of 1 to 8 masters')
  const [first, ...others] = value.map(master)
  if (first === undefined) throw new InvalidMasterError('not a list of 1 to 8 masters')
  const masters: [Master, ...Master[]] = [first, ...others]
  if (new Set(masters.map(({ kid }) => kid)).size < masters.length) throw new InvalidMasterError('two share their kid')
  return masters
}

function master(value: unknown): Master {
  const { kid, secret } = (value ?? {}) as Record<string, unknown>
  if (typeof kid !== 'string' || !KID.test(kid)) throw new InvalidMasterError('a kid is 1 to 32 of A-Z a-z 0-9 _ -')
  const bytes = typeof secret === 'string' ? Base64.decodeUrl(secret) : undefined
  if (bytes === undefined || bytes.length < SECRET_BYTES_MIN) {
    throw new InvalidMasterError('a secret is base64url of 32 bytes or more')
  }
  return { kid, secret: bytes }
}
