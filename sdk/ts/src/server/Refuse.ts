/** Answers that refuse a call: problem details, as the gateway gives them. */
import { type ErrorCode, errors, problem } from '@pbstream/core/Errors'
import type { Header, Refusal } from './Deployment.ts'

/** `detail` must hold nothing secret. */
export function refuse(code: ErrorCode, detail?: string): Refusal {
  const body = problem(code, detail === undefined ? {} : { detail })
  const headers: Header[] = [
    ['content-type', 'application/problem+json'],
    ['cache-control', 'no-store'],
    ['x-should-retry', String(errors[code].retryable)],
  ]
  if (errors[code].retryable) headers.push(['retry-after', '2'])
  return { kind: 'refused', status: errors[code].status, headers, body: JSON.stringify(body) }
}
