/** Every framework behind the gateway: the same service, asked the same. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type App, frameworks, type Hands } from './support/apps.ts'
import { AUDIENCE, Gate, PAYER } from './support/Gate.ts'

let gate: Gate
beforeAll(async () => void (gate = await Gate.start()))
afterAll(() => gate.stop())

describe.each(Object.entries(frameworks))('%s behind the gateway', (_, start) => {
  const hands: Hands = { go: Promise.resolve(), runs: 0 }
  let app: App
  beforeAll(async () => void (app = await start({ gateway: gate.url, audience: AUDIENCE }, hands)))
  afterAll(() => app.stop())

  test('a paid call is served, with the payment in hand', async () => {
    const response = await gate.send(app.url, { path: '/flat' })
    expect(response.status).toBe(200)
    expect(await response.json()).toEqual({ payer: PAYER, content: 'verified' })
    expect(response.headers.get('cache-control')).toBe('private')
  })

  test('an unpaid one gets 402 as problem details, and no handler runs', async () => {
    hands.runs = 0
    const response = await fetch(`${app.url}/flat`)
    expect(response.status).toBe(402)
    expect(response.headers.get('content-type')).toMatch(/^application\/problem\+json/)
    expect(await response.json()).toMatchObject({ code: 'payment_required', status: 402 })
    expect(hands.runs).toBe(0)
  })

  test('a token pays once', async () => {
    const headers = { 'pbstream-payment': await gate.token({ path: '/flat' }) }
    expect((await fetch(`${app.url}/flat`, { headers })).status).toBe(200)
    expect((await fetch(`${app.url}/flat`, { headers })).status).toBe(409)
  })

  test('a token for a path or query is not moved to another', async () => {
    const cheap = { 'pbstream-payment': await gate.token({ path: '/flat' }) }
    expect((await fetch(`${app.url}/metered`, { headers: cheap })).status).toBe(403)
    expect((await fetch(`${app.url}/flat?x=1`, { headers: cheap })).status).toBe(403)
  })

  const json = { 'content-type': 'application/json' }

  test('a body that was paid for gets to the handler whole', async () => {
    const body = JSON.stringify({ text: 'é'.repeat(30_000), n: [1, 2, 3] }, null, 1)
    const response = await gate.send(app.url, { method: 'POST', path: '/echo', body }, json)
    expect(response.ok).toBe(true)
    expect(await response.json()).toEqual(JSON.parse(body))
  })

  test('one that was swapped does not', async () => {
    const token = await gate.token({ method: 'POST', path: '/echo', body: '{"prompt":"short"}' })
    const headers = { ...json, 'pbstream-payment': token }
    const response = await fetch(`${app.url}/echo`, { method: 'POST', headers, body: '{"prompt":"long "}' })
    expect(response.status).toBe(403)
  })

  test('use is told to the gateway in the head of a 2xx, and of nothing else', async () => {
    const good = await gate.send(app.url, { path: '/metered' })
    expect([good.status, good.headers.get('pbstream-usage')]).toEqual([200, '1234'])
    const sorry = await gate.send(app.url, { path: '/sorry' })
    expect([sorry.status, sorry.headers.get('pbstream-usage')]).toEqual([404, null])
    const flat = await gate.send(app.url, { path: '/flat' })
    expect(flat.headers.get('pbstream-usage')).toBeNull()
  })

  test('a handler that throws is an error of its framework', async () => {
    expect((await gate.send(app.url, { path: '/throws' })).status).toBe(500)
  })

  test('a stream arrives while the handler is still writing', async () => {
    const { promise, resolve } = Promise.withResolvers<void>()
    hands.go = promise
    const response = await gate.send(app.url, { path: '/stream' })
    const reader = (response.body as ReadableStream<Uint8Array>).getReader()
    const first = await reader.read()
    expect(Buffer.from(first.value as Uint8Array).toString()).toBe('one,')
    resolve()
    const second = await reader.read()
    expect(Buffer.from(second.value as Uint8Array).toString()).toBe('two')
    expect((await reader.read()).done).toBe(true)
  })
})
