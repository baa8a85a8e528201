/** The versions that make gateways load what they know again: one row for each part of it. */
import { eq, inArray, sql } from 'drizzle-orm'
import type { Database, Orm, Statement } from './Database.ts'

const NAME = 'routes'
const SIGNALS = 'signals'
const SENTINEL = 'sentinel'

/** The versions of routes, of signals and of Sentinel: what gateways ask for every few seconds. */
export async function loadVersions(db: Database): Promise<{ version: number; signals: number; sentinel: number }> {
  const rows = await catalogVersions(db)
  const of = (name: string) => rows.find((row) => row.name === name)?.version ?? 0
  return { version: of(NAME), signals: of(SIGNALS), sentinel: of(SENTINEL) }
}

export function catalogVersions(db: Database) {
  const { catalog } = db.tables
  return db.orm
    .select({ name: catalog.name, version: catalog.version })
    .from(catalog)
    .where(inArray(catalog.name, [NAME, SIGNALS, SENTINEL]))
}

/** The version of the routes alone. */
export function catalogVersion(db: Database) {
  const { catalog } = db.tables
  return db.orm.select({ version: catalog.version }).from(catalog).where(eq(catalog.name, NAME))
}

/** The statement that makes gateways load the catalog again: part of every change of what is sold. */
export function riseCatalog(db: Database, orm: Orm): Statement {
  return rise(db, orm, NAME)
}

/** The statement that makes gateways load the signals again: part of every value, and of every change of an oracle. */
export function riseSignals(db: Database, orm: Orm): Statement {
  return rise(db, orm, SIGNALS)
}

/**
 * The statement that makes gateways look which rules are in force and which breakers are open: part of every change of
 * the rules of the platform or of a provider, and of a breaker.
 */
export function riseSentinel(db: Database, orm: Orm): Statement {
  return rise(db, orm, SENTINEL)
}

function rise(db: Database, orm: Orm, name: string): Statement {
  const { catalog } = db.tables
  return orm
    .insert(catalog)
    .values({ name, version: 1 })
    .onConflictDoUpdate({ target: catalog.name, set: { version: sql`${catalog.version} + 1` } })
}
