/** A receipt of a gateway: what it says. Whether the gateway signed that is a matter of `Verify.ts`. */
import * as Base64 from '@pbstream/core/Base64'

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

/** `undefined` for anything that does not claim what a receipt does. */
export function claimsOf(value: unknown): Claims | undefined {
  const claims = (value ?? {}) as Record<string, unknown>
  const texts = ['jti', 'scheme', 'payer', 'network', 'asset', 'digest', 'route'] as const
  const amounts = ['price', ...('cumulative' in claims ? ['cumulative'] : [])]
  if (!texts.every((name) => typeof claims[name] === 'string')) return undefined
  if (!amounts.every((name) => typeof claims[name] === 'string' && /^\d{1,39}$/.test(claims[name]))) return undefined
  if (!['channel', 'tx'].every((name) => ['string', 'undefined'].includes(typeof claims[name]))) return undefined
  return typeof claims['rate'] === 'number' && typeof claims['iat'] === 'number' ? (claims as Claims) : undefined
}
