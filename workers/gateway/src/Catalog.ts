import type { Catalog, CatalogRoute } from '@pbstream/db/CatalogRoute'
import * as Rate from '@pbstream/core/Rate'
import { Lru } from './Lru.ts'
import { Router } from './Router.ts'

/** A catalog version, ready to be matched. */
export type Snapshot = { version: number; routes: readonly CatalogRoute[]; router: Router }

/** `asOf`: when the database said so (Unix milliseconds), where that was not now. */
export type Loaded = (Catalog & { asOf?: number }) | 'unchanged'

/** Reads the catalog, or says that it is still the known version. `keep` lets work go on that nobody waits for. */
export type Load = (known: number | undefined, keep: (work: Promise<unknown>) => void) => Promise<Loaded>

/** Younger than this, the snapshot is used without a question. */
const FRESH_MS = 2_000
/** Younger than this, it is used while the question is under way. */
const BACKGROUND_MS = 10_000
/** Without a database it serves until it is this old; then nothing is sold. */
const STALE_MS = 60_000
/** How long a request waits for the question that another one has asked. */
const WAIT_MS = 3_000

/** This isolate's copy of the catalog: one version check every few seconds, however many requests there are. */
export class CatalogCache {
  #snapshot: Snapshot | undefined
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
    if (this.#snapshot !== undefined && age < FRESH_MS) return this.#snapshot
    const check = this.#check(load, now, keep)
    if (this.#snapshot !== undefined && age < BACKGROUND_MS) return this.#snapshot
    const done = await Promise.race([check, timeout(WAIT_MS)])
    // The one that asked may have been cancelled by the platform: ask again.
    if (!done && this.#checking === check) this.#checking = undefined
    if (this.#snapshot !== undefined && this.#age(now()) < STALE_MS) return this.#snapshot
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
      const catalog = await load(this.#snapshot?.version, keep)
      if (catalog === 'unchanged') {
        this.#checkedAt = asked
        return true
      }
      const { asOf = asked } = catalog
      // What was true then says nothing against what was read after it.
      if (catalog.asOf !== undefined && asOf < this.#checkedAt) return false
      if (catalog.version !== this.#snapshot?.version) this.#take(catalog)
      this.#checkedAt = asOf
      return true
    } catch {
      // Whoever waits sees the age of the snapshot; the reason is the database's and may name its address.
      return false
    }
  }

  #take({ version, routes }: Catalog): void {
    this.#snapshot = { version, routes, router: new Router(routes) }
    for (const { id, rate } of routes) if (rate !== null) this.#cards.set(`${id} ${rate.version}`, rate.rule)
  }
}

function timeout(ms: number): Promise<false> {
  return new Promise((done) => setTimeout(() => done(false), ms))
}
