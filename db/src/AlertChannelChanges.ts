/** What is done to alert channels, each act with its row in the audit. Who may is judged before. */
import { and, eq, isNull } from 'drizzle-orm'
import { type AlertChannelChanges, type AlertChannelRow, channelsOf } from './AlertChannels.ts'
import { deleteStatements, insertStatements, type NewAlertChannel, updateStatements } from './AlertChannels.ts'
import { change, type Plan } from './Audit.ts'
import type { Database } from './Database.ts'

/** In which chain of the audit, by whom, when. */
export type By = { chain: string; actor: string; at: Date }

/** As many channels as a scope may have. */
export const MAX_CHANNELS = 20

/** What an act is called, and what is written down of it: no secret, no address, no path. */
export type Told = { action: string; detail: Record<string, unknown> }

/** One that is there, whoever's it is. */
export async function channelRow(db: Database, id: string): Promise<AlertChannelRow | undefined> {
  const { alertChannel: t } = db.tables
  const [row] = await db.orm
    .select()
    .from(t)
    .where(and(eq(t.id, id), isNull(t.deletedAt)))
    .limit(1)
  return row
}

/** Made again under the same id (a repeat after a crash), the secret is the one given now. */
export async function createChannel(db: Database, channel: NewAlertChannel, by: By): Promise<AlertChannelRow | 'full'> {
  const { id, scope, kind } = channel
  return change<AlertChannelRow | 'full'>(db, by.chain, async () => {
    const here = await channelsOf(db, scope, undefined, MAX_CHANNELS + 1)
    const old = here.find((each) => each.id === id)
    const told = { action: 'alert_channel.create', detail: { scope, kind } }
    if (old !== undefined) {
      return edited(db, old, { sealed: channel.sealed }, { ...told, detail: { ...told.detail, repeated: true } }, by)
    }
    if (here.length >= MAX_CHANNELS) return nothing('full' as const)
    const times = { createdAt: by.at, updatedAt: by.at, deletedAt: null }
    return {
      acts: [actOf(by, told, id)],
      statements: (orm) => insertStatements(db, orm, channel, by.at),
      result: { ...channel, confirmedAt: null, revision: 1, ...times },
    }
  })
}

/**
 * Changes a channel. `plan` gets the row as it is, and throws to refuse; undefined: there is nothing to do.
 *
 * @returns undefined when there is no such channel.
 */
export async function editChannel(
  db: Database,
  id: string,
  by: By,
  plan: (row: AlertChannelRow) => { changes: AlertChannelChanges; told: Told } | undefined,
): Promise<AlertChannelRow | undefined> {
  return change<AlertChannelRow | undefined>(db, by.chain, async () => {
    const row = await channelRow(db, id)
    if (row === undefined) return nothing(undefined)
    const planned = plan(row)
    return planned === undefined ? nothing(row) : edited(db, row, planned.changes, planned.told, by)
  })
}

/** Its row stays, without its secret, until whoever keeps a copy has seen that it is gone. */
export async function deleteChannel(db: Database, id: string, by: By): Promise<boolean> {
  return change<boolean>(db, by.chain, async () => {
    const row = await channelRow(db, id)
    if (row === undefined) return nothing(false)
    const told = { action: 'alert_channel.delete', detail: { scope: row.scope, kind: row.kind } }
    return {
      acts: [actOf(by, told, id)],
      statements: (orm) => deleteStatements(db, orm, id, by.at),
      result: true,
    }
  })
}

function edited(
  db: Database,
  row: AlertChannelRow,
  changes: AlertChannelChanges,
  told: Told,
  by: By,
): Plan<AlertChannelRow> {
  const revision = row.revision + 1
  return {
    acts: [actOf(by, { ...told, detail: { ...told.detail, revision } }, row.id)],
    statements: (orm) => updateStatements(db, orm, row.id, changes, by.at),
    result: { ...row, ...changes, revision, updatedAt: by.at },
  }
}

function actOf({ actor, at }: By, { action, detail }: Told, subject: string) {
  return { actor, action, subject, detail, at }
}

function nothing<T>(result: T): Plan<T> {
  return { acts: [], statements: () => [], result }
}
