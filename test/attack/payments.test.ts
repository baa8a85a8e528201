/** Providers' own servers and their callers, as thieves of keys and money would use the API. */
import fc from 'fast-check'
import { createStandalone } from '@pbstream/sdk/server/Standalone'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { headerOf, paymentOf } from '../support/payment.ts'
import { createHoldback } from '../support/signedRequest.ts'
import { keyOf, type Merchant, merchant } from '../support/standalone.ts'
import { type Stack, startStack } from '../support/Stack.ts'
import { until } from '../support/until.ts'

const PATH = '/.well-known/pbstream/payments'
const SITE = 'https://shop.example'

let stack: Stack
let seller: Merchant
let rival: Merchant

beforeAll(async () => {
  stack = await startStack({ routes: [{ path: '/seeded' }] })
  seller = await merchant(stack)
  rival = await merchant(stack)
})
afterAll(() => stack?.stop())

type Reply = { status: number; json: Record<string, unknown> }

async function call(operation: string, body: unknown, apiKey = seller.apiKey): Promise<Reply> {
  const response = await fetch(`${stack.gateway}${PATH}/${operation}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${apiKey}` },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })
  return { status: response.status, json: (await response.json()) as Record<string, unknown> }
}

const ask = (headers: Record<string, string>, over: object = {}) => ({
  ...{ v: 1, route: 'goods', method: 'GET', url: `${SITE}/item`, price: '1000', headers },
  ...over,
})
const codeOf = ({ json }: Reply) => (JSON.parse(json['body'] as string) as { code: string }).code

/**
 * A caller that signs what the seller's server would be sent, and sends nothing: its requests go to the API as the
 * server would pass them on.
 */
async function caller() {
  const answers: typeof fetch = async (input, init) => {
    const request = new Request(input, init)
    const headers: Record<string, string> = {}
    const payment = request.headers.get('payment-signature')
    if (payment !== null) headers['payment-signature'] = payment
    const { json } = await call('authorize', ask(headers, { url: request.url }))
    if (json['kind'] === 'response') {
      const { status, headers: given, body } = json as { status: number; headers: Record<string, string>; body: string }
      return new Response(body, { status, headers: given })
    }
    const done = await call('capture', { v: 1, id: json['id'], amount: '1000' })
    return new Response('served', { headers: done.json['headers'] as Record<string, string> })
  }
  const { sign, pay, payer } = await createHoldback(stack, {}, answers)
  expect((await pay(`${SITE}/item`)).status).toBe(200)
  return { payer, signed: async () => paymentOf(await sign(`${SITE}/item`)) }
}

/** Authorised, and not captured. */
async function held() {
  const { signed } = await caller()
  const { json } = await call('authorize', ask(headers(await signed())))
  expect(json).toMatchObject({ kind: 'authorized', ceiling: '1000' })
  return { id: json['id'] as string, session: json['session'] as string }
}
const headers = (payment: unknown) => ({ 'payment-signature': headerOf(payment)['PAYMENT-SIGNATURE'] })

test('a payment for one seller is none for another, whoever asks', async () => {
  const { signed } = await caller()
  const payment = await signed()
  const reply = await call('authorize', ask(headers(payment)), rival.apiKey)
  expect(reply.json).toMatchObject({ kind: 'response', status: 402 })
  expect(codeOf(reply)).toBe('offer_mismatch')
  const forged = { ...payment, accepted: { ...payment.accepted, payTo: rival.owner.address }, extensions: {} }
  expect(codeOf(await call('authorize', ask(headers(forged)), rival.apiKey))).toBe('receiver_mismatch')
})

test('another owner captures, marks and voids nothing, and learns nothing', async () => {
  const { id } = await held()
  for (const [operation, body] of [
    ['capture', { v: 1, id, amount: '1000' }],
    ['mark', { v: 1, id, amount: '1000' }],
    ['void', { v: 1, id, freesId: true }],
  ] as const) {
    const theirs = await call(operation, body, rival.apiKey)
    const nothing = await call(operation, { ...body, id: 'nothing' }, rival.apiKey)
    const { requestId: _a, ...known } = theirs.json
    const { requestId: _b, ...unknown } = nothing.json
    expect([theirs.status, known]).toEqual([404, unknown])
  }
  expect((await call('capture', { v: 1, id, amount: '1000' })).status).toBe(200)
})

test('another key of the same owner captures; one without the scope, and one that was revoked, do not', async () => {
  const { id } = await held()
  const [second, other] = await Promise.all([
    keyOf(seller.owner, ['payments:write']),
    keyOf(seller.owner, ['providers:write', 'exports:read']),
  ])
  expect((await call('capture', { v: 1, id, amount: '1' }, other.secret)).json).toMatchObject({ code: 'scope_missing' })
  const captured = await call('capture', { v: 1, id, amount: '600' }, second.secret)
  expect(captured.status).toBe(200)
  expect((await seller.owner.asPerson('DELETE', `/api-keys/${second.id}`)).status).toBe(200)
  // Five seconds is how long a gateway believes what it has read.
  await until('the key is dead', async () => (await call('authorize', ask({}), second.secret)).status === 401)
})

