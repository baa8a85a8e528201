/**
 * The cards of a route in time. A route names a card and says since when it does (`rateAt`); a card with a later time
 * follows it when that time has come. Nothing has to run at that moment, and no card is ever changed: `withdrawnAt`
 * takes back one that has not come yet.
 */
import { and, asc, desc, eq, gt, inArray, isNull } from 'drizzle-orm'
import type { RateRule } from './CatalogRoute.ts'
import type { Database } from './Database.ts'

export type RouteRow = Database['tables']['route']['$inferSelect']
export type CardRow = Database['tables']['rateCard']['$inferSelect']

/** What history has of a time in which a route was free. */
export const FREE: RateRule = { v: 1, kind: 'flat', amount: '0' }

/** Statements bind ids one by one. */
const ROUTES_AT_ONCE = 90

/** The card in force and since when; null: the route is free. `coming`: those that have not come, in their order. */
export type Standing = { version: number | null; rateAt: Date; rule: RateRule | null; coming: CardRow[] }

type Named = Pick<RouteRow, 'id' | 'rateVersion' | 'rateAt'>

/** Cards of a route from the version after `after`, in order. */
export function cardsOf(db: Database, routeId: string, after: number, limit: number) {
  const { rateCard } = db.tables
  return db.orm
    .select()
    .from(rateCard)
    .where(and(eq(rateCard.routeId, routeId), gt(rateCard.version, after)))
    .orderBy(asc(rateCard.version))
    .limit(limit)
}

/** Cards of routes with a time after that of the card that the route names, in the order in which they come. */
export function cardsAfter(db: Database, routeIds: string[]) {
  const { route, rateCard: card } = db.tables
  return db.orm
    .select({ card })
    .from(route)
    .innerJoin(card, and(eq(card.routeId, route.id), gt(card.effectiveAt, route.rateAt)))
    .where(and(inArray(route.id, routeIds), isNull(card.withdrawnAt)))
    .orderBy(asc(route.id), asc(card.effectiveAt), asc(card.version))
}

/** A route with its provider, whoever's it is. */
export async function soldRoute(db: Database, id: string) {
  const { route, provider } = db.tables
  const [found] = await db.orm
    .select({ route, provider })
    .from(route)
    .innerJoin(provider, eq(provider.id, route.providerId))
    .where(eq(route.id, id))
  return found
}

/** 0 when a route has no card. */
export async function newestVersion(db: Database, routeId: string): Promise<number> {
  const { rateCard } = db.tables
  const [newest] = await db.orm
    .select({ version: rateCard.version })
    .from(rateCard)
    .where(eq(rateCard.routeId, routeId))
    .orderBy(desc(rateCard.version))
    .limit(1)
  return newest?.version ?? 0
}

/** How a route stands at `now`. */
export async function standingOf(db: Database, route: Named, now: Date): Promise<Standing> {
  const { version, rateAt, rule, coming } = stand(
    route,
    (await cardsAfter(db, [route.id])).map(({ card }) => card),
    now,
  )
  if (version === null || rule !== null) return { version, rateAt, rule, coming }
  const [named] = await cardsOf(db, route.id, version - 1, 1)
  return { version, rateAt, rule: named?.rule ?? null, coming }
}

/** The versions in force at `now`, and the cards to come, by route. */
export async function standings(db: Database, routes: readonly Named[], now: Date) {
  const found = new Map<string, Pick<Standing, 'version' | 'coming'>>()
  for (let at = 0; at < routes.length; at += ROUTES_AT_ONCE) {
    const some = routes.slice(at, at + ROUTES_AT_ONCE)
    const ids = some.map(({ id }) => id)
    const cards = (await cardsAfter(db, ids)).map(({ card }) => card)
    for (const route of some) {
      const own = cards.filter(({ routeId }) => routeId === route.id)
      found.set(route.id, stand(route, own, now))
    }
  }
  return found
}

/** `rule` is of a card that has come; null where the route names the card in force itself. */
function stand({ rateVersion, rateAt }: Named, after: CardRow[], now: Date): Standing {
  const coming = after.filter(({ effectiveAt }) => effectiveAt > now)
  const come = after.findLast(({ effectiveAt }) => effectiveAt <= now)
  return come === undefined
    ? { version: rateVersion, rateAt, rule: null, coming }
    : { version: come.version, rateAt: come.effectiveAt, rule: come.rule, coming }
}
