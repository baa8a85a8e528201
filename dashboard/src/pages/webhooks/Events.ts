/** The events that an endpoint can ask for, in the groups in which the page lists them. */
import type { components } from '../../api/Schema.d.ts'

export type EventName = components['schemas']['NewWebhookEndpoint']['events'][number]
type One = Exclude<EventName, '*'>

/** `webhook.test` is not chosen: an endpoint gets it when its owner presses the button. */
export const EVENTS = {
  money: [
    'deposit.received',
    'deposit.confirmed',
    'deposit.reverted',
    'refund.confirmed',
    'settlement.confirmed',
    'settlement.failed',
    'incident.opened',
  ],
  provider: [
    'provider.created',
    'provider.updated',
    'provider.payout_change_requested',
    'provider.payout_change_cancelled',
    'provider.payout_changed',
    'drain.started',
    'drain.finished',
  ],
  prices: [
    'route.created',
    'route.updated',
    'rate_card.published',
    'rate_card.withdrawn',
    'oracle.created',
    'oracle.updated',
    'oracle.stale',
    'oracle.recovered',
  ],
  keys: [
    'session_key.created',
    'session_key.activated',
    'session_key.updated',
    'session_key.frozen',
    'session_key.unfrozen',
    'session_key.rotated',
    'session_key.revoked',
    'session_key.expired',
  ],
  safety: ['ruleset.changed', 'rule.snoozed', 'api_key.created', 'api_key.revoked', 'webhook_endpoint.disabled'],
} as const satisfies { readonly [group: string]: readonly One[] }

export type EventGroup = keyof typeof EVENTS

export const GROUPS = Object.keys(EVENTS) as EventGroup[]

/** All that can be filtered by, the test too. */
export const ALL: readonly One[] = [...GROUPS.flatMap((group): readonly One[] => EVENTS[group]), 'webhook.test']

const NAMES: ReadonlySet<string> = new Set(['*', ...ALL])

export function isEvent(text: string): text is EventName {
  return NAMES.has(text)
}

export function isOne(text: string | undefined): text is One {
  return text !== undefined && text !== '*' && NAMES.has(text)
}
