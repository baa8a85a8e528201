/** Pays requests out of an open session: signed, in parallel, and never twice. */
import * as Base64 from '@pbstream/core/Base64'
import * as Amount from '@pbstream/core/Amount'
import * as HttpSignature from '@pbstream/core/session/HttpSignature'
import * as Lease from '@pbstream/core/session/Lease'
import * as Room from '@pbstream/core/session/Room'
import { AnswerLostError } from '../errors/Payer.ts'
import { type ProblemBody, problemOf } from '../errors/Problem.ts'
import { type Context, errorOf, isUnseen, sleep, waitFor, waitOut } from './Context.ts'
import * as Endpoint from './Endpoint.ts'
import type { Outgoing } from './Outgoing.ts'
import { signedHeaders } from './RequestSigner.ts'
import type { Session, Ticket } from './Session.ts'

/** How often a request is sent again, for each reason. */
const REPEATS = 2
const ROOM_TRIES = 5
/** How long an answer that was lost is looked for, in milliseconds. */
const LOOK_MS = 60_000
const LOOK_AGAIN_MS = 1_000

/** What came of it: an answer for the caller, or a session that has ended. */
export type Paid = { kind: 'answer'; response: Response } | { kind: 'ended' }

/** What is known of one request while it is sent, perhaps more than once. */
type Course = {
  /** The id under which it may have been served. Nothing is sent under another until that is out of the question. */
  id: string | undefined
  /** It may have been served under `id`. */
  mayBeServed: boolean
  lease: string | undefined
  /** Not under a lease any more. */
  strict: boolean
  room: number
  repeats: number
  busy: number
}

/** Where a request goes, without its query: what its price and its lease go by. */
export function placeOf({ method, url }: Outgoing): string {
  return `${method} ${url.pathname}`
}

/**
 * Sends a request of the session.
 *
 * @throws {BudgetExceededError} when its room cannot be had; {AnswerLostError} when it was served and its answer is gone;
 * whatever `fetch` throws when it was not served, or may not be repeated.
 */
export async function paySession(context: Context, session: Session, outgoing: Outgoing): Promise<Paid> {
  const place = placeOf(outgoing)
  const course: Course = {
    ...{ id: outgoing.id, mayBeServed: false, lease: undefined, strict: outgoing.id !== undefined },
    ...{ room: 0, repeats: 0, busy: 0 },
  }
  for (;;) {
    const ticket = await enter(session, place, course)
    course.id = ticket.id
    course.lease = ticket.lease
    const outcome = await send(context, session, outgoing, ticket).catch((error: unknown) => ({ error }))
    if ('error' in outcome) {
      session.leave(ticket)
      await lost(context, session, outgoing, course, outcome.error)
      continue
    }
    const { response } = outcome
    const room = Room.parseRoom(response.headers.get('pbstream-room'))
    session.leave(ticket, { room, price: priceOf(response, context.budget.perRequest) })
    session.leases.offered(place, response.headers.get('pbstream-lease'))
    const problem = await problemOf(response)
    if (problem === undefined) {
      if (response.ok) learn(session, place, response)
      return { kind: 'answer', response }
    }
    const next = await react(context, session, outgoing, course, response, problem)
    if (next !== 'again') return next
  }
}

/** A ticket: a fresh one, or one under the id that a lost request had. */
async function enter(session: Session, place: string, course: Course): Promise<Ticket> {
  const { id, lease, strict } = course
  if (course.mayBeServed && id !== undefined && lease !== undefined) return session.again({ id, lease, hold: 0n })
  return session.enter(place, { hold: session.priceOf(place), id, strict })
}

async function send(context: Context, session: Session, outgoing: Outgoing, ticket: Ticket) {
  outgoing.signal.throwIfAborted()
  const contentDigest = await outgoing.contentDigest()
  const parts: HttpSignature.Parts = {
    method: outgoing.method,
    targetUri: outgoing.url.href,
    ...(contentDigest === undefined ? {} : { contentDigest }),
    idempotencyKey: ticket.id,
    maxPrice: Amount.toString(context.budget.perRequest),
    session: session.record.token,
    ...(ticket.lease === undefined ? {} : { lease: Lease.encodeNamed(ticket.lease) }),
    ...(ticket.voucher === undefined ? {} : { voucher: Room.encodeVoucher(ticket.voucher) }),
  }
  const headers = await signedHeaders(parts, await session.signer(), session.record.algorithm, context.clock.now())
  return { response: await context.send(outgoing.with(headers), outgoing.init) }
}

/** What an answer that is a problem means for the request. */
async function react(
  context: Context,
  session: Session,
  outgoing: Outgoing,
  course: Course,
  response: Response,
  { code }: ProblemBody,
): Promise<Paid | 'again'> {
  const answer: Paid = { kind: 'answer', response }
  const place = placeOf(outgoing)
  switch (code) {
    case 'session_ended':
    case 'session_expired':
    case 'session_token_invalid':
      if (course.mayBeServed) throw new AnswerLostError(course.id as string)
      return { kind: 'ended' }
    case 'session_signature_expired':
      if (!context.clock.correct(response)) return answer
      leaveUnused(session, place, course)
      return 'again'
    case 'session_room_short': {
      const room = Room.parseRoom(response.headers.get('pbstream-room'))
      course.room += 1
      if (room === undefined || course.room > ROOM_TRIES) return answer
      session.short(place, room)
      return 'again'
    }
    case 'price_above_maximum':
      context.budget.checkRequest(priceAbove(response))
      return answer
    case 'lease_elsewhere':
      if (course.mayBeServed) await look(context, session, outgoing, course)
      leaveLease(session, place, course)
      return course.strict ? 'again' : answer
    case 'request_in_flight':
    case 'request_id_used':
    case 'request_id_mismatch':
      return used(context, session, outgoing, course, response, code)
    case 'temporarily_unavailable':
      course.busy += 1
      if (course.busy > REPEATS) return answer
      await waitFor(response, outgoing.signal)
      leaveUnused(session, place, course)
      return 'again'
    default:
      return refused(context, session, outgoing, course, response, code)
  }
}

