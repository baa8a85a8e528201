/** The `PBStream-Payment` header: proof to the provider's origin that this request came through the paywall, for it. */
import * as z from 'zod'
import * as Jws from './Jws.ts'

/** The `typ` of the token's JWS header. */
export const TYPE = 'pb-payment'

/** A token lives at most this many seconds. */
export const MAX_AGE = 60

/** How far the origin's clock may be behind, in seconds. */
const SKEW = 5

const schema = z.object({
  /** `audience(provider, route)`. */
  aud: z.string().min(1).max(512),
  payer: z.string().regex(/^0x[0-9a-f]{40}$/),
  /** `sessionName` of the stream session; for `exact` the name of its claim object. */
  session: z.string().min(1).max(256),
  /** The reservation or authorisation that pays. */
  rid: z.string().min(1).max(256),
  m: z.string().min(1).max(32),
  path: z.string().min(1),
  /** SHA-256 of the request: `RequestBinding.digest`. */
  digest: z.string().regex(/^0x[0-9a-f]{64}$/),
  /** The most that will be charged, in atomic units. */
  ceiling: z.string().regex(/^(0|[1-9][0-9]{0,38})$/),
  /** Unix seconds. */
  iat: z.number().int(),
  exp: z.number().int(),
})

export type Claims = z.infer<typeof schema>
export type Failure = Jws.Failure | 'claims' | 'audience' | 'expired' | 'not_yet' | 'lifetime'
export type Result = { ok: true; claims: Claims } | { ok: false; code: Failure }

/** Who a token is for: one route of one provider. */
export function audience(providerId: string, routeId: string): string {
  return `${providerId}/${routeId}`
}

export function sign(claims: Claims, signer: Jws.Signer): Promise<string> {
  return Jws.sign(claims, TYPE, signer)
}

/** Verifies a token at `now` (Unix seconds) for one audience. Never throws on any text. */
export async function verify(token: string, keys: Jws.Keys, now: number, aud: string): Promise<Result> {
  const result = await Jws.verify(token, TYPE, keys)
  if (!result.ok) return result
  const parsed = schema.safeParse(result.claims)
  if (!parsed.success) return { ok: false, code: 'claims' }
  const claims = parsed.data
  if (claims.aud !== aud) return { ok: false, code: 'audience' }
  if (claims.exp <= claims.iat || claims.exp - claims.iat > MAX_AGE) return { ok: false, code: 'lifetime' }
  if (claims.iat > now + SKEW) return { ok: false, code: 'not_yet' }
  return claims.exp <= now ? { ok: false, code: 'expired' } : { ok: true, claims }
}
