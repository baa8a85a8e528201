/** Paid calls as web requests and responses: plain fetch handlers, Hono. */
import * as RequestBinding from '@pbstream/core/RequestBinding'
import { type Content, type Facts, type Header, READ_LIMIT, type Refusal } from './Deployment.ts'
import type { Environment } from './Options.ts'
import type { Head, Passage } from './Passage.ts'

/** What a request says of itself. `body` gives its bytes when somebody has read them already and kept them. */
export function factsOf(request: Request, publicUrl?: string, body?: () => Promise<ArrayBuffer>): Facts {
  return {
    method: request.method,
    url:
      publicUrl === undefined ? request.url : new URL(publicUrl).origin + request.url.replace(/^[^/]*\/\/[^/?#]*/, ''),
    header: (name) => request.headers.get(name),
    content: () => contentOf(request, body),
  }
}

async function contentOf(request: Request, kept?: () => Promise<ArrayBuffer>): Promise<Content> {
  if (request.body === null) return { kind: 'bytes', digest: RequestBinding.EMPTY_BODY, length: 0 }
  if (request.bodyUsed) return kept === undefined ? { kind: 'gone' } : read(kept)
  if (Number(request.headers.get('content-length') ?? 0) > READ_LIMIT) return { kind: 'large' }
  try {
    // A copy: the handler reads the request as if nobody had.
    return await readSome(request.clone().body as ReadableStream<Uint8Array>)
  } catch {
    return { kind: 'broken' }
  }
}

async function read(kept: () => Promise<ArrayBuffer>): Promise<Content> {
  try {
    return bytesOf(new Uint8Array(await kept()))
  } catch {
    return { kind: 'gone' }
  }
}

async function readSome(stream: ReadableStream<Uint8Array>): Promise<Content> {
  const reader = stream.getReader()
  const chunks: Uint8Array[] = []
  let size = 0
  for (;;) {
    const { done, value } = await reader.read()
    if (done) break
    chunks.push(value)
    size += value.length
    if (size > READ_LIMIT) {
      reader.cancel().catch(() => {})
      return { kind: 'large' }
    }
  }
  const bytes = new Uint8Array(size)
  let at = 0
  for (const chunk of chunks) {
    bytes.set(chunk, at)
    at += chunk.length
  }
  return bytesOf(bytes)
}

export function bytesOf(bytes: Uint8Array): Content {
  return { kind: 'bytes', digest: RequestBinding.bodyDigest(bytes), length: bytes.length }
}

export function toResponse({ status, headers, body }: Refusal): Response {
  const joined = new Headers()
  for (const [name, value] of headers) joined.append(name, value)
  return new Response(body, { status, headers: joined })
}

/** Keeps work going when the answer has left; what Workers call `waitUntil`. */
export type Keep = (work: Promise<unknown>) => void

/** The answer of a handler on its way out: charged by its status, its body untouched. */
export async function answer(passage: Passage, request: Request, response: Response, keep?: Keep): Promise<Response> {
  const head = await passage.head(response.status)
  if ('kind' in head) {
    await response.body?.cancel().catch(() => {})
    return toResponse(head)
  }
  const { promise, resolve } = Promise.withResolvers<void>()
  keep?.(promise.then(() => passage.done()))
  const over = () => {
    passage.end()
    resolve()
  }
  if (!passage.needsEnd) {
    resolve()
    return withHead(response, head, response.body)
  }
  // Nobody reads the body of an answer to HEAD, or one whose caller has gone.
  if (response.body === null || request.method === 'HEAD' || request.signal.aborted) {
    over()
    return withHead(response, head, response.body)
  }
  request.signal.addEventListener('abort', over, { once: true })
  return withHead(response, head, watched(response.body, over, passage))
}

function withHead(response: Response, { set, defaults }: Head, body: ReadableStream | null): Response {
  if (set.length + defaults.length === 0 && body === response.body) return response
  const headers = new Headers(response.headers)
  for (const [name, value] of defaults) if (!headers.has(name)) headers.set(name, value)
  for (const [name, value] of set) headers.set(name, value)
  const { status, statusText } = response
  return new Response(body, { status, statusText, headers })
}

/** The same chunks at the same time; says when they end, break off, or are not wanted any more. */
function watched(body: ReadableStream, over: () => void, passage: Passage): ReadableStream {
  const reader = body.getReader() as ReadableStreamDefaultReader<Uint8Array>
  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        passage.onCut = () => {
          controller.error(new Error('the payment for this answer has ended'))
          reader.cancel().catch(() => {})
          over()
        }
      },
      async pull(controller) {
        try {
          const { done, value } = await reader.read()
          if (!done) return controller.enqueue(value)
          over()
          controller.close()
        } catch (error) {
          over()
          controller.error(error)
        }
      },
      cancel(reason) {
        over()
        return reader.cancel(reason)
      },
    },
    { highWaterMark: 0 },
  )
}

/** The bindings of a Worker, if that is what was given; Node's adapters give other things in their place. */
export function environmentOf(value: unknown): Environment | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  return Object.keys(value).some((name) => name.startsWith('PB_')) ? (value as Environment) : undefined
}

/** `waitUntil` of a Worker's context. */
export function keepOf(context: unknown): Keep | undefined {
  const { waitUntil } = (context ?? {}) as { waitUntil?: unknown }
  return typeof waitUntil === 'function' ? (work) => void waitUntil.call(context, work) : undefined
}

/** Several headers of one name as `Headers` would join them. */
export function record(headers: readonly Header[]): Record<string, string> {
  const out: Record<string, string> = {}
  for (const [name, value] of headers) out[name] = name in out ? `${out[name]}, ${value}` : value
  return out
}
