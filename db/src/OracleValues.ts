/**
 * Values of oracles: what came in, and what was made of it. Each is a row with a number of its own and stays; the row of
 * the oracle holds what is in force. Two that come at once are one after the other: the number is taken by the first.
 */
import { isInteger, take } from '@pbstream/core/Oracle'
import { and, asc, desc, eq, gt, gte, lt, ne, type SQL, sql } from 'drizzle-orm'
import { riseSignals } from './Catalog.ts'
import type { Database, Orm, Statement } from './Database.ts'
import type { OracleValueStatus } from './Mode.ts'
import type { OracleRow } from './OracleRows.ts'

export type ValueRow = Database['tables']['oracleValue']['$inferSelect']

/** What came in. Without `value` it is none, and `error` says why. */
export type Incoming = {
  /** As it was given, shortened. */
  raw: string | null
  value?: bigint
  error?: string
  /** `push`, `url`, `chain <block>`. */
  source: string
  /** Of a push: the same message is one value. */
  messageId: string | null
  /** When its sender says that it was so. */
  sentAt: Date
  at: Date
  /** When the source is read again; absent for what is pushed. */
  nextAt?: Date
}

export type Written = {
  /** `repeated`: the message was there; `row` is what was made of it. */
  kind: 'written' | 'repeated'
  row: ValueRow
  /** As it was before, and as it is now. */
  before: OracleRow
  after: OracleRow
}

/** What is kept of a value as it was given. */
export const RAW_MAX = 200

/** Losers of a race start again. */
const ATTEMPTS = 10

/**
 * Writes a value down and puts it in force. Undefined: the oracle is not there any more, or switched off.
 *
 * `also`: what is written in the same step.
 */
export async function record(
  db: Database,
  oracleId: string,
  incoming: Incoming,
  also: (orm: Orm, before: OracleRow, row: ValueRow) => Statement[] = () => [],
): Promise<Written | undefined> {
  for (let attempt = 1; ; attempt++) {
    const before = await readOracle(db, oracleId)
    if (before === undefined || !before.enabled || before.deletedAt !== null) return undefined
    const known = incoming.messageId === null ? undefined : await valueByMessage(db, oracleId, incoming.messageId)
    if (known !== undefined) return { kind: 'repeated', row: known, before, after: before }
    const { row, after } = judge(before, incoming)
    try {
      await db.atomically((orm) => [...written(db, orm, row, after), ...also(orm, before, row)])
      return { kind: 'written', row, before, after }
    } catch (error) {
      const taken = await valueBySeq(db, oracleId, row.seq)
      // Somebody else took the number; or it was written, and the answer was lost.
      if (taken === undefined || attempt === ATTEMPTS) throw error
      if (isSame(taken, row)) return { kind: 'written', row, before, after }
    }
  }
}

/** Notes that a value has grown too old: what stands for it from then on. Undefined: it has not, or it was noted. */
export async function fallBack(
  db: Database,
  oracleId: string,
  now: Date,
  also: (orm: Orm, before: OracleRow, since: Date) => Statement[] = () => [],
): Promise<{ row: ValueRow; before: OracleRow } | undefined> {
  const before = await readOracle(db, oracleId)
  if (before?.staleAt == null || before.staleAt > now || before.deletedAt !== null) return undefined
  const since = before.staleAt
  const row: ValueRow = {
    ...{ oracleId, seq: before.lastSeq + 1, raw: null, value: before.fallback, status: 'fallback', source: 'clock' },
    ...{ messageId: null, error: null, sentAt: null, at: since },
  }
  const after = { ...before, lastSeq: row.seq, staleAt: null, staleSince: since }
  try {
    await db.atomically((orm) => [...written(db, orm, row, after), ...also(orm, before, since)])
    return { row, before }
  } catch (error) {
    // A value that came in between has taken the number: it is not old any more.
    if ((await valueBySeq(db, oracleId, row.seq)) === undefined) throw error
    return undefined
  }
}

/** Notes that a source could not be read. A row tells of it when it begins, and when the reason is another. */
export async function failed(db: Database, oracleId: string, error: string, at: Date, nextAt: Date): Promise<void> {
  const before = await readOracle(db, oracleId)
  if (before === undefined) return
  const changes = { nextAt, failingSince: before.failingSince ?? at, lastError: error }
  if (before.lastError === error) {
    await db.orm.update(db.tables.oracle).set(changes).where(eq(db.tables.oracle.id, oracleId))
    return
  }
  const row: ValueRow = {
    ...{ oracleId, seq: before.lastSeq + 1, raw: null, value: null, status: 'refused', source: before.kind },
    ...{ messageId: null, error, sentAt: null, at },
  }
  await db.atomically((orm) => written(db, orm, row, { ...before, ...changes, lastSeq: row.seq }))
}

