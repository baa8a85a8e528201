import type { Units, Usage } from '@pbstream/core/Rate'
import type { Cause, Outcome, Reader } from '@pbstream/core/Usage'
import { type Bill, bill, type Priced } from './Bill.ts'
import { type Growth, Hold } from './Hold.ts'

/** The stream is cut when the hold is used up and does not grow. */
export type Metering = Priced &
  Growth & {
    /** The request says how much it uses at most, so that all of it is within the ceiling: nothing is cut by an estimate. */
    isBounded?: boolean
    /** Reads from the answer what was used. Absent: only what flows is counted. */
    reader?: Reader
    /** What the headers of the answer say was used. */
    told?: Units
    /** Whether bytes and time of the answer are counted. */
    counts: { byte: boolean; second: boolean }
    /** Unix milliseconds. */
    now: () => number
    /** So much is used by now. False: the reservation has ended, and the stream must. */
    mark: (used: Bill) => Promise<boolean>
    /** The caller has hung up. A stream in which nothing flows does not notice by itself. */
    left?: AbortSignal
    /** Up to so many bytes of what was passed on are kept. */
    keep?: number
  }

/** What became of a stream. */
export type Used = Bill & {
  cause: Cause
  source: Outcome['source']
  /** All that was passed on, when it came to its end and is not more than was to be kept. */
  copy?: Uint8Array
}

export type Metered = {
  readable: ReadableStream<Uint8Array>
  /** What was used when the stream ended, was cut or lost its reader. Never rejects. */
  used: Promise<Used>
}

const SECOND = 1000
/** An error drops what the runtime has not sent yet: paid bytes get this long to leave before a cut. */
const FLUSH_MS = 100
const QUIET_MARK_MS = 30 * SECOND
/** A caller that takes nothing for so long has left: it must not keep an upstream and a reservation for ever. */
export const STALLED_MS = 120 * SECOND
/** An upstream from which nothing comes for so long has broken off, for the same reason: it may take no longer to begin. */
export const SILENT_MS = 300 * SECOND
/** A caller that left when only the usage was to come: so long and so much of the answer is read on. */
const READ_ON_MS = 5 * SECOND
const READ_ON_BYTES = 1024 * 1024
/** Timers take 31 bits; a longer one would fire at once. */
const MAX_TIMER_MS = 2n ** 31n - 1n
/** Passes a stream on while it counts what was delivered. */
export function meter(source: ReadableStream<Uint8Array>, metering: Metering): Metered {
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>()
  return { readable, used: new Flow(source, writable, metering).run() }
}

/** The state of one metered stream. */
class Flow {
  readonly #source: ReadableStreamDefaultReader<Uint8Array>
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>
  readonly #metering: Metering
  readonly #reader: Reader | undefined
  readonly #startedAt: number
  readonly #hold: Hold
  #bytes = 0
  #markedAt: number
  #marked = 0n
  #writingSince: number | undefined
  #readingSince: number | undefined
  /** Time is sold, and ends the stream when it has used up the hold. */
  #timeEnds = false
  #deadline: ReturnType<typeof setTimeout> | undefined
  #last: ReturnType<typeof setTimeout> | undefined
  #cause: Cause | undefined
  #kept: Uint8Array[] | undefined
  /** Ends the wait for a write: one that has begun waits on for a reader, also when the stream is aborted. */
  #giveUp: ((why: Error) => void) | undefined

  constructor(source: ReadableStream<Uint8Array>, sink: WritableStream<Uint8Array>, metering: Metering) {
    this.#source = source.getReader()
    this.#writer = sink.getWriter()
    this.#metering = metering
    this.#reader = metering.reader
    this.#hold = new Hold(metering, metering, () => this.#setDeadline())
    this.#startedAt = this.#markedAt = metering.now()
    if (metering.keep !== undefined) this.#kept = []
  }

