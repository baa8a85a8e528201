import * as Credential from '@pbstream/core/Credential'
import { errors } from '@pbstream/core/Errors'
import type { Hex } from '@pbstream/core/Hex'
import * as Rate from '@pbstream/core/Rate'
import * as RequestBinding from '@pbstream/core/RequestBinding'
import { payFromChannel } from './BatchSettlement.ts'
import { answerHeaders, relay } from './Answer.ts'
import * as Body from './Body.ts'
import type { Call, PaidCall } from './Call.ts'
import { payExact } from './Exact.ts'
import { inputsOf, isMetered, isRead, prepare } from './Inputs.ts'
import { offer } from './Offer.ts'
import { listTerms } from './Pricing.ts'
import { problemResponse } from './Problem.ts'
import { refund } from './Refund.ts'
import { begin } from './sentinel/Pass.ts'
import { nowhere } from './sentinel/Places.ts'
import { authoriseCall } from './session/Authorise.ts'
import { notAuthorised, payFromSession } from './session/Pay.ts'
import { callUpstream, UPSTREAM_MS } from './Upstream.ts'

/** The most bytes of a payment header. */
const MAX_PAYMENT = 8192
/** An `Idempotency-Key`: several arrive joined by ", ", and a space is no part of one. */
const REQUEST_ID = /^[\x21-\x7e]{1,255}$/

/** Decides on one call of a route: free, to be paid, or paid. */
export async function decide(call: Call): Promise<Response> {
  const { route, request } = call
  if (Number(request.headers.get('content-length') ?? 0) > route.maxBodyBytes)
    return problemResponse('payload_too_large', call.id)
  if (route.rate === null || Rate.isFree(route.rate.rule)) return passThrough(call)
  const given = means(call)
  if (given instanceof Response) return given
  if (given.session === true) return decideSigned(call, route.rate, given)
  const priced = await price(call, route.rate, given.payment !== undefined, given.requestId)
  return priced instanceof Response ? priced : charge(priced, given)
}

/** As `decide`, for a request of a session: it is checked before its body is read. */
async function decideSigned(call: Call, rate: PaidCall['rate'], given: Means): Promise<Response> {
  const authorised = await authoriseCall(call)
  if ('code' in authorised && errors[authorised.code].status !== 402) return notAuthorised(call, authorised)
  // What is signed is the address that callers see, whichever name this isolate was reached by.
  const seen = { ...call, host: new URL(call.origin).host }
  const priced = await price(seen, rate, true, given.requestId)
  return priced instanceof Response ? priced : payFromSession(priced, authorised)
}

/** What a caller sends to pay with, and the id of its request. */
export type Means = {
  payment?: string
  requestId?: string
  /** It pays in session mode. */
  session?: boolean
}

/** Reads them; a response when they cannot be used. */
export function means(call: Call): Means | Response {
  const { headers } = call.request
  const payment = paymentHeader(headers)
  const session = headers.has('pbstream-session')
  if (session && payment !== undefined) return problemResponse('session_payment_conflict', call.id)
  if (payment !== undefined && payment.length > MAX_PAYMENT) return problemResponse('header_too_large', call.id)
  const requestId = headers.get('idempotency-key') ?? undefined
  if (requestId !== undefined && !REQUEST_ID.test(requestId)) return problemResponse('malformed_request_id', call.id)
  return {
    ...(payment === undefined ? {} : { payment }),
    ...(requestId === undefined ? {} : { requestId }),
    ...(session ? { session } : {}),
  }
}

/** A call whose price is known: offered, or paid for. */
export async function charge(call: PaidCall, { payment, session }: Means): Promise<Response> {
  if (session === true) return payFromSession(call, await authoriseCall(call))
  return payment === undefined ? offer(call) : pay(call, payment)
}

