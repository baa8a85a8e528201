import * as Quote from '@pbstream/core/Quote'
import * as Rate from '@pbstream/core/Rate'
import { toTerms } from '@pbstream/core/rate/Claims'
import { claimsOf } from '../validate/Ours.ts'
import { cardFor, keysOf, type PublishedCard } from './Published.ts'
import { refused, type Refusal } from './Verdict.ts'

/** What a quote promises. */
export type QuoteVerdict = {
  ok: true
  /** The most that the call costs, in atomic units. */
  max: string
  routeId: string
  version: number
  method: string
  /** Unix seconds. */
  expiresAt: number
  /** What the request uses at most, as the gateway read it. */
  bounds: Record<string, string>
  /** The moment (Unix milliseconds) and the signals of the rate oracle that hold for the charge; absent: they do not matter. */
  terms?: { at: number; signals?: Record<string, string> }
}

/** What it has to be for. What is left out is not looked at, nor are bounds of units that are not named. */
export type QuoteExpected = { routeId?: string; method?: string; bounds?: Record<string, string> }

type Given = {
  /** The JSON of `/.well-known/jwks.json`. */
  keys: unknown
  /** The JSON of the card. */
  card: PublishedCard
  /** Unix seconds; now unless said. */
  now?: number
  expected?: QuoteExpected
}

/** Whether the quote is the gateway's, and its maximum follows from the card. Never throws, whatever the text. */
export async function verifyQuote(quote: string, given: Given): Promise<QuoteVerdict | Refusal> {
  const keys = await keysOf(given.keys)
  if (typeof keys !== 'function') return keys
  const now = given.now ?? Math.floor(Date.now() / 1_000)
  const said = claimsOf(quote) ?? {}
  const text = (name: string) => (typeof said[name] === 'string' ? said[name] : '')
  const own = {
    rt: text('rt'),
    m: text('m'),
    ih: text('ih'),
    ...(said['net'] === undefined ? {} : { net: text('net') }),
  }
  const result = await Quote.verify(quote, keys, now, own)
  if (!result.ok) {
    return result.code === 'quote_expired'
      ? refused('expired', 'the quote has expired')
      : refused('signature', 'no quote of this gateway')
  }
  const { claims } = result
  const { rt: routeId, m: method, cv: version, max, exp: expiresAt, bd: bounds = {}, tm } = claims
  const wrong = differs({ routeId, method, bounds }, given.expected ?? {})
  if (wrong !== undefined) return refused('request', wrong)
  const card = cardFor({ routeId, version }, given.card)
  if ('ok' in card) return card
  const flaw = priceFlaw(claims, card)
  if (flaw !== undefined) return flaw
  const terms = tm === undefined ? {} : { terms: { at: tm.at, ...(tm.sg === undefined ? {} : { signals: tm.sg }) } }
  return { ok: true, max, routeId, version, method, expiresAt, bounds, ...terms }
}

function differs(is: Required<QuoteExpected>, expected: QuoteExpected): string | undefined {
  if (expected.routeId !== undefined && expected.routeId !== is.routeId) return `it is for the route ${is.routeId}`
  if (expected.method !== undefined && expected.method !== is.method) return `it is for ${is.method}`
  const isOther = Object.entries(expected.bounds ?? {}).some(([unit, count]) => is.bounds[unit] !== count)
  return isOther ? `it is for the bounds ${JSON.stringify(is.bounds)}` : undefined
}

function priceFlaw({ ih, fx, bd = {}, tm, max }: Quote.Claims, card: Rate.Card): Refusal | undefined {
  const bounds = Object.fromEntries(Object.entries(bd).map(([unit, count]) => [unit, BigInt(count)]))
  if (Rate.inputsHash({ bounds }) !== ih) return refused('unsaid', 'it does not say what its price was made from')
  if (fx === true && Rate.fixed(card) === undefined) return refused('price', 'it says that every call costs the same')
  if (tm === undefined && Rate.needsTerms(card)) return refused('unsaid', 'it does not say when its price was made')
  const made = Rate.ceiling(card, { bounds }, tm === undefined ? { at: 0 } : toTerms(tm))
  return made === BigInt(max) ? undefined : refused('price', `the card makes ${made} of it, the quote says ${max}`)
}
