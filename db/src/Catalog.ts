/**
 * Providers, routes and rate cards: what is sold, where it comes from and what it costs.
 *
 * Every change raises the catalog version and leaves an audit row, all in one step; a change that changes nothing
 * writes nothing, so each of these calls can be repeated after an unknown outcome.
 */
import * as Rate from '@pbstream/core/Rate'
import { and, desc, eq, sql } from 'drizzle-orm'
import { change, PLATFORM, type Act } from './Audit.ts'
import { canonical } from './Canonical.ts'
import type { Catalog, CatalogRoute, RateRule } from './CatalogRoute.ts'
import type { Database, Orm, Statement } from './Database.ts'
import { checkProvider, checkRoute, type ProviderInput, type RouteInput } from './RouteInput.ts'

export type { Catalog, CatalogRoute, Origin, RateRule, SealedCredential } from './CatalogRoute.ts'
export type { ProviderInput, RouteInput } from './RouteInput.ts'

/** Who makes a change, when (Unix milliseconds), and the audit chain it is written in: the platform's if none. */
export type By = { actor: string; at: number; chain?: string }

/**
 * The catalog, or `'unchanged'` when its version is still `known`: then it costs one read of one row. The version is
 * read first, so a change in between is at worst loaded twice, never missed.
 */
export async function loadCatalog(db: Database): Promise<Catalog>
export async function loadCatalog(db: Database, known: number | undefined): Promise<Catalog | 'unchanged'>
export async function loadCatalog(db: Database, known?: number): Promise<Catalog | 'unchanged'> {
  const [row] = await catalogVersion(db)
  const version = row?.version ?? 0
  if (version === known) return 'unchanged'
  const rows = await catalogRoutes(db)
  return { version, routes: rows.map(toCatalogRoute) }
}

/** The routes of the catalog, for who has read its version just before. */
export async function loadRoutes(db: Database): Promise<CatalogRoute[]> {
  return (await catalogRoutes(db)).map(toCatalogRoute)
}

/** The statement behind `loadCatalog` when nothing has changed. */
export function catalogVersion(db: Database) {
  const { catalog } = db.tables
  return db.orm.select({ version: catalog.version }).from(catalog).where(eq(catalog.name, NAME))
}

/** Every route with its provider and the card in force. Reads the whole route table: that is the snapshot. */
export function catalogRoutes(db: Database) {
  const { route, provider, rateCard } = db.tables
  const inForce = and(eq(rateCard.routeId, route.id), eq(rateCard.version, route.rateVersion))
  return db.orm
    .select({ route, provider, rule: rateCard.rule })
    .from(route)
    .innerJoin(provider, eq(provider.id, route.providerId))
    .leftJoin(rateCard, inForce)
    .orderBy(route.id)
}

/**
 * Creates or replaces a provider.
 *
 * @throws {TypeError} when the input cannot be used.
 */
export async function upsertProvider(db: Database, input: ProviderInput, by: By): Promise<void> {
  const { provider } = db.tables
  const row = checkProvider(input)
  const at = new Date(by.at)
  await change(db, by.chain ?? PLATFORM, async () => {
    const [old] = await db.orm.select().from(provider).where(eq(provider.id, row.id))
    if (old !== undefined && sameFields(row, old)) return NOTHING
    return {
      acts: [act(by, 'provider.write', row.id, row)],
      statements: (orm) => [
        orm
          .insert(provider)
          .values({ ...row, createdAt: at, updatedAt: at })
          .onConflictDoUpdate({
            target: provider.id,
            set: { ...row, updatedAt: at, revision: sql`${provider.revision} + 1` },
          }),
        riseCatalog(db, orm),
      ],
      result: undefined,
    }
  })
}

/**
 * Creates or replaces a route and, when `rate` is given, its price.
 *
 * @throws {TypeError} when the input cannot be used, {InvalidRateError} when the rule cannot. Fails without effect when
 * there is no such provider.
 */
export async function upsertRoute(db: Database, input: RouteInput, by: By): Promise<void> {
  const { route } = db.tables
  const row = checkRoute(input)
  const at = new Date(by.at)
  await change(db, by.chain ?? PLATFORM, async () => {
    const price = input.rate === undefined ? undefined : await nextPrice(db, row.id, input.rate)
    const [old] = await db.orm.select().from(route).where(eq(route.id, row.id))
    const next = price === undefined ? row : { ...row, rateVersion: price.version }
    if (old !== undefined && price?.card === undefined && sameFields(next, old)) return NOTHING
    // A sealed credential is of no use outside the gateway, and the audit is read by people: it says only whether there is one.
    const detail = {
      ...next,
      credentialSealed: row.credentialSealed !== null,
      ...(price?.card && { rule: price.card }),
    }
    return {
      acts: [act(by, 'route.write', row.id, detail)],
      statements: (orm) => [
        orm
          .insert(route)
          .values({ ...next, createdAt: at, updatedAt: at })
          .onConflictDoUpdate({
            target: route.id,
            set: { ...next, updatedAt: at, revision: sql`${route.revision} + 1` },
          }),
        ...newCard(db, orm, row.id, price, at),
        riseCatalog(db, orm),
      ],
      result: undefined,
    }
  })
}

