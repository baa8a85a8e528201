/**
 * What a provider sold in a period of whole hours (UTC), by route or by hour. Hours that are over come from `usage_hour`,
 * the last two from the charges themselves: they may not have been counted yet.
 */
import { and, asc, count, desc, eq, gte, lt, sql } from 'drizzle-orm'
import { sumFrom, sumOf } from './AmountSums.ts'
import type { Database } from './Database.ts'
import { HOUR_MS } from './UsageHours.ts'

export type Sold = { revenue: bigint; requests: number }
type Period = { since: Date; until: Date }

/** Channels of which the lag of settlement is taken: by id, which is a hash, so that they are a sample of all. */
const LAG_CHANNELS = 2_000
/** The newest payouts of them that are looked at. */
const LAG_PAYOUTS = 200
/** Hours at the end that are read from charges. */
const FRESH_HOURS = 2

/** By route. Routes that sold nothing are not in it. */
export async function soldByRoute(db: Database, providerId: string, period: Period, now: Date) {
  const { counted, fresh } = split(period, now)
  const sums = new Map<string, Sold>()
  if (counted !== undefined) {
    for (const { routeId, ...row } of await countedByRoute(db, providerId, counted)) add(sums, routeId, row)
  }
  if (fresh !== undefined) {
    for (const { routeId, ...row } of await freshQuery(db, providerId, fresh)) add(sums, routeId ?? '', row)
  }
  return sums
}

/** By hour: Unix milliseconds of its start. Hours in which nothing was sold are not in it. */
export async function soldByHour(db: Database, providerId: string, period: Period, now: Date) {
  const { counted, fresh } = split(period, now)
  const sums = new Map<number, Sold>()
  if (counted !== undefined) {
    for (const { hour, ...row } of await countedByHour(db, providerId, counted)) add(sums, hour.getTime(), row)
  }
  if (fresh !== undefined) {
    for (const { hour, ...row } of await freshQuery(db, providerId, fresh)) add(sums, Number(hour) * HOUR_MS, row)
  }
  return sums
}

/** The part of a period that is read from `usage_hour`, and the part that is read from charges. */
function split({ since, until }: Period, now: Date): { counted?: Period; fresh?: Period } {
  const middle = (Math.floor(now.getTime() / HOUR_MS) - FRESH_HOURS + 1) * HOUR_MS
  const between = new Date(Math.min(Math.max(since.getTime(), middle), until.getTime()))
  return {
    ...(since < between ? { counted: { since, until: between } } : {}),
    ...(between < until ? { fresh: { since: between, until } } : {}),
  }
}

function add<K>(sums: Map<K, Sold>, key: K, row: Parameters<typeof sumFrom>[0] & { payments: number }): void {
  const { revenue = 0n, requests = 0 } = sums.get(key) ?? {}
  sums.set(key, { revenue: revenue + sumFrom(row), requests: requests + Number(row.payments) })
}

/** The statements behind `soldByRoute` and `soldByHour`. */
export function countedByRoute(db: Database, providerId: string, { since, until }: Period) {
  const { route, usageHour: h } = db.tables
  return db.orm
    .select({ routeId: h.routeId, payments: sql<number>`sum(${h.payments})`, ...sumOf(db, h.amount) })
    .from(route)
    .innerJoin(h, eq(h.routeId, route.id))
    .where(and(eq(route.providerId, providerId), gte(h.hour, since), lt(h.hour, until)))
    .groupBy(h.routeId)
}

export function countedByHour(db: Database, providerId: string, { since, until }: Period) {
  const { route, usageHour: h } = db.tables
  return db.orm
    .select({ hour: h.hour, payments: sql<number>`sum(${h.payments})`, ...sumOf(db, h.amount) })
    .from(route)
    .innerJoin(h, eq(h.routeId, route.id))
    .where(and(eq(route.providerId, providerId), gte(h.hour, since), lt(h.hour, until)))
    .groupBy(h.hour)
    .orderBy(asc(h.hour))
}

