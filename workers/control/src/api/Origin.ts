/**
 * Where this service is reached, and requests that a browser makes for another site, with our cookie: they are refused (the
 * cookie is SameSite=Lax besides).
 */
import type { Env } from '../Env.ts'
import { Refusal } from '../Problem.ts'
import type { ApiContext } from './Types.ts'

/** The origin that people see, as it is configured or as the platform routed the request. */
export function ownOrigin(c: ApiContext): string {
  return new URL(c.env.PUBLIC_URL ?? c.req.url).origin
}

/** Where the gateway is called, if this deployment says so. */
export function gatewayOrigin({ GATEWAY_URL: url }: Env): string | null {
  return url === undefined ? null : new URL(url).origin
}

/**
 * Held against every request that brings a cookie. A change must say that it comes from us; a request that only reads
 * may be silent, as browsers are, but must not say otherwise.
 *
 * @throws {Refusal} origin_refused
 */
export function requireOwnOrigin(c: ApiContext): void {
  const origin = c.req.header('origin')
  const site = c.req.header('sec-fetch-site')
  const reads = c.req.method === 'GET' || c.req.method === 'HEAD'
  if (origin === undefined ? !reads : origin !== ownOrigin(c)) throw new Refusal('origin_refused')
  if (site !== undefined && site !== 'same-origin' && !(reads && site === 'none')) throw new Refusal('origin_refused')
}