/** A refusal that may pass. One that came without a look at what was served before does not say that nothing was. */
async function refused(
  context: Context,
  session: Session,
  outgoing: Outgoing,
  course: Course,
  response: Response,
  code: string,
): Promise<Paid | 'again'> {
  if (course.busy < REPEATS && (await waitOut(code, response, outgoing.signal))) {
    course.busy += 1
    leaveUnused(session, placeOf(outgoing), course)
    return 'again'
  }
  if (course.mayBeServed && isUnseen(code)) await look(context, session, outgoing, course)
  return { kind: 'answer', response }
}

/** The gateway knows the id. It is ours if an answer was lost; otherwise somebody else had the number of the lease. */
async function used(
  context: Context,
  session: Session,
  outgoing: Outgoing,
  course: Course,
  response: Response,
  code: string,
): Promise<Paid | 'again'> {
  if (!course.mayBeServed) {
    if (course.lease === undefined) return { kind: 'answer', response }
    leaveLease(session, placeOf(outgoing), course)
    return 'again'
  }
  if (code === 'request_id_used') {
    throw new AnswerLostError(course.id as string, response.headers.get('pbstream-receipt') ?? undefined)
  }
  if (code !== 'request_in_flight') return { kind: 'answer', response }
  await look(context, session, outgoing, course)
  leaveLease(session, placeOf(outgoing), course)
  return 'again'
}

/** The next attempt is under an id of its own: nothing was charged under the lease's. */
function leaveLease(session: Session, place: string, course: Course): void {
  if (course.lease !== undefined) {
    session.leases.drop(place, course.lease)
    course.id = undefined
  }
  Object.assign(course, { lease: undefined, strict: true, mayBeServed: false })
}

/** As `leaveLease`, for a number that was refused before it was used. */
function leaveUnused(session: Session, place: string, course: Course): void {
  if (course.lease !== undefined && !course.mayBeServed) leaveLease(session, place, course)
}

/** No answer came. The request is sent again under the same id, while that can be served only once. */
async function lost(
  context: Context,
  session: Session,
  outgoing: Outgoing,
  course: Course,
  error: unknown,
): Promise<void> {
  course.mayBeServed = true
  course.repeats += 1
  if (outgoing.signal.aborted) throw error
  if (course.repeats > REPEATS) throw new AnswerLostError(course.id as string, undefined, error)
  if (course.lease === undefined || context.clock.now() < session.leases.ends(placeOf(outgoing))) return
  // The lease is over: only the receipt can tell.
  await look(context, session, outgoing, course)
  leaveLease(session, placeOf(outgoing), course)
}

/**
 * Asks by id whether a request was charged. Returns when it was not, and never will be.
 *
 * @throws {AnswerLostError} when it was, or when that cannot be found out.
 */
async function look(context: Context, session: Session, outgoing: Outgoing, course: Course): Promise<void> {
  const { record } = session
  const id = course.id as string
  const signer = { record, sign: await session.signer() }
  for (let waited = 0; waited <= LOOK_MS; waited += LOOK_AGAIN_MS) {
    const response = await Endpoint.call(context, signer, 'GET', `/receipts/${encodeURIComponent(id)}`).catch(
      (error) => {
        throw new AnswerLostError(id, undefined, error)
      },
    )
    if (response.ok) {
      const { receipt } = (await response.json()) as { receipt?: string }
      throw new AnswerLostError(id, receipt)
    }
    const { code, detail } = await errorOf(response)
    if (code === 'receipt_unknown' && detail === undefined) return
    if (code !== 'request_in_flight' && code !== 'temporarily_unavailable') throw new AnswerLostError(id)
    await sleep(LOOK_AGAIN_MS, outgoing.signal)
  }
  throw new AnswerLostError(id)
}

/** What the receipt of an answer says it cost. It is the payer's own count, so the signature is not needed for it. */
function priceOf(response: Response, most: bigint): bigint | undefined {
  const [, claims] = response.headers.get('pbstream-receipt')?.split('.') ?? []
  const bytes = claims === undefined ? undefined : Base64.decodeUrl(claims)
  const { price } = (bytes === undefined ? {} : (Base64.parseJson(bytes) ?? {})) as { price?: unknown }
  const amount = Amount.tryParse(price)
  return amount === undefined ? undefined : Amount.min(amount, most)
}

function learn(session: Session, place: string, response: Response): void {
  const price = priceOf(response, Amount.MAX)
  if (price !== undefined) session.expect(place, price)
}

/** The cheapest offer of a 402. */
function priceAbove(response: Response): bigint {
  const required = Base64.decodeJson(response.headers.get('payment-required') ?? '') as
    | { accepts?: { amount?: unknown }[] }
    | undefined
  const amounts = (required?.accepts ?? [])
    .map(({ amount }) => Amount.tryParse(amount))
    .filter((each) => each !== undefined)
  return (
    amounts.reduce<bigint | undefined>((low, each) => (low === undefined || each < low ? each : low), undefined) ?? 0n
  )
}
