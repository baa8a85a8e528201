/**
 * The queue `pbstream-webhooks`, its dead letters and the clock, connected to this Worker's bindings. Which row to send is
 * all that a message says: one that is lost, doubled or late changes nothing but the time.
 */
import { webhookMessage } from '@pbstream/core/message/Webhook'
import * as UpstreamUrl from '@pbstream/core/UpstreamUrl'
import { open, type Database } from '@pbstream/db/Database'
import * as Deliveries from '@pbstream/db/WebhookDeliveries'
import { firstIdOf } from '@pbstream/db/Webhooks'
import type { QueueMessage } from '../Consumer.ts'
import type { Env } from '../Env.ts'
import { log } from '../Log.ts'
import { announce, messageOf } from './Announce.ts'
import { deliver, type Deps } from './Deliver.ts'
import { secretsOf } from './Secrets.ts'
import { send } from './Send.ts'

export const WEBHOOKS = 'pbstream-webhooks'
export const DEAD_WEBHOOKS = 'pbstream-webhooks-dlq'

/** Seconds, when the database is away. */
const DELAY = 10
const LONGEST_DELAY = 600
const KEPT_MS = 30 * 86_400_000
const PRUNED_AT_ONCE = 400
const SWEPT_AT_ONCE = 1_000
const GRACE_MS = 5_000

/** Sends what the messages name. Never throws. */
export async function consumeWebhooks(env: Env, messages: readonly QueueMessage[]): Promise<void> {
  const database = open(env)
  const deps = depsOf(env, database)
  await Promise.all(
    messages.map(async (message) => {
      const { data } = webhookMessage.safeParse(message.body)
      // The row of a message that cannot be read is sent by the clock.
      if (data === undefined) return deadMessage(message)
      try {
        await deliver(deps, data.deliveryId)
        message.ack()
      } catch (error) {
        log('webhook_delayed', { delivery: data.deliveryId, error: nameOf(error) })
        message.retry({ delaySeconds: Math.min(DELAY * 2 ** (message.attempts - 1), LONGEST_DELAY) })
      }
    }),
  )
}

/** What no retry could send has still its row, which the clock looks at every minute: nothing is lost with the message. */
export function dropDeadWebhooks(messages: readonly QueueMessage[]): void {
  for (const message of messages) deadMessage(message)
}

/** Every minute: what is due and was not sent, and what is old. */
export async function sweepWebhooks(env: Env): Promise<void> {
  const database = open(env)
  // What has just been written is on its way by the queue.
  await announce(env, database, { now: new Date(Date.now() - GRACE_MS), limit: SWEPT_AT_ONCE })
  await Deliveries.prune(database, firstIdOf(new Date(Date.now() - KEPT_MS)), PRUNED_AT_ONCE)
}

function depsOf(env: Env, database: Database): Deps {
  const rules = UpstreamUrl.rulesOf(env)
  return {
    database,
    now: () => Date.now(),
    send,
    secretsOf: (endpoint, now) => secretsOf(env, endpoint, now),
    rules,
    mayCall: UpstreamUrl.mayCall(rules, isStrictlyPublic()),
    lookAgain: async (id, delaySeconds) => {
      await env.WEBHOOKS?.send(messageOf(id), { delaySeconds }).catch(() => log('webhooks_delayed', { count: '1' }))
    },
    log,
  }
}

function isStrictlyPublic(): boolean {
  const { compatibilityFlags } = Cloudflare as { compatibilityFlags?: Record<string, boolean> }
  return compatibilityFlags?.['global_fetch_strictly_public'] === true
}

function deadMessage(message: QueueMessage): void {
  log('webhook_dead_letter', { message: message.id, attempts: `${message.attempts}` })
  message.ack()
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : 'unknown'
}
