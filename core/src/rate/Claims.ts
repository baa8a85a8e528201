/**
 * What quotes and receipts say of how a price was made, so that whoever has the card can make it again. Units are counts
 * as in `Units` (`second` counts milliseconds), numbers are decimal strings, times Unix milliseconds.
 */
import * as z from 'zod'
import * as Counts from '../message/Counts.ts'
import type { Terms, Units, Usage } from './Types.ts'

const amount = z.string().regex(/^(0|[1-9][0-9]{0,38})$/)
const time = z.int().min(0)

/** Counts by unit. */
export const counts = z.custom<Counts.Counts>(Counts.isCounts, 'no counts')

/** Bounds of a request, exactly as they were: their hash is signed. */
export const bounds = z.record(z.string().refine(Counts.isUnit), amount)

/** Values of the rate oracle, by the card's names for them. */
const signals = z.record(z.string().max(64), z.string().max(40))

/** What a list price depends on beside the request: `at`, and `sg` of a card that has signals. */
export const listTerms = z.object({ at: time, sg: signals.optional() })

/** What a charge depended on beside use: also the customer's level, multiplier and position, and the spans of `second`. */
export const terms = listTerms.extend({
  lv: z.string().max(64).optional(),
  mu: z.string().max(16).optional(),
  pos: z.object({ u: counts, c: amount }).optional(),
  ts: z
    .array(z.tuple([time, time]))
    .max(1_000)
    .optional(),
})

export type ListClaim = z.infer<typeof listTerms>
export type TermsClaim = z.infer<typeof terms>

/** The claim of a request's bounds: also those of 0, which are bounds too. */
export function ofBounds(given: Units): Counts.Counts {
  return Object.fromEntries(Object.entries(given).map(([unit, count]) => [unit, `${count}`]))
}

/** The claim of a list price. */
export function ofList({ at, signals: sg }: Terms): ListClaim {
  return sg === undefined ? { at } : { at, sg: { ...sg } }
}

/** The claim of a charge. */
export function ofTerms(given: Terms, times?: Usage['times']): TermsClaim {
  const { level, multiplier, position } = given
  return {
    ...ofList(given),
    ...(level === undefined ? {} : { lv: level }),
    ...(multiplier === undefined ? {} : { mu: multiplier }),
    ...(position === undefined ? {} : { pos: { u: Counts.fromUnits(position.units), c: `${position.charged}` } }),
    ...(times === undefined ? {} : { ts: times.map(([from, to]) => [from, to]) }),
  }
}

/** The terms of a claim. */
export function toTerms({ at, sg, lv, mu, pos }: TermsClaim): Terms {
  return {
    at,
    ...(sg === undefined ? {} : { signals: sg }),
    ...(lv === undefined ? {} : { level: lv }),
    ...(mu === undefined ? {} : { multiplier: mu }),
    ...(pos === undefined ? {} : { position: { units: Counts.toUnits(pos.u), charged: BigInt(pos.c) } }),
  }
}

/** The use of a receipt. Where there are spans, they are the seconds. */
export function toUsage(use: Counts.Counts, { ts }: Partial<TermsClaim> = {}): Usage {
  const units: Units = Counts.toUnits(use)
  return ts === undefined ? { units } : { units, times: ts }
}
