/** A price signed by the gateway, good until it expires: it rides in the 402 and comes back with the payment. */
import * as z from 'zod'
import type { ErrorCode } from './Errors.ts'
import * as Jws from './Jws.ts'
import * as Price from './rate/Claims.ts'

/** The `typ` of a quote's JWS header. */
export const TYPE = 'pb-quote'

/** Where a gateway publishes its cards: `<path>/<route>/<version>`. */
export const RATES_PATH = '/.well-known/pbstream/rates'

/** How far a signing isolate's clock may be ahead, in seconds. */
const SKEW = 60

const schema = z.object({
  /** The quote's id, random: it names the call in turns. */
  jti: z.string().min(1).max(64),
  /** Route id. */
  rt: z.string().min(1).max(256),
  /** Method. */
  m: z.string().min(1).max(32),
  /** Version of the rate card. */
  cv: z.number().int().nonnegative(),
  /** `Rate.inputsHash` of what the price was made from. */
  ih: z.string().max(64),
  /** The most the call costs: atomic units in decimal. */
  max: z.string().regex(/^(0|[1-9][0-9]{0,38})$/),
  /** The price is `max`, whatever is used: the card has one price for every call. */
  fx: z.literal(true).optional(),
  /** What the price was made from: the bounds of the request, of which `ih` is the hash, … */
  bd: Price.bounds.optional(),
  /** … and the moment and the signals, which hold for the charge too. With them `Rate.ceiling` of the card is `max`. */
  tm: Price.listTerms.optional(),
  /** CAIP-2 network, when the quote is for one only. */
  net: z.string().max(64).optional(),
  /** Unix seconds. */
  iat: z.number().int(),
  exp: z.number().int(),
})

export type Claims = z.infer<typeof schema>

/** What the paid request is, derived again: a quote pins the rate, not the quantity. */
export type Expected = { rt: string; m: string; ih: string; net?: string }

export type Result =
  | { ok: true; claims: Claims }
  | { ok: false; code: Extract<ErrorCode, 'quote_invalid' | 'quote_expired'> }

export function sign(claims: Claims, signer: Jws.Signer): Promise<string> {
  return Jws.sign(claims, TYPE, signer)
}

/** Verifies an echoed quote at `now` (Unix seconds) for the request at hand. Never throws. */
export async function verify(token: string, keys: Jws.Keys, now: number, expected: Expected): Promise<Result> {
  const result = await Jws.verify(token, TYPE, keys)
  const parsed = result.ok ? schema.safeParse(result.claims) : undefined
  if (parsed?.success !== true) return { ok: false, code: 'quote_invalid' }
  const claims = parsed.data
  if (claims.iat > now + SKEW || claims.exp <= claims.iat) return { ok: false, code: 'quote_invalid' }
  if (claims.rt !== expected.rt || claims.m !== expected.m || claims.ih !== expected.ih) {
    return { ok: false, code: 'quote_invalid' }
  }
  if (claims.net !== undefined && claims.net !== expected.net) return { ok: false, code: 'quote_invalid' }
  return claims.exp <= now ? { ok: false, code: 'quote_expired' } : { ok: true, claims }
}
