/** What a provider's own server answers when it verifies what the gateway sent it. */
import type { Row } from './Row.ts'

export const origin = {
  payment_token_invalid: {
    status: 403,
    title: 'The payment token is not for this request',
    hint: 'Send the request to the gateway: it signs a token for each, good for this server and one minute.',
    retryable: false,
  },
  payment_token_replayed: {
    status: 409,
    title: 'The payment token was used before',
    hint: 'Send the request to the gateway again: each one gets a token of its own.',
    retryable: false,
  },
  origin_price_mismatch: {
    status: 503,
    title: 'The gateway sells this for less than the server asks',
    hint: 'Nothing was charged; the provider has to give its route and its server the same price.',
    retryable: false,
  },
  origin_body_unavailable: {
    status: 503,
    title: 'The server cannot see the bytes that were paid for',
    hint: 'Nothing was charged; the provider has to keep the raw body for its paywall.',
    retryable: false,
  },
} satisfies Record<string, Row>
