/** Whether JSON has the shape of a card, so that the form can show it. What stands in its texts is judged by `Check`. */
import * as z from 'zod'
import type { CardJson } from './Draft.ts'

const text = z.string()
const end = text.nullable()
const price = z.discriminatedUnion('model', [
  z.strictObject({ model: z.literal('per_unit'), amount: text, per: text.optional() }),
  z.strictObject({
    model: z.enum(['graduated', 'volume']),
    tiers: z.array(z.strictObject({ upTo: end, amount: text, per: text.optional(), flat: text.optional() })).min(1),
  }),
  z.strictObject({ model: z.literal('package'), amount: text, size: text }),
  z.strictObject({ model: z.literal('stairstep'), tiers: z.array(z.strictObject({ upTo: end, flat: text })).min(1) }),
])
const window = z.strictObject({
  days: z.array(z.enum(['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'])).optional(),
  from: text.optional(),
  to: text.optional(),
  dates: z.array(text).optional(),
  months: z.array(z.int()).optional(),
  multiplier: text,
})

const card = z.discriminatedUnion('kind', [
  z.strictObject({ v: z.literal(1), kind: z.literal('flat'), amount: text }),
  z.strictObject({
    v: z.literal(1),
    kind: z.literal('metered'),
    unit: z.enum(['reported', 'byte', 'second']),
    unitAmount: text,
    per: text,
    max: text,
    minimum: text.optional(),
  }),
  z.strictObject({
    v: z.literal(2),
    kind: z.literal('card'),
    components: z.array(z.strictObject({ unit: text, price, free: text.optional() })),
    formula: text.optional(),
    period: z.strictObject({ every: z.enum(['day', 'month']), zone: text }).optional(),
    schedule: z.strictObject({ zone: text, windows: z.array(window) }).optional(),
    levels: z.record(text, z.strictObject({ multiplier: text })).optional(),
    signals: z.record(text, z.strictObject({ oracle: text, min: text, max: text, fallback: text })).optional(),
    minimum: text.optional(),
    maximum: text,
  }),
])

/** The card, or where it is not one: a pointer and a message. */
export function shapeOf(value: unknown): { ok: true; card: CardJson } | { ok: false; path: string; message: string } {
  const read = card.safeParse(value)
  // Members that are left out are left out: zod gives none that JSON did not have.
  if (read.success) return { ok: true, card: read.data as CardJson }
  const [issue] = read.error.issues
  return { ok: false, path: pointer(issue?.path ?? []), message: issue?.message ?? '' }
}

/** RFC 6901. */
export function pointer(path: readonly PropertyKey[]): string {
  return path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
}
