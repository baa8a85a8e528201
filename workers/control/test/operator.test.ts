/** `/metrics` and `/ops` over HTTP: who is let in, and what comes of each act. */
import { createMessageBatch, createExecutionContext, getQueueResult } from 'cloudflare:test'
import type { LaneState } from '@pbstream/core/message/Operations'
import { project } from '@pbstream/db/Projection'
import { eq } from 'drizzle-orm'
import { beforeEach, describe, expect, test, vi } from 'vitest'
import type { Env } from '../src/Env.ts'
import worker from '../src/index.ts'
import { lettersOf } from '../src/Jobs.ts'
import { bindings, channelId, db, empty, hex, minute, session, sessionEvent, settlement } from './support.ts'

const KEY = 'operator-key-of-the-tests'
const TOKEN = 'metrics-token-of-the-tests'
const on: Env = { ...bindings, OPERATOR_KEY: KEY, METRICS_TOKEN: TOKEN }
const signer = hex('51', 20)

async function call(method: string, path: string, { key = KEY, as = on }: { key?: string | null; as?: Env } = {}) {
  const headers = key === null ? {} : { authorization: `Bearer ${key}` }
  const response = await worker.fetch(new Request(`https://control.example${path}`, { method, headers }), as)
  const text = await response.text()
  return { status: response.status, headers: response.headers, text, json: () => JSON.parse(text) as unknown }
}

let logged: { mock: { calls: unknown[][] } }

beforeEach(async () => {
  logged = vi.spyOn(console, 'error').mockImplementation(() => {})
  await empty()
  await settlement.say({})
  for (const { id } of (await lettersOf(bindings).list(1, 100)).letters) await lettersOf(bindings).remove(1, id)
  return () => vi.restoreAllMocks()
})

