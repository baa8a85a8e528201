/**
 * Answers 402 by provider, route and hour (UTC). An isolate of a gateway tells what it has counted from its beginning: a row
 * holds the largest count of it, so that repeats and reordering change nothing, and the hour is the sum over isolates.
 */
import type { PbEvent } from '@pbstream/core/message/Event'
import { and, asc, eq, gte, lt, sql } from 'drizzle-orm'
import type { Database, Orm, Statement } from './Database.ts'
import { chunks, excluded, keep, type Row, sorted } from './ProjectionRows.ts'

export const CHALLENGES_KEPT_MS = 400 * 86_400_000

/** Of all isolates. Hours in which nobody was answered 402 have none. */
export type ChallengesOf = { routeId: string; hour: Date; count: number }

/** One row for each key, in the order of keys. */
export function foldChallenges(events: readonly PbEvent[]): Row<'challengeHour'>[] {
  const rows = new Map<string, Row<'challengeHour'>>()
  for (const event of events) {
    if (event.kind !== 'challenges') continue
    const { source } = event
    for (const { hour, ...of } of event.counts) {
      const row = { ...of, hour: new Date(hour), source }
      keep(rows, `${row.providerId} ${hour} ${row.routeId} ${source}`, row, (old) => row.count > old.count)
    }
  }
  return sorted(rows)
}

export function challengeStatements(db: Database, orm: Orm, rows: Row<'challengeHour'>[]): Statement[] {
  const { challengeHour: t } = db.tables
  return chunks(db, t, rows).map((some) =>
    orm
      .insert(t)
      .values(some)
      .onConflictDoUpdate({
        target: [t.providerId, t.hour, t.routeId, t.source],
        set: excluded(t),
        setWhere: sql`excluded.count > ${t.count}`,
      }),
  )
}

/** By hour and route, oldest first. */
export async function challengesOf(
  db: Database,
  providerId: string,
  since: Date,
  until: Date,
): Promise<ChallengesOf[]> {
  const rows = await challengesQuery(db, providerId, since, until)
  return rows.map((row) => ({ ...row, count: Number(row.count) }))
}

/** The statement behind `challengesOf`. */
export function challengesQuery(db: Database, providerId: string, since: Date, until: Date) {
  const { challengeHour: t } = db.tables
  return db.orm
    .select({ routeId: t.routeId, hour: t.hour, count: sql<number>`sum(${t.count})` })
    .from(t)
    .where(and(eq(t.providerId, providerId), gte(t.hour, since), lt(t.hour, until)))
    .groupBy(t.hour, t.routeId)
    .orderBy(asc(t.hour), asc(t.routeId))
}

/** Removes hours from before a time, at most so many rows; answers how many. */
export async function pruneChallenges(db: Database, before: Date, limit: number): Promise<number> {
  const { challengeHour: t } = db.tables
  const old = db.orm
    .select({ providerId: t.providerId, hour: t.hour, routeId: t.routeId, source: t.source })
    .from(t)
    .where(lt(t.hour, before))
    .orderBy(asc(t.hour))
    .limit(limit)
  const gone = await db.orm
    .delete(t)
    .where(sql`(${t.providerId}, ${t.hour}, ${t.routeId}, ${t.source}) in ${old}`)
    .returning({ hour: t.hour })
  return gone.length
}
