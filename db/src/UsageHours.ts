/**
 * What each route sold in each hour (UTC), from its charges: `usage_hour`. An hour is counted again from nothing each
 * time, so that counting twice, or late, ends in the same numbers.
 */
import { and, asc, count, eq, gte, isNotNull, lt, max, min, sql } from 'drizzle-orm'
import type { Database } from './Database.ts'

export const HOUR_MS = 3_600_000

/** How many kinds of charges (of one amount and usage) are read at once; more are read in parts of the hour. */
const KINDS_MAX = 2_000
/** How many missing hours one run counts. */
const MISSING_MAX = 24
/** Rows of one statement: five values each. */
const ROWS_MAX = 20

export type UsageHour = Database['tables']['usageHour']['$inferSelect']

type Sum = { payments: number; amount: bigint; units: Map<string, bigint> }

/** Counts the hour that begins at `hour`. */
export async function countHour(db: Database, hour: Date, kindsMax = KINDS_MAX): Promise<void> {
  const sums = new Map<string, Sum>()
  await add(db, sums, kindsMax, hour.getTime(), hour.getTime() + HOUR_MS)
  const rows = Array.from(sums, ([routeId, { payments, amount, units }]) => ({
    routeId,
    hour,
    payments,
    amount: amount.toString(),
    units: Object.fromEntries(Array.from(units, ([unit, used]) => [unit, used.toString()])),
  }))
  const { usageHour } = db.tables
  for (let from = 0; from < rows.length; from += ROWS_MAX) {
    await db.orm
      .insert(usageHour)
      .values(rows.slice(from, from + ROWS_MAX))
      .onConflictDoUpdate({
        target: [usageHour.routeId, usageHour.hour],
        set: { payments: sql`excluded.payments`, amount: sql`excluded.amount`, units: sql`excluded.units` },
      })
  }
}

/** Adds what was charged from `from` to before `until`, both Unix milliseconds. Amounts are added here, not in SQL. */
async function add(db: Database, sums: Map<string, Sum>, most: number, from: number, until: number): Promise<void> {
  const { microPayment: p } = db.tables
  const usage = sql<string | null>`cast(${p.usage} as text)`
  const kinds = await db.orm
    .select({ routeId: p.routeId, amount: p.amount, usage, payments: count() })
    .from(p)
    .where(and(gte(p.at, new Date(from)), lt(p.at, new Date(until)), isNotNull(p.routeId)))
    .groupBy(p.routeId, p.amount, usage)
    .limit(most + 1)
  if (kinds.length > most && until - from > 1) {
    const middle = Math.floor((from + until) / 2)
    await add(db, sums, most, from, middle)
    return add(db, sums, most, middle, until)
  }
  for (const kind of kinds) {
    const sum = sums.get(kind.routeId!) ?? { payments: 0, amount: 0n, units: new Map() }
    sum.payments += Number(kind.payments)
    sum.amount += BigInt(kind.amount) * BigInt(kind.payments)
    for (const [unit, used] of usageOf(kind.usage)) {
      sum.units.set(unit, (sum.units.get(unit) ?? 0n) + BigInt(used) * BigInt(kind.payments))
    }
    sums.set(kind.routeId!, sum)
  }
}

function usageOf(text: string | null): [string, string][] {
  return text === null ? [] : Object.entries(JSON.parse(text) as Record<string, string>)
}

/**
 * Which hours a run counts: one that is over, the newest most often, each of the last 31 again and again (a charge may
 * reach the database late); and before them those that were never counted, the oldest first.
 */
export async function hoursDue(db: Database, now: Date): Promise<Date[]> {
  const hour = Math.floor(now.getTime() / HOUR_MS) * HOUR_MS
  const minute = now.getUTCMinutes()
  const back = minute % 2 === 0 ? 1 : 2 + (minute - 1) / 2
  const missing = await oldestMissing(db, new Date(hour - HOUR_MS))
  return [...(missing === undefined ? [] : [missing]), new Date(hour - back * HOUR_MS)]
}

/** The first hour before `until` in which something was charged after the newest that was counted. */
async function oldestMissing(db: Database, until: Date): Promise<Date | undefined> {
  const { microPayment: p, usageHour } = db.tables
  const [counted] = await db.orm
    .select({ hour: max(usageHour.hour) })
    .from(usageHour)
    .where(lt(usageHour.hour, until))
  const from = counted?.hour == null ? undefined : new Date(counted.hour.getTime() + HOUR_MS)
  const [first] = await db.orm
    .select({ at: min(p.at) })
    .from(p)
    .where(and(lt(p.at, until), isNotNull(p.routeId), from === undefined ? undefined : gte(p.at, from)))
  if (first?.at == null) return undefined
  return new Date(Math.floor(first.at.getTime() / HOUR_MS) * HOUR_MS)
}

/** Counts what is due. One run after another catches up with any past. */
export async function countDue(db: Database, now: Date): Promise<void> {
  for (let run = 0; run < MISSING_MAX; run++) {
    const [first, ...rest] = await hoursDue(db, now)
    await countHour(db, first!)
    if (rest.length === 0) return
  }
}

/** The counted hours of a route from `from` to before `until`, oldest first. Hours in which nothing was sold have none. */
export function hoursOf(db: Database, routeId: string, from: Date, until: Date): Promise<UsageHour[]> {
  const { usageHour } = db.tables
  return Promise.resolve(
    db.orm
      .select()
      .from(usageHour)
      .where(and(eq(usageHour.routeId, routeId), gte(usageHour.hour, from), lt(usageHour.hour, until)))
      .orderBy(asc(usageHour.hour)),
  )
}
