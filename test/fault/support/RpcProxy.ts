import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

export type Call = { method: string; params: unknown[] }
type Answer = { result?: unknown; error?: { code: number; message: string; data?: unknown } }
/** What the node makes of a call; `silence` hangs up without an answer, and `pass` asks the real node. */
export type Reaction = (call: Call, pass: () => Promise<Answer>) => Answer | 'silence' | Promise<Answer | 'silence'>

/** Reactions that tests use: the call is lost, done without an answer, or refused in a node's words. */
export const lost: Reaction = () => 'silence'
export const unheard: Reaction = (_, pass) => pass().then(() => 'silence' as const)
export const says =
  (message: string, code = -32000): Reaction =>
  () => ({ error: { code, message } })

/** A node in front of the real one that answers late, wrongly or not at all. Only settlement goes through it. */
export class RpcProxy {
  readonly url: string
  /** The real node. */
  target = ''
  /** Every call that arrived, by method. */
  readonly calls: Call[] = []
  /** What went wrong in the reactions themselves. */
  readonly troubles: unknown[] = []
  readonly #server: Server
  readonly #reactions = new Map<string, { times: number; react: Reaction }[]>()
  #frozen: Promise<void> | undefined

  private constructor(server: Server) {
    this.#server = server
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      this.#answer(request, response).catch((error: unknown) => {
        this.troubles.push(error)
        response.destroy()
      })
    })
  }

  static async start(): Promise<RpcProxy> {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return new RpcProxy(server)
  }

  /** The next `times` calls of `method` meet `react`, one after another with what was asked for earlier. */
  on(method: string, react: Reaction, times = 1): void {
    this.#reactions.set(method, [...(this.#reactions.get(method) ?? []), { times, react }])
  }

  /** Nothing is answered until the function that this returns is called. */
  freeze(): () => void {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#frozen = promise
    return () => {
      this.#frozen = undefined
      resolve()
    }
  }

  count(method: string): number {
    return this.calls.filter((call) => call.method === method).length
  }

  stop(): Promise<void> {
    this.#server.closeAllConnections()
    return new Promise((resolve) => this.#server.close(() => resolve()))
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const body = Buffer.concat(chunks).toString('utf8')
    const call = JSON.parse(body) as Call & { id: number }
    this.calls.push(call)
    await this.#frozen
    const answer = await this.#next(call.method)(call, () => this.#pass(body))
    if (answer === 'silence') return void response.destroy()
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end(JSON.stringify({ jsonrpc: '2.0', id: call.id, ...answer }))
  }

  #next(method: string): Reaction {
    const [first, ...rest] = this.#reactions.get(method) ?? []
    if (first === undefined) return (_, pass) => pass()
    first.times -= 1
    if (first.times <= 0) this.#reactions.set(method, rest)
    return first.react
  }

  async #pass(body: string): Promise<Answer> {
    const answer = await fetch(this.target, { method: 'POST', headers: { 'content-type': 'application/json' }, body })
    const { result, error } = (await answer.json()) as Answer
    return error === undefined ? { result: result ?? null } : { error }
  }
}
