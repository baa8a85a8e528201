import { ByteBuffer } from './ByteBuffer.ts'
import { JsonPicker } from './JsonPicker.ts'

/** Events up to here are read whole; of longer ones only what is picked from them. */
export const EVENT_LIMIT = 1024 * 1024

const LF = 10
const CR = 13
const COLON = 58
const BOM = [0xef, 0xbb, 0xbf]
const DATA = [100, 97, 116, 97]
const decoder = new TextDecoder('utf-8', { fatal: false, ignoreBOM: true })
const encoder = new TextEncoder()

/** The data of an event: its lines joined by LF, or what was picked from an event that is too long for that. */
export type EventData = string | JsonPicker

/**
 * A block of lines has ended within the bytes that are fed: it reaches from `start` (-1: it began in earlier ones) to
 * `end`. One without data is no event.
 */
export type Take = (data: EventData | undefined, start: number, end: number) => void

/**
 * Splits a stream of server-sent events, in chunks of any size, into events. Lines end with LF, CR or both; comments
 * are passed over, and so is a byte order mark at the beginning. Keeps one unfinished event of at most `EVENT_LIMIT`
 * bytes.
 */
export class EventSplitter {
  readonly #paths: readonly (readonly string[])[]
  readonly #line = new ByteBuffer()
  /** What becomes of the rest of the unfinished line. */
  #rest: 'keep' | 'pick' | 'drop' = 'keep'
  #isFirstLine = true
  /** The last byte was a CR: an LF now belongs to it. */
  #afterCr = false
  #data: string | undefined
  #size = 0
  /** Of an event that is too long. It gets the line in which that showed, and those before it. */
  #picker: JsonPicker | undefined
  #isOpen = false
  /** Where the event under way began in the bytes that are fed. */
  #start = -1

  /** @param paths what is picked from events that are too long. */
  constructor(paths: readonly (readonly string[])[]) {
    this.#paths = paths
  }

  /** Whether an event is under way: a line has begun that is no comment. */
  get isOpen(): boolean {
    return this.#isOpen
  }

  /** How many of these bytes, 0 or 1, belong to the line that ended with the bytes before. */
  leading(chunk: Uint8Array): number {
    return this.#afterCr && chunk[0] === LF ? 1 : 0
  }

  /** Gives where in these bytes the event began that is under way now; their length when there is none. */
  feed(chunk: Uint8Array, take: Take): number {
    if (chunk.length === 0) return 0
    let from = this.leading(chunk)
    this.#afterCr = false
    this.#start = -1
    let lf = chunk.indexOf(LF, from)
    let cr = chunk.indexOf(CR, from)
    while (lf >= 0 || cr >= 0) {
      const isCr = cr >= 0 && (lf < 0 || cr < lf)
      const at = isCr ? cr : lf
      const end = isCr && lf === at + 1 ? at + 2 : at + 1
      this.#afterCr = isCr && at === chunk.length - 1
      if (this.#endLine(chunk.subarray(from, at), from)) this.#endBlock(take, end)
      from = end
      if (lf >= 0 && lf < from) lf = chunk.indexOf(LF, from)
      if (cr >= 0 && cr < from) cr = chunk.indexOf(CR, from)
    }
    this.#keepLine(chunk.subarray(from), from)
    return this.#isOpen ? Math.max(this.#start, 0) : chunk.length
  }

  /** What is unfinished when no more bytes come, as if an empty line ended it. */
  end(): EventData | undefined {
    if (this.#line.length > 0) this.#endLine(new Uint8Array(0), 0)
    return this.#picker ?? this.#data
  }

  /** Whether the line is empty. */
  #endLine(last: Uint8Array, from: number): boolean {
    const [rest, isFirst] = [this.#rest, this.#isFirstLine]
    this.#rest = 'keep'
    this.#isFirstLine = false
    if (rest === 'pick') this.#picker?.feed(last)
    if (rest !== 'keep') return false
    let line = last
    if (this.#line.length > 0) {
      this.#line.append(last)
      line = this.#line.take()
    }
    if (isFirst) line = withoutBom(line)
    if (line.length === 0) return true
    if (line[0] === COLON) return false
    this.#begin(from)
    if (this.#picker === undefined && isData(line)) this.#keepData(line)
    return false
  }

  #begin(from: number): void {
    if (this.#isOpen) return
    this.#isOpen = true
    this.#start = from
  }

  #keepData(line: Uint8Array): void {
    this.#size += line.length + 1
    const value = line.subarray(valueAt(line))
    if (this.#size > EVENT_LIMIT) return this.#startPicking(value)
    const text = decoder.decode(value)
    this.#data = this.#data === undefined ? text : `${this.#data}\n${text}`
  }

  /** What comes after the last end of a line. */
  #keepLine(rest: Uint8Array, from: number): void {
    if (rest.length === 0 || this.#rest === 'drop') return
    if (this.#rest === 'pick') return this.#picker?.feed(rest)
    if (this.#line.length === 0 && rest[0] === COLON) {
      this.#rest = 'drop'
      return
    }
    this.#begin(from)
    if (this.#picker === undefined) this.#line.append(rest)
    else this.#rest = 'drop'
    if (this.#size + this.#line.length <= EVENT_LIMIT) return
    const line = this.#line.take()
    this.#isFirstLine = false
    this.#rest = isData(line) ? 'pick' : 'drop'
    if (this.#rest === 'pick') this.#startPicking(line.subarray(valueAt(line)))
  }

  #startPicking(value: Uint8Array): void {
    this.#picker = new JsonPicker(this.#paths)
    if (this.#data !== undefined) this.#picker.feed(encoder.encode(`${this.#data}\n`))
    this.#data = undefined
    this.#picker.feed(value)
  }

  #endBlock(take: Take, end: number): void {
    const data = this.#picker ?? this.#data
    const start = this.#isOpen ? this.#start : end
    this.#data = undefined
    this.#picker = undefined
    this.#size = 0
    this.#isOpen = false
    this.#start = -1
    take(data, start, end)
  }
}

/** Whether a line is a field of data: `data`, alone or before a colon. */
function isData(line: Uint8Array): boolean {
  return DATA.every((byte, i) => line[i] === byte) && (line.length === DATA.length || line[DATA.length] === COLON)
}

/** Where the value of a field of data begins: after the colon, and one space. */
function valueAt(line: Uint8Array): number {
  return line[DATA.length + 1] === 32 ? DATA.length + 2 : DATA.length + 1
}

function withoutBom(line: Uint8Array): Uint8Array {
  return BOM.every((byte, i) => line[i] === byte) ? line.subarray(BOM.length) : line
}
