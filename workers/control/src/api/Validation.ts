/** What a request is told whose query or body does not fit the schema. */
import type { Hook } from '@hono/zod-openapi'
import { refuse } from '../Problem.ts'
import type { ApiEnv } from './Types.ts'

const MAX_ERRORS = 20

/** Names the field, never its value. An id in the path that cannot exist is one that does not. */
export const refuseInvalid: Hook<unknown, ApiEnv, string, Response | undefined> = (result) => {
  if (result.success) return undefined
  if (result.target === 'param') return refuse('not_found')
  const errors = result.error.issues.slice(0, MAX_ERRORS).map(({ path, message }) => ({
    field: result.target === 'json' ? pointer(path) : path.join('.').slice(0, 200),
    message: message.slice(0, 200),
  }))
  const [first] = errors
  const detail = first === undefined ? {} : { detail: `${first.field || 'the body'}: ${first.message}` }
  return refuse('validation_failed', { ...detail, members: { errors } })
}

/** RFC 6901. */
function pointer(path: readonly PropertyKey[]): string {
  return path
    .map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`)
    .join('')
    .slice(0, 200)
}
