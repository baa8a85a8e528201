/**
 * The id of an authorised payment: all that its capture needs, signed by the gateway. So any isolate can capture it, and
 * nobody but the owner that it was given to.
 */
import * as z from 'zod'
import * as Jws from '../Jws.ts'

/** The `typ` of its JWS header. */
export const TYPE = 'pb-authorized'

/** How long an id can be asked about, in seconds: as long as the session knows the ids of requests. */
export const MAX_AGE = 86_400

const amount = z.string().regex(/^(0|[1-9][0-9]{0,38})$/)
const bytes32 = z.templateLiteral(['0x', z.string().regex(/^[0-9a-f]{64}$/)])
const address = z.templateLiteral(['0x', z.string().regex(/^[0-9a-f]{40}$/)])

const schema = z.object({
  /** The owner and mode of the API key that had it authorised. */
  own: z.string().min(1).max(128),
  mod: z.enum(['live', 'test']),
  /** Route or label, its revision, and the version of its rate card. */
  rt: z.string().min(1).max(256),
  rev: z.number().int().nonnegative(),
  cv: z.number().int().nonnegative(),
  /** `RequestBinding.digest` of the caller's request, and the id that the session knows it by. */
  dg: bytes32,
  rq: z.string().min(1).max(256),
  /** The most that can be captured. */
  max: amount,
  /** Who pays: chain, account, session and reservation, and what else a receipt says of them. */
  net: z.number().int().positive(),
  by: z.object({
    payer: address,
    session: z.string().min(1).max(256),
    rid: z.string().min(1).max(256),
    keyVersion: z.number().int().positive().optional(),
    paid: z.object({ request: z.string().min(1).max(256) }).optional(),
  }),
  /** The channel after the reservation: `cc` counts it. */
  ch: z.object({ id: bytes32, bal: amount, cl: amount, cc: amount, wd: z.number().int(), rn: z.string().max(78) }),
  /** Of a deposit that came along. */
  tx: bytes32.optional(),
  /** Unix seconds. */
  iat: z.number().int(),
  exp: z.number().int(),
})

export type Claims = z.infer<typeof schema>

export function sign(claims: Claims, signer: Jws.Signer): Promise<string> {
  return Jws.sign(claims, TYPE, signer)
}

/** The claims of an id that is ours and not too old at `now` (Unix seconds); undefined for any other text. */
export async function read(id: string, keys: Jws.Keys, now: number): Promise<Claims | undefined> {
  const result = await Jws.verify(id, TYPE, keys)
  const parsed = result.ok ? schema.safeParse(result.claims) : undefined
  return parsed?.success === true && parsed.data.exp > now ? parsed.data : undefined
}
