/**
 * What a provider may see of its business: rows of its own charges, and of the channels that it sold on. A receiver's
 * address proves nothing, since anybody can name any address as his.
 */
import type { Address, Hex } from '@pbstream/core/Hex'
import { and, asc, desc, eq, gt, gte, isNull, lt, type SQL, sql } from 'drizzle-orm'
import type { Database } from './Database.ts'

export type Period = { since?: Date | undefined; until?: Date | undefined }

/** Charges, newest first. */
export function paymentsOf(
  db: Database,
  providerId: string,
  { routeId, since, until }: Period & { routeId?: string | undefined },
  after: { at: Date; session: string; seq: number } | undefined,
  limit: number,
) {
  const { microPayment: p } = db.tables
  const before =
    after === undefined
      ? undefined
      : sql`(${p.at}, ${p.session}, ${p.seq}) < (${sql.param(after.at, p.at)}, ${after.session}, ${after.seq})`
  const conditions: (SQL | undefined)[] = [
    routeId === undefined ? eq(p.providerId, providerId) : eq(p.routeId, routeId),
    since === undefined ? undefined : gte(p.at, since),
    until === undefined ? undefined : lt(p.at, until),
    before,
  ]
  return db.orm
    .select()
    .from(p)
    .where(and(...conditions))
    .orderBy(desc(p.at), desc(p.session), desc(p.seq))
    .limit(limit)
}

/** Channels with the session that each belongs to, by id. */
export function channelsOf(
  db: Database,
  providerId: string,
  { receiver, chainId }: { receiver?: Address | undefined; chainId?: number | undefined },
  after: string,
  limit: number,
) {
  const { providerChannel: pc, channel } = db.tables
  return db.orm
    .select({ channel })
    .from(pc)
    .innerJoin(channel, eq(channel.id, pc.channelId))
    .where(
      and(
        eq(pc.providerId, providerId),
        gt(pc.channelId, after as Hex),
        receiver === undefined ? undefined : eq(channel.receiver, receiver),
        chainId === undefined ? undefined : eq(channel.chainId, chainId),
      ),
    )
    .orderBy(asc(pc.channelId))
    .limit(limit)
}

/** Payouts on the provider's channels, by channel and then by time. `channelId`: of this channel only. */
export function settlementsOf(
  db: Database,
  providerId: string,
  { channelId, since, until }: Period & { channelId?: Hex | undefined },
  after: { channelId: string; at: Date; seq: number } | undefined,
  limit: number,
) {
  const { providerChannel: pc, movement: m } = db.tables
  const later =
    after === undefined
      ? undefined
      : sql`(${pc.channelId}, ${m.at}, ${m.seq}) > (${after.channelId}, ${sql.param(after.at, m.at)}, ${after.seq})`
  return db.orm
    .select({ movement: m })
    .from(pc)
    .innerJoin(m, eq(m.channelId, pc.channelId))
    .where(
      and(
        eq(pc.providerId, providerId),
        after === undefined ? undefined : gte(pc.channelId, after.channelId as Hex),
        eq(m.kind, 'settle'),
        channelId === undefined ? undefined : eq(pc.channelId, channelId),
        since === undefined ? undefined : gte(m.at, since),
        until === undefined ? undefined : lt(m.at, until),
        later,
      ),
    )
    .orderBy(asc(pc.channelId), asc(m.at), asc(m.seq))
    .limit(limit)
}

/** Incidents on the provider's channels, by channel and then by id. `open`: that hold. */
export function incidentsOf(
  db: Database,
  providerId: string,
  { open }: { open: boolean },
  after: { channelId: string; id: string } | undefined,
  limit: number,
) {
  const { providerChannel: pc, sentinelEvent: e } = db.tables
  return db.orm
    .select({ channelId: pc.channelId, incident: e })
    .from(pc)
    .innerJoin(e, eq(e.subject, pc.channelId))
    .where(
      and(
        eq(pc.providerId, providerId),
        open ? isNull(e.resolvedAt) : undefined,
        after === undefined ? undefined : gte(pc.channelId, after.channelId as Hex),
        after === undefined ? undefined : sql`(${pc.channelId}, ${e.id}) > (${after.channelId}, ${after.id})`,
      ),
    )
    .orderBy(asc(pc.channelId), asc(e.id))
    .limit(limit)
}
