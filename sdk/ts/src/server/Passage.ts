/** One paid call, from its admission to the end of its answer: sees to it that it is charged once, and only for a 2xx. */
import type { Grant, Header, Refusal } from './Deployment.ts'
import { Bill, type Payment } from './Payment.ts'
import type { Terms } from './Price.ts'
import { refuse } from './Refuse.ts'

/** What joins the head of an answer. */
export type Head = {
  set: readonly Header[]
  /** Only where the answer says nothing itself. */
  defaults: readonly Header[]
}

/** How long a handler may go on when its caller has gone before anything was answered. */
const ABANDONED_MS = 30_000
/** A reservation expires 90 s after its last mark. */
const MARK_MS = 30_000

const NOTHING: Head = { set: [], defaults: [] }
/** A paid answer is for its payer. */
const PRIVATE: Header = ['cache-control', 'private']

type Captured = Extract<Grant['hold'], { kind: 'captured' }>

export class Passage {
  readonly #bill: Bill
  readonly #grant: Grant
  readonly #onLost: (error: unknown) => void
  #timer: ReturnType<typeof setInterval> | undefined
  #grace: ReturnType<typeof setTimeout> | undefined
  /** Once: captured, voided, or left to the gateway. */
  #ended: Promise<Header[] | undefined> | undefined
  #headed = false
  #left = false
  /** Called when the money ends before the answer: whoever sends it stops. */
  onCut: (() => void) | undefined

  /** @param onLost told when a charge could not be recorded after its answer had left. */
  constructor(grant: Grant, terms: Terms, onLost: (error: unknown) => void) {
    this.#grant = grant
    this.#bill = new Bill(grant, terms)
    this.#onLost = onLost
    if (grant.hold.kind === 'captured') this.#pulse(grant.hold)
  }

  get payment(): Payment & Pick<Bill, 'meter'> {
    return this.#bill
  }

  /** Whether the sender has to say when the answer is over, or broke off. */
  get needsEnd(): boolean {
    return this.#grant.hold.kind === 'captured' && this.#ended === undefined
  }

  /**
   * The head of the answer, with this status, is about to leave. At once where nothing has to be waited for; a promise
   * where the charge is known and is recorded first, so that the answer can say so. A refusal goes out instead of the
   * answer: the charge could not be recorded.
   */
  head(status: number): Head | Promise<Head | Refusal> {
    if (this.#headed) return NOTHING
    this.#headed = true
    clearTimeout(this.#grace)
    const { hold, headers } = this.#grant
    const isCharged = status >= 200 && status < 300
    if (hold.kind === 'reported') {
      this.#bill.close('the gateway reads usage from the head of the answer, which has left')
      return isCharged ? { set: hold.report(this.#bill.units()), defaults: [PRIVATE] } : NOTHING
    }
    if (!isCharged) {
      this.#void(hold, true)
      return NOTHING
    }
    const known: Head = { set: headers, defaults: [PRIVATE] }
    if (this.#bill.isKnown) return this.#before(hold, known)
    // Nobody will say when it is over.
    if (this.#left) this.end()
    return known
  }

  /** As `head`, for an answer that is made whole before it leaves: what was metered is all there will be. */
  whole(status: number): Head | Promise<Head | Refusal> {
    if (!this.#headed) this.#bill.finish()
    return this.head(status)
  }

  /** All of the answer is sent, or it broke off: what was used by now is charged. */
  end(): void {
    const { hold } = this.#grant
    if (hold.kind !== 'captured' || this.#ended !== undefined) return
    if (!this.#headed) return this.leave()
    this.#capture(hold).catch(this.#onLost)
  }

  /** The caller has gone before anything was answered. The handler has some time left. */
  leave(): void {
    const { hold } = this.#grant
    if (hold.kind !== 'captured' || this.#ended !== undefined || this.#left) return
    this.#left = true
    this.#grace = detached(setTimeout(() => this.#abandon(hold), ABANDONED_MS))
  }

  /** The handler threw before anything was answered. */
  fail(): void {
    const { hold } = this.#grant
    if (this.#headed || hold.kind !== 'captured') return
    this.#headed = true
    this.#void(hold, true)
  }

  /** Settles when nothing is left to be told to anybody. Never rejects. */
  async done(): Promise<void> {
    await this.#ended?.catch(() => {})
  }

  async #before(hold: Captured, known: Head): Promise<Head | Refusal> {
    try {
      const headers = await this.#capture(hold)
      return { set: [...known.set, ...headers], defaults: known.defaults }
    } catch {
      return refuse('temporarily_unavailable', 'the charge could not be recorded')
    }
  }

  #capture(hold: Captured): Promise<Header[]> {
    this.#stop('the answer is over')
    const captured = hold.capture(this.#bill.amount()).then(({ receipt, headers }) => {
      this.#bill.receipt = receipt
      return headers
    })
    this.#ended = captured
    return captured
  }

  #void(hold: Captured, isKnown: boolean): void {
    if (this.#ended !== undefined) return
    this.#stop('the call is not charged')
    this.#ended = hold.void(isKnown).then(() => undefined)
  }

  /** What was metered for a caller that has gone is charged. */
  #abandon(hold: Captured): void {
    if (this.#ended !== undefined) return
    this.#headed = true
    if (this.#bill.isKnown || this.#bill.units() === 0n) this.#void(hold, false)
    else this.#capture(hold).catch(this.#onLost)
  }

  #pulse(hold: Captured): void {
    const beat = async () => {
      // Before the head nothing is owed: a mark only says that work goes on.
      const alive = await hold.mark(this.#headed && !this.#bill.isKnown ? this.#bill.amount() : 0n)
      if (alive || this.#ended !== undefined) return
      this.#stop('the payment has ended')
      this.onCut?.()
    }
    this.#timer = detached(setInterval(() => void beat(), MARK_MS))
  }

  #stop(why: string): void {
    clearInterval(this.#timer)
    clearTimeout(this.#grace)
    this.#bill.close(why)
  }
}

/** A timer that keeps no process alive. */
function detached<T extends ReturnType<typeof setTimeout>>(timer: T): T {
  const node = timer as unknown as { unref?: () => void }
  node.unref?.()
  return timer
}
