import { type ErrorCode, errors, problem } from '@pbstream/core/Errors'

/** Seconds after which a retryable problem is worth another try. */
const RETRY_AFTER: { readonly [code in ErrorCode]?: string } = {
  request_in_flight: '1',
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
  const body = problem(code, { requestId, ...(detail === undefined ? {} : { detail }) })
  return new Response(JSON.stringify(body), { status: errors[code].status, headers: problemHeaders(code, requestId) })
}
