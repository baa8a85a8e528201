/**
 * One lease in the hands of this isolate: which of its numbers were used, what of its slice is left, and what of that
 * the stream session was not told yet. No I/O, no clock.
 */
import type { ErrorCode } from '@pbstream/core/Errors'
import type { Hex } from '@pbstream/core/Hex'
import type { Counts } from '@pbstream/core/message/Counts'
import type {
  Lease,
  LeaseCharge,
  LeaseKept,
  LeaseReport,
  LeaseWish,
  SessionRoom,
} from '@pbstream/core/message/PaidSession'
import * as Wire from '@pbstream/core/session/Lease'

/** What a lease is for: calls of one route, at one version of its card, from one place, on one channel in one epoch. */
export type LeaseKey = {
  /** `sessionName` of the stream session. */
  session: string
  channelId: Hex
  epoch: number
  routeId: string
  rateVersion: number
  /** Of the caller: rules were asked with these, and other calls are to be asked about anew. */
  country: string
  place: string
}

/** A call that names a lease. */
export type Begin = { n: number; digest: Hex; hold: bigint }

export type Begun = { kind: 'begun' } | { kind: 'refused'; code: ErrorCode; receipt?: string }

/** `kept`: it goes on beyond the lease, on a reservation of its own. `spent`: over, and nothing was charged. */
type Use = { at: number; digest: Hex; hold: bigint; state: 'running' | 'kept' | 'charged' | 'spent'; receipt?: string }

/** Begun so shortly before its end, a call could miss it on its way through here. */
const MARGIN_MS = 50
/** The lease is nearly over when so much of its time, or no more than an eighth of its slice, is left. */
const NEARLY_MS = 1_000
const NEARLY_SHARE = 8n
/** By then a caller has heard of a lease. */
const HEARD_MS = 1_000
/** A report leaves at once when such a share of the slice waits for one. */
const URGENT_SHARE = 2n

export class HeldLease {
  readonly lease: Lease
  readonly key: LeaseKey
  /** Of answers: `PBStream-Lease`. */
  readonly header: string
  standing: SessionRoom
  readonly #since: number
  /** What its calls have cost, and what those that run may cost. */
  #charged = 0n
  #running = 0n
  readonly #uses = new Map<number, Use>()
  #unreported: LeaseCharge[] = []
  #waiting = 0n
  #failed = 0
  #keeping: LeaseKept[] | undefined
  #isOver = false
  #isIgnored = false
  #final: 'open' | 'due' | 'sent' = 'open'

  /** `standing`: of the channel, as the session told of it last. `now` in Unix milliseconds. */
  constructor(lease: Lease, key: LeaseKey, standing: SessionRoom, now: number) {
    this.lease = lease
    this.key = key
    this.standing = standing
    this.#since = now
    this.header = Wire.encodeOffered({
      id: lease.id,
      expires: Math.floor(lease.expiresAt / 1_000),
      count: lease.count,
    })
  }

  /** Whether a call of `key` may name this lease. */
  isFor(key: LeaseKey): boolean {
    const own = this.key
    return (
      own.channelId === key.channelId &&
      own.epoch === key.epoch &&
      own.routeId === key.routeId &&
      own.rateVersion === key.rateVersion &&
      own.country === key.country &&
      own.place === key.place &&
      own.session === key.session
    )
  }

  /** Takes a number and its hold, or says why not. Each number is given out once. */
  begin({ n, digest, hold }: Begin, now: number): Begun {
    const used = this.#uses.get(n)
    if (used !== undefined) return refusedAgain(used, digest)
    if (!this.#admits(n, hold, now)) return { kind: 'refused', code: 'lease_elsewhere' }
    this.#uses.set(n, { at: now, digest, hold, state: 'running' })
    this.#running += hold
    return { kind: 'begun' }
  }

  /** Charges a call: at most its hold. False when it is not one that runs under the lease. */
  charge(n: number, amount: bigint, receipt: string | undefined, usage?: Counts): boolean {
    const use = this.#uses.get(n)
    if (use?.state !== 'running') return false
    const charged = amount < use.hold ? amount : use.hold
    const known = receipt === undefined ? {} : { receipt }
    this.#uses.set(n, { ...use, state: 'charged', ...known })
    this.#running -= use.hold
    this.#charged += charged
    this.#waiting += charged
    const counted = usage === undefined ? {} : { usage }
    this.#unreported.push({ n, digest: use.digest, amount: charged, at: use.at, ...known, ...counted })
    return true
  }

  /** Ends a call without a charge. `frees`: its number may be used again. `hasFailed`: it was the upstream that failed. */
  drop(n: number, frees: boolean, hasFailed = false): boolean {
    const use = this.#uses.get(n)
    if (use?.state !== 'running') return false
    if (frees) this.#uses.delete(n)
    else this.#uses.set(n, { ...use, state: 'spent' })
    if (hasFailed) this.#failed++
    this.#running -= use.hold
    return true
  }

  /** Whether the call goes on beyond the lease, on a reservation of its own. */
  isKept(n: number): boolean {
    return this.#uses.get(n)?.state === 'kept'
  }

  /** Begins nothing more. The last report says what was charged, and which calls go on. */
  end(): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#final = 'due'
    const kept: LeaseKept[] = []
    for (const [n, use] of this.#uses) {
      if (use.state !== 'running') continue
      this.#uses.set(n, { ...use, state: 'kept' })
      kept.push({ n, digest: use.digest, hold: use.hold })
    }
    if (kept.length > 0) this.#keeping = kept
  }

