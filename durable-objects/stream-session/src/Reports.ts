/** How reservations end: posted, voided or expired, each exactly once (I7). */
import * as Ledger from '@pbstream/core/Ledger'
import type { Counts } from '@pbstream/core/message/Counts'
import type { Outcome as ToldOutcome, Report, ReportReply } from '@pbstream/core/message/Session'
import * as Admission from './Admission.ts'
import * as Counted from './Counted.ts'
import * as Growth from './Growth.ts'
import * as Permit from './Permit.ts'
import * as Plan from './Plan.ts'
import type { RequestRow, Reservation } from './Rows.ts'
import * as Ended from './sentinel/Ended.ts'
import type { State } from './State.ts'

/** How long an answer is kept for replay. */
export const ANSWER_MS = 600_000

/** What a request id stands for when its reservation has ended; `freed`: nothing, it may be used again. */
type Outcome = 'freed' | Pick<RequestRow, 'state' | 'receipt'>

const unknown: Outcome = { state: 'unknown', receipt: undefined }

/** What became of a reservation. A reservation that is unknown or has ended changes nothing. */
export function report(state: State, said: Report, now: number): ReportReply {
  const { reservationId } = said
  if (said.kind === 'answer') {
    state.answers.set(reservationId, { answer: said.answer, expiresAt: now + ANSWER_MS })
    return { done: true }
  }
  const held = state.reservations.get(reservationId)
  if (held === undefined) return { done: false }
  switch (said.kind) {
    case 'post': {
      const { usage } = said
      const amount = said.amount < held.hold ? said.amount : held.hold
      end(state, reservationId, held, amount, { state: 'done', receipt: said.receipt }, 'posted', now, usage)
      break
    }
    case 'void':
      end(state, reservationId, held, 0n, said.freesId ? 'freed' : unknown, said.failed ? 'failed' : 'voided', now)
      break
    case 'mark':
      return mark(state, said, held, now)
    case 'grow':
      return Growth.grow(state, said, held, now)
    case 'time':
      // What nobody reported in time is over, whether the alarm has come or not.
      if (now < held.expiresAt) return Growth.time(state, said, held, now)
      expired(state, reservationId, held, now)
      return { done: false }
  }
  return { done: true, channel: Ledger.view(state.row(held.channelId).channel) }
}

/** What became of a reservation that was made for a request id. */
export function outcome(state: State, reservationId: string, requestId: string): ToldOutcome {
  if (state.reservations.get(reservationId) !== undefined) return { kind: 'open' }
  const request = state.requests.get(requestId)
  // An id that was freed may stand for a later reservation by now.
  if (request?.reservationId !== reservationId || request.state !== 'done') return { kind: 'ended' }
  return { kind: 'charged', ...(request.receipt === undefined ? {} : { receipt: request.receipt }) }
}

/** Ends the reservations that showed no progress for too long: their last mark is charged, or nothing. */
export function expire(state: State, now: number): void {
  for (const [id, held] of [...state.reservations.entries()]) {
    if (held.expiresAt <= now) state.attempt(() => expired(state, id, held, now))
  }
}

/**
 * Notes progress, which gives a reservation another 90 s; not where its channel's money is about to leave. What is being
 * delivered there is to end and be charged now, in time for a claim; what has not begun may still come in its time.
 */
function mark(state: State, said: Extract<Report, { kind: 'mark' }>, held: Reservation, now: number): ReportReply {
  const { channel } = state.row(held.channelId)
  const next = marked(held, said)
  const refused = Admission.leaving(channel, now)
  const expiresAt = refused === undefined ? now + Admission.RESERVATION_MS : held.expiresAt
  state.reservations.set(said.reservationId, { ...next, expiresAt })
  const reply = { channel: Ledger.view(channel) }
  return refused === undefined || next.marked === 0n ? { done: true, ...reply } : { done: false, refused, ...reply }
}

/** Progress, with its usage: neither falls. */
function marked(held: Reservation, { amount, usage }: Extract<Report, { kind: 'mark' }>): Reservation {
  const next = Ledger.mark(held, amount)
  return usage === undefined || amount < held.marked ? next : { ...next, metered: { ...held.metered, usage } }
}

function expired(state: State, id: string, held: Reservation, now: number): void {
  end(state, id, held, held.marked, unknown, 'lapsed', now, held.metered?.usage)
}

/** The id of what went on for long, a rental perhaps, was taken long ago: it has its time from its end on. */
function knownUntil({ expiresAt }: RequestRow, now: number): number {
  return expiresAt >= now + Admission.REQUEST_MS ? expiresAt : now + Admission.REQUEST_TAKEN_MS
}

function end(
  state: State,
  id: string,
  held: Reservation,
  amount: bigint,
  outcome: Outcome,
  how: Ended.How,
  now: number,
  usage?: Counts,
): void {
  const row = state.row(held.channelId)
  const ended = Ledger.post(row.channel, held.hold, amount)
  if (!('channel' in ended)) throw new Error(`a reservation could not end: ${ended.refused}`)
  state.reservations.delete(id)
  Permit.ended(state, held, row.channel.config.token, amount)
  const { requestId, providerId, routeId, rateVersion } = held
  const taken = requestId === undefined ? undefined : state.requests.get(requestId)
  if (requestId !== undefined && taken?.reservationId === id) {
    if (outcome === 'freed') state.requests.delete(requestId)
    else state.requests.set(requestId, { ...taken, ...outcome, expiresAt: knownUntil(taken, now) })
  }
  const plan = amount > 0n ? Plan.charged(row.plan, now) : row.plan
  const named = requestId === undefined ? {} : { requestId }
  const metered = usage === undefined ? {} : { usage }
  const details = {
    reservationId: id,
    ...named,
    providerId,
    routeId,
    rateVersion,
    ...metered,
    ...Ended.from(held.asked),
  }
  state.put({ ...row, plan }, ended.channel, now, details)
  const period = held.metered?.period
  if (period !== undefined && (amount > 0n || usage !== undefined)) {
    Counted.count(state, routeId, period, usage ?? {}, amount)
  }
  Ended.ended(state, held, amount, how, now)
  if (amount > 0n) state.claim(held.channelId, now)
}
