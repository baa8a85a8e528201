/** Rate cards: what a call costs, before it (the hold) and after it (the charge). */
import { sha256 } from '@noble/hashes/sha2.js'
import * as z from 'zod'
import * as Amount from './Amount.ts'
import * as Base64 from './Base64.ts'

const amount = z.string().refine((text) => Amount.tryParse(text) !== undefined, 'not an amount in atomic units')
const positive = amount.refine((text) => Amount.tryParse(text) !== 0n, 'must not be 0')

const flat = z.strictObject({ v: z.literal(1), kind: z.literal('flat'), amount })

const metered = z
  .strictObject({
    v: z.literal(1),
    kind: z.literal('metered'),
    /** What is counted: what the upstream reports, body bytes, or seconds of the answer. */
    unit: z.enum(['reported', 'byte', 'second']),
    /** Price of `per` units. */
    unitAmount: amount,
    per: positive,
    /** The most one call costs: what is held. */
    max: positive,
    /** The least an answered call costs. */
    minimum: amount.optional(),
  })
  .refine((card) => isInOrder(card.minimum, card.max), 'minimum is above max')

/** What is no amount has been said already. */
function isInOrder(minimum: string | undefined, max: string): boolean {
  const [least, most] = [minimum, max].map((text) => (text === undefined ? undefined : Amount.tryParse(text)))
  return least === undefined || most === undefined || least <= most
}

const card = z.discriminatedUnion('kind', [flat, metered])

/** What `parse` takes, for the documents of APIs. */
export { card as schema }

/** Amounts are decimal strings of atomic units, so that a card is JSON. */
export type Card = z.infer<typeof card>

/** What a price is derived from, of the request. */
export type Inputs = {
  /** The most units this call can use, where the request says so (`max_tokens`). */
  units?: bigint
  /** What else a quote is for, and only for: the price and the request of a server that makes its own prices. */
  only?: string
}

/** A value that is no rate card; the message says why. */
export class InvalidRateError extends Error {
  override readonly name = 'InvalidRateError'
}

/**
 * Reads a card from JSON.
 *
 * @throws {InvalidRateError}
 */
export function parse(value: unknown): Card {
  const parsed = card.safeParse(value)
  if (!parsed.success) throw new InvalidRateError(z.prettifyError(parsed.error))
  return parsed.data
}

/** What has to be held before the call: the most that it can cost. */
export function quote(rate: Card, inputs: Inputs = {}): bigint {
  if (rate.kind === 'flat') return Amount.parse(rate.amount)
  return inputs.units === undefined ? Amount.parse(rate.max) : charge(rate, { units: inputs.units })
}

/** What the call costs after it. Rounded up once; never above the card's maximum. A flat price ignores the units. */
export function charge(rate: Card, usage: { units: bigint }): bigint {
  if (rate.kind === 'flat') return Amount.parse(rate.amount)
  const most = Amount.parse(rate.max)
  const per = Amount.parse(rate.per)
  // Compared before multiplying out, so that a huge count is the maximum and not an error.
  const scaled = (usage.units < 0n ? 0n : usage.units) * Amount.parse(rate.unitAmount)
  const used = scaled >= most * per ? most : (scaled + per - 1n) / per
  return Amount.max(used, Amount.parse(rate.minimum ?? '0'))
}

/** How many units a hold pays for: where a stream is cut. `undefined` when units cost nothing or the price is flat. */
export function unitsWithin(rate: Card, hold: bigint): bigint | undefined {
  if (rate.kind === 'flat' || rate.unitAmount === '0') return undefined
  return (hold * Amount.parse(rate.per)) / Amount.parse(rate.unitAmount)
}

/** SHA-256 of what the price was derived from, in base64url: a quote holds for the same inputs only. */
export function inputsHash(inputs: Inputs = {}): string {
  if (inputs.only !== undefined) return digestOf(JSON.stringify({ only: inputs.only }))
  if (inputs.units === undefined) return (unitless ??= hashOf(null))
  return hashOf(inputs.units.toString())
}

let unitless: string | undefined

function hashOf(units: string | null): string {
  return digestOf(JSON.stringify({ units }))
}

function digestOf(text: string): string {
  return Base64.encodeUrl(sha256(new TextEncoder().encode(text)))
}
