/** How requests of a session are signed: by WebCrypto, with the key that the gateway gave or with one of our own. */
import * as Base64 from '@pbstream/core/Base64'
import { fromBytes, type Hex } from '@pbstream/core/Hex'
import * as HttpSignature from '@pbstream/core/session/HttpSignature'
import { type Algorithm, HMAC_PUBLIC_KEY } from '@pbstream/core/session/OpenSession'

/** What signs. `secret`: the raw request key, or an Ed25519 key as PKCS#8; base64url. */
export type RequestKey = { algorithm: Algorithm; secret: string }

/** Signs the base of a request. */
export type SignRequest = (base: Uint8Array<ArrayBuffer>) => Promise<Uint8Array<ArrayBuffer>>

/** An Ed25519 key pair for one session. */
export async function createEd25519(): Promise<{ publicKey: Hex; secret: string }> {
  const pair = (await crypto.subtle.generateKey({ name: 'Ed25519' }, true, ['sign', 'verify'])) as CryptoKeyPair
  const [publicKey, secret] = await Promise.all([
    crypto.subtle.exportKey('raw', pair.publicKey) as Promise<ArrayBuffer>,
    crypto.subtle.exportKey('pkcs8', pair.privateKey) as Promise<ArrayBuffer>,
  ])
  return { publicKey: fromBytes(new Uint8Array(publicKey)), secret: Base64.encodeUrl(new Uint8Array(secret)) }
}

/** The public key that a session names when the gateway is to give the request key. */
export { HMAC_PUBLIC_KEY }

/** @throws {TypeError} for a secret that is no key. */
export async function requestSigner({ algorithm, secret }: RequestKey): Promise<SignRequest> {
  const bytes = Base64.decodeUrl(secret)
  if (bytes === undefined) throw new TypeError('the request key is not base64url')
  const key =
    algorithm === 'hmac-sha256'
      ? await crypto.subtle.importKey('raw', bytes, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign'])
      : await crypto.subtle.importKey('pkcs8', bytes, { name: 'Ed25519' }, false, ['sign'])
  const name = algorithm === 'hmac-sha256' ? 'HMAC' : 'Ed25519'
  return async (base) => new Uint8Array(await crypto.subtle.sign(name, key, base))
}

/** Signs a request and gives its headers. `now`: Unix seconds. */
export async function signedHeaders(
  parts: HttpSignature.Parts,
  sign: SignRequest,
  algorithm: Algorithm,
  now: number,
): Promise<Record<string, string>> {
  const parameters = { created: now, expires: now + HttpSignature.MAX_AGE, algorithm }
  return HttpSignature.headers(parts, parameters, await sign(HttpSignature.base(parts, parameters)))
}
