/**
 * Telegram's Bot API as far as `sendMessage` goes: its answers, status codes and error texts, for bots and chats that a test
 * names. The token is in the path, as there.
 */
import { type IncomingMessage, type Server, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

export type TelegramMessage = { chatId: string; text: string; parseMode?: string }

type Failure = { status: number; description: string; retryAfter?: number }
type SendMessage = { chat_id?: string | number; text?: string; parse_mode?: string }

/** What the API takes in one message, after entities are parsed. */
const MAX_TEXT = 4_096
const TAGS = new Set(['b', 'strong', 'i', 'em', 'u', 'ins', 's', 'strike', 'del', 'code', 'pre', 'a', 'blockquote'])

export class TelegramServer {
  readonly url: string
  /** What arrived in chats, oldest first. */
  readonly messages: TelegramMessage[] = []
  /** Every request to `sendMessage` of the bot, also those that were refused. */
  tries = 0
  readonly #server: Server
  readonly #token: string
  readonly #chats: ReadonlySet<string>
  readonly #failures: Failure[] = []

  private constructor(server: Server, token: string, chats: readonly string[]) {
    this.#server = server
    this.#token = token
    this.#chats = new Set(chats)
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    server.on('request', (request: IncomingMessage, response) => {
      void read(request).then((body) => {
        const { status, json, retryAfter } = this.#answer(request, body)
        const headers = { 'content-type': 'application/json', ...(retryAfter && { 'retry-after': String(retryAfter) }) }
        response.writeHead(status, headers).end(JSON.stringify(json))
      })
    })
  }

  /** A bot with `token` that the people of `chats` have started. */
  static async start(token: string, chats: readonly string[]): Promise<TelegramServer> {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return new TelegramServer(server, token, chats)
  }

  /** The next message is refused with 429: the bot has to wait so many seconds. */
  flood(retryAfter: number): void {
    this.#failures.push({
      status: 429,
      description: `Too Many Requests: retry after ${retryAfter}`,
      retryAfter,
    })
  }

  /** The next message is refused: its chat has blocked the bot. */
  block(): void {
    this.#failures.push({ status: 403, description: 'Forbidden: bot was blocked by the user' })
  }

  /** The next message meets an error of the server. */
  fail(): void {
    this.#failures.push({ status: 500, description: 'Internal Server Error' })
  }

  stop(): Promise<void> {
    this.#server.closeAllConnections()
    return new Promise((resolve) => this.#server.close(() => resolve()))
  }

  #answer({ url, method }: IncomingMessage, body: string): { status: number; json: object; retryAfter?: number } {
    const [, token, called] = /^\/bot([^/]+)\/(\w+)$/.exec(url ?? '') ?? []
    if (token === undefined) return refused({ status: 404, description: 'Not Found' })
    if (token !== this.#token) return refused({ status: 401, description: 'Unauthorized' })
    if (called?.toLowerCase() !== 'sendmessage' || method !== 'POST')
      return refused({ status: 404, description: 'Not Found' })
    this.tries++
    const failure = this.#failures.shift()
    if (failure !== undefined) return refused(failure)
    const sent = JSON.parse(body) as SendMessage
    const wrong = this.#wrong(sent)
    if (wrong !== undefined) return refused({ status: 400, description: `Bad Request: ${wrong}` })
    const { chat_id: chat, text = '', parse_mode: parseMode } = sent
    this.messages.push({ chatId: String(chat), text, ...(parseMode === undefined ? {} : { parseMode }) })
    const id = this.messages.length
    const date = Math.floor(Date.now() / 1_000)
    const result = { message_id: id, date, chat: { id: Number(chat), type: 'private' }, text: plain(text) }
    return { status: 200, json: { ok: true, result } }
  }

  #wrong({ chat_id: chat, text = '', parse_mode: mode }: SendMessage): string | undefined {
    if (chat === undefined) return 'chat_id is empty'
    if (!this.#chats.has(String(chat))) return 'chat not found'
    if (text === '') return 'message text is empty'
    if (mode !== undefined && mode !== 'HTML') return 'unsupported parse_mode'
    if (mode === 'HTML') {
      for (const [, name = ''] of text.matchAll(/<\/?([^\s>]*)/g))
        if (!TAGS.has(name)) return `can't parse entities: Unsupported start tag "${name}"`
    }
    return (mode === 'HTML' ? plain(text) : text).length > MAX_TEXT ? 'message is too long' : undefined
  }
}

function refused({ status, description, retryAfter }: Failure) {
  const parameters = retryAfter === undefined ? {} : { parameters: { retry_after: retryAfter } }
  return {
    status,
    json: { ok: false, error_code: status, description, ...parameters },
    ...(retryAfter === undefined ? {} : { retryAfter }),
  }
}

/** What people see of a text in HTML. */
export function plain(text: string): string {
  return text
    .replaceAll(/<[^>]*>/g, '')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&amp;', '&')
}

async function read(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString('utf8')
}
