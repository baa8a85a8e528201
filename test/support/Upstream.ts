import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

export type Received = { method: string; path: string; headers: IncomingMessage['headers']; body: string }
export type Handler = (request: Received, response: ServerResponse) => void | Promise<void>

/** A service behind the paywall that does what a test tells it to, and remembers what it was asked. */
export class Upstream {
  readonly url: string
  readonly received: Received[] = []
  readonly #server: Server
  readonly #handlers = new Map<string, Handler>()

  private constructor(server: Server) {
    this.#server = server
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      this.#answer(request, response).catch(() => response.destroy())
    })
  }

  static async start(): Promise<Upstream> {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return new Upstream(server)
  }

  /** What `path` answers from now on. Paths without a handler answer 200 `{"ok":true}`. */
  on(path: string, handler: Handler): void {
    this.#handlers.set(path, handler)
  }

  /** How often `path` was called. */
  calls(path: string): number {
    return this.received.filter((request) => request.path === path).length
  }

  stop(): Promise<void> {
    this.#server.closeAllConnections()
    return new Promise((resolve) => this.#server.close(() => resolve()))
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const path = new URL(request.url ?? '/', 'http://upstream').pathname
    const body = Buffer.concat(chunks).toString('utf8')
    const received = { method: request.method ?? '', path, headers: request.headers, body }
    this.received.push(received)
    const handler = this.#handlers.get(path)
    if (handler !== undefined) await handler(received, response)
    else response.writeHead(200, { 'content-type': 'application/json' }).end('{"ok":true}')
  }
}
