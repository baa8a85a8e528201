import { createPublicKey, verify } from 'node:crypto'

/**
 * Checks a receipt offline: a compact JWS (Ed25519) against the gateway's published keys.
 *
 * @param jwks the body of `/.well-known/jwks.json`
 * @returns its claims, or undefined when no key verifies it.
 */
export function verifyReceipt(jws: string, jwks: { keys: JsonWebKey[] }): Record<string, unknown> | undefined {
  const [header, payload, signature] = jws.split('.')
  if (header === undefined || payload === undefined || signature === undefined) return undefined
  const signed = Buffer.from(`${header}.${payload}`)
  const good = jwks.keys.some((jwk) => {
    const key = createPublicKey({ key: jwk as import('node:crypto').JsonWebKey, format: 'jwk' })
    return verify(null, signed, key, Buffer.from(signature, 'base64url'))
  })
  if (!good) return undefined
  return JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')) as Record<string, unknown>
}
