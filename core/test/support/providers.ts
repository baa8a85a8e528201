/**
 * What AI providers send, in their exact formats: requests are not needed, only answers. Each builder gives text; `sse`
 * joins events into a stream. Used by tests of usage counting, and by stand-ins of upstreams.
 */

export type Json = Record<string, unknown>

/** How a stream is written: its line ends, what stands between `data:` and the value, and how JSON is spaced. */
export type Style = { end?: string; space?: string; pretty?: boolean; bom?: boolean }

const encoder = new TextEncoder()

export const bytes = (text: string): Uint8Array => encoder.encode(text)

/** JSON as Python writes it, with spaces, or as JavaScript does. */
export function json(value: unknown, pretty = false): string {
  if (!pretty) return JSON.stringify(value)
  if (Array.isArray(value)) return `[${value.map((inner) => json(inner, true)).join(', ')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  return `{${Object.entries(value)
    .filter(([, inner]) => inner !== undefined)
    .map(([name, inner]) => `${JSON.stringify(name)}: ${json(inner, true)}`)
    .join(', ')}}`
}

/** An event: a text is data as it is, an object is JSON. A `type` member names the event, as providers do. */
export function event(data: Json | string, style: Style = {}, named = false): string {
  const { end = '\n', space = ' ', pretty = false } = style
  const text = typeof data === 'string' ? data : json(data, pretty)
  const name = named && typeof data === 'object' ? `event:${space}${String(data['type'])}${end}` : ''
  const lines = text.split('\n').map((line) => `data:${space}${line}${end}`)
  return `${name}${lines.join('')}${end}`
}

// ---- OpenAI chat completions

const CHAT = { id: 'chatcmpl-B9MHDbslfkBeAs8l4bebGdFOJ6PeG', created: 1741570283, model: 'gpt-5.2-2026-01-14' }

export function chatChunk(delta: Json | null, more: Json = {}): Json {
  const choices = delta === null ? [] : [{ index: 0, delta, logprobs: null, finish_reason: null }]
  return { ...CHAT, object: 'chat.completion.chunk', service_tier: 'default', choices, ...more }
}

/** A whole stream: role, words, the reason of its end, usage (as an extra chunk, when there is one), `[DONE]`. */
export function chatStream(words: readonly string[], usage?: unknown, style: Style = {}): string {
  const told = usage === undefined ? {} : { usage: null }
  const events: (Json | string)[] = [
    chatChunk({ role: 'assistant', content: '', refusal: null }, told),
    ...words.map((content) => chatChunk({ content }, { ...told, obfuscation: 'p4xQ' })),
    chatChunk({}, { ...told, choices: [{ index: 0, delta: {}, logprobs: null, finish_reason: 'stop' }] }),
    ...(usage === undefined ? [] : [chatChunk(null, { usage })]),
    '[DONE]',
  ]
  return (style.bom === true ? '\ufeff' : '') + events.map((each) => event(each, style)).join('')
}

export function chatAnswer(content: string, usage?: unknown): Json {
  return {
    ...CHAT,
    object: 'chat.completion',
    choices: [{ index: 0, message: { role: 'assistant', content, refusal: null }, finish_reason: 'stop' }],
    ...(usage === undefined ? {} : { usage }),
    service_tier: 'default',
  }
}

// ---- OpenAI responses

export function responsesStream(
  words: readonly string[],
  usage: unknown,
  style: Style = {},
  last = 'completed',
): string {
  const response = (status: string, told: unknown): Json => ({
    id: 'resp_67ccd3a9da748190baa7f1570fe91ac604becb25c45c1d41',
    object: 'response',
    status,
    model: 'gpt-5.2-2026-01-14',
    metadata: { note: 'a "usage": {"output_tokens": 1} of the caller' },
    output: [],
    usage: told,
  })
  let sequence = 0
  const next = (type: string, more: Json): Json => ({ type, sequence_number: sequence++, ...more })
  const item = { item_id: 'msg_67ccd3acc8d48190a77525dc6de64b4104becb25c45c1d41', output_index: 0, content_index: 0 }
  const events = [
    next('response.created', { response: response('in_progress', null) }),
    next('response.in_progress', { response: response('in_progress', null) }),
    ...words.map((delta) => next('response.output_text.delta', { ...item, delta, logprobs: [], obfuscation: 'x' })),
    next('response.output_text.done', { ...item, text: words.join('') }),
    next(`response.${last}`, { response: response(last, usage) }),
  ]
  return events.map((each) => event(each, style, true)).join('')
}

// ---- Anthropic messages

export function messageStart(usage: unknown): Json {
  const message = { id: 'msg_01XFDUDYJgAACzvnptvVoYEL', type: 'message', role: 'assistant', content: [] }
  return { type: 'message_start', message: { ...message, model: 'claude-opus-4-6', stop_reason: null, usage } }
}

export function messageDelta(usage: unknown, more: Json = {}): Json {
  return { type: 'message_delta', delta: { stop_reason: 'end_turn', stop_sequence: null, ...more }, usage }
}

/** A whole stream: start, one block of text with a ping in it, counts, stop. */
export function messagesStream(words: readonly string[], start: unknown, delta: unknown, style: Style = {}): string {
  const events: Json[] = [
    messageStart(start),
    { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
    { type: 'ping' },
    ...words.map((text): Json => ({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } })),
    { type: 'content_block_stop', index: 0 },
    ...(delta === undefined ? [] : [messageDelta(delta)]),
    { type: 'message_stop' },
  ]
  return events.map((each) => event(each, style, true)).join('')
}

export function messageAnswer(text: string, usage: unknown): Json {
  const message = { id: 'msg_01XFDUDYJgAACzvnptvVoYEL', type: 'message', role: 'assistant', model: 'claude-opus-4-6' }
  return { ...message, content: [{ type: 'text', text }], stop_reason: 'end_turn', stop_sequence: null, usage }
}
