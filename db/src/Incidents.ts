/** What somebody should look at: which incidents hold, and which do no longer. */
import type { IncidentEvent } from '@pbstream/core/message/Event'
import { and, asc, count, desc, eq, inArray, isNull, sql } from 'drizzle-orm'
import type { Database } from './Database.ts'

/** The newest incidents that hold. */
export function openIncidents(db: Database, limit: number) {
  const { sentinelEvent } = db.tables
  return db.orm
    .select()
    .from(sentinelEvent)
    .where(isNull(sentinelEvent.resolvedAt))
    .orderBy(desc(sentinelEvent.at))
    .limit(limit)
}

/** The incidents that hold of some kinds, those that were raised first in front. */
export function openOfKinds(db: Database, kinds: IncidentEvent['what'][], limit: number) {
  const { sentinelEvent } = db.tables
  return db.orm
    .select()
    .from(sentinelEvent)
    .where(and(isNull(sentinelEvent.resolvedAt), inArray(sentinelEvent.what, kinds)))
    .orderBy(asc(sentinelEvent.at))
    .limit(limit)
}

/** The incidents that hold of some channels (at most 90: they are bound one by one). */
export function openOfChannels(db: Database, channelIds: string[]) {
  const { sentinelEvent } = db.tables
  return db.orm
    .select()
    .from(sentinelEvent)
    .where(and(inArray(sentinelEvent.subject, channelIds), isNull(sentinelEvent.resolvedAt)))
}

/** How many incidents hold, by kind. */
export function countOpen(db: Database) {
  const { sentinelEvent } = db.tables
  return db.orm
    .select({ what: sentinelEvent.what, count: count() })
    .from(sentinelEvent)
    .where(isNull(sentinelEvent.resolvedAt))
    .groupBy(sentinelEvent.what)
}

/**
 * Writes incidents down, each once: one that is there stays as it is, but holds again if it was resolved. Answers which
 * of them did not hold before.
 */
export async function raise(db: Database, incidents: readonly IncidentEvent[]): Promise<string[]> {
  const { sentinelEvent } = db.tables
  const raised: string[] = []
  for (const { id, what, detail, at } of incidents) {
    const row = { id, what, detail, at: new Date(at), subject: detail['channelId'] ?? null }
    const written = await db.orm
      .insert(sentinelEvent)
      .values(row)
      .onConflictDoUpdate({
        target: sentinelEvent.id,
        set: { resolvedAt: null, at: row.at, detail: row.detail },
        setWhere: sql`${sentinelEvent.resolvedAt} is not null`,
      })
      .returning({ id: sentinelEvent.id })
    raised.push(...written.map((each) => each.id))
  }
  return raised
}

/** Notes that incidents hold no longer. Again, or for ids that are not there, changes nothing. */
export async function resolve(db: Database, ids: readonly string[], at: Date): Promise<void> {
  const { sentinelEvent } = db.tables
  for (const id of ids) {
    await db.orm
      .update(sentinelEvent)
      .set({ resolvedAt: at })
      .where(and(eq(sentinelEvent.id, id), isNull(sentinelEvent.resolvedAt)))
  }
}