/** Values of an oracle, newest first. `before`: the number of the last one shown. */
export function valuesOf(
  db: Database,
  oracleId: string,
  {
    since,
    until,
    status,
  }: { since?: Date | undefined; until?: Date | undefined; status?: OracleValueStatus | undefined },
  before: { at: Date; seq: number } | undefined,
  limit: number,
) {
  const { oracleValue: v } = db.tables
  const earlier =
    before === undefined ? undefined : sql`(${v.at}, ${v.seq}) < (${sql.param(before.at, v.at)}, ${before.seq})`
  const conditions: (SQL | undefined)[] = [
    eq(v.oracleId, oracleId),
    since === undefined ? undefined : gte(v.at, since),
    until === undefined ? undefined : lt(v.at, until),
    status === undefined ? undefined : eq(v.status, status),
    earlier,
  ]
  return db.orm
    .select()
    .from(v)
    .where(and(...conditions))
    .orderBy(desc(v.at), desc(v.seq))
    .limit(limit)
}

/** Every row of an oracle after a number, oldest first: for files. */
export function valuesAfter(
  db: Database,
  oracleId: string,
  { since, until }: { since?: Date | undefined; until?: Date | undefined },
  seq: number,
  limit: number,
) {
  const { oracleValue: v } = db.tables
  const from = since === undefined ? undefined : gte(v.at, since)
  const to = until === undefined ? undefined : lt(v.at, until)
  return db.orm
    .select()
    .from(v)
    .where(and(eq(v.oracleId, oracleId), gt(v.seq, seq), from, to))
    .orderBy(asc(v.seq))
    .limit(limit)
}

/** What an oracle said in a time, oldest first, with what was in force when it began. */
export async function spokenIn(db: Database, oracleId: string, since: Date, until: Date, limit: number) {
  const { oracleValue: v } = db.tables
  const says = and(eq(v.oracleId, oracleId), ne(v.status, 'refused'))
  const first = await db.orm
    .select()
    .from(v)
    .where(and(says, lt(v.at, since)))
    .orderBy(desc(v.at), desc(v.seq))
    .limit(1)
  const rows = await db.orm
    .select()
    .from(v)
    .where(and(says, gte(v.at, since), lt(v.at, until)))
    .orderBy(asc(v.at), asc(v.seq))
    .limit(limit)
  return [...first, ...rows]
}

async function readOracle(db: Database, id: string): Promise<OracleRow | undefined> {
  const { oracle } = db.tables
  const [row] = await db.orm.select().from(oracle).where(eq(oracle.id, id))
  return row
}

/** The value that a message was taken for. */
export async function valueByMessage(db: Database, oracleId: string, messageId: string): Promise<ValueRow | undefined> {
  const { oracleValue: v } = db.tables
  const [row] = await db.orm
    .select()
    .from(v)
    .where(and(eq(v.oracleId, oracleId), eq(v.messageId, messageId)))
  return row
}

/** The value with that number. */
export async function valueBySeq(db: Database, oracleId: string, seq: number): Promise<ValueRow | undefined> {
  const { oracleValue: v } = db.tables
  const [row] = await db.orm
    .select()
    .from(v)
    .where(and(eq(v.oracleId, oracleId), eq(v.seq, seq)))
  return row
}

/** What becomes of a value: the row, and the oracle after it. */
function judge(before: OracleRow, { raw, value, error, source, messageId, sentAt, at, nextAt }: Incoming) {
  const seq = before.lastSeq + 1
  // A clock that is ahead makes no value younger than its arrival, and none after it old.
  const valueAt = sentAt < at ? sentAt : at
  const row = { oracleId: before.id, seq, raw, source, messageId, sentAt, at }
  const next = nextAt === undefined ? {} : { nextAt }
  const late = before.sentAt !== null && valueAt < before.sentAt
  if (value === undefined || late) {
    const why = value === undefined ? (error ?? 'no_number') : 'older_than_the_last'
    const refused: ValueRow = { ...row, value: null, status: 'refused', error: why }
    const after = { ...before, ...next, lastSeq: seq, failingSince: before.failingSince ?? at, lastError: why }
    return { row: refused, after }
  }
  const rules = { min: BigInt(before.min), max: BigInt(before.max), smoothing: before.smoothing }
  // What was in force before a silence says nothing about now.
  const since = before.staleSince === null && isInteger(before.value) ? BigInt(before.value) : undefined
  const taken = take(rules, since, value)
  const text = String(taken.value)
  const after: OracleRow = {
    ...{ ...before, ...next, lastSeq: seq, value: text, valueAt, sentAt: valueAt, failingSince: null, lastError: null },
    ...{ staleAt: new Date(valueAt.getTime() + before.staleSeconds * 1000), staleSince: null },
  }
  return { row: { ...row, value: text, status: taken.status, error: null } satisfies ValueRow, after }
}

function written(db: Database, orm: Orm, row: ValueRow, after: OracleRow): Statement[] {
  const { oracle, oracleValue } = db.tables
  const { lastSeq, value, valueAt, sentAt, staleAt, staleSince, nextAt, failingSince, lastError } = after
  return [
    // A plain insert: the number is taken by one.
    orm.insert(oracleValue).values(row),
    orm
      .update(oracle)
      .set({ lastSeq, value, valueAt, sentAt, staleAt, staleSince, nextAt, failingSince, lastError })
      .where(eq(oracle.id, row.oracleId)),
    ...(row.status === 'refused' ? [] : [riseSignals(db, orm)]),
  ]
}

function isSame(a: ValueRow, b: ValueRow): boolean {
  return a.messageId === b.messageId && a.source === b.source && a.at.getTime() === b.at.getTime() && a.raw === b.raw
}
