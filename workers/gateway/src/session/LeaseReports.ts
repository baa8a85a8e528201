import type { LeaseReply, LeaseReport, LeaseWish, PaidSessionApi } from '@pbstream/core/message/PaidSession'
import type { HeldLease } from './HeldLease.ts'

/** How long a charge waits for company, in milliseconds. */
export const GATHER_MS = 1_000
/** Pauses before each new try of a report. */
const PAUSES_MS = [100, 400, 1_600] as const
/** What was to send for others and is not heard of for so long was cancelled by the platform. */
const LOST_MS = 5_000

/** What keeps a request's work alive when its caller has its answer. */
export type Keep = (work: Promise<unknown>) => void

export type Sent = (lease: HeldLease, report: LeaseReport, reply: LeaseReply, keep: Keep) => void

export type LeaseReportsPorts = {
  /** Unix milliseconds. */
  now: () => number
  wait: (ms: number) => Promise<void>
  /** A fresh stub each time: one that has failed stays broken. */
  open: (session: string) => Pick<PaidSessionApi, 'leased'>
}

type Sending = { at: number; parts: { lease: HeldLease; report: LeaseReport }[] }

/** What waits for a call to one stream session. */
type Line = {
  leases: Set<HeldLease>
  wishes: Map<HeldLease, LeaseWish>
  /** When somebody is to send it. */
  dueAt: number
  /** A call has failed: it is tried again then, and not before. */
  retryAt: number
  sending?: Sending
}

/**
 * Tells stream sessions what was charged under their leases: together for all leases of a session, soon, and again until
 * it has arrived. The session tells charges apart by their numbers, so a repeat changes nothing.
 *
 * Whichever request finds something due does the sending in its own time; another steps in when that one was cancelled.
 */
export class LeaseReports {
  readonly #ports: LeaseReportsPorts
  readonly #sent: Sent
  readonly #lines = new Map<string, Line>()

  /** `sent` hears of each report that has arrived. */
  constructor(ports: LeaseReportsPorts, sent: Sent) {
    this.#ports = ports
    this.#sent = sent
  }

  /** Something of this lease is to be reported, within `GATHER_MS`; at once where much waits already. */
  add(lease: HeldLease, keep: Keep, wish?: LeaseWish): void {
    const { session } = lease.key
    const line = this.#lineOf(session)
    line.leases.add(lease)
    if (wish !== undefined) line.wishes.set(lease, wish)
    const now = this.#ports.now()
    if (isPressing(lease) && now >= line.retryAt) return keep(this.flush(session, keep))
    // Somebody is to send it already, and is not late.
    if (now <= line.dueAt + GATHER_MS) return
    line.dueAt = now + GATHER_MS
    keep(this.#later(session, keep))
  }

  /** Sends what waits for this session; with pauses, until it has arrived or was tried often enough. Never rejects. */
  async flush(session: string, keep: Keep): Promise<void> {
    for (let failures = 0; ;) {
      const line = this.#lines.get(session)
      if (line === undefined || this.#isSending(line)) return
      const outcome = await this.#send(session, line, keep)
      if (outcome === 'done') return
      if (outcome === 'more') continue
      const pause = PAUSES_MS[failures++]
      if (pause === undefined) return
      await this.#ports.wait(pause)
    }
  }

  async #later(session: string, keep: Keep): Promise<void> {
    await this.#ports.wait(GATHER_MS)
    await this.flush(session, keep)
  }

  /** One call. `more`: something has come meanwhile that should not wait. */
  async #send(session: string, line: Line, keep: Keep): Promise<'done' | 'more' | 'failed'> {
    const parts = [...line.leases].flatMap((lease) => {
      const wish = line.wishes.get(lease)
      return lease.isDue || wish !== undefined ? [{ lease, report: lease.report(wish) }] : []
    })
    if (parts.length === 0) {
      this.#lines.delete(session)
      return 'done'
    }
    const sending = { at: this.#ports.now(), parts }
    line.sending = sending
    line.leases.clear()
    line.wishes.clear()
    line.dueAt = Number.NEGATIVE_INFINITY
    const reports = parts.map(({ report }) => report)
    let replies: LeaseReply[] | undefined
    try {
      replies = await this.#ports.open(session).leased(1, reports)
    } catch {
      replies = undefined
    }
    // Who found this call too late has taken its reports over.
    const isOurs = line.sending === sending
    if (isOurs) delete line.sending
    if (replies === undefined) {
      line.retryAt = this.#ports.now() + PAUSES_MS[0]
      if (isOurs) this.#putBack(line, sending)
      return 'failed'
    }
    for (const [i, { lease, report }] of parts.entries()) {
      lease.reported(report)
      const reply = replies[i]
      if (reply !== undefined) this.#sent(lease, report, reply, keep)
    }
    if (line.leases.size === 0 && line.sending === undefined) this.#lines.delete(session)
    return [...line.leases].some(isPressing) ? 'more' : 'done'
  }

  #isSending(line: Line): boolean {
    const { sending } = line
    if (sending === undefined) return false
    if (this.#ports.now() - sending.at < LOST_MS) return true
    delete line.sending
    this.#putBack(line, sending)
    return false
  }

  /** A wish is not put back: by then somebody has asked otherwise. */
  #putBack(line: Line, { parts }: Sending): void {
    for (const { lease, report } of parts) {
      lease.unsent(report)
      line.leases.add(lease)
    }
  }

  #lineOf(session: string): Line {
    const known = this.#lines.get(session)
    if (known !== undefined) return known
    const never = Number.NEGATIVE_INFINITY
    const line: Line = { leases: new Set(), wishes: new Map(), dueAt: never, retryAt: never }
    this.#lines.set(session, line)
    return line
  }
}

function isPressing(lease: HeldLease): boolean {
  return lease.isUrgent || lease.isOver
}
