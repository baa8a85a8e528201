/**
 * Secrets at rest: AES-256-GCM under a key derived from a Worker secret, as base64url of iv and ciphertext. What the
 * secret is for is authenticated too, so that a sealed value cannot be moved to another place.
 */
import * as Base64 from './Base64.ts'

/** WebCrypto, as the platform has it. */
export type WebCrypto = Pick<Crypto, 'subtle' | 'getRandomValues'>

/** Derives other keys for other purposes from the same secret. */
export const UPSTREAM_CREDENTIAL = 'pbstream upstream credential v1'

/** The key of one purpose, and the place that a value is sealed for. */
export type Place = {
  /** 32 bytes or more. */
  secret: string
  purpose: string
  /** Case does not count. */
  place: string
}

const IV_BYTES = 12
const encoder = new TextEncoder()

/**
 * Seals a text for one place.
 *
 * @throws {TypeError} for a secret that is too short.
 */
export async function seal(crypto: WebCrypto, where: Place, value: string): Promise<string> {
  const iv = crypto.getRandomValues(new Uint8Array(IV_BYTES))
  const cipher = await crypto.subtle.encrypt(
    parameters(iv, where),
    await deriveKey(crypto, where),
    encoder.encode(value),
  )
  const sealed = new Uint8Array(IV_BYTES + cipher.byteLength)
  sealed.set(iv)
  sealed.set(new Uint8Array(cipher), IV_BYTES)
  return Base64.encodeUrl(sealed)
}

/**
 * Opens a sealed text; `undefined` when secret, purpose, place or value is not the one it was sealed with.
 *
 * @throws {TypeError} for a secret that is too short.
 */
export async function open(crypto: WebCrypto, where: Place, sealed: string): Promise<string | undefined> {
  const bytes = Base64.decodeUrl(sealed)
  if (bytes === undefined || bytes.length <= IV_BYTES) return undefined
  const key = await deriveKey(crypto, where)
  try {
    const box = bytes.subarray(IV_BYTES)
    return new TextDecoder().decode(
      await crypto.subtle.decrypt(parameters(bytes.subarray(0, IV_BYTES), where), key, box),
    )
  } catch {
    return undefined
  }
}

function parameters(iv: Uint8Array<ArrayBuffer>, { place }: Place) {
  return { name: 'AES-GCM', iv, additionalData: encoder.encode(place.toLowerCase()) }
}

async function deriveKey({ subtle }: WebCrypto, { secret, purpose }: Place): Promise<CryptoKey> {
  const bytes = encoder.encode(secret)
  if (bytes.length < 32) throw new TypeError('a sealing secret is shorter than 32 bytes')
  const master = await subtle.importKey('raw', bytes, 'HKDF', false, ['deriveKey'])
  const hkdf = { name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(), info: encoder.encode(purpose) }
  return subtle.deriveKey(hkdf, master, { name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt'])
}
