/** Models sold by the token, to the official clients of OpenAI and Anthropic: exact totals, however a call ends. */
import Anthropic from '@anthropic-ai/sdk'
import { createPayer } from '@pbstream/sdk/client'
import OpenAI from 'openai'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { decodeJwt } from '../support/decodeJwt.ts'
import { Models, type Script } from '../support/Models.ts'
import { SessionClient } from '../support/SessionClient.ts'
import { type Stack, startStack } from '../support/Stack.ts'
import { until } from '../support/until.ts'

/** Atomic units for one of each; reasoning costs what output costs. */
const PRICES: Record<string, bigint> = {
  input_token: 3n,
  cached_token: 1n,
  cache_write_token: 4n,
  cache_write_1h_token: 6n,
  output_token: 15n,
  reasoning_token: 15n,
  'custom.web_search': 10_000n,
}
const components = Object.entries(PRICES)
  .filter(([unit]) => unit !== 'reasoning_token')
  .map(([unit, amount]) => ({ unit, price: { model: 'per_unit' as const, amount: String(amount) } }))
const rate = { v: 2 as const, kind: 'card' as const, components, maximum: '400000' }

const cost = (use: Record<string, number>) =>
  Object.entries(use).reduce((sum, [unit, count]) => sum + (PRICES[unit] ?? 0n) * BigInt(count), 0n)

const ADAPTERS = {
  '/v1/chat/completions': 'openai',
  '/v1/responses': 'openai',
  '/v1/embeddings': 'openai',
  '/v1/messages': 'anthropic',
} as const

let stack: Stack
let models: Models
let script: Script

beforeAll(async () => {
  const routes = Object.entries(ADAPTERS).map(([path, adapter]) => ({ path, adapter, bodyPriced: true, rate }))
  stack = await startStack({ routes, vars: { SETTLE_COUNT: '100000' } })
  models = new Models(stack.upstream, () => script)
})
afterAll(() => stack?.stop())
beforeEach(() => {
  stack.upstream.received.length = 0
})

/** A payer and the clients that pay with it; `charge` waits for the receipt of the last request. */
async function caller() {
  const { key } = await stack.payer()
  const ids: string[] = []
  const recording: typeof fetch = (input, init) => {
    const { headers, url } = input as Request
    const id = headers?.get('idempotency-key')
    if (id != null && !url.includes('/.well-known/')) ids.push(id)
    return fetch(input, init)
  }
  const pay = createPayer({ key, fetch: recording, budget: { perRequest: '0.4', total: '5' } })
  const charge = async () => {
    const id = ids.at(-1) ?? ''
    const jws = await until('there is a receipt', () => pay.receipt(stack.gateway, id))
    const { price, use = {} } = decodeJwt(jws) as { price: string; use?: Record<string, string> }
    const { request, ...counts } = Object.fromEntries(Object.entries(use).map(([unit, count]) => [unit, Number(count)]))
    expect(request).toBe(1)
    return { price: BigInt(price), use: counts }
  }
  return {
    pay,
    charge,
    openai: new OpenAI({ ...pay.openai(`${stack.gateway}/v1`), maxRetries: 0 }),
    anthropic: new Anthropic({ ...pay.anthropic(stack.gateway), maxRetries: 0 }),
  }
}

/** What was used, and its price at the card's prices. */
const used = (use: Record<string, number>) => ({ use, price: cost(use) })
const words = (count: number) => Array.from({ length: count }, (_, i) => ` word${i}`)
/** Lets a stream go on event by event. */
function gate() {
  let open = 0
  const waiting = new Map<number, () => void>()
  return {
    before: (sent: number) => (sent < open ? undefined : new Promise<void>((resolve) => waiting.set(sent, resolve))),
    let(count: number) {
      open = count
      for (const [sent, resolve] of waiting) if (sent < open) resolve()
    },
  }
}

/**
 * Lets events of a stream pass until its provider sees that nobody reads; gives how many passed at most. On one machine a
 * closed connection is noticed when something is written to it.
 */
