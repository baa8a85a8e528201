/** The way through the rows of an export: part after part (providers, or sessions), and page after page in each. */
import * as Exports from '@pbstream/db/Exports'
import type { Cell } from './Csv.ts'
import type { Page } from './Stream.ts'

/** Rows of a page, and parts that are looked up at once. */
export const ROWS = 1_000
const PARTS = 100

/** Where an export is: a part, and the last row of it that was shown. */
export type Cursor = { part: string; place?: Exports.Place }

export type Walk<Row> = {
  /** Parts by id, from `from` on, itself included. */
  parts(from: string, limit: number): Promise<string[]>
  rows(part: string, after: Exports.Place | undefined, limit: number): Promise<Row[]>
  placeOf(row: Row): Exports.Place
  cells(part: string, row: Row): Cell[]
}

/** The page that begins behind the cursor; at the beginning without one. */
export async function begin<Row>(walk: Walk<Row>, cursor: Cursor | undefined): Promise<Page> {
  const parts = await walk.parts(cursor?.part ?? '', PARTS)
  // A part that is gone, or was never the caller's, has no rows to go on with: the next one begins at its beginning.
  const place = parts[0] === cursor?.part ? cursor?.place : undefined
  return go(walk, parts, place)
}

async function go<Row>(walk: Walk<Row>, parts: string[], after: Exports.Place | undefined): Promise<Page> {
  const [part, ...rest] = parts
  if (part === undefined) return { lines: [], next: undefined }
  const rows = await walk.rows(part, after, ROWS)
  const lines = rows.map((row) => [...walk.cells(part, row), print({ part, place: walk.placeOf(row) })])
  const last = rows.at(-1)
  if (last !== undefined && rows.length === ROWS) {
    return { lines, next: () => go(walk, parts, walk.placeOf(last)) }
  }
  if (rest.length > 0) return { lines, next: () => go(walk, rest, undefined) }
  const more = parts.length === 1 ? nextParts(walk, part) : undefined
  return { lines, next: more }
}

/** More parts than were looked up at once. */
function nextParts<Row>(walk: Walk<Row>, last: string): () => Promise<Page> {
  return async () => {
    // From the last one on, which is over.
    const [, ...parts] = await walk.parts(last, PARTS)
    return go(walk, parts, undefined)
  }
}

/** As it stands in the last cell of a line. A place, no right: whose rows are shown is another matter. */
export function print({ part, place }: Cursor): string {
  const text = JSON.stringify(place === undefined ? [part] : [part, place.at, place.of, place.seq])
  const binary = String.fromCharCode(...new TextEncoder().encode(text))
  return btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
}

/** Undefined for a text that is no cursor. */
export function parse(text: string): Cursor | undefined {
  const value = decode(text)
  if (!Array.isArray(value)) return undefined
  const [part, at, of, seq, ...rest] = value as unknown[]
  if (typeof part !== 'string' || rest.length > 0) return undefined
  if (at === undefined) return { part }
  const isTime = Number.isSafeInteger(at) && Math.abs(at as number) < 8.64e15
  if (!isTime || typeof of !== 'string' || !Number.isSafeInteger(seq) || (seq as number) < 0) return undefined
  return { part, place: { at: at as number, of, seq: seq as number } }
}

function decode(text: string): unknown {
  try {
    const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'))
    const bytes = Uint8Array.from(binary, (char) => char.charCodeAt(0))
    const json = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
    // No database takes a zero character, nor half of a pair of UTF-16.
    return json.includes('\\u0000') || !json.isWellFormed() ? undefined : (JSON.parse(json) as unknown)
  } catch {
    return undefined
  }
}