describe('GET /metrics', () => {
  test('is what Prometheus reads, for whoever bears the token', async () => {
    const { status, headers, text } = await call('GET', '/metrics', { key: TOKEN })
    expect([status, headers.get('content-type')]).toEqual([200, 'text/plain; version=0.0.4; charset=utf-8'])
    expect(text).toMatch(/^# TYPE pbstream_held_atomic gauge$/m)
  })

  test.each([
    ['no key', null],
    ['another key', `${TOKEN}x`],
    ['the key of operators', KEY],
    ['a part of it', TOKEN.slice(0, 20)],
  ])('with %s is 401', async (_, key) => {
    const { status, headers, text } = await call('GET', '/metrics', { key })
    expect([status, headers.get('www-authenticate')]).toEqual([401, 'Bearer'])
    expect(text).not.toContain('pbstream_')
  })

  test('without a token is not there, but on one machine', async () => {
    const { METRICS_TOKEN: _, ...without } = on
    expect((await call('GET', '/metrics', { as: without })).status).toBe(404)
    expect((await call('GET', '/metrics', { key: null, as: { ...without, OVERVIEW: 'true' } })).status).toBe(200)
  })

  test('a token that can be guessed lets nobody in', async () => {
    expect((await call('GET', '/metrics', { key: 'short', as: { ...on, METRICS_TOKEN: 'short' } })).status).toBe(401)
  })
})

describe('the operator', () => {
  const acts: [string, string][] = [
    ['GET', '/ops/stuck'],
    ['GET', '/ops/incidents'],
    ['GET', '/ops/lanes'],
    ['GET', '/ops/audit/verify'],
    ['POST', '/ops/reconcile'],
    ['POST', '/ops/dead-letters/a/replay'],
    ['POST', `/ops/channels/${channelId}/drain`],
    ['POST', `/ops/lanes/84532/${signer}/pause`],
    ['POST', `/ops/lanes/84532/${signer}/resume`],
  ]

  test.each(acts)('%s %s is 401 without the key, and is not there without such a key', async (method, path) => {
    expect((await call(method, path, { key: null })).status).toBe(401)
    expect((await call(method, path, { key: TOKEN })).status).toBe(401)
    const { OPERATOR_KEY: _, ...without } = on
    expect((await call(method, path, { as: { ...without, OVERVIEW: 'true' } })).status).toBe(404)
    expect(await settlement.done()).toEqual([])
  })

  test.each([
    ['POST', '/ops/channels/0x12/drain', 400],
    ['POST', `/ops/channels/${hex('ff', 32)}/drain`, 404],
    ['POST', '/ops/lanes/84532/0x12/pause', 400],
    ['POST', `/ops/lanes/abc/${signer}/pause`, 400],
    ['POST', `/ops/lanes/1/${signer}/pause`, 404],
    ['POST', `/ops/lanes/84532/${signer}/stop`, 404],
    ['POST', '/ops/dead-letters/none/replay', 404],
    ['POST', '/ops/dead-letters/%20/replay', 400],
    ['GET', '/ops/anything', 404],
    ['GET', `/ops/channels/${channelId}/drain`, 404],
  ])('%s %s is %i, a problem', async (method, path, status) => {
    const answer = await call(method, path)
    expect(answer.status).toBe(status)
    expect(answer.headers.get('content-type')).toBe('application/problem+json')
  })

  test('a channel is drained through its session, and the act is written down', async () => {
    await project(db, [sessionEvent()])
    await settlement.say({ drain: { kind: 'sent', total: 90n, rest: 5n } })
    const answer = { kind: 'sent', channelId, total: '90', rest: '5' }
    expect((await call('POST', `/ops/channels/${channelId.toUpperCase().replace('0X', '0x')}/drain`)).json()).toEqual(
      answer,
    )
    expect(await settlement.done()).toEqual([`drain ${channelId}`])
    expect(await db.orm.select().from(db.tables.audit)).toMatchObject([
      { actor: 'operator', action: 'drain', subject: channelId, detail: answer },
    ])
  })

  test('the audit is as it was written, until somebody writes into it', async () => {
    for (const act of ['pause', 'resume', 'pause']) await call('POST', `/ops/lanes/84532/${signer}/${act}`)
    const { audit } = db.tables
    const good = (await call('GET', '/ops/audit/verify')).json()
    expect(good).toMatchObject({ ok: true, chains: [{ chain: 'platform', rows: 3, head: { seq: 3 } }], next: null })
    await db.orm.update(audit).set({ actor: 'nobody' }).where(eq(audit.seq, 2))
    const flaws = [{ chain: 'platform', seq: 2, what: 'edited' }]
    expect((await call('GET', '/ops/audit/verify')).json()).toMatchObject({ ok: false, flaws })
    expect((await call('GET', '/ops/audit/verify?seq=-1')).status).toBe(400)
  })

  test('a lane is paused and resumed', async () => {
    expect((await call('POST', `/ops/lanes/84532/${signer}/pause`)).json()).toMatchObject({ paused: true })
    expect((await call('POST', `/ops/lanes/84532/${signer}/resume`)).json()).toMatchObject({ paused: false })
    expect(await settlement.done()).toEqual([`pause 84532 ${signer}`, `resume 84532 ${signer}`])
  })

  test('what is stuck: incidents that hold, dead letters of both queues, transactions under way for long, pauses', async () => {
    const item = { id: 'i', purpose: 'claim', nonce: 1, state: 'open', attempts: 2 }
    const lane = (over: Partial<LaneState>): LaneState => ({
      chainId: 84532,
      signer,
      paused: false,
      items: [],
      ...over,
    })
    const [old, young] = [Date.now() - 400_000, Date.now()].map((createdAt) => ({ ...item, createdAt }))
    const letter = { id: 'x', kind: 'claim', detail: {}, at: 1 } as const
    await settlement.say({
      lanes: [
        lane({ items: [old!, young!] }),
        lane({ chainId: 1, paused: true }),
        lane({ chainId: 2, items: [young!] }),
      ],
      deadLetters: { letters: [letter], depth: 1, settled: [] },
    })
    const what = 'withdrawal_lost' as const
    await project(db, [{ v: 1, kind: 'incident', id: 'w', what, detail: {}, at: 5 }])
    expect((await call('GET', '/ops/stuck')).json()).toMatchObject({
      incidents: [{ id: 'w', what }],
      deadLetters: [{ id: 'x', queue: 'claims' }],
      lanes: [
        { chainId: 84532, items: [old] },
        { chainId: 1, paused: true, items: [] },
      ],
    })
  })

  test('while settlement cannot be asked the answer is a retryable 503', async () => {
    const { OPERATIONS: _, ...without } = on
    expect((await call('GET', '/ops/stuck', { as: without })).json()).toMatchObject({ retryable: true })
  })
})

describe('dead letters', () => {
  async function dead(body: unknown, id = 'm1') {
    const message = { id, timestamp: new Date(1_000), attempts: 1, body }
    const batch = createMessageBatch('pbstream-events-dlq', [message])
    const context = createExecutionContext()
    await worker.queue(batch, on)
    return (await getQueueResult(batch, context)).explicitAcks
  }
  const incidents = () => db.orm.select().from(db.tables.sentinelEvent)

  test('an event that could not be projected is kept, told about without its content, and projected by a replay', async () => {
    expect(await dead(sessionEvent({ spent: '77' }))).toEqual(['m1'])
    expect(await incidents()).toMatchObject([{ id: 'dead_letter:m1', what: 'event_dead_letter', resolvedAt: null }])
    const shown = (await call('GET', '/ops/stuck')).text + JSON.stringify(await incidents())
    expect(shown).toContain('m1')
    expect(shown).not.toContain(session.payer)
    expect((await call('POST', '/ops/dead-letters/dead_letter:m1/replay')).json()).toMatchObject({ kind: 'replayed' })
    expect(await db.orm.select().from(db.tables.channel)).toMatchObject([{ spent: '77' }])
    expect((await incidents())[0]?.resolvedAt).not.toBeNull()
    expect((await call('POST', '/ops/dead-letters/m1/replay')).status).toBe(404)
  })

  test('what this release does not understand is kept, replayed or not', async () => {
    await dead({ v: 2, voucher: 'secret-voucher' })
    expect((await call('POST', '/ops/dead-letters/m1/replay')).json()).toMatchObject({ kind: 'kept' })
    expect((await lettersOf(bindings).get(1, 'm1'))?.body).toContain('secret-voucher')
    expect(logged.mock.calls).not.toEqual([])
    expect(JSON.stringify(logged.mock.calls)).not.toContain('secret-voucher')
  })

  test('a claim of settlement is replayed there, and its incident is over', async () => {
    const what = 'claim_dead_letter' as const
    await project(db, [{ v: 1, kind: 'incident', id: 'dead_letter:c9', what, detail: {}, at: 5 }])
    await settlement.say({ replay: { kind: 'replayed', detail: { claim: 'sent' } } })
    expect((await call('POST', '/ops/dead-letters/c9/replay')).json()).toMatchObject({ kind: 'replayed' })
    expect(await settlement.done()).toEqual(['replay c9'])
    expect((await incidents())[0]?.resolvedAt).not.toBeNull()
  })

  test('the incident of one that settled by itself is over within a minute', async () => {
    const what = 'claim_dead_letter' as const
    await project(db, [{ v: 1, kind: 'incident', id: 'dead_letter:c9', what, detail: {}, at: 5 }])
    await settlement.say({ deadLetters: { letters: [], depth: 0, settled: ['c9'] } })
    await minute()
    expect((await incidents())[0]?.resolvedAt).not.toBeNull()
  })
})
