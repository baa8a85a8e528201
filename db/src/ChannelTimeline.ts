/**
 * What happened on one channel, for a provider that sold on it: money on chain, its own charges by the minute, and what its
 * own rules stopped. Newest first; other providers' charges on the channel are not told.
 */
import type { Hex } from '@pbstream/core/Hex'
import { and, asc, count, desc, eq, gte, isNotNull, lt, lte, sql } from 'drizzle-orm'
import { sumFrom, sumOf } from './AmountSums.ts'
import type { Database } from './Database.ts'
import { besides } from './PayerPayments.ts'

export type ProviderChannel = Database['tables']['channel']['$inferSelect']

type Movement = Database['tables']['movement']['$inferSelect']
type Stop = Database['tables']['sentinelStop']['$inferSelect']
type Incident = Database['tables']['sentinelEvent']['$inferSelect']

/** `id` is unique among the entries of a channel, and orders those of one time. */
export type TimelineEntry = { id: string; at: Date } & (
  | { kind: Movement['kind']; amount: bigint; transaction: Hex | null }
  /** All of one minute: `at` is its beginning. */
  | { kind: 'charges'; amount: bigint; payments: number; until: Date }
  | { kind: 'stop' | 'release'; stop: Stop }
  | { kind: 'incident'; incident: Incident }
)

/** The place of the last entry shown. */
export type Place = { at: Date; id: string }

const MINUTE_MS = 60_000
/** Charges that one statement groups, more only where one minute has more. */
const CHARGES_AT_ONCE = 2_000
/** Entries of one moment that are read beyond a page: those that were shown already are among them. */
const TIES = 50

/** A channel that the provider sold on; undefined: there is none, or it sold nothing on it. */
export async function channelOf(
  db: Database,
  providerId: string,
  channelId: Hex,
): Promise<ProviderChannel | undefined> {
  const { providerChannel: pc, channel } = db.tables
  const [row] = await db.orm
    .select({ channel })
    .from(pc)
    .innerJoin(channel, eq(channel.id, pc.channelId))
    .where(and(eq(pc.providerId, providerId), eq(pc.channelId, channelId)))
  return row?.channel
}

/** When the channel was first funded, and the provider was last paid on it; null where nothing is known. */
export async function timesOf(db: Database, providerId: string, channelId: Hex) {
  const [[opened], [paid]] = await Promise.all([firstMovement(db, channelId), lastCharge(db, providerId, channelId)])
  return { openedAt: opened?.at ?? null, lastChargeAt: paid?.at ?? null }
}

export function firstMovement(db: Database, channelId: Hex) {
  const { movement: m } = db.tables
  return db.orm.select({ at: m.at }).from(m).where(eq(m.channelId, channelId)).orderBy(asc(m.at)).limit(1)
}

export function lastCharge(db: Database, providerId: string, channelId: Hex) {
  const { microPayment: p } = db.tables
  return db.orm
    .select({ at: p.at })
    .from(p)
    .where(and(eq(p.channelId, channelId), besides(db, p.providerId, providerId)))
    .orderBy(desc(p.at))
    .limit(1)
}

export async function timelineOf(
  db: Database,
  of: { providerId: string; channel: Pick<ProviderChannel, 'id' | 'session'> },
  before: Place | undefined,
  limit: number,
): Promise<TimelineEntry[]> {
  const { providerId, channel } = of
  const until = before?.at
  const most = limit + TIES
  const [movements, charges, stops, releases, incidents] = await Promise.all([
    movementsQuery(db, channel.id, until, most),
    chargesOf(db, providerId, channel.id, until, limit + 1),
    stopsQuery(db, providerId, channel.session, until, most),
    releasesQuery(db, providerId, channel.session, until, most),
    incidentsQuery(db, channel.id, until, most),
  ])
  const entries: TimelineEntry[] = [
    ...movements.map(toMovement),
    ...charges,
    ...stops.map((stop) => ({ id: `stop:${stop.id}`, at: stop.at, kind: 'stop' as const, stop })),
    ...releases.map((stop) => ({ id: `release:${stop.id}`, at: stop.releasedAt!, kind: 'release' as const, stop })),
    ...incidents.map((incident) => ({
      id: `incident:${incident.id}`,
      at: incident.at,
      kind: 'incident' as const,
      incident,
    })),
  ]
  return entries
    .filter((entry) => before === undefined || newestFirst(before, entry) < 0)
    .sort(newestFirst)
    .slice(0, limit)
}

function newestFirst(a: Place, b: Place): number {
  const between = b.at.getTime() - a.at.getTime()
  return between !== 0 ? between : a.id > b.id ? -1 : a.id < b.id ? 1 : 0
}