async function hangsUp(left: number, passed: number, letPass: (count: number) => void): Promise<number> {
  let count = passed
  await until('the provider sees that nobody reads', () => {
    if (models.left > left) return true
    letPass(++count)
    return false
  })
  return count
}

describe('OpenAI', () => {
  const ask = { model: 'm', max_completion_tokens: 400, messages: [{ role: 'user' as const, content: 'Hello' }] }
  const usage = {
    prompt_tokens: 120,
    completion_tokens: 90,
    total_tokens: 210,
    prompt_tokens_details: { cached_tokens: 64, cache_write_tokens: 16 },
    completion_tokens_details: { reasoning_tokens: 30, rejected_prediction_tokens: 5 },
  }
  const use = { input_token: 40, cached_token: 64, cache_write_token: 16, output_token: 60, reasoning_token: 30 }

  test('an answer in one piece costs what it reports', async () => {
    const { openai, charge } = await caller()
    script = { words: ['Hello'], usage }
    const answer = await openai.chat.completions.create(ask)
    expect(answer).toMatchObject({ usage, choices: [{ message: { content: 'Hello' } }] })
    expect(await charge()).toEqual(used(use))
  })

  test('a stream costs what it reports, and its usage is for who asked for it', async () => {
    const { openai, charge, pay } = await caller()
    script = { words: words(40), usage }
    const orders = [undefined, { include_usage: false }, { include_usage: true }]
    for (const stream_options of orders) {
      const chunks = []
      const order = stream_options === undefined ? {} : { stream_options }
      for await (const chunk of await openai.chat.completions.create({ ...ask, ...order, stream: true }))
        chunks.push(chunk)
      expect(chunks.map(({ choices }) => choices[0]?.delta.content ?? '').join('')).toBe(script.words.join(''))
      expect(chunks.filter(({ choices }) => choices.length === 0).map((chunk) => chunk.usage)).toEqual(
        stream_options?.include_usage === true ? [usage] : [],
      )
      expect(await charge()).toEqual(used(use))
    }
    for (const { body } of stack.upstream.received) {
      expect(JSON.parse(body)).toMatchObject({ ...ask, stream_options: { include_usage: true } })
    }
    expect(await pay.close({ refund: true })).toMatchObject([{ charged: 3n * cost(use) }])
  })

  test('responses and embeddings cost what they report', async () => {
    const { openai, charge } = await caller()
    const told = {
      input_tokens: 36,
      input_tokens_details: { cached_tokens: 30, cache_write_tokens: 0 },
      output_tokens: 87,
      output_tokens_details: { reasoning_tokens: 60 },
      total_tokens: 123,
    }
    const counted = used({ input_token: 6, cached_token: 30, output_token: 27, reasoning_token: 60 })
    script = { words: ['Hi', ' there'], usage: told }
    expect((await openai.responses.create({ model: 'm', input: 'Hello', max_output_tokens: 400 })).output_text).toBe(
      'Hi there',
    )
    expect(await charge()).toEqual(counted)
    const events = []
    for await (const event of await openai.responses.create({ model: 'm', input: 'Hello', stream: true }))
      events.push(event)
    expect(events.at(-1)).toMatchObject({ type: 'response.completed', response: { usage: told } })
    expect(await charge()).toEqual(counted)
    script = { words: [], usage: { prompt_tokens: 8, total_tokens: 8 } }
    const embedding = await openai.embeddings.create({ model: 'm', input: 'Hello', encoding_format: 'float' })
    expect(embedding.data[0]?.embedding).toHaveLength(256)
    expect(await charge()).toEqual(used({ input_token: 8 }))
  })

  test('who hangs up pays what went past, and the provider is let go at once', async () => {
    const { openai, charge, pay } = await caller()
    const { before, let: letPass } = gate()
    script = { words: words(1000), usage, before }
    // The role, and three words.
    letPass(4)
    const left = models.left
    const stream = await openai.chat.completions.create({ ...ask, stream: true })
    const seen: string[] = []
    for await (const chunk of stream) {
      const text = chunk.choices[0]?.delta.content ?? ''
      if (text !== '') seen.push(text)
      if (seen.length === 3) stream.controller.abort()
    }
    expect(seen).toEqual(script.words.slice(0, 3))
    const passed = await hangsUp(left, 4, letPass)
    const { use: counted, price } = await charge()
    const made = counted['output_token'] ?? 0
    expect([made >= 3, made < passed, counted]).toEqual([true, true, { output_token: made }])
    expect(price).toBe(15n * BigInt(made))
    expect(await pay.close({ refund: true })).toMatchObject([{ charged: price }])
  })

  test('who hangs up when only usage is to come pays it', async () => {
    const { openai, charge } = await caller()
    const { before, let: letPass } = gate()
    script = { words: words(2), usage, before }
    // The role, two words, the reason of the end.
    letPass(4)
    const stream = await openai.chat.completions.create({ ...ask, stream: true })
    for await (const chunk of stream) if (chunk.choices[0]?.finish_reason === 'stop') stream.controller.abort()
    letPass(100)
    expect(await charge()).toEqual(used(use))
  })

  test('a provider that breaks off is paid for what went past', async () => {
    const { openai, charge } = await caller()
    const { promise: read, resolve: hasRead } = Promise.withResolvers<false>()
    script = { words: words(10), usage, before: (sent) => (sent < 5 ? undefined : read) }
    const seen: string[] = []
    const broken = async () => {
      for await (const chunk of await openai.chat.completions.create({ ...ask, stream: true })) {
        seen.push(chunk.choices[0]?.delta.content ?? '')
        if (seen.length === 5) hasRead(false)
      }
    }
    await expect(broken()).rejects.toThrow()
    expect(seen).toEqual(['', ...script.words.slice(0, 4)])
    expect(await charge()).toEqual(used({ output_token: 4 }))
  })

  test('what is no count is not paid, and no count is above what was set aside', async () => {
    const { openai, charge } = await caller()
    script = { words: words(3), usage: { prompt_tokens: -5, completion_tokens: '900' } }
    for await (const chunk of await openai.chat.completions.create({ ...ask, stream: true })) void chunk
    expect(await charge()).toEqual(used({ output_token: 3 }))
    script = { words: words(3), usage: { prompt_tokens: 10, completion_tokens: 1e15 } }
    await openai.chat.completions.create(ask)
    const body = stack.upstream.received.at(-1)?.body ?? ''
    const { price } = await charge()
    expect(price).toBeGreaterThan(390n * 15n)
    // Written to a cache for an hour is the dearest way to read.
    expect(price).toBeLessThanOrEqual(BigInt(body.length + 1024) * 6n + 400n * 15n)
  })

  test('a body that its server could read otherwise never reaches it', async () => {
    const { pay } = await caller()
    const text = JSON.stringify({ ...ask, stream: true })
    const bodies = [
      Buffer.from(text, 'utf16le'),
      Buffer.from(`\ufeff${text}`),
      text.replace('}]', '}],"stream_options":5'),
    ]
    for (const body of bodies) {
      const response = await pay.fetch(`${stack.gateway}/v1/chat/completions`, { method: 'POST', body })
      expect(response.status).toBe(400)
      expect(await response.json()).toMatchObject({ code: 'malformed_body' })
    }
    expect(stack.upstream.received).toEqual([])
  })

  test('a stream is cut when its money is used up, with an error that the client understands', async () => {
    const { key: wallet } = await stack.payer()
    const path = '/v1/chat/completions'
    const deposit = 30_000n
    const client = await SessionClient.open({ gateway: stack.gateway, path, wallet, deposit, max: deposit })
    let id = ''
    const openai = new OpenAI({
      apiKey: 'none',
      baseURL: `${stack.gateway}/v1`,
      maxRetries: 0,
      fetch: async (_, init) => {
        id = crypto.randomUUID()
        return client.strict(path, { method: 'POST', body: init?.body as string, id })
      },
    })
    script = { words: words(20_000), usage }
    const { model, messages } = ask
    let seen = 0
    const read = async () => {
      for await (const chunk of await openai.chat.completions.create({ model, messages, stream: true })) {
        if ((chunk.choices[0]?.delta.content ?? '') !== '') seen++
      }
    }
    await expect(read()).rejects.toMatchObject({ code: 'amount_used_up', message: expect.stringContaining('used up') })
    expect(seen).toBeGreaterThan(100)
    const receipt = await until('there is a receipt', async () => {
      const response = await client.receipt(id)
      const { receipt } = (await response.json()) as { receipt?: string }
      return receipt
    })
    expect(decodeJwt(receipt)).toMatchObject({ use: { output_token: String(seen) }, price: String(BigInt(seen) * 15n) })
    const session = await stack.system.session(client.name)
    expect(await session.view(1, client.channelId)).toMatchObject({ spent: BigInt(seen) * 15n, reserved: 0n })
    expect(BigInt(seen) * 15n).toBeLessThanOrEqual(deposit)
  })
})

