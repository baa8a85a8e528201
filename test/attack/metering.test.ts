import { gzipSync } from 'node:zlib'
import type { ServerResponse } from 'node:http'
import type { RateRule } from '@pbstream/db/Catalog'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { Cut } from '../fault/support/Cut.ts'
import { type Caller, chargedOf, openOn, signedRequest } from '../support/openOn.ts'
import { headerOf, paymentOf } from '../support/payment.ts'
import type { Session } from '../support/SessionCaller.ts'
import { createHoldback } from '../support/signedRequest.ts'
import { type Stack, startStack } from '../support/Stack.ts'
import { until } from '../support/until.ts'

let stack: Stack
let caller: Caller
let session: Session
let charged: bigint

/** A token out costs 10, a token in 1; a call at most 100,000. */
const tokens: RateRule = {
  v: 2,
  kind: 'card',
  components: [
    { unit: 'input_token', price: { model: 'per_unit', amount: '1' } },
    { unit: 'output_token', price: { model: 'per_unit', amount: '10' } },
  ],
  maximum: '100000',
}
const monthly = (tiers: [string | null, string][]): RateRule => ({
  ...tokens,
  components: [
    { unit: 'output_token', price: { model: 'graduated', tiers: tiers.map(([upTo, amount]) => ({ upTo, amount })) } },
  ],
  period: { every: 'month', zone: 'UTC' },
})

beforeAll(async () => {
  stack = await startStack({
    routes: [
      { path: '/chat', adapter: 'openai', bodyPriced: true, rate: tokens },
      {
        path: '/dearer',
        adapter: 'openai',
        bodyPriced: true,
        rate: monthly([
          ['1000', '10'],
          [null, '1000'],
        ]),
      },
      { path: '/plain', rate: { v: 1, kind: 'metered', unit: 'reported', unitAmount: '10', per: '1', max: '100000' } },
    ],
  })
  ;({ caller, session } = await openOn(stack, { path: '/chat', max: 5_000_000n }))
})
afterAll(() => stack.stop())
beforeEach(async () => {
  stack.upstream.received.length = 0
  charged = await chargedOf(stack, caller)
})

const chat = (more: object = {}) => JSON.stringify({ model: 'm', messages: [{ role: 'user', content: 'hi' }], ...more })

async function call(body: string, path = '/chat', headers: Record<string, string> = {}): Promise<Response> {
  const request = await signedRequest(stack.gateway, session, path, { method: 'POST', body })
  for (const [name, value] of Object.entries({ 'content-type': 'application/json', ...headers }))
    request.headers.set(name, value)
  return fetch(request)
}

/** What the last call has cost, when nothing is set aside any more. */
async function cost(): Promise<bigint> {
  const spent = await until('the charge is posted', async () => {
    const numbers = await (await stack.system.session(caller.name)).view(1, caller.channelId)
    return numbers?.reserved === 0n && { amount: numbers.spent }
  })
  return spent.amount - charged
}

const answers = (usage: unknown) => (_: unknown, response: ServerResponse) =>
  void response.setHeader('content-type', 'application/json').end(JSON.stringify({ id: 'c', choices: [], usage }))

const delta = (content: string) =>
  `data: ${JSON.stringify({ id: 'c', choices: [{ index: 0, delta: { content }, finish_reason: null }] })}\n\n`
const last = `data: ${JSON.stringify({ id: 'c', choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] })}\n\n`
const usageOf = (input: number, output: number) =>
  `data: ${JSON.stringify({ id: 'c', choices: [], usage: { prompt_tokens: input, completion_tokens: output } })}\n\n`
const streams =
  (text: string | Uint8Array, headers: Record<string, string> = {}) =>
  (_: unknown, r: ServerResponse) => {
    for (const [name, value] of Object.entries({ 'content-type': 'text/event-stream', ...headers }))
      r.setHeader(name, value)
    r.end(text)
  }

describe('an upstream that lies', () => {
  test.each<[string, unknown]>([
    ['less than nothing', { prompt_tokens: -5, completion_tokens: -100 }],
    ['no number', { prompt_tokens: 'NaN', completion_tokens: null }],
    ['numbers in words', { prompt_tokens: '7', completion_tokens: '1e9' }],
    ['a part of a token', { prompt_tokens: 0.5, completion_tokens: 1.5 }],
    ['nothing at all', undefined],
  ])('and reports %s is paid nothing for what nobody can check', async (_, usage) => {
    stack.upstream.on('/chat', answers(usage))
    const response = await call(chat({ max_tokens: 100 }))
    expect([response.status, (await response.text()).length > 0]).toEqual([200, true])
    expect(await cost()).toBe(0n)
  })

  test('and reports more than was asked for is paid what the request allows, and no more', async () => {
    stack.upstream.on('/chat', answers({ prompt_tokens: 10, completion_tokens: 1e15 }))
    const response = await call(chat({ max_tokens: 100 }))
    expect(response.status).toBe(200)
    await response.text()
    // 100 tokens out, and the body's bytes with some for templates in.
    expect(await cost()).toBeLessThanOrEqual(1000n + 2000n)
  })

  test('does not move a customer into a dearer tier by what nobody paid for', async () => {
    stack.upstream.on('/dearer', answers({ prompt_tokens: 0, completion_tokens: 1e12 }))
    await (await call(chat({ max_tokens: 10 }), '/dearer')).text()
    const capped = await cost()
    charged += capped
    stack.upstream.on('/dearer', answers({ prompt_tokens: 0, completion_tokens: 1 }))
    await (await call(chat({ max_tokens: 10 }), '/dearer')).text()
    expect(await cost()).toBeLessThanOrEqual(1000n)
  })
})

