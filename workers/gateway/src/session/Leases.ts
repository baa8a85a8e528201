/**
 * The leases that this isolate holds: which call may be served from which, when to ask for the next one, and what becomes
 * of each until its session has been told all of it.
 *
 * A lease is a durable reservation in the stream session, so each call under it has one (I6). A call that names a lease
 * is served from it, by the isolate that holds it, or not at all: so one signed request is never served twice (I2).
 */
import type { ErrorCode } from '@pbstream/core/Errors'
import type { Hex } from '@pbstream/core/Hex'
import {
  LEASE_GRACE_MS,
  type Lease,
  type LeaseReply,
  type LeaseReport,
  type LeaseWish,
  type SessionReply,
  type SessionRoom,
} from '@pbstream/core/message/PaidSession'
import type { Report, ReportReply } from '@pbstream/core/message/Session'
import * as Wire from '@pbstream/core/session/Lease'
import { Lru } from '../Lru.ts'
import { CallRate } from './CallRate.ts'
import { HeldLease, type LeaseKey } from './HeldLease.ts'
import { type Keep, LeaseReports, type LeaseReportsPorts } from './LeaseReports.ts'

export type { LeaseKey } from './HeldLease.ts'

/** Fewer calls a second than `LEAST` are not worth a lease; one is for as many as `LIKELY` at least. */
const LEAST_PER_SECOND = 1
const LIKELY_PER_SECOND = 2
/** Asked for and not given, so long none is asked for. */
const DECLINED_MS = 1_000
/** Where a caller did not use the last one, so long none is asked for. */
const IGNORED_MS = 30_000
/** So long after callers are told of another lease they are on their way with the one before. */
const LEAVE_MS = 1_000
/** Routes of channels whose calls are counted. */
const LINES_MAX = 4_096
/** Pauses between the tries of a last report, when those of `LeaseReports` are used up. */
const RETRY_MS = 1_000
/** How soon a call that has outlived its lease looks again whether the session knows of it. */
const SOON_MS = 100

/** How often a call looks whether leases are given back, and the pauses between. */
const GIVE_BACK_LOOKS = 100
const GIVE_BACK_MS = 10

export type LeaseBookPorts = Omit<LeaseReportsPorts, 'wait'> & {
  /** Random, one for each isolate. */
  isolate: string
  wait?: LeaseReportsPorts['wait']
  /** Tells the session what became of a reservation. */
  report: (session: string, what: Report) => Promise<ReportReply | undefined>
}

/** A call that names a lease. */
export type Ask = {
  /** The header `PBStream-Lease`. */
  lease: string
  requestId: string
  digest: Hex
  /** The most that it can cost. */
  hold: bigint
}

export type Taken =
  | {
      kind: 'taken'
      /** Its id. */
      lease: string
      keyVersion?: number
      /** The channel as the session told of it last. */
      standing: SessionRoom
      /** Takes what became of the call. */
      send: (what: Report) => Promise<ReportReply | undefined>
    }
  /** Nothing was charged. `receipt`: of the same request, that was served before. */
  | { kind: 'refused'; code: ErrorCode; receipt?: string }

/** What is known of the calls of one route on one channel. */
type Line = {
  rate: CallRate
  current?: HeldLease
  next?: HeldLease
  /** The one before, which callers may still be naming, until then. */
  last?: { held: HeldLease; until: number }
  /** When one may be asked for again. */
  notBefore: number
}

export class LeaseBook {
  readonly #ports: LeaseBookPorts
  readonly #wait: LeaseReportsPorts['wait']
  readonly #reports: LeaseReports
  readonly #held = new Map<string, HeldLease>()
  readonly #lines = new Lru<string, Line>(LINES_MAX)

  constructor(ports: LeaseBookPorts) {
    this.#ports = ports
    this.#wait = ports.wait ?? pause
    const { now, open } = ports
    this.#reports = new LeaseReports({ now, open, wait: this.#wait }, (...sent) => this.#told(...sent))
  }

