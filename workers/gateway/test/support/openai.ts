/** Answers of a chat model as an OpenAI-compatible server sends them, written from its documentation. */

export type ChatUsage = { prompt_tokens: number; completion_tokens: number }

export const encoder = new TextEncoder()

export function delta(content: string): string {
  return `data: ${JSON.stringify({ id: 'c1', object: 'chat.completion.chunk', choices: [{ index: 0, delta: { content }, finish_reason: null }] })}\n\n`
}

export const stop = `data: ${JSON.stringify({ id: 'c1', object: 'chat.completion.chunk', choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] })}\n\n`
export const done = 'data: [DONE]\n\n'

/** The chunk that `stream_options.include_usage` asks for. */
export function usageChunk(usage: ChatUsage): string {
  return `data: ${JSON.stringify({ id: 'c1', object: 'chat.completion.chunk', choices: [], usage })}\n\n`
}

/** A whole stream of `count` deltas of one letter each. */
export function stream(count: number, usage: ChatUsage | undefined): string {
  const deltas = Array.from({ length: count }, () => delta('x')).join('')
  return deltas + stop + (usage === undefined ? '' : usageChunk(usage)) + done
}

export function events(text: string | ReadableStream<Uint8Array>): Response {
  return new Response(text, { headers: { 'content-type': 'text/event-stream; charset=utf-8' } })
}

export function completion(usage: unknown): Response {
  const message = { role: 'assistant', content: 'hello' }
  return Response.json({ id: 'c1', object: 'chat.completion', choices: [{ index: 0, message }], usage })
}

/** A stream that is written by hand. */
export function written() {
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>()
  const writer = writable.getWriter()
  /** Not awaited: it waits until somebody reads. */
  const write = (text: string) => void writer.write(encoder.encode(text)).catch(() => {})
  return { readable, writer, write }
}
