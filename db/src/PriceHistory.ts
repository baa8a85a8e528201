/** What prices of a route were made from in a time: its cards, and what their oracles said. Nothing of it is ever changed. */
import { wantedBy } from '@pbstream/core/Oracle'
import { and, asc, desc, eq, gt, inArray, isNull, lt, lte } from 'drizzle-orm'
import type { Database } from './Database.ts'
import { spokenIn, type ValueRow } from './OracleValues.ts'
import type { CardRow } from './RateCards.ts'

/** In the order in which the cards came; with the one that was in force when the time began. */
export type PriceHistory = { cards: CardRow[]; spoken: ReadonlyMap<string, ValueRow[]>; whole: boolean }

/** Cards, and values of one oracle, that are read at once. */
export const CARDS_MAX = 500
export const VALUES_MAX = 5_000

/** `whole`: false when there is more in it than is read at once. From `since` on, before `until`. */
export async function priceHistory(db: Database, routeId: string, since: Date, until: Date): Promise<PriceHistory> {
  const cards = await cardsIn(db, routeId, since, until)
  const ids = new Set(cards.flatMap(({ rule }) => Object.values(wantedBy(rule)).map(({ oracle }) => oracle)))
  const known = await knownOracles(db, routeId, [...ids])
  const spoken = new Map<string, ValueRow[]>()
  for (const id of known) spoken.set(id, await spokenIn(db, id, since, until, VALUES_MAX))
  const whole = cards.length <= CARDS_MAX && [...spoken.values()].every((rows) => rows.length <= VALUES_MAX)
  return { cards, spoken, whole }
}

async function cardsIn(db: Database, routeId: string, since: Date, until: Date): Promise<CardRow[]> {
  const { rateCard: card } = db.tables
  const counts = and(eq(card.routeId, routeId), isNull(card.withdrawnAt))
  const first = await db.orm
    .select()
    .from(card)
    .where(and(counts, lte(card.effectiveAt, since)))
    .orderBy(desc(card.effectiveAt), desc(card.version))
    .limit(1)
  const rest = await db.orm
    .select()
    .from(card)
    .where(and(counts, gt(card.effectiveAt, since), lt(card.effectiveAt, until)))
    .orderBy(asc(card.effectiveAt), asc(card.version))
    .limit(CARDS_MAX)
  return [...first, ...rest]
}

/** Oracles of the route's own provider only, whatever a card names; deleted ones too. */
async function knownOracles(db: Database, routeId: string, ids: string[]): Promise<string[]> {
  if (ids.length === 0) return []
  const { oracle, route } = db.tables
  const rows = await db.orm
    .select({ id: oracle.id })
    .from(oracle)
    .innerJoin(route, eq(route.providerId, oracle.providerId))
    .where(and(eq(route.id, routeId), inArray(oracle.id, ids.slice(0, 90))))
  return rows.map(({ id }) => id)
}
