import type { StoredAnswer } from '@pbstream/core/message/Session'
import * as HeaderPolicy from './Headers.ts'
import type { Call } from './Call.ts'

/** Answers up to here are kept for callers that sent a request id. */
export const KEEP_LIMIT = 256 * 1024

/** The headers of an upstream's answer on its way to the caller. */
export function answerHeaders(call: Call, upstream: Response, url: URL, paid: boolean): Headers {
  const headers = HeaderPolicy.toCaller(upstream.headers, url, call.origin, call.path)
  headers.set('pbstream-request-id', call.id)
  if (paid) HeaderPolicy.makePrivate(headers)
  return headers
}

/** Statuses that come without a body, and cannot be constructed with one. */
export function hasNoBody(status: number): boolean {
  return status === 101 || status === 204 || status === 205 || status === 304
}

/** The answer as it goes out: the upstream's body passes through untouched. */
export function relay(upstream: Response, headers: Headers, body = upstream.body): Response {
  const status = upstream.status === 101 ? 502 : upstream.status
  return new Response(hasNoBody(status) ? null : body, { status, statusText: upstream.statusText, headers })
}

/** Whether an answer may be kept for replay: not streamed, and not known to be too large. */
export function isKeepable(upstream: Response): boolean {
  if (/^text\/event-stream\b/i.test(upstream.headers.get('content-type') ?? '')) return false
  const length = upstream.headers.get('content-length')
  return length === null || Number(length) <= KEEP_LIMIT
}

/** Splits a body in two: one for the caller, and one that is collected when it is small enough. */
export function split(body: ReadableStream<Uint8Array> | null): {
  body: ReadableStream<Uint8Array> | null
  /** All of it, or `undefined` when it was too large or broke off. Never rejects. */
  copy: Promise<Uint8Array | undefined>
} {
  if (body === null) return { body, copy: Promise.resolve(new Uint8Array()) }
  const [first, second] = body.tee()
  return { body: first, copy: collect(second) }
}

/** Reads a stream to its end; gives up when it is more than may be kept. */
async function collect(stream: ReadableStream<Uint8Array>): Promise<Uint8Array | undefined> {
  const reader = stream.getReader()
  const chunks: Uint8Array[] = []
  let size = 0
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) break
      chunks.push(value)
      size += value.length
      if (size > KEEP_LIMIT) {
        // The other branch goes on by itself; from here on nothing is held back for this one.
        reader.cancel().catch(() => {})
        return undefined
      }
    }
  } catch {
    return undefined
  }
  const out = new Uint8Array(size)
  let at = 0
  for (const chunk of chunks) {
    out.set(chunk, at)
    at += chunk.length
  }
  return out
}

/** Something to be replayed byte for byte. */
export function stored(upstream: Response, headers: Headers, body: Uint8Array): StoredAnswer {
  return { status: upstream.status, headers: [...headers], body }
}

/** An answer that was given before. The id of this call is its own; everything else is as it was. */
export function replay(call: Call, answer: StoredAnswer): Response {
  const headers = new Headers(answer.headers)
  headers.set('pbstream-request-id', call.id)
  headers.set('idempotent-replayed', 'true')
  return new Response(hasNoBody(answer.status) ? null : (answer.body as Uint8Array<ArrayBuffer>), {
    status: answer.status,
    headers,
  })
}
