/** Routes of owners and their rate cards. Checks that need a person's wallet or the network are the caller's. */
import * as Rate from '@pbstream/core/Rate'
import { and, asc, eq, gt } from 'drizzle-orm'
import { chainOf, change } from './Audit.ts'
import { canonical } from './Canonical.ts'
import { type RateRule, riseCatalog } from './Catalog.ts'
import type { Database, Orm, Statement } from './Database.ts'
import { requireOracles } from './OracleRows.ts'
import { providerOf } from './Providers.ts'
import { isTaken, take } from './ProvidersPath.ts'
import { type CardRow, type RouteRow, standingOf } from './RateCards.ts'
import { actOf, LIMITS, match, nothing, Refused, type Scope, type Who } from './ProvidersScope.ts'
import { checkRoute, type RouteInput } from './RouteInput.ts'
import { eventStatements } from './Webhooks.ts'

export type { RouteRow } from './RateCards.ts'

/** A route as its owner describes it. `rate`: its first card, which stands or falls with it; null: free. */
export type NewRoute = Omit<RouteInput, 'rate' | 'audience'> & { adapter: string | null; rate: RateRule | null }
/** `credential: null` takes it away; absent leaves it. */
export type RoutePatch = Partial<Omit<NewRoute, 'id' | 'providerId' | 'credential' | 'rate'>> & {
  credential?: RouteInput['credential'] | null
}

/** Pages of a provider's routes, by id. */
export function routesOf(db: Database, providerId: string, after: string, limit: number) {
  const { route } = db.tables
  return db.orm
    .select()
    .from(route)
    .where(and(eq(route.providerId, providerId), gt(route.id, after)))
    .orderBy(asc(route.id))
    .limit(limit)
}

/** @throws {Refused} `not_found`, also for a route of another owner or of nobody. */
export async function routeOf(db: Database, { owner, mode }: Scope, id: string): Promise<RouteRow> {
  const { route, provider } = db.tables
  const [found] = await db.orm
    .select({ route })
    .from(route)
    .innerJoin(provider, eq(provider.id, route.providerId))
    .where(and(eq(route.id, id), eq(provider.owner, owner), eq(provider.mode, mode)))
  if (found === undefined) throw new Refused('not_found')
  return found.route
}

/** The provider of a route, whoever's it is; undefined: there is no such route. */
export async function providerOfRoute(db: Database, id: string): Promise<string | undefined> {
  const { route } = db.tables
  const [found] = await db.orm.select({ providerId: route.providerId }).from(route).where(eq(route.id, id))
  return found?.providerId
}

/** Creates a route with its first card; the same id again gives the one that is there. */
export async function createRoute(db: Database, who: Who, input: NewRoute): Promise<RouteRow> {
  const { route, rateCard } = db.tables
  const { rate, adapter, ...described } = input
  const rule = rate === null ? null : Rate.parse(rate)
  const next = checked(described, rule !== null)
  return withPath(db, who, next.path, () =>
    change(db, chainOf(who.owner, who.mode), async () => {
      await providerOf(db, who, input.providerId)
      if (rule !== null) await requireOracles(db, input.providerId, rule)
      const all = await routesOfOwner(db, who)
      const known = all.find(({ id }) => id === input.id)
      if (known !== undefined) return { ...nothing, result: known }
      if (all.length >= LIMITS.routes) throw new Refused('limit_reached', `${LIMITS.routes} routes`)
      apart(next, all)
      const taken = await take(db, who, next.path)
      const stamps = { revision: 1, createdAt: who.at, updatedAt: who.at }
      const row: RouteRow = { ...next, adapter, rateVersion: rule === null ? null : 1, rateAt: who.at, ...stamps }
      const card: CardRow | undefined = rule === null ? undefined : firstCard(row.id, rule, who.at)
      return {
        acts: [actOf(who, 'route.create', row.id, { ...shown(row), rule })],
        statements: (orm) => [
          orm.insert(route).values(row),
          ...(card === undefined ? [] : [orm.insert(rateCard).values(card)]),
          ...taken(orm),
          riseCatalog(db, orm),
          ...told(db, orm, who, 'route.created', row),
          ...(who.also?.(orm) ?? []),
        ],
        result: row,
      }
    }),
  )
}

