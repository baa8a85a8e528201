import type { ErrorCode } from '@pbstream/core/Errors'
import * as Quote from '@pbstream/core/Quote'
import * as Rate from '@pbstream/core/Rate'
import { toTerms } from '@pbstream/core/rate/Claims'
import { type PaidCall, seconds } from './Call.ts'
import { Lru } from './Lru.ts'

/** What a payment is for: by its quote, or by the list. */
export type Pinned = {
  amount: bigint
  rate: { version: number; rule: Rate.Card }
  /** What the charge depends on beside use. */
  terms: Rate.Terms
  callId?: string
}

/** Quotes whose signature this isolate has verified. */
const verified = new Lru<string, Quote.Claims>(4096)

/**
 * The price of a paid call. A quote that is valid for this request is honoured until it expires, also when the rate
 * has changed since: its card, its moment and its signals make the charge. Without a quote the list price holds.
 *
 * @param at when the quote had to be good, in Unix seconds.
 */
export async function pinned(
  call: PaidCall,
  quote: string | undefined,
  network: string,
  at = seconds(call),
): Promise<Pinned | { code: ErrorCode }> {
  if (quote === undefined) return { amount: call.price, rate: call.rate, terms: call.terms }
  const claims = await claimsOf(call, quote, network, at)
  if ('code' in claims) return claims
  const rate = await cardOf(call, claims)
  const terms = rate === undefined ? undefined : termsOf(claims, rate.rule)
  if (rate === undefined || terms === undefined) return { code: 'quote_invalid' }
  return { amount: BigInt(claims.max), rate, terms, callId: claims.jti }
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

/** The card that the quote was made by. One that is the same for every call is all in the quote's amount. */
async function cardOf(call: PaidCall, { cv, fx, max }: Quote.Claims): Promise<PaidCall['rate'] | undefined> {
  if (cv === call.rate.version) return call.rate
  if (fx === true) return { version: cv, rule: { v: 1, kind: 'flat', amount: max } }
  const rule = await call.gateway.cards.card(call.route, cv)
  return rule === undefined ? undefined : { version: cv, rule }
}

/** What the charge depends on; undefined: the quote does not say, and its card needs it. */
function termsOf({ tm, iat }: Quote.Claims, rule: Rate.Card): Rate.Terms | undefined {
  if (tm !== undefined) return toTerms(tm)
  return Rate.needsTerms(rule) ? undefined : { at: iat * 1_000 }
}