test('is captured once and up to its ceiling, in whatever order and however many at once', async () => {
  const { id } = await held()
  expect((await call('capture', { v: 1, id, amount: '1001' })).json).toMatchObject({ code: 'payment_above_ceiling' })
  const amounts = ['1000', '1000', '999', '1', '0', '1000']
  const replies = await Promise.all(amounts.map((amount) => call('capture', { v: 1, id, amount })))
  const charged = new Set(replies.flatMap(({ status, json }) => (status === 200 ? [json['receipt']] : [])))
  expect(charged.size).toBe(1)
  for (const { status, json } of replies) {
    if (status !== 200) expect([status, json['code']]).toEqual([409, 'payment_captured'])
  }
  expect((await call('void', { v: 1, id, freesId: true })).json).toMatchObject({ code: 'payment_captured' })
})

test('is not captured after it was voided', async () => {
  const { id } = await held()
  expect((await call('void', { v: 1, id, freesId: true })).json).toEqual({ kind: 'voided' })
  for (const operation of ['capture', 'mark']) {
    expect((await call(operation, { v: 1, id, amount: '1' })).json).toMatchObject({ code: 'payment_ended' })
  }
})

test('one authorisation pays for one request: not for another address, price, body, or again', async () => {
  const { signed } = await caller()
  const payment = headers(await signed())
  for (const over of [
    { url: `${SITE}/other` },
    { price: '2000' },
    { bodyDigest: `0x${'12'.repeat(32)}` },
    { method: 'POST' },
    { route: 'x' },
  ]) {
    expect(codeOf(await call('authorize', ask(payment, over)))).toMatch(/^(?:quote_invalid|offer_mismatch)$/)
  }
  const both = await Promise.all([call('authorize', ask(payment)), call('authorize', ask(payment))])
  expect(both.filter(({ json }) => json['kind'] === 'authorized')).toHaveLength(1)
})

test('a seller’s server cannot be made to authorise by the proxy’s payments, nor the proxy by its', async () => {
  const { signed } = await caller()
  const response = await fetch(`${stack.gateway}/seeded`, { headers: headers(await signed()) })
  expect(response.status).toBe(402)
})

test('a live key takes nothing on test chains', async () => {
  const { json } = await seller.owner.asPerson('POST', '/api-keys', {
    body: { name: 'live', scopes: ['payments:write'] },
    headers: { 'pbstream-mode': 'live' },
  })
  const reply = await call('authorize', ask({}), json['secret'] as string)
  // A provider of the test mode is not there in the live one.
  expect([reply.status, reply.json['code']]).toEqual([400, 'malformed_body'])
})

test('the key goes to the gateway only: a redirect is not followed', async () => {
  const followed: string[] = []
  const gate = createStandalone({
    gateway: 'https://gateway.example',
    apiKey: seller.apiKey,
    fetch: async (input, init) => {
      followed.push(String(input))
      expect(init?.redirect).toBe('manual')
      return new Response(null, { status: 302, headers: { location: 'https://thief.example' } })
    },
  })
  await expect(gate.authorize({ route: 'x', method: 'GET', url: SITE, price: 1n, headers: {} })).rejects.toMatchObject({
    name: 'StandaloneError',
  })
  expect(followed).toEqual([`https://gateway.example${PATH}/authorize`])
})

test('whatever comes in, no answer is a 5xx, and nothing is held', async () => {
  const { id } = await held()
  const piece = fc.oneof(
    fc.constantFrom(
      id,
      id.slice(0, -1),
      '',
      '0',
      '-1',
      '1e9',
      '9'.repeat(60),
      '__proto__',
      '\u0000',
      'https://a/%',
      1,
      null,
    ),
    fc.jsonValue({ maxDepth: 2 }),
  )
  const names = [
    'v',
    'id',
    'amount',
    'freesId',
    'provider',
    'route',
    'method',
    'url',
    'bodyDigest',
    'price',
    'headers',
    'token',
  ]
  const record = fc.dictionary(fc.constantFrom(...names), piece)
  const body = fc.oneof(
    record.map((each) => JSON.stringify({ v: 1, ...each })),
    record.map((each) => JSON.stringify(ask({}, each))),
    fc
      .dictionary(
        fc.constantFrom('payment-signature', 'x-payment', 'pbstream-session', 'signature', 'idempotency-key'),
        piece,
      )
      .map((given) => JSON.stringify(ask(given as Record<string, string>))),
    fc.string({ unit: 'binary' }),
  )
  await fc.assert(
    fc.asyncProperty(fc.constantFrom('authorize', 'capture', 'mark', 'void'), body, async (operation, sent) => {
      const { status, json } = await call(operation, sent)
      expect(status, sent).toBeLessThan(500)
      if (json['kind'] === 'response') expect(json['status'], sent).toBeLessThan(500)
      expect(json['kind'], sent).not.toBe('authorized')
    }),
    { numRuns: 200 },
  )
})
