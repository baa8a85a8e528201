/** What Sentinel refuses: rules, stops and breakers. Nothing is held or charged by a call that ends so. */
import type { Row } from './Row.ts'

export const sentinel = {
  sentinel_blocked: {
    status: 403,
    title: 'A rule refuses this call',
    hint: 'Nothing was charged. The rule refuses calls like this one; who made the rule can change it.',
    retryable: false,
  },
  sentinel_frozen: {
    status: 403,
    title: 'The session key was stopped by a rule',
    hint: 'Nothing was charged. The owner of the key, or who made the rule, has to release the stop that this answer names.',
    retryable: false,
  },
  sentinel_signature_required: {
    status: 403,
    title: 'The session key has to be confirmed',
    hint: 'Nothing was charged. The owner of the key, or who made the rule, has to confirm the stop that this answer names with a new signature.',
    retryable: false,
  },
  sentinel_throttled: {
    status: 429,
    title: 'A rule slows this session key down',
    hint: 'Nothing was charged; wait for Retry-After.',
    retryable: true,
  },
  spend_breaker_open: {
    status: 429,
    title: 'The session key spends faster than its budget',
    hint: 'Nothing was charged; wait for Retry-After.',
    retryable: true,
  },
  upstream_breaker_open: {
    status: 503,
    title: 'The service behind the paywall is failing and is not called for now',
    hint: 'This attempt was not charged; wait for Retry-After.',
    retryable: true,
  },
} satisfies Record<string, Row>
