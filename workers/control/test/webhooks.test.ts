/** Webhooks from the API to somebody's server: what arrives, what is tried again, what is never called, and who sees what. */
import { createExecutionContext, createMessageBatch, getQueueResult, waitOnExecutionContext } from 'cloudflare:test'
import type { WebhookMessage } from '@pbstream/core/message/Webhook'
import * as UpstreamUrl from '@pbstream/core/UpstreamUrl'
import { createApiKey } from '@pbstream/db/ApiKeys'
import type { Mode } from '@pbstream/db/Mode'
import * as Deliveries from '@pbstream/db/WebhookDeliveries'
import { eventStatements } from '@pbstream/db/Webhooks'
import { beforeEach, describe, expect, inject, test, vi } from 'vitest'
import { newApiKey } from '@pbstream/db/ApiKeyText'
import type { Env } from '../src/Env.ts'
import worker from '../src/index.ts'
import { deliver, type Deps } from '../src/webhooks/Deliver.ts'
import { FAILING_MS } from '../src/webhooks/Schedule.ts'
import { secretsOf } from '../src/webhooks/Secrets.ts'
import { send } from '../src/webhooks/Send.ts'
import type { Seen, Step } from './receiver.ts'
import { bindings, db, hex } from './support.ts'

const receiver = inject('receiverUrl' as never) as string
const owner = hex('a1', 20)
const stranger = hex('b2', 20)
const URL_MINE = `${receiver}/in/mine`

/** Messages that were asked for, with their delay in seconds. */
let asked: { id: string; delay: number }[] = []
const queue = {
  send: async ({ deliveryId }: WebhookMessage, options?: { delaySeconds?: number }) =>
    void asked.push({ id: deliveryId, delay: options?.delaySeconds ?? 0 }),
  sendBatch: async (all: { body: WebhookMessage }[]) =>
    void asked.push(...all.map(({ body }) => ({ id: body.deliveryId, delay: 0 }))),
} as unknown as Queue<WebhookMessage>

const on: Env = {
  ...bindings,
  WEBHOOKS: queue,
  WEBHOOK_SECRET: 'webhook-secret-of-the-tests-32-bytes',
  AUTH_SECRET: 'auth-secret-of-the-tests-32-characters',
  INSECURE_UPSTREAMS: 'true',
}
const strict: Env = { ...on, INSECURE_UPSTREAMS: 'false' }

let logged: { mock: { calls: unknown[][] } }
let key = ''
let count = 0

beforeEach(async () => {
  logged = vi.spyOn(console, 'error').mockImplementation(() => {})
  asked = []
  const t = db.tables
  for (const table of [t.webhookDelivery, t.webhookEndpoint, t.audit, t.apiKey, t.owner, t.idempotency]) {
    await db.orm.delete(table)
  }
  await script('mine', [{ status: 200 }])
  key = await keyOf(owner)
  return () => vi.restoreAllMocks()
})

async function keyOf(of: string, mode: Mode = 'test', scopes = ['webhooks:read', 'webhooks:write']): Promise<string> {
  const { text, hash, prefix } = await newApiKey(mode)
  const now = new Date()
  const address = of as `0x${string}`
  await db.orm
    .insert(db.tables.owner)
    .values({ id: of, address, chainId: null, createdAt: now, lastSignInAt: now })
    .onConflictDoNothing()
  const row = { id: `key_${++count}`, owner: of, mode, name: 'k', prefix, hash, scopes, expiresAt: null }
  await createApiKey(db, row, of, now)
  return text
}

