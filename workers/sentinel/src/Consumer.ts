/**
 * The queue `pbstream-sentinel`: what the money path says. Alerts, rules across keys, breakers, freezes on chain; each of
 * them can be done again, so a message that did not get through all of it comes again.
 */
import { type PbEvent, pbEvent } from '@pbstream/core/message/Event'
import { type Database, open } from '@pbstream/db/Database'
import { type Env, log, nameOf } from './Env.ts'
import { freeze } from './Freeze.ts'
import { noticesOf, ofDeadLetter, scopesTold } from './Notices.ts'
import { scopesOfOwners } from './Owners.ts'
import { ruleNames } from './RuleNames.ts'
import { nameOfSession, observe } from './Scopes.ts'
import { tell } from './Tell.ts'

export type QueueMessage = Pick<Message, 'id' | 'body' | 'attempts' | 'timestamp' | 'ack' | 'retry'>

/** Seconds. */
const FIRST_DELAY = 5
const LONGEST_DELAY = 600

type Known = { message: QueueMessage; event: PbEvent }

/** Acknowledges what was done and asks for the rest again. Never throws. */
export async function consume(env: Env, messages: readonly QueueMessage[]): Promise<void> {
  const known: Known[] = []
  for (const message of messages) {
    const { success, data } = pbEvent.safeParse(message.body)
    if (success) known.push({ message, event: data })
    else {
      // A newer release wrote it: this one waits for its successor.
      log('sentinel_unknown_message', { message: message.id })
      retry(message)
    }
  }
  if (await succeeds(env, known)) return known.forEach(({ message }) => message.ack())
  // One by one, so that one of them does not hold up the others.
  for (const each of known) {
    if (await succeeds(env, [each])) each.message.ack()
    else retry(each.message)
  }
}

/** The last stop of what no retry got through: it is tried on, and an operator hears of it. */
export async function consumeDead(env: Env, messages: readonly QueueMessage[]): Promise<void> {
  for (const { id, attempts } of messages) log('sentinel_dead_letter', { message: id, attempts: `${attempts}` })
  try {
    const notices = messages.map(({ id, timestamp }) => ofDeadLetter(id, timestamp.getTime()))
    await tell(env, open(env), notices)
  } catch (error) {
    log('alerts_delayed', { error: nameOf(error) })
  }
  await consume(env, messages)
}

async function succeeds(env: Env, known: readonly Known[]): Promise<boolean> {
  if (known.length === 0) return true
  try {
    const events = known.map(({ event }) => event)
    await handle(env, open(env), events)
    return true
  } catch (error) {
    // The name only: what it says may quote a row.
    log('sentinel_delayed', { messages: `${known.length}`, error: nameOf(error) })
    return false
  }
}

async function handle(env: Env, db: Database, events: readonly PbEvent[]): Promise<void> {
  const sessions = events.flatMap((event) => (event.kind === 'session' ? [event] : []))
  const ownerOf = await scopesOfOwners(
    db,
    sessions.map(({ session }) => nameOfSession(session)),
  )
  // People hear of it before anything else is tried.
  const nameOf = await ruleNames(db, scopesTold(events, ownerOf))
  await tell(env, db, noticesOf(events, ownerOf, nameOf))
  await Promise.all([observe(env, db, events, ownerOf), ...sessions.map((event) => freeze(env, db, event))])
}

function retry(message: QueueMessage): void {
  message.retry({ delaySeconds: Math.min(FIRST_DELAY * 2 ** Math.min(message.attempts - 1, 20), LONGEST_DELAY) })
}
