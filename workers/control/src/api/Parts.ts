/** Schemas that many operations share. Bodies are `z.strictObject`: an unknown member is a mistake worth saying. */
import { z } from '@hono/zod-openapi'
import { isAddress, lower, type Address, type Hex } from '@pbstream/core/Hex'

export { z } from '@hono/zod-openapi'

/** Letters, marks, signs and plain spaces; nothing that hides, breaks a line, or that a database refuses. */
const PLAIN = /^[^\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]*$/u

/** A text for people on one line. */
export function text(max: number, min = 1) {
  return z
    .string()
    .min(min)
    .max(max)
    .refine((value) => PLAIN.test(value) && value.isWellFormed(), 'control characters are not allowed')
}

export const name = text(100).openapi({ description: 'For people.', example: 'My agent' })

/** 0x and 40 hex digits, any case; kept in lower case. */
export const address = z
  .string()
  .refine((value) => isAddress(value), 'not an address')
  .transform((value): Address => lower(value as Address))
  .openapi({ type: 'string', pattern: '^0x[0-9a-fA-F]{40}$', example: `0x${'5a'.repeat(20)}` })

/** 0x and an even number of hex digits, up to 8 KiB. */
export const hex = z
  .string()
  .regex(/^0x(?:[0-9a-fA-F]{2}){0,8192}$/)
  .transform((value) => value.toLowerCase() as Hex)
  .openapi({ type: 'string', pattern: '^0x([0-9a-fA-F]{2}){0,8192}$' })

export const bytes32 = z
  .string()
  .regex(/^0x[0-9a-fA-F]{64}$/)
  .transform((value) => value.toLowerCase() as Hex)
  .openapi({ type: 'string', pattern: '^0x[0-9a-fA-F]{64}$' })

/** Atomic units of a token, a decimal string, at most 2^128 - 1. */
export const amount = z
  .string()
  .regex(/^(?:0|[1-9][0-9]{0,38})$/)
  .refine((value) => /^[0-9]{1,39}$/.test(value) && BigInt(value) < 2n ** 128n, 'at most 2^128 - 1')
  .openapi({ type: 'string', pattern: '^(0|[1-9][0-9]{0,38})$', example: '1000000' })

/** Unix seconds. */
export const seconds = z
  .number()
  .int()
  .min(0)
  .max(2 ** 40 - 1)

export const chainId = z.number().int().min(1).max(Number.MAX_SAFE_INTEGER).openapi({ example: 8453 })

/** A time as it is shown: ISO 8601, UTC. */
export const time = z.iso.datetime().openapi({ example: '2026-11-22T20:00:00.000Z' })

export const mode = z.enum(['live', 'test'])

/** Where calls are paid and receipts are signed. */
export const gateway = z.string().nullable().openapi({
  description: 'The origin of the gateway; null: this deployment does not say.',
  example: 'https://api.example.com',
})

/** The id in a path. Whatever it is, an id that is not there is answered alike. */
export const idParam = z.object({ id: z.string().openapi({ param: { name: 'id', in: 'path' } }) })

/**
 * What the schema takes, or null. For a schema that `.openapi` gave a type or a name: of such a one the document loses a
 * `.nullable()`, or shows the name itself as nullable everywhere.
 */
export function orNull<T extends z.ZodType>(schema: T) {
  return z.lazy(() => schema).nullable()
}

/** A body of JSON. */
export function json<T extends z.ZodType>(schema: T) {
  return { required: true, content: { 'application/json': { schema } } } as const
}

/** An answer of JSON. */
export function answer<T extends z.ZodType>(schema: T, description: string) {
  return { description, content: { 'application/json': { schema } } } as const
}
