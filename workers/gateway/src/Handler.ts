import * as Base64 from '@pbstream/core/Base64'
import * as Path from '@pbstream/core/Path'
import type { Call, Gateway } from './Call.ts'
import type { Load, Snapshot } from './Catalog.ts'
import { allowBrowsers, preflight } from './Headers.ts'
import { decide } from './Paywall.ts'
import { problemResponse } from './Problem.ts'
import { isPaymentsPath, isRatesPath, isReserved, isSessionPath, type Match } from './Router.ts'
import * as SessionEndpoint from './session/Endpoint.ts'
import * as Standalone from './standalone/Endpoint.ts'
import { publishedCard } from './PublishedCard.ts'
import * as WellKnown from './WellKnown.ts'

/** How the handler gets at what it needs; all of it may fail, and then nothing is charged. */
export type Sources = {
  gateway: () => Promise<Gateway>
  load: Load
  random: (bytes: number) => Uint8Array<ArrayBuffer>
}

/**
 * Answers one request. Whatever goes wrong inside becomes a 503 with the request's id and a line in the log that holds
 * no value of the request: nothing that a caller sends ends in a 500.
 */
export async function handle(
  request: Request,
  sources: Sources,
  keep: (work: Promise<unknown>) => void,
): Promise<Response> {
  const id = Base64.encodeUrl(sources.random(12))
  const asked = preflight(request)
  if (asked !== undefined) return asked
  let response: Response
  try {
    response = await dispatch(request, sources, keep, id)
  } catch (error) {
    console.error(JSON.stringify({ event: 'gateway_failure', requestId: id, ...anonymous(error) }))
    response = problemResponse('temporarily_unavailable', id)
  }
  allowBrowsers(response.headers)
  return response
}

async function dispatch(
  request: Request,
  sources: Sources,
  keep: (work: Promise<unknown>) => void,
  id: string,
): Promise<Response> {
  const target = Path.normalise(request.url)
  if (!target.ok) return problemResponse('non_canonical_path', id)
  const gateway = await sources.gateway()
  const snapshot = await gateway.catalog.get(sources.load, gateway.ports.now, keep)
  const url = new URL(request.url)
  const origin = new URL(gateway.env.PUBLIC_URL ?? url.origin).origin
  if (isSessionPath(target.path))
    return SessionEndpoint.answer({ gateway, snapshot, request, origin, path: target.path, id, keep })
  if (isPaymentsPath(target.path))
    return Standalone.answer({ gateway, snapshot, request, origin, path: target.path, id, keep })
  if (isReserved(target.path)) return reserved(request, target.path, gateway, snapshot, origin, id)
  const match = matchOf(snapshot, request.method, target)
  if (match === 'ambiguous') return problemResponse('non_canonical_path', id)
  if (match.kind === 'none') return problemResponse('not_found', id)
  if (match.kind === 'method') {
    const response = problemResponse('method_not_allowed', id)
    response.headers.set('allow', match.allow.join(', '))
    return response
  }
  const call: Call = {
    gateway,
    request,
    keep,
    id,
    origin,
    host: url.host,
    path: target.path,
    search: target.search,
    route: match.route,
    signals: snapshot.signals,
    sentinel: snapshot.sentinel,
    from: await gateway.places.of(request),
  }
  return decide(call)
}

/** A path that could be read as another route's further on: decoded, or by an origin that overlooks differences. */
function matchOf(snapshot: Snapshot, method: string, target: { path: string; decoded: string }): Match | 'ambiguous' {
  const match = snapshot.router.match(method, target.path)
  if (match.kind === 'route' && snapshot.router.isAmbiguous(target.path, target.decoded)) return 'ambiguous'
  if (target.decoded === target.path) return match
  const other = snapshot.router.match(method, target.decoded)
  const same =
    match.kind === other.kind && (match.kind !== 'route' || (other.kind === 'route' && match.route === other.route))
  return same && !isReserved(target.decoded) ? match : 'ambiguous'
}

function reserved(
  request: Request,
  path: string,
  gateway: Gateway,
  snapshot: Snapshot,
  origin: string,
  id: string,
): Promise<Response> | Response {
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    const response = problemResponse('method_not_allowed', id)
    response.headers.set('allow', 'GET, HEAD')
    return response
  }
  if (path === '/healthz') return WellKnown.health(gateway, snapshot)
  if (path === '/.well-known/jwks.json') return WellKnown.keySet(gateway)
  if (isRatesPath(path)) return publishedCard(gateway, snapshot, path, id)
  return WellKnown.describe(gateway, snapshot, origin)
}

/** Where an error came from, without its message: messages of parsers and clients quote what they were given. */
function anonymous(error: unknown): { name: string; at: string[] } {
  if (!(error instanceof Error)) return { name: typeof error, at: [] }
  const frames = (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line))
  return { name: error.name, at: frames.slice(0, 8).map((line) => line.trim()) }
}
