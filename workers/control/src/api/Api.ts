/** `/v1`: the API of owners and providers, put together. */
import { OpenAPIHono } from '@hono/zod-openapi'
import { conflictsOn } from '@pbstream/db/Database'
import { Refused } from '@pbstream/db/ProvidersScope'
import { HTTPException } from 'hono/http-exception'
import { log } from '../Log.ts'
import { Refusal, refuse } from '../Problem.ts'
import { routes } from './Routes.ts'
import type { Api, ApiEnv } from './Types.ts'
import { refuseInvalid } from './Validation.ts'

/** The whole of it. Paths are without `/v1`. */
export function createApi(): Api {
  const api = new OpenAPIHono<ApiEnv>({ defaultHook: refuseInvalid })
  api.use('*', async (c, next) => {
    await next()
    if (!c.res.headers.has('cache-control')) c.header('cache-control', 'no-store')
    c.header('x-content-type-options', 'nosniff')
  })
  for (const mount of routes) mount(api)
  api.notFound(() => refuse('not_found'))
  api.onError((error, c) => {
    if (error instanceof Refusal) return error.response()
    if (error instanceof Refused) return refuse(error.code, error.detail === undefined ? {} : { detail: error.detail })
    // Two requests with one confirmation at once: the row of the nonce let one of them through.
    if (conflictsOn(error, 'used_nonce')) return refuse('signature_refused', { detail: 'the signature has been used' })
    if (error instanceof HTTPException && error.status < 500) return ofException(error)
    // Names only: the message of a database may quote a row.
    log('api_failed', { path: c.req.routePath, error: error.name })
    return refuse('temporarily_unavailable')
  })
  return api
}

/** What the framework refuses by itself. */
function ofException({ status }: HTTPException): Response {
  if (status === 413) return refuse('payload_too_large')
  if (status === 415) return refuse('unsupported_media_type')
  return refuse('malformed_body')
}
