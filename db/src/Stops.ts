/** Where calls are stopped until somebody says why not: those that hold, and those that were. */
import type { StopKind } from '@pbstream/core/message/Sentinel'
import { and, count, desc, eq, isNotNull, isNull, type SQL, sql } from 'drizzle-orm'
import type { Database } from './Database.ts'
import { ofWhom, type Whose } from './Decisions.ts'

export type StopRow = Database['tables']['sentinelStop']['$inferSelect']

export type StopFilter = {
  /** True: those that hold; false: those that do no longer. */
  open?: boolean | undefined
  kind?: StopKind | undefined
  session?: string | undefined
}

/** Stops, newest first. `before`: the last one shown. */
export function stopsOf(
  db: Database,
  whose: Whose,
  { open, kind, session }: StopFilter,
  before: { at: Date; id: string } | undefined,
  limit: number,
) {
  const { sentinelStop: s } = db.tables
  const earlier =
    before === undefined ? undefined : sql`(${s.at}, ${s.id}) < (${sql.param(before.at, s.at)}, ${before.id})`
  const conditions: (SQL | undefined)[] = [
    ...ofWhom(db, s, whose, session !== undefined),
    session === undefined ? undefined : eq(s.session, session),
    open === undefined ? undefined : open ? isNull(s.releasedAt) : isNotNull(s.releasedAt),
    kind === undefined ? undefined : eq(s.kind, kind),
    earlier,
  ]
  return db.orm
    .select()
    .from(s)
    .where(and(...conditions))
    .orderBy(desc(s.at), desc(s.id))
    .limit(limit)
}

export async function stopById(db: Database, id: string): Promise<StopRow | undefined> {
  const { sentinelStop: s } = db.tables
  const [row] = await db.orm.select().from(s).where(eq(s.id, id))
  return row
}

/** The stops of a key that hold, in any scope, newest first. */
export function openOfSession(db: Database, session: string) {
  const { sentinelStop: s } = db.tables
  return db.orm
    .select()
    .from(s)
    .where(and(eq(s.session, session), isNull(s.releasedAt)))
    .orderBy(desc(s.at), desc(s.id))
}

/** How many stops hold, by whose they are and their kind. */
export function countOpenStops(db: Database) {
  const { sentinelStop: s } = db.tables
  const scope = sql<
    'platform' | 'owner' | 'provider'
  >`case when scope in ('platform', 'owner') then scope else 'provider' end`
  return db.orm
    .select({ scope, kind: s.kind, count: count() })
    .from(s)
    .where(isNull(s.releasedAt))
    .groupBy(scope, s.kind)
}
