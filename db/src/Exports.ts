/**
 * Rows for files, page by page by keyset: of what the providers of an owner sold and were paid, of what an owner's keys
 * paid, and of his audit. Everything starts from what is the owner's: a part (a provider, or a session) is looked for
 * among his, so that a place in a file carries no right.
 */
import type { Address, Hex } from '@pbstream/core/Hex'
import { and, asc, eq, gt, gte, inArray, lt, type SQL, sql } from 'drizzle-orm'
import type { Database } from './Database.ts'
import type { Mode } from './Mode.ts'

/** Whose. `chainIds`: the chains of the mode, on which the address is the owner's. */
export type Whose = { owner: string; mode: Mode; address: Address; chainIds: number[] }
/** Of what: all that a provider sold, or all that the keys of a payer paid. */
export type Side = 'provider' | 'payer'
export type Filter = {
  since?: Date | undefined
  until?: Date | undefined
  route?: string | undefined
  session?: string | undefined
}
/** Where in the rows of a part: Unix milliseconds, session or channel, number in the journal. */
export type Place = { at: number; of: string; seq: number }

/** Providers of an owner, or sessions of a payer that were used, by id; from `from` on, itself included. */
export function partsOf(db: Database, side: Side, whose: Whose, filter: Filter, from: string, limit: number) {
  const { provider, sessionKey, streamSession } = db.tables
  if (side === 'provider') {
    const of = and(eq(provider.owner, whose.owner), eq(provider.mode, whose.mode), gte(provider.id, from))
    return db.orm.select({ id: provider.id }).from(provider).where(of).orderBy(asc(provider.id)).limit(limit)
  }
  // No chain in this mode: an id that no key has.
  const chainIds = whose.chainIds.length === 0 ? [-1] : whose.chainIds
  return db.orm
    .select({ id: sessionKey.session })
    .from(sessionKey)
    .innerJoin(streamSession, eq(streamSession.id, sessionKey.session))
    .where(
      and(
        eq(sessionKey.payer, whose.address),
        inArray(sessionKey.chainId, chainIds),
        gte(sessionKey.session, from),
        filter.session === undefined ? undefined : eq(sessionKey.session, filter.session),
        // A session whose last row is older has none to show.
        filter.since === undefined ? undefined : gte(streamSession.lastAt, filter.since),
      ),
    )
    .orderBy(asc(sessionKey.session))
    .limit(limit)
}

/** Charges of a part: of a provider by time, of one session in the order of its journal. */
export function payments(
  db: Database,
  side: Side,
  part: string,
  filter: Filter,
  after: Place | undefined,
  limit: number,
) {
  const { microPayment: p } = db.tables
  const session = side === 'payer' ? part : filter.session
  const place =
    after === undefined
      ? undefined
      : session === undefined
        ? sql`(${p.at}, ${p.session}, ${p.seq}) > (${sql.param(new Date(after.at), p.at)}, ${after.of}, ${after.seq})`
        : gt(p.seq, after.seq)
  // Of a route or a session the rows are found by that, not among all of the provider's. SQLite has to be told, by an
  // expression that has no index; PostgreSQL knows how many there are of each.
  const narrowed = db.dialect === 'd1' && (session !== undefined || filter.route !== undefined)
  const conditions: (SQL | undefined)[] = [
    side === 'payer' ? undefined : narrowed ? sql`${p.providerId} || '' = ${part}` : eq(p.providerId, part),
    session === undefined ? undefined : eq(p.session, session),
    filter.route === undefined ? undefined : eq(p.routeId, filter.route),
    filter.since === undefined ? undefined : gte(p.at, filter.since),
    filter.until === undefined ? undefined : lt(p.at, filter.until),
    place,
  ]
  const rows = db.orm
    .select()
    .from(p)
    .where(and(...conditions))
  const ordered = session === undefined ? rows.orderBy(asc(p.at), asc(p.session), asc(p.seq)) : rows.orderBy(asc(p.seq))
  return ordered.limit(limit)
}

/**
 * What moved, with receiver and token of the channel: of the channels that a provider sold on by channel and time, of a
 * session in the order of its journal. `settled`: only what was paid out.
 */
export function movements(
  db: Database,
  side: Side,
  part: string,
  filter: Filter & { settled?: boolean },
  after: Place | undefined,
  limit: number,
) {
  const { movement: m, providerChannel: pc, channel } = db.tables
  const common = [
    filter.settled === true ? eq(m.kind, 'settle') : undefined,
    filter.since === undefined ? undefined : gte(m.at, filter.since),
    filter.until === undefined ? undefined : lt(m.at, filter.until),
  ]
  const columns = { movement: m, receiver: channel.receiver, token: channel.token }
  if (side === 'payer') {
    const rows = db.orm.select(columns).from(m).leftJoin(channel, eq(channel.id, m.channelId))
    const place = after === undefined ? undefined : gt(m.seq, after.seq)
    return rows
      .where(and(eq(m.session, part), ...common, place))
      .orderBy(asc(m.seq))
      .limit(limit)
  }
  const rows = db.orm
    .select(columns)
    .from(pc)
    .innerJoin(m, eq(m.channelId, pc.channelId))
    .leftJoin(channel, eq(channel.id, m.channelId))
  const place =
    after === undefined
      ? undefined
      : and(
          gte(pc.channelId, after.of as Hex),
          sql`(${pc.channelId}, ${m.at}, ${m.seq}) > (${after.of}, ${sql.param(new Date(after.at), m.at)}, ${after.seq})`,
        )
  const session = filter.session === undefined ? undefined : eq(m.session, filter.session)
  return rows
    .where(and(eq(pc.providerId, part), session, ...common, place))
    .orderBy(asc(pc.channelId), asc(m.at), asc(m.seq))
    .limit(limit)
}

/** A chain of the audit in its order, after row `after`. */
export function auditRows(
  db: Database,
  chain: string,
  { since, until }: Pick<Filter, 'since' | 'until'>,
  after: number,
  limit: number,
) {
  const { audit } = db.tables
  return db.orm
    .select()
    .from(audit)
    .where(
      and(
        eq(audit.chain, chain),
        gt(audit.seq, after),
        since === undefined ? undefined : gte(audit.at, since),
        until === undefined ? undefined : lt(audit.at, until),
      ),
    )
    .orderBy(asc(audit.seq))
    .limit(limit)
}
