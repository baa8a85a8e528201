import { fromBytes, type Hex } from '@pbstream/core/Hex'
import * as Base64 from '@pbstream/core/Base64'
import * as RequestBinding from '@pbstream/core/RequestBinding'

/** Bodies up to here are read once, before anything is decided; larger ones are hashed while they stream. */
export const READ_LIMIT = 1024 * 1024

/** Stands for the digest of a streamed body that its sender did not name. */
export const UNNAMED: Hex = `0x${'0'.repeat(64)}`

/** A request's content, and the SHA-256 that it is bound by. */
export type Body =
  | { kind: 'none'; digest: Hex }
  /** `isRewritten`: the bytes are not those that the digest is of. */
  | { kind: 'whole'; digest: Hex; bytes: Uint8Array<ArrayBuffer>; isRewritten?: true }
  /** Of a free route, passed on unseen. */
  | { kind: 'raw'; digest: Hex; stream: ReadableStream<Uint8Array> }
  /** `digest` is what Content-Digest says, or `UNNAMED`. */
  | { kind: 'stream'; digest: Hex; stream: ReadableStream<Uint8Array> }

export type Failure = 'payload_too_large' | 'malformed_body' | 'body_digest_mismatch'

/**
 * Reads a request's content up to `READ_LIMIT`; what is larger comes back as a stream. Small bodies are never
 * trusted to be what Content-Digest says: they are hashed here, large ones on the way.
 */
export async function read(request: Request, limit: number): Promise<Body | Failure> {
  const { body } = request
  if (body === null) return { kind: 'none', digest: RequestBinding.EMPTY_BODY }
  const declared = request.headers.get('content-length')
  const length = declared === null ? undefined : Number(declared)
  if (length !== undefined && length > limit) return 'payload_too_large'
  const named = contentDigest(request.headers)
  try {
    if (length !== undefined && length > READ_LIMIT) return { kind: 'stream', digest: named ?? UNNAMED, stream: body }
    if (length !== undefined) return await whole(new Uint8Array(await request.arrayBuffer()), named, limit)
    return await readUnknown(body, named, limit)
  } catch {
    // The caller broke off, or its chunks are not well formed.
    return 'malformed_body'
  }
}

/** The SHA-256 that a Content-Digest header names (RFC 9530), if it names one. */
export function contentDigest(headers: Headers): Hex | undefined {
  const match = /(?:^|[,\s])sha-256=:([A-Za-z0-9+/=]+):/.exec(headers.get('content-digest') ?? '')
  const bytes = match === null ? undefined : Base64.decode(match[1] as string)
  return bytes?.length === 32 ? fromBytes(bytes) : undefined
}

export type Hashed = {
  /** The same bytes; it breaks off before its end when they are not what was named, or too many. */
  readable: ReadableStream<Uint8Array>
  /** How it ended; it never rejects. The digest is that of all bytes. */
  outcome: Promise<{ ok: true; digest: Hex } | { ok: false; code: Failure }>
}

/** Hashes a stream as it passes, and breaks it off rather than end it when `named` is not its digest. */
export function hashing(stream: ReadableStream<Uint8Array>, named: Hex, limit: number): Hashed {
  const hash = new crypto.DigestStream('SHA-256')
  const writer = hash.getWriter()
  const { promise, resolve } = Promise.withResolvers<Awaited<Hashed['outcome']>>()
  const reader = stream.getReader()
  let size = 0
  const fail = (controller: ReadableStreamDefaultController<Uint8Array>, code: Failure) => {
    resolve({ ok: false, code })
    controller.error(new Error(code))
    reader.cancel().catch(() => {})
  }
  const readable = new ReadableStream<Uint8Array>({
    async pull(controller) {
      try {
        const { done, value } = await reader.read()
        if (done) {
          await writer.close()
          const digest = fromBytes(new Uint8Array(await hash.digest))
          if (named !== UNNAMED && digest !== named) return fail(controller, 'body_digest_mismatch')
          resolve({ ok: true, digest })
          return controller.close()
        }
        size += value.length
        if (size > limit) return fail(controller, 'payload_too_large')
        await writer.write(value)
        controller.enqueue(value)
      } catch {
        fail(controller, 'malformed_body')
      }
    },
    cancel(reason) {
      // The upstream has answered without reading all of it.
      resolve({ ok: true, digest: UNNAMED })
      return reader.cancel(reason)
    },
  })
  return { readable, outcome: promise }
}

async function whole(bytes: Uint8Array<ArrayBuffer>, named: Hex | undefined, limit: number): Promise<Body | Failure> {
  if (bytes.length > limit) return 'payload_too_large'
  const digest = fromBytes(new Uint8Array(await crypto.subtle.digest('SHA-256', bytes)))
  if (named !== undefined && named !== digest) return 'body_digest_mismatch'
  return { kind: 'whole', digest, bytes }
}

/** A body of unknown length: read until it ends, or until it is too much to keep. */
async function readUnknown(
  body: ReadableStream<Uint8Array>,
  named: Hex | undefined,
  limit: number,
): Promise<Body | Failure> {
  const reader = body.getReader()
  const chunks: Uint8Array[] = []
  let size = 0
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return whole(join(chunks, size), named, limit)
    chunks.push(value)
    size += value.length
    if (size > limit) {
      reader.cancel().catch(() => {})
      return 'payload_too_large'
    }
    if (size > READ_LIMIT) return { kind: 'stream', digest: named ?? UNNAMED, stream: rejoin(chunks, reader) }
  }
}

function join(chunks: readonly Uint8Array[], size: number): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(size)
  let at = 0
  for (const chunk of chunks) {
    out.set(chunk, at)
    at += chunk.length
  }
  return out
}

/** The chunks that were read already, then the rest. */
function rejoin(
  chunks: readonly Uint8Array[],
  reader: ReadableStreamDefaultReader<Uint8Array>,
): ReadableStream<Uint8Array> {
  let next = 0
  return new ReadableStream({
    async pull(controller) {
      const ready = chunks[next]
      if (ready !== undefined) {
        next++
        return controller.enqueue(ready)
      }
      const { done, value } = await reader.read()
      if (done) controller.close()
      else controller.enqueue(value)
    },
    cancel: (reason) => reader.cancel(reason),
  })
}
