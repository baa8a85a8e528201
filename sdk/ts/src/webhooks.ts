/**
 * `@pbstream/sdk/webhooks`: what PB-Stream tells your server, verified (Standard Webhooks), and deliveries to test with.
 *
 *     const event = await verifyWebhook(request)
 *     if (event.type === 'settlement.confirmed') …
 */
import * as WebhookSignature from '@pbstream/core/WebhookSignature'
import type { WebhookEvent } from '@pbstream/core/message/Webhook'

export type { WebhookEvent }

/** What happened. The same `id` may come more than once: note it, and do nothing the second time. */
export type Event = {
  /** Of the delivery; the same in each attempt. */
  id: string
  /** Names that do not exist yet may come: ignore them. */
  type: WebhookEvent | (string & {})
  mode: 'live' | 'test'
  /** ISO 8601. */
  timestamp: string
  data: Record<string, unknown>
}

/** A delivery as it came: the body as it was sent, to the byte, never parsed and written again. */
export type Delivery = {
  headers: Headers | Readonly<Record<string, string | string[] | undefined>>
  body: string | Uint8Array
}

export type WebhookOptions = {
  /** `whsec_…`, or several while one is being replaced: `PB_WEBHOOK_SECRET`, by spaces. */
  secret?: string | readonly string[]
  /** Unix milliseconds. */
  now?: () => number
}

/** Why a delivery is not from PB-Stream, or not from now. Answer it with 400. */
export class WebhookVerificationError extends Error {
  override readonly name = 'WebhookVerificationError'
  readonly code: WebhookSignature.Failure | 'body'

  constructor(code: WebhookSignature.Failure | 'body') {
    super(MESSAGES[code])
    this.code = code
  }
}

const MESSAGES = {
  malformed: 'the headers webhook-id, webhook-timestamp and webhook-signature are not those of a webhook',
  too_old: 'the webhook was signed more than five minutes ago; check the clock',
  too_new: 'the webhook is from the future; check the clock',
  signature:
    'the webhook is not signed with this secret, or its body was changed: verify the raw body, not parsed JSON',
  body: 'the body of the webhook is no event',
} satisfies Record<WebhookSignature.Failure | 'body', string>

/** A secret that is none. The message shows nothing of it. */
export class InvalidSecretError extends Error {
  override readonly name = 'InvalidSecretError'
}

/**
 * The event of a delivery, if PB-Stream sent it within five minutes.
 *
 * @throws {WebhookVerificationError} when it did not.
 * @throws {InvalidSecretError} when there is no secret to verify with.
 */
export async function verifyWebhook(from: Request | Delivery, options: WebhookOptions = {}): Promise<Event> {
  const secrets = secretsOf(options.secret)
  const body = await bodyOf(from)
  const headers = headersOf(from.headers)
  const now = Math.floor((options.now ?? Date.now)() / 1000)
  const results = secrets.map((secret) => WebhookSignature.verify(secret, headers, body, now))
  const failure = results.find((result) => !result.ok)
  if (!results.some((result) => result.ok)) throw new WebhookVerificationError(failure?.code ?? 'signature')
  return eventOf(headers['webhook-id'], body)
}

/** What a test delivery says; the rest is made up. */
export type TestEvent = {
  type: WebhookEvent | (string & {})
  data?: Record<string, unknown>
  id?: string
  mode?: 'live' | 'test'
}

/**
 * A delivery as PB-Stream would send it, signed with your secret: for tests of your endpoint.
 *
 *     await app.request(testDelivery({ type: 'deposit.confirmed', data: { amount: '1000' } }, { url: 'http://x/hook' }))
 */
export function testDelivery(event: TestEvent, options: WebhookOptions & { url?: string } = {}): Request {
  const at = new Date((options.now ?? Date.now)())
  const { type, data = {}, mode = 'test', id = `whd_test_${at.getTime().toString(36)}` } = event
  const body = JSON.stringify({ type, mode, timestamp: at.toISOString(), data })
  const message = { id, timestamp: Math.floor(at.getTime() / 1000), body }
  const headers = WebhookSignature.headers(secretsOf(options.secret), message)
  return new Request(options.url ?? 'http://localhost/webhooks', {
    method: 'POST',
    body,
    headers: { ...headers, 'content-type': 'application/json', 'user-agent': 'PB-Stream-Webhooks/1' },
  })
}

function secretsOf(given: string | readonly string[] | undefined): Uint8Array<ArrayBuffer>[] {
  const { process } = globalThis as { process?: { env?: Record<string, string | undefined> } }
  const value = given ?? process?.env?.['PB_WEBHOOK_SECRET']
  const texts = typeof value === 'string' ? value.split(/\s+/).filter((text) => text !== '') : (value ?? [])
  if (texts.length === 0) throw new InvalidSecretError('there is no secret: set PB_WEBHOOK_SECRET, or pass secret')
  return texts.map((text) => {
    const secret = WebhookSignature.parseSecret(text)
    if (secret === undefined) throw new InvalidSecretError('a webhook secret begins with whsec_ and is base64 after it')
    return secret
  })
}

async function bodyOf(from: Request | Delivery): Promise<string> {
  // Requests of other realms and adapters too.
  if ('text' in from && typeof from.text === 'function') return from.text()
  const { body } = from as Delivery
  if (typeof body === 'string') return body
  if (body instanceof Uint8Array) return new TextDecoder('utf-8', { fatal: false, ignoreBOM: true }).decode(body)
  throw new TypeError('body is the text or the bytes that came, not parsed JSON: use express.raw() or rawBody')
}

function headersOf(given: Delivery['headers']): WebhookSignature.Headers {
  const get = (name: string) => {
    const value = isHeaders(given) ? given.get(name) : given[name]
    return typeof value === 'string' ? value : ''
  }
  return {
    'webhook-id': get('webhook-id'),
    'webhook-timestamp': get('webhook-timestamp'),
    'webhook-signature': get('webhook-signature'),
  }
}

function isHeaders(given: Delivery['headers']): given is Headers {
  return typeof (given as { get?: unknown }).get === 'function'
}

function eventOf(id: string, body: string): Event {
  const value = parsed(body)
  if (typeof value !== 'object' || value === null) throw new WebhookVerificationError('body')
  const { type, mode, timestamp, data } = value as Record<string, unknown>
  if (typeof type !== 'string' || (mode !== 'live' && mode !== 'test') || typeof timestamp !== 'string') {
    throw new WebhookVerificationError('body')
  }
  return { id, type, mode, timestamp, data: typeof data === 'object' && data !== null ? { ...data } : {} }
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body) as unknown
  } catch {
    return undefined
  }
}
