/** What the API shows of oracles and their values, and takes. */
import { INT64_MAX, INT64_MIN, isInteger, MAX_DECIMALS, parsePath } from '@pbstream/core/Oracle'
import { type OracleRow, type OracleSource, sourceOf } from '@pbstream/db/OracleRows'
import type { ValueRow } from '@pbstream/db/OracleValues'
import { ORACLE_VALUE_STATUSES } from '@pbstream/db/Mode'
import { address, chainId, name, orNull, time, z } from '../api/Parts.ts'

/** Whole numbers within 64 bits: what formulas count in. */
export const integer = z
  .string()
  .refine((value) => isInteger(value), `a whole number from ${INT64_MIN} to ${INT64_MAX}`)
  .openapi({ type: 'string', pattern: '^(0|-?[1-9][0-9]{0,17})$', example: '42' })

const everySeconds = z.number().int().min(60).max(86_400).openapi({ description: 'How often it is read.' })
const decimals = z.number().int().min(-MAX_DECIMALS).max(MAX_DECIMALS).openapi({
  description: 'Decimal places that are kept: 12.34 with 2 is 1234. Rounded to the nearest.',
})
const path = z
  .string()
  .max(512)
  .refine((value) => parsePath(value) !== undefined, 'not a path such as $.data.prices[0]')
  .openapi({ example: '$.data.load', description: 'Where in the document the number is.' })

/** Names of headers that the transport sets itself. */
const OWN_HEADER =
  /^(?:host|connection|keep-alive|te|trailer|transfer-encoding|upgrade|expect|date|via|forwarded|cookie|content-.*|accept|accept-encoding|user-agent|proxy-.*|x-forwarded-.*|x-real-ip|cf-.*|sec-.*)$/
const header = z
  .strictObject({
    name: z
      .string()
      .regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,64}$/)
      .transform((value) => value.toLowerCase())
      .refine((value) => !OWN_HEADER.test(value), 'this header is set by the transport itself'),
    value: z
      .string()
      .regex(/^[\x21-\x7e](?:[\x20-\x7e]{0,4094}[\x21-\x7e])?$/)
      .openapi({ description: 'Sealed at once; no answer ever shows it.' }),
  })
  .openapi('OracleHeader')

const url = z.string().min(1).max(2048).openapi({ example: 'https://api.example.com/v1/load?zone=a' })
const calldata = z
  .string()
  .regex(/^0x(?:[0-9a-fA-F]{2}){4,2048}$/)
  .transform((value) => value.toLowerCase() as `0x${string}`)
  .openapi({ type: 'string', pattern: '^0x([0-9a-fA-F]{2}){4,2048}$', example: '0x50d25bcd' })
const read = { decimals, everySeconds }
const push = z.strictObject({ kind: z.literal('push') })
const fromUrl = { kind: z.literal('url'), url, path, ...read }
const fromChain = z.strictObject({
  kind: z.literal('chain'),
  chainId,
  contract: address,
  data: calldata,
  word: z.number().int().min(0).max(127).openapi({ description: 'Which 32 bytes of what it returns, from 0.' }),
  signed: z.boolean(),
  ...read,
})

export const NewSource = z
  .discriminatedUnion('kind', [push, z.strictObject({ ...fromUrl, header: header.optional() }), fromChain])
  .openapi('NewOracleSource')
export type NewSource = z.infer<typeof NewSource>

const Source = z
  .discriminatedUnion('kind', [
    push,
    z.object({ ...fromUrl, header: z.string().nullable().openapi({ description: 'Its name; its value is sealed.' }) }),
    fromChain,
  ])
  .openapi('OracleSource')

const bounds = {
  min: integer.openapi({ description: 'What is below counts as this.' }),
  max: integer.openapi({ description: 'What is above counts as this.' }),
  staleSeconds: z.number().int().min(30).max(2_592_000).openapi({
    description: 'A value that is older does not count any more.',
  }),
  smoothing: z.number().int().min(0).max(999).openapi({
    description: 'Thousandths of the value before that are kept when one comes in.',
  }),
  fallback: orNull(integer).openapi({ description: 'What stands for a value that is too old; null: the card says.' }),
}

export const NewOracle = z
  .strictObject({
    providerId: z.string().min(1).max(64),
    name,
    ...bounds,
    smoothing: bounds.smoothing.optional(),
    fallback: bounds.fallback.optional(),
    source: NewSource,
  })
  .openapi('NewOracle')