  get isOver(): boolean {
    return this.#isOver
  }

  /** Whether there is something to report. */
  get isDue(): boolean {
    return this.#unreported.length > 0 || this.#final === 'due'
  }

  /** Whether so much waits to be reported that it should not wait for company. */
  get isUrgent(): boolean {
    const { amount, count } = this.lease
    return this.#waiting * URGENT_SHARE >= amount || this.#unreported.length * Number(URGENT_SHARE) >= count
  }

  /** Whether its last report has arrived. */
  get isClosed(): boolean {
    return this.#final === 'sent'
  }

  /** Whether one more call of the most expensive kind fits. */
  isUsable(now: number): boolean {
    return this.#uses.size < this.lease.count && this.#fits(this.lease.perRequestMax, now)
  }

  /** Whether calls are under way under it. */
  get isBusy(): boolean {
    return this.#running > 0n
  }

  /** Whether nothing runs and nothing more fits, whatever comes. */
  get isUsedUp(): boolean {
    return this.#running === 0n && (this.#uses.size >= this.lease.count || this.#left < this.lease.perRequestMax)
  }

  /** Whether callers had better be told of another one. */
  isNearlyOver(now: number): boolean {
    return this.#isBelow(NEARLY_SHARE, now, NEARLY_MS)
  }

  /** Whether it is time to ask for the next one: half of it is used, or of its time. */
  isHalfOver(now: number): boolean {
    return this.#isBelow(2n, now, 2 * NEARLY_MS)
  }

  /** A call that could have named this lease did not. Those that were on their way when it came do not count. */
  passedBy(now: number): void {
    if (this.#uses.size === 0 && now > this.#since + HEARD_MS) this.#isIgnored = true
  }

  /** Whether its caller goes on calling and does not use it. */
  get isIgnored(): boolean {
    return this.#isIgnored && this.#uses.size === 0
  }

  /** What is to be reported now, to be given back to `reported` or to `unsent`. */
  report(wish?: LeaseWish): LeaseReport {
    const charges = this.#unreported.toSorted((a, b) => (a.at ?? 0) - (b.at ?? 0))
    const report: LeaseReport = { leaseId: this.lease.id, charges, final: this.#final === 'due' }
    if (this.#keeping !== undefined) report.kept = this.#keeping
    if (this.#failed > 0) report.failed = this.#failed
    if (wish !== undefined) report.wish = wish
    this.#unreported = []
    this.#waiting = 0n
    this.#keeping = undefined
    return report
  }

  /** The report has arrived. */
  reported({ final }: LeaseReport): void {
    if (final) this.#final = 'sent'
  }

  /** It is not known whether the report has arrived: all of it goes again. */
  unsent({ charges, kept = [] }: LeaseReport): void {
    this.#unreported = [...charges, ...this.#unreported]
    for (const { amount } of charges) this.#waiting += amount
    if (kept.length > 0) this.#keeping = [...kept, ...(this.#keeping ?? [])]
  }

  get #left(): bigint {
    return this.lease.amount - this.#charged - this.#running
  }

  #admits(n: number, hold: bigint, now: number): boolean {
    const { count, perRequestMax } = this.lease
    return n >= 1 && n <= count && hold <= perRequestMax && this.#fits(hold, now)
  }

  #fits(hold: bigint, now: number): boolean {
    return !this.#isOver && now < this.lease.expiresAt - MARGIN_MS && hold <= this.#left
  }

  #isBelow(share: bigint, now: number, ms: number): boolean {
    const { amount, count, expiresAt } = this.lease
    const left = count - this.#uses.size
    return this.#left * share <= amount || left * Number(share) <= count || expiresAt - now <= ms
  }
}

/** A number that was used: the same request is told how it stands, another one that it is another. */
function refusedAgain(use: Use, digest: Hex): Begun {
  if (use.digest !== digest) return { kind: 'refused', code: 'request_id_mismatch' }
  if (use.state === 'running' || use.state === 'kept') return { kind: 'refused', code: 'request_in_flight' }
  const known = use.receipt === undefined ? {} : { receipt: use.receipt }
  return { kind: 'refused', code: 'request_id_used', ...known }
}
