/**
 * Calls that ended, and those that the upstream failed, by the hour (UTC). What a session tells is counted from its
 * beginning; a row holds what it came to by the end of an hour, so that repeats and reordering change nothing, and an
 * hour is the difference to the row before.
 */
import { and, asc, eq, gte, lt, sql } from 'drizzle-orm'
import type { Database } from './Database.ts'

export const FAILURES_KEPT_MS = 90 * 86_400_000

export type FailuresOfHour = { routeId: string; hour: Date; calls: number; failures: number }

/** Of all sessions, by hour and route. Hours in which no call ended have none. */
export async function failuresOf(
  db: Database,
  of: { providerId: string } | { routeId: string },
  since: Date,
  until: Date,
): Promise<FailuresOfHour[]> {
  const rows = await failuresQuery(db, of, since, until)
  return rows.map(({ routeId, hour, calls, failures }) => ({
    ...{ routeId, hour },
    // The clock of a session that was put back may have told more of the hour before.
    calls: Math.max(0, Number(calls)),
    failures: Math.max(0, Number(failures)),
  }))
}

/** The statement behind `failuresOf`. */
export function failuresQuery(
  db: Database,
  of: { providerId: string } | { routeId: string },
  since: Date,
  until: Date,
) {
  const { failureHour: f } = db.tables
  const whose = 'providerId' in of ? eq(f.providerId, of.providerId) : eq(f.routeId, of.routeId)
  return db.orm
    .select({ routeId: f.routeId, hour: f.hour, calls: risen('calls'), failures: risen('failures') })
    .from(f)
    .where(and(whose, gte(f.hour, since), lt(f.hour, until)))
    .groupBy(f.hour, f.routeId)
    .orderBy(asc(f.hour), asc(f.routeId))
}

/** By how much a count has risen since the row before, over all sessions. */
function risen(column: 'calls' | 'failures') {
  return sql<number>`sum(${sql.raw(`failure_hour.${column} - coalesce((select b.${column} from failure_hour b
    where b.session = failure_hour.session and b.provider_id = failure_hour.provider_id
      and b.route_id = failure_hour.route_id and b.hour < failure_hour.hour
    order by b.hour desc limit 1), 0)`)})`
}

/**
 * Removes hours from before a time, at most so many rows; answers how many. The last one before it stays for each session
 * and route: the first that is shown is counted from it.
 */
export async function pruneFailures(db: Database, before: Date, limit: number): Promise<number> {
  const { failureHour: f } = db.tables
  const isFollowed = sql`exists (select 1 from failure_hour b where b.session = failure_hour.session
    and b.provider_id = failure_hour.provider_id and b.route_id = failure_hour.route_id
    and b.hour > failure_hour.hour and b.hour < ${sql.param(before, f.hour)})`
  const old = db.orm
    .select({ session: f.session, providerId: f.providerId, routeId: f.routeId, hour: f.hour })
    .from(f)
    .where(and(lt(f.hour, before), isFollowed))
    .orderBy(asc(f.hour))
    .limit(limit)
  const gone = await db.orm
    .delete(f)
    .where(sql`(${f.session}, ${f.providerId}, ${f.routeId}, ${f.hour}) in ${old}`)
    .returning({ hour: f.hour })
  return gone.length
}
