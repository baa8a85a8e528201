/** Who hears that an oracle has fallen silent, or speaks again: its owner by webhook, the operator by an incident. */
import type { Database, Orm, Statement } from '@pbstream/db/Database'
import * as Incidents from '@pbstream/db/Incidents'
import { oracleById, type OracleRow } from '@pbstream/db/OracleRows'
import { fallBack, type Incoming, record, type Written } from '@pbstream/db/OracleValues'
import type { ProviderRow } from '@pbstream/db/Providers'
import { eventStatements } from '@pbstream/db/Webhooks'

/** Takes a value; when it ends a silence, its owner is told and the incident is over. */
export async function take(db: Database, provider: ProviderRow, id: string, incoming: Incoming) {
  const written = await record(db, id, incoming, (orm, before, row) => {
    const ends = before.staleSince !== null && row.status !== 'refused'
    return ends ? told(db, orm, provider, before, 'oracle.recovered', { value: row.value }, incoming.at) : []
  })
  if (written !== undefined && isEnd(written)) await Incidents.resolve(db, [incidentId(id)], incoming.at)
  return written
}

/** Notes that an oracle has been silent for too long. Answers whether it is news. */
export async function silence(db: Database, id: string, now: Date): Promise<boolean> {
  const found = await oracleById(db, id)
  if (found === undefined) return false
  const { oracle, provider } = found
  if (oracle.staleAt === null || oracle.staleAt > now) return false
  // Before the row, so that it is raised even if the rest is cut off; after a repeat it is the same incident.
  const detail = { oracle: id, provider: provider.id, kind: oracle.kind, since: oracle.staleAt.toISOString() }
  await Incidents.raise(db, [
    { v: 1, kind: 'incident', id: incidentId(id), what: 'oracle_stale', detail, at: now.getTime() },
  ])
  const noted = await fallBack(db, id, now, (orm, before, since) =>
    told(db, orm, provider, before, 'oracle.stale', { fallback: before.fallback, since: since.toISOString() }, now),
  )
  return noted !== undefined
}

/** An oracle that is switched off or deleted is silent by intent. */
export async function endSilence(db: Database, id: string, at: Date): Promise<void> {
  await Incidents.resolve(db, [incidentId(id)], at)
}

function isEnd({ kind, before, row }: Written): boolean {
  return kind === 'written' && before.staleSince !== null && row.status !== 'refused'
}

function incidentId(id: string): string {
  return `oracle_stale:${id}`
}

function told(
  db: Database,
  orm: Orm,
  { owner, mode, id: providerId }: ProviderRow,
  { id, name }: OracleRow,
  type: 'oracle.stale' | 'oracle.recovered',
  data: Record<string, string | null>,
  at: Date,
): Statement[] {
  if (owner === null) return []
  return eventStatements(db, orm, owner, mode, type, { oracle: id, provider: providerId, name, ...data }, at)
}