  /** Counts a call that pays the strict way, and says whether to ask for a lease along with it. `price`: of one call. */
  wish(key: LeaseKey, price: bigint): LeaseWish | undefined {
    const now = this.#ports.now()
    const line = this.#lineOf(key)
    line.rate.hit(now)
    const usable = this.#usable(line, now)
    usable?.passedBy(now)
    if (price === 0n || usable !== undefined || now < line.notBefore) return undefined
    if (line.rate.perSecond(now) <= LEAST_PER_SECOND) return undefined
    return this.#wishOf(line, price, now)
  }

  /** Learns from the session's answer to a strict payment; undefined: there was none. */
  replied(key: LeaseKey, reply: SessionReply | undefined, keep: Keep): void {
    if (reply?.kind !== 'granted' || reply.lease === undefined) return
    const { channel, accepted, room, lease } = reply
    this.#hold(key, lease, { channel, accepted, room }, keep)
  }

  /** Serves a call from the lease that it names, or refuses it. */
  take(key: LeaseKey, ask: Ask, keep: Keep): Taken {
    const { requestId, digest, hold } = ask
    const lease = Wire.parseNamed(ask.lease)
    const held = lease === undefined ? undefined : this.#held.get(lease)
    const numbered = Wire.parseRequestId(requestId)
    if (lease === undefined || held === undefined || numbered?.id !== lease || !held.isFor(key)) return elsewhere
    const { n } = numbered
    const now = this.#ports.now()
    const begun = held.begin({ n, digest, hold }, now)
    if (begun.kind === 'refused') return begun
    const line = this.#lineOf(key)
    line.rate.hit(now)
    this.#retire(line, now, keep)
    this.#renew(line, held, now, keep)
    const { keyVersion } = held.lease
    const send = (what: Report) => this.#send(held, n, what, keep)
    return { kind: 'taken', lease, standing: held.standing, send, ...(keyVersion === undefined ? {} : { keyVersion }) }
  }

  /** The header `PBStream-Lease` of answers: what the next call may name. */
  header(key: LeaseKey): string | undefined {
    const line = this.#lines.get(nameOf(key))
    return line === undefined ? undefined : this.#usable(line, this.#ports.now())?.header
  }

  /** The channel as its session told of it last, if this isolate holds a lease on it. */
  standing(key: LeaseKey): SessionRoom | undefined {
    return this.#lines.get(nameOf(key))?.current?.standing
  }

  /**
   * Ends this isolate's leases on a channel, so that what they hold can pay for a call that finds no room beside them.
   * True: some of it is free again.
   */
  async giveBack({ channelId }: Pick<LeaseKey, 'channelId'>, keep: Keep): Promise<boolean> {
    const open = [...this.#held.values()].filter((held) => held.key.channelId === channelId && !held.isClosed)
    for (const held of open) this.#end(held, keep)
    for (let looks = 0; looks < GIVE_BACK_LOOKS && !open.every((held) => held.isClosed); looks++)
      await this.#wait(GIVE_BACK_MS)
    return open.some((held) => held.isClosed)
  }

  /** Takes a lease in. The request that brought it stays until it is over, to report the end of it. */
  #hold(key: LeaseKey, lease: Lease, standing: SessionRoom, keep: Keep): void {
    if (this.#held.has(lease.id)) return
    const now = this.#ports.now()
    const held = new HeldLease(lease, key, standing, now)
    this.#held.set(lease.id, held)
    const line = this.#lineOf(key)
    if (this.#usable(line, now) === undefined) line.current = held
    else line.next = held
    line.notBefore = Number.NEGATIVE_INFINITY
    keep(this.#attend(held, keep))
  }

  /** Ends a lease when its time is over, and reports until that has arrived or nobody listens any more. */
  async #attend(held: HeldLease, keep: Keep): Promise<void> {
    const { now } = this.#ports
    const { expiresAt, id } = held.lease
    await this.#wait(Math.max(0, expiresAt - now()))
    this.#end(held, keep)
    while (!held.isClosed && now() < expiresAt + LEASE_GRACE_MS) {
      await this.#wait(RETRY_MS)
      if (!held.isClosed) this.#reports.add(held, keep)
    }
    this.#held.delete(id)
  }

  #end(held: HeldLease, keep: Keep): void {
    if (held.isOver) return
    held.end()
    if (held.isIgnored) this.#lineOf(held.key).notBefore = this.#ports.now() + IGNORED_MS
    this.#reports.add(held, keep)
  }

  /** What became of a call. */
  async #send(held: HeldLease, n: number, what: Report, keep: Keep): Promise<ReportReply | undefined> {
    if (held.isKept(n)) return this.#sendKept(held, what, keep)
    // While its lease runs, it needs no sign of life.
    if (what.kind === 'mark') return { done: true }
    // What it may cost was said when it was leased.
    if (what.kind !== 'post' && what.kind !== 'void') return { done: false }
    const done =
      what.kind === 'post'
        ? held.charge(n, what.amount, what.receipt, what.usage)
        : held.drop(n, what.freesId, what.failed === true)
    if (held.isUsedUp) this.#end(held, keep)
    if (held.isDue) this.#reports.add(held, keep)
    return { done }
  }