type Call = { as?: string; body?: unknown; headers?: Record<string, string>; env?: Env; idempotencyKey?: string }
async function call(method: string, path: string, { as = key, body, headers, env = on, idempotencyKey }: Call = {}) {
  const request = new Request(`https://control.example/v1${path}`, {
    method,
    headers: {
      authorization: `Bearer ${as}`,
      ...(method === 'GET' ? {} : { 'idempotency-key': idempotencyKey ?? crypto.randomUUID() }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const context = createExecutionContext()
  const response = await worker.fetch(request, env, context)
  await waitOnExecutionContext(context)
  const text = await response.text()
  const json = (text === '' ? undefined : JSON.parse(text)) as Record<string, unknown>
  return { status: response.status, text, json, etag: response.headers.get('etag') ?? '' }
}

async function make(over: { url?: string; events?: string[]; as?: string } = {}) {
  const { as = key, url = URL_MINE, events = ['*'] } = over
  const { json, status, etag } = await call('POST', '/webhook-endpoints', { as, body: { url, events } })
  expect(status).toBe(201)
  return { id: json['id'] as string, secret: json['secret'] as string, etag }
}

const script = (name: string, steps: Step[]) =>
  fetch(`${receiver}/script/${name}`, { method: 'PUT', body: JSON.stringify(steps) })
async function seen(name = 'mine', secret = ''): Promise<Seen[]> {
  return (await fetch(`${receiver}/seen/${name}?secret=${encodeURIComponent(secret)}`)).json()
}

/** Delivers what was asked for, as the queue would; answers which messages were not acknowledged. */
async function pump(env = on): Promise<string[]> {
  const messages = asked.splice(0).map(({ id }, i) => {
    return { id: `m${i}`, timestamp: new Date(), attempts: 1, body: { v: 1, deliveryId: id } }
  })
  const batch = createMessageBatch('pbstream-webhooks', messages)
  const context = createExecutionContext()
  await worker.queue(batch, env)
  return (await getQueueResult(batch, context)).retryMessages.map(({ msgId }) => msgId)
}

const deliveries = () => db.orm.select().from(db.tables.webhookDelivery)
async function onlyDelivery() {
  const [row, ...more] = await deliveries()
  expect(more).toEqual([])
  return row!
}

/** Puts an event of the owner on its way. */
async function tell(at = new Date()): Promise<string> {
  await db.atomically((orm) => eventStatements(db, orm, owner, 'test', 'route.updated', { id: 'route_1' }, at))
  return (await onlyDelivery()).id
}

/** The sender, with a clock of its own. */
function deps(now: number, over: Partial<Deps> = {}): Deps {
  return {
    database: db,
    now: () => now,
    send,
    secretsOf: (endpoint, at) => secretsOf(on, endpoint, at),
    rules: { insecure: true },
    mayCall: true,
    lookAgain: async (id, delay) => void asked.push({ id, delay }),
    log: () => {},
    ...over,
  }
}

describe('a webhook', () => {
  test('arrives signed, as the official library wants it, and is in the log', async () => {
    const { id, secret } = await make()
    const { status, json } = await call('POST', `/webhook-endpoints/${id}/test`)
    expect([status, json['status']]).toEqual([202, 'pending'])
    expect(asked).toEqual([{ id: json['id'], delay: 0 }])
    expect(await pump()).toEqual([])
    const [got, ...more] = await seen('mine', secret)
    expect(more).toEqual([])
    expect(got).toMatchObject({ method: 'POST', verified: true })
    expect(got!.headers).toMatchObject({ 'content-type': 'application/json', 'webhook-id': json['eventId'] })
    const body = JSON.parse(got!.body) as object
    expect(body).toEqual({
      type: 'webhook.test',
      timestamp: json['createdAt'],
      mode: 'test',
      data: { endpointId: id },
    })
    const one = await call('GET', `/webhook-deliveries/${String(json['id'])}`)
    expect(one.json).toMatchObject({ status: 'delivered', attempts: 1, lastStatus: 200, payload: got!.body })
    expect(one.text).not.toContain('the words of the receiver')
    const { json: log } = await call('GET', '/webhook-deliveries?status=delivered&event=webhook.test')
    expect(log).toMatchObject({ data: [{ id: json['id'] }], nextCursor: null })
  })

  test('that a key of another secret signed is not taken by the official library', async () => {
    const { id } = await make()
    const other = await make({ url: `${receiver}/in/other` })
    await call('POST', `/webhook-endpoints/${id}/test`)
    await pump()
    expect(await seen('mine', other.secret)).toMatchObject([{ verified: false }])
  })

  test('asked for many times at once is sent once', async () => {
    const { id } = await make()
    await call('POST', `/webhook-endpoints/${id}/test`)
    const [one] = asked
    asked = Array.from({ length: 20 }, () => one!)
    await pump()
    expect(await seen()).toHaveLength(1)
  })

  test('that the queue lost is sent by the clock', async () => {
    await make()
    const id = await tell()
    await db.orm.update(db.tables.webhookDelivery).set({ nextAt: new Date(Date.now() - 10_000) })
    expect(asked).toEqual([])
    await worker.scheduled({} as ScheduledController, on)
    expect(asked).toEqual([{ id, delay: 0 }])
  })

  test('whose message says nothing readable is no loss: the row is there', async () => {
    await make()
    await tell()
    const messages = [null, 'x', { v: 2 }, { v: 1, deliveryId: "' or 1=1" }].map((body, i) => {
      return { id: `m${i}`, timestamp: new Date(), attempts: 1, body }
    })
    const batch = createMessageBatch('pbstream-webhooks', messages)
    await worker.queue(batch, on)
    expect((await getQueueResult(batch, createExecutionContext())).explicitAcks).toHaveLength(4)
    expect(await onlyDelivery()).toMatchObject({ status: 'pending', attempts: 0 })
  })

  test('without a database is asked for again', async () => {
    asked = [{ id: `whd_${'0'.repeat(40)}`, delay: 0 }]
    expect(
      await pump({ ...on, DATABASE: 'postgres', HYPERDRIVE: { connectionString: 'postgres://u:p@127.0.0.1:9/x' } }),
    ).toEqual(['m0'])
  })
})

describe('retries', () => {
  test('after 500 it comes again under the same id, with a signature of its own time, until it is taken', async () => {
    await script('mine', [{ status: 500 }, { status: 503 }, { status: 204 }])
    const { secret } = await make()
    const id = await tell()
    const start = Date.now()
    const delays = [5, 300]
    let now = start
    for (const delay of delays) {
      await deliver(deps(now), id)
      const row = await onlyDelivery()
      expect(row).toMatchObject({ status: 'pending', lastError: 'refused', nextAt: new Date(now + delay * 1000) })
      await deliver(deps(now + delay * 1000 - 1), id)
      now += delay * 1000
    }
    expect(asked).toEqual(delays.map((delay) => ({ id, delay })))
    await deliver(deps(start + 305_000), id)
    expect(await onlyDelivery()).toMatchObject({ status: 'delivered', attempts: 3, lastStatus: 204, lastError: null })
    const got = await seen('mine', secret)
    expect(got).toHaveLength(3)
    expect(new Set(got.map(({ headers }) => headers['webhook-id'])).size).toBe(1)
    expect(new Set(got.map(({ body }) => body)).size).toBe(1)
    expect(got.map(({ headers }) => Number(headers['webhook-timestamp']))).toEqual(
      [0, 5, 305].map((after) => Math.floor(start / 1000 + after)),
    )
    // The second and third are signed for later than the library's clock; within its tolerance but for the last second.
    expect(got[0]).toMatchObject({ verified: true })
  })

  test('end after ten attempts', async () => {
    await script('mine', [{ status: 500 }])
    await make()
    const id = await tell()
    let now = Date.now()
    for (let i = 0; i < 10; i++) {
      await deliver(deps(now), id)
      now = (await onlyDelivery()).nextAt.getTime()
    }
    expect(await onlyDelivery()).toMatchObject({ status: 'failed', attempts: 10, lastStatus: 500 })
    expect(await seen()).toHaveLength(10)
    await deliver(deps(now + 86_400_000), id)
    expect(await seen()).toHaveLength(10)
  })

  test('a server that does not answer is given up after 10 seconds, and called again', async () => {
    await script('mine', [{ hang: true }, { status: 200 }])
    await make()
    const id = await tell()
    const began = Date.now()
    await deliver(deps(began), id)
    expect(Date.now() - began).toBeLessThan(13_000)
    expect(await onlyDelivery()).toMatchObject({ status: 'pending', lastStatus: null, lastError: 'timeout' })
    await deliver(deps(began + 5_000), id)
    expect(await onlyDelivery()).toMatchObject({ status: 'delivered', attempts: 2 })
  }, 30_000)

  test('a server that is not there is called again', async () => {
    await make({ url: 'http://127.0.0.1:1/in' })
    const id = await tell()
    await deliver(deps(Date.now()), id)
    expect(await onlyDelivery()).toMatchObject({ status: 'pending', lastError: 'connection_failed' })
  })

  test('a redirect is not followed', async () => {
    await script('mine', [{ status: 307, location: `${receiver}/in/inner` }])
    await script('inner', [{ status: 200 }])
    await make()
    const delivery = await tell()
    await deliver(deps(Date.now()), delivery)
    expect(await onlyDelivery()).toMatchObject({ status: 'pending', lastStatus: 307, lastError: 'redirect_refused' })
    expect(await seen('inner')).toEqual([])
  })

  test('410 switches the endpoint off, and its owner is told at the others', async () => {
    await script('mine', [{ status: 410 }])
    const { id } = await make()
    const delivery = await tell()
    const other = await make({ url: `${receiver}/in/other` })
    await deliver(deps(Date.now()), delivery)
    expect((await call('GET', `/webhook-endpoints/${id}`)).json).toMatchObject({ enabled: false })
    const told = (await deliveries()).filter(({ endpointId }) => endpointId === other.id)
    expect(told.map(({ event, payload }) => [event, JSON.parse(payload).data])).toEqual([
      ['webhook_endpoint.disabled', { id, why: 'gone' }],
    ])
    const acts = await db.orm.select().from(db.tables.audit)
    expect(acts.at(-1)).toMatchObject({ actor: 'platform', action: 'webhook_endpoint.disable', subject: id })
    expect((await call('POST', `/webhook-endpoints/${id}/test`)).json).toMatchObject({
      code: 'webhook_endpoint_inactive',
    })
  })

  test('an endpoint that has taken nothing for days is switched off; one that took something is not', async () => {
    await script('mine', [{ status: 500 }, { status: 200 }, { status: 500 }])
    const { id } = await make()
    const began = Date.now()
    const again = async (at: number) => {
      const delivery = await tell(new Date(at))
      await deliver(deps(at), delivery)
      await db.orm.delete(db.tables.webhookDelivery)
      return (await call('GET', `/webhook-endpoints/${id}`)).json as unknown as {
        enabled: boolean
        failingSince: string
      }
    }
    expect(await again(began)).toMatchObject({ enabled: true, failingSince: new Date(began).toISOString() })
    expect(await again(began + FAILING_MS)).toMatchObject({ enabled: true, failingSince: null })
    expect(await again(began + FAILING_MS + 1)).toMatchObject({ enabled: true })
    expect(await again(began + 2 * FAILING_MS)).toMatchObject({ enabled: true })
    expect(await again(began + 2 * FAILING_MS + 1)).toMatchObject({ enabled: false })
  })
})

describe('resend', () => {
  test('sends what arrived again, with the id that it had', async () => {
    const { secret } = await make()
    const id = await tell()
    await deliver(deps(Date.now()), id)
    const { status, json } = await call('POST', `/webhook-deliveries/${id}/resend`)
    expect([status, json['status']]).toEqual([202, 'pending'])
    expect(asked).toEqual([{ id, delay: 0 }])
    await pump()
    const got = await seen('mine', secret)
    expect(got.map(({ verified }) => verified)).toEqual([true, true])
    expect(got[0]!.headers['webhook-id']).toBe(got[1]!.headers['webhook-id'])
    expect(got[0]!.body).toBe(got[1]!.body)
  })

  test('to an endpoint that is off or gone is refused', async () => {
    const { id, etag } = await make()
    const delivery = await tell()
    const off = { body: { enabled: false }, headers: { 'if-match': etag } }
    expect((await call('PATCH', `/webhook-endpoints/${id}`, off)).status).toBe(200)
    expect(await onlyDelivery()).toMatchObject({ status: 'failed', lastError: 'endpoint_disabled' })
    expect((await call('POST', `/webhook-deliveries/${delivery}/resend`)).status).toBe(409)
    expect((await call('DELETE', `/webhook-endpoints/${id}`)).status).toBe(204)
    expect((await call('POST', `/webhook-deliveries/${delivery}/resend`)).status).toBe(409)
    expect((await call('GET', `/webhook-deliveries/${delivery}`)).status).toBe(200)
    expect(await seen()).toEqual([])
  })
})

describe('secrets', () => {
  test('for a day both sign, then the new one alone', async () => {
    const { id, secret, etag } = await make()
    const rotated = await call('POST', `/webhook-endpoints/${id}/rotate-secret`, { headers: { 'if-match': etag } })
    const next = rotated.json['secret'] as string
    expect(next).toMatch(/^whsec_/)
    expect(next).not.toBe(secret)
    await call('POST', `/webhook-endpoints/${id}/test`)
    await pump()
    expect(await seen('mine', secret)).toMatchObject([{ verified: true }])
    expect(await seen('mine', next)).toMatchObject([{ verified: true }])
    const endpoint = (await Deliveries.endpointById(db, id))!
    const count = async (at: number) => (await secretsOf(on, endpoint, at)).length
    const until = endpoint.previousUntil!.getTime()
    expect([await count(until - 1), await count(until)]).toEqual([2, 1])
  })

  test('are shown once: not when read, not when repeated, and nowhere else', async () => {
    const idempotencyKey = crypto.randomUUID()
    const body = { url: URL_MINE, events: ['*'] }
    const first = await call('POST', '/webhook-endpoints', { body, idempotencyKey })
    const secret = first.json['secret'] as string
    const again = await call('POST', '/webhook-endpoints', { body, idempotencyKey })
    expect(again).toMatchObject({ status: 201, json: { id: first.json['id'], secret: null } })
    const id = first.json['id'] as string
    await call('POST', `/webhook-endpoints/${id}/test`)
    await pump()
    const t = db.tables
    const everything = await Promise.all(
      [t.webhookEndpoint, t.webhookDelivery, t.audit, t.idempotency].map((table) => db.orm.select().from(table)),
    )
    const shown = [
      await call('GET', `/webhook-endpoints/${id}`),
      await call('GET', '/webhook-endpoints'),
      await call('GET', '/webhook-deliveries'),
    ].map(({ text }) => text)
    const all = JSON.stringify([everything, shown, logged.mock.calls, await seen()])
    expect(all).not.toContain(secret.slice('whsec_'.length))
    expect(shown.join()).not.toContain('ealed')
  })

  test('that cannot be opened sign nothing, and nothing is sent', async () => {
    await make()
    const id = await tell()
    const other = { ...on, WEBHOOK_SECRET: 'another-secret-of-thirty-two-bytes!!' }
    await deliver(deps(Date.now(), { secretsOf: (endpoint, at) => secretsOf(other, endpoint, at) }), id)
    expect(await seen()).toEqual([])
    expect(await onlyDelivery()).toMatchObject({ status: 'pending', lastError: 'not_signed' })
  })
})

describe('targets', () => {
  const bad: [string, string][] = [
    ['plain http', 'http://hooks.example.com/in'],
    ['another scheme', 'ftp://hooks.example.com/in'],
    ['no URL', 'hooks'],
    ['user and password', 'https://u:p@hooks.example.com/in'],
    ['another port', 'https://hooks.example.com:22/in'],
    ['loopback', 'https://127.0.0.1/in'],
    ['loopback in decimal', 'https://2130706433/in'],
    ['loopback in hex', 'https://0x7f.1/in'],
    ['IPv6', 'https://[::1]/in'],
    ['IPv4 in IPv6', 'https://[::ffff:169.254.169.254]/in'],
    ['a metadata address', 'https://169.254.169.254/latest/meta-data'],
    ['a private address', 'https://10.0.0.1/in'],
    ['localhost', 'https://localhost/in'],
    ['a name without a dot', 'https://intranet/in'],
    ['an internal name', 'https://metadata.google.internal/in'],
    ['a name that stands for an address', 'https://127.0.0.1.nip.io/in'],
    ['a closing dot', 'https://localhost./in'],
    ['our own zone', 'https://api.pbstream.example/in'],
    ['a backslash', 'https://hooks.example.com\\@127.0.0.1/in'],
    ['a control character', 'https://hooks.example.com/\u0000'],
    ['dot segments', 'https://hooks.example.com/a/../in'],
  ]
  const env = { ...strict, OWN_ZONES: 'pbstream.example' }

  test.each(bad)('%s is refused when it is written', async (_, url) => {
    const made = await call('POST', '/webhook-endpoints', { body: { url, events: ['*'] }, env })
    expect(made).toMatchObject({ status: 400, json: { code: 'validation_failed', errors: [{ field: '/url' }] } })
    expect(await db.orm.select().from(db.tables.webhookEndpoint)).toEqual([])
  })

  test.each(bad)('%s is not called, whatever is in the database', async (_, url) => {
    const { id } = await make()
    await db.orm.update(db.tables.webhookEndpoint).set({ url })
    const called = vi.fn(send)
    const delivery = await tell()
    await deliver(deps(Date.now(), { rules: UpstreamUrl.rulesOf(env), send: called }), delivery)
    expect(called).not.toHaveBeenCalled()
    expect(await onlyDelivery()).toMatchObject({ endpointId: id, lastError: 'url_refused' })
  })

  test('of an edit are judged as well', async () => {
    const good = { url: 'https://hooks.example.com/in', events: ['*'] }
    const { json, etag, status } = await call('POST', '/webhook-endpoints', { body: good, env })
    expect(status).toBe(201)
    const edit = { body: { url: 'https://127.0.0.1/in' }, headers: { 'if-match': etag }, env }
    expect((await call('PATCH', `/webhook-endpoints/${String(json['id'])}`, edit)).status).toBe(400)
  })

  test('are not called at all where fetches could reach what is private', async () => {
    await make()
    const called = vi.fn(send)
    const delivery = await tell()
    await deliver(deps(Date.now(), { mayCall: false, send: called }), delivery)
    expect(called).not.toHaveBeenCalled()
  })
})

describe('the API', () => {
  test.each([
    [{ events: ['*'] }, '/url'],
    [{ url: 7, events: ['*'] }, '/url'],
    [{ url: URL_MINE }, '/events'],
    [{ url: URL_MINE, events: [] }, '/events'],
    [{ url: URL_MINE, events: ['nothing.known'] }, '/events/0'],
    [{ url: URL_MINE, events: ['*', '*'] }, '/events'],
    [{ url: URL_MINE, events: ['*'], secret: 'mine' }, ''],
  ])('%j is 400 and names the field', async (body, field) => {
    const { status, json } = await call('POST', '/webhook-endpoints', { body })
    expect([status, (json['errors'] as { field: string }[])[0]?.field]).toEqual([400, field])
  })

  test('an edit needs the revision that it starts from', async () => {
    const { id, etag } = await make()
    const path = `/webhook-endpoints/${id}`
    const body = { events: ['deposit.confirmed'] }
    expect((await call('PATCH', path, { body })).status).toBe(428)
    const edited = await call('PATCH', path, { body, headers: { 'if-match': etag } })
    expect(edited).toMatchObject({ status: 200, json: body, etag: '"2"' })
    expect((await call('PATCH', path, { body, headers: { 'if-match': etag } })).status).toBe(412)
    expect((await call('POST', `${path}/rotate-secret`, { headers: { 'if-match': etag } })).status).toBe(412)
    expect((await call('PATCH', path, { body: {}, headers: { 'if-match': '"2"' } })).status).toBe(400)
  })

  test('has at most 20 endpoints', async () => {
    for (let i = 0; i < 20; i++) await make()
    const { status, json } = await call('POST', '/webhook-endpoints', { body: { url: URL_MINE, events: ['*'] } })
    expect([status, json['code']]).toEqual([409, 'limit_reached'])
  })

  test('lists come in pages that hold together', async () => {
    await make()
    const at = Date.now()
    for (let i = 0; i < 5; i++) {
      const when = new Date(at + i)
      await db.atomically((orm) => eventStatements(db, orm, owner, 'test', 'route.updated', { i }, when))
    }
    const ids: string[] = []
    let cursor: string | null = ''
    while (cursor !== null) {
      const from: string = cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`
      const { json } = await call('GET', `/webhook-deliveries?limit=2${from}`)
      ids.push(...(json['data'] as { id: string }[]).map(({ id }) => id))
      cursor = json['nextCursor'] as string | null
    }
    expect(ids).toEqual(
      (await deliveries())
        .map(({ id }) => id)
        .sort()
        .reverse(),
    )
    for (const query of ['status=x', 'event=x', 'cursor=x', 'limit=101', 'unknown=1']) {
      expect((await call('GET', `/webhook-deliveries?${query}`)).status).toBe(400)
    }
  })

  test('reading needs the scope to read, writing the scope to write', async () => {
    const reader = await keyOf(owner, 'test', ['webhooks:read'])
    const none = await keyOf(owner, 'test', ['providers:write'])
    const body = { url: URL_MINE, events: ['*'] }
    expect((await call('GET', '/webhook-endpoints', { as: reader })).status).toBe(200)
    expect((await call('POST', '/webhook-endpoints', { as: reader, body })).status).toBe(403)
    expect((await call('GET', '/webhook-endpoints', { as: none })).status).toBe(403)
    expect((await call('GET', '/webhook-deliveries', { as: none })).status).toBe(403)
  })
})

describe("another's", () => {
  const acts: [string, string, unknown?][] = [
    ['GET', '/webhook-endpoints/ENDPOINT'],
    ['PATCH', '/webhook-endpoints/ENDPOINT', { enabled: false }],
    ['POST', '/webhook-endpoints/ENDPOINT/rotate-secret'],
    ['POST', '/webhook-endpoints/ENDPOINT/test'],
    ['DELETE', '/webhook-endpoints/ENDPOINT'],
    ['GET', '/webhook-deliveries/DELIVERY'],
    ['POST', '/webhook-deliveries/DELIVERY/resend'],
  ]
  test.each(acts)('%s %s is answered like one that is not there', async (method, path, body) => {
    const { id, etag } = await make()
    const delivery = await tell()
    const before = [await deliveries(), await db.orm.select().from(db.tables.webhookEndpoint)]
    const theirs = path.replace('ENDPOINT', id).replace('DELIVERY', delivery)
    const unknown = path.replace('ENDPOINT', 'we_0').replace('DELIVERY', `whd_${'0'.repeat(40)}`)
    const options = { ...(body === undefined ? {} : { body }), headers: { 'if-match': etag } }
    for (const as of [await keyOf(stranger), await keyOf(owner, 'live')]) {
      const [a, b] = [await call(method, theirs, { ...options, as }), await call(method, unknown, { ...options, as })]
      expect(a).toEqual(b)
      expect(a.status).toBe(404)
    }
    expect([await deliveries(), await db.orm.select().from(db.tables.webhookEndpoint)]).toEqual(before)
    expect(await seen()).toEqual([])
  })

  test('are in no list', async () => {
    const { id } = await make()
    await tell()
    for (const as of [await keyOf(stranger), await keyOf(owner, 'live')]) {
      for (const path of ['/webhook-endpoints', '/webhook-deliveries', `/webhook-deliveries?endpointId=${id}`]) {
        expect((await call('GET', path, { as })).json).toEqual({ data: [], nextCursor: null })
      }
    }
  })
})
