/** Ed25519 by WebCrypto, with fixed keys: for tests and vectors only. */
import type * as Jwk from '@pbstream/core/Jwk'
import type * as Jws from '@pbstream/core/Jws'

/** The key pair of RFC 8037, appendix A: public knowledge, so that nobody takes it for a secret. */
export const key: Jwk.PrivateKey = {
  kty: 'OKP',
  crv: 'Ed25519',
  kid: 'gateway-1',
  x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo',
  d: 'nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A',
}

export async function signer(jwk: Jwk.PrivateKey = key): Promise<Jws.Signer> {
  const { kty, crv, x, d } = jwk
  const secret = await crypto.subtle.importKey('jwk', { kty, crv, x, d }, 'Ed25519', false, ['sign'])
  return {
    kid: jwk.kid,
    sign: async (bytes) =>
      new Uint8Array(await crypto.subtle.sign('Ed25519', secret, bytes as Uint8Array<ArrayBuffer>)),
  }
}

export async function keys(...jwks: Jwk.PublicKey[]): Promise<Jws.Keys> {
  const verifiers = new Map<string, Jws.VerifyBytes>()
  for (const { kty, crv, x, kid } of jwks) {
    const imported = await crypto.subtle.importKey('jwk', { kty, crv, x }, 'Ed25519', false, ['verify'])
    verifiers.set(kid, (bytes, signature) =>
      crypto.subtle.verify('Ed25519', imported, signature as Uint8Array<ArrayBuffer>, bytes as Uint8Array<ArrayBuffer>),
    )
  }
  return (kid) => verifiers.get(kid)
}