describe('Anthropic', () => {
  const ask = { model: 'm', max_tokens: 400, messages: [{ role: 'user' as const, content: 'Hello' }] }
  const start = {
    input_tokens: 50,
    cache_creation_input_tokens: 30,
    cache_read_input_tokens: 20,
    cache_creation: { ephemeral_5m_input_tokens: 20, ephemeral_1h_input_tokens: 10 },
    output_tokens: 2,
  }
  const usage = {
    output_tokens: 100,
    output_tokens_details: { thinking_tokens: 40 },
    server_tool_use: { web_search_requests: 2, web_fetch_requests: 0 },
  }
  const prompt = { input_token: 50, cached_token: 20, cache_write_token: 20, cache_write_1h_token: 10 }
  const use = { ...prompt, output_token: 60, reasoning_token: 40 }

  test('an answer in one piece and a stream cost what they report', async () => {
    const { anthropic, charge, pay } = await caller()
    const told = { output_tokens: 100, output_tokens_details: { thinking_tokens: 40 } }
    script = { words: ['Hello'], usage: { ...start, ...told } }
    expect((await anthropic.messages.create(ask)).content).toMatchObject([{ text: 'Hello' }])
    expect(await charge()).toEqual(used(use))
    script = { words: words(30), usage: told, start }
    const message = await anthropic.messages.stream(ask).finalMessage()
    expect(message.content).toMatchObject([{ text: script.words.join('') }])
    expect(await charge()).toEqual(used(use))
    expect(await pay.close({ refund: true })).toMatchObject([{ charged: 2n * cost(use) }])
  })

  test('searches of the server are paid each', async () => {
    const { anthropic, charge } = await caller()
    script = { words: words(3), usage, start }
    const tools = [{ type: 'web_search_20250305' as const, name: 'web_search' as const, max_uses: 3 }]
    await anthropic.messages.stream({ ...ask, tools }).finalMessage()
    expect(await charge()).toEqual(used({ ...use, 'custom.web_search': 2 }))
  })

  test('who hangs up pays the prompt and what went past', async () => {
    const { anthropic, charge } = await caller()
    const { before, let: letPass } = gate()
    script = { words: words(1000), usage, start, before }
    // Start, begin of the block, ping, five words.
    letPass(8)
    const left = models.left
    const stream = await anthropic.messages.create({ ...ask, stream: true })
    let seen = 0
    for await (const event of stream)
      if (event.type === 'content_block_delta' && ++seen === 5) stream.controller.abort()
    const passed = await hangsUp(left, 8, letPass)
    const { use: counted, price } = await charge()
    const made = counted['output_token'] ?? 0
    // Three of the events were the start, the begin of the block, and the ping.
    expect([made >= 5, made <= passed - 3, counted]).toEqual([true, true, { ...prompt, output_token: made }])
    expect(price).toBe(cost(counted))
  })

  test('a provider that breaks off is paid for the prompt and what went past', async () => {
    const { anthropic, charge } = await caller()
    const { promise: read, resolve: hasRead } = Promise.withResolvers<false>()
    script = { words: words(10), usage, start, before: (sent) => (sent < 9 ? undefined : read) }
    const stream = anthropic.messages.stream(ask)
    let seen = 0
    stream.on('text', () => void (++seen === 6 && hasRead(false)))
    await expect(stream.finalMessage()).rejects.toThrow()
    expect(await charge()).toEqual(used({ ...prompt, output_token: 6 }))
  })
})
