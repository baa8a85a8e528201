/** Reads what a provider's own server sends: the bodies of `Wire`. */
import * as z from 'zod'
import * as Amount from '../Amount.ts'
import type { Hex } from '../Hex.ts'
import { reader } from './Read.ts'
import { LABEL, PAYMENT_HEADERS } from './Wire.ts'

const amount = z.string().transform((text, context): bigint => {
  const value = Amount.tryParse(text)
  if (value !== undefined) return value
  context.addIssue('not an amount in atomic units')
  return z.NEVER
})

/** Longer than any that this gateway gives out. */
const id = z.string().min(1).max(4096)

const capture = z.strictObject({ v: z.literal(1), id, amount })

const schemas = {
  authorize: z.strictObject({
    v: z.literal(1),
    provider: z.string().min(1).max(64).optional(),
    route: z.string().regex(LABEL),
    // These two and the headers are the caller's: what is wrong with them is for the caller to hear.
    method: z.string(),
    url: z.string(),
    bodyDigest: z
      .string()
      .regex(/^0x[0-9a-fA-F]{64}$/)
      .transform((text) => text.toLowerCase() as Hex)
      .optional(),
    price: amount.refine((value) => value !== 0n, 'what is free needs no payment'),
    headers: z.partialRecord(z.enum(PAYMENT_HEADERS), z.string()),
    token: z.boolean().optional(),
  }),
  capture,
  mark: capture,
  void: z.strictObject({ v: z.literal(1), id, freesId: z.boolean() }),
}

/** Each body as it was read: amounts are bigint. */
export type Read = { [kind in keyof typeof schemas]: z.infer<(typeof schemas)[kind]> }

/** Reads a body. */
export const read = reader(schemas)
