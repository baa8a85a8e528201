import * as Rate from '@pbstream/core/Rate'
import { toTerms, toUsage } from '@pbstream/core/rate/Claims'
import type { Explanation } from '@pbstream/core/rate/Explanation'
import * as Receipt from '@pbstream/core/Receipt'
import { cardFor, keysOf, type PublishedCard } from './Published.ts'
import { refused, type Refusal } from './Verdict.ts'

/** What was charged, and why. */
export type ChargeVerdict = {
  ok: true
  /** In atomic units. */
  price: string
  /** What the card makes of the use. Above `price` where the use was worth more than was held for it. */
  made: string
  routeId: string
  version: number
  /** What was used; `second` counts milliseconds. */
  use: Record<string, string>
  /** Rule by rule how `made` comes about. */
  explanation: Explanation
}

type Given = {
  /** The JSON of `/.well-known/jwks.json`. Retired keys stay in it. */
  keys: unknown
  /** The JSON of the card. */
  card: PublishedCard
}

/** Whether the receipt is the gateway's, and the card charges no less for that use. Never throws, whatever the text. */
export async function verifyCharge(receipt: string, given: Given): Promise<ChargeVerdict | Refusal> {
  const keys = await keysOf(given.keys)
  if (typeof keys !== 'function') return keys
  const result = await Receipt.verify(receipt, keys)
  if (!result.ok) return refused('signature', 'no receipt of this gateway')
  const { route: routeId, rate: version, price, use, tm } = result.claims
  const card = cardFor({ routeId, version }, given.card)
  if ('ok' in card) return card
  if (use === undefined && Rate.fixed(card) === undefined) return refused('unsaid', 'it does not say what was used')
  if (tm === undefined && Rate.needsTerms(card)) return refused('unsaid', 'it does not say when it was used')
  const usage = toUsage(use ?? {}, tm)
  const terms = tm === undefined ? { at: result.claims.iat * 1_000 } : toTerms(tm)
  const made = Rate.charge(card, usage, terms)
  if (BigInt(price) > made) return refused('price', `the card charges ${made} for that use, the receipt ${price}`)
  const explanation = Rate.explain(card, usage, terms)
  return { ok: true, price, made: `${made}`, routeId, version, use: use ?? {}, explanation }
}
