import type { CacheStore } from '@pbstream/db/cache/CacheStore'
import {
  catalogPlace,
  hotPlace,
  noticesPlace,
  type Place,
  toCatalog,
  toNotices,
  toRecords,
} from '@pbstream/db/cache/Entries'
import type { Entry } from '@pbstream/db/cache/Sealed'
import { loadRoutes, loadSentinel, loadSignals, loadVersions } from '@pbstream/db/Catalog'
import type { Database } from '@pbstream/db/Database'
import { keyChanges, NOTICES_MAX } from '@pbstream/db/KeyRecords'
import type { SentinelCatalog, Signals } from '@pbstream/db/CatalogRoute'
import type { Beside, Known, Loaded } from '../Catalog.ts'
import { within } from '../Within.ts'
import type { Bulletins } from './Bulletins.ts'
import type { KeyCache } from './KeyCache.ts'

/** How long the database may take before Redis is asked whether it knows something young enough. */
const DATABASE_MS = 2_000
/** How long ago the database may have vouched for what Redis has, when the database itself does not answer. */
const VOUCHED_MS = 60_000

type Keep = (work: Promise<unknown>) => void

/**
 * Where an isolate's catalog and bulletins come from. The database is asked for the version every time, and has the last
 * word: Redis only spares reading the tables again. While the database does not answer, what it said up to a minute ago
 * does, from memory or from Redis.
 */
export class Tiers {
  /**
   * Versions asked for; whole catalogs from Redis and from the database; entries that were of another version; and how
   * many milliseconds versions, Redis and whole catalogs took in all.
   */
  readonly counts = { checks: 0, redis: 0, database: 0, outdated: 0, ms: { version: 0, redis: 0, database: 0 } }
  readonly #store: CacheStore | undefined
  readonly #bulletins: Bulletins
  readonly #keys: KeyCache
  readonly #now: () => number

  constructor(store: CacheStore | undefined, bulletins: Bulletins, keys: KeyCache, now: () => number) {
    this.#store = store
    this.#bulletins = bulletins
    this.#keys = keys
    this.#now = now
  }

  /**
   * The catalog if it is not the `known` version. Bulletins are read along and nobody waits for them.
   *
   * @throws when neither the database nor a young enough entry has it.
   */
  async load(open: () => Database, known: Known | undefined, keep: Keep): Promise<Loaded> {
    this.counts.checks++
    // An isolate without anything asks Redis for all it needs at once, while the database is asked.
    // What cannot be read of it is as good as not there.
    const first = known === undefined ? this.#first().catch(() => undefined) : Promise.resolve(undefined)
    const database = once(open)
    const work = this.#fromDatabase(database, known, first)
    keep(this.#readNotices(database, first))
    if (this.#store === undefined) return work
    return (await within(DATABASE_MS, work)) ?? (await this.#vouched(known)) ?? work
  }

  async #fromDatabase(
    open: () => Database,
    known: Known | undefined,
    first: Promise<Entry | undefined>,
  ): Promise<Loaded> {
    const database = open()
    const { version, ...said } = await this.#timed('version', () => loadVersions(database))
    // A change since then is at worst read again by the next check, never missed.
    const beside = async (have: Pick<Known, 'signals' | 'sentinel'>): Promise<Beside> => ({
      ...(said.signals === have.signals ? {} : { signals: await this.#signals(database, said.signals) }),
      ...(said.sentinel === have.sentinel ? {} : { sentinel: await this.#sentinel(database, said.sentinel) }),
    })
    if (version === known?.version) {
      const isSame = said.signals === known.signals && said.sentinel === known.sentinel
      return isSame ? 'unchanged' : beside(known)
    }
    const entry = (await first) ?? (known === undefined ? undefined : await this.#newest())
    const cached = entry === undefined ? undefined : toCatalog(entry)
    if (cached?.version === version) {
      this.counts.redis++
      // Signals and rules change more often than what is sold, and are not written to Redis each time.
      return { ...cached, ...(await beside({ signals: cached.signals.version, sentinel: cached.sentinel.version })) }
    }
    if (entry !== undefined) this.counts.outdated++
    const [routes, signals, sentinel] = await Promise.all([
      this.#timed('database', () => loadRoutes(database)),
      this.#signals(database, said.signals),
      this.#sentinel(database, said.sentinel),
    ])
    this.counts.database++
    return { version, routes, signals, sentinel }
  }

  #signals(database: Database, version: number): Promise<Signals> {
    return this.#timed('database', () => loadSignals(database, version))
  }

  #sentinel(database: Database, version: number): Promise<SentinelCatalog> {
    return this.#timed('database', () => loadSentinel(database, version))
  }

  /** The catalog of Redis. What else an isolate begins with is read along. */
  async #first(): Promise<Entry | undefined> {
    const [catalog, notices, hot] = await this.#read([catalogPlace, noticesPlace, hotPlace])
    if (hot !== undefined) this.#keys.put(toRecords(hot))
    if (notices !== undefined) {
      this.#keys.changed(this.#bulletins.take(toNotices(notices), notices.writtenAt, this.#now()))
    }
    return catalog
  }

  async #newest(): Promise<Entry | undefined> {
    return (await this.#read([catalogPlace]))[0]
  }

  async #read(places: readonly Place[]): Promise<(Entry | undefined)[]> {
    const store = this.#store
    return store === undefined ? [] : this.#timed('redis', () => store.read(places))
  }

  async #timed<T>(what: 'version' | 'redis' | 'database', work: () => PromiseLike<T>): Promise<T> {
    const began = this.#now()
    const result = await work()
    this.counts.ms[what] += this.#now() - began
    return result
  }

  /** What the database said lately, by the word of Redis, and never of an older version than is known. */
  async #vouched(known: Known | undefined): Promise<Loaded | undefined> {
    const [entry, notices] = await this.#read([catalogPlace, noticesPlace])
    if (notices !== undefined) this.#heard(toNotices(notices), notices.writtenAt)
    if (entry === undefined || this.#now() - entry.writtenAt > VOUCHED_MS) return undefined
    if (known !== undefined && entry.version < known.version) return undefined
    const catalog = toCatalog(entry)
    if (catalog === undefined) return undefined
    this.counts.redis++
    return { ...catalog, asOf: entry.writtenAt }
  }

  /** What changed since the last time, from the database. When it does not answer, what is known gets old. */
  async #readNotices(open: () => Database, first: Promise<unknown>): Promise<void> {
    try {
      await first
      const asked = this.#now()
      this.#heard(await keyChanges(open(), this.#bulletins.since(asked)), asked)
    } catch {
      // Nobody is refused by old bulletins, and the sessions know.
    }
  }

  #heard(notices: Awaited<ReturnType<typeof keyChanges>>, asOf: number): void {
    const news = this.#bulletins.take(notices, asOf, this.#now())
    // There may be more: no record can be trusted to have been ended.
    if (news.length >= NOTICES_MAX) this.#keys.forget()
    else this.#keys.changed(news)
  }
}

/** A database is opened for one check, and only if it is needed. */
function once(open: () => Database): () => Database {
  let database: Database | undefined
  return () => (database ??= open())
}
