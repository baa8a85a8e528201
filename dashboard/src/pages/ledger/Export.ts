/**
 * Files of the API, whole. One answer may end early, behind any line: its last cell says where the next begins, and a file
 * without a line is the end. So a long file is asked for in parts, and one that was cut off goes on where it stopped.
 */
import { api, ApiProblem, data } from '../../api/Client.ts'
import { CsvRecords, cursorOf } from './CsvRecords.ts'

const PATHS = {
  payments: '/exports/payments.csv',
  settlements: '/exports/settlements.csv',
  movements: '/exports/movements.csv',
  decisions: '/exports/decisions.csv',
  audit: '/exports/audit.csv',
} as const

export type ExportName = keyof typeof PATHS

/** Each file takes some of these. */
export type ExportQuery = {
  provider?: string
  session?: string
  since?: string
  until?: string
  /** What the wallet's own keys paid, and not what a provider got. */
  side?: 'payer'
  rule?: string
  action?: 'allow' | 'alert' | 'throttle' | 'require_signature' | 'block' | 'freeze' | 'breaker'
  effect?: 'done' | 'shadow' | 'snoozed' | 'failed'
}

/** One answer, as it arrives. */
export type Part = (cursor: string | undefined) => Promise<AsyncIterable<Uint8Array>>

export type Told = {
  /** Called with each piece: the header first, then lines. */
  lines(lines: readonly string[]): void
  /** Lines so far, without the header. */
  counted(total: number): void
}

/** Parts that may be cut off one after another without a single new line, before that is an error. */
const TRIES = 3

/**
 * Reads to the end.
 *
 * @returns how many lines there are, without the header.
 * @throws {ApiProblem} what the API refused, or `network` when it was cut off again and again.
 */
export async function readWhole(part: Part, told: Told): Promise<number> {
  let cursor: string | undefined
  let total = 0
  let cut = 0
  let isFirst = true
  for (;;) {
    const take = (header: string | undefined, rows: readonly string[]) => {
      told.lines(header !== undefined && isFirst ? [header, ...rows] : rows)
      if (header !== undefined) isFirst = false
      total += rows.length
      if (rows.length > 0) cursor = cursorOf(rows.at(-1) ?? '')
      told.counted(total)
    }
    const { rows, broken } = await readPart(part, cursor, take)
    if (rows === 0 && !broken) return total
    cut = broken && rows === 0 ? cut + 1 : 0
    if (cut >= TRIES) throw new ApiProblem(0, { code: 'network' })
  }
}

/** @throws what the API refused, and AbortError; a part that breaks off is told. */
async function readPart(
  part: Part,
  cursor: string | undefined,
  take: (header: string | undefined, rows: readonly string[]) => void,
): Promise<{ rows: number; broken: boolean }> {
  const records = new CsvRecords()
  const decoder = new TextDecoder()
  const stream = await part(cursor)
  let isBegun = false
  let rows = 0
  try {
    for await (const bytes of stream) {
      const lines = records.feed(decoder.decode(bytes, { stream: true }))
      if (lines.length === 0) continue
      const header = isBegun ? undefined : lines[0]
      const own = isBegun ? lines : lines.slice(1)
      isBegun = true
      rows += own.length
      take(header, own)
    }
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error
    return { rows, broken: true }
  }
  return { rows, broken: false }
}

/** The parts of a file of the API. */
export function partsOf(name: ExportName, query: ExportQuery, signal: AbortSignal): Part {
  return async (cursor) => {
    const params = { query: { ...query, ...(cursor === undefined ? {} : { cursor }) } }
    const stream = await data<ReadableStream<Uint8Array> | null | undefined>(
      api.GET(PATHS[name], { params, signal, parseAs: 'stream' }),
    )
    return piecesOf(stream)
  }
}

/** Not every browser lets a stream be walked through by itself. */
async function* piecesOf(stream: ReadableStream<Uint8Array> | null | undefined): AsyncGenerator<Uint8Array> {
  const reader = stream?.getReader()
  if (reader === undefined) return
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      yield value
    }
  } finally {
    reader.releaseLock()
  }
}

/** The same file as a link of this origin. A link can send no header, so it is always of live mode. */
export function linkOf(name: ExportName, query: ExportQuery): string {
  const given = Object.entries(query).filter(([, value]) => value !== undefined)
  return `/v1${PATHS[name]}?${new URLSearchParams(given).toString()}`
}
