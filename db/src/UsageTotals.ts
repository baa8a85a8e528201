/** How much payers have used of a route in a period of its card, over all their sessions: the newest that each has told. */
import type { Address } from '@pbstream/core/Hex'
import { add, type Counts } from '@pbstream/core/message/Counts'
import { and, eq } from 'drizzle-orm'
import type { Database } from './Database.ts'

/** Whose usage of what, and when: `period` as the card counts it (`2026-11`). */
export type UsageOf = { payer: Address; routeId: string; period: string }

/** The sum over the sessions of a payer, `but` that one: it knows its own count better. Decimal strings. */
export async function usageOf(db: Database, of: UsageOf, but?: string): Promise<{ units: Counts; charged: string }> {
  const rows = (await usageRows(db, of)).filter(({ session }) => session !== but)
  return {
    units: rows.reduce<Counts>((sum, row) => add(sum, row.units), {}),
    charged: String(rows.reduce((sum, row) => sum + BigInt(row.charged), 0n)),
  }
}

export function usageRows(db: Database, { payer, routeId, period }: UsageOf) {
  const { usageTotal: t } = db.tables
  return db.orm
    .select({ session: t.session, units: t.units, charged: t.charged })
    .from(t)
    .where(and(eq(t.payer, payer), eq(t.routeId, routeId), eq(t.period, period)))
}
