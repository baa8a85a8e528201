/** Payments as they were recorded, for rules to be tried on: of a provider, or of what a payer's keys paid. */
import type { Address, Hex } from '@pbstream/core/Hex'
import { and, asc, eq, gte, inArray, isNull, lt, sql } from 'drizzle-orm'
import type { Database } from './Database.ts'

/** Whose stops: by the rules of a provider, of the keys of a payer on these chains, or all. */
export type Whose = { scope: string } | { payer: Address; chainIds: number[] } | 'all'

/** Receivers of channels, by their ids. */
export async function receiversOf(db: Database, channelIds: readonly Hex[]): Promise<Map<Hex, string>> {
  const { channel } = db.tables
  const found = new Map<Hex, string>()
  for (let i = 0; i < channelIds.length; i += db.maxParameters) {
    const rows = await db.orm
      .select({ id: channel.id, receiver: channel.receiver })
      .from(channel)
      .where(inArray(channel.id, channelIds.slice(i, i + db.maxParameters)))
    for (const { id, receiver } of rows) found.set(id, receiver)
  }
  return found
}

/** Stops of a time that nobody has released: what they stopped was no mistake, as far as anybody said. */
export function heldStops(db: Database, whose: Whose, since: Date, until: Date, limit: number) {
  const { sentinelStop: s } = db.tables
  return db.orm
    .select({ session: s.session, at: s.at })
    .from(s)
    .where(
      and(
        whose === 'all'
          ? undefined
          : 'scope' in whose
            ? eq(s.scope, whose.scope)
            : and(eq(s.payer, whose.payer), inArray(s.chainId, whose.chainIds.length === 0 ? [-1] : whose.chainIds)),
        isNull(s.releasedAt),
        gte(s.at, since),
        lt(s.at, until),
      ),
    )
    .orderBy(asc(s.at), asc(s.id))
    .limit(limit)
}

/** Charges of all there are, in the order of time. */
export function paymentsBetween(
  db: Database,
  { since, until }: { since: Date; until: Date },
  after: { at: Date; session: string; seq: number } | undefined,
  limit: number,
) {
  const { microPayment: p } = db.tables
  const later =
    after === undefined
      ? undefined
      : sql`(${p.at}, ${p.session}, ${p.seq}) > (${sql.param(after.at, p.at)}, ${after.session}, ${after.seq})`
  return db.orm
    .select()
    .from(p)
    .where(and(gte(p.at, since), lt(p.at, until), later))
    .orderBy(asc(p.at), asc(p.session), asc(p.seq))
    .limit(limit)
}
