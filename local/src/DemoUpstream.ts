import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'

const story =
  'A payment channel is a promise in small steps. The payer locks money once, then signs ever larger totals; ' +
  'the seller keeps the newest one and cashes it when it is worth the gas. Nothing waits for a block.'

/**
 * The service behind the paywall in the demo: `GET /weather` answers JSON, `POST /v1/chat/completions` answers as
 * OpenAI does, streamed as server-sent events when asked for, with its usage last when that is asked for too.
 */
export class DemoUpstream {
  readonly url: string
  readonly #server: Server

  private constructor(server: Server) {
    this.#server = server
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  }

  static async start(port = 0): Promise<DemoUpstream> {
    const server = createServer((request, response) => {
      answer(request, response).catch(() => response.destroy())
    })
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject).listen(port, '127.0.0.1', resolve)
    })
    return new DemoUpstream(server)
  }

  stop(): Promise<void> {
    this.#server.closeAllConnections()
    return new Promise((resolve) => this.#server.close(() => resolve()))
  }
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const path = new URL(request.url ?? '/', 'http://upstream').pathname
  if (path === '/weather') return json(response, 200, { city: 'Zürich', celsius: 7, sky: 'low cloud' })
  if (path === '/v1/chat/completions' && request.method === 'POST') return complete(request, response)
  json(response, 404, { error: { message: `no such path: ${path}` } })
}

async function complete(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = await readJson(request)
  if (body === undefined) return json(response, 400, { error: { message: 'the body is not JSON' } })
  const id = `chatcmpl-${Date.now().toString(36)}`
  const head = { id, created: Math.floor(Date.now() / 1000), model: 'demo' }
  const tokens = (story.match(/\S+\s*/g) ?? []).slice(0, limitOf(body.max_tokens))
  const usage = { prompt_tokens: 12, completion_tokens: tokens.length, total_tokens: 12 + tokens.length }
  if (body.stream !== true) {
    const message = { role: 'assistant', content: tokens.join('') }
    const choices = [{ index: 0, message, finish_reason: 'stop' }]
    return json(response, 200, { ...head, object: 'chat.completion', choices, usage })
  }
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' })
  const send = (event: unknown) => response.write(`data: ${JSON.stringify(event)}\n\n`)
  for (const content of tokens) {
    if (response.destroyed) return
    send({ ...head, object: 'chat.completion.chunk', choices: [{ index: 0, delta: { content }, finish_reason: null }] })
    await delay(25)
  }
  send({ ...head, object: 'chat.completion.chunk', choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] })
  if (body.stream_options?.include_usage === true)
    send({ ...head, object: 'chat.completion.chunk', choices: [], usage })
  response.end('data: [DONE]\n\n')
}

function limitOf(asked: unknown): number {
  return typeof asked === 'number' && asked > 0 ? Math.floor(asked) : Number.POSITIVE_INFINITY
}

type Asked = { stream?: unknown; stream_options?: { include_usage?: unknown }; max_tokens?: unknown }

async function readJson(request: IncomingMessage): Promise<Asked | undefined> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8')) as Asked
  } catch {
    return undefined
  }
}

function json(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}
