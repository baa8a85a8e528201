/** Channels in which the money of a payer lies, with the key that each belongs to. */
import type { Hex } from '@pbstream/core/Hex'
import { and, asc, eq, gt } from 'drizzle-orm'
import type { Database } from './Database.ts'
import { besides, ofPayer, type Payer } from './PayerPayments.ts'

export type PayerChannel = Awaited<ReturnType<typeof channelsOf>>[number]

/** By id. `session`: of this one only. */
export function channelsOf(
  db: Database,
  whose: Payer,
  { session }: { session?: string | undefined },
  after: Hex | undefined,
  limit: number,
) {
  const { sessionKey: k, channel } = db.tables
  return db.orm
    .select({
      channel,
      key: { publicId: k.publicId, name: k.name, owner: k.owner, mode: k.mode },
    })
    .from(channel)
    .leftJoin(k, eq(k.id, channel.session))
    .where(
      and(
        ofPayer(channel.session, whose),
        session === undefined ? undefined : besides(db, channel.session, session),
        after === undefined ? undefined : gt(channel.id, after),
      ),
    )
    .orderBy(asc(channel.id))
    .limit(limit)
}
