/**
 * From events to rows. Whatever order the queue delivers in, however often, and however the same facts are cut into
 * events, the rows come out the same:
 * - a journal row is a fact with a key (session, seq): the first insert stands, a repeat is ignored;
 * - a channel, a transaction or a count of usage is a row of cumulative numbers with a revision: only a newer one
 *   replaces it;
 * - a session keeps the highest seq and its time, a key the earliest time it was seen;
 * - what Sentinel decided: see `ProjectionSentinel`; answers 402 of a gateway's isolate: see `Challenges`.
 *
 * No row refers to another by a foreign key: a charge may arrive before its session does.
 */
import type { IncidentEvent, JournalRow, PbEvent, SessionEvent, TransactionEvent } from '@pbstream/core/message/Event'
import { sessionName } from '@pbstream/core/message/Session'
import { sql } from 'drizzle-orm'
import { challengeStatements, foldChallenges } from './Challenges.ts'
import type { Database, Orm, Statement } from './Database.ts'
import { chunks, excluded, keep, type Row, sorted } from './ProjectionRows.ts'
import { foldSentinel, type SentinelRows, sentinelStatements } from './ProjectionSentinel.ts'
import { type ModeOf, news, newsStatements } from './WebhookNews.ts'

/**
 * Writes what the events tell. All of it can be repeated; when it throws, part of it may be written already. With
 * `modeOf` owners are told by webhook, in the same step; answers how many things somebody is told.
 */
export async function project(db: Database, events: readonly PbEvent[], modeOf?: ModeOf): Promise<number> {
  const rows = fold(events)
  const told = modeOf === undefined ? [] : await news(db, events, modeOf)
  const statements = (orm: Orm) => [
    ...sessionStatements(db, orm, rows),
    ...channelStatements(db, orm, rows),
    ...usageStatements(db, orm, rows),
    ...journalStatements(db, orm, rows),
    ...settlementStatements(db, orm, rows),
    ...incidentStatements(db, orm, rows),
    ...sentinelStatements(db, orm, rows.sentinel),
    ...challengeStatements(db, orm, rows.challenges),
    ...newsStatements(db, orm, told),
  ]
  const count = statements(db.orm).length
  for (let at = 0; at < count; at += STATEMENTS_AT_ONCE) {
    await db.atomically((orm) => statements(orm).slice(at, at + STATEMENTS_AT_ONCE))
  }
  return told.length
}

/** Statements in one batch: keeps it far below D1's 30 seconds, and a lock on Postgres short. */
const STATEMENTS_AT_ONCE = 50

type Rows = {
  keys: Row<'sessionKey'>[]
  sessions: Row<'streamSession'>[]
  channels: Row<'channel'>[]
  usage: Row<'usageTotal'>[]
  payments: Row<'microPayment'>[]
  providerChannels: Row<'providerChannel'>[]
  movements: Row<'movement'>[]
  settlements: Row<'settlement'>[]
  incidents: Row<'sentinelEvent'>[]
  sentinel: SentinelRows
  challenges: Row<'challengeHour'>[]
}

/**
 * One row for each key, so that no statement meets a key twice (Postgres refuses that). Sorted by key, so that two
 * consumers at work on the same keys cannot lock each other out.
 */
function fold(events: readonly PbEvent[]): Rows {
  const keys = new Map<string, Row<'sessionKey'>>()
  const sessions = new Map<string, Row<'streamSession'>>()
  const channels = new Map<string, Row<'channel'>>()
  const usage = new Map<string, Row<'usageTotal'>>()
  const payments = new Map<string, Row<'microPayment'>>()
  const movements = new Map<string, Row<'movement'>>()
  const settlements = new Map<string, Row<'settlement'>>()
  const incidents = new Map<string, Row<'sentinelEvent'>>()
  for (const event of events) {
    if (event.kind === 'transaction') {
      const row = toSettlement(event)
      keep(settlements, `${row.chainId} ${row.signer} ${row.itemId}`, row, (old) => row.revision > old.revision)
    } else if (event.kind === 'incident') {
      keep(incidents, event.id, toIncident(event), () => false)
    } else if (event.kind === 'session') {
      const key = toSessionKey(event)
      keep(keys, key.id, key, (old) => isEarlier(key.firstSeenAt, old.firstSeenAt))
      const session = toStreamSession(event)
      keep(sessions, session.id, session, (old) => session.lastSeq > old.lastSeq)
      for (const row of toChannels(event)) keep(channels, row.id, row, (old) => row.revision > old.revision)
      for (const row of toUsage(event)) {
        keep(usage, `${row.session} ${row.routeId} ${row.period}`, row, (old) => row.revision > old.revision)
      }
      for (const row of event.rows) {
        const at = `${session.id} ${row.seq}`
        if (row.kind === 'charge') keep(payments, at, toPayment(session.id, row), () => false)
        else keep(movements, at, toMovement(session.id, row, row.kind), () => false)
      }
    }
  }
  return {
    keys: sorted(keys),
    sessions: sorted(sessions),
    channels: sorted(channels),
    usage: sorted(usage),
    payments: sorted(payments),
    providerChannels: providerChannels(payments.values()),
    movements: sorted(movements),
    settlements: sorted(settlements),
    incidents: sorted(incidents),
    sentinel: foldSentinel(events),
    challenges: foldChallenges(events),
  }
}

/** Who sold on which channels: what lets a provider see its own and no others. */
function providerChannels(payments: Iterable<Row<'microPayment'>>): Row<'providerChannel'>[] {
  const pairs = new Map<string, Row<'providerChannel'>>()
  for (const { providerId, channelId } of payments)
    if (providerId != null) pairs.set(`${providerId} ${channelId}`, { providerId, channelId })
  return sorted(pairs)
}

