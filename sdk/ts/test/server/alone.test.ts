/** Every framework standing alone: what it asks of the gateway, and when. */
import { request as httpRequest } from 'node:http'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type App, frameworks, type Hands } from './support/apps.ts'
import { PAYER } from './support/Gate.ts'
import { PaymentsApi, SECRET_KEY } from './support/PaymentsApi.ts'

let api: PaymentsApi
beforeAll(async () => void (api = await PaymentsApi.start()))
afterAll(() => api.stop())
beforeEach(() => api.forget())

const paying = { 'payment-signature': 'good' }

describe.each(Object.entries(frameworks))('%s standing alone', (_, start) => {
  const hands: Hands = { go: Promise.resolve(), runs: 0 }
  let app: App
  beforeAll(async () => {
    const options = { gateway: api.url, secretKey: SECRET_KEY, publicUrl: 'https://api.example.com' }
    app = await start(options, hands)
  })
  afterAll(() => app.stop())

  test('relays the 402 of the gateway, and no handler runs', async () => {
    hands.runs = 0
    const response = await fetch(`${app.url}/flat?x=1`, { headers: { cookie: 'secret=1', authorization: 'mine' } })
    expect(response.status).toBe(402)
    expect(response.headers.get('payment-required')).toMatch(/^eyJ/)
    expect(await response.json()).toEqual({ code: 'payment_required' })
    expect(hands.runs).toBe(0)
    const told = { v: 1, route: 'api', method: 'GET', url: 'https://api.example.com/flat?x=1', price: '2000' }
    expect(api.bodies).toEqual([{ ...told, headers: {} }])
  })

  test('charges a flat price before the head of a 2xx leaves, which says so', async () => {
    const response = await fetch(`${app.url}/flat`, { headers: paying })
    expect(response.status).toBe(200)
    expect(await response.json()).toMatchObject({ payer: PAYER })
    expect(response.headers.get('payment-response')).toMatch(/^eyJ/)
    expect(response.headers.get('pbstream-receipt')).toBe('a.receipt')
    expect(response.headers.get('pbstream-request-id')).toBe('abc')
    expect(response.headers.get('cache-control')).toBe('private')
    expect(api.asked).toEqual([{ what: 'authorize' }, { what: 'capture', amount: '2000' }])
  })

  test('names the body that was paid for', async () => {
    const headers = { ...paying, 'content-type': 'application/json' }
    const response = await fetch(`${app.url}/echo`, { method: 'POST', headers, body: '{"a":1}' })
    expect(await response.json()).toEqual({ a: 1 })
    expect(api.bodies[0]?.bodyDigest).toBe('0x015abd7f5cc57a2dd94b7590f04ad8084273905ee33ec5cebeae62276a97f862')
  })

  test('a charge that cannot be recorded: nothing is served', async () => {
    api.refuses = true
    const response = await fetch(`${app.url}/flat`, { headers: paying })
    expect(response.status).toBe(503)
    expect(await response.text()).not.toContain(PAYER)
  })

  test('a handler that throws, or does not answer 2xx, is not charged', async () => {
    expect((await fetch(`${app.url}/throws`, { headers: paying })).status).toBe(500)
    await api.until('void')
    expect(api.asked).toEqual([{ what: 'authorize' }, { what: 'void', freesId: true }])
    api.forget()
    expect((await fetch(`${app.url}/sorry`, { headers: paying })).status).toBe(404)
    await api.until('void')
    expect(api.asked).toEqual([{ what: 'authorize' }, { what: 'void', freesId: true }])
  })

  test('a metered stream arrives as it is written, and is charged when it is over', async () => {
    const { promise, resolve } = Promise.withResolvers<void>()
    hands.go = promise
    const response = await fetch(`${app.url}/count`, { headers: paying })
    const reader = (response.body as ReadableStream<Uint8Array>).getReader()
    expect(Buffer.from((await reader.read()).value as Uint8Array).toString()).toBe('one,')
    expect(api.asked).toEqual([{ what: 'authorize' }])
    resolve()
    while (!(await reader.read()).done);
    await api.until('capture')
    expect(api.asked).toEqual([{ what: 'authorize' }, { what: 'capture', amount: '1000' }])
  })

  test('a caller that leaves pays for what was metered by then', async () => {
    hands.go = new Promise(() => {})
    await new Promise<void>((resolve, reject) => {
      const request = httpRequest(`${app.url}/count`, { headers: paying }, (response) => {
        response.once('data', () => {
          request.destroy()
          resolve()
        })
      })
      request.on('error', reject).end()
    })
    await api.until('capture')
    expect(api.asked).toEqual([{ what: 'authorize' }, { what: 'capture', amount: '700' }])
  })

  test('a flat stream leaves as soon as it is charged, chunk by chunk', async () => {
    const go = Promise.withResolvers<void>()
    const charged = Promise.withResolvers<void>()
    hands.go = go.promise
    api.before = charged.promise
    const answered = fetch(`${app.url}/stream`, { headers: paying })
    await api.until('capture')
    charged.resolve()
    const reader = ((await answered).body as ReadableStream<Uint8Array>).getReader()
    expect(Buffer.from((await reader.read()).value as Uint8Array).toString()).toBe('one,')
    go.resolve()
    expect(Buffer.from((await reader.read()).value as Uint8Array).toString()).toBe('two')
  })
})

test('without the gateway nobody is served', async () => {
  const away = await PaymentsApi.start()
  await away.stop()
  const hands: Hands = { go: Promise.resolve(), runs: 0 }
  const start = frameworks['hono'] as (typeof frameworks)[string]
  const app = await start({ gateway: away.url, secretKey: SECRET_KEY }, hands)
  const response = await fetch(`${app.url}/flat`, { headers: paying })
  expect([response.status, hands.runs]).toEqual([503, 0])
  expect(await response.json()).toMatchObject({ code: 'temporarily_unavailable' })
  await app.stop()
})
