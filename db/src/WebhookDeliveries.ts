/**
 * Deliveries on their way: which are due, who sends one, what came of it. A row is the truth about its delivery; messages
 * of the queue only say when to look.
 */
import type { WebhookEvent } from '@pbstream/core/message/Webhook'
import { and, asc, desc, eq, getTableColumns, inArray, lt, lte, ne, sql } from 'drizzle-orm'
import type { Database, Orm, Statement } from './Database.ts'
import type { DeliveryStatus, Mode } from './Mode.ts'

export type DeliveryRow = Database['tables']['webhookDelivery']['$inferSelect']
export type EndpointRow = Database['tables']['webhookEndpoint']['$inferSelect']

/** What an attempt came to. `retryAt`: when to try again, null when never. */
export type Failed = { lastStatus: number | null; lastError: string; retryAt: Date | null }

/** Deliveries whose time has come, those that wait longest in front. */
export function dueDeliveries(db: Database, now: Date, limit: number) {
  const { webhookDelivery: t } = db.tables
  return db.orm
    .select({ id: t.id })
    .from(t)
    .where(and(sql`${t.status} = 'pending'`, lte(t.nextAt, now)))
    .orderBy(asc(t.nextAt))
    .limit(limit)
}

/**
 * Takes a delivery for one attempt, until `until`: of several that want it at once one gets it. Undefined when it is not
 * due. If nothing is said of the attempt by then, somebody else makes the next.
 */
export async function take(db: Database, id: string, now: Date, until: Date): Promise<DeliveryRow | undefined> {
  const { webhookDelivery: t } = db.tables
  const [row] = await db.orm
    .update(t)
    .set({ attempts: sql`${t.attempts} + 1`, nextAt: until, updatedAt: now })
    .where(and(eq(t.id, id), eq(t.status, 'pending'), lte(t.nextAt, now)))
    .returning()
  return row
}

export async function endpointById(db: Database, id: string): Promise<EndpointRow | undefined> {
  const { webhookEndpoint: t } = db.tables
  const [row] = await db.orm.select().from(t).where(eq(t.id, id))
  return row
}

/** The attempt arrived. An endpoint that had been failing is well again. */
export async function delivered(db: Database, row: DeliveryRow, lastStatus: number, now: Date): Promise<void> {
  const { webhookDelivery: t, webhookEndpoint } = db.tables
  await db.atomically((orm) => [
    orm.update(t).set({ status: 'delivered', lastStatus, lastError: null, updatedAt: now }).where(sameAttempt(db, row)),
    orm
      .update(webhookEndpoint)
      .set({ failingSince: null })
      .where(and(eq(webhookEndpoint.id, row.endpointId), sql`${webhookEndpoint.failingSince} is not null`)),
  ])
}

/** The attempt did not arrive. */
export async function failed(db: Database, row: DeliveryRow, outcome: Failed, now: Date): Promise<void> {
  const { webhookDelivery: t, webhookEndpoint } = db.tables
  const { lastStatus, lastError, retryAt } = outcome
  const rest = retryAt === null ? { status: 'failed' as const } : { nextAt: retryAt }
  await db.atomically((orm) => [
    orm
      .update(t)
      .set({ lastStatus, lastError, updatedAt: now, ...rest })
      .where(sameAttempt(db, row)),
    orm
      .update(webhookEndpoint)
      .set({ failingSince: now })
      .where(and(eq(webhookEndpoint.id, row.endpointId), sql`${webhookEndpoint.failingSince} is null`)),
  ])
}

/** Ends everything that is on its way to an endpoint that will get nothing any more. */
export function dropStatements(db: Database, orm: Orm, endpointId: string, lastError: string, now: Date): Statement[] {
  const { webhookDelivery: t } = db.tables
  return [
    orm
      .update(t)
      .set({ status: 'failed', lastError, updatedAt: now })
      .where(and(eq(t.endpointId, endpointId), eq(t.status, 'pending'))),
  ]
}

/** What was said of an attempt counts while it is the last one, and nobody has sent the row on its way again. */
function sameAttempt(db: Database, row: DeliveryRow) {
  const { webhookDelivery: t } = db.tables
  return and(eq(t.id, row.id), eq(t.status, 'pending'), eq(t.attempts, row.attempts), eq(t.nextAt, row.nextAt))
}

export type DeliveryFilter = {
  endpointId?: string | undefined
  status?: DeliveryStatus | undefined
  event?: WebhookEvent | undefined
  /** The id of the last one seen: those before it follow. */
  before?: string | undefined
}

/** Deliveries of an owner, the newest event first, without payloads. */
export function listDeliveries(db: Database, owner: string, mode: Mode, filter: DeliveryFilter, limit: number) {
  const { webhookDelivery: t } = db.tables
  const { payload: _, ...columns } = getTableColumns(t)
  const { endpointId, status, event, before } = filter
  return db.orm
    .select(columns)
    .from(t)
    .where(
      and(
        eq(t.owner, owner),
        eq(t.mode, mode),
        endpointId === undefined ? undefined : eq(t.endpointId, endpointId),
        status === undefined ? undefined : eq(t.status, status),
        event === undefined ? undefined : eq(t.event, event),
        before === undefined ? undefined : lt(t.id, before),
      ),
    )
    .orderBy(desc(t.id))
    .limit(limit)
}

export async function getDelivery(
  db: Database,
  owner: string,
  mode: Mode,
  id: string,
): Promise<DeliveryRow | undefined> {
  const { webhookDelivery: t } = db.tables
  const [row] = await db.orm
    .select()
    .from(t)
    .where(and(eq(t.id, id), eq(t.owner, owner), eq(t.mode, mode)))
  return row
}

/** Sends a delivery again from the first attempt on, under the id that it had. */
export function resendStatements(db: Database, orm: Orm, id: string, now: Date): Statement[] {
  const { webhookDelivery: t } = db.tables
  return [
    orm
      .update(t)
      .set({ status: 'pending', attempts: 0, nextAt: now, lastStatus: null, lastError: null, updatedAt: now })
      .where(eq(t.id, id)),
  ]
}

/** Removes what is over and older than an id; answers how many, `limit` at most. */
export async function prune(db: Database, before: string, limit: number): Promise<number> {
  const { webhookDelivery: t } = db.tables
  const old = await oldDeliveries(db, before, limit)
  for (let i = 0; i < old.length; i += 80) {
    const ids = old.slice(i, i + 80).map(({ id }) => id)
    await db.orm.delete(t).where(and(inArray(t.id, ids), ne(t.status, 'pending')))
  }
  return old.length
}

export function oldDeliveries(db: Database, before: string, limit: number) {
  const { webhookDelivery: t } = db.tables
  return db.orm
    .select({ id: t.id })
    .from(t)
    .where(and(lt(t.id, before), ne(t.status, 'pending')))
    .orderBy(asc(t.id))
    .limit(limit)
}