export const OraclePatch = z
  .strictObject({
    name: name.optional(),
    min: bounds.min.optional(),
    max: bounds.max.optional(),
    staleSeconds: bounds.staleSeconds.optional(),
    smoothing: bounds.smoothing.optional(),
    fallback: bounds.fallback.optional(),
    enabled: z.boolean().optional().openapi({ description: 'False: cards go by their own fallback.' }),
    source: NewSource.optional().openapi({ description: 'Of the same kind. A header that is left out is kept.' }),
  })
  .openapi('OraclePatch')

export const Oracle = z
  .object({
    id: z.string().openapi({ example: 'orc_0123456789abcdefghjkmnpq' }),
    providerId: z.string(),
    name: z.string(),
    enabled: z.boolean(),
    ...bounds,
    source: Source,
    status: z.enum(['waiting', 'fresh', 'stale', 'off']).openapi({
      description: '`waiting`: no value has come yet. `stale`: the last one is too old, and the fallback holds.',
    }),
    value: z.string().nullable().openapi({ description: 'The last one, bounded and smoothed.' }),
    valueAt: time.nullable(),
    staleAt: time.nullable(),
    inForce: z
      .string()
      .nullable()
      .openapi({ description: 'What cards get now, before their own bounds; null: theirs.' }),
    failingSince: time.nullable().openapi({ description: 'Since when nothing that came could be taken.' }),
    lastError: z.string().nullable(),
    nextReadAt: time.nullable(),
    values: z.number().int().openapi({ description: 'How many were kept.' }),
    revision: z.number().int(),
    createdAt: time,
    updatedAt: time,
  })
  .openapi('Oracle')

export const OracleWithSecret = Oracle.extend({
  secret: z.string().nullable().openapi({
    description: 'What signs pushed values, shown once; null for an oracle that is read.',
    example: 'whsec_…',
  }),
}).openapi('OracleWithSecret')

export const Push = z
  .strictObject({
    value: z.union([integer, z.number().int().min(Number.MIN_SAFE_INTEGER).max(Number.MAX_SAFE_INTEGER)]).openapi({
      description: 'A whole number, as text where it is beyond 2^53.',
    }),
  })
  .openapi('OraclePush')

export const Value = z
  .object({
    seq: z.number().int(),
    status: z.enum(ORACLE_VALUE_STATUSES).openapi({
      description: '`clamped`: it was out of bounds. `fallback`: nothing had come for too long.',
    }),
    raw: z.string().nullable().openapi({ description: 'As it came.' }),
    value: z.string().nullable().openapi({ description: 'What was in force from then on; null: what the cards say.' }),
    source: z.string(),
    messageId: z.string().nullable(),
    error: z.string().nullable(),
    sentAt: time.nullable(),
    at: time,
  })
  .openapi('OracleValue')

export function showOracle(row: OracleRow, now: Date): z.infer<typeof Oracle> {
  const { id, providerId, name: called, enabled, min, max, staleSeconds, smoothing, fallback } = row
  const staleAt = row.valueAt === null ? null : new Date(row.valueAt.getTime() + staleSeconds * 1000)
  const fresh = staleAt !== null && now < staleAt
  const status = !enabled ? 'off' : staleAt === null ? 'waiting' : fresh ? 'fresh' : 'stale'
  return {
    ...{ id, providerId, name: called, enabled, min, max, staleSeconds, smoothing, fallback },
    source: showSource(sourceOf(row)),
    status,
    value: row.value,
    valueAt: iso(row.valueAt),
    staleAt: iso(staleAt),
    inForce: !enabled ? null : fresh ? row.value : fallback,
    failingSince: iso(row.failingSince),
    lastError: row.lastError,
    nextReadAt: iso(row.nextAt),
    values: row.lastSeq,
    revision: row.revision,
    createdAt: row.createdAt.toISOString(),
    updatedAt: row.updatedAt.toISOString(),
  }
}

export function showValue(row: ValueRow): z.infer<typeof Value> {
  const { seq, status, raw, value, source, messageId, error, sentAt, at } = row
  return { seq, status, raw, value, source, messageId, error, sentAt: iso(sentAt), at: at.toISOString() }
}

function showSource(source: OracleSource): z.infer<typeof Source> {
  return source
}

function iso(at: Date | null): string | null {
  return at?.toISOString() ?? null
}
