/** What owners are told by webhook, and the message that asks for one delivery: the queue `pbstream-webhooks`. */
import * as z from 'zod'

/** Every event that an endpoint can ask for; `*` stands for all of them, those to come included. */
export const webhookEvents = [
  // Money. A deposit is received when it is mined, confirmed at depth, reverted when the chain took it back.
  'deposit.received',
  'deposit.confirmed',
  'deposit.reverted',
  'refund.confirmed',
  // Paid out to the receiver of a channel; or not, after every retry.
  'settlement.confirmed',
  'settlement.failed',
  // Something of the owner's that a person should look at.
  'incident.opened',
  // Configuration.
  'provider.created',
  'provider.updated',
  'provider.payout_change_requested',
  'provider.payout_change_cancelled',
  'provider.payout_changed',
  'route.created',
  'route.updated',
  'rate_card.published',
  'rate_card.withdrawn',
  'oracle.created',
  'oracle.updated',
  // Nothing came in time, and its fallback holds; or a value came again.
  'oracle.stale',
  'oracle.recovered',
  'drain.started',
  'drain.finished',
  'ruleset.changed',
  'rule.snoozed',
  'session_key.created',
  'session_key.activated',
  'session_key.updated',
  'session_key.frozen',
  'session_key.unfrozen',
  'session_key.rotated',
  'session_key.revoked',
  'session_key.expired',
  'api_key.created',
  'api_key.revoked',
  'webhook_endpoint.disabled',
  'webhook.test',
] as const
export type WebhookEvent = (typeof webhookEvents)[number]

/** One row of `webhook_delivery`: it says what is sent, where to and when. A repeat of the message sends nothing twice. */
export const webhookMessage = z.object({ v: z.literal(1), deliveryId: z.string().regex(/^whd_[0-9a-z]{40}$/) })
export type WebhookMessage = z.infer<typeof webhookMessage>
