import { ByteBuffer } from './ByteBuffer.ts'
import type { Protocol } from './Protocol.ts'
import { type EventData, EventSplitter } from './Sse.ts'
import type { Tally } from './Tally.ts'
import type { Cause, Outcome, Reader, Units } from './Types.ts'
import { parse } from './Value.ts'

/** The chunk that carries nothing but usage is short; what is longer is not held back. */
const HOLD_LIMIT = 16 * 1024
/** What begins a choice: a chunk with one is content. */
const CHOICE = /"choices"\s*:\s*\[\s*[^\s\]]/
const encoder = new TextEncoder()
const decoder = new TextDecoder()

/** Reads a stream of events. The bytes pass as they are, but for the usage that the caller did not ask for. */
export class EventReader implements Reader {
  readonly #protocol: Protocol
  readonly #tally: Tally
  readonly #hides: boolean
  readonly #events: EventSplitter
  /** The beginning of an event that may turn out to be usage only. */
  readonly #held = new ByteBuffer()
  /** How much was held when it was last looked at whether it still may. */
  #looked = 0
  /** The event under way has been passed on in part. */
  #isOut = false
  /** The event before these bytes was left out. */
  #leftOut = false
  #last: { chunk: Uint8Array; wasOut: boolean; border: number } | undefined

  constructor(protocol: Protocol, tally: Tally, hides: boolean) {
    this.#protocol = protocol
    this.#tally = tally
    this.#hides = hides
    this.#events = new EventSplitter(protocol.paths)
  }

  get floor(): Units {
    return this.#tally.floor
  }

  get likely(): Units {
    return this.#tally.likely
  }

  get awaitsUsage(): boolean {
    return this.#protocol.isMade && !this.#tally.isReported
  }

  get isMade(): boolean {
    return this.#protocol.isMade
  }

  push(chunk: Uint8Array): readonly Uint8Array[] {
    const last = { chunk, wasOut: this.#isOut, border: -1 }
    this.#last = last
    const out: Uint8Array[] = []
    const pass = (piece: Uint8Array) => {
      if (piece.length > 0) out.push(piece)
    }
    // Of these bytes, where those begin that are neither passed on nor left out.
    let from = this.#leftOut ? this.#events.leading(chunk) : 0
    this.#leftOut = this.#leftOut && chunk.length === 0
    const open = this.#events.feed(chunk, (data, start, end) => {
      if (last.border < 0) last.border = end
      const isExtra = data !== undefined && this.#takes(data)
      this.#leftOut = isExtra && this.#hides && !this.#isOut
      if (this.#leftOut) {
        if (start >= 0) pass(chunk.subarray(from, start))
        this.#release()
        from = end
      } else pass(this.#release())
      this.#isOut = false
      if (end < chunk.length) this.#leftOut = false
    })
    if (!this.#hides || this.#isOut || !this.#events.isOpen) {
      this.#isOut = this.#events.isOpen
      pass(chunk.subarray(from))
      return out
    }
    pass(chunk.subarray(from, open))
    this.#held.append(chunk.subarray(Math.max(open, from)))
    if (this.#canPass()) {
      this.#isOut = true
      pass(this.#release())
    }
    return out
  }

  finish(cause: Cause): { usage: Outcome; rest: readonly Uint8Array[] } {
    // Some servers leave out the last empty line. An event that broke off is no JSON, and says nothing.
    const data = this.#events.end()
    const isWhole = typeof data !== 'string' || parse(data) !== undefined
    const isExtra = data !== undefined && isWhole && this.#takes(data)
    const rest = this.#release()
    return { usage: this.#tally.outcome(cause), rest: rest.length === 0 || isExtra ? [] : [rest] }
  }

  cutEvent(sent = false): Uint8Array {
    const error = encoder.encode(this.#protocol.error())
    const last = this.#last
    if (sent ? !this.#isOut : last?.wasOut !== true) return error
    // An event that has no end here cannot be taken back: it ends, and its reader finds it broken.
    const rest =
      sent || last === undefined || last.border < 0 ? encoder.encode('\n\n') : last.chunk.subarray(0, last.border)
    return joined(rest, error)
  }

  /** Whether it carries nothing but usage. */
  #takes(data: EventData): boolean {
    if (typeof data === 'string') return this.#protocol.event(data)
    this.#protocol.picked(data)
    return false
  }

  #release(): Uint8Array {
    this.#looked = 0
    return this.#held.take()
  }

  /** Whether what is held cannot be usage only. Looked at when it has doubled, so that small pieces cost little. */
  #canPass(): boolean {
    const { length } = this.#held
    if (length > HOLD_LIMIT) return true
    if (length < 2 * this.#looked) return false
    this.#looked = length
    return CHOICE.test(decoder.decode(this.#held.peek()))
  }
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const out = new Uint8Array(a.length + b.length)
  out.set(a)
  out.set(b, a.length)
  return out
}
