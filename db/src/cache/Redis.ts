/**
 * Upstash Redis by its REST protocol: pipelines only, within a fixed time, and not at all while it does not answer.
 *
 * Not `@upstash/redis`: it adds 76 kB to a Worker of which one call would be used, tries again where we would rather
 * go on, and answers a call that was given up like one that found the text "Aborted".
 */

/** One command: its name and its arguments. */
export type Command = readonly [string, ...string[]]
/** What one command answered: text, a number, or nothing. An error of it counts as nothing. */
export type Reply = string | number | null

export type RedisOptions = {
  /** `https://…`, or plain http on this machine. */
  url: string
  token: string
  fetch: (request: Request) => Promise<Response>
  /** Unix milliseconds. */
  now: () => number
  /** The most that a call takes, in milliseconds. */
  timeoutMs: number
}

/** The bindings of a Worker that uses the cache; without the first three there is none. */
export type CacheEnv = {
  UPSTASH_REDIS_REST_URL?: string
  UPSTASH_REDIS_REST_TOKEN?: string
  /** 32 bytes or more, the same in control and gateway: entries are believed if they bear its mark. */
  CACHE_SECRET?: string
  /** The longest that a reading waits, in milliseconds: 150. */
  REDIS_TIMEOUT_MS?: string
}

/** So many failures in a row, and nothing is asked for a while. */
const FAILURES = 3
const REST_MS = 5_000
const REST_MAX_MS = 60_000
/** No answer of ours is larger. */
const ANSWER_MAX = 8 * 1024 * 1024

export class Redis {
  readonly #options: RedisOptions
  #failures = 0
  /** Until when nothing is asked. */
  #restUntil = 0
  #restMs = REST_MS

  /** @throws {TypeError} for an address to which the token must not be sent. */
  constructor(options: RedisOptions) {
    const { protocol, hostname } = new URL(options.url)
    const isHere = hostname === '127.0.0.1' || hostname === 'localhost' || hostname === '[::1]'
    if (protocol !== 'https:' && !(protocol === 'http:' && isHere)) {
      throw new TypeError('UPSTASH_REDIS_REST_URL is not https')
    }
    this.#options = options
  }

  /** Whether calls are made at the moment. */
  get isResting(): boolean {
    return this.#options.now() < this.#restUntil
  }

  /** The replies in the order of the commands; undefined when Redis is away, slow, or does not know the token. */
  async pipeline(commands: readonly Command[]): Promise<Reply[] | undefined> {
    if (this.isResting) return undefined
    const replies = await this.#send(commands).catch(() => undefined)
    if (replies === undefined) this.#failed()
    else this.#answered()
    return replies
  }

  async #send(commands: readonly Command[]): Promise<Reply[] | undefined> {
    const { url, token, timeoutMs, fetch } = this.#options
    const request = new Request(`${url.replace(/\/$/, '')}/pipeline`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify(commands),
      // The token goes nowhere else.
      redirect: 'manual',
      signal: AbortSignal.timeout(timeoutMs),
    })
    const response = await fetch(request)
    if (response.status !== 200 || Number(response.headers.get('content-length') ?? 0) > ANSWER_MAX) {
      await response.body?.cancel()
      return undefined
    }
    const answer: unknown = await response.json()
    if (!Array.isArray(answer) || answer.length !== commands.length) return undefined
    return answer.map(toReply)
  }

  #answered(): void {
    this.#failures = 0
    this.#restMs = REST_MS
  }

  /** The first call after a rest is a trial: if it fails, the next rest is longer. */
  #failed(): void {
    this.#failures++
    if (this.#failures < FAILURES) return
    this.#restUntil = this.#options.now() + this.#restMs
    this.#restMs = Math.min(2 * this.#restMs, REST_MAX_MS)
  }
}

function toReply(each: unknown): Reply {
  const result = typeof each === 'object' && each !== null && 'result' in each ? each.result : null
  return typeof result === 'string' || typeof result === 'number' ? result : null
}
