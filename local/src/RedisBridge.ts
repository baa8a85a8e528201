/**
 * Upstash's REST protocol in front of a Redis server on this machine, for development and tests: what `@upstash/redis`
 * and our gateway say over HTTPS in production. One connection to Redis, on which commands are pipelined.
 */
import { createServer, type IncomingMessage, type Server } from 'node:http'
import { connect, type Socket } from 'node:net'

/** What Redis answers: RESP2. */
type Resp = Buffer | number | null | RedisError | Resp[]

class RedisError {
  readonly message: string
  constructor(message: string) {
    this.message = message
  }
}

const BODY_MAX = 16 * 1024 * 1024

export class RedisBridge {
  /** Where it listens, on this machine only. */
  readonly url: string
  readonly #server: Server
  readonly #redis: RedisClient

  private constructor(url: string, server: Server, redis: RedisClient) {
    this.url = url
    this.#server = server
    this.#redis = redis
  }

  /** `redis`: the port of a server at 127.0.0.1. Callers without `token` get 401. */
  static async start(options: { redis: number; token: string; port?: number }): Promise<RedisBridge> {
    const redis = await RedisClient.connect(options.redis)
    const server = createServer((request, response) => {
      answer(request, redis, options.token)
        .catch((error: unknown): Answer => ({ status: 500, body: { error: String(error) } }))
        .then(({ status, body }) => {
          response.writeHead(status, { 'content-type': 'application/json' })
          response.end(JSON.stringify(body))
        })
        .catch(() => response.destroy())
    })
    await new Promise<void>((listening, failed) => {
      server.once('error', failed)
      server.listen(options.port ?? 0, '127.0.0.1', listening)
    })
    const address = server.address()
    const port = typeof address === 'object' ? address?.port : undefined
    return new RedisBridge(`http://127.0.0.1:${port}`, server, redis)
  }

  /** Closes every connection. The Redis server stays as it is. */
  async stop(): Promise<void> {
    const closed = new Promise((done) => this.#server.close(done))
    this.#server.closeAllConnections()
    await closed
    this.#redis.close()
  }
}

type Answer = { status: number; body: unknown }

async function answer(request: IncomingMessage, redis: RedisClient, token: string): Promise<Answer> {
  if (request.headers.authorization !== `Bearer ${token}`) {
    return { status: 401, body: { error: 'WRONGPASS invalid or missing auth token' } }
  }
  const isPlain = request.headers['upstash-encoding'] !== 'base64'
  const body = parse(await read(request))
  const path = (request.url ?? '/').split('?')[0]
  if (path === '/' && isCommand(body)) {
    const item = toItem(await redis.send(body), isPlain)
    return { status: 'error' in item ? 400 : 200, body: item }
  }
  if ((path !== '/pipeline' && path !== '/multi-exec') || !Array.isArray(body) || !body.every(isCommand)) {
    return { status: 400, body: { error: 'ERR the request is not a command, or a list of commands' } }
  }
  if (path === '/pipeline') {
    const replies = await Promise.all(body.map((command) => redis.send(command)))
    return { status: 200, body: replies.map((reply) => toItem(reply, isPlain)) }
  }
  const replies = await Promise.all([['MULTI'], ...body, ['EXEC']].map((command) => redis.send(command)))
  const executed = replies.at(-1)
  if (!Array.isArray(executed)) return { status: 400, body: toItem(executed ?? null, isPlain) }
  return { status: 200, body: executed.map((reply) => toItem(reply, isPlain)) }
}

function toItem(reply: Resp, isPlain: boolean): { result: unknown } | { error: string } {
  return reply instanceof RedisError ? { error: reply.message } : { result: toResult(reply, isPlain) }
}

/** Texts are base64 where the caller wants that, all but a plain OK. */
function toResult(reply: Resp, isPlain: boolean): unknown {
  if (Array.isArray(reply)) return reply.map((each) => toResult(each, isPlain))
  if (reply instanceof RedisError) return reply.message
  if (reply === null || typeof reply === 'number') return reply
  const text = reply.toString()
  return isPlain || text === 'OK' ? text : reply.toString('base64')
}

type Command = (string | number)[]

function isCommand(value: unknown): value is Command {
  return (
    Array.isArray(value) &&
    value.length > 0 &&
    value.every((each) => typeof each === 'string' || typeof each === 'number')
  )
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

async function read(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > BODY_MAX) throw new Error('the request is too large')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString()
}

/** Enough of a client: commands go out in order, and replies come back in order. */
class RedisClient {
  readonly #socket: Socket
  readonly #waiting: { done: (reply: Resp) => void; failed: (error: Error) => void }[] = []
  #unread = Buffer.alloc(0)

  private constructor(socket: Socket) {
    this.#socket = socket
    socket.on('data', (data: Buffer) => this.#read(data))
    const end = (error?: Error) => {
      for (const { failed } of this.#waiting.splice(0)) failed(error ?? new Error('Redis closed the connection'))
    }
    socket.on('error', end)
    socket.on('close', () => end())
  }

  static connect(port: number): Promise<RedisClient> {
    return new Promise((done, failed) => {
      const socket = connect({ port, host: '127.0.0.1', noDelay: true })
      socket.once('error', failed)
      socket.once('connect', () => {
        socket.off('error', failed)
        done(new RedisClient(socket))
      })
    })
  }

  send(command: Command): Promise<Resp> {
    return new Promise((done, failed) => {
      if (this.#socket.destroyed) return failed(new Error('Redis closed the connection'))
      this.#waiting.push({ done, failed })
      const parts = command.map((part) => Buffer.from(String(part)))
      const head = Buffer.from(`*${parts.length}\r\n`)
      const end = Buffer.from('\r\n')
      this.#socket.write(
        Buffer.concat([head, ...parts.flatMap((part) => [Buffer.from(`$${part.length}\r\n`), part, end])]),
      )
    })
  }

  close(): void {
    this.#socket.destroy()
  }

  #read(data: Buffer): void {
    this.#unread = Buffer.concat([this.#unread, data])
    for (;;) {
      const [reply, rest] = take(this.#unread, 0) ?? []
      if (reply === undefined || rest === undefined) return
      this.#unread = this.#unread.subarray(rest)
      this.#waiting.shift()?.done(reply)
    }
  }
}

/** The reply that begins at `from` and where the next begins; undefined while it is incomplete. */
function take(data: Buffer, from: number): [Resp, number] | undefined {
  const end = data.indexOf('\r\n', from)
  if (end === -1) return undefined
  const line = data.toString('utf8', from + 1, end)
  const next = end + 2
  switch (data[from]) {
    case 0x2b: // +
      return [Buffer.from(line), next]
    case 0x2d: // -
      return [new RedisError(line), next]
    case 0x3a: // :
      return [Number(line), next]
    case 0x24: {
      // $
      const length = Number(line)
      if (length === -1) return [null, next]
      return data.length < next + length + 2 ? undefined : [data.subarray(next, next + length), next + length + 2]
    }
    default:
      return takeArray(data, next, Number(line))
  }
}

function takeArray(data: Buffer, from: number, length: number): [Resp, number] | undefined {
  if (length === -1) return [null, from]
  const replies: Resp[] = []
  let at = from
  for (let i = 0; i < length; i++) {
    const one = take(data, at)
    if (one === undefined) return undefined
    replies.push(one[0])
    at = one[1]
  }
  return [replies, at]
}
