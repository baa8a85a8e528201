/** What the gateway signs after a charge. Anyone with its public keys can verify it offline, for ever. */
import * as z from 'zod'
import * as Jws from './Jws.ts'
import * as Price from './rate/Claims.ts'

/** The `typ` of a receipt's JWS header. */
export const TYPE = 'pb-receipt'

const amount = z.string().regex(/^(0|[1-9][0-9]{0,38})$/)
const address = z.templateLiteral(['0x', z.string().regex(/^[0-9a-f]{40}$/)])
const bytes32 = z.templateLiteral(['0x', z.string().regex(/^[0-9a-f]{64}$/)])

const common = {
  /** The receipt's id: that of the reservation, or of the authorisation for `exact`. */
  jti: z.string().min(1).max(256),
  payer: address,
  /** CAIP-2. */
  network: z.string().min(1).max(64),
  asset: address,
  /** SHA-256 of the request: `RequestBinding.digest`. */
  digest: bytes32,
  route: z.string().min(1).max(256),
  /** What was charged, in atomic units. */
  price: amount,
  /** Version of the rate card. */
  rate: z.number().int().nonnegative(),
  /** Revision of the route: rises with every edit of it. Absent in receipts of before there were revisions. */
  rev: z.number().int().nonnegative().optional(),
  /** Of a metered charge: what was used … */
  use: Price.counts.optional(),
  /** … and what else the price depended on. With both, `Rate.charge` of the card is `price`. */
  tm: Price.terms.optional(),
  /** The transaction that moved money for this call, if one did. */
  tx: bytes32.optional(),
  /** Unix seconds. */
  iat: z.number().int(),
}

const schema = z.discriminatedUnion('scheme', [
  z.object({
    ...common,
    scheme: z.literal('batch-settlement'),
    /** `sessionName` of the stream session. */
    session: z.string().min(1).max(256),
    /** Version of the session key's policy that let the payment pass; absent: nobody manages the key. */
    key: z.number().int().positive().optional(),
    channel: bytes32,
    /** All that is charged on the channel, this call included. */
    cumulative: amount,
  }),
  z.object({
    ...common,
    scheme: z.literal('session'),
    /** `sessionName` of the stream session. */
    session: z.string().min(1).max(256),
    /** As above. */
    key: z.number().int().positive().optional(),
    channel: bytes32,
    /** The request id that the caller signed. */
    request: z.string().min(1).max(255),
    /** The lease that it was served from, if any. */
    lease: z.string().min(1).max(64).optional(),
    /** As above. Absent under a lease: then the charges of several requests are counted together. */
    cumulative: amount.optional(),
  }),
  z.object({ ...common, scheme: z.literal('exact') }),
])

export type Claims = z.infer<typeof schema>
export type Result = { ok: true; claims: Claims } | { ok: false; code: Jws.Failure | 'claims' }

export function sign(claims: Claims, signer: Jws.Signer): Promise<string> {
  return Jws.sign(claims, TYPE, signer)
}

/** Verifies a receipt. Never throws on any text. */
export async function verify(token: string, keys: Jws.Keys): Promise<Result> {
  const result = await Jws.verify(token, TYPE, keys)
  if (!result.ok) return result
  const parsed = schema.safeParse(result.claims)
  return parsed.success ? { ok: true, claims: parsed.data } : { ok: false, code: 'claims' }
}
