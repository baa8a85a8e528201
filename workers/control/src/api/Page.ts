/** Lists in pages: keyset cursors, opaque to callers, good for one owner, mode and list with the same filters. */
import { z } from '@hono/zod-openapi'
import { canonical } from '@pbstream/db/Canonical'
import { Refusal } from '../Problem.ts'
import { base64url, isMac, mac } from './Mac.ts'
import { type ApiContext, callerOf } from './Types.ts'

/** `?limit=&cursor=`: put it into the query schema of a list, `z.strictObject({ ...pageQuery, status: … })`. */
export const pageQuery = {
  limit: z
    .string()
    .regex(/^[1-9][0-9]{0,2}$/)
    .transform(Number)
    .refine((limit) => limit <= 100, 'at most 100')
    .optional()
    .openapi({ type: 'integer', minimum: 1, maximum: 100, description: 'How many at most; 20 if left out.' }),
  cursor: z.string().min(1).max(1024).optional().openapi({ description: '`nextCursor` of the page before.' }),
}

const DEFAULT_LIMIT = 20

export function pageOf<T extends z.ZodType>(item: T) {
  return z.object({
    data: z.array(item),
    nextCursor: z.string().nullable().openapi({ description: 'Where the next page begins; null on the last one.' }),
  })
}

/** The values of the columns that order a list, of the last row that was shown. */
export type Key = readonly (string | number)[]
export type PageQuery = { limit?: number | undefined; cursor?: string | undefined }

/**
 * One page. `find` gets the key of the last row shown (nothing on the first page) and how many rows to read at most,
 * and must scope its query by owner and mode by itself: a cursor carries a place, no right.
 *
 * @throws {Refusal} cursor_invalid
 */
export async function page<Row, Shown>(
  c: ApiContext,
  { limit = DEFAULT_LIMIT, cursor, ...filters }: PageQuery & Record<string, unknown>,
  find: (after: Key | undefined, limit: number) => PromiseLike<Row[]>,
  keyOf: (row: Row) => Key,
  show: (row: Row) => Shown,
): Promise<{ data: Shown[]; nextCursor: string | null }> {
  const { owner, mode } = callerOf(c)
  const list = canonical({ owner, mode, path: c.req.path, filters })
  const after = cursor === undefined ? undefined : await parse(c, list, cursor)
  const rows = await find(after, limit + 1)
  const shown = rows.slice(0, limit)
  const last = shown.at(-1)
  const more = rows.length > limit && last !== undefined
  return { data: shown.map(show), nextCursor: more ? await print(c, list, keyOf(last)) : null }
}

async function print(c: ApiContext, list: string, key: Key): Promise<string> {
  const text = JSON.stringify(key)
  return `${base64url(new TextEncoder().encode(text))}.${await mac(c.env, 'cursor', `${list}\0${text}`)}`
}

async function parse(c: ApiContext, list: string, cursor: string): Promise<Key> {
  const [encoded = '', given = ''] = cursor.split('.', 2)
  const text = decode(encoded)
  if (text === undefined || !(await isMac(c.env, 'cursor', `${list}\0${text}`, given)))
    throw new Refusal('cursor_invalid')
  return JSON.parse(text) as Key
}

function decode(encoded: string): string | undefined {
  try {
    const binary = atob(encoded.replaceAll('-', '+').replaceAll('_', '/'))
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(
      Uint8Array.from(binary, (char) => char.charCodeAt(0)),
    )
  } catch {
    return undefined
  }
}
