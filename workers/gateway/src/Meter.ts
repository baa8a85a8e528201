import * as Rate from '@pbstream/core/Rate'

/** A rate card that counts what flows: bytes of the answer, or seconds of it. */
export type FlowCard = Extract<Rate.Card, { kind: 'metered' }> & { unit: 'byte' | 'second' }

export type Metering = {
  card: FlowCard
  /** The most that may be charged: the stream is cut when it is used up. */
  hold: bigint
  /** Unix milliseconds. */
  now: () => number
  /** So much is used by now. False: the reservation has ended, and the stream must. */
  mark: (amount: bigint) => Promise<boolean>
  /** The caller has hung up. A stream in which nothing flows does not notice by itself. */
  left?: AbortSignal
}

export type Metered = {
  readable: ReadableStream<Uint8Array>
  /** What was used when the stream ended, was cut or lost its reader. Never rejects. */
  used: Promise<bigint>
}

const SECOND = 1000
/** An error drops what the runtime has not sent yet: paid bytes get this long to leave before a cut. */
const FLUSH_MS = 100
const QUIET_MARK_MS = 30 * SECOND
/** Timers take 31 bits; a longer one would fire at once. */
const MAX_TIMER_MS = 2n ** 31n - 1n

/** Passes a stream on while it counts what was delivered. */
export function meter(source: ReadableStream<Uint8Array>, metering: Metering): Metered {
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>()
  return { readable, used: new Flow(source, writable, metering).run() }
}

/** The state of one metered stream. */
class Flow {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>
  readonly #metering: Metering
  readonly #card: FlowCard
  /** In units of `#card`: bytes, or milliseconds. */
  readonly #limit: bigint | undefined
  readonly #startedAt: number
  #bytes = 0
  #markedAt: number
  #marked = 0n
  #cut = false

  constructor(source: ReadableStream<Uint8Array>, sink: WritableStream<Uint8Array>, metering: Metering) {
    this.#reader = source.getReader()
    this.#writer = sink.getWriter()
    this.#metering = metering
    const { card, hold } = metering
    // Seconds are counted in milliseconds, so that half a second costs half.
    this.#card = card.unit === 'second' ? { ...card, per: (BigInt(card.per) * BigInt(SECOND)).toString() } : card
    this.#limit = Rate.unitsWithin(this.#card, hold)
    this.#startedAt = this.#markedAt = metering.now()
  }

  async run(): Promise<bigint> {
    // The reader of our answer has gone: stop the upstream too.
    this.#writer.closed.catch(() => this.#reader.cancel().catch(() => {}))
    const { left } = this.#metering
    const leave = () => this.#leave()
    if (left?.aborted === true) leave()
    left?.addEventListener('abort', leave)
    const timer = setInterval(() => this.#markIfDue(), SECOND)
    const deadline = this.#deadline()
    try {
      await this.#pump()
    } catch {
      // The upstream broke off or the reader went away; either way what was delivered counts.
      await this.#writer.abort(new Error('the stream ended early')).catch(() => {})
    } finally {
      left?.removeEventListener('abort', leave)
      clearInterval(timer)
      if (deadline !== undefined) clearTimeout(deadline)
    }
    return this.#used()
  }

  async #pump(): Promise<void> {
    for (;;) {
      const { done, value } = await this.#reader.read()
      if (this.#cut) return this.#breakOff()
      if (done) return this.#writer.close()
      const room = this.#room(value.length)
      if (room > 0) {
        await this.#writer.write(room === value.length ? value : value.subarray(0, room))
        this.#bytes += room
      }
      if (room < value.length) return this.#breakOff()
      this.#markIfDue()
    }
  }

  /** How many of these bytes the hold still pays for. */
  #room(length: number): number {
    if (this.#card.unit === 'second' || this.#limit === undefined) return length
    const left = this.#limit - BigInt(this.#bytes)
    return left >= BigInt(length) ? length : Number(left)
  }

  /** The hold is used up or the reservation has ended: an error and not an end, so that nobody takes it for all. */
  async #breakOff(): Promise<void> {
    await new Promise((done) => setTimeout(done, FLUSH_MS))
    await this.#writer.abort(new Error('the amount set aside for this call is used up'))
    await this.#reader.cancel().catch(() => {})
  }

  #deadline(): ReturnType<typeof setTimeout> | undefined {
    if (this.#card.unit !== 'second' || this.#limit === undefined || this.#limit > MAX_TIMER_MS) return undefined
    return setTimeout(() => this.#stop(), Number(this.#limit))
  }

  #markIfDue(): void {
    const now = this.#metering.now()
    const used = this.#used()
    const since = now - this.#markedAt
    const grown = (used - this.#marked) * 20n >= this.#metering.hold
    if (!(grown && since >= SECOND) && since < QUIET_MARK_MS) return
    this.#markedAt = now
    this.#marked = used
    this.#metering.mark(used).then(
      (alive) => (alive ? undefined : this.#stop()),
      () => {},
    )
  }

  /** Nobody reads any more: what waits to be read or written ends now, and with it what is charged. */
  #leave(): void {
    this.#writer.abort(new Error('the caller has gone')).catch(() => {})
    this.#reader.cancel().catch(() => {})
  }

  #stop(): void {
    this.#cut = true
    this.#reader.cancel().catch(() => {})
  }

  #used(): bigint {
    const units = this.#card.unit === 'byte' ? this.#bytes : Math.max(0, this.#metering.now() - this.#startedAt)
    const charge = Rate.charge(this.#card, { units: BigInt(units) })
    return charge < this.#metering.hold ? charge : this.#metering.hold
  }
}
