/** One POST to somebody else's server: what it answers is a number, its words are not read. */
import type { Headers } from '@pbstream/core/WebhookSignature'

/** `status` when there was an answer; else what came instead. */
export type Answer = { status: number } | { error: 'timeout' | 'connection_failed' }

/** To the headers of the answer. */
export const TIMEOUT_MS = 10_000

export async function send(url: string, headers: Headers, body: string): Promise<Answer> {
  const signal = AbortSignal.timeout(TIMEOUT_MS)
  try {
    // A redirect would lead past the gate that the URL went through.
    const response = await fetch(url, {
      method: 'POST',
      redirect: 'manual',
      signal,
      body,
      headers: { ...headers, 'content-type': 'application/json', 'user-agent': 'PB-Stream-Webhooks/1' },
    })
    await response.body?.cancel()
    return { status: response.status }
  } catch {
    return { error: signal.aborted ? 'timeout' : 'connection_failed' }
  }
}
