import * as Seal from '@pbstream/core/Seal'
import * as UpstreamUrl from '@pbstream/core/UpstreamUrl'
import { type Body, type Failure as BodyFailure, type Hashed, hashing } from './Body.ts'
import type { Call } from './Call.ts'
import { type Env, upstreamService } from './Env.ts'
import * as HeaderPolicy from './Headers.ts'
import { Lru } from './Lru.ts'
import { ended } from './sentinel/Pass.ts'

/** What became of a request to the upstream. */
export type Outcome =
  | { kind: 'answered'; response: Response; url: URL }
  /** No answer: what the upstream did is unknown. */
  | { kind: 'unreachable' }
  /** The caller has gone, and the upstream did not answer in the time that is given to it then. */
  | { kind: 'abandoned' }
  /** `alive` said that nobody waits for it any more. */
  | { kind: 'stopped' }
  /** The body that came was not the one that was announced; the upstream got only a part of it. */
  | { kind: 'body'; code: BodyFailure }

export type Wait = {
  /** How long the upstream may take until its headers, in milliseconds. */
  timeoutMs: number
  /** What happens when the caller leaves before the first byte. */
  chargeOnAbandon: boolean
  /** Every 30 s while nothing has come: says that the work goes on. False: stop. */
  alive?: () => Promise<boolean>
}

/** The longest that an upstream may take until its headers. */
export const UPSTREAM_MS = 300_000
const ALIVE_MS = 30_000
const ABANDONED_MS = 30_000

/** Credentials opened by this isolate, by their sealed form. */
const opened = new Lru<string, string>(1024)

/**
 * Sends the call to its route's origin. Only the route chooses the origin; the path is the one that was matched. Never
 * follows a redirect, and never throws.
 *
 * @param token the `PBStream-Payment` header, for calls that are paid.
 */
export async function callUpstream(call: Call, body: Body, wait: Wait, token?: string): Promise<Outcome> {
  const outcome = await send(call, body, wait, token)
  ended(call, outcome)
  return outcome
}

async function send(call: Call, body: Body, wait: Wait, token: string | undefined): Promise<Outcome> {
  const target = locate(call)
  if (target === undefined) return { kind: 'unreachable' }
  const abort = new AbortController()
  const hashed = body.kind === 'stream' ? hashing(body.stream, body.digest, call.route.maxBodyBytes) : undefined
  let abandoned = false
  let stopped = false
  const leave = () => {
    if (!wait.chargeOnAbandon) {
      abandoned = true
      return abort.abort()
    }
    grace = setTimeout(() => {
      abandoned = true
      abort.abort()
    }, ABANDONED_MS)
  }
  let grace: ReturnType<typeof setTimeout> | undefined
  const deadline = setTimeout(() => abort.abort(), wait.timeoutMs)
  const stop = () => {
    stopped = true
    abort.abort()
  }
  const pulse = wait.alive === undefined ? undefined : setInterval(() => void beat(wait, stop), ALIVE_MS)
  call.request.signal.addEventListener('abort', leave)
  try {
    const headers = await upstreamHeaders(call, token)
    if (body.kind === 'whole' && body.isRewritten === true) headers.delete('content-digest')
    const { method } = call.request
    const content = body.kind === 'whole' ? body.bytes : body.kind === 'raw' ? body.stream : hashed?.readable
    const init: RequestInit = { method, headers, redirect: 'manual', signal: abort.signal }
    if (content !== undefined) Object.assign(init, { body: content, duplex: 'half' })
    const response = await target.send(new Request(target.url.href, init))
    const broken = await failureSoFar(hashed)
    if (broken === undefined) return { kind: 'answered', response, url: target.url }
    await response.body?.cancel()
    return { kind: 'body', code: broken }
  } catch {
    // Network failures, aborts and broken bodies all end here; their texts may name the origin, so they stay here.
    if (abandoned) return { kind: 'abandoned' }
    if (stopped) return { kind: 'stopped' }
    const broken = await failureSoFar(hashed)
    return broken === undefined ? { kind: 'unreachable' } : { kind: 'body', code: broken }
  } finally {
    clearTimeout(deadline)
    if (grace !== undefined) clearTimeout(grace)
    if (pulse !== undefined) clearInterval(pulse)
    call.request.signal.removeEventListener('abort', leave)
  }
}

/** What the gate said of the URLs that this isolate has called; null: refused. */
const judged = new Lru<string, URL | null>(1024)

/** The base of a route's upstream, if the gate lets it through now: it was asked when the route was written, too. */
export function baseOf(text: string, env: Pick<Env, 'INSECURE_UPSTREAMS' | 'OWN_ZONES'>): URL | undefined {
  const key = [env.INSECURE_UPSTREAMS, env.OWN_ZONES, text].join(' ')
  const known = judged.get(key)
  if (known !== undefined) return known ?? undefined
  const result = UpstreamUrl.check(text, UpstreamUrl.rulesOf(env))
  judged.set(key, result.ok ? result.url : null)
  return result.ok ? result.url : undefined
}

/** Whether `fetch` takes the public network only, also to names of the zone that this Worker stands in. */
export function isStrictlyPublic(): boolean {
  return Cloudflare.compatibilityFlags['global_fetch_strictly_public'] === true
}

type Target = { url: URL; send: (request: Request) => Promise<Response> }

function locate(call: Call): Target | undefined {
  const { origin } = call.route
  const { env, ports } = call.gateway
  const tail = call.path + call.search
  // Strictly public fetches of the own zone come back to this Worker: zones are served by deployments without the flag.
  if (origin.kind === 'zone')
    return isStrictlyPublic() ? undefined : { url: new URL(call.request.url), send: ports.fetch }
  if (origin.kind === 'service') {
    const service = upstreamService(env, origin.binding)
    return service === undefined
      ? undefined
      : { url: new URL(call.origin + tail), send: (request) => service.fetch(request) }
  }
  const base = baseOf(origin.url, env)
  // A route to the gateway's own name would call itself for ever.
  if (base === undefined || base.host === call.host) return undefined
  return { url: new URL(base.origin + base.pathname.replace(/\/$/, '') + tail), send: ports.fetch }
}

async function upstreamHeaders(call: Call, token: string | undefined): Promise<Headers> {
  const headers = HeaderPolicy.toUpstream(call.request.headers)
  headers.set('pbstream-request-id', call.id)
  if (token !== undefined) headers.set('pbstream-payment', token)
  const { credential } = call.route
  if (credential !== null) headers.set(credential.header, await openCredential(call.gateway.env, credential))
  return headers
}

async function openCredential(env: Env, credential: { header: string; sealed: string }): Promise<string> {
  const key = `${credential.header} ${credential.sealed}`
  const known = opened.get(key)
  if (known !== undefined) return known
  const where = { secret: env.UPSTREAM_SECRET ?? '', purpose: Seal.UPSTREAM_CREDENTIAL, place: credential.header }
  const value = await Seal.open(crypto, where, credential.sealed)
  if (value === undefined) throw new Error('the sealed credential cannot be opened')
  opened.set(key, value)
  return value
}

/** What is wrong with a streamed body, as far as it was read. */
async function failureSoFar(hashed: Hashed | undefined): Promise<BodyFailure | undefined> {
  if (hashed === undefined) return undefined
  const sent = await Promise.race([hashed.outcome, Promise.resolve(undefined)])
  return sent?.ok === false ? sent.code : undefined
}

async function beat(wait: Wait, stop: () => void): Promise<void> {
  if ((await wait.alive?.()) === false) stop()
}
