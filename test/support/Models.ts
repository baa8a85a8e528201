import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import {
  chatAnswer,
  chatStream,
  type Json,
  messageAnswer,
  messagesStream,
  responsesStream,
} from '../../core/test/support/providers.ts'
import type { Received, Upstream } from './Upstream.ts'

/** What a model says to a request, and what its provider then reports. */
export type Script = {
  words: readonly string[]
  /** In the words of the provider; of Anthropic that of the last delta. */
  usage: unknown
  /** Of Anthropic: what a stream reports first. */
  start?: unknown
  /** Called before each event of a stream is sent, with how many were. False: the connection breaks. */
  before?: (sent: number) => Promise<boolean | void> | boolean | void
}

/**
 * A provider of models, as far as its wire goes: chat completions, responses and embeddings of OpenAI, messages of
 * Anthropic, in their formats and with their rules (no usage in a stream that nobody asked for it).
 */
export class Models {
  /** Answers whose connection was closed before they were whole. */
  left = 0
  /** Answers under way. */
  open = 0
  readonly #script: (request: Json) => Script

  constructor(upstream: Upstream, script: (request: Json) => Script) {
    this.#script = script
    upstream.on('/v1/chat/completions', (request, response) => this.#chat(request, response))
    upstream.on('/v1/responses', (request, response) => this.#responses(request, response))
    upstream.on('/v1/embeddings', (request, response) => this.#embeddings(request, response))
    upstream.on('/v1/messages', (request, response) => this.#messages(request, response))
  }

  async #chat({ body }: Received, response: ServerResponse): Promise<void> {
    const request = JSON.parse(body) as Json & { stream_options?: { include_usage?: boolean } | null }
    const script = this.#script(request)
    const options = request.stream_options
    if (options != null && request['stream'] !== true) return refuse(response, 'stream_options needs stream')
    if (request['stream'] !== true) return answer(response, chatAnswer(script.words.join(''), script.usage))
    await this.#stream(
      response,
      chatStream(script.words, options?.include_usage === true ? script.usage : undefined),
      script,
    )
  }

  async #responses({ body }: Received, response: ServerResponse): Promise<void> {
    const request = JSON.parse(body) as Json
    if ('stream_options' in request) return refuse(response, 'unknown parameter: stream_options')
    const script = this.#script(request)
    if (request['stream'] === true) return this.#stream(response, responsesStream(script.words, script.usage), script)
    const content = [{ type: 'output_text', text: script.words.join(''), annotations: [] }]
    const output = [{ type: 'message', id: 'msg_1', role: 'assistant', status: 'completed', content }]
    answer(response, { id: 'resp_1', object: 'response', status: 'completed', model: 'm', output, usage: script.usage })
  }

  #embeddings({ body }: Received, response: ServerResponse): void {
    const { usage } = this.#script(JSON.parse(body) as Json)
    const data = [{ object: 'embedding', index: 0, embedding: Array.from({ length: 256 }, (_, i) => i / 256) }]
    answer(response, { object: 'list', data, model: 'text-embedding-3-small', usage })
  }

  async #messages({ body }: Received, response: ServerResponse): Promise<void> {
    const request = JSON.parse(body) as Json
    const script = this.#script(request)
    if (request['stream'] !== true) return answer(response, messageAnswer(script.words.join(''), script.usage))
    await this.#stream(response, messagesStream(script.words, script.start, script.usage), script)
  }

  async #stream(response: ServerResponse, text: string, { before }: Script): Promise<void> {
    this.open++
    const closed = new Promise<void>((resolve) => response.once('close', resolve))
    void closed.then(() => {
      this.open--
      if (!response.writableFinished) this.left++
    })
    response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' })
    const events = text.split(/(?<=\n\n)/)
    for (const [sent, event] of events.entries()) {
      const goesOn = await Promise.race([before?.(sent), closed.then(() => false)])
      if (goesOn === false || response.destroyed) return void response.destroy()
      if (!response.write(event)) await Promise.race([once(response, 'drain'), closed])
    }
    response.end()
  }
}

function answer(response: ServerResponse, body: Json): void {
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}

function refuse(response: ServerResponse, message: string): void {
  const error = { message, type: 'invalid_request_error', param: null, code: null }
  response.writeHead(400, { 'content-type': 'application/json' }).end(JSON.stringify({ error }))
}
