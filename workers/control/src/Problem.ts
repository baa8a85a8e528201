/** How everything here says no: RFC 9457 problem details, from one table of codes. */
import { type ErrorCode, errors, problem } from '@pbstream/core/Errors'

export type ProblemOptions = {
  /** What is wrong with this request, for people. Nothing secret. */
  detail?: string
  headers?: Record<string, string>
  /** Members beside the common ones. */
  members?: Record<string, unknown>
}

/** Seconds after which it is worth trying again. */
const RETRY_AFTER: Partial<Record<ErrorCode, string>> = {
  rate_limited: '60',
  temporarily_unavailable: '5',
  idempotency_in_progress: '2',
}

/** A problem as an answer. */
export function refuse(code: ErrorCode, { detail, headers, members }: ProblemOptions = {}): Response {
  const { status } = errors[code]
  const retryAfter = RETRY_AFTER[code]
  return new Response(JSON.stringify({ ...problem(code, detail === undefined ? {} : { detail }), ...members }), {
    status,
    headers: {
      'content-type': 'application/problem+json',
      'cache-control': 'no-store',
      ...(status === 401 ? { 'www-authenticate': 'Bearer' } : {}),
      ...(retryAfter === undefined ? {} : { 'retry-after': retryAfter }),
      ...headers,
    },
  })
}

/** Thrown by whatever finds out that a request cannot be served; becomes the answer. */
export class Refusal extends Error {
  override name = 'Refusal'
  readonly code: ErrorCode
  readonly options: ProblemOptions

  constructor(code: ErrorCode, options: ProblemOptions = {}) {
    super(code)
    this.code = code
    this.options = options
  }

  response(): Response {
    return refuse(this.code, this.options)
  }
}
