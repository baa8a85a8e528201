import type { AddressInfo } from 'node:net'
import Anthropic, { toFile as anthropicFile } from '@anthropic-ai/sdk'
import { serve, type ServerType } from '@hono/node-server'
import OpenAI, { toFile } from 'openai'
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { createPayer, type Payer } from '../../src/client.ts'
import { FakeGateway } from './FakeGateway.ts'
import { randomKey } from './payer.ts'

// Signatures in plain JavaScript take their time on a busy machine.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

let server: ServerType
let origin: string
let gateway: FakeGateway
let pay: Payer

beforeAll(async () => {
  server = serve({ fetch: (request: Request) => gateway.fetch(request), port: 0, hostname: '127.0.0.1' })
  await new Promise<void>((resolve) => (server.listening ? resolve() : server.once('listening', () => resolve())))
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => new Promise((resolve) => server.close(resolve)))
beforeEach(() => {
  gateway = new FakeGateway(origin)
  pay = createPayer({ key: randomKey() })
})

const encoder = new TextEncoder()

/** Answers with server-sent events; each is sent when the one before was taken. */
function stream(events: string[]): { response: () => Response; next(): void; sent: number } {
  let controller: ReadableStreamDefaultController<Uint8Array> | undefined
  const state = {
    sent: 0,
    next() {
      const event = events[state.sent]
      if (event === undefined) return
      state.sent += 1
      controller?.enqueue(encoder.encode(event))
      if (state.sent === events.length) controller?.close()
    },
    response: () => {
      const body = new ReadableStream<Uint8Array>({ start: (given) => void (controller = given) })
      state.next()
      return new Response(body, { headers: { 'content-type': 'text/event-stream' } })
    },
  }
  return state
}

const chunk = (content: string) =>
  `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [{ index: 0, delta: { content } }] })}\n\n`
const event = (type: string, more: object) => `event: ${type}\ndata: ${JSON.stringify({ type, ...more })}\n\n`

describe('openai', () => {
  const client = () => new OpenAI(pay.openai(`${origin}/v1`))
  const ask = { model: 'm', messages: [{ role: 'user' as const, content: 'hello' }] }

  test('streams chunk by chunk while it is paid', async () => {
    const source = stream([chunk('one'), chunk('two'), 'data: [DONE]\n\n'])
    gateway.respond = source.response
    const seen: string[] = []
    for await (const part of await client().chat.completions.create({ ...ask, stream: true })) {
      seen.push(part.choices[0]?.delta.content ?? '')
      // The next is made only now: it cannot have been waited for.
      expect(source.sent).toBe(seen.length)
      source.next()
    }
    expect(seen).toEqual(['one', 'two'])
    expect(gateway.served).toHaveLength(1)
  })

  test('uploads a file as a form', async () => {
    gateway.respond = () => Response.json({ id: 'file-1', object: 'file' })
    const file = await toFile(Buffer.from('contents'), 'a.jsonl')
    expect((await client().files.create({ file, purpose: 'fine-tune' })).id).toBe('file-1')
    expect(gateway.served[0]?.body).toContain('contents')
  })

  test('does not try again by itself: one failure is one request', async () => {
    await pay.fetch(`${origin}/v1/models`)
    gateway.respond = () => Response.json({ error: { message: 'broken' } }, { status: 500 })
    await expect(client().chat.completions.create(ask)).rejects.toMatchObject({ status: 500 })
    expect(gateway.served).toHaveLength(2)
  })

  test('stops when it is aborted', async () => {
    gateway.respond = stream([chunk('one')]).response
    const answer = await client().chat.completions.create({ ...ask, stream: true })
    for await (const part of answer) {
      expect(part.choices[0]?.delta.content).toBe('one')
      answer.controller.abort()
    }
    expect(gateway.served).toHaveLength(1)
  })

  test('shows the reason when the budget is used up', async () => {
    pay = createPayer({ key: randomKey(), budget: { perRequest: 1n } })
    await expect(client().chat.completions.create(ask)).rejects.toMatchObject({ cause: { code: 'budget_exceeded' } })
  })
})

describe('anthropic', () => {
  const client = () => new Anthropic(pay.anthropic(origin))
  const ask = { model: 'm', max_tokens: 10, messages: [{ role: 'user' as const, content: 'hello' }] }

  test('streams event by event while it is paid', async () => {
    const text = (words: string) =>
      event('content_block_delta', { index: 0, delta: { type: 'text_delta', text: words } })
    const source = stream([text('one'), text('two'), event('message_stop', {})])
    gateway.respond = source.response
    const seen: string[] = []
    for await (const part of await client().messages.create({ ...ask, stream: true })) {
      if (part.type === 'content_block_delta' && part.delta.type === 'text_delta') seen.push(part.delta.text)
      expect(source.sent).toBe(part.type === 'message_stop' ? 3 : seen.length)
      source.next()
    }
    expect(seen).toEqual(['one', 'two'])
    expect(gateway.served.map(({ path, method }) => [method, path])).toEqual([['POST', '/v1/messages']])
  })

  test('uploads a file as a form', async () => {
    gateway.respond = () => Response.json({ id: 'file_1', type: 'file' })
    const file = await anthropicFile(Buffer.from('contents'), 'a.txt')
    expect((await client().beta.files.upload({ file })).id).toBe('file_1')
    expect(gateway.served[0]?.body).toContain('contents')
  })

  test('does not try again by itself', async () => {
    gateway.respond = () => Response.json({ error: { type: 'overloaded_error' } }, { status: 529 })
    await expect(client().messages.create(ask)).rejects.toMatchObject({ status: 529 })
    expect(gateway.served).toHaveLength(1)
  })
})
