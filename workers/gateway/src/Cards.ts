/**
 * Rate cards by route and version: those of this isolate's catalog, and older ones from the database. A card is never
 * changed, so what was found once holds.
 */
import * as Rate from '@pbstream/core/Rate'
import type { CatalogRoute } from '@pbstream/db/CatalogRoute'
import type { CatalogCache } from './Catalog.ts'
import { Lru } from './Lru.ts'
import { DATABASE_MS, timely } from './Within.ts'

/** The rule of a card that has come into force; undefined: there is none of that version. */
export type CardLookup = (routeId: string, version: number) => Promise<unknown>

const ENTRIES = 4_096

export class CardBook {
  readonly #catalog: CatalogCache
  readonly #lookup: CardLookup | undefined
  readonly #found = new Lru<string, Rate.Card>(ENTRIES)

  constructor(catalog: CatalogCache, lookup: CardLookup | undefined) {
    this.#catalog = catalog
    this.#lookup = lookup
  }

  /**
   * The card; undefined when there is none, or none that this release can read. Only versions that must have been are
   * looked up, so that nobody can make the database work by guessing.
   *
   * @throws {Error} when it would have to be looked up and the database does not answer in time.
   */
  async card(route: CatalogRoute, version: number): Promise<Rate.Card | undefined> {
    const { id, rate } = route
    if (rate?.version === version) return rate.rule
    const seen = this.#catalog.card(id, version) ?? this.#found.get(`${id} ${version}`)
    if (seen !== undefined) return seen
    if (version < 1 || version > newest(route)) return undefined
    const found = this.#lookup?.(id, version)
    const card = found === undefined ? undefined : readable(await timely(DATABASE_MS, found))
    if (card !== undefined) this.#found.set(`${id} ${version}`, card)
    return card
  }
}

/** Up to which version there may be cards: one that was taken back, or was in force out of turn, has a higher number. */
function newest({ rate, coming }: CatalogRoute): number {
  return Math.max(rate?.version ?? MOST_OF_FREE, ...coming.map((each) => each.version)) + SLACK
}

/** Of a route that is free now nothing says how many cards it had. */
const MOST_OF_FREE = 1_000
const SLACK = 16

function readable(rule: unknown): Rate.Card | undefined {
  if (rule === undefined || rule === null) return undefined
  try {
    return Rate.parse(rule)
  } catch {
    return undefined
  }
}