/**
 * Puts a new card in force for a route and returns its version. Cards are numbered from 1 and never changed: what was
 * charged under a version can be computed again from it. The same rule as the one in force is not published again.
 *
 * @throws {TypeError} when there is no such route, {InvalidRateError} when the rule cannot be used.
 */
export async function publishRateCard(db: Database, routeId: string, rule: RateRule, by: By): Promise<number> {
  const { route } = db.tables
  const [exists] = await db.orm.select({ id: route.id }).from(route).where(eq(route.id, routeId))
  if (exists === undefined) throw new TypeError(`no such route: ${routeId}`)
  const at = new Date(by.at)
  return change(db, by.chain ?? PLATFORM, async () => {
    const { version, card } = await nextPrice(db, routeId, rule)
    if (version === null || card === undefined) return { ...NOTHING, result: version ?? 0 }
    return {
      acts: [act(by, 'rate_card.publish', routeId, { version, rule: card })],
      statements: (orm) => [
        ...newCard(db, orm, routeId, { version, card }, at),
        orm
          .update(route)
          .set({ rateVersion: version, updatedAt: at, revision: sql`${route.revision} + 1` })
          .where(eq(route.id, routeId)),
        riseCatalog(db, orm),
      ],
      result: version,
    }
  })
}

const NAME = 'routes'
const NOTHING = { acts: [], statements: () => [], result: undefined }

type Price = { version: number | null; card?: RateRule }

/** The version that prices a route by `rule`, and the card to write when it is not the one in force. */
async function nextPrice(db: Database, routeId: string, rule: RateRule | null): Promise<Price> {
  if (rule === null) return { version: null }
  const card = Rate.parse(rule)
  const { rateCard, route } = db.tables
  const [newest] = await db.orm
    .select({ version: rateCard.version, rule: rateCard.rule, inForce: route.rateVersion })
    .from(rateCard)
    .innerJoin(route, eq(route.id, rateCard.routeId))
    .where(eq(rateCard.routeId, routeId))
    .orderBy(desc(rateCard.version))
    .limit(1)
  if (newest === undefined) return { version: 1, card }
  const same = newest.inForce === newest.version && canonical(newest.rule) === canonical(card)
  return same ? { version: newest.version } : { version: newest.version + 1, card }
}

function newCard(db: Database, orm: Orm, routeId: string, price: Price | undefined, at: Date): Statement[] {
  if (price?.card === undefined || price.version === null) return []
  // A plain insert: a version that exists already fails the whole change, it is never overwritten.
  return [orm.insert(db.tables.rateCard).values({ routeId, version: price.version, rule: price.card, createdAt: at })]
}

function act(by: By, action: string, subject: string, detail: object): Act {
  return { actor: by.actor, action, subject, detail: { ...detail }, at: new Date(by.at) }
}

/** The statement that makes gateways load the catalog again: part of every change of what is sold. */
export function riseCatalog(db: Database, orm: Orm): Statement {
  const { catalog } = db.tables
  return orm
    .insert(catalog)
    .values({ name: NAME, version: 1 })
    .onConflictDoUpdate({ target: catalog.name, set: { version: sql`${catalog.version} + 1` } })
}

type CatalogRow = Awaited<ReturnType<typeof catalogRoutes>>[number]

function toCatalogRoute({ route, provider, rule }: CatalogRow): CatalogRoute {
  const { rateVersion, credentialHeader, credentialSealed } = route
  const card = readable(rule)
  const rate = rateVersion !== null && card !== undefined ? { version: rateVersion, rule: card } : null
  // A price that this code cannot read (a card of a newer release) must not make the route free: it is switched off.
  const priceIsKnown = rateVersion === null || rate !== null
  return {
    id: route.id,
    providerId: provider.id,
    providerName: provider.name,
    methods: route.methods,
    path: route.path,
    origin: route.origin,
    payTo: provider.payTo,
    chainIds: route.chainIds,
    rate,
    bodyPriced: route.bodyPriced,
    maxBodyBytes: route.maxBodyBytes,
    chargeOnAbandon: route.chargeOnAbandon,
    credential:
      credentialHeader !== null && credentialSealed !== null
        ? { header: credentialHeader, sealed: credentialSealed }
        : null,
    enabled: route.enabled && provider.enabled && priceIsKnown,
    audience: route.audience,
    revision: route.revision,
    adapter: route.adapter,
    withdrawDelay: provider.withdrawDelay,
    settle: { amount: provider.settleAmount, ageMs: provider.settleAgeMs },
  }
}

function readable(rule: unknown): RateRule | undefined {
  try {
    return Rate.parse(rule)
  } catch {
    return undefined
  }
}

/** Whether `stored` has every field of `wanted` with the same value. */
function sameFields(wanted: object, stored: object): boolean {
  const picked = Object.fromEntries(Object.keys(wanted).map((key) => [key, stored[key as keyof typeof stored]]))
  return canonical(wanted) === canonical(picked)
}
