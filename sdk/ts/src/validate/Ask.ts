/** One request at a time to the server that is looked at; its answers are data, however they look. */

/** The most bytes of a body that are read. */
const MAX_BODY = 256 * 1024

/** What is asked: the same request every time, with other payment headers. */
export type Request = { url: URL; method: string; headers: Headers; body: Uint8Array<ArrayBuffer> | undefined }

export type Seen = {
  status: number
  headers: Headers
  /** At most 256 KiB of it. */
  body: string
  ms: number
}

/** Why there was no answer. */
export type Silence = { status: 0; why: 'timeout' | 'broken' }

/** Sends the request with more headers. Follows no redirect: a payment is for one address. Never throws. */
export type Ask = (more?: Record<string, string>) => Promise<Seen | Silence>

/** @param timeoutMs for the whole answer. */
export function asker(request: Request, timeoutMs: number, send: typeof fetch = fetch): Ask {
  return async (more = {}) => {
    const headers = new Headers(request.headers)
    for (const [name, value] of Object.entries(more)) headers.set(name, value)
    const startedAt = performance.now()
    try {
      const response = await send(request.url, {
        method: request.method,
        headers,
        redirect: 'manual',
        signal: AbortSignal.timeout(timeoutMs),
        ...(request.body === undefined ? {} : { body: request.body }),
      })
      const body = await readSome(response)
      return { status: response.status, headers: response.headers, body, ms: Math.round(performance.now() - startedAt) }
    } catch (error) {
      return { status: 0, why: (error as Error).name === 'TimeoutError' ? 'timeout' : 'broken' }
    }
  }
}

/** True for an answer. */
export function answered(seen: Seen | Silence): seen is Seen {
  return seen.status !== 0
}

async function readSome(response: Response): Promise<string> {
  const decoder = new TextDecoder()
  const reader = response.body?.getReader()
  let text = ''
  let size = 0
  while (reader !== undefined && size < MAX_BODY) {
    const { done, value } = await reader.read()
    if (done) break
    size += value.length
    text += decoder.decode(value, { stream: true })
  }
  // A body without an end is left; nothing waits for it.
  reader?.cancel().catch(() => {})
  return text
}
