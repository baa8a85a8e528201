/**
 * Upstream credentials at rest: AES-256-GCM under a key derived from the Worker secret, as base64url of iv and
 * ciphertext. The header's name is authenticated too, so a sealed value cannot be moved to another header.
 */
import * as Base64 from '@pbstream/core/Base64'

const IV_BYTES = 12
const INFO = 'pbstream upstream credential v1'
const encoder = new TextEncoder()

/** Seals a credential for the header `header`. The secret must have 32 bytes or more. */
export async function seal(secret: string, header: string, value: string): Promise<string> {
  const iv = crypto.getRandomValues(new Uint8Array(IV_BYTES))
  const cipher = await crypto.subtle.encrypt(parameters(iv, header), await deriveKey(secret), encoder.encode(value))
  const sealed = new Uint8Array(IV_BYTES + cipher.byteLength)
  sealed.set(iv)
  sealed.set(new Uint8Array(cipher), IV_BYTES)
  return Base64.encodeUrl(sealed)
}

/** Opens a sealed credential; `undefined` when the secret, the header or the value is not the one it was sealed with. */
export async function open(secret: string, header: string, sealed: string): Promise<string | undefined> {
  const bytes = Base64.decodeUrl(sealed)
  if (bytes === undefined || bytes.length <= IV_BYTES) return undefined
  const key = await deriveKey(secret)
  try {
    const plain = await crypto.subtle.decrypt(
      parameters(bytes.subarray(0, IV_BYTES), header),
      key,
      bytes.subarray(IV_BYTES),
    )
    return new TextDecoder().decode(plain)
  } catch {
    return undefined
  }
}

function parameters(iv: Uint8Array<ArrayBuffer>, header: string) {
  return { name: 'AES-GCM', iv, additionalData: encoder.encode(header.toLowerCase()) }
}

/** @throws {TypeError} for a secret that is too short. */
async function deriveKey(secret: string): Promise<CryptoKey> {
  const bytes = encoder.encode(secret)
  if (bytes.length < 32) throw new TypeError('UPSTREAM_SECRET is shorter than 32 bytes')
  const master = await crypto.subtle.importKey('raw', bytes, 'HKDF', false, ['deriveKey'])
  const hkdf = { name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(), info: encoder.encode(INFO) }
  return crypto.subtle.deriveKey(hkdf, master, { name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt'])
}
