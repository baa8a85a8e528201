/** One POST to somebody else's server, bounded in time and in what is read of the answer. */

export type HttpReply =
  | { status: number; retryAfter: string | null; text: string }
  | { error: 'timeout' | 'connection_failed' }

/** To the end of the answer. */
export const TIMEOUT_MS = 10_000
const READ_MAX = 16_384
/** However long somebody asks us to wait. */
const WAIT_MAX_S = 3_600

/** Redirects are not followed: they would lead past the gate that a URL went through. */
export async function post(url: string, headers: Record<string, string>, body: string): Promise<HttpReply> {
  const signal = AbortSignal.timeout(TIMEOUT_MS)
  try {
    const response = await fetch(url, {
      method: 'POST',
      redirect: 'manual',
      signal,
      body,
      headers: { ...headers, 'user-agent': 'PB-Stream-Alerts/1' },
    })
    return { status: response.status, retryAfter: response.headers.get('retry-after'), text: await read(response) }
  } catch {
    // What it says may quote the URL.
    return { error: signal.aborted ? 'timeout' : 'connection_failed' }
  }
}

/** Milliseconds of so many seconds that somebody asks us to wait. */
export function longest(seconds: number): number {
  return Math.min(Math.max(0, seconds), WAIT_MAX_S) * 1_000
}

async function read(response: Response): Promise<string> {
  const reader = response.body?.getReader()
  if (reader === undefined) return ''
  const decoder = new TextDecoder()
  let text = ''
  for (let size = 0; size < READ_MAX;) {
    const { done, value } = await reader.read()
    if (done) return text + decoder.decode()
    size += value.byteLength
    text += decoder.decode(value, { stream: true })
  }
  await reader.cancel()
  return text
}
