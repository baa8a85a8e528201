import * as Jwk from '@pbstream/core/Jwk'
import type * as Jws from '@pbstream/core/Jws'

/** The gateway's Ed25519 keys: the one that signs, and all that verify. */
export type Keys = {
  signer: Jws.Signer
  verifiers: Jws.Keys
  /** What `/.well-known/jwks.json` answers. */
  published: ReturnType<typeof Jwk.keySet>
}

const ALGORITHM = { name: 'Ed25519' }

/**
 * Imports the signing key (JWK, JSON) and, if any, the public keys that it followed (JSON array).
 *
 * @throws {Jwk.InvalidKeyError} for a key that is none; the message holds no part of it.
 */
export async function load(signing: string, retired = '[]'): Promise<Keys> {
  const key = Jwk.parsePrivate(signing)
  const old = (JSON.parse(retired) as unknown[]).map(Jwk.parsePublic)
  const privateKey = await crypto.subtle.importKey('jwk', key, ALGORITHM, false, ['sign'])
  const all = [Jwk.toPublic(key), ...old]
  const verifiers = new Map(await Promise.all(all.map(async (each) => [each.kid, await verifier(each)] as const)))
  return {
    signer: {
      kid: key.kid,
      sign: async (bytes) => new Uint8Array(await crypto.subtle.sign(ALGORITHM, privateKey, bytes)),
    },
    verifiers: (kid) => verifiers.get(kid),
    published: Jwk.keySet(...all),
  }
}

async function verifier(key: Jwk.PublicKey): Promise<Jws.VerifyBytes> {
  const publicKey = await crypto.subtle.importKey('jwk', key, ALGORITHM, false, ['verify'])
  return (bytes, signature) => crypto.subtle.verify(ALGORITHM, publicKey, signature, bytes)
}
