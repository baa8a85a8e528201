/**
 * Where alerts go: the rows are the truth, workers/sentinel has a copy of each. Secrets are sealed: the database cannot
 * send. A deleted one stays for a while without its secret, so that its copy is told until it has heard. What people do to
 * them: `AlertChannelChanges`.
 */
import { and, asc, eq, gt, inArray, isNotNull, isNull, lt, sql } from 'drizzle-orm'
import type { Database, Orm, Statement } from './Database.ts'

export type AlertChannelRow = Database['tables']['alertChannel']['$inferSelect']
export type NewAlertChannel = Pick<
  AlertChannelRow,
  'id' | 'scope' | 'kind' | 'settings' | 'sealed' | 'enabled' | 'language' | 'confirmation'
>
export type AlertChannelChanges = Partial<
  Pick<AlertChannelRow, 'settings' | 'sealed' | 'enabled' | 'language' | 'confirmation' | 'confirmedAt'>
>

/** How long a deleted one stays. */
export const DELETED_KEPT_MS = 7 * 86_400_000

/** The channels of some scopes (at most 90), switched on or not. */
export function ofScopes(db: Database, scopes: readonly string[]) {
  const { alertChannel: t } = db.tables
  return db.orm
    .select()
    .from(t)
    .where(and(inArray(t.scope, [...scopes]), isNull(t.deletedAt)))
}

/** The channels of a scope by id, after `after`. */
export function channelsOf(db: Database, scope: string, after: string | undefined, limit: number) {
  const { alertChannel: t } = db.tables
  return db.orm
    .select()
    .from(t)
    .where(and(eq(t.scope, scope), isNull(t.deletedAt), after === undefined ? undefined : gt(t.id, after)))
    .orderBy(asc(t.id))
    .limit(limit)
}

/** What was changed or deleted since a time, the oldest change first. */
export function changedChannels(db: Database, since: Date, limit: number) {
  const { alertChannel: t } = db.tables
  return db.orm.select().from(t).where(gt(t.updatedAt, since)).orderBy(asc(t.updatedAt), asc(t.id)).limit(limit)
}

export function insertStatements(db: Database, orm: Orm, row: NewAlertChannel, at: Date): Statement[] {
  return [orm.insert(db.tables.alertChannel).values({ ...row, revision: 1, createdAt: at, updatedAt: at })]
}

/** Another revision of it. */
export function updateStatements(
  db: Database,
  orm: Orm,
  id: string,
  changes: AlertChannelChanges,
  at: Date,
): Statement[] {
  const { alertChannel: t } = db.tables
  return [
    orm
      .update(t)
      .set({ ...changes, revision: sql`${t.revision} + 1`, updatedAt: at })
      .where(and(eq(t.id, id), isNull(t.deletedAt))),
  ]
}

/** It is no longer shown, and its secret is gone. */
export function deleteStatements(db: Database, orm: Orm, id: string, at: Date): Statement[] {
  const { alertChannel: t } = db.tables
  const gone = { enabled: false, sealed: null, confirmation: null, deletedAt: at, updatedAt: at }
  return [
    orm
      .update(t)
      .set({ ...gone, revision: sql`${t.revision} + 1` })
      .where(and(eq(t.id, id), isNull(t.deletedAt))),
  ]
}

/** Removes what was deleted before a time, at most so many; answers how many. */
export async function pruneChannels(db: Database, before: Date, limit: number): Promise<number> {
  const { alertChannel: t } = db.tables
  const old = await deletedChannels(db, before, Math.min(limit, 90))
  if (old.length > 0) {
    const ids = old.map(({ id }) => id)
    await db.orm.delete(t).where(and(inArray(t.id, ids), isNotNull(t.deletedAt)))
  }
  return old.length
}

/** The statement behind `pruneChannels`. */
export function deletedChannels(db: Database, before: Date, limit: number) {
  const { alertChannel: t } = db.tables
  return db.orm
    .select({ id: t.id })
    .from(t)
    .where(and(isNotNull(t.deletedAt), lt(t.deletedAt, before)))
    .limit(limit)
}
