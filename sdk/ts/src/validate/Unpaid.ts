/** What a server answers to who has not paid. */
import * as Base64 from '@pbstream/core/Base64'
import type { Offer } from '@pbstream/core/Challenge'
import { answered, type Ask, type Request, type Seen } from './Ask.ts'
import type { Checks, Flaw } from './Checks.ts'
import { bodyV1Flaws, isObject, offerFlaws, requiredFlaws } from './Offers.ts'

/** Servers and proxies refuse larger headers: most clients send nearly all of it back. */
const GOOD_HEADER = 4096
const MAX_HEADER = 8192

type Json = Record<string, unknown>

/** What can be paid, as far as it could be read. */
export type Terms = {
  /** The v2 `PaymentRequired`; `undefined` when there is none that could be used. */
  required: (Json & { resource: Json; accepts: Offer[]; extensions?: Json }) | undefined
  /** The body when it is an offer of x402 v1. */
  v1: Json | undefined
}

/** Looks at the 402. `undefined` when there is none, so that there is nothing more to look at. */
export async function unpaid(checks: Checks, request: Request, ask: Ask): Promise<Terms | undefined> {
  const seen = await ask()
  if (!answered(seen)) {
    const found = seen.why === 'timeout' ? 'no answer in time' : 'the connection broke'
    checks.fail('reachable', found, 'Check the address, DNS and certificate, and that the server runs.')
    return undefined
  }
  checks.pass('reachable', `it answers, after ${seen.ms} ms`)
  secure(checks, request.url)
  if (!isPaymentRequired(checks, seen)) return undefined
  const terms = offers(checks, request, seen)
  caching(checks, seen)
  browsers(checks, seen)
  problem(checks, seen)
  await again(checks, ask, terms)
  return terms
}

function secure(checks: Checks, url: URL): void {
  const local = /^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(url.hostname)
  if (url.protocol === 'https:') checks.pass('https', 'the address is https')
  else if (local) checks.skip('https', 'the address is on this machine')
  else checks.fail('https', 'the address is http', 'Serve it by https: payments and answers can be read and changed.')
}

function isPaymentRequired(checks: Checks, { status, headers }: Seen): boolean {
  if (status === 402) {
    checks.pass('status', 'an unpaid request is answered 402')
    return true
  }
  if (status >= 300 && status < 400) {
    const to = headers.get('location') ?? 'nowhere'
    checks.fail(
      'status',
      `${status}, to ${to}`,
      'Validate the address that it leads to: clients do not pay across a redirect.',
    )
  } else if (status >= 200 && status < 300) {
    checks.fail(
      'status',
      `${status}: the answer came without payment`,
      'Put the paywall before this address, or check -X and -d.',
    )
  } else {
    checks.fail(
      'status',
      `${status} to an unpaid request`,
      'Send what the address wants, by -X, -H and -d, so that only payment is missing.',
    )
  }
  return false
}

function offers(checks: Checks, { url }: Request, { headers, body }: Seen): Terms {
  const parsed = tryJson(body)
  const v1 = isObject(parsed) && parsed['x402Version'] === 1 ? parsed : undefined
  const header = headers.get('payment-required')
  const required = header === null ? undefined : v2(checks, url, header)
  if (header === null && v1 === undefined) {
    checks.fail(
      'offer',
      'no PAYMENT-REQUIRED header, and no x402 v1 body',
      'Send the offers in PAYMENT-REQUIRED (x402 v2).',
    )
  } else if (header === null) {
    checks.warn('offer', 'x402 v1 only', 'Send PAYMENT-REQUIRED too: clients of x402 v2 read nothing else.')
  }
  const accepts = required?.accepts ?? []
  accepts.forEach((offer, i) => {
    const named = `${offer.scheme} on ${offer.network}: ${offer.amount} to ${offer.payTo}`
    checks.judge(`offer-${i + 1}`, named, offerFlaws(offer))
  })
  if (v1 !== undefined) {
    const count = Array.isArray(v1['accepts']) ? v1['accepts'].length : 0
    checks.judge('offer-v1', `${count} for x402 v1`, bodyV1Flaws(v1, accepts as unknown as Json[]))
  } else checks.skip('offer-v1', 'the body offers nothing to clients of x402 v1')
  return { required, v1 }
}

