/** Reads what a provider's own server sends: the bodies of `Wire`. */
import * as z from 'zod'
import type { Hex } from '../Hex.ts'
import { reader } from '../standalone/Read.ts'
import { PAYMENT_HEADERS } from '../standalone/Wire.ts'
import { MAX_ID } from './RentalId.ts'
import { LONGEST_MS } from './Wire.ts'

const schemas = {
  start: z.strictObject({
    v: z.literal(1),
    provider: z.string().min(1).max(64).optional(),
    route: z.string().min(1).max(256),
    seconds: z
      .number()
      .int()
      .positive()
      .max(LONGEST_MS / 1000)
      .optional(),
    // These two and the headers are the caller's: what is wrong with them is for the caller to hear.
    method: z.string(),
    url: z.string(),
    bodyDigest: z
      .string()
      .regex(/^0x[0-9a-fA-F]{64}$/)
      .transform((text) => text.toLowerCase() as Hex)
      .optional(),
    headers: z.partialRecord(z.enum(PAYMENT_HEADERS), z.string()),
    token: z.boolean().optional(),
  }),
  rental: z.strictObject({ v: z.literal(1), id: z.string().min(1).max(MAX_ID) }),
}

export type Read = { [kind in keyof typeof schemas]: z.infer<(typeof schemas)[kind]> }

/** Reads a body. */
export const read = reader(schemas)