describe('a caller that wants to pay less', () => {
  test('says itself what it used: nobody listens', async () => {
    stack.upstream.on('/plain', (_, response) => void response.setHeader('pbstream-usage', '7').end('ok'))
    const response = await call('', '/plain', { 'pbstream-usage': '0' })
    expect(response.headers.get('pbstream-usage')).toBeNull()
    await response.text()
    expect(stack.upstream.received[0]?.headers['pbstream-usage']).toBeUndefined()
    expect(await cost()).toBe(70n)
  })

  test('cannot have an answer metered by a header where the body is read', async () => {
    stack.upstream.on('/chat', (_, response) => {
      response.setHeader('pbstream-usage', 'output_token=1')
      answers({ prompt_tokens: 0, completion_tokens: 50 })(_, response)
    })
    await (await call(chat({ max_tokens: 100 }))).text()
    expect(await cost()).toBe(500n)
  })

  test('orders no usage: it is reported all the same', async () => {
    const seen: string[] = []
    stack.upstream.on('/chat', ({ body }, response) => {
      seen.push(body)
      streams(delta('a') + last + (body.includes('"include_usage":true') ? usageOf(20, 30) : '') + 'data: [DONE]\n\n')(
        undefined,
        response,
      )
    })
    for (const more of [{ stream_options: { include_usage: false } }, { stream_options: null }, {}]) {
      charged = await chargedOf(stack, caller)
      const text = await (await call(chat({ stream: true, max_tokens: 100, ...more }))).text()
      expect(text).toBe(`${delta('a')}${last}data: [DONE]\n\n`)
      expect(await cost()).toBe(320n)
    }
    expect(seen.every((body) => JSON.parse(body).stream_options.include_usage === true)).toBe(true)
  })

  test('hides in an encoding that it cannot be read in', async () => {
    const text = delta('a') + delta('b') + last + usageOf(20, 30) + 'data: [DONE]\n\n'
    stack.upstream.on('/chat', streams(gzipSync(text), { 'content-encoding': 'gzip' }))
    const response = await call(
      chat({ stream: true, max_tokens: 100, stream_options: { include_usage: true } }),
      '/chat',
      {
        'accept-encoding': 'gzip',
      },
    )
    expect(stack.upstream.received[0]?.headers['accept-encoding']).toBe('identity')
    expect(await response.text()).toBe(text)
    expect(await cost()).toBe(320n)
  })

  test('asks small, pays small, and sends large', async () => {
    const { pay, sign } = await createHoldback(stack)
    const init = (max: number) => ({
      method: 'POST',
      body: chat({ max_tokens: max }),
      headers: { 'content-type': 'application/json' },
    })
    stack.upstream.on('/chat', answers({ prompt_tokens: 1, completion_tokens: 1 }))
    await (await pay(`${stack.gateway}/chat`, init(1))).text()
    stack.upstream.received.length = 0
    const payment = paymentOf(await sign(`${stack.gateway}/chat`, init(1)))
    const sent = await fetch(`${stack.gateway}/chat`, { ...init(5000), headers: { ...headerOf(payment) } })
    const { code } = (await sent.json()) as { code: string }
    expect([sent.status, code, stack.upstream.received.length]).toEqual([402, 'quote_invalid', 0])
  })

  test('leaves when it has all that it wanted, before what it cost is said', async () => {
    let upstream: ServerResponse | undefined
    let stopped = false
    stack.upstream.on('/chat', (_, response) => {
      upstream = response.on('close', () => (stopped = true))
      response.setHeader('content-type', 'text/event-stream')
      response.write(delta('all') + last)
    })
    const body = chat({ stream: true, max_tokens: 100 })
    const request = await signedRequest(stack.gateway, session, '/chat', { method: 'POST', body })
    request.headers.set('content-type', 'application/json')
    const answer = new Cut(request, body)
    await answer.upTo((delta('all') + last).length)
    answer.leave()
    // The upstream stays open: that it is let go when its usage is known shows that nobody reads on behind it.
    upstream?.write(usageOf(400, 60))
    await until('the upstream is let go', () => stopped)
    expect(await cost()).toBe(1000n)
  })
})

describe('what is too much', () => {
  test('an event without an end passes, and is no reason to keep it all', async () => {
    const huge = `data: {"choices":[{"index":0,"delta":{"content":"${'x'.repeat(5_000_000)}"}}]}`
    stack.upstream.on('/chat', streams(huge))
    const response = await call(chat({ stream: true, max_tokens: 100 }))
    expect((await response.text()).length).toBeGreaterThan(0)
    expect(await cost()).toBeLessThanOrEqual(3000n)
  })

  test('a body that is too large to be read is refused, and nothing is called', async () => {
    const response = await call(chat({ padding: 'x'.repeat(1_100_000) }))
    expect(response.status).toBe(413)
    expect(stack.upstream.received).toHaveLength(0)
    expect(await cost()).toBe(0n)
  })

  test.each([
    ['not JSON', 'max_tokens=1'],
    ['JSON with a mark before it', `\uFEFF${chat()}`],
    ['nothing', ''],
  ])('a body that is %s is a 4xx or priced at the maximum, and never a 500', async (_, body) => {
    stack.upstream.on('/chat', answers({ prompt_tokens: 1, completion_tokens: 1 }))
    const response = await call(body)
    await response.text()
    expect(response.status).toBeLessThan(500)
    expect(await cost()).toBeLessThanOrEqual(100_000n)
  })
})
