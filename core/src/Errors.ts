/**
 * Every way a call can fail, in one table: HTTP problems, SDK classes and the docs are made from it.
 *
 * A code is stable and is in one of the groups only.
 */
import { common } from './errors/Common.ts'
import { management } from './errors/Management.ts'
import { origin } from './errors/Origin.ts'
import { payment } from './errors/Payment.ts'
import type { Row } from './errors/Row.ts'
import { sentinel } from './errors/Sentinel.ts'
import { sessionKeys } from './errors/SessionKeys.ts'
import { sessionMode } from './errors/SessionMode.ts'
import { standalone } from './errors/Standalone.ts'

const table = {
  ...common,
  ...payment,
  ...sessionKeys,
  ...sessionMode,
  ...sentinel,
  ...standalone,
  ...origin,
  ...management,
} satisfies Record<string, Row>

/** A stable name for one way to fail. */
export type ErrorCode = keyof typeof table

/** The table, for generators and docs. */
export const errors: { readonly [code in ErrorCode]: Readonly<Row> } = table

/** The string by which x402 clients know this failure. */
export function x402Reason(code: ErrorCode): string {
  return errors[code].x402 ?? code
}

/** RFC 9457 problem details plus the OpenAI-style `error` object that AI clients print. */
export type Problem = {
  type: string
  title: string
  status: number
  code: ErrorCode
  detail?: string
  hint: string
  retryable: boolean
  /** Session mode: whether signing the same call again helps. */
  signAgain?: true
  requestId?: string
  error: { type: string; code: ErrorCode; message: string }
}

/** The body of a failed call. `detail` must hold nothing secret. */
export function problem(code: ErrorCode, options: { detail?: string; requestId?: string } = {}): Problem {
  const row: Row = errors[code]
  const message =
    options.detail === undefined ? `${row.title}. ${row.hint}` : `${row.title}: ${options.detail}. ${row.hint}`
  return {
    type: `https://pbstream.dev/problems/${code}`,
    title: row.title,
    status: row.status,
    code,
    ...(options.detail === undefined ? {} : { detail: options.detail }),
    hint: row.hint,
    retryable: row.retryable,
    ...(row.signAgain === undefined ? {} : { signAgain: row.signAgain }),
    ...(options.requestId === undefined ? {} : { requestId: options.requestId }),
    error: {
      type: row.status === 402 ? 'payment_required' : row.status < 500 ? 'invalid_request_error' : 'api_error',
      code,
      message,
    },
  }
}
