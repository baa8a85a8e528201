/**
 * The events queue: each message is projected and then counted, or retried until it ends in the dead letters. None is
 * dropped. Rows come first: whatever becomes of the count, they are written.
 */
import { type IncidentEvent, type PbEvent, pbEvent } from '@pbstream/core/message/Event'

export type QueueMessage = Pick<Message, 'id' | 'body' | 'attempts' | 'timestamp' | 'ack' | 'retry'>

export type Deps = {
  /** Writes rows; can be repeated. */
  project(events: readonly PbEvent[]): Promise<void>
  /** Counts what was written; can be repeated, in any order. */
  feed(events: PbEvent[], done: { projected: number; failed: number }): Promise<void>
  /** Hands on what was written to Sentinel; can be repeated. */
  forward(events: readonly PbEvent[]): Promise<void>
  log(what: string, detail: Record<string, string>): void
}

type Known = { message: QueueMessage; event: PbEvent }

/** Seconds. Ten doublings from 5 are 85 minutes: longer than a deployment during which senders are newer than this. */
const FIRST_DELAY = 5
const LONGEST_DELAY = 3_600
/**
 * So often a written event is tried to be counted, for ten minutes. It is no dead letter for want of a count: amounts are
 * cumulative, and the reconciliation tells the counter of every channel again.
 */
const FEED_ATTEMPTS = 8

/** Acknowledges what is written and asks for the rest again. Never throws. */
export async function consume(deps: Deps, messages: readonly QueueMessage[]): Promise<void> {
  const known: Known[] = []
  const unknown: QueueMessage[] = []
  for (const message of messages) {
    const { success, data } = pbEvent.safeParse(message.body)
    if (success) known.push({ message, event: data })
    else unknown.push(message)
  }
  await projectKnown(deps, known)
  await reportUnknown(deps, unknown)
}

/** All at once; if that fails one by one, so that one bad message does not hold up the others. */
async function projectKnown(deps: Deps, known: Known[]): Promise<void> {
  if (known.length === 0) return
  try {
    await deps.project(known.map(({ event }) => event))
    return await count(deps, known, 0)
  } catch {
    const written: Known[] = []
    for (const each of known) if (await projectOne(deps, each)) written.push(each)
    await count(deps, written, known.length - written.length)
  }
}

async function projectOne(deps: Deps, { message, event }: Known): Promise<boolean> {
  try {
    await deps.project([event])
    return true
  } catch {
    // The reason is the database's and may quote the row.
    deps.log('projection_delayed', { message: message.id, kind: event.kind, attempts: `${message.attempts}` })
    retry(message)
    return false
  }
}

/**
 * What is written is counted and handed on; what was not comes again, is written again, which changes nothing. What could
 * not be counted is let go in the end; what Sentinel has not heard of becomes a dead letter rather than be lost to it.
 */
async function count(deps: Deps, written: Known[], failed: number): Promise<void> {
  const events = written.map(({ event }) => event)
  const [counted, told] = await Promise.all([
    succeeds(deps.feed(events, { projected: events.length, failed })),
    succeeds(deps.forward(events)),
  ])
  if (!counted) deps.log('count_delayed', { messages: `${written.length}` })
  if (!told) deps.log('forward_delayed', { messages: `${written.length}` })
  for (const { message } of written) {
    if (told && (counted || message.attempts >= FEED_ATTEMPTS)) message.ack()
    else retry(message)
  }
}

function succeeds(work: Promise<void>): Promise<boolean> {
  return work.then(
    () => true,
    () => false,
  )
}

/** An incident at the first sight of each; the message itself stays in the queue, then in the dead letters. */
async function reportUnknown(deps: Deps, unknown: QueueMessage[]): Promise<void> {
  if (unknown.length === 0) return
  const incidents = unknown.map(describe)
  for (const { id, detail } of incidents) deps.log('unknown_message', { id, ...detail })
  try {
    await deps.project(incidents)
    // Each is retried, and so counted when it is next seen if not now.
    await deps.feed(incidents, { projected: 0, failed: 0 })
    await deps.forward(incidents)
  } catch {
    deps.log('projection_delayed', { kind: 'incident', messages: `${incidents.length}` })
  }
  for (const message of unknown) retry(message)
}

/** Which message, and what is wrong with it; not what is in it, which may be anything. */
function describe(message: QueueMessage): IncidentEvent {
  const issue = pbEvent.safeParse(message.body).error?.issues[0]
  const { v, kind } = Object(message.body) as { v?: unknown; kind?: unknown }
  return {
    v: 1,
    kind: 'incident',
    id: `unknown_event:${message.id}`,
    what: 'unknown_message',
    detail: {
      message: message.id,
      ...(typeof v === 'number' && { version: `${v}` }),
      ...(typeof kind === 'string' && { kind: kind.slice(0, 32) }),
      issue: issue?.path.join('.') ?? '',
    },
    at: message.timestamp.getTime(),
  }
}

function retry(message: QueueMessage): void {
  message.retry({ delaySeconds: Math.min(FIRST_DELAY * 2 ** (message.attempts - 1), LONGEST_DELAY) })
}
