import { type ErrorCode, errors, problem } from '@pbstream/core/Errors'
import type { SentinelRefusal } from '@pbstream/core/message/Sentinel'

/** Clients that try again by themselves wait no longer than this. */
export const SOON_SECONDS = 60

/** What is known beside the code. */
export type More = {
  /** Holds nothing secret. */
  detail?: string
  /** Seconds until the same call may pass. */
  retryAfter?: number
  /** Which decision of Sentinel it was. */
  sentinel?: SentinelRefusal
}

/** Seconds after which a retryable problem is worth another try. */
const RETRY_AFTER: { readonly [code in ErrorCode]?: string } = {
  request_in_flight: '1',
  channel_busy: '1',
  rate_limited: '10',
  upstream_unreachable: '5',
  temporarily_unavailable: '2',
}

/** The headers of every failed call: never stored, and AI clients are told whether to try again. */
export function problemHeaders(code: ErrorCode, requestId: string): Headers {
  const headers = new Headers({
    'content-type': 'application/problem+json',
    'cache-control': 'no-store',
    'pbstream-request-id': requestId,
    'x-should-retry': String(errors[code].retryable),
  })
  const after = RETRY_AFTER[code]
  if (after !== undefined) headers.set('retry-after', after)
  return headers
}

/** A failed call that no payment would mend. For 402 see `Offer`. `detail` must hold nothing secret. */
export function problemResponse(code: ErrorCode, requestId: string, detail?: string): Response {
  return problemWith(code, requestId, detail === undefined ? {} : { detail })
}

/** As `problemResponse`, with what else is known. Clients are not sent to try again by themselves after minutes. */
export function problemWith(code: ErrorCode, requestId: string, more: More): Response {
  const { detail, sentinel, retryAfter = sentinel?.retryAfter } = more
  const body = problem(code, { requestId, ...(detail === undefined ? {} : { detail }) })
  const headers = problemHeaders(code, requestId)
  if (retryAfter !== undefined) {
    headers.set('retry-after', String(retryAfter))
    if (retryAfter > SOON_SECONDS) headers.set('x-should-retry', 'false')
  }
  const members = sentinel === undefined ? body : { ...body, sentinel: tellable(sentinel) }
  return new Response(JSON.stringify(members), { status: errors[code].status, headers })
}

/** Of a decision, what its caller is told: no rule, and nothing that it has looked at. */
export function tellable({ scope, decision, stop, retryAfter }: SentinelRefusal): SentinelRefusal {
  return {
    scope,
    decision,
    ...(stop === undefined ? {} : { stop }),
    ...(retryAfter === undefined ? {} : { retryAfter }),
  }
}
