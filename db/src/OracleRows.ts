/** Oracles of providers: which there are, whose, and which of them rate cards name. */
import { wantedBy } from '@pbstream/core/Oracle'
import type { Address, Hex } from '@pbstream/core/Hex'
import { and, asc, eq, gt, inArray, isNotNull, isNull, lte } from 'drizzle-orm'
import type { RateRule } from './CatalogRoute.ts'
import type { Database } from './Database.ts'
import type { OracleKind } from './Mode.ts'
import { Refused, type Scope } from './ProvidersScope.ts'
import { cardsAfter } from './RateCards.ts'

export type OracleRow = Database['tables']['oracle']['$inferSelect']

/** How often a source is read, in seconds; and the decimal places that are kept of its number. */
type Read = { everySeconds: number; decimals: number }
/** Where values come from. */
export type OracleSource =
  /** Its provider sends them, signed. */
  | { kind: 'push' }
  /** A JSON document; `path` says where in it. `header`: the name of a header whose value is sealed in the row. */
  | ({ kind: 'url'; url: string; path: string; header: string | null } & Read)
  /** A view of a contract: the `word`th 32 bytes of what it returns. */
  | ({ kind: 'chain'; chainId: number; contract: Address; data: Hex; word: number; signed: boolean } & Read)

export function sourceOf({ kind, config }: { kind: OracleKind; config: Record<string, unknown> }): OracleSource {
  return { ...config, kind } as OracleSource
}

/** An oracle of the caller. @throws {Refused} `not_found`, also for another owner's, for a deleted one and for nobody's. */
export async function oracleOf(db: Database, { owner, mode }: Scope, id: string): Promise<OracleRow> {
  const { oracle, provider } = db.tables
  const [found] = await db.orm
    .select({ oracle })
    .from(oracle)
    .innerJoin(provider, eq(provider.id, oracle.providerId))
    .where(and(eq(oracle.id, id), eq(provider.owner, owner), eq(provider.mode, mode), isNull(oracle.deletedAt)))
  if (found === undefined) throw new Refused('not_found')
  return found.oracle
}

/** An oracle of the caller, deleted or not: its values are kept. @throws {Refused} `not_found` */
export async function everOracleOf(db: Database, { owner, mode }: Scope, id: string): Promise<OracleRow> {
  const { oracle, provider } = db.tables
  const [found] = await db.orm
    .select({ oracle })
    .from(oracle)
    .innerJoin(provider, eq(provider.id, oracle.providerId))
    .where(and(eq(oracle.id, id), eq(provider.owner, owner), eq(provider.mode, mode)))
  if (found === undefined) throw new Refused('not_found')
  return found.oracle
}

/** An oracle that is not deleted, with its provider: for the clock, and for who pushes. */
export async function oracleById(db: Database, id: string) {
  const { oracle, provider } = db.tables
  const [found] = await db.orm
    .select({ oracle, provider })
    .from(oracle)
    .innerJoin(provider, eq(provider.id, oracle.providerId))
    .where(and(eq(oracle.id, id), isNull(oracle.deletedAt)))
  return found
}

/** Pages of a provider's oracles, by id. */
export function oraclesOf(db: Database, providerId: string, after: string, limit: number) {
  const { oracle } = db.tables
  return db.orm
    .select()
    .from(oracle)
    .where(and(eq(oracle.providerId, providerId), gt(oracle.id, after), isNull(oracle.deletedAt)))
    .orderBy(asc(oracle.id))
    .limit(limit)
}

/** Oracles that are to be read by now, the one that waits longest first. */
export function dueOracles(db: Database, now: Date, limit: number) {
  const { oracle } = db.tables
  return db.orm
    .select({ id: oracle.id })
    .from(oracle)
    .where(and(isNotNull(oracle.nextAt), lte(oracle.nextAt, now)))
    .orderBy(asc(oracle.nextAt))
    .limit(limit)
}

/** Oracles whose value has grown too old, and nobody has noted it yet. */
export function silentOracles(db: Database, now: Date, limit: number) {
  const { oracle } = db.tables
  return db.orm
    .select({ id: oracle.id })
    .from(oracle)
    .where(and(isNotNull(oracle.staleAt), lte(oracle.staleAt, now)))
    .orderBy(asc(oracle.staleAt))
    .limit(limit)
}

/** @throws {Refused} when a card names an oracle that its provider does not have. */
export async function requireOracles(db: Database, providerId: string, rule: RateRule): Promise<void> {
  const wanted = Object.entries(wantedBy(rule))
  if (wanted.length === 0) return
  const { oracle } = db.tables
  const ids = wanted.map(([, signal]) => signal.oracle)
  const found = await db.orm
    .select({ id: oracle.id })
    .from(oracle)
    .where(and(inArray(oracle.id, ids), eq(oracle.providerId, providerId), isNull(oracle.deletedAt)))
  const known = new Set(found.map(({ id }) => id))
  const missing = wanted.find(([, signal]) => !known.has(signal.oracle))
  if (missing !== undefined)
    throw new Refused('malformed_body', `signals.${missing[0]}.oracle: the provider has no such oracle`)
}

/** Routes of a provider with a card, in force or to come, that names the oracle. */
export async function routesNaming(db: Database, { id, providerId }: OracleRow, now: Date): Promise<string[]> {
  const { route, rateCard } = db.tables
  const rows = await db.orm
    .select({ route: route.id, rule: rateCard.rule })
    .from(route)
    .leftJoin(rateCard, and(eq(rateCard.routeId, route.id), eq(rateCard.version, route.rateVersion)))
    .where(eq(route.providerId, providerId))
  const after = await inPortions(rows, (ids) => cardsAfter(db, ids))
  return rows.flatMap((row) => {
    const cards = after.filter(({ card }) => card.routeId === row.route).map(({ card }) => card)
    const come = cards.findLast(({ effectiveAt }) => effectiveAt <= now)
    const coming = cards.filter(({ effectiveAt }) => effectiveAt > now)
    const rules = [come?.rule ?? row.rule, ...coming.map(({ rule }) => rule)]
    const names = rules.some(
      (rule) => rule !== null && Object.values(wantedBy(rule)).some((each) => each.oracle === id),
    )
    return names ? [row.route] : []
  })
}

/** Statements bind ids one by one. */
const ROUTES_AT_ONCE = 90

async function inPortions<T>(rows: { route: string }[], read: (ids: string[]) => PromiseLike<T[]>): Promise<T[]> {
  const all: T[] = []
  for (let at = 0; at < rows.length; at += ROUTES_AT_ONCE)
    all.push(...(await read(rows.slice(at, at + ROUTES_AT_ONCE).map(({ route }) => route))))
  return all
}
