/**
 * Providers, routes and rate cards: what is sold, where it comes from and what it costs.
 *
 * Every change raises the catalog version and leaves an audit row, all in one step; a change that changes nothing
 * writes nothing, so each of these calls can be repeated after an unknown outcome.
 */
import * as Rate from '@pbstream/core/Rate'
import { and, asc, eq, gt, isNotNull, isNull, or, sql } from 'drizzle-orm'
import { change, PLATFORM, type Act } from './Audit.ts'
import { canonical } from './Canonical.ts'
import type { Catalog, CatalogRoute, ComingCard, RateRule, Signals } from './CatalogRoute.ts'
import { loadSentinel } from './CatalogSentinel.ts'
import { loadVersions, riseCatalog } from './CatalogVersions.ts'
import type { Database, Orm, Statement } from './Database.ts'
import { FREE, newestVersion, type RouteRow, standingOf } from './RateCards.ts'
import { checkProvider, checkRoute, type ProviderInput, type RouteInput } from './RouteInput.ts'

export type {
  Catalog,
  CatalogRoute,
  OpenBreaker,
  Origin,
  RateRule,
  SealedCredential,
  SentinelCatalog,
  Signals,
} from './CatalogRoute.ts'
export type { ProviderInput, RouteInput } from './RouteInput.ts'

export { loadSentinel } from './CatalogSentinel.ts'
export {
  catalogVersion,
  catalogVersions,
  loadVersions,
  riseCatalog,
  riseSentinel,
  riseSignals,
} from './CatalogVersions.ts'

/** Who makes a change, when (Unix milliseconds), and the audit chain it is written in: the platform's if none. */
export type By = { actor: string; at: number; chain?: string }

/**
 * The catalog, or `'unchanged'` when its version is still `known`: then it costs one read of one row. The version is
 * read first, so a change in between is at worst loaded twice, never missed.
 */
export async function loadCatalog(db: Database): Promise<Catalog>
export async function loadCatalog(db: Database, known: number | undefined): Promise<Catalog | 'unchanged'>
export async function loadCatalog(db: Database, known?: number): Promise<Catalog | 'unchanged'> {
  const { version, signals: signalsVersion, sentinel: sentinelVersion } = await loadVersions(db)
  if (version === known) return 'unchanged'
  return {
    version,
    routes: await loadRoutes(db),
    signals: await loadSignals(db, signalsVersion),
    sentinel: await loadSentinel(db, sentinelVersion),
  }
}

/** The routes of the catalog, for who has read its version just before. */
export async function loadRoutes(db: Database): Promise<CatalogRoute[]> {
  const [rows, cards] = await Promise.all([catalogRoutes(db), comingCards(db)])
  const coming = new Map<string, ComingCard[]>()
  for (const { routeId, version, rule, effectiveAt } of cards) {
    const card = { version, rule: readable(rule) ?? null, effectiveAt: effectiveAt.getTime() }
    coming.set(routeId, [...(coming.get(routeId) ?? []), card])
  }
  return rows.map((row) => toCatalogRoute(row, coming.get(row.route.id) ?? []))
}

/** What oracles say, for who has read the version of the signals just before. */
export async function loadSignals(db: Database, version: number): Promise<Signals> {
  const rows = await signalRows(db)
  const values = rows.map(({ id, value, valueAt, staleSeconds, fallback }) => {
    const at = valueAt?.getTime() ?? 0
    // One that has not spoken yet has been silent for too long.
    const staleAt = value === null ? 0 : at + staleSeconds * 1000
    return [id, { value: value ?? fallback ?? '0', at, staleAt, fallback }] as const
  })
  return { version, values: Object.fromEntries(values) }
}