  /** The session has to know that the call has a reservation of its own before it is told how that ended. */
  async #sendKept(held: HeldLease, what: Report, keep: Keep): Promise<ReportReply | undefined> {
    const { now } = this.#ports
    while (!held.isClosed && now() < held.lease.expiresAt + LEASE_GRACE_MS) {
      this.#reports.add(held, keep)
      await this.#wait(SOON_MS)
    }
    return this.#ports.report(held.key.session, what)
  }

  /** What is left of a lease that nobody is told of any more goes back ahead of its time. */
  #retire(line: Line, now: number, keep: Keep): void {
    if (line.last === undefined || now < line.last.until || line.last.held.isBusy) return
    this.#end(line.last.held, keep)
    delete line.last
  }

  /** Asks for the next lease while this one lasts. */
  #renew(line: Line, held: HeldLease, now: number, keep: Keep): void {
    if (held !== line.current || line.next !== undefined || now < line.notBefore || !held.isHalfOver(now)) return
    this.#reports.add(held, keep, this.#wishOf(line, held.lease.perRequestMax, now))
  }

  #wishOf(line: Line, price: bigint, now: number): LeaseWish {
    line.notBefore = now + DECLINED_MS
    const perSecond = Math.max(LIKELY_PER_SECOND, line.rate.perSecond(now))
    return { isolate: this.#ports.isolate, perSecond, price }
  }

  /** A report has arrived. */
  #told(held: HeldLease, report: LeaseReport, reply: LeaseReply, keep: Keep): void {
    const { channel, accepted, room, lease } = reply
    if (channel !== undefined && accepted !== undefined && room !== undefined)
      held.standing = { channel, accepted, room }
    const lost = report.charges.length + (report.kept?.length ?? 0) - reply.taken
    if (lost > 0) console.error(JSON.stringify({ event: 'lease_reported_in_vain', count: lost }))
    if (held.isClosed) this.#held.delete(held.lease.id)
    if (reply.kind === 'ended') this.#end(held, keep)
    if (lease !== undefined) this.#hold(held.key, lease, held.standing, keep)
  }

  /** The lease that callers are told of: the older one until it is nearly used. */
  #usable(line: Line, now: number): HeldLease | undefined {
    const { current, next } = line
    if (next !== undefined && !(current?.isUsable(now) === true && !current.isNearlyOver(now))) {
      if (current !== undefined) line.last = { held: current, until: now + LEAVE_MS }
      line.current = next
      delete line.next
    }
    return line.current?.isUsable(now) === true ? line.current : undefined
  }

  #lineOf(key: LeaseKey): Line {
    const name = nameOf(key)
    const known = this.#lines.get(name)
    if (known !== undefined) return known
    const line: Line = { rate: new CallRate(), notBefore: Number.NEGATIVE_INFINITY }
    this.#lines.set(name, line)
    return line
  }
}

const elsewhere: Taken = { kind: 'refused', code: 'lease_elsewhere' }

/** The id of a channel is a hash over its key: no two sessions share one. */
function nameOf({ channelId, epoch, routeId, rateVersion, country, place }: LeaseKey): string {
  return `${channelId} ${epoch} ${rateVersion} ${country}${place} ${routeId}`
}

function pause(ms: number): Promise<void> {
  return new Promise((done) => setTimeout(done, ms))
}