/** Edits a route. A credential does not follow to another origin: it has to come again, or be taken away. */
export async function editRoute(
  db: Database,
  who: Who,
  id: string,
  revision: number,
  patch: RoutePatch,
): Promise<RouteRow> {
  const { route } = db.tables
  const path = patch.path ?? (await routeOf(db, who, id)).path
  return withPath(db, who, path, () =>
    change(db, chainOf(who.owner, who.mode), async () => {
      const old = await routeOf(db, who, id)
      match(old, revision)
      const { version, coming } = await standingOf(db, old, who.at)
      const next = checked(merged(old, patch), version !== null || coming.length > 0)
      const moved = canonical(old.origin) !== canonical(next.origin)
      if (moved && patch.credential === undefined && old.credentialSealed !== null)
        throw new Refused('credential_needed')
      const row: RouteRow = { ...old, ...next, adapter: patch.adapter === undefined ? old.adapter : patch.adapter }
      if (canonical(row) === canonical(old)) return { ...nothing, result: old }
      apart(row, await routesOfOwner(db, who))
      const taken = await take(db, who, row.path)
      Object.assign(row, { revision: old.revision + 1, updatedAt: who.at })
      return {
        acts: [actOf(who, 'route.edit', id, shown(row))],
        statements: (orm) => [
          orm.update(route).set(row).where(eq(route.id, id)),
          ...taken(orm),
          riseCatalog(db, orm),
          ...told(db, orm, who, 'route.updated', row),
          ...(who.also?.(orm) ?? []),
        ],
        result: row,
      }
    }),
  )
}

/** Every route of an owner in a mode. */
export async function routesOfOwner(db: Database, { owner, mode }: Scope): Promise<RouteRow[]> {
  const { route, provider } = db.tables
  const rows = await db.orm
    .select({ route })
    .from(provider)
    .innerJoin(route, eq(route.providerId, provider.id))
    .where(and(eq(provider.owner, owner), eq(provider.mode, mode)))
  return rows.map((row) => row.route)
}

/** Of two that take one path at once, the one whose insert fails learns why. */
async function withPath<T>(db: Database, who: Who, path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof Refused) && (await isTaken(db, who, path))) throw new Refused('path_taken')
    throw error
  }
}

function firstCard(routeId: string, rule: RateRule, at: Date): CardRow {
  return { routeId, version: 1, rule, createdAt: at, effectiveAt: at, withdrawnAt: null }
}

function checked(input: Omit<RouteInput, 'rate'>, sold: boolean) {
  try {
    return checkRoute(sold ? input : { ...input, rate: null })
  } catch (error) {
    if (error instanceof TypeError) throw new Refused('malformed_body', error.message)
    throw error
  }
}

/** @throws {Refused} when a route of the same owner answers the same method on the same path. */
function apart(next: Pick<RouteRow, 'id' | 'path' | 'methods'>, all: RouteRow[]): void {
  const other = all.find(
    (each) =>
      each.id !== next.id && each.path === next.path && each.methods.some((method) => next.methods.includes(method)),
  )
  if (other !== undefined) throw new Refused('route_conflict', `${other.id} has this method and path`)
}

function merged(old: RouteRow, asked: RoutePatch): Omit<RouteInput, 'rate'> {
  const { credential, adapter: _adapter, ...patch } = asked
  const { id, providerId, methods, path, origin, chainIds, bodyPriced, maxBodyBytes, chargeOnAbandon } = old
  const { credentialHeader: header, credentialSealed: sealed, enabled, audience } = old
  const kept = header === null || sealed === null ? undefined : { header, sealed }
  const now = credential === undefined ? kept : (credential ?? undefined)
  const before = { id, providerId, methods, path, origin, chainIds, bodyPriced, maxBodyBytes, chargeOnAbandon }
  return { ...before, enabled, audience, ...patch, ...(now === undefined ? {} : { credential: now }) }
}

/** What people may read of a route: whether there is a credential, and for which header. */
function shown(route: RouteRow): Record<string, unknown> {
  const { credentialSealed, createdAt: _created, updatedAt: _updated, ...row } = route
  return { ...row, credentialSealed: credentialSealed !== null }
}

function told(db: Database, orm: Orm, who: Who, type: 'route.created' | 'route.updated', row: RouteRow): Statement[] {
  const data = { route: row.id, provider: row.providerId, path: row.path, enabled: row.enabled, revision: row.revision }
  return eventStatements(db, orm, who.owner, who.mode, type, data, who.at)
}