function toMovement({ seq, kind, amount, transaction, at }: Movement): TimelineEntry {
  return { id: `journal:${String(seq).padStart(15, '0')}`, at, kind, amount: BigInt(amount), transaction }
}

/** The newest movements up to a time. */
export function movementsQuery(db: Database, channelId: Hex, until: Date | undefined, limit: number) {
  const { movement: m } = db.tables
  return db.orm
    .select()
    .from(m)
    .where(and(eq(m.channelId, channelId), until === undefined ? undefined : lte(m.at, until)))
    .orderBy(desc(m.at), desc(m.seq))
    .limit(limit)
}

/** The provider's stops of the session up to a time. */
export function stopsQuery(db: Database, providerId: string, session: string, until: Date | undefined, limit: number) {
  const { sentinelStop: s } = db.tables
  const ofProvider = and(eq(s.session, session), eq(s.scope, `provider:${providerId}`))
  return db.orm
    .select()
    .from(s)
    .where(and(ofProvider, until === undefined ? undefined : lte(s.at, until)))
    .orderBy(desc(s.at), desc(s.id))
    .limit(limit)
}

/** Those that were let go up to a time. A key has few stops. */
export function releasesQuery(
  db: Database,
  providerId: string,
  session: string,
  until: Date | undefined,
  limit: number,
) {
  const { sentinelStop: s } = db.tables
  const ofProvider = and(eq(s.session, session), eq(s.scope, `provider:${providerId}`), isNotNull(s.releasedAt))
  return db.orm
    .select()
    .from(s)
    .where(and(ofProvider, until === undefined ? undefined : lte(s.releasedAt, until)))
    .orderBy(desc(s.releasedAt), desc(s.id))
    .limit(limit)
}

/** What somebody should look at on the channel, up to a time. */
export function incidentsQuery(db: Database, channelId: Hex, until: Date | undefined, limit: number) {
  const { sentinelEvent: e } = db.tables
  return db.orm
    .select()
    .from(e)
    .where(and(eq(e.subject, channelId), until === undefined ? undefined : lte(e.at, until)))
    .orderBy(desc(e.at))
    .limit(limit)
}

/** The newest minutes in which the provider charged, that of `until` included. */
async function chargesOf(
  db: Database,
  providerId: string,
  channelId: Hex,
  until: Date | undefined,
  limit: number,
): Promise<TimelineEntry[]> {
  const found: TimelineEntry[] = []
  // A minute is read whole: what it comes to must not depend on where a page begins.
  let end = until === undefined ? undefined : new Date(minuteOf(until) + MINUTE_MS)
  for (;;) {
    const [oldest] = await nthCharge(db, channelId, end, CHARGES_AT_ONCE)
    const since = oldest === undefined ? undefined : new Date(minuteOf(oldest.at))
    const rows = await minutesQuery(db, providerId, channelId, since, end)
    found.push(...rows.map((row) => toCharges(row)))
    if (since === undefined || found.length >= limit) return found
    end = since
  }
}

function minuteOf(at: Date): number {
  return Math.floor(at.getTime() / MINUTE_MS) * MINUTE_MS
}

/** The charge of the channel that so many newer ones stand before. */
export function nthCharge(db: Database, channelId: Hex, until: Date | undefined, nth: number) {
  const { microPayment: p } = db.tables
  return db.orm
    .select({ at: p.at })
    .from(p)
    .where(and(eq(p.channelId, channelId), until === undefined ? undefined : lt(p.at, until)))
    .orderBy(desc(p.at))
    .limit(1)
    .offset(nth)
}

export function minutesQuery(
  db: Database,
  providerId: string,
  channelId: Hex,
  since: Date | undefined,
  until: Date | undefined,
) {
  const { microPayment: p } = db.tables
  const minute =
    db.dialect === 'd1' ? sql<number>`${p.at} / 60000` : sql<number>`floor(extract(epoch from ${p.at}) / 60)`
  return db.orm
    .select({ minute, payments: count(), ...sumOf(db, p.amount) })
    .from(p)
    .where(
      and(
        eq(p.channelId, channelId),
        // A channel has fewer charges than most providers.
        besides(db, p.providerId, providerId),
        since === undefined ? undefined : gte(p.at, since),
        until === undefined ? undefined : lt(p.at, until),
      ),
    )
    .groupBy(minute)
    .orderBy(desc(minute))
}

function toCharges(row: Awaited<ReturnType<typeof minutesQuery>>[number]): TimelineEntry {
  const at = Number(row.minute) * MINUTE_MS
  return {
    id: `charges:${at}`,
    at: new Date(at),
    kind: 'charges',
    amount: sumFrom(row),
    payments: Number(row.payments),
    until: new Date(at + MINUTE_MS),
  }
}
