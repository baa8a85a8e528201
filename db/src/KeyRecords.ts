/** What the edge may know of session keys: their records, the newest changes of them, and which are in use. */
import { desc, gt, inArray } from 'drizzle-orm'
import type { Database } from './Database.ts'
import type { SessionKeyStatus } from './Mode.ts'
import { latestSessions } from './Overview.ts'

/** How a key stands. `session` is the name of its object; `unmanaged`: nobody gave it a permission here. */
export type KeyRecord = { session: string; status: SessionKeyStatus; version: number }

/** That a key was changed, and what it is since. `at`: Unix milliseconds. */
export type KeyNotice = { session: string; status: SessionKeyStatus; version: number; at: number }

/** The most notices that are told at once. What is older than those the objects refuse by themselves. */
export const NOTICES_MAX = 500

/** The newest changes after `since` (Unix milliseconds), newest first. */
export async function keyChanges(db: Database, since: number): Promise<KeyNotice[]> {
  const rows = await changedKeys(db, since)
  return rows.flatMap(({ at, ...row }) => (at === null ? [] : [{ ...row, at: at.getTime() }]))
}

/** The statement behind `keyChanges`: reads what it answers, by an index. */
export function changedKeys(db: Database, since: number) {
  const { sessionKey } = db.tables
  return db.orm
    .select({
      session: sessionKey.id,
      status: sessionKey.status,
      version: sessionKey.version,
      at: sessionKey.updatedAt,
    })
    .from(sessionKey)
    .where(gt(sessionKey.updatedAt, new Date(since)))
    .orderBy(desc(sessionKey.updatedAt))
    .limit(NOTICES_MAX)
}

/** The records of these keys. A key that no row names is `unmanaged`: an answer too, so that it is not asked for again. */
export async function keyRecords(db: Database, sessions: readonly string[]): Promise<KeyRecord[]> {
  const found = new Map<string, KeyRecord>()
  for (let i = 0; i < sessions.length; i += db.maxParameters) {
    const rows = await recordsOf(db, sessions.slice(i, i + db.maxParameters))
    for (const row of rows) found.set(row.session, row)
  }
  return sessions.map((session) => found.get(session) ?? unmanaged(session))
}

/** The statement behind `keyRecords`. */
export function recordsOf(db: Database, sessions: readonly string[]) {
  const { sessionKey } = db.tables
  return db.orm
    .select({ session: sessionKey.id, status: sessionKey.status, version: sessionKey.version })
    .from(sessionKey)
    .where(inArray(sessionKey.id, [...sessions]))
}

/** The managed ones among the keys that paid last, newest first: they will be asked for again. Reads at most twice `most` rows. */
export async function keysInUse(db: Database, most: number): Promise<KeyRecord[]> {
  const rows = await latestSessions(db, most)
  const records = await keyRecords(
    db,
    rows.map(({ id }) => id),
  )
  return records.filter(({ status }) => status !== 'unmanaged')
}

function unmanaged(session: string): KeyRecord {
  return { session, status: 'unmanaged', version: 0 }
}
