/** What a caller is told of the limit of its session key that a payment would pass. Only the key's holder gets here. */
import type { ErrorCode } from '@pbstream/core/Errors'
import type { Facts } from '@pbstream/core/Policy'

/** Beside a problem: numbers for programs. `left` in atomic units, `at` in Unix seconds. */
export type Limit = { left?: string; at?: number }

export type Told = {
  detail?: string
  limit?: Limit
  /** Seconds until the same call may pass. */
  retryAfter?: number
}

/** In words and numbers. `now` in Unix seconds. */
export function told(code: ErrorCode, { left, at }: Facts, now: number): Told {
  const detail = words(code, left, at === undefined ? undefined : new Date(at * 1000).toISOString())
  if (detail === undefined) return {}
  const limit = { ...(left === undefined ? {} : { left: left.toString() }), ...(at === undefined ? {} : { at }) }
  const waits = at !== undefined && at > now
  return { detail, limit, ...(waits ? { retryAfter: at - now } : {}) }
}

function words(code: ErrorCode, left: bigint | undefined, at: string | undefined): string | undefined {
  switch (code) {
    case 'session_key_payment_max':
      return `one payment may cost at most ${left} atomic units`
    case 'session_key_spend_cap':
      return `${left} atomic units are left`
    case 'session_key_period_limit':
      return at === undefined
        ? `${left} atomic units are left in this period, and no later period has room for this price`
        : `${left} atomic units are left in this period, which ends at ${at}`
    case 'session_key_not_started':
      return `it starts at ${at}`
    case 'session_key_expired':
      return `it expired at ${at}`
    default:
      return undefined
  }
}
