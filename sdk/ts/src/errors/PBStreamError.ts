/** What one way to fail is known by: a row of the error table of PB-Stream. */
export type ErrorFacts = {
  code: string
  /** The HTTP status of the answer; 0 for what this package refused by itself. */
  status: number
  title: string
  /** What to do about it. */
  hint: string
  /** True when the same call may succeed later without being changed. */
  retryable: boolean
}

/** Which decision of Sentinel refused a call. A stop holds until whoever may has released it by its id. */
export type SentinelFacts = { scope: string; decision: string; stop?: string; retryAfter?: number }

/** What is known of this one failure. */
export type ErrorDetails = {
  detail?: string
  /** The gateway's name for the call, to ask its operator about. */
  requestId?: string
  /** What the answer said, where it differs from the table: a newer gateway, or a limit with numbers. */
  hint?: string
  retryable?: boolean
  sentinel?: SentinelFacts
  cause?: unknown
}

/** On every error of ours, whichever entry of this package has made it. */
const BRAND = Symbol.for('pbstream.error')

/**
 * A failed call, as PB-Stream names it. Every code has a class of its own; the `code` is stable.
 *
 * `instanceof` goes by the code: an error that came over the wire is of its class, though the client, which is to be
 * small, does not hold the classes of all codes.
 */
export class PBStreamError extends Error {
  static readonly code: string | undefined
  override readonly name: string = 'PBStreamError'
  readonly [BRAND] = true
  readonly code: string
  readonly status: number
  readonly hint: string
  readonly retryable: boolean
  readonly detail?: string
  readonly requestId?: string
  /** Of a refusal by Sentinel. */
  readonly sentinel?: SentinelFacts

  constructor(facts: ErrorFacts, details: ErrorDetails = {}) {
    const { detail, requestId, sentinel, cause } = details
    const hint = details.hint ?? facts.hint
    const what = detail === undefined ? facts.title : `${facts.title}: ${detail}`
    const stop = sentinel?.stop === undefined ? '' : ` The stop is ${sentinel.stop}.`
    super(`${what}. ${hint}${stop}`, cause === undefined ? undefined : { cause })
    this.code = facts.code
    this.status = facts.status
    this.hint = hint
    this.retryable = details.retryable ?? facts.retryable
    if (detail !== undefined) this.detail = detail
    if (requestId !== undefined) this.requestId = requestId
    if (sentinel !== undefined) this.sentinel = sentinel
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    if (typeof value !== 'object' || value === null || !(BRAND in value)) return false
    return this.code === undefined || (value as PBStreamError).code === this.code
  }
}
