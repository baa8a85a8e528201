/** Asks the queue to send what is due. */
import type { WebhookMessage } from '@pbstream/core/message/Webhook'
import type { Database } from '@pbstream/db/Database'
import { dueDeliveries } from '@pbstream/db/WebhookDeliveries'
import type { Env } from '../Env.ts'
import { log } from '../Log.ts'

/** Messages that one call of a queue takes. */
const AT_ONCE = 100

/**
 * After a change of something that owners are told of: what was written with it is sent now. Never throws: what the queue
 * did not take is sent by the clock, a minute later at most. One asked for twice is sent once.
 */
export async function announce(env: Env, db: Database, { now = new Date(), limit = AT_ONCE } = {}): Promise<void> {
  try {
    const due = await dueDeliveries(db, now, limit)
    for (let i = 0; i < due.length; i += AT_ONCE) {
      await env.WEBHOOKS?.sendBatch(due.slice(i, i + AT_ONCE).map(({ id }) => ({ body: messageOf(id) })))
    }
  } catch (error) {
    log('webhooks_delayed', { error: error instanceof Error ? error.name : 'unknown' })
  }
}

export function messageOf(deliveryId: string): WebhookMessage {
  return { v: 1, deliveryId }
}
