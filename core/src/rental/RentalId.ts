/**
 * The id of a rental: all that its charge needs, signed by the gateway, the card that was in force at the start among it.
 * So any isolate can go on with it, whatever was published since, and for nobody but the owner that it was given to.
 */
import * as z from 'zod'
import * as Jws from '../Jws.ts'
import * as RateClaims from '../rate/Claims.ts'
import * as Rate from '../Rate.ts'

/** Longer than any that is given out: the card is in it. */
export const MAX_ID = 48 * 1024

/** The `typ` of its JWS header. */
export const TYPE = 'pb-rental'

const amount = z.string().regex(/^(0|[1-9][0-9]{0,38})$/)
const bytes32 = z.templateLiteral(['0x', z.string().regex(/^[0-9a-f]{64}$/)])
const address = z.templateLiteral(['0x', z.string().regex(/^[0-9a-f]{40}$/)])
const name = z.string().min(1).max(256)

const schema = z.object({
  /** The owner and mode of the API key that started it. */
  own: z.string().min(1).max(128),
  mod: z.enum(['live', 'test']),
  /** Route and its revision, and the version of its card. */
  rt: name,
  rev: z.number().int().nonnegative(),
  cv: z.number().int().nonnegative(),
  card: z.unknown(),
  /** What the price depends on beside time. */
  tm: RateClaims.terms,
  /** `RequestBinding.digest` of the caller's request, and the id that the session knows it by. */
  dg: bytes32,
  rq: name,
  /** The most that it can cost. */
  max: amount,
  /** Its hold grows: it is paid by a session. */
  grows: z.boolean(),
  net: z.number().int().positive(),
  by: z.object({
    payer: address,
    session: name,
    rid: name,
    keyVersion: z.number().int().positive().optional(),
    paid: z.object({ request: name }).optional(),
  }),
  /** Of a deposit that came along. */
  tx: bytes32.optional(),
  /** Unix seconds: its start, and when it can no longer be asked about. */
  iat: z.number().int(),
  exp: z.number().int(),
})

export type Claims = z.infer<typeof schema>

/** The terms of a rental, and its card. */
export type Priced = { rule: Rate.Card; terms: Rate.Terms }

export function sign(claims: Claims, signer: Jws.Signer): Promise<string> {
  return Jws.sign(claims, TYPE, signer)
}

/** The claims of an id that is ours and not too old at `now` (Unix seconds); undefined for any other text. */
export async function read(
  id: string,
  keys: Jws.Keys,
  now: number,
): Promise<(Claims & { priced: Priced }) | undefined> {
  const result = await Jws.verify(id, TYPE, keys, MAX_ID)
  const parsed = result.ok ? schema.safeParse(result.claims) : undefined
  if (parsed?.success !== true || parsed.data.exp <= now) return undefined
  const claims = parsed.data
  return { ...claims, priced: { rule: Rate.parse(claims.card), terms: RateClaims.toTerms(claims.tm) } }
}
