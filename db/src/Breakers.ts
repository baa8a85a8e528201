/**
 * Breakers of upstreams, of providers and of everything, as workers/sentinel has them: gateways read which are not closed.
 * What a key spends is judged in its own object and is not here.
 */
import { and, asc, count, eq, inArray, sql } from 'drizzle-orm'
import { riseSentinel } from './CatalogVersions.ts'
import type { Database } from './Database.ts'

export type BreakerRow = Database['tables']['breaker']['$inferSelect']

/** The breakers of some scopes (at most 90), by scope and subject. */
export function breakersOf(db: Database, scopes: readonly string[], limit: number) {
  const { breaker: b } = db.tables
  return db.orm
    .select()
    .from(b)
    .where(inArray(b.scope, [...scopes]))
    .orderBy(asc(b.scope), asc(b.subject))
    .limit(limit)
}

export async function breakerRow(db: Database, scope: string, subject: string): Promise<BreakerRow | undefined> {
  const { breaker: b } = db.tables
  const [row] = await db.orm
    .select()
    .from(b)
    .where(and(eq(b.scope, scope), eq(b.subject, subject)))
  return row
}

/** All that are not closed. */
export function openBreakers(db: Database) {
  const { breaker: b } = db.tables
  return db.orm
    .select({ scope: b.scope, subject: b.subject, until: b.until, cause: b.cause })
    .from(b)
    .where(sql`phase <> 'closed'`)
}

/** How many are not closed, by what they are of. */
export function countOpenBreakers(db: Database) {
  const { breaker: b } = db.tables
  const of = sql<
    'global' | 'provider' | 'upstream'
  >`case when subject = 'global' then 'global' when subject like 'provider:%' then 'provider' else 'upstream' end`
  return db.orm
    .select({ of, count: count() })
    .from(b)
    .where(sql`phase <> 'closed'`)
    .groupBy(of)
}

/** Writes how a breaker stands, if nothing newer is there, and makes gateways look. Answers whether it was written. */
export async function writeBreaker(db: Database, row: Omit<BreakerRow, 'updatedAt'>, now: Date): Promise<boolean> {
  const { breaker: b } = db.tables
  const before = await breakerRow(db, row.scope, row.subject)
  if (before !== undefined && before.revision >= row.revision) return false
  const { scope: _scope, subject: _subject, ...set } = { ...row, updatedAt: now }
  await db.atomically((orm) => [
    orm
      .insert(b)
      .values({ ...row, updatedAt: now })
      .onConflictDoUpdate({ target: [b.scope, b.subject], set, setWhere: sql`${b.revision} < ${row.revision}` }),
    riseSentinel(db, orm),
  ])
  return true
}
