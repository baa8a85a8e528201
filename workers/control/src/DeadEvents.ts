/** Events that no retry could project: kept for an operator, and an incident. Bodies are in no log and no database. */
import { type IncidentEvent, type PbEvent, pbEvent } from '@pbstream/core/message/Event'
import type { DeadLettersApi, ReplayReply } from '@pbstream/core/message/Operations'
import type { QueueMessage } from './Consumer.ts'

export type DeadDeps = {
  letters: DeadLettersApi
  project(events: readonly PbEvent[]): Promise<void>
  feed(events: PbEvent[]): Promise<void>
  log(what: string, detail: Record<string, string>): void
}

/** Seconds. */
const DELAY = 30
const LONGEST_DELAY = 3_600

/** A message leaves its queue when it is kept and the incident is recorded. Never throws. */
export async function keep(deps: DeadDeps, messages: readonly QueueMessage[]): Promise<void> {
  for (const message of messages) {
    const incident = describe(message)
    const { id, detail, at } = incident
    deps.log(incident.what, { id, ...detail })
    try {
      await deps.letters.put(1, { id: message.id, kind: 'unknown', detail, at }, JSON.stringify(message.body ?? null))
      await deps.project([incident])
      await deps.feed([incident])
      message.ack()
    } catch {
      deps.log('dead_letter_delayed', { id })
      message.retry({ delaySeconds: Math.min(DELAY * 2 ** message.attempts, LONGEST_DELAY) })
    }
  }
}

/** Projects a kept event now. What this release does not know either, or the database refuses, is kept. */
export async function replay({ letters, project, feed }: DeadDeps, id: string): Promise<ReplayReply> {
  const found = await letters.get(1, id)
  if (found === undefined) return { kind: 'not_found' }
  const { success, data: event } = pbEvent.safeParse(JSON.parse(found.body))
  if (!success) return { kind: 'kept', why: 'this release does not understand the message either' }
  try {
    await project([event])
  } catch {
    return { kind: 'kept', why: 'it could not be written, or not be handed on' }
  }
  await feed([event])
  await letters.remove(1, id)
  return { kind: 'replayed', detail: { event: event.kind } }
}

/** The id of the incident that a dead letter raised: the same as settlement gives its own. */
export function incidentId(letterId: string): string {
  return `dead_letter:${letterId}`
}

function describe({ id, body, timestamp }: QueueMessage): IncidentEvent {
  const { data } = pbEvent.safeParse(body)
  const at = timestamp.getTime()
  const detail = { queue: 'events', ...(data === undefined ? {} : { kind: data.kind }) }
  return { v: 1, kind: 'incident', id: incidentId(id), what: 'event_dead_letter', detail, at }
}
