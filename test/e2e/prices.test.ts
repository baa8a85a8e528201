// A caller checks every price itself: before the call by the quote, after it by the receipt, with what the gateway
// publishes and nothing else.
import { publishRateCard } from '@pbstream/db/Catalog'
import { cardUrl, KEYS_PATH, verifyCharge, verifyQuote } from '@pbstream/sdk/verify'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createPayer } from '@pbstream/sdk/client'
import { decodeJwt } from '../support/decodeJwt.ts'
import { headerOf, paymentOf } from '../support/payment.ts'
import { createHoldback } from '../support/signedRequest.ts'
import { type Stack, startStack } from '../support/Stack.ts'
import { until } from '../support/until.ts'
import { Terminal } from './support/Terminal.ts'

const card = (amount: string) => ({
  v: 2 as const,
  kind: 'card' as const,
  components: [
    { unit: 'request', price: { model: 'per_unit' as const, amount: '50' } },
    { unit: 'output_token', price: { model: 'per_unit' as const, amount } },
  ],
  formula: 'divUp(base * (100 + signal.load), 100)',
  schedule: { zone: 'Europe/Zurich', windows: [{ from: '00:00', to: '24:00', multiplier: '1.5' }] },
  signals: { load: { oracle: 'nobody', min: '0', max: '100', fallback: '7' } },
  maximum: '100000',
})
const posting = (tokens: number): RequestInit & { body: string } => ({
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ model: 'm', messages: [], max_tokens: tokens }),
})

let stack: Stack
let terminal: Terminal

beforeAll(async () => {
  stack = await startStack({ routes: [{ path: '/chat', adapter: 'openai', bodyPriced: true, rate: card('10') }] })
  stack.upstream.on('/chat', (_, response) => {
    const usage = { prompt_tokens: 1, completion_tokens: 33 }
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ choices: [], usage }))
  })
  terminal = await Terminal.open()
})
afterAll(async () => {
  await terminal?.close()
  await stack?.stop()
})

const json = async (url: string) => (await fetch(url)).json() as Promise<never>
const published = async (version: number) => ({
  keys: await json(stack.gateway + KEYS_PATH),
  card: await json(cardUrl(stack.gateway, 'chat', version)),
})

async function quoteOf(tokens: number) {
  const response = await fetch(`${stack.gateway}/chat`, posting(tokens))
  const required = JSON.parse(atob(response.headers.get('PAYMENT-REQUIRED') ?? '')) as {
    extensions: { 'pbstream-quote': { info: { quote: string } } }
  }
  return required.extensions['pbstream-quote'].info.quote
}

test('a quote and the receipt of a call that it paid for verify by the published card', async () => {
  const given = await published(1)
  // (50 + 40 · 10) · 1.5 · 1.07
  const quoted = await verifyQuote(await quoteOf(40), { ...given, expected: { bounds: { output_token: '40' } } })
  expect(quoted).toMatchObject({ ok: true, max: '723', terms: { signals: { load: '7' } } })
  const { key } = await stack.payer()
  let id = ''
  const recording: typeof fetch = (input, init) => {
    if (input instanceof Request && !input.url.includes('/.well-known/')) {
      id = input.headers.get('idempotency-key') ?? id
    }
    return fetch(input, init)
  }
  const pay = createPayer({ key, fetch: recording, budget: { perRequest: '0.01' } })
  const response = await pay.fetch(`${stack.gateway}/chat`, posting(40))
  expect(response.status).toBe(200)
  await response.text()
  const receipt = await until('there is a receipt', () => pay.receipt(stack.gateway, id))
  // (50 + 33 · 10) · 1.5 · 1.07, rounded up
  expect(await verifyCharge(receipt, given)).toMatchObject({ ok: true, price: '610', made: '610' })
  const { use, tm } = decodeJwt(receipt) as { use: object; tm: object }
  expect(use).toMatchObject({ output_token: '33', request: '1' })
  expect(tm).toMatchObject({ sg: { load: '7' } })
})

test('pbstream price says the same, from the address alone', async () => {
  const { body } = posting(40)
  const { code, out, err } = await terminal.run(['price', `${stack.gateway}/chat`, '-d', body])
  expect([code, err]).toEqual([0, ''])
  expect(out).toContain('at most 0.000723 USDC (723 atomic units)')
  expect(out).toContain('follows from version 1 of the card of chat')
  const use = ['--use', 'output_token=33', '--json']
  expect((await terminal.run(['price', `${stack.gateway}/chat`, '-d', body, ...use])).json()).toMatchObject({
    verified: true,
    explanation: { charge: '610', schedule: { multiplier: '1.5' } },
  })
})

test('a quote is bound to what it was made from: nobody pays by another moment, signal or bound', async () => {
  const { pay, sign } = await createHoldback(stack)
  await pay(`${stack.gateway}/chat`, posting(40))
  const payment = paymentOf(await sign(`${stack.gateway}/chat`, posting(40)))
  const [head = '', claims = '', signature = ''] = payment.extensions['pbstream-quote'].info.quote.split('.')
  const said = JSON.parse(Buffer.from(claims, 'base64url').toString()) as { tm: { at: number } }
  const calls = stack.upstream.received.length
  for (const change of [
    { tm: { ...said.tm, at: said.tm.at - 86_400_000 } },
    { tm: { ...said.tm, sg: { load: '0' } } },
    { bd: { output_token: '1' } },
    { max: '1', fx: true },
  ]) {
    const forged = Buffer.from(JSON.stringify({ ...said, ...change })).toString('base64url')
    const spoiled = {
      ...payment,
      extensions: { 'pbstream-quote': { info: { quote: `${head}.${forged}.${signature}` } } },
    }
    const response = await fetch(`${stack.gateway}/chat`, { ...posting(40), headers: headerOf(spoiled) })
    expect([response.status, ((await response.json()) as { code: string }).code]).toEqual([402, 'quote_invalid'])
  }
  // The quote of a small answer, unchanged, for a large one.
  const response = await fetch(`${stack.gateway}/chat`, { ...posting(4_000), headers: headerOf(payment) })
  expect([response.status, ((await response.json()) as { code: string }).code]).toEqual([402, 'quote_invalid'])
  expect(stack.upstream.received.length).toBe(calls)
})

test('every card that was in force is published, also one that no gateway has seen', async () => {
  const publish = (amount: string) =>
    publishRateCard(stack.system.database, 'chat', card(amount), { actor: 'test', at: Date.now() })
  await publish('11')
  await publish('12')
  const quoted = await until('the gateway quotes by the newest', async () => {
    const newest = await fetch(cardUrl(stack.gateway, 'chat', 3))
    const result = newest.ok ? await verifyQuote(await quoteOf(40), await published(3)) : undefined
    return result?.ok === true && result
  })
  for (const [version, amount] of [
    [1, '10'],
    [2, '11'],
    [3, '12'],
  ] as const) {
    expect((await published(version)).card).toMatchObject({ routeId: 'chat', version, card: card(amount) })
  }
  expect((await fetch(cardUrl(stack.gateway, 'chat', 4))).status).toBe(404)
  expect(quoted.version).toBe(3)
})
