/** How far the comparison of all channels has come, and what it suspects: read and written by `workers/control`. */
import type { Hex } from '@pbstream/core/Hex'
import type { IncidentEvent } from '@pbstream/core/message/Event'
import { and, asc, eq, getTableColumns, gt, inArray } from 'drizzle-orm'
import type { Database } from './Database.ts'

type Row<T extends keyof Database['tables']> = Database['tables'][T]['$inferSelect']
export type ChannelRow = Row<'channel'>
export type Suspicion = Row<'suspicion'>
/** `cursor`: the last channel compared in the round that began at `roundAt`; `finishedAt`: when the one before ended. */
export type Progress = Pick<Row<'reconciliation'>, 'cursor' | 'roundAt' | 'finishedAt'>

const NAME = 'channels'

/** Channels after one, by id. */
export function channelsAfter(db: Database, cursor: string, limit: number) {
  const { channel } = db.tables
  return db.orm
    .select()
    .from(channel)
    .where(gt(channel.id, cursor as Hex))
    .orderBy(asc(channel.id))
    .limit(limit)
}

/** Some channels (at most 90: they are bound one by one). */
export function channelsById(db: Database, ids: Hex[]) {
  const { channel } = db.tables
  return db.orm.select().from(channel).where(inArray(channel.id, ids))
}

/** Where the comparison stands; the start of a first round when there was none. */
export async function progress(db: Database, now: Date): Promise<Progress> {
  const { reconciliation } = db.tables
  const [row] = await db.orm.select().from(reconciliation).where(eq(reconciliation.name, NAME))
  return row ?? { cursor: '', roundAt: now, finishedAt: null }
}

export async function advance(db: Database, to: Progress): Promise<void> {
  const { reconciliation } = db.tables
  const row = { name: NAME, cursor: to.cursor, roundAt: to.roundAt, finishedAt: to.finishedAt }
  await db.orm.insert(reconciliation).values(row).onConflictDoUpdate({ target: reconciliation.name, set: row })
}

/** What is suspected longest. */
export function oldestSuspicions(db: Database, limit: number) {
  const { suspicion } = db.tables
  return db.orm.select().from(suspicion).orderBy(asc(suspicion.since)).limit(limit)
}

/** What is suspected of some channels (at most 90). */
export function suspicionsOf(db: Database, ids: Hex[]) {
  const { suspicion } = db.tables
  return db.orm.select(getTableColumns(suspicion)).from(suspicion).where(inArray(suspicion.channelId, ids))
}

/** Writes a suspicion down, in place of the one of that channel and kind. */
export async function suspect(db: Database, row: Suspicion): Promise<void> {
  const { suspicion } = db.tables
  const { mark, since } = row
  await db.orm
    .insert(suspicion)
    .values(row)
    .onConflictDoUpdate({ target: [suspicion.channelId, suspicion.what], set: { mark, since } })
}

export async function acquit(db: Database, channelId: Hex, what: IncidentEvent['what']): Promise<void> {
  const { suspicion } = db.tables
  await db.orm.delete(suspicion).where(and(eq(suspicion.channelId, channelId), eq(suspicion.what, what)))
}