function isEarlier(time: Date | null | undefined, than: Date | null | undefined): boolean {
  return time != null && (than == null || time < than)
}

function toSessionKey(event: SessionEvent): Row<'sessionKey'> {
  const { chainId, contract, payer, payerAuthorizer } = event.session
  const first = event.rows.reduce((least, row) => Math.min(least, row.at), Infinity)
  const id = sessionName(event.session)
  return {
    id,
    session: id,
    chainId,
    contract,
    payer,
    key: payerAuthorizer,
    firstSeenAt: first === Infinity ? null : new Date(first),
  }
}

function toStreamSession(event: SessionEvent): Row<'streamSession'> {
  const last = event.rows.reduce<JournalRow | undefined>(
    (a, b) => (a === undefined || b.seq > a.seq ? b : a),
    undefined,
  )
  return {
    ...event.session,
    id: sessionName(event.session),
    lastSeq: last?.seq ?? 0,
    lastAt: last === undefined ? null : new Date(last.at),
  }
}

function toChannels(event: SessionEvent): Row<'channel'>[] {
  const session = sessionName(event.session)
  return event.channels.map(({ channelId, ...numbers }) => ({
    ...numbers,
    id: channelId,
    session,
    chainId: event.session.chainId,
  }))
}

function toUsage({ session, usage = [] }: SessionEvent): Row<'usageTotal'>[] {
  return usage.map((total) => ({ ...total, session: sessionName(session), payer: session.payer }))
}

function toPayment(session: string, row: JournalRow): Row<'microPayment'> {
  const { kind: _kind, transaction: _transaction, at, ...rest } = row
  return { ...rest, session, at: new Date(at) }
}

function toMovement(session: string, row: JournalRow, kind: Row<'movement'>['kind']): Row<'movement'> {
  const { seq, channelId, debit, credit, amount, transaction, at } = row
  return { session, seq, kind, channelId, debit, credit, amount, transaction, at: new Date(at) }
}

function toSettlement(event: TransactionEvent): Row<'settlement'> {
  const { v: _v, kind: _kind, gasPrice: _gasPrice, attempts: _attempts, at, ...rest } = event
  return { ...rest, at: new Date(at) }
}

function toIncident({ id, what, detail, at }: IncidentEvent): Row<'sentinelEvent'> {
  return { id, what, detail, at: new Date(at), subject: detail['channelId'] ?? null }
}

function sessionStatements(db: Database, orm: Orm, { keys, sessions }: Rows): Statement[] {
  const { sessionKey, streamSession } = db.tables
  return [
    ...chunks(db, sessionKey, keys).map((rows) =>
      orm
        .insert(sessionKey)
        .values(rows)
        .onConflictDoUpdate({
          target: sessionKey.id,
          // The rest of the row belongs to whoever manages the key; what names it never changes.
          set: { firstSeenAt: sql`excluded.first_seen_at` },
          setWhere: sql`${sessionKey.firstSeenAt} is null or excluded.first_seen_at < ${sessionKey.firstSeenAt}`,
        }),
    ),
    ...chunks(db, streamSession, sessions).map((rows) =>
      orm
        .insert(streamSession)
        .values(rows)
        .onConflictDoUpdate({
          target: streamSession.id,
          set: excluded(streamSession),
          setWhere: sql`excluded.last_seq > ${streamSession.lastSeq}`,
        }),
    ),
  ]
}

function channelStatements(db: Database, orm: Orm, { channels }: Rows): Statement[] {
  const { channel } = db.tables
  return chunks(db, channel, channels).map((rows) =>
    orm
      .insert(channel)
      .values(rows)
      .onConflictDoUpdate({
        target: channel.id,
        set: excluded(channel),
        setWhere: sql`excluded.revision > ${channel.revision}`,
      }),
  )
}

function usageStatements(db: Database, orm: Orm, { usage }: Rows): Statement[] {
  const { usageTotal } = db.tables
  return chunks(db, usageTotal, usage).map((rows) =>
    orm
      .insert(usageTotal)
      .values(rows)
      .onConflictDoUpdate({
        target: [usageTotal.session, usageTotal.routeId, usageTotal.period],
        set: excluded(usageTotal),
        setWhere: sql`excluded.revision > ${usageTotal.revision}`,
      }),
  )
}

function journalStatements(
  db: Database,
  orm: Orm,
  { payments, movements, providerChannels: pairs }: Rows,
): Statement[] {
  const { microPayment, movement, providerChannel } = db.tables
  return [
    ...chunks(db, providerChannel, pairs).map((rows) => orm.insert(providerChannel).values(rows).onConflictDoNothing()),
    ...chunks(db, microPayment, payments).map((rows) => orm.insert(microPayment).values(rows).onConflictDoNothing()),
    ...chunks(db, movement, movements).map((rows) => orm.insert(movement).values(rows).onConflictDoNothing()),
  ]
}

function settlementStatements(db: Database, orm: Orm, { settlements }: Rows): Statement[] {
  const { settlement } = db.tables
  return chunks(db, settlement, settlements).map((rows) =>
    orm
      .insert(settlement)
      .values(rows)
      .onConflictDoUpdate({
        target: [settlement.chainId, settlement.signer, settlement.itemId],
        set: excluded(settlement),
        setWhere: sql`excluded.revision > ${settlement.revision}`,
      }),
  )
}

function incidentStatements(db: Database, orm: Orm, { incidents }: Rows): Statement[] {
  const { sentinelEvent } = db.tables
  return chunks(db, sentinelEvent, incidents).map((rows) =>
    orm.insert(sentinelEvent).values(rows).onConflictDoNothing(),
  )
}
