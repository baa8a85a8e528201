/** Which headers pass, in each direction: lists of what may, so that what nobody thought of does not. */

/** From the caller to the upstream. Never: credentials, cookies, payment, forwarding and hop-by-hop headers. */
const REQUEST = new Set([
  'accept',
  'accept-language',
  'content-type',
  'content-language',
  'content-digest',
  'content-disposition',
  'if-match',
  'if-none-match',
  'if-modified-since',
  'if-unmodified-since',
  'if-range',
  'range',
  'last-event-id',
  'prefer',
  'user-agent',
  'traceparent',
  'tracestate',
  'depth',
  'slug',
])

/** Families of API headers that say how to answer. Of Google's only some do: others are keys and names of users. */
const REQUEST_PREFIXES = [
  'anthropic-',
  'openai-',
  'x-stainless-',
  'x-goog-fieldmask',
  'x-goog-request-params',
  'graphql-',
]

/** From the upstream to the caller. Never: cookies, transport and whatever looks like ours. */
const RESPONSE = new Set([
  'accept-ranges',
  'allow',
  'cache-control',
  'content-disposition',
  'content-language',
  'content-location',
  'content-range',
  'content-digest',
  'content-type',
  'deprecation',
  'etag',
  'expires',
  'last-modified',
  'link',
  'preference-applied',
  'ratelimit',
  'ratelimit-policy',
  'request-id',
  'retry-after',
  'server-timing',
  'sunset',
  'vary',
  'warning',
  'x-content-type-options',
  'x-request-id',
  'x-should-retry',
  'content-security-policy',
  'x-frame-options',
  'referrer-policy',
])

const RESPONSE_PREFIXES = ['x-ratelimit-', 'ratelimit-', 'anthropic-', 'openai-', 'x-goog-']

/** Members of those families that name an account: a caller must not choose among the provider's, nor learn them. */
const ACCOUNT = /^(?:openai|anthropic)-(?:organization|project|workspace)/

/** How much an upstream says was used, for routes metered by report. Read by the gateway, not passed on. */
export const USAGE_HEADER = 'pbstream-usage'

/** The headers that browsers may read on an answer: payment, receipt and ids. */
export const EXPOSED = [
  'PAYMENT-REQUIRED',
  'PAYMENT-RESPONSE',
  'X-PAYMENT-RESPONSE',
  'PBStream-Receipt',
  'PBStream-Room',
  'PBStream-Lease',
  'PBStream-Request-Id',
  'Idempotent-Replayed',
  'Retry-After',
  'Content-Digest',
  'Date',
  'ETag',
  'X-Request-Id',
].join(', ')

/** The caller's headers that the upstream may see. */
export function toUpstream(from: Headers): Headers {
  const out = new Headers()
  for (const [name, value] of from) if (passes(name, REQUEST, REQUEST_PREFIXES)) out.set(name, value)
  // Plain bytes, so that what is metered and kept is what the caller gets; the edge compresses toward the caller.
  out.set('accept-encoding', 'identity')
  return out
}

/**
 * The upstream's headers that the caller may see. `location` passes when it stays a redirect of this service: one to
 * the upstream's own origin is rewritten to the public one, so that it neither leaks nor leads around the paywall.
 */
export function toCaller(from: Headers, upstream: URL, origin: string, path: string): Headers {
  const out = new Headers()
  for (const [name, value] of from) if (passes(name, RESPONSE, RESPONSE_PREFIXES)) out.append(name, value)
  const location = from.get('location')
  if (location !== null) out.set('location', relocate(location, upstream, origin, path))
  return out
}

/** A paid answer is for its payer only: `private` joins what the upstream said; shared-cache lifetimes go. */
export function makePrivate(headers: Headers): void {
  const kept = (headers.get('cache-control') ?? '')
    .split(',')
    .map((directive) => directive.trim())
    .filter(
      (directive) => directive !== '' && !/^(?:public|private(?:=.*)?|s-maxage=.*|proxy-revalidate)$/i.test(directive),
    )
  headers.set('cache-control', ['private', ...kept].join(', '))
}

/** Any browser may call, without its cookies, and read what payment needs. */
export function allowBrowsers(headers: Headers): void {
  headers.set('access-control-allow-origin', '*')
  headers.set('access-control-expose-headers', EXPOSED)
}

/** The answer to a browser's question before it sends a request with a payment header. */
export function preflight(request: Request): Response | undefined {
  const method = request.headers.get('access-control-request-method')
  if (request.method !== 'OPTIONS' || method === null || !request.headers.has('origin')) return undefined
  const headers = new Headers({
    'access-control-max-age': '86400',
    vary: 'Access-Control-Request-Method, Access-Control-Request-Headers',
  })
  allowBrowsers(headers)
  if (/^[A-Za-z]{1,32}$/.test(method)) headers.set('access-control-allow-methods', method)
  const asked = request.headers.get('access-control-request-headers')
  if (asked !== null && /^[A-Za-z0-9!#$%&'*+.^_`|~, -]{1,2048}$/.test(asked))
    headers.set('access-control-allow-headers', asked)
  return new Response(null, { status: 204, headers })
}

function passes(name: string, names: ReadonlySet<string>, prefixes: readonly string[]): boolean {
  return names.has(name) || (prefixes.some((prefix) => name.startsWith(prefix)) && !ACCOUNT.test(name))
}

/** `path` is what the caller asked for; what the upstream's URL has before it is the base of the route. */
function relocate(location: string, upstream: URL, origin: string, path: string): string {
  if (!URL.canParse(location, upstream.href)) return location
  const target = new URL(location, upstream.href)
  if (target.origin !== upstream.origin) return location
  const base = upstream.pathname.slice(0, upstream.pathname.length - path.length)
  const local = target.pathname.startsWith(`${base}/`) ? target.pathname.slice(base.length) : target.pathname
  return origin + local + target.search + target.hash
}
