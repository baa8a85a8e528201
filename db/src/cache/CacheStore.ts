/** Sealed entries in Redis: read many at once, write many at once. Neither ever throws. */
import type { Place } from './Entries.ts'
import { type CacheEnv, type Command, Redis } from './Redis.ts'
import { type Entry, Sealer } from './Sealed.ts'

/** What happened here since the isolate began. No keys, no addresses. */
export type Counts = {
  /** Entries that were there and believed. */
  hits: number
  /** Nothing was there. */
  misses: number
  /** Without our mark, or marked for another place. */
  poisoned: number
  /** Too old, or from the future. */
  stale: number
  /** Calls that were not answered in time, or refused. */
  failures: number
}

/** What the store does outside: the clock (Unix milliseconds) and HTTP. */
export type Effects = { now: () => number; fetch: (request: Request) => Promise<Response> }

export class CacheStore {
  readonly counts: Counts = { hits: 0, misses: 0, poisoned: 0, stale: 0, failures: 0 }
  readonly #redis: Redis
  readonly #sealer: Sealer
  readonly #now: () => number

  private constructor(redis: Redis, sealer: Sealer, now: () => number) {
    this.#redis = redis
    this.#sealer = sealer
    this.#now = now
  }

  /**
   * The store that the Worker is configured for; undefined when it is for none.
   *
   * @throws {TypeError} when the configuration is half there or cannot be used; the message holds no secret.
   */
  static async create(env: CacheEnv, { now, fetch }: Effects, timeoutMs: number): Promise<CacheStore | undefined> {
    const { UPSTASH_REDIS_REST_URL: url, UPSTASH_REDIS_REST_TOKEN: token, CACHE_SECRET: secret } = env
    if (url === undefined || url === '') return undefined
    if (token === undefined || secret === undefined)
      throw new TypeError('UPSTASH_REDIS_REST_URL needs UPSTASH_REDIS_REST_TOKEN and CACHE_SECRET')
    return new CacheStore(new Redis({ url, token, fetch, now, timeoutMs }), await Sealer.create(secret), now)
  }

  /** Whether Redis is left alone for a while, because it did not answer. */
  get isResting(): boolean {
    return this.#redis.isResting
  }

  /** What lies at these places and may be believed, in their order, in one round trip. */
  async read(places: readonly Place[]): Promise<(Entry | undefined)[]> {
    const replies = await this.#pipeline(places.map(({ key }) => ['GET', key]))
    if (replies === undefined) return places.map(() => undefined)
    return Promise.all(places.map((place, i) => this.#open(place, replies[i])))
  }

  /** Whether the entries were written, each to live as long as anybody would believe it. */
  async write(entries: readonly (Entry & Place)[]): Promise<boolean> {
    const commands = await Promise.all(
      entries.map(async (entry): Promise<Command> => {
        return ['SET', entry.key, await this.#sealer.seal(entry), 'PX', String(entry.maxAgeMs)]
      }),
    )
    const replies = await this.#pipeline(commands)
    return replies?.every((reply) => reply === 'OK') ?? false
  }

  async #pipeline(commands: readonly Command[]) {
    if (commands.length === 0) return []
    const isAsked = !this.isResting
    const replies = await this.#redis.pipeline(commands)
    if (replies === undefined && isAsked) this.counts.failures++
    return replies
  }

  async #open(place: Place, text: string | number | null | undefined): Promise<Entry | undefined> {
    if (typeof text !== 'string') {
      this.counts.misses++
      return undefined
    }
    const opened = await this.#sealer.open(text, place, { now: this.#now(), maxAgeMs: place.maxAgeMs })
    if (typeof opened === 'string') {
      this.counts[opened]++
      return undefined
    }
    this.counts.hits++
    return opened
  }
}
