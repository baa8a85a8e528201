import * as Base64 from '@pbstream/core/Base64'
import * as Challenge from '@pbstream/core/Challenge'
import { type ErrorCode, errors, problem } from '@pbstream/core/Errors'
import type { SentinelRefusal } from '@pbstream/core/message/Sentinel'
import type { ChannelView, VerifiedVoucher } from '@pbstream/core/message/Session'
import * as Quote from '@pbstream/core/Quote'
import * as Rate from '@pbstream/core/Rate'
import { ofBounds, ofList } from '@pbstream/core/rate/Claims'
import { EXTENSION } from '@pbstream/core/session/OpenSession'
import { chainsOf, delayOn, type PaidCall, seconds } from './Call.ts'
import type { Chain } from './Chains.ts'
import type { Limit } from './Limits.ts'
import { page } from './Page.ts'
import { problemHeaders, problemResponse, SOON_SECONDS } from './Problem.ts'
import { sessionExtension } from './session/Info.ts'

/** A quote is good for this long at least, in seconds; it is never shorter than a payment may take. */
const QUOTE_SECONDS = 300

/** The terms on which the call can be paid on one chain. */
export async function termsOn(call: PaidCall, chain: Chain, price = call.price): Promise<Challenge.Terms> {
  const { network, token, tokenName, tokenVersion, maxTimeoutSeconds } = chain
  const receiverAuthorizer = await call.gateway.receiverAuthorizer()
  return {
    network,
    token,
    tokenName,
    tokenVersion,
    withdrawDelay: delayOn(call, chain),
    maxTimeoutSeconds,
    payTo: call.route.payTo,
    receiverAuthorizer,
    price,
  }
}

export type Refusal = {
  code: ErrorCode
  detail?: string
  /** A PAYMENT-RESPONSE header, when something is known of a transaction. */
  paymentResponse?: string
  /** Numbers of the session key's limit that stands in the way. */
  limit?: Limit
  /** Seconds until the same call may pass. */
  retryAfter?: number
  /** Which decision of Sentinel it was. */
  sentinel?: SentinelRefusal
}

/**
 * The 402 of a call: every way to pay it, with a fresh signed quote. Problems of another status come out as they are.
 * Browsers get a page that can be paid on.
 */
export async function offer(call: PaidCall, refusal: Refusal = { code: 'payment_required' }): Promise<Response> {
  const { code } = refusal
  // `exact` pays the whole maximum before anything is measured: only a flat price can be paid so.
  const flat = Rate.fixed(call.rate.rule) !== undefined
  const terms = await Promise.all(chainsOf(call).map((chain) => termsOn(call, chain)))
  // A route without a chain of this gateway cannot be sold: a mistake of the configuration.
  if (terms.length === 0) return problemResponse('temporarily_unavailable', call.id)
  const required = Challenge.paymentRequired({
    resource: resourceOf(call),
    accepts: Challenge.offers(...terms).filter((each) => each.scheme !== 'exact' || flat),
    quote: await freshQuote(call),
    paymentIdentifier: true,
    extensions: await sessionExtension(call),
    error: code,
  })
  counted(call, code)
  const headers = problemHeaders(code, call.id)
  if (refusal.paymentResponse !== undefined) headers.set('payment-response', refusal.paymentResponse)
  headers.set('payment-required', encode(required))
  if (code === 'payment_required' && wantsPage(call.request)) return page(call, required, headers)
  const v1 = Challenge.bodyV1(required.resource, flat ? terms : [], code)
  return refusal.limit === undefined ? respond(call, refusal, headers, v1) : limited(call, refusal, headers, v1)
}

/** Where so much is offered that there is no room for it, sessions are found by their well-known address alone. */
function encode(required: Challenge.PaymentRequired): string {
  try {
    return Challenge.encode(required)
  } catch (error) {
    const { [EXTENSION]: sessions, ...extensions } = required.extensions ?? {}
    if (sessions === undefined || !(error instanceof Challenge.HeaderTooLargeError)) throw error
    return Challenge.encode({ ...required, extensions })
  }
}

/** The corrective 402: one accept with the channel's numbers, and no extension but the quote that the caller echoed. */
export async function corrective(
  call: PaidCall,
  what: { chain: Chain; price: bigint; channel?: ChannelView; voucher?: VerifiedVoucher; quote?: string },
): Promise<Response> {
  const code = 'cumulative_amount_mismatch'
  const { chain, price, ...state } = what
  const required = Challenge.corrective({
    resource: resourceOf(call),
    terms: await termsOn(call, chain, price),
    ...state,
  })
  counted(call, code)
  const headers = problemHeaders(code, call.id)
  headers.set('payment-required', Challenge.encode(required))
  return respond(call, { code }, headers, {})
}

/** Providers are told how many calls were answered 402. */
function counted({ gateway, route, keep }: PaidCall, code: ErrorCode): void {
  if (errors[code].status === 402) gateway.challenges?.count(route, keep)
}

/** At a limit of the key: whether waiting helps depends on its numbers, and clients are not sent to try again for hours. */
function limited(call: PaidCall, refusal: Refusal, headers: Headers, more: object): Response {
  const { limit, retryAfter } = refusal
  if (retryAfter !== undefined) headers.set('retry-after', String(retryAfter))
  headers.set('x-should-retry', String(retryAfter !== undefined && retryAfter <= SOON_SECONDS))
  return respond(call, refusal, headers, { ...more, limit }, { retryable: retryAfter !== undefined })
}

function respond(call: PaidCall, refusal: Refusal, headers: Headers, more: object, over: object = {}): Response {
  const { code, detail } = refusal
  const body = problem(code, { requestId: call.id, ...(detail === undefined ? {} : { detail }) })
  return new Response(JSON.stringify({ ...more, ...body, ...over }), { status: errors[code].status, headers })
}

/** A price for this call, signed: the rate is pinned until it expires. */
async function freshQuote(call: PaidCall): Promise<string> {
  const now = seconds(call)
  const longest = Math.max(QUOTE_SECONDS, ...chainsOf(call).map((chain) => chain.maxTimeoutSeconds))
  const claims: Quote.Claims = {
    jti: Base64.encodeUrl(call.gateway.ports.random(16)),
    rt: call.route.id,
    m: call.request.method,
    cv: call.rate.version,
    ih: Rate.inputsHash(call.inputs),
    max: call.price.toString(),
    ...madeFrom(call),
    iat: now,
    exp: now + longest,
  }
  return Quote.sign(claims, call.gateway.keys.signer)
}

/** So that the payer can make the price again, from the card that is published. */
function madeFrom({
  rate: { rule },
  inputs: { bounds = {} },
  terms,
}: PaidCall): Pick<Quote.Claims, 'fx' | 'bd' | 'tm'> {
  if (Rate.fixed(rule) !== undefined) return { fx: true }
  const hasBounds = Object.keys(bounds).length > 0
  return {
    ...(hasBounds ? { bd: ofBounds(bounds) } : {}),
    ...(Rate.needsTerms(rule) ? { tm: ofList(terms) } : {}),
  }
}

function resourceOf(call: PaidCall): Challenge.ResourceInfo {
  return {
    url: call.origin + call.path + call.search,
    description: `${call.request.method} ${call.path}`.slice(0, 200),
    mimeType: '',
    serviceName: call.route.providerName.slice(0, 100),
  }
}

/** A person at a browser, and not a program that takes anything. */
function wantsPage(request: Request): boolean {
  return request.method === 'GET' && /(?:^|,)\s*text\/html\s*(?:;|,|$)/i.test(request.headers.get('accept') ?? '')
}
