/** What any of our endpoints may answer. */
import type { Row } from './Row.ts'

export const common = {
  non_canonical_path: {
    status: 400,
    title: 'The path is not in its canonical form',
    hint: 'Send the path without dot segments, empty segments, backslashes or encoded slashes and dots.',
    retryable: false,
  },
  malformed_payment: {
    status: 400,
    title: 'The payment header cannot be read',
    hint: 'Send PAYMENT-SIGNATURE once, as base64 of an x402 v2 PaymentPayload in JSON.',
    retryable: false,
    x402: 'invalid_payload',
  },
  malformed_request_id: {
    status: 400,
    title: 'The request id cannot be used',
    hint: 'Send one Idempotency-Key of 1 to 255 visible ASCII characters; a payment-identifier must be the same.',
    retryable: false,
  },
  body_digest_mismatch: {
    status: 400,
    title: 'The body is not the one that was paid for',
    hint: 'Send the body that Content-Digest or the quote stands for, or ask for a new quote.',
    retryable: false,
  },
  malformed_body: {
    status: 400,
    title: 'The body cannot be read',
    hint: 'Send a JSON object with the documented fields.',
    retryable: false,
  },
  malformed_query: {
    status: 400,
    title: 'A query parameter cannot be used',
    hint: 'Send the documented parameters: addresses and channel ids as 0x-prefixed hex of full length.',
    retryable: false,
  },
  unauthorized: {
    status: 401,
    title: 'The bearer key is missing or not the right one',
    hint: 'Send Authorization: Bearer with the key of this deployment.',
    retryable: false,
  },
  receiver_proof_invalid: {
    status: 401,
    title: 'The request is not signed by the receiver',
    hint: 'Sign the text of the voucher export for this origin with the wallet of the receiver, which must not be a contract.',
    retryable: false,
  },
  receiver_proof_expired: {
    status: 401,
    title: 'The signature of the receiver is too old, or from the future',
    hint: 'Sign again with the time of now; a signature is good for 5 minutes.',
    retryable: false,
  },
  not_found: {
    status: 404,
    title: 'Nothing is served here',
    hint: 'Check the path and method against /.well-known/pbstream.',
    retryable: false,
  },
  method_not_allowed: {
    status: 405,
    title: 'This method is not served here',
    hint: 'Use the method that /.well-known/pbstream names for the route.',
    retryable: false,
  },
  request_in_flight: {
    status: 409,
    title: 'A request with this id is being served',
    hint: 'Wait for its answer.',
    retryable: true,
  },
  request_id_used: {
    status: 409,
    title: 'A request with this id was served',
    hint: 'It is paid for and its answer is gone; use a new id for a new request.',
    retryable: false,
  },
  payload_too_large: {
    status: 413,
    title: 'The body is too large',
    hint: 'Send at most the size that the route allows.',
    retryable: false,
  },
  request_id_mismatch: {
    status: 422,
    title: 'This request id stands for another request',
    hint: 'Use a new id for a new request.',
    retryable: false,
  },
  rate_limited: { status: 429, title: 'Too many requests', hint: 'Wait for Retry-After.', retryable: true },
  header_too_large: {
    status: 431,
    title: 'A payment header is too large',
    hint: 'Keep PAYMENT-SIGNATURE at or under 8 KB.',
    retryable: false,
  },
  upstream_unreachable: {
    status: 502,
    title: 'The service behind the paywall did not answer',
    hint: 'Nothing was charged; try again later.',
    retryable: true,
  },
  temporarily_unavailable: {
    status: 503,
    title: 'The paywall cannot decide right now',
    hint: 'Nothing was charged; try again after Retry-After.',
    retryable: true,
  },
} satisfies Record<string, Row>
