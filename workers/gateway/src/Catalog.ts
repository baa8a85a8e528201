import type { Catalog, CatalogRoute, SentinelCatalog, Signals } from '@pbstream/db/CatalogRoute'
import { inForce, nextSwitch } from '@pbstream/db/CatalogTime'
import * as Rate from '@pbstream/core/Rate'
import { Lru } from './Lru.ts'
import { Router } from './Router.ts'
import type { Open } from './sentinel/Breakers.ts'

/** A catalog version, ready to be matched. `signals`: what oracles say, by their ids. */
export type Snapshot = {
  version: number
  routes: readonly CatalogRoute[]
  router: Router
  signals: Signals['values']
  sentinel: Sentinel
}

/** Of Sentinel: revisions of the rules of the platform and of providers, and the breakers that are not closed. */
export type Sentinel = Pick<SentinelCatalog, 'platform' | 'providers'> & { breakers: Open }

/** The versions that are known: of the routes, of what oracles say, and of rules and breakers. */
export type Known = { version: number; signals: number; sentinel: number }

/** `asOf`: when the database said so (Unix milliseconds), where that was not now. Of a known catalog only what has changed beside it. */
export type Loaded = (Catalog & { asOf?: number }) | Beside | 'unchanged'

/** What changes more often than what is sold. */
export type Beside = { signals?: Signals; sentinel?: SentinelCatalog }

/** Reads the catalog, or says that it is still the known version. `keep` lets work go on that nobody waits for. */
export type Load = (known: Known | undefined, keep: (work: Promise<unknown>) => void) => Promise<Loaded>

/** Younger than this, the snapshot is used without a question. */
const FRESH_MS = 2_000
/** Younger than this, it is used while the question is under way. */
const BACKGROUND_MS = 10_000
/** Without a database it serves until it is this old; then nothing is sold. */
const STALE_MS = 60_000
/** How long a request waits for the question that another one has asked. */
const WAIT_MS = 3_000

/**
 * This isolate's copy of the catalog: one version check every few seconds, however many requests there are. Cards with a
 * time are taken up at that time by whatever isolate has heard of them, without a question.
 */
export class CatalogCache {
  #snapshot: Snapshot | undefined
  /** As it was loaded: with cards that were still to come then. */
  #catalog: Catalog | undefined
  /** When the next card of any route comes (Unix milliseconds). */
  #switchAt = Infinity
  #checkedAt = Number.NEGATIVE_INFINITY
  #checking: Promise<boolean> | undefined
  /** Cards by route and version, those that are no longer in force too: quotes outlive them. */
  readonly #cards = new Lru<string, Rate.Card>(4096)

