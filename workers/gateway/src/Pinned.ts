import type { ErrorCode } from '@pbstream/core/Errors'
import * as Quote from '@pbstream/core/Quote'
import * as Rate from '@pbstream/core/Rate'
import { type PaidCall, seconds } from './Call.ts'
import { Lru } from './Lru.ts'

/** What a payment is for: by its quote, or by the list. */
export type Pinned = { amount: bigint; rate: { version: number; rule: Rate.Card }; callId?: string }

/** Quotes whose signature this isolate has verified. */
const verified = new Lru<string, Quote.Claims>(4096)

/**
 * The price of a paid call. A quote that is valid for this request is honoured until it expires, also when the rate
 * has changed since; without a quote the list price holds.
 *
 * @param at when the quote had to be good, in Unix seconds.
 */
export async function pinned(
  call: PaidCall,
  quote: string | undefined,
  network: string,
  at = seconds(call),
): Promise<Pinned | { code: ErrorCode }> {
  if (quote === undefined) return { amount: call.price, rate: call.rate }
  const claims = await claimsOf(call, quote, network, at)
  if ('code' in claims) return claims
  const rate = cardOf(call, claims)
  if (rate === undefined) return { code: 'quote_invalid' }
  return { amount: BigInt(claims.max), rate, callId: claims.jti }
}

async function claimsOf(
  call: PaidCall,
  quote: string,
  network: string,
  now: number,
): Promise<Quote.Claims | { code: ErrorCode }> {
  const expected = { rt: call.route.id, m: call.request.method, ih: Rate.inputsHash(call.inputs), net: network }
  const known = verified.get(quote)
  if (
    known !== undefined &&
    known.rt === expected.rt &&
    known.m === expected.m &&
    known.ih === expected.ih &&
    known.net === undefined
  ) {
    return known.exp > now ? known : { code: 'quote_expired' }
  }
  const result = await Quote.verify(quote, call.gateway.keys.verifiers, now, expected)
  if (!result.ok) return { code: result.code }
  verified.set(quote, result.claims)
  return result.claims
}

/**
 * The card that the quote was made by. A flat one is all in the quote's amount; of a metered one that has been
 * replaced, this isolate must have seen the text.
 */
function cardOf(call: PaidCall, claims: Quote.Claims): { version: number; rule: Rate.Card } | undefined {
  if (claims.cv === call.rate.version) return call.rate
  const rule = call.gateway.catalog.card(call.route.id, claims.cv)
  if (rule !== undefined) return { version: claims.cv, rule }
  if (call.rate.rule.kind === 'metered') return undefined
  return { version: claims.cv, rule: { v: 1, kind: 'flat', amount: claims.max } }
}