/** Reads the payment and hands it to its scheme. */
async function pay(call: PaidCall, header: string): Promise<Response> {
  // Headers that came twice arrive joined by a comma, which base64 does not have.
  if (header.includes(',')) return problemResponse('malformed_payment', call.id, 'the header was sent more than once')
  const credential = Credential.decode(header)
  if (!Credential.isCredential(credential)) {
    const { error, detail } = credential
    return error === 'malformed_payment' || error === 'malformed_request_id'
      ? problemResponse(error, call.id, detail)
      : offer(call, { code: error, detail })
  }
  const named = credential.version === 2 ? credential.paymentIdentifier : undefined
  if (named !== undefined && call.requestId !== undefined && named !== call.requestId) {
    return problemResponse('malformed_request_id', call.id, 'Idempotency-Key and payment-identifier differ')
  }
  const requestId = call.requestId ?? named ?? call.ownId
  const paid = requestId === undefined ? call : { ...call, requestId }
  if (paid.requestId !== undefined && paid.body.digest === Body.UNNAMED) {
    return problemResponse(
      'payload_too_large',
      call.id,
      'a body over 1 MiB with a request id needs a Content-Digest header with sha-256',
    )
  }
  if (credential.scheme === 'exact') return payExact(paid, credential)
  return credential.type === 'refund' ? refund(paid, credential) : payFromChannel(paid, credential)
}

/** Derives the price. The body is read only where it decides something. */
async function price(
  call: Call,
  rate: PaidCall['rate'],
  paying: boolean,
  requestId: string | undefined,
): Promise<PaidCall | Response> {
  const { request, route } = call
  const body: Body.Body | Body.Failure =
    paying || route.bodyPriced ? await Body.read(request, route.maxBodyBytes) : { kind: 'none', digest: Body.UNNAMED }
  if (typeof body === 'string') return problemResponse(body, call.id)
  if (body.kind === 'stream' && isRead(route, rate.rule, paying))
    return problemResponse('payload_too_large', call.id, 'the body of this route is read, and may have 1 MiB at most')
  const isNeeded = isMetered(rate.rule) && (paying || route.bodyPriced)
  const prepared = isNeeded ? prepare(route, body, request.headers.get('content-type')) : undefined
  if (prepared?.refused !== undefined) return problemResponse('malformed_body', call.id, prepared.refused)
  const inputs = prepared === undefined ? {} : inputsOf(route, prepared)
  const terms = listTerms(call, rate.rule, call.gateway.ports.now())
  // An unpaid call is only told its price; what it stands for matters when it comes back.
  const digest = paying ? digestOf(call, body.digest) : Body.UNNAMED
  const priced: PaidCall = {
    ...call,
    rate,
    body,
    digest,
    inputs,
    terms,
    price: Rate.ceiling(rate.rule, inputs, terms),
    ...(prepared === undefined ? {} : { prepared }),
  }
  return requestId === undefined ? priced : { ...priced, requestId }
}

function digestOf(call: Call, body: Hex): Hex {
  return RequestBinding.digest(call.request.method, call.host + call.path + call.search, body)
}

/** A free route: the request goes to the upstream without payment, token or object call. */
async function passThrough(call: Call): Promise<Response> {
  const { place } = call.from ?? nowhere
  const barred = begin({ call, caller: place })
  if (barred !== undefined) return barred
  const outcome = await callUpstream(call, freeBody(call.request), { timeoutMs: UPSTREAM_MS, chargeOnAbandon: false })
  if (outcome.kind === 'body') return problemResponse(outcome.code, call.id)
  if (outcome.kind !== 'answered') return problemResponse('upstream_unreachable', call.id)
  return relay(outcome.response, answerHeaders(call, outcome.response, outcome.url, false))
}

/** Passed on as it is; one of unknown length is counted on the way, so that the route's limit holds. */
function freeBody(request: Request): Body.Body {
  const { body } = request
  if (body === null) return { kind: 'none', digest: Body.UNNAMED }
  return { kind: request.headers.has('content-length') ? 'raw' : 'stream', digest: Body.UNNAMED, stream: body }
}

/** The payment header of x402 v2, or of v1. Both at once count as two. */
function paymentHeader(headers: Headers): string | undefined {
  const v2 = headers.get('payment-signature')
  const v1 = headers.get('x-payment')
  if (v2 !== null && v1 !== null) return `${v2},${v1}`
  return v2 ?? v1 ?? undefined
}
