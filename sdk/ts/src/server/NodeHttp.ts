/** Paid calls as Node's requests and responses: Express, Fastify, Nest. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import * as RequestBinding from '@pbstream/core/RequestBinding'
import { type Content, type Facts, READ_LIMIT, type Refusal } from './Deployment.ts'
import { onHead } from './HeldHead.ts'
import type { Passage } from './Passage.ts'
import { bytesOf, record } from './Web.ts'

/** A request as frameworks leave it. */
export type NodeRequest = IncomingMessage & { originalUrl?: string; body?: unknown; rawBody?: unknown }

/** A host as it may stand in a URL: nothing that would end it. */
const HOST = /^[A-Za-z0-9._-]+(?::[0-9]{1,5})?$|^\[[0-9A-Fa-f:.]+\](?::[0-9]{1,5})?$/

/** What a request says of itself. `content` tells of its body where the framework is read otherwise. */
export function factsOf(
  request: NodeRequest,
  publicUrl?: string,
  content: () => Promise<Content> = () => contentOf(request),
): Facts {
  return {
    method: request.method ?? '',
    url: urlOf(request, publicUrl),
    header(name) {
      const value = request.headers[name]
      return value === undefined ? null : typeof value === 'string' ? value : value.join(', ')
    },
    content,
  }
}

/** Empty where there is none that could be trusted: then the call is refused for its path. */
function urlOf(request: NodeRequest, publicUrl?: string): string {
  const target = request.originalUrl ?? request.url ?? ''
  const host = request.headers.host ?? request.headers[':authority']
  if (!target.startsWith('/')) return ''
  if (publicUrl !== undefined) return new URL(publicUrl).origin + target
  if (typeof host !== 'string' || !HOST.test(host)) return ''
  const { encrypted } = request.socket as { encrypted?: boolean }
  return `${encrypted === true ? 'https' : 'http'}://${host}${target}`
}

/** Content that was looked at before a parser consumed it. */
const seen = new WeakMap<IncomingMessage, Promise<Content>>()

/** Looks at the content now, for `paid()` further on; parsers read it afterwards as if nobody had. */
export function look(request: NodeRequest): Promise<Content> {
  const known = seen.get(request)
  if (known !== undefined) return known
  const content = contentNow(request)
  seen.set(request, content)
  return content
}

export function contentOf(request: NodeRequest): Promise<Content> {
  return seen.get(request) ?? contentNow(request)
}

async function contentNow(request: NodeRequest): Promise<Content> {
  const { rawBody, body } = request
  if (rawBody instanceof Uint8Array) return bytesOf(rawBody)
  if (body instanceof Uint8Array) return bytesOf(body)
  const known = declared(request)
  if (known !== undefined) return known
  if (request.readableDidRead || !request.readable || request.readableEncoding !== null) return { kind: 'gone' }
  return peek(request)
}

/** What the head of a request says of its content: that there is none, or that there is much. */
export function declared(request: IncomingMessage): Content | undefined {
  if (isWithoutBody(request)) return { kind: 'bytes', digest: RequestBinding.EMPTY_BODY, length: 0 }
  return Number(request.headers['content-length'] ?? 0) > READ_LIMIT ? { kind: 'large' } : undefined
}

/** HTTP/2 needs no header to announce a body. */
function isWithoutBody(request: IncomingMessage): boolean {
  const { 'content-length': length, 'transfer-encoding': coding } = request.headers
  const { stream } = request as { stream?: { endAfterHeaders?: boolean } }
  if (request.httpVersionMajor >= 2 && stream?.endAfterHeaders !== true) return length === '0'
  return coding === undefined && (length === undefined || length === '0')
}

/**
 * Reads all of a small body and puts it back, in the same turn in which its end is seen: the stream has not ended for
 * whoever reads it next.
 */
function peek(request: IncomingMessage): Promise<Content> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = []
    let size = 0
    const stop = (content: Content) => {
      request.off('readable', look).off('close', broken).off('error', broken)
      if (content.kind !== 'broken' && size > 0) request.unshift(Buffer.concat(chunks))
      resolve(content)
    }
    const broken = () => stop({ kind: 'broken' })
    const look = () => {
      for (let chunk = request.read() as Buffer | null; chunk !== null; chunk = request.read() as Buffer | null) {
        chunks.push(chunk)
        size += chunk.length
        if (size > READ_LIMIT) return stop({ kind: 'large' })
      }
      if (request.complete) stop(bytesOf(Buffer.concat(chunks)))
    }
    request.on('readable', look).on('close', broken).on('error', broken)
  })
}

/** Sees to it that the answer is charged by its status, whoever writes it. */
export function guard(response: ServerResponse, passage: Passage): void {
  onHead(response, (status) => passage.head(status))
  if (!passage.needsEnd) return
  passage.onCut = () => void response.destroy()
  response.once('close', () => passage.end())
}

export function send(response: ServerResponse, { status, headers, body }: Refusal): void {
  response.writeHead(status, record(headers)).end(body)
}
