/** Where owners want to be told. Secrets are sealed: the database cannot sign. */
import { and, asc, eq, gt, sql } from 'drizzle-orm'
import type { Database, Orm, Statement } from './Database.ts'
import type { Mode } from './Mode.ts'
import { dropStatements, type EndpointRow } from './WebhookDeliveries.ts'

export type { EndpointRow } from './WebhookDeliveries.ts'

/** How long the secret before still signs beside the one in force. */
export const ROTATION_MS = 24 * 3_600_000

export type NewEndpoint = Pick<EndpointRow, 'id' | 'owner' | 'mode' | 'url' | 'events' | 'secretSealed'>
export type Changes = Partial<Pick<EndpointRow, 'url' | 'events' | 'enabled'>>

export async function getEndpoint(
  db: Database,
  owner: string,
  mode: Mode,
  id: string,
): Promise<EndpointRow | undefined> {
  const { webhookEndpoint: t } = db.tables
  const [row] = await db.orm
    .select()
    .from(t)
    .where(and(eq(t.id, id), eq(t.owner, owner), eq(t.mode, mode)))
  return row
}

/** Endpoints of an owner by id, after `after`. */
export function listEndpoints(db: Database, owner: string, mode: Mode, after: string | undefined, limit: number) {
  const { webhookEndpoint: t } = db.tables
  return db.orm
    .select()
    .from(t)
    .where(and(eq(t.owner, owner), eq(t.mode, mode), after === undefined ? undefined : gt(t.id, after)))
    .orderBy(asc(t.id))
    .limit(limit)
}

export function createStatements(db: Database, orm: Orm, endpoint: NewEndpoint, at: Date): Statement[] {
  const row = { ...endpoint, enabled: true, revision: 1, createdAt: at, updatedAt: at }
  return [orm.insert(db.tables.webhookEndpoint).values(row)]
}

/** What is switched off gets nothing any more, what was on its way to it included. Switched on again it starts well. */
export function editStatements(db: Database, orm: Orm, id: string, changes: Changes, at: Date): Statement[] {
  const { webhookEndpoint: t } = db.tables
  const well = changes.enabled === true ? { failingSince: null } : {}
  return [
    orm
      .update(t)
      .set({ ...changes, ...well, revision: sql`${t.revision} + 1`, updatedAt: at })
      .where(eq(t.id, id)),
    ...(changes.enabled === false ? dropStatements(db, orm, id, 'endpoint_disabled', at) : []),
  ]
}

/** A new secret in force; the one before still signs for a day. */
export function rotateStatements(
  db: Database,
  orm: Orm,
  { id, secretSealed: previousSecretSealed }: EndpointRow,
  secretSealed: string,
  at: Date,
): Statement[] {
  const { webhookEndpoint: t } = db.tables
  const previousUntil = new Date(at.getTime() + ROTATION_MS)
  const set = { secretSealed, previousSecretSealed, previousUntil, updatedAt: at }
  return [
    orm
      .update(t)
      .set({ ...set, revision: sql`${t.revision} + 1` })
      .where(eq(t.id, id)),
  ]
}

/** Another secret in force at once, for an endpoint whose secret nobody has seen. */
export function secretStatements(db: Database, orm: Orm, id: string, secretSealed: string, at: Date): Statement[] {
  const { webhookEndpoint: t } = db.tables
  return [orm.update(t).set({ secretSealed, updatedAt: at }).where(eq(t.id, id))]
}

/** Its deliveries stay in the log. */
export function deleteStatements(db: Database, orm: Orm, id: string, at: Date): Statement[] {
  return [
    orm.delete(db.tables.webhookEndpoint).where(eq(db.tables.webhookEndpoint.id, id)),
    ...dropStatements(db, orm, id, 'endpoint_deleted', at),
  ]
}
