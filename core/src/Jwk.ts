/** Ed25519 keys as JSON Web Keys (RFC 8037). What signs and verifies with them comes in as a port. */
import * as z from 'zod'
import * as Base64 from './Base64.ts'

const bytes32 = z.string().refine((text) => Base64.decodeUrl(text)?.length === 32, 'not 32 bytes of base64url')
const publicKey = z.object({
  kty: z.literal('OKP'),
  crv: z.literal('Ed25519'),
  kid: z.string().regex(/^[\x21-\x7e]{1,64}$/),
  x: bytes32,
})
const privateKey = publicKey.extend({ d: bytes32 })

export type PublicKey = z.infer<typeof publicKey>
export type PrivateKey = z.infer<typeof privateKey>

/** A JSON text or value that is no such key. The message holds no part of it. */
export class InvalidKeyError extends Error {
  override readonly name = 'InvalidKeyError'
}

/** @throws {InvalidKeyError} */
export function parsePrivate(json: string): PrivateKey {
  const parsed = privateKey.safeParse(tryJson(json))
  if (!parsed.success) throw new InvalidKeyError('not a private Ed25519 JWK with a kid')
  return parsed.data
}

/** @throws {InvalidKeyError} */
export function parsePublic(value: unknown): PublicKey {
  const parsed = publicKey.safeParse(value)
  if (!parsed.success) throw new InvalidKeyError('not a public Ed25519 JWK with a kid')
  return parsed.data
}

/** The half of a key that may be published, without its private member. */
export function toPublic(key: PublicKey | PrivateKey): PublicKey {
  return { kty: key.kty, crv: key.crv, kid: key.kid, x: key.x }
}

/** What `/.well-known/jwks.json` answers. */
export function keySet(...keys: (PublicKey | PrivateKey)[]): { keys: (PublicKey & { alg: 'EdDSA'; use: 'sig' })[] } {
  return { keys: keys.map((key) => ({ ...toPublic(key), alg: 'EdDSA', use: 'sig' })) }
}

function tryJson(json: string): unknown {
  try {
    return JSON.parse(json) as unknown
  } catch {
    return undefined
  }
}
