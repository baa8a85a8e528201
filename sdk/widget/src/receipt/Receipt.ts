/** A receipt of a gateway: what it says, and whether the gateway signed that. */
import * as Base64 from '@pbstream/core/Base64'
import * as Jws from '@pbstream/core/Jws'

/** The `typ` of a receipt's JWS header. */
const TYPE = 'pb-receipt'
const TIMEOUT_MS = 10_000

/** What is shown of a receipt. Amounts are decimal strings in atomic units, `iat` Unix seconds. */
export type Claims = {
  jti: string
  scheme: string
  payer: string
  network: string
  asset: string
  digest: string
  route: string
  price: string
  rate: number
  iat: number
  channel?: string
  cumulative?: string
  tx?: string
}

/** `unchecked`: nobody could be asked for the keys. */
export type Verdict = 'verified' | 'unchecked' | 'refused'

export type KeySet = { keys: readonly unknown[] }

/** What a receipt says, without a look at the signature. `undefined` for anything that is no receipt. */
export function read(jws: string): Claims | undefined {
  const bytes = Base64.decodeUrl(jws.split('.')[1] ?? '')
  return bytes === undefined ? undefined : claimsOf(Base64.parseJson(bytes))
}

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

function claimsOf(value: unknown): Claims | undefined {
  const claims = (value ?? {}) as Record<string, unknown>
  const texts = ['jti', 'scheme', 'payer', 'network', 'asset', 'digest', 'route'] as const
  const amounts = ['price', ...('cumulative' in claims ? ['cumulative'] : [])]
  if (!texts.every((name) => typeof claims[name] === 'string')) return undefined
  if (!amounts.every((name) => typeof claims[name] === 'string' && /^\d{1,39}$/.test(claims[name]))) return undefined
  if (!['channel', 'tx'].every((name) => ['string', 'undefined'].includes(typeof claims[name]))) return undefined
  return typeof claims['rate'] === 'number' && typeof claims['iat'] === 'number' ? (claims as Claims) : undefined
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
