import type { Catalog, CatalogRoute, Signals } from '@pbstream/db/CatalogRoute'
import { inForce, nextSwitch } from '@pbstream/db/CatalogTime'
import * as Rate from '@pbstream/core/Rate'
import { Lru } from './Lru.ts'
import { Router } from './Router.ts'

/** A catalog version, ready to be matched. `signals`: what oracles say, by their ids. */
export type Snapshot = {
  version: number
  routes: readonly CatalogRoute[]
  router: Router
  signals: Signals['values']
}

/** The versions that are known: of the routes, and of what oracles say. */
export type Known = { version: number; signals: number }

/** `asOf`: when the database said so (Unix milliseconds), where that was not now. Of a known catalog only the signals. */
export type Loaded = (Catalog & { asOf?: number }) | { signals: Signals } | 'unchanged'

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
    const { version, routes: loaded, signals } = this.#catalog as Catalog
    const routes = loaded.map((route) => inForce(route, now))
    this.#snapshot = { version, routes, router: new Router(routes), signals: signals.values }
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
        if (catalog !== 'unchanged') this.#hear(catalog.signals)
        this.#checkedAt = asked
        return true
      }
      const { asOf = asked } = catalog
      // What was true then says nothing against what was read after it.
      if (catalog.asOf !== undefined && asOf < this.#checkedAt) return false
      if (catalog.version !== this.#catalog?.version) this.#take(catalog, now())
      else this.#hear(catalog.signals)
      this.#checkedAt = asOf
      return true
    } catch {
      // Whoever waits sees the age of the snapshot; the reason is the database's and may name its address.
      return false
    }
  }

  #known(): Known | undefined {
    const catalog = this.#catalog
    return catalog === undefined ? undefined : { version: catalog.version, signals: catalog.signals.version }
  }

  #take(catalog: Catalog, now: number): void {
    const heard = this.#catalog?.signals
    // Another tier may know newer routes, and older signals.
    const signals = heard !== undefined && heard.version > catalog.signals.version ? heard : catalog.signals
    const { version, routes } = catalog
    this.#catalog = { version, routes, signals }
    this.#build(now)
    for (const { id, rate, coming } of routes) {
      if (rate !== null) this.#cards.set(`${id} ${rate.version}`, rate.rule)
      // A quote may have been made where the clock is ahead.
      for (const { version: next, rule } of coming) if (rule !== null) this.#cards.set(`${id} ${next}`, rule)
    }
  }

  #hear(signals: Signals): void {
    const catalog = this.#catalog
    if (catalog === undefined || this.#snapshot === undefined || signals.version < catalog.signals.version) return
    this.#catalog = { ...catalog, signals }
    this.#snapshot = { ...this.#snapshot, signals: signals.values }
  }
}

function timeout(ms: number): Promise<false> {
  return new Promise((done) => setTimeout(() => done(false), ms))
}
