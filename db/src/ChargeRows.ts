/**
 * The rows of sessions' journals, in their order, and how far they have been added up: for the comparison of
 * `workers/control`. What is added up is remembered in `reconciliation`, so each row is read once.
 */
import type { Hex } from '@pbstream/core/Hex'
import { and, asc, eq, gt, inArray } from 'drizzle-orm'
import type { Database } from './Database.ts'
import { chunks, excluded } from './ProjectionRows.ts'

/** Up to `seq` (of the session's journal) all charges of a channel come to `total`, atomic units. */
export type Total = { seq: number; total: bigint }

/** Charges of a session after a place in its journal. */
export function chargesAfter(db: Database, session: string, seq: number, limit: number) {
  const { microPayment: p } = db.tables
  return db.orm
    .select({ seq: p.seq, channelId: p.channelId, amount: p.amount, cumulative: p.cumulative })
    .from(p)
    .where(and(eq(p.session, session), gt(p.seq, seq)))
    .orderBy(asc(p.seq))
    .limit(limit)
}

/** The other rows of a session's journal after a place in it. */
export function movementsAfter(db: Database, session: string, seq: number, limit: number) {
  const { movement: m } = db.tables
  return db.orm
    .select({ seq: m.seq, channelId: m.channelId })
    .from(m)
    .where(and(eq(m.session, session), gt(m.seq, seq)))
    .orderBy(asc(m.seq))
    .limit(limit)
}

/** The newest row that is known of each of some journals (at most 90). */
export function lastRows(db: Database, sessions: string[]) {
  const { streamSession } = db.tables
  return db.orm
    .select({ session: streamSession.id, seq: streamSession.lastSeq })
    .from(streamSession)
    .where(inArray(streamSession.id, sessions))
}

/** Names of `reconciliation`, and what stands there. */
export function remembered(db: Database, names: string[]) {
  const { reconciliation } = db.tables
  return db.orm
    .select({ name: reconciliation.name, cursor: reconciliation.cursor })
    .from(reconciliation)
    .where(inArray(reconciliation.name, names))
}

const ofSession = (session: string) => `charges:${session}`
const ofChannel = (channelId: Hex) => `charged:${channelId}`
const NAMES_MAX = 90

/** Up to where the journals of sessions are added up; those that are not there were not begun. */
export async function placesOf(db: Database, sessions: string[]): Promise<Map<string, number>> {
  const found = await read(db, sessions, ofSession)
  return new Map(Array.from(found, ([session, cursor]) => [session, Number(cursor)]))
}

/** What the charges of channels come to; those that are not there have none yet. */
export async function totalsOf(db: Database, channelIds: Hex[]): Promise<Map<Hex, Total>> {
  const found = await read(db, channelIds, ofChannel)
  return new Map(
    Array.from(found, ([channelId, cursor]) => {
      const [seq = '0', total = '0'] = cursor.split(':')
      return [channelId, { seq: Number(seq), total: BigInt(total) }]
    }),
  )
}

async function read<K extends string>(db: Database, keys: K[], nameOf: (key: K) => string): Promise<Map<K, string>> {
  const found = new Map<K, string>()
  for (let i = 0; i < keys.length; i += NAMES_MAX) {
    const some = new Map(keys.slice(i, i + NAMES_MAX).map((key) => [nameOf(key), key]))
    for (const { name, cursor } of await remembered(db, [...some.keys()])) {
      const key = some.get(name)
      if (key !== undefined) found.set(key, cursor)
    }
  }
  return found
}

/** Writes down that a journal is added up to `seq`, with what that has changed: all or nothing. */
export async function addedUp(
  db: Database,
  session: string,
  seq: number,
  totals: ReadonlyMap<Hex, Total>,
  now: Date,
): Promise<void> {
  const { reconciliation } = db.tables
  const row = (name: string, cursor: string) => ({ name, cursor, roundAt: now, finishedAt: null })
  const rows = [
    row(ofSession(session), String(seq)),
    ...Array.from(totals, ([channelId, each]) => row(ofChannel(channelId), `${each.seq}:${each.total}`)),
  ].sort((a, b) => (a.name < b.name ? -1 : 1))
  await db.atomically((orm) =>
    chunks(db, reconciliation, rows).map((some) =>
      orm
        .insert(reconciliation)
        .values(some)
        .onConflictDoUpdate({ target: reconciliation.name, set: excluded(reconciliation) }),
    ),
  )
}