  async run(): Promise<Used> {
    // The reader of our answer has gone: stop the upstream too.
    this.#writer.closed.catch(() => this.#leave())
    const { left } = this.#metering
    const leave = () => this.#leave()
    if (left?.aborted === true) leave()
    left?.addEventListener('abort', leave)
    const timer = setInterval(() => this.#tick(), SECOND)
    this.#setDeadline()
    try {
      await this.#pump()
    } catch {
      // The upstream broke off or the reader went away; either way what was used counts.
      this.#cause ??= 'broke'
      const aborted = this.#writer.abort(new Error('the stream ended early')).catch(() => {})
      await (this.#cause === 'left' ? this.#readOn().catch(() => {}) : aborted)
    } finally {
      this.#source.cancel().catch(() => {})
      if (this.#last !== undefined) clearTimeout(this.#last)
      left?.removeEventListener('abort', leave)
      clearInterval(timer)
      if (this.#deadline !== undefined) clearTimeout(this.#deadline)
    }
    return this.#finish()
  }

  async #pump(): Promise<void> {
    for (;;) {
      this.#readingSince = this.#metering.now()
      const { done, value } = await this.#source.read()
      this.#readingSince = undefined
      if (this.#cause === 'broke') throw new Error('the upstream sent nothing for too long')
      if (this.#cause === 'cut') return this.#breakOff()
      if (this.#cause === 'left') return this.#readOn(value)
      if (done) return this.#end()
      const before = this.#reader?.floor
      const pieces = this.#reader === undefined ? [value] : this.#reader.push(value)
      const size = pieces.reduce((sum, piece) => sum + piece.length, 0)
      const room = await this.#room(size)
      if (room < 0) return this.#cutAt(pieces, 0, before)
      if (room < size) return this.#cutAt(pieces, room)
      for (const piece of pieces) await this.#write(piece)
      this.#markIfDue()
    }
  }

  /**
   * How many of these bytes the hold pays for, when it has grown as far as it can. -1: not what they say was used, though
   * it may be that there are none (an event is on its way).
   */
  async #room(length: number): Promise<number> {
    for (;;) {
      this.#hold.growInTime(this.#usage(length))
      if (this.#isPaid(length)) return length
      // Until it is known whether there is more, nothing more is passed on.
      if (!(await this.#hold.growNow()) || this.#cause !== undefined) break
    }
    if (this.#reader !== undefined || !this.#metering.counts.byte) return -1
    const most = this.#hold.most(this.#usage(), 'byte')
    if (most === undefined) return length
    const left = most - BigInt(this.#bytes)
    return left >= BigInt(length) ? length : left > 0n ? Number(left) : 0
  }

  /** Whether the hold pays for what was used when so many bytes more have passed. */
  #isPaid(length = 0): boolean {
    const { isBounded = false } = this.#metering
    const { isWhole } = this.#hold
    // All is made that the request may cost, and paid with the most that it may: the rest of it is no loss.
    if (isWhole && this.#reader?.isMade === true) return true
    // An estimate may be above what is used: it cuts nothing that the request itself keeps within the hold.
    return this.#hold.isPaid(this.#usage(length, isBounded && isWhole ? 'floor' : 'likely'))
  }

  /** `isOurs`: nobody pays for it. */
  async #write(piece: Uint8Array, isOurs = false): Promise<void> {
    if (piece.length === 0) return
    this.#writingSince = this.#metering.now()
    try {
      await new Promise<void>((resolve, reject) => {
        this.#giveUp = reject
        this.#writer.write(piece).then(resolve, reject)
      })
    } catch (error) {
      this.#leave()
      throw error
    }
    this.#writingSince = undefined
    if (isOurs) return
    this.#bytes += piece.length
    this.#keep(piece)
  }

  /** The hold is used up: what it pays for goes out, then the protocol's own error or a broken connection. */
  async #cutAt(pieces: readonly Uint8Array[], room: number, before?: Units): Promise<void> {
    const [piece] = pieces
    if (room > 0 && piece !== undefined) await this.#write(piece.subarray(0, room))
    this.#cause ??= 'cut'
    if (this.#cause !== 'cut') return
    // What is not passed on is not charged.
    if (before !== undefined) this.#finished = { usage: { units: before, source: 'counted' }, rest: [] }
    return this.#breakOff(this.#reader?.cutEvent())
  }

  /** The hold is used up or the reservation has ended. */
  async #breakOff(last = this.#reader?.cutEvent(true)): Promise<void> {
    this.#source.cancel().catch(() => {})
    if (last !== undefined && last.length > 0) {
      await this.#write(last, true)
      return this.#writer.close()
    }
    // An error and not an end, so that nobody takes it for all.
    await new Promise((done) => setTimeout(done, FLUSH_MS))
    await this.#writer.abort(new Error('the amount set aside for this call is used up'))
  }

  /** The upstream has come to its end. What comes after is no part of the use. */
  async #end(): Promise<void> {
    this.#cause = 'end'
    const { rest } = this.#outcome('end')
    for (const piece of rest) await this.#write(piece)
    await this.#writer.close()
  }

  #finished: ReturnType<Reader['finish']> | undefined

  #outcome(cause: Cause): ReturnType<Reader['finish']> {
    this.#finished ??= this.#reader?.finish(cause) ?? { usage: { units: this.#told, source: 'counted' }, rest: [] }
    return this.#finished
  }

  async #finish(): Promise<Used> {
    const cause = this.#cause ?? 'broke'
    const { usage } = this.#outcome(cause)
    const used = this.#with(usage.units)
    let billed = bill(this.#metering, used, this.#hold.amount)
    // What was reported at last may be above the estimate by which the hold grew.
    if (billed.usage !== used && this.#hold.mayGrow) {
      const { amount } = bill(this.#metering, used, this.#hold.ceiling)
      if (await this.#hold.growTo(amount)) billed = bill(this.#metering, used, this.#hold.amount)
    }
    const copy = cause === 'end' && this.#kept !== undefined ? joined(this.#kept, this.#bytes) : undefined
    return { ...billed, cause, source: usage.source, ...(copy === undefined ? {} : { copy }) }
  }

  /** What was used by now, and by so many bytes more. */
  #usage(length = 0, what: 'floor' | 'likely' = 'likely'): Usage {
    return this.#with(this.#reader?.[what] ?? this.#told, length)
  }

  #with(units: Units, length = 0): Usage {
    const { counts, now } = this.#metering
    const counted = counts.byte ? { ...units, byte: BigInt(this.#bytes + length) } : units
    if (!counts.second) return { units: counted }
    return { units: counted, times: [[this.#startedAt, Math.max(this.#startedAt, now())]] }
  }

  get #told(): Units {
    return this.#metering.told ?? {}
  }

  /** Time passes while nothing flows: the moment at which it has used up the hold. */
  #setDeadline(): void {
    if (!this.#metering.counts.second) return
    if (this.#deadline !== undefined) clearTimeout(this.#deadline)
    const most = this.#hold.most(this.#usage(), 'second')
    this.#timeEnds = most !== undefined
    if (most === undefined || most > MAX_TIMER_MS) return
    const left = Number(most) - (this.#metering.now() - this.#startedAt)
    this.#deadline = setTimeout(() => void this.#timeUp(), Math.max(0, left))
  }

  async #timeUp(): Promise<void> {
    if (!(await this.#hold.growNow())) this.#stop()
  }

  /** Once a second. */
  #tick(): void {
    const now = this.#metering.now()
    if (this.#writingSince !== undefined && now - this.#writingSince >= STALLED_MS) return this.#leave()
    const silent = this.#readingSince === undefined ? 0 : now - this.#readingSince
    if (silent >= SILENT_MS && !this.#timeEnds) return this.#fallSilent()
    if (this.#metering.counts.second) this.#hold.growInTime(this.#usage())
    this.#markIfDue()
  }

  #markIfDue(): void {
    const now = this.#metering.now()
    const since = now - this.#markedAt
    if (since < SECOND) return
    const used = bill(this.#metering, this.#usage(0, 'floor'), this.#hold.amount)
    const hasGrown = used.amount > this.#marked && (used.amount - this.#marked) * 20n >= this.#hold.amount
    if (!hasGrown && since < QUIET_MARK_MS) return
    this.#markedAt = now
    this.#marked = used.amount
    this.#metering.mark(used).then(
      (alive) => (alive ? undefined : this.#stop()),
      () => {},
    )
  }

  /** Nobody reads any more: what waits to be read or written ends now, and with it what is charged. */
  #leave(): void {
    this.#writer.abort(new Error('the caller has gone')).catch(() => {})
    this.#giveUp?.(new Error('the caller has gone'))
    if (this.#cause !== undefined) return
    this.#cause = 'left'
    const release = () => void this.#source.cancel().catch(() => {})
    if (this.#reader?.awaitsUsage === true) this.#last = setTimeout(release, READ_ON_MS)
    else release()
  }

  /** Who leaves when all is made and only its usage is to come has used as much as who stays. */
  async #readOn(first?: Uint8Array): Promise<void> {
    if (first !== undefined) this.#reader?.push(first)
    for (let size = 0; size <= READ_ON_BYTES && this.#reader?.awaitsUsage === true;) {
      const { value } = await this.#source.read()
      if (value === undefined) return
      size += value.length
      this.#reader.push(value)
    }
  }

  /** What came so far is all that comes: charged, and nobody takes it for the whole. */
  #fallSilent(): void {
    this.#cause ??= 'broke'
    this.#source.cancel().catch(() => {})
  }

  #stop(): void {
    this.#cause ??= 'cut'
    this.#source.cancel().catch(() => {})
  }

  #keep(piece: Uint8Array): void {
    const { keep = 0 } = this.#metering
    if (this.#bytes > keep) this.#kept = undefined
    this.#kept?.push(piece)
  }
}

function joined(pieces: readonly Uint8Array[], size: number): Uint8Array {
  const out = new Uint8Array(size)
  let at = 0
  for (const piece of pieces) {
    out.set(piece, at)
    at += piece.length
  }
  return out
}