  /**
   * The snapshot to decide by.
   *
   * @param keep lets the check go on when the request is answered before it.
   * @throws {Error} when there is no snapshot young enough and the database does not answer.
   */
  async get(load: Load, now: () => number, keep: (work: Promise<unknown>) => void): Promise<Snapshot> {
    const age = this.#age(now())
    if (this.#snapshot !== undefined && age < FRESH_MS) return this.#at(now())
    const check = this.#check(load, now, keep)
    if (this.#snapshot !== undefined && age < BACKGROUND_MS) return this.#at(now())
    const done = await Promise.race([check, timeout(WAIT_MS)])
    // The one that asked may have been cancelled by the platform: ask again.
    if (!done && this.#checking === check) this.#checking = undefined
    if (this.#snapshot !== undefined && this.#age(now()) < STALE_MS) return this.#at(now())
    throw new Error('the catalog cannot be read')
  }

  /** The card under which a quote was made, as far as this isolate has seen it. */
  card(routeId: string, version: number): Rate.Card | undefined {
    return this.#cards.get(`${routeId} ${version}`)
  }

  /** The version in use and how old its last check is, for the health page. */
  status(now: number): { version: number; ageMs: number } | undefined {
    return this.#snapshot === undefined ? undefined : { version: this.#snapshot.version, ageMs: this.#age(now) }
  }

  /** The snapshot with the cards that are in force at this time. Called when there is one. */
  #at(now: number): Snapshot {
    if (this.#snapshot === undefined || now >= this.#switchAt) this.#build(now)
    return this.#snapshot as Snapshot
  }

  #build(now: number): void {
    const { version, routes: loaded, signals, sentinel } = this.#catalog as Catalog
    const routes = loaded.map((route) => inForce(route, now))
    this.#snapshot = {
      version,
      routes,
      router: new Router(routes),
      signals: signals.values,
      sentinel: sentinelOf(sentinel),
    }
    this.#switchAt = nextSwitch(loaded, now)
  }

  /** A clock that was put back makes no snapshot young. */
  #age(now: number): number {
    return Math.abs(now - this.#checkedAt)
  }

  #check(load: Load, now: () => number, keep: (work: Promise<unknown>) => void): Promise<boolean> {
    if (this.#checking !== undefined) return this.#checking
    const check = this.#refresh(load, now, keep).finally(() => {
      if (this.#checking === check) this.#checking = undefined
    })
    this.#checking = check
    keep(check)
    return check
  }

  async #refresh(load: Load, now: () => number, keep: (work: Promise<unknown>) => void): Promise<boolean> {
    const asked = now()
    try {
      const catalog = await load(this.#known(), keep)
      if (catalog === 'unchanged' || !('routes' in catalog)) {
        if (catalog !== 'unchanged') this.#hear(catalog)
        this.#checkedAt = asked
        return true
      }
      const { asOf = asked } = catalog
      // What was true then says nothing against what was read after it.
      if (catalog.asOf !== undefined && asOf < this.#checkedAt) return false
      if (catalog.version !== this.#catalog?.version) this.#take(catalog, now())
      else this.#hear(catalog)
      this.#checkedAt = asOf
      return true
    } catch {
      // Whoever waits sees the age of the snapshot; the reason is the database's and may name its address.
      return false
    }
  }

  #known(): Known | undefined {
    const catalog = this.#catalog
    if (catalog === undefined) return undefined
    const { version, signals, sentinel } = catalog
    return { version, signals: signals.version, sentinel: sentinel.version }
  }

  #take(catalog: Catalog, now: number): void {
    const heard = this.#catalog
    // Another tier may know newer routes, and older signals or rules.
    const signals = newest(heard?.signals, catalog.signals)
    const sentinel = newest(heard?.sentinel, catalog.sentinel)
    const { version, routes } = catalog
    this.#catalog = { version, routes, signals, sentinel }
    this.#build(now)
    for (const { id, rate, coming } of routes) {
      if (rate !== null) this.#cards.set(`${id} ${rate.version}`, rate.rule)
      // A quote may have been made where the clock is ahead.
      for (const { version: next, rule } of coming) if (rule !== null) this.#cards.set(`${id} ${next}`, rule)
    }
  }

  #hear(beside: Beside): void {
    const catalog = this.#catalog
    if (catalog === undefined || this.#snapshot === undefined) return
    const signals = newest(catalog.signals, beside.signals ?? catalog.signals)
    const sentinel = newest(catalog.sentinel, beside.sentinel ?? catalog.sentinel)
    this.#catalog = { ...catalog, signals, sentinel }
    this.#snapshot = {
      ...this.#snapshot,
      signals: signals.values,
      ...(sentinel === catalog.sentinel ? {} : { sentinel: sentinelOf(sentinel) }),
    }
  }
}

function newest<T extends { version: number }>(known: T | undefined, said: T): T {
  return known !== undefined && known.version > said.version ? known : said
}

function sentinelOf({ platform, providers, breakers }: SentinelCatalog): Sentinel {
  const open = breakers.map(({ subject, until }) => [subject, until] as const)
  return { platform, providers, breakers: new Map(open) }
}

function timeout(ms: number): Promise<false> {
  return new Promise((done) => setTimeout(() => done(false), ms))
}
