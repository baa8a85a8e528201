/**
 * What owners are told: rows of `webhook_delivery`, one for each endpoint that listens, written in the same step as the
 * change that they tell of. The queue only says which row to send; a message that is lost is made up for by the clock.
 *
 * Ids come from the facts: an event is `evt_…`, the same however often it is written, and a delivery `whd_…` is made of its
 * time, event and endpoint. So a repeat changes nothing, and ids in order are events in order.
 */
import type { WebhookEvent } from '@pbstream/core/message/Webhook'
import { and, eq, inArray, lte, type SQL, sql } from 'drizzle-orm'
import { sha256 } from './Canonical.ts'
import type { Database, Orm, Statement } from './Database.ts'
import type { Mode } from './Mode.ts'

/** Statements bind owners one by one. */
const OWNERS_AT_ONCE = 80

/**
 * Tells every endpoint of an owner that is switched on, asked for the event and was there when it happened. `data` is JSON
 * without secrets. `eventId`: for what can be written more than once; by itself every call is an event of its own.
 */
export function eventStatements(
  db: Database,
  orm: Orm,
  owner: string,
  mode: Mode,
  type: WebhookEvent,
  data: Record<string, unknown>,
  at: Date,
  eventId: string = newEventId(),
): Statement[] {
  const { webhookEndpoint: endpoint, webhookDelivery } = db.tables
  const text = (value: string) => sql<string>`cast(${value} as text)`
  const time = sql<Date>`${timeOf(db, at)}`
  const rows = orm
    .select({
      id: sql<string>`cast(${idPrefix(at, eventId)} as text) || ${idSuffix(endpoint.id)}`.as('id'),
      endpointId: endpoint.id,
      owner: endpoint.owner,
      mode: endpoint.mode,
      eventId: text(eventId).as('event_id'),
      event: text(type).as('event'),
      payload: text(payloadOf(mode, type, data, at)).as('payload'),
      status: sql<'pending'>`'pending'`.as('status'),
      attempts: sql<number>`0`.as('attempts'),
      nextAt: time.as('next_at'),
      lastStatus: sql<null>`null`.as('last_status'),
      lastError: sql<null>`null`.as('last_error'),
      createdAt: time.as('created_at'),
      updatedAt: time.as('updated_at'),
    })
    .from(endpoint)
    .where(
      and(
        eq(endpoint.owner, owner),
        eq(endpoint.mode, mode),
        eq(endpoint.enabled, true),
        lte(endpoint.createdAt, at),
        hears(db, type),
      ),
    )
  return [orm.insert(webhookDelivery).select(rows).onConflictDoNothing()]
}

/** A delivery to one endpoint, whatever it asked for. */
export function deliveryTo(
  { id, owner, mode }: { id: string; owner: string; mode: Mode },
  type: WebhookEvent,
  data: Record<string, unknown>,
  at: Date,
  eventId: string = newEventId(),
): Database['tables']['webhookDelivery']['$inferInsert'] {
  return {
    id: idPrefix(at, eventId) + id.slice(-SUFFIX),
    endpointId: id,
    owner,
    mode,
    eventId,
    event: type,
    payload: payloadOf(mode, type, data, at),
    status: 'pending',
    attempts: 0,
    nextAt: at,
    createdAt: at,
    updatedAt: at,
  }
}

/** The id of an event from what makes it one. */
export async function eventIdOf(facts: string, owner: string, mode: Mode): Promise<string> {
  return `evt_${(await sha256(`${facts} ${owner} ${mode}`)).slice(0, 32)}`
}

export function newEventId(): string {
  return `evt_${crypto.randomUUID().replaceAll('-', '')}`
}

/** Which owners have an endpoint that is switched on. */
export async function listeners(db: Database, owners: readonly string[]): Promise<Set<string>> {
  const found = new Set<string>()
  for (let i = 0; i < owners.length; i += OWNERS_AT_ONCE) {
    for (const { owner } of await endpointsOf(db, owners.slice(i, i + OWNERS_AT_ONCE))) found.add(owner)
  }
  return found
}

/** Owners of endpoints that are switched on (at most 80 owners: they are bound one by one). */
export function endpointsOf(db: Database, owners: string[]) {
  const { webhookEndpoint } = db.tables
  return db.orm
    .select({ owner: webhookEndpoint.owner })
    .from(webhookEndpoint)
    .where(and(inArray(webhookEndpoint.owner, owners), eq(webhookEndpoint.enabled, true)))
}

/** The start of the ids of deliveries of a moment: every earlier one is lower. */
export function firstIdOf(at: Date): string {
  return `whd_${Math.max(0, at.getTime()).toString(16).padStart(12, '0')}`
}

/** Random digits of an endpoint's id that are in the ids of its deliveries. */
const SUFFIX = 12

function idPrefix(at: Date, eventId: string): string {
  return firstIdOf(at) + eventId.slice(4, 20)
}

function idSuffix(endpointId: Database['tables']['webhookEndpoint']['id']): SQL {
  return sql`substr(${endpointId}, length(${endpointId}) - ${sql.raw(String(SUFFIX - 1))})`
}

/** The envelope of Standard Webhooks, and the mode. */
function payloadOf(mode: Mode, type: WebhookEvent, data: Record<string, unknown>, at: Date): string {
  return JSON.stringify({ type, timestamp: at.toISOString(), mode, data })
}

function timeOf(db: Database, at: Date): SQL {
  return db.dialect === 'd1'
    ? sql`cast(${at.getTime()} as integer)`
    : sql`cast(${at.toISOString()} as timestamp with time zone)`
}

function hears(db: Database, type: WebhookEvent): SQL {
  const { events } = db.tables.webhookEndpoint
  if (db.dialect === 'd1') return sql`exists (select 1 from json_each(${events}) where value in ('*', ${type}))`
  return sql`(${events} @> cast(${JSON.stringify([type])} as jsonb) or ${events} @> '["*"]'::jsonb)`
}
