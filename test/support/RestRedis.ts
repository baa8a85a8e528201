import { createServer, type Server } from 'node:http'

/**
 * Redis by Upstash's REST protocol, without Redis: as much of it as the cache uses, which a test can take away, slow down
 * and rewrite. What a real server does is in test/redis.
 */
export class RestRedis {
  readonly token = 'a token of the test'
  readonly secret = 'a cache secret of the test, long enough'
  readonly values = new Map<string, string>()
  /** Every pipeline that was asked for. */
  calls = 0
  /** `down`: 503. `slow`: answers after longer than anybody waits. `refusing`: another token is the right one. */
  mode: 'up' | 'down' | 'slow' | 'refusing' = 'up'
  readonly url: string
  readonly #server: Server

  private constructor(url: string, server: Server) {
    this.url = url
    this.#server = server
  }

  static async start(): Promise<RestRedis> {
    let redis: RestRedis | undefined
    const server = createServer(async (request, response) => {
      const chunks: Buffer[] = []
      for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk)
      const { status, body } = redis!.#answer(request.headers.authorization, Buffer.concat(chunks).toString())
      if (status === undefined) return
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
    })
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
    const address = server.address()
    redis = new RestRedis(`http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`, server)
    return redis
  }

  /** The variables of Workers that use it. */
  get vars(): Record<string, string> {
    return { UPSTASH_REDIS_REST_URL: this.url, UPSTASH_REDIS_REST_TOKEN: this.token, CACHE_SECRET: this.secret }
  }

  /** Those who still wait for an answer get none. */
  async stop(): Promise<void> {
    const closed = new Promise((done) => this.#server.close(done))
    this.#server.closeAllConnections()
    await closed
  }

  #answer(authorization: string | undefined, body: string): { status?: number; body?: unknown } {
    this.calls++
    if (this.mode === 'slow') return {}
    if (this.mode === 'down') return { status: 503, body: { error: 'away' } }
    if (this.mode === 'refusing' || authorization !== `Bearer ${this.token}`) {
      return { status: 401, body: { error: 'WRONGPASS' } }
    }
    return { status: 200, body: (JSON.parse(body) as string[][]).map((command) => this.#run(command)) }
  }

  #run([name, key = '', value = '']: string[]): object {
    if (name === 'GET') return { result: this.values.get(key) ?? null }
    if (name !== 'SET') return { error: `ERR unknown command '${name}'` }
    this.values.set(key, value)
    return { result: 'OK' }
  }
}
