/** What the session endpoints answer. */
import { errors, problem } from '@pbstream/core/Errors'
import type { SessionRoom } from '@pbstream/core/message/PaidSession'
import * as Answers from '@pbstream/core/session/Answers'
import { told } from '../Limits.ts'
import { problemHeaders, tellable } from '../Problem.ts'
import type { EndpointCall, Refusal } from './Call.ts'
import type { Opening } from './Opening.ts'
import { setRoom } from './Room.ts'

/** An answer that is for its caller only. */
export function json({ id, gateway }: EndpointCall, body: object, room?: Omit<SessionRoom, 'room'>): Response {
  const headers = new Headers({ 'cache-control': 'no-store', 'pbstream-request-id': id })
  if (room !== undefined) setRoom(headers, room)
  return dated(Response.json(body, { headers }), gateway.ports.now())
}

/** With the time here, by which callers date what they sign. `now`: Unix milliseconds. */
export function dated(response: Response, now: number): Response {
  response.headers.set('date', new Date(now).toUTCString())
  return response
}

/** A problem; `more` are members beside it. */
export function refused(call: EndpointCall, { code, detail }: Refusal, more: object = {}): Response {
  const body = problem(code, { requestId: call.id, ...(detail === undefined ? {} : { detail }) })
  const headers = problemHeaders(code, call.id)
  const response = new Response(JSON.stringify({ ...body, ...more }), { status: errors[code].status, headers })
  return dated(response, call.gateway.ports.now())
}

/** Why a voucher was not taken: with the numbers that the next one has to start from, or those of the key's limit. */
export function notOpened(call: EndpointCall, reply: Exclude<Opening, { kind: 'opened' }>): Response {
  if (reply.kind === 'corrective') return startFrom(call, reply)
  const { code, facts = {}, detail, transaction, sentinel } = reply
  const { detail: words, limit } = told(code, facts, Math.floor(call.gateway.ports.now() / 1000))
  const why = words ?? detail
  const response = refused(call, why === undefined ? { code } : { code, detail: why }, {
    ...(limit === undefined ? {} : { limit }),
    ...(transaction === undefined ? {} : { transaction }),
    ...(sentinel === undefined ? {} : { sentinel: tellable(sentinel) }),
  })
  const wait = sentinel?.retryAfter
  if (wait !== undefined) response.headers.set('retry-after', String(wait))
  return response
}

/** With the voucher that is held, by which a caller that has lost its state sees that it has signed for what was charged. */
function startFrom(call: EndpointCall, { channel, voucher }: Extract<Opening, { kind: 'corrective' }>): Response {
  const accepted = voucher?.max ?? 0n
  const held =
    voucher === undefined ? {} : { voucher: { maxClaimableAmount: accepted.toString(), signature: voucher.signature } }
  const more = { channel: Answers.channelJson(channel, accepted), ...held }
  const response = refused(call, { code: 'cumulative_amount_mismatch' }, more)
  setRoom(response.headers, { channel, accepted })
  return response
}
