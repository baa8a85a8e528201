/** Whether a gateway signed a receipt. Loaded with the first receipt that is shown. */
import * as Base64 from '@pbstream/core/Base64'
import * as Jws from '@pbstream/core/Jws'
import { claimsOf, type KeySet, type Verdict } from './Receipt.ts'

/** The `typ` of a receipt's JWS header. */
const TYPE = 'pb-receipt'
const TIMEOUT_MS = 10_000

/** Whether one of these keys signed it. */
export async function verify(jws: string, set: KeySet): Promise<Verdict> {
  const keys = await importKeys(set)
  const result = await Jws.verify(jws, TYPE, (kid) => keys.get(kid))
  return result.ok && claimsOf(result.claims) !== undefined ? 'verified' : 'refused'
}

/** The published keys of a gateway; `undefined` when it gives none now. @param gateway its address. */
export async function keysOf(gateway: string): Promise<KeySet | undefined> {
  try {
    const response = await fetch(new URL('/.well-known/jwks.json', gateway), {
      credentials: 'omit',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    })
    const set = (await response.json()) as KeySet
    return response.ok && Array.isArray(set.keys) ? set : undefined
  } catch {
    return undefined
  }
}

async function importKeys({ keys }: KeySet): Promise<Map<string, Jws.VerifyBytes>> {
  const found = new Map<string, Jws.VerifyBytes>()
  for (const each of keys) {
    const { kty, crv, kid, x } = (each ?? {}) as Record<string, unknown>
    const raw = typeof x === 'string' ? Base64.decodeUrl(x) : undefined
    if (kty !== 'OKP' || crv !== 'Ed25519' || typeof kid !== 'string' || raw?.length !== 32 || found.has(kid)) continue
    const key = await crypto.subtle.importKey('raw', raw, 'Ed25519', false, ['verify'])
    found.set(kid, (bytes, signature) =>
      crypto.subtle.verify('Ed25519', key, signature as Uint8Array<ArrayBuffer>, bytes as Uint8Array<ArrayBuffer>),
    )
  }
  return found
}
