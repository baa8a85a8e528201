/** Lets pages of every origin call the grants: they bring no cookie, and none would be read. */
import { createMiddleware } from 'hono/factory'
import type { ApiEnv } from '../api/Types.ts'

const PREFLIGHT = {
  'access-control-allow-origin': '*',
  'access-control-allow-methods': 'GET, POST',
  'access-control-allow-headers': 'authorization, content-type, idempotency-key, pbstream-mode',
  'access-control-max-age': '86400',
}

export const cors = createMiddleware<ApiEnv>(async (c, next) => {
  if (c.req.method === 'OPTIONS') return new Response(null, { status: 204, headers: PREFLIGHT })
  await next()
  c.header('access-control-allow-origin', '*')
  c.header('access-control-expose-headers', 'retry-after')
  return undefined
})
