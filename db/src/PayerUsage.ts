/**
 * What a payer spent in each hour or day (UTC), in all, by key or by seller: exact sums of its charges. The hourly totals
 * of routes do not say who paid, so charges are added up, by the index that finds those of a payer in a time.
 */
import { and, count, inArray, sql } from 'drizzle-orm'
import { sumFrom, sumOf } from './AmountSums.ts'
import type { Database } from './Database.ts'
import { during, ofPayer, type Payer } from './PayerPayments.ts'

export const STEP_MS = { hour: 3_600_000, day: 86_400_000 } as const
export type Step = keyof typeof STEP_MS
export type By = 'total' | 'key' | 'service'

export type UsageAsked = { since: Date; until: Date; step: Step; by: By; session?: string | undefined }

/** `at`: the start of the step, Unix ms. `group`: a session or a provider; null for all, or where there is none. */
export type UsagePoint = { at: number; group: string | null; spent: bigint; payments: number }

/** A statement reads this much time at most: D1 stops one after 30 seconds. */
const PORTION_MS = 7 * STEP_MS.day
/** So many charges are added up for one answer, give or take those of a portion: about 8 microseconds each. */
export const CHARGES_MAX = 2_000_000

/** Steps in which something was charged, oldest first; undefined when that are too many charges. */
export async function usageOf(
  db: Database,
  whose: Payer,
  asked: UsageAsked,
  most = CHARGES_MAX,
): Promise<UsagePoint[] | undefined> {
  const points: UsagePoint[] = []
  let charges = 0
  const end = asked.until.getTime()
  for (let from = asked.since.getTime(); from < end;) {
    // Between two steps, so that no step is in two portions.
    const until = Math.min(end, Math.floor((from + PORTION_MS) / STEP_MS.day) * STEP_MS.day)
    const portion = { ...asked, since: new Date(from), until: new Date(until) }
    const found = (await usageQuery(db, whose, portion)).map((row) => pointOf(row, asked.step))
    charges += found.reduce((sum, { payments }) => sum + payments, 0)
    if (charges > most) return undefined
    for (const point of found) points.push(point)
    from = until
  }
  return points.sort((a, b) => a.at - b.at)
}

/** The statement behind `usageOf`. */
export function usageQuery(db: Database, whose: Payer, { since, until, step, by, session }: UsageAsked) {
  const { microPayment: p } = db.tables
  const seconds = sql.raw(String(STEP_MS[step] / 1_000))
  const index =
    db.dialect === 'd1'
      ? sql<number>`${p.at} / (${seconds} * 1000)`
      : sql<number>`floor(extract(epoch from ${p.at}) / ${seconds})::int`
  const group = { total: sql<string | null>`null`, key: sql<string | null>`${p.session}`, service: p.providerId }[by]
  const rows = db.orm
    .select({ index, group: sql<string | null>`${group}`, payments: count(), ...sumOf(db, p.amount) })
    .from(p)
    .where(and(ofPayer(p.session, whose), during(db, { session, since, until })))
  return by === 'total' ? rows.groupBy(index) : rows.groupBy(index, group)
}

type Row = Awaited<ReturnType<typeof usageQuery>>[number]

function pointOf({ index, group, payments, ...parts }: Row, step: Step): UsagePoint {
  return { at: Number(index) * STEP_MS[step], group, spent: sumFrom(parts), payments: Number(payments) }
}

/** The names that some sessions and providers go by. */
export async function labelsOf(db: Database, by: By, groups: readonly string[]) {
  const { sessionKey: k, provider } = db.tables
  if (groups.length === 0 || by === 'total') return []
  const rows = { key: k.publicId, name: k.name, owner: k.owner, mode: k.mode }
  if (by === 'key') {
    return db.orm
      .select({ group: k.id, ...rows })
      .from(k)
      .where(inArray(k.id, [...groups]))
  }
  const names = await db.orm
    .select({ group: provider.id, name: provider.name })
    .from(provider)
    .where(inArray(provider.id, [...groups]))
  return names.map((row) => ({ ...row, key: null, owner: null, mode: null }))
}