export function freshQuery(db: Database, providerId: string, { since, until }: Period) {
  const { microPayment: p } = db.tables
  const hour =
    db.dialect === 'd1' ? sql<number>`${p.at} / 3600000` : sql<number>`floor(extract(epoch from ${p.at}) / 3600)`
  return db.orm
    .select({ routeId: p.routeId, hour, payments: count(), ...sumOf(db, p.amount) })
    .from(p)
    .where(and(eq(p.providerId, providerId), gte(p.at, since), lt(p.at, until)))
    .groupBy(p.routeId, hour)
}

/** The paths of a provider's routes, by id. */
export async function pathsOf(db: Database, providerId: string): Promise<Map<string, string>> {
  const { route } = db.tables
  const rows = await db.orm
    .select({ id: route.id, path: route.path })
    .from(route)
    .where(eq(route.providerId, providerId))
  return new Map(rows.map(({ id, path }) => [id, path]))
}

/** Charged on the channels that the provider sold on, and neither paid out nor lost: all of what those channels owe. */
export async function unsettledOf(db: Database, providerId: string): Promise<bigint> {
  const { channel } = db.tables
  const sums = [channel.spent, channel.settled, channel.lost] as const
  const [spent = 0n, settled = 0n, lost = 0n] = await Promise.all(
    sums.map(async (column) => {
      const [row] = await channelSum(db, providerId, column)
      return row === undefined ? 0n : sumFrom(row)
    }),
  )
  const left = spent - settled - lost
  return left > 0n ? left : 0n
}

type Channel = Database['tables']['channel']

/** The statement behind `unsettledOf`. */
export function channelSum(db: Database, providerId: string, column: Channel['spent' | 'settled' | 'lost']) {
  const { providerChannel: pc, channel } = db.tables
  return db.orm
    .select(sumOf(db, column))
    .from(pc)
    .innerJoin(channel, eq(channel.id, pc.channelId))
    .where(eq(pc.providerId, providerId))
}

/**
 * How long what was paid out in a period had waited, in milliseconds, shortest first: for each payout the time since the
 * first charge on its channel after the payout before it.
 */
export async function lagsOf(db: Database, providerId: string, period: Period): Promise<number[]> {
  const rows = await payoutsQuery(db, providerId, period)
  return rows.flatMap(({ waited }) => (waited === null ? [] : [Math.round(Number(waited))])).sort((a, b) => a - b)
}

/** The statement behind `lagsOf`: payouts, newest first. */
export function payoutsQuery(db: Database, providerId: string, { since, until }: Period) {
  const { providerChannel: pc, movement: m } = db.tables
  const some = db.orm
    .select({ channelId: pc.channelId })
    .from(pc)
    .where(eq(pc.providerId, providerId))
    .orderBy(asc(pc.channelId))
    .limit(LAG_CHANNELS)
    .as('some')
  return db.orm
    .select({ at: m.at, waited: waited(db) })
    .from(some)
    .innerJoin(m, eq(m.channelId, some.channelId))
    .where(and(eq(m.kind, 'settle'), gte(m.at, since), lt(m.at, until)))
    .orderBy(desc(m.at))
    .limit(LAG_PAYOUTS)
}

/** Milliseconds of a payout since the first charge of its channel after the payout before it; null: there is none. */
function waited(db: Database) {
  const never = db.dialect === 'd1' ? '0' : `timestamptz 'epoch'`
  const before = `select max(b.at) from movement b
    where b.channel_id = movement.channel_id and b.kind = 'settle' and b.at < movement.at`
  const first = `select min(p.at) from micro_payment p
    where p.channel_id = movement.channel_id and p.at < movement.at and p.at >= coalesce((${before}), ${never})`
  const gap = `movement.at - (${first})`
  return sql<number | null>`${sql.raw(db.dialect === 'd1' ? gap : `extract(epoch from ${gap}) * 1000`)}`
}
