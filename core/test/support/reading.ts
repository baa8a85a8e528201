/** Reads answers as the gateway does: in chunks, to some ending. */
import * as Usage from '@pbstream/core/Usage'
import { bytes } from './providers.ts'

const decoder = new TextDecoder('utf-8', { fatal: false, ignoreBOM: true })

export type Read = {
  /** What the caller gets. */
  out: string
  units: Record<string, number>
  source: Usage.Outcome['source']
  floor: Record<string, number>
  likely: Record<string, number>
}

export const EVENTS = 'text/event-stream; charset=utf-8'
export const NOTHING: Usage.Prepared = { rewritten: false, bounds: {}, stream: true, hides: false }

export type How = {
  prepared?: Partial<Usage.Prepared>
  type?: string | null
  coding?: string | null
  cause?: Usage.Cause
  header?: string
}

/** A reader as a route makes it; throws where there is none. */
export function readerOf(adapter: string, how: How = {}): Usage.Reader {
  const parsed = Usage.parseAdapter(adapter)
  if (parsed === undefined) throw new Error(`no adapter: ${adapter}`)
  const reader = Usage.reader(parsed, {
    contentType: how.type === undefined ? EVENTS : how.type,
    contentEncoding: how.coding ?? null,
    header: (name) => (name === 'pbstream-usage' ? (how.header ?? null) : null),
    prepared: { ...NOTHING, ...how.prepared },
  })
  if (reader === undefined) throw new Error('nothing to read')
  return reader
}

/** Reads chunks to the end that `how` says. */
export function read(adapter: string, chunks: readonly (string | Uint8Array)[], how: How = {}): Read {
  const reader = readerOf(adapter, how)
  const out: Uint8Array[] = []
  for (const chunk of chunks) {
    const piece = typeof chunk === 'string' ? bytes(chunk) : chunk
    // Who gave a chunk may use its memory again: nothing must be kept of it.
    const lent = piece.slice()
    out.push(...reader.push(lent).map((passed) => passed.slice()))
    lent.fill(0)
  }
  const floor = plain(reader.floor)
  const likely = plain(reader.likely)
  const { usage, rest } = reader.finish(how.cause ?? 'end')
  out.push(...rest)
  return { out: decoder.decode(join(out)), units: plain(usage.units), source: usage.source, floor, likely }
}

/** Reads the same text in two chunks, cut at each byte in turn: the places at which the result is not `expected`. */
export function cutAnywhere(adapter: string, text: string, how: How, expected: Partial<Read>): number[] {
  const whole = bytes(text)
  const wrong: number[] = []
  for (let at = 0; at <= whole.length; at++) {
    const result = read(adapter, [whole.subarray(0, at), whole.subarray(at)], how)
    const isSame = Object.entries(expected).every(([name, value]) => same(result[name as keyof Read], value))
    if (!isSame) wrong.push(at)
  }
  return wrong
}

function same(a: unknown, b: unknown): boolean {
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return a === b
  const [one, other] = [a as Record<string, unknown>, b as Record<string, unknown>]
  return (
    Object.keys(one).length === Object.keys(other).length && Object.keys(one).every((key) => one[key] === other[key])
  )
}

/** One byte a chunk. */
export function singles(text: string): Uint8Array[] {
  return [...bytes(text)].map((byte) => Uint8Array.of(byte))
}

export function join(pieces: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(pieces.reduce((length, piece) => length + piece.length, 0))
  let at = 0
  for (const piece of pieces) {
    out.set(piece, at)
    at += piece.length
  }
  return out
}

export function plain(units: Usage.Units): Record<string, number> {
  return Object.fromEntries(Object.entries(units).map(([unit, count]) => [unit, Number(count)]))
}