function v2(checks: Checks, url: URL, header: string): Terms['required'] {
  const value = Base64.decodeJson(header)
  const flaws: Flaw[] =
    value === undefined
      ? [{ status: 'fail', found: 'PAYMENT-REQUIRED is not base64 of JSON', advice: 'Encode the JSON in base64.' }]
      : requiredFlaws(value)
  checks.judge('offer', 'PAYMENT-REQUIRED is x402 v2', flaws)
  size(checks, header.length)
  if (flaws.some(({ status }) => status === 'fail')) return undefined
  const required = value as NonNullable<Terms['required']>
  const of = URL.parse(String(required.resource['url']), url)
  if (of?.origin === url.origin) checks.pass('resource', 'resource.url is on this server')
  else {
    checks.warn(
      'resource',
      `resource.url is on ${of?.origin ?? 'no server'}`,
      'Name the address that was asked for: clients may refuse to pay for another.',
    )
  }
  return required
}

function size(checks: Checks, bytes: number): void {
  const found = `PAYMENT-REQUIRED has ${bytes} bytes`
  if (bytes <= GOOD_HEADER) checks.pass('size', found)
  else if (bytes <= MAX_HEADER)
    checks.warn('size', found, `Keep it to ${GOOD_HEADER}: clients send most of it back, and proxies have limits.`)
  else checks.fail('size', found, `Keep it to ${GOOD_HEADER}: many servers refuse headers of more than ${MAX_HEADER}.`)
}

function caching(checks: Checks, { headers }: Seen): void {
  const control = headers.get('cache-control') ?? ''
  if (/\b(?:no-store|private)\b/i.test(control)) return checks.pass('cache-unpaid', `Cache-Control: ${control}`)
  const advice =
    'Send Cache-Control: no-store with a 402: a stored one hides the paid answer, and its quote goes stale.'
  if (/\b(?:public|s-maxage|max-age=[1-9])/i.test(control)) {
    return checks.fail('cache-unpaid', `a 402 that may be stored: ${control}`, advice)
  }
  return checks.warn('cache-unpaid', control === '' ? 'no Cache-Control' : `Cache-Control: ${control}`, advice)
}

function browsers(checks: Checks, { headers }: Seen): void {
  const exposed = (headers.get('access-control-expose-headers') ?? '').toLowerCase()
  const names = exposed.split(',').map((name) => name.trim())
  if (headers.get('access-control-allow-origin') === null) {
    checks.skip('browsers', 'pages of other sites may not call it')
  } else if (names.includes('payment-required') || names.includes('*')) {
    checks.pass('browsers', 'pages can read PAYMENT-REQUIRED')
  } else {
    checks.warn(
      'browsers',
      'pages may call it and cannot read PAYMENT-REQUIRED',
      'Name PAYMENT-REQUIRED and PAYMENT-RESPONSE in Access-Control-Expose-Headers.',
    )
  }
}

function problem(checks: Checks, { headers, body }: Seen): void {
  const type = headers.get('content-type') ?? ''
  const value = tryJson(body)
  if (/^text\/html\b/i.test(type)) return checks.skip('body', 'a page for people')
  if (!isObject(value)) {
    return checks.warn(
      'body',
      'the body is no JSON object',
      'Say in problem details (RFC 9457) what is missing: many programs print nothing else.',
    )
  }
  if (typeof value['title'] === 'string' || typeof value['error'] === 'string' || isObject(value['error'])) {
    return checks.pass('body', 'the body says what is missing')
  }
  return checks.warn(
    'body',
    'the body does not say what is missing',
    'Add title and detail, as in problem details (RFC 9457).',
  )
}

/** The same request costs the same a moment later. */
async function again(checks: Checks, ask: Ask, { required }: Terms): Promise<void> {
  if (required === undefined) return
  const seen = await ask()
  const header = answered(seen) && seen.status === 402 ? seen.headers.get('payment-required') : null
  const value = header === null ? undefined : Base64.decodeJson(header)
  if (!isObject(value)) {
    return checks.fail(
      'steady',
      'the second unpaid request got no offer',
      'Answer every unpaid request with 402 and offers.',
    )
  }
  const same = JSON.stringify(value['accepts']) === JSON.stringify(required.accepts)
  if (same) checks.pass('steady', 'the same request costs the same again')
  else
    checks.warn(
      'steady',
      'the offers differ from one request to the next',
      'Keep them while nothing changes: a client pays the one it saw.',
    )
}

function tryJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}
