/** The form of rate cards: what is written in JSON, and what it must be beyond its form (`Checks`). */
import * as z from 'zod'
import * as Amount from '../Amount.ts'
import { check } from './Checks.ts'
import { MULTIPLIER } from './Multiplier.ts'
import { DATE, DAYS, TIME } from './Words.ts'

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

/** The end of a tier, which belongs to it. The last tier has none. */
const upTo = positive.nullable()
const MAX_TIERS = 32

const price = z.discriminatedUnion('model', [
  z.strictObject({ model: z.literal('per_unit'), amount, per: positive.optional() }),
  z.strictObject({
    model: z.enum(['graduated', 'volume']),
    tiers: z
      .array(z.strictObject({ upTo, amount, per: positive.optional(), flat: amount.optional() }))
      .min(1)
      .max(MAX_TIERS),
  }),
  z.strictObject({ model: z.literal('package'), amount, size: positive }),
  z.strictObject({
    model: z.literal('stairstep'),
    tiers: z
      .array(z.strictObject({ upTo, flat: amount }))
      .min(1)
      .max(MAX_TIERS),
  }),
])

const component = z.strictObject({
  /** What is counted. */
  unit: z.string(),
  price,
  /** So many units cost nothing: in the card's period, or in each call where it has none. */
  free: amount.optional(),
})

const multiplier = z.string().regex(MULTIPLIER, 'not a multiplier such as "1.5": below a million, at most 6 decimals')
const zone = z.string()

const window = z.strictObject({
  /** Of the day on which the window begins, as are `dates` and `months`. */
  days: z.array(z.enum(DAYS)).min(1).optional(),
  from: z.string().regex(TIME, 'not a time such as "18:00"').optional(),
  /** Before `from`: on the next day. */
  to: z.string().regex(TIME, 'not a time such as "18:00"').optional(),
  dates: z.array(z.string().regex(DATE, 'not a date such as "2026-12-25"')).min(1).max(366).optional(),
  months: z.array(z.int().min(1).max(12)).min(1).optional(),
  multiplier,
})

const integer = z.string().regex(/^(?:0|-?[1-9][0-9]{0,17})$/, 'not an integer of at most 18 digits')

/** Components, and what is done to their sum. */
const full = z.strictObject({
  v: z.literal(2),
  kind: z.literal('card'),
  components: z.array(component).max(24),
  /** CEL: what the call costs, made from the sum of the components (`base`) and other inputs. */
  formula: z.string().optional(),
  /** Of tiers and allowances. Without it each call is counted by itself. */
  period: z.strictObject({ every: z.enum(['day', 'month']), zone }).optional(),
  /** Multipliers of times. The first window that matches counts; outside of all it is 1. */
  schedule: z.strictObject({ zone, windows: z.array(window).min(1).max(24) }).optional(),
  /** Multipliers of customers, by the level that the provider gave them. */
  levels: z.record(z.string().regex(/^[\w-]{1,64}$/), z.strictObject({ multiplier })).optional(),
  /** Inputs of the formula from outside. */
  signals: z
    .record(
      z.string(),
      z.strictObject({ oracle: z.string().min(1).max(64), min: integer, max: integer, fallback: integer }),
    )
    .optional(),
  /** The least and the most that one call costs. The most is also what is held where the request has no bounds. */
  minimum: amount.optional(),
  maximum: positive,
})

/** What is taken for a card, for the documents of APIs. */
export const schema = z.discriminatedUnion('kind', [flat, metered, full.superRefine(check)])

/** Amounts are decimal strings of atomic units, so that a card is JSON. */
export type Card = z.infer<typeof schema>

/** A card of components; the others are its short forms. */
export type FullCard = z.infer<typeof full>
export type Component = FullCard['components'][number]
export type Price = Component['price']
export type Schedule = NonNullable<FullCard['schedule']>
export type Window = Schedule['windows'][number]

/** A value that is no rate card; the message says where and why. */
export class InvalidRateError extends Error {
  override readonly name = 'InvalidRateError'
}

/**
 * Reads a card from JSON. Its formula is compiled here: one that cannot be computed is no card.
 *
 * @throws {InvalidRateError}
 */
export function parse(value: unknown): Card {
  const parsed = schema.safeParse(value)
  if (!parsed.success) throw new InvalidRateError(z.prettifyError(parsed.error))
  return parsed.data
}
