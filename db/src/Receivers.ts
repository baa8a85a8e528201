/** The channels of those who are paid. Read-only, a single indexed statement. */
import { and, asc, eq, gt } from 'drizzle-orm'
import type { Database } from './Database.ts'

/**
 * Channels that pay `receiver`, with the name of the StreamSession that has their numbers; by id, after `after`. A channel
 * is here seconds after it was first charged.
 */
export function channelsOfReceiver(
  db: Database,
  receiver: `0x${string}`,
  { after, limit }: { after?: `0x${string}` | undefined; limit: number },
) {
  const { channel } = db.tables
  const of = eq(channel.receiver, receiver)
  return db.orm
    .select({ id: channel.id, session: channel.session, chainId: channel.chainId })
    .from(channel)
    .where(after === undefined ? of : and(of, gt(channel.id, after)))
    .orderBy(asc(channel.id))
    .limit(limit)
}
