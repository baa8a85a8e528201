/**
 * The Durable Object that orders every charge of one session key.
 *
 * Calls that arrive together are one group: applied in order to the books, written in one transaction, and answered
 * when that stands (group commit). What the calls mean is in `Book`; this class has the queue of calls, the storage,
 * the clock, the alarm and the message queues.
 */
import { DurableObject } from 'cloudflare:workers'
import type { Address, Hex } from '@pbstream/core/Hex'
import type {
  LeaseReply,
  LeaseReport,
  ReceiptReply,
  SessionAsk,
  SessionOpen,
  SessionOpened,
  SessionRaise,
  SessionReply,
  SessionReserve,
  SessionsEnded,
} from '@pbstream/core/message/PaidSession'
import type {
  ChainEvent,
  ChannelNumbers,
  Outcome,
  OwedChannel,
  PolicyStanding,
  RefundReply,
  RefundRequest,
  Report,
  ReportReply,
  Reserve,
  ReserveReply,
  SessionRef,
  SetPolicyReply,
  StreamSessionApi,
} from '@pbstream/core/message/Session'
import type {
  ChannelStanding,
  CloseStep,
  DrainReply,
  SessionOperationsApi,
  TermsInForce,
} from '@pbstream/core/message/Operations'
import {
  isScope,
  type Releaser,
  type ReleaseOrder,
  type ReleaseReply,
  type RulesetSnapshot,
  type Scope,
  type SentinelStanding,
  type SetRulesReply,
  type Snooze,
  type StopOrder,
  type StopRow,
} from '@pbstream/core/message/Sentinel'
import type { ClaimMessage } from '@pbstream/core/message/Settlement'
import * as Policy from '@pbstream/core/Policy'
import { Book, EVENTS_MS } from './Book.ts'
import * as Check from './Check.ts'
import { isChainEvent, isRefundRequest, isReport, isReserve, isTerms, isSession, isVouchersRequest } from './Check.ts'
import {
  isLeaseReport,
  isReceiptAsk,
  isSessionAsk,
  isSessionOpen,
  isSessionRaise,
  isSessionReserve,
} from './CheckPaid.ts'
import { sendClaims, sendEvents, type Sent } from './Outbox.ts'
import { migrate } from './schema.ts'
import { settings, type StreamSessionEnv } from './Settings.ts'
import { Store } from './Store.ts'

const unavailable = { kind: 'refused', code: 'temporarily_unavailable' } as const
const malformed = { kind: 'refused', code: 'malformed_payment' } as const
/** Pruning does not wake an object more often than this. */
const PRUNE_EVERY_MS = 600_000
/** More sets than this do not come at a time. */
const SETS_MAX = 10
/** After a failure the alarm comes back so soon. */
const AGAIN_MS = 5_000

/** One call, applied within a group: `settle` when the group is durable, `fail` when it is not. */
type Job = { apply(book: Book, now: number): void; settle(): void; fail(error: unknown): void }

export class StreamSession extends DurableObject<StreamSessionEnv> implements StreamSessionApi, SessionOperationsApi {
  readonly #store: Store
  readonly #book: Book
  #jobs: Job[] = []
  /** Callers of `reserve` whose reply is not out yet. */
  readonly #waiting = new Map<number, (reply: ReserveReply) => void>()
  #tickets = 0
  #committing = false
  #alarmAt: number | undefined
  #turnTimer: ReturnType<typeof setTimeout> | undefined

