/**
 * What Sentinel's Worker hears of the money path, over the queue `pbstream-sentinel`: charges and decisions of sessions,
 * and incidents. Told again is told once there, and in any order. Rows come first: what is told is written.
 */
import type { IncidentEvent, PbEvent, SessionEvent } from '@pbstream/core/message/Event'
import { pbEvent } from '@pbstream/core/message/Event'
import type { Database } from '@pbstream/db/Database'
import { openIncidents } from '@pbstream/db/Incidents'
import type { Env } from '../Env.ts'

/** What one call of a queue takes: messages, and bytes with room for what the platform adds. */
const AT_ONCE = 100
const BYTES = 200_000
/** Incidents that began within so long are told again each minute: those that the database was told of by itself. */
const RECENT_MS = 600_000
const INCIDENTS_MAX = 100

/** Fails as a whole when the queue does not take all of it. Without the queue nobody listens. */
export async function forward(env: Pick<Env, 'SENTINEL_EVENTS'>, events: readonly PbEvent[]): Promise<void> {
  const queue = env.SENTINEL_EVENTS
  if (queue === undefined) return
  for (const batch of batches(events.flatMap(concerning))) {
    await queue.sendBatch(batch.map((body) => ({ body, contentType: 'json' })))
  }
}

/** Every minute: incidents of late, whoever wrote them down. */
export async function forwardIncidents(env: Env, database: Database, now: Date): Promise<void> {
  const rows = await openIncidents(database, INCIDENTS_MAX)
  const recent = rows.filter(({ at }) => at.getTime() >= now.getTime() - RECENT_MS)
  await forward(env, recent.flatMap(incidentOf))
}

/** An event as far as Sentinel's Worker needs it: the smallest message that says it. */
function concerning(event: PbEvent): PbEvent[] {
  if (event.kind === 'incident') return [event]
  if (event.kind !== 'session') return []
  const { v, kind, session, channels, rows, sentinel } = event
  const charges = rows.filter((row) => row.kind === 'charge')
  if (charges.length === 0 && sentinel === undefined) return []
  // Of a channel, whom it pays.
  const paid = channels.filter(({ channelId }) => charges.some((row) => row.channelId === channelId))
  const slim: SessionEvent = { v, kind, session, channels: paid, rows: charges }
  return [sentinel === undefined ? slim : { ...slim, sentinel }]
}

function batches(events: readonly PbEvent[]): PbEvent[][] {
  const made: PbEvent[][] = []
  let bytes = Infinity
  for (const event of events) {
    const size = new TextEncoder().encode(JSON.stringify(event)).length
    const last = made.at(-1)
    if (last === undefined || last.length >= AT_ONCE || bytes + size > BYTES) {
      made.push([event])
      bytes = size
    } else {
      last.push(event)
      bytes += size
    }
  }
  return made
}

/** A row as the event that it was. A kind that this release does not know is left to the one that wrote it. */
function incidentOf({ id, what, detail, at }: Awaited<ReturnType<typeof openIncidents>>[number]): IncidentEvent[] {
  const { data } = pbEvent.safeParse({ v: 1, kind: 'incident', id, what, detail, at: at.getTime() })
  return data?.kind === 'incident' ? [data] : []
}
