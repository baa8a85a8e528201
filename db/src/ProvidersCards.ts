/** Rate cards of owners' routes: published now or for later, and taken back before their time. */
import * as Rate from '@pbstream/core/Rate'
import { and, eq } from 'drizzle-orm'
import { chainOf, change } from './Audit.ts'
import { canonical } from './Canonical.ts'
import { type RateRule, riseCatalog } from './Catalog.ts'
import type { Database } from './Database.ts'
import { requireOracles } from './OracleRows.ts'
import { routeOf } from './ProvidersRoutes.ts'
import { actOf, match, nothing, Refused, type Who } from './ProvidersScope.ts'
import { type CardRow, cardsOf, FREE, newestVersion, type RouteRow, type Standing, standingOf } from './RateCards.ts'
import { eventStatements } from './Webhooks.ts'

export { type CardRow, cardsOf } from './RateCards.ts'

/** Cards that have not come yet, of one route. */
export const COMING_MAX = 20
const AHEAD_MAX_MS = 366 * 86_400_000
/** So long a gateway may go by a catalog that it has: a card so near its time can no longer be taken back everywhere. */
export const WITHDRAW_BEFORE_MS = 60_000

/**
 * Publishes a card: in force now, or from `effectiveAt` on. A rule like the one in force, or like one that comes at that
 * very time, is not published again. `rule` null: free, now.
 */
export async function publishCard(
  db: Database,
  who: Who,
  routeId: string,
  revision: number,
  rule: RateRule | null,
  effectiveAt?: Date,
): Promise<{ row: RouteRow; card: CardRow | null }> {
  const parsed = rule === null ? null : Rate.parse(rule)
  if (effectiveAt !== undefined) judgeTime(parsed, effectiveAt, who.at)
  return change(db, chainOf(who.owner, who.mode), async () => {
    const old = await routeOf(db, who, routeId)
    match(old, revision)
    if (parsed !== null) {
      if (old.chainIds.length === 0) throw new Refused('malformed_body', 'the route has no chainIds')
      await requireOracles(db, old.providerId, parsed)
    }
    const standing = await standingOf(db, old, who.at)
    const known = await published(db, old, standing, parsed, effectiveAt)
    if (known !== undefined) return { ...nothing, result: { row: old, card: known.card } }
    if (effectiveAt !== undefined && standing.coming.length >= COMING_MAX)
      throw new Refused('limit_reached', `${COMING_MAX} cards to come`)
    const number = (await newestVersion(db, routeId)) + 1
    const at = effectiveAt ?? who.at
    const card = {
      routeId,
      version: number,
      rule: parsed ?? FREE,
      createdAt: who.at,
      effectiveAt: at,
      withdrawnAt: null,
    }
    const version = parsed === null ? null : number
    // A card for later leaves the one in force; the route names that one now, if its time had come in between.
    const named =
      effectiveAt === undefined
        ? { rateVersion: version, rateAt: who.at > old.rateAt ? who.at : old.rateAt }
        : { rateVersion: standing.version, rateAt: standing.rateAt }
    const row = { ...old, ...named, revision: old.revision + 1, updatedAt: who.at }
    const detail = { version, rule: parsed, effectiveAt: at.toISOString() }
    const news = { route: routeId, provider: old.providerId, ...detail }
    return {
      acts: [actOf(who, 'rate_card.publish', routeId, { ...detail, revision: row.revision })],
      statements: (orm) => [
        // A plain insert: a version that is there is never overwritten.
        orm.insert(db.tables.rateCard).values(card),
        orm.update(db.tables.route).set(row).where(eq(db.tables.route.id, routeId)),
        riseCatalog(db, orm),
        ...eventStatements(db, orm, who.owner, who.mode, 'rate_card.published', news, who.at),
        ...(who.also?.(orm) ?? []),
      ],
      result: { row, card: parsed === null ? null : card },
    }
  })
}

/** Takes back a card that has not come. It stays in the history of the route, with the time at which it was taken back. */
export async function withdrawCard(
  db: Database,
  who: Who,
  routeId: string,
  revision: number,
  version: number,
): Promise<{ row: RouteRow; card: CardRow }> {
  const { route, rateCard } = db.tables
  return change(db, chainOf(who.owner, who.mode), async () => {
    const old = await routeOf(db, who, routeId)
    match(old, revision)
    const [card] = await cardsOf(db, routeId, version - 1, 1)
    if (card?.version !== version) throw new Refused('not_found')
    if (card.withdrawnAt !== null) return { ...nothing, result: { row: old, card } }
    if (card.effectiveAt.getTime() - who.at.getTime() < WITHDRAW_BEFORE_MS) throw new Refused('rate_card_in_force')
    const row = { ...old, revision: old.revision + 1, updatedAt: who.at }
    const news = { route: routeId, provider: old.providerId, version, effectiveAt: card.effectiveAt.toISOString() }
    return {
      acts: [actOf(who, 'rate_card.withdraw', routeId, { version, revision: row.revision })],
      statements: (orm) => [
        orm
          .update(rateCard)
          .set({ withdrawnAt: who.at })
          .where(and(eq(rateCard.routeId, routeId), eq(rateCard.version, version))),
        orm.update(route).set(row).where(eq(route.id, routeId)),
        riseCatalog(db, orm),
        ...eventStatements(db, orm, who.owner, who.mode, 'rate_card.withdrawn', news, who.at),
        ...(who.also?.(orm) ?? []),
      ],
      result: { row, card: { ...card, withdrawnAt: who.at } },
    }
  })
}

/** @throws {Refused} for a time that no card can have. */
function judgeTime(rule: RateRule | null, effectiveAt: Date, now: Date): void {
  if (rule === null)
    throw new Refused('malformed_body', 'effectiveAt goes with a rule: for free calls later, a card of amount 0')
  if (effectiveAt <= now)
    throw new Refused('malformed_body', 'effectiveAt has passed: leave it out to put the card in force now')
  if (effectiveAt.getTime() - now.getTime() > AHEAD_MAX_MS)
    throw new Refused('malformed_body', 'effectiveAt is more than 366 days ahead')
}

/** The card that says already what is to be said: in force, or to come at that time. */
async function published(
  db: Database,
  route: RouteRow,
  standing: Standing,
  rule: RateRule | null,
  effectiveAt: Date | undefined,
): Promise<{ card: CardRow | null } | undefined> {
  if (effectiveAt !== undefined) {
    const same = standing.coming.findLast((card) => card.effectiveAt.getTime() === effectiveAt.getTime())
    return same !== undefined && canonical(same.rule) === canonical(rule) ? { card: same } : undefined
  }
  if (canonical(standing.rule) !== canonical(rule)) return undefined
  const [card] = standing.version === null ? [] : await cardsOf(db, route.id, standing.version - 1, 1)
  return { card: card ?? null }
}