  constructor(ctx: DurableObjectState, env: StreamSessionEnv) {
    super(ctx, env)
    const { sql } = ctx.storage
    ctx.storage.transactionSync(() => migrate(sql))
    this.#store = new Store(sql)
    const ports = { reader: this.#store, id: () => crypto.randomUUID(), dropped }
    this.#book = new Book(this.#store.load(), ports, settings(env))
    // The alarm of an object that comes back is the one that was left armed; without one, work would wait for a call.
    void ctx.blockConcurrencyWhile(async () => {
      this.#alarmAt = (await ctx.storage.getAlarm()) ?? undefined
      this.#arm(this.#dueAt(Date.now()))
    })
  }

  reserve(command: Reserve, reports?: Report[]): Promise<ReserveReply> {
    // In the same group, so a reply means that they were written; a failed group answers unavailable, and they come again.
    if (Array.isArray(reports) && reports.length > 0) this.report(1, reports).catch(dropped)
    if (command?.v !== 1) return Promise.resolve(unavailable)
    if (!isReserve(command)) return Promise.resolve(malformed)
    return new Promise((resolve) => {
      const ticket = ++this.#tickets
      this.#waiting.set(ticket, resolve)
      this.#enqueue({
        apply: (book, now) => book.reserve(ticket, command, now),
        settle: () => {},
        fail: () => this.#reply(ticket, unavailable),
      })
    })
  }

  report(v: 1, reports: Report[]): Promise<ReportReply[]> {
    if (v !== 1 || !Array.isArray(reports)) return Promise.reject(new Error('unknown version of report'))
    return this.#each(reports, (book, report, now) => (isReport(report) ? book.report(report, now) : { done: false }))
  }

  outcome(v: 1, reservationId: string, requestId: string): Promise<Outcome> {
    return v === 1
      ? Promise.resolve(this.#book.outcome(String(reservationId), String(requestId)))
      : Promise.reject(new Error('unknown version of outcome'))
  }

  refund(request: RefundRequest): Promise<RefundReply> {
    if (request?.v !== 1) return Promise.resolve(unavailable)
    if (!isRefundRequest(request)) return Promise.resolve(malformed)
    return this.#each([request], (book, asked, now) => book.refund(asked, now)).then(
      ([reply]) => reply ?? unavailable,
      () => unavailable,
    )
  }

  openSession(command: SessionOpen): Promise<SessionOpened> {
    if (command?.v !== 1) return Promise.resolve(unavailable)
    if (!isSessionOpen(command)) return Promise.resolve(malformed)
    return this.#one<SessionOpened>((book, now) => book.openSession(command, now), unavailable)
  }

  pay(command: SessionReserve, reports?: Report[], leases?: LeaseReport[]): Promise<SessionReply> {
    // As with `reserve`: a reply means that they were written.
    if (Array.isArray(reports) && reports.length > 0) this.report(1, reports).catch(dropped)
    if (Array.isArray(leases) && leases.length > 0) this.leased(1, leases).catch(dropped)
    if (command?.v !== 1) return Promise.resolve(unavailable)
    if (!isSessionReserve(command)) return Promise.resolve(malformed)
    return this.#one<SessionReply>((book, now) => book.pay(command, now), unavailable)
  }

  raise(command: SessionRaise): Promise<SessionOpened> {
    if (command?.v !== 1) return Promise.resolve(unavailable)
    if (!isSessionRaise(command)) return Promise.resolve(malformed)
    return this.#one<SessionOpened>((book, now) => book.raise(command, now), unavailable)
  }

  leased(v: 1, reports: LeaseReport[]): Promise<LeaseReply[]> {
    if (v !== 1 || !Array.isArray(reports)) return Promise.reject(new Error('unknown version of leased'))
    return this.#each(reports, (book, report, now) => {
      return isLeaseReport(report) ? book.leased(report, now) : { kind: 'ended', taken: 0 }
    })
  }

  endSessions(command: SessionAsk): Promise<SessionsEnded> {
    if (command?.v !== 1) return Promise.resolve(unavailable)
    if (!isSessionAsk(command)) return Promise.resolve(malformed)
    return this.#one<SessionsEnded>((book) => book.endSessions(command), unavailable)
  }

  receipt(command: SessionAsk & { requestId: string }): Promise<ReceiptReply> {
    if (command?.v !== 1) return Promise.resolve(unavailable)
    return Promise.resolve(isReceiptAsk(command) ? this.#book.receipt(command, Date.now()) : malformed)
  }

  async acknowledge(v: 1, events: ChainEvent[]): Promise<void> {
    if (v !== 1 || !Array.isArray(events)) throw new Error('unknown version of acknowledge')
    await this.#each(events, (book, event, now) => (isChainEvent(event) ? book.acknowledge(event, now) : undefined))
  }

  vouchers(v: 1, receiver: Address, channelIds: Hex[]): Promise<OwedChannel[]> {
    const known = v === 1 && isVouchersRequest(receiver, channelIds)
    return known
      ? Promise.resolve(this.#book.owed(receiver, channelIds))
      : Promise.reject(new Error('unknown version of vouchers'))
  }

  view(v: 1, channelId: Hex): Promise<ChannelNumbers | undefined> {
    return Promise.resolve(v === 1 ? this.#book.view(channelId) : undefined)
  }

  async setPolicy(v: 1, session: SessionRef, policy: Policy.Policy): Promise<SetPolicyReply> {
    if (v !== 1) throw new Error('unknown version of setPolicy')
    if (!isSession(session) || !Policy.isPolicy(policy)) throw new TypeError('not a policy of a session key')
    // Members that are not known are not kept.
    const known = Policy.parse(Policy.toJson(policy))
    const [reply] = await this.#each([known], (book, asked, now) => book.setPolicy(session, asked, now))
    return reply!
  }

  policy(v: 1): Promise<PolicyStanding | undefined> {
    return Promise.resolve(v === 1 ? this.#book.policy(Date.now()) : undefined)
  }

  setRules(v: 1, session: SessionRef, snapshots: RulesetSnapshot[]): Promise<SetRulesReply> {
    const known = v === 1 && Array.isArray(snapshots) && snapshots.length <= SETS_MAX
    return this.#order(known, session, (book) => book.setRules(session, snapshots))
  }

  snooze(v: 1, session: SessionRef, order: Snooze): Promise<void> {
    return this.#order(v === 1 && Check.isSnooze(order), session, (book, now) => book.snooze(session, order, now))
  }

  stop(v: 1, session: SessionRef, order: StopOrder): Promise<StopRow | undefined> {
    return this.#order(v === 1 && Check.isStopOrder(order), session, (book, now) => book.stop(session, order, now))
  }

  releaseStop(v: 1, session: SessionRef, order: ReleaseOrder): Promise<ReleaseReply> {
    const known = v === 1 && Check.isReleaseOrder(order)
    return this.#order(known, session, (book, now) => book.releaseStop(session, order, now))
  }

  closeBreaker(v: 1, session: SessionRef, order: { scope: Scope; by: Releaser; reason: string }): Promise<boolean> {
    const known = v === 1 && isScope(order?.scope) && Check.isReleaser(order.by) && Check.isText(order.reason, 500)
    return this.#order(known, session, (book, now) => book.closeBreaker(session, order, now))
  }

  sentinel(v: 1): Promise<SentinelStanding> {
    return v === 1
      ? Promise.resolve(this.#book.sentinel(Date.now()))
      : Promise.reject(new Error('unknown version of sentinel'))
  }

  standing(v: 1, channelId: Hex): Promise<ChannelStanding | undefined> {
    return Promise.resolve(v === 1 ? this.#book.standing(channelId, Date.now()) : undefined)
  }

  async drain(v: 1, channelId: Hex): Promise<DrainReply> {
    if (v !== 1) throw new Error('unknown version of drain')
    const [reply] = await this.#each([channelId], (book, id, now) => book.drain(id, now))
    return reply ?? { kind: 'unknown_channel' }
  }

  async close(v: 1, channelId: Hex, keep: TermsInForce): Promise<CloseStep> {
    if (v !== 1 || !isTerms(keep)) throw new Error('unknown version of close')
    const [reply] = await this.#each([channelId], (book, id, now) => book.close(id, keep, now))
    return reply ?? { kind: 'unknown_channel' }
  }

  /** Everything that time does. Never fails: an alarm that fails too often is never called again. */
  override async alarm(): Promise<void> {
    this.#alarmAt = undefined
    let failed = false
    try {
      await this.#each([undefined], (book, _, now) => book.tick(now))
      const before = this.#book.positions
      let after: Sent = before
      try {
        await sendEvents(this.env, this.#book, this.#store, (sent) => (after = sent))
      } finally {
        if (after !== before) await this.#each([after], (book, { sent, told }) => (book.sent(sent), book.told(told)))
      }
      this.#store.prune(Date.now(), this.#book.positions.sent, this.#book.positions.told)
    } catch (error) {
      failed = true
      dropped(error)
    }
    const now = Date.now()
    const due = this.#dueAt(now)
    const notBefore = now + (failed ? AGAIN_MS : EVENTS_MS)
    if (failed || due !== undefined) this.#arm(Math.max(due ?? 0, notBefore))
  }

  /** Runs `apply` in the next group; `failed` is the answer when that cannot be written. */
  #one<R>(apply: (book: Book, now: number) => R, failed: R): Promise<R> {
    return new Promise((resolve) => {
      let reply = failed
      this.#enqueue({
        apply: (book, now) => {
          reply = apply(book, now)
        },
        settle: () => resolve(reply),
        fail: () => resolve(failed),
      })
    })
  }

  /** An order about this key, of Sentinel or of who may speak for it. Rejects when it could not be written. */
  async #order<R>(isKnown: boolean, session: SessionRef, apply: (book: Book, now: number) => R): Promise<R> {
    if (!isKnown || !isSession(session)) throw new TypeError('not an order of a known form')
    const [reply] = await this.#each([undefined], (book, _, now) => apply(book, now))
    return reply as R
  }

  /** Runs `apply` for each item in the next group. An item that meets a bug is dropped alone, and fails the call. */
  #each<T, R>(items: readonly T[], apply: (book: Book, item: T, now: number) => R): Promise<R[]> {
    return new Promise((resolve, reject) => {
      const results: R[] = []
      let bug: unknown
      this.#enqueue({
        apply: (book, now) => {
          for (const item of items) {
            const mark = book.mark()
            try {
              results.push(apply(book, item, now))
            } catch (error) {
              book.rollback(mark)
              bug = error
            }
          }
        },
        settle: () => (bug === undefined ? resolve(results) : reject(bug)),
        fail: reject,
      })
    })
  }

  /**
   * A call that comes alone is committed at once. While a commit is on its way to the disk, calls gather, and go
   * together in the next one: the more there is to do, the larger the groups.
   */
  #enqueue(job: Job): void {
    this.#jobs.push(job)
    if (!this.#committing) void this.#commitAll()
  }

  async #commitAll(): Promise<void> {
    this.#committing = true
    try {
      // Reports that travelled in one message are one group.
      await Promise.resolve()
      while (this.#jobs.length > 0) {
        this.#commit()
        await this.ctx.storage.sync()
      }
    } catch (error) {
      // The disk did not take it: the platform holds back the answers and resets the object.
      dropped(error)
      for (const job of this.#jobs.splice(0)) job.fail(error)
    } finally {
      this.#committing = false
    }
  }

  /** Applies all calls that wait, in order, and commits them together. */
  #commit(): void {
    const jobs = this.#jobs
    this.#jobs = []
    const book = this.#book
    const now = Date.now()
    const applied: Job[] = []
    for (const job of jobs) {
      const mark = book.mark()
      try {
        job.apply(book, now)
        applied.push(job)
      } catch (error) {
        book.rollback(mark)
        dropped(error)
        job.fail(error)
      }
    }
    const changes = book.changes()
    try {
      this.ctx.storage.transactionSync(() => this.#store.write(changes))
    } catch (error) {
      book.rollback()
      book.commit()
      dropped(error)
      for (const job of applied) job.fail(error)
      this.#arm(now + AGAIN_MS)
      this.#armTurns(now + AGAIN_MS)
      return
    }
    const { replies, claims } = book.commit()
    this.#arm(book.changesDueAt(changes, now))
    this.#armTurns()
    for (const [ticket, reply] of replies) this.#reply(ticket, reply)
    for (const job of applied) job.settle()
    if (claims.length > 0) this.ctx.waitUntil(this.#send(claims))
  }

  #reply(ticket: number, reply: ReserveReply): void {
    this.#waiting.get(ticket)?.(reply)
    this.#waiting.delete(ticket)
  }

  /** Claims leave after their commit. Those that the queue does not take are due again soon. */
  async #send(claims: ClaimMessage[]): Promise<void> {
    const failed = await sendClaims(this.env, claims)
    if (failed.length === 0) return
    await this.#each([failed], (book, channelIds, now) => book.unsent(channelIds, now)).catch(dropped)
  }

  #dueAt(now: number): number | undefined {
    const { sent, told } = this.#book.positions
    const work = this.#book.dueAt(now)
    const oldest = this.#store.pruneDueAt(sent, told)
    const prune = oldest === undefined ? undefined : Math.max(oldest, now + PRUNE_EVERY_MS)
    return work === undefined ? prune : Math.min(work, prune ?? work)
  }

  /** Makes sure that the alarm comes at `at` or before. */
  #arm(at: number | undefined): void {
    if (at === undefined || (this.#alarmAt !== undefined && this.#alarmAt <= at)) return
    this.#alarmAt = at
    this.ctx.storage.setAlarm(at).catch((error: unknown) => {
      this.#alarmAt = undefined
      dropped(error)
    })
  }

  /** Turns are in memory, and so is the timer that ends them. */
  #armTurns(notBefore = 0): void {
    if (this.#turnTimer !== undefined) clearTimeout(this.#turnTimer)
    const due = this.#book.turnDueAt
    if (due === undefined) return
    const wait = Math.max(due, notBefore) - Date.now()
    this.#turnTimer = setTimeout(
      () => {
        this.#each([undefined], (book, _, now) => book.lapse(now)).catch(dropped)
      },
      Math.max(0, wait),
    )
  }
}

/** Something failed that no caller can be told about. Names only: no amounts, vouchers or ids leave in logs (I12). */
function dropped(error: unknown): void {
  console.error('stream-session:', error instanceof Error ? `${error.name}: ${error.message}` : 'unknown error')
}
