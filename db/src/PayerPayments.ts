/**
 * What the keys of a payer paid. The payer of a charge stands in the name of its session, and only the payer's own
 * signature has ever put money there: an address that somebody only names pays nothing.
 */
import type { Address } from '@pbstream/core/Hex'
import { parseSessionName } from '@pbstream/core/message/Session'
import { and, desc, eq, gte, inArray, lt, or, type SQL, sql } from 'drizzle-orm'
import type { SQLiteColumn } from 'drizzle-orm/sqlite-core'
import type { Database } from './Database.ts'

/** Whose. `chainIds`: the chains of the mode, on which the address is the owner's. */
export type Payer = { payer: Address; chainIds: readonly number[] }

export type PaymentFilter = {
  session?: string | undefined
  route?: string | undefined
  provider?: string | undefined
  since?: Date | undefined
  until?: Date | undefined
}

/** Where in the list: of the last charge shown. */
export type PaymentPlace = { at: Date; session: string; seq: number }

type Joined = ReturnType<typeof joined>
/** A charge, with what is known of its channel, key and seller. */
export type PaidRow = Awaited<Joined>[number]

/** Charges, newest first; those of one key without times in the order of its journal. */
export function paymentsOf(
  db: Database,
  whose: Payer,
  filter: PaymentFilter,
  after: PaymentPlace | undefined,
  limit: number,
) {
  const { microPayment: p } = db.tables
  const { session, route, provider, since, until } = filter
  const rows = joined(db)
  const others = [
    route === undefined ? undefined : besides(db, p.routeId, route),
    provider === undefined ? undefined : besides(db, p.providerId, provider),
  ]
  // A key is read from its journal's end; but a time is found among all that the payer paid, since a journal is not
  // ordered by it.
  if (session !== undefined && since === undefined && until === undefined) {
    const place = after === undefined ? undefined : lt(p.seq, after.seq)
    return rows
      .where(and(isOfPayer(session, whose), eq(p.session, session), ...others, place))
      .orderBy(desc(p.seq))
      .limit(limit)
  }
  const place =
    after === undefined
      ? undefined
      : sql`(${p.at}, ${p.session}, ${p.seq}) < (${sql.param(after.at, p.at)}, ${after.session}, ${after.seq})`
  return rows
    .where(and(ofPayer(p.session, whose), during(db, filter), ...others, place))
    .orderBy(desc(p.at), desc(p.session), desc(p.seq))
    .limit(limit)
}

/** One charge by its place in the journal of a session of the payer. */
export function paymentQuery(db: Database, whose: Payer, session: string, seq: number) {
  const { microPayment: p } = db.tables
  return joined(db)
    .where(and(isOfPayer(session, whose), eq(p.session, session), eq(p.seq, seq)))
    .limit(1)
}

/** The paths of some routes (a page of them) at the gateway, by their ids. */
export async function pathsOf(db: Database, routes: readonly string[]): Promise<Map<string, string>> {
  const { route } = db.tables
  if (routes.length === 0) return new Map()
  const rows = await db.orm
    .select({ id: route.id, path: route.path })
    .from(route)
    .where(inArray(route.id, [...routes]))
  return new Map(rows.map(({ id, path }) => [id, path]))
}

function joined(db: Database) {
  const { microPayment: p, channel, sessionKey, provider } = db.tables
  return db.orm
    .select({
      payment: p,
      channel: {
        receiver: channel.receiver,
        token: channel.token,
        claimed: channel.claimed,
        settled: channel.settled,
      },
      key: { publicId: sessionKey.publicId, name: sessionKey.name, owner: sessionKey.owner, mode: sessionKey.mode },
      provider: provider.name,
    })
    .from(p)
    .leftJoin(channel, eq(channel.id, p.channelId))
    .leftJoin(sessionKey, eq(sessionKey.id, p.session))
    .leftJoin(provider, eq(provider.id, p.providerId))
}

/** Conditions of whose session it is, by which rows are found. */
export function ofPayer(session: SQLiteColumn, { payer, chainIds }: Payer): SQL {
  const who = sql`substr(${session}, length(${session}) - 84, 42) = ${payer}`
  // Not by `like`: there are indexes that begin with the session, and a chain has the rows of everybody.
  const chains = chainIds.map((chainId) => {
    const prefix = `${chainId}:`
    return sql`substr(${session}, 1, ${sql.raw(String(prefix.length))}) = ${prefix}`
  })
  // PostgreSQL takes an equation that it knows nothing of for true of one row in two hundred, and would sort the rest.
  return sql`${who} and coalesce(${or(...chains) ?? NEVER}, false)`
}

const NEVER = sql`1 = 0`

/** The same of one session, whose name says it: rows are found by that. */
function isOfPayer(session: string, { payer, chainIds }: Payer): SQL | undefined {
  const ref = parseSessionName(session)
  return ref !== undefined && ref.payer === payer && chainIds.includes(ref.chainId) ? undefined : NEVER
}

/** Conditions of time, and of one key where there is a time too. */
export function during(db: Database, { session, since, until }: PaymentFilter): SQL | undefined {
  const { microPayment: p } = db.tables
  return and(
    session === undefined ? undefined : besides(db, p.session, session),
    since === undefined ? undefined : gte(p.at, since),
    until === undefined ? undefined : lt(p.at, until),
  )
}

/** A condition that SQLite must not look for rows by; PostgreSQL knows how many there are of each. */
export function besides(db: Database, column: SQLiteColumn, value: string): SQL {
  return db.dialect === 'd1' ? sql`${column} || '' = ${value}` : eq(column, value)
}