/** Cards with a time after that of the one that their route names, in the order in which they come. */
export function comingCards(db: Database) {
  const { route, rateCard: card } = db.tables
  return db.orm
    .select({ routeId: card.routeId, version: card.version, rule: card.rule, effectiveAt: card.effectiveAt })
    .from(route)
    .innerJoin(card, and(eq(card.routeId, route.id), gt(card.effectiveAt, route.rateAt)))
    .where(isNull(card.withdrawnAt))
    .orderBy(asc(route.id), asc(card.effectiveAt), asc(card.version))
}

/** Oracles that say something, or something in their place. */
export function signalRows(db: Database) {
  const { oracle: o } = db.tables
  return db.orm
    .select({ id: o.id, value: o.value, valueAt: o.valueAt, staleSeconds: o.staleSeconds, fallback: o.fallback })
    .from(o)
    .where(and(eq(o.enabled, true), isNull(o.deletedAt), or(isNotNull(o.value), isNotNull(o.fallback))))
}

/** Every route with its provider and the card it names. Reads the whole route table: that is the snapshot. */
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
    const [old] = await db.orm.select().from(route).where(eq(route.id, row.id))
    const price = input.rate === undefined ? undefined : await nextPrice(db, row.id, old, input.rate, at)
    const next = price === undefined ? row : { ...row, rateVersion: price.version, rateAt: price.rateAt }
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
  const at = new Date(by.at)
  return change(db, by.chain ?? PLATFORM, async () => {
    const [old] = await db.orm.select().from(route).where(eq(route.id, routeId))
    if (old === undefined) throw new TypeError(`no such route: ${routeId}`)
    const price = await nextPrice(db, routeId, old, rule, at)
    const { version, rateAt, card } = price
    if (version === null || card === undefined) return { ...NOTHING, result: version ?? 0 }
    return {
      acts: [act(by, 'rate_card.publish', routeId, { version, rule: card })],
      statements: (orm) => [
        ...newCard(db, orm, routeId, price, at),
        orm
          .update(route)
          .set({ rateVersion: version, rateAt, updatedAt: at, revision: sql`${route.revision} + 1` })
          .where(eq(route.id, routeId)),
        riseCatalog(db, orm),
      ],
      result: version,
    }
  })
}

const NOTHING = { acts: [], statements: () => [], result: undefined }

/** What a route is to name, from when, and the card to write when it is not there yet: under `number`. */
type Price = { version: number | null; rateAt: Date; card?: RateRule; number?: number }

/** How a route comes to be priced by `rule` from `at` on. The same rule as the one in force is not written again. */
async function nextPrice(
  db: Database,
  routeId: string,
  old: RouteRow | undefined,
  rule: RateRule | null,
  at: Date,
): Promise<Price> {
  const card = rule === null ? null : Rate.parse(rule)
  if (old === undefined)
    return card === null ? { version: null, rateAt: at } : { version: 1, rateAt: at, card, number: 1 }
  const { version, rateAt, rule: inForce } = await standingOf(db, old, at)
  if (canonical(inForce) === canonical(card)) return { version, rateAt }
  const number = (await newestVersion(db, routeId)) + 1
  // Time does not go back in a route, whatever the clock of the writer says.
  const from = at > old.rateAt ? at : old.rateAt
  return card === null
    ? { version: null, rateAt: from, card: FREE, number }
    : { version: number, rateAt: from, card, number }
}

function newCard(db: Database, orm: Orm, routeId: string, price: Price | undefined, at: Date): Statement[] {
  if (price?.card === undefined || price.number === undefined) return []
  // A plain insert: a version that exists already fails the whole change, it is never overwritten.
  const card = { routeId, version: price.number, rule: price.card, createdAt: at, effectiveAt: price.rateAt }
  return [orm.insert(db.tables.rateCard).values(card)]
}

function act(by: By, action: string, subject: string, detail: object): Act {
  return { actor: by.actor, action, subject, detail: { ...detail }, at: new Date(by.at) }
}

type CatalogRow = Awaited<ReturnType<typeof catalogRoutes>>[number]

function toCatalogRoute({ route, provider, rule }: CatalogRow, coming: ComingCard[]): CatalogRoute {
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
    coming,
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
