/** What can be wrong with a session: opening one, the requests that it signs, and its leases. */
import type { Row } from './Row.ts'

export const sessionMode = {
  session_headers_invalid: {
    status: 400,
    title: 'A header of the signed request is missing or cannot be read',
    hint: 'Send PBStream-Session, PBStream-Max-Price, Idempotency-Key, Signature-Input and Signature once each, and Content-Digest with a body.',
    retryable: false,
  },
  session_payment_conflict: {
    status: 400,
    title: 'The request pays in two ways',
    hint: 'Send either PBStream-Session or PAYMENT-SIGNATURE.',
    retryable: false,
  },
  session_expiry_invalid: {
    status: 400,
    title: 'The session would end in the past or too late',
    hint: 'Set expires to at most 24 hours from now, and not after the end of the session key.',
    retryable: false,
  },
  session_nonce_invalid: {
    status: 401,
    title: 'The nonce is not one of this gateway, or older than a minute',
    hint: 'Get a new nonce from the session endpoint and sign OpenSession again.',
    retryable: false,
    signAgain: true,
  },
  session_open_signature_invalid: {
    status: 401,
    title: 'OpenSession is not signed by the payer authorizer of the channel',
    hint: 'Sign OpenSession for this channel, gateway and nonce with the key that signs its vouchers.',
    retryable: false,
  },
  session_token_invalid: {
    status: 401,
    title: 'The session token is not one of this gateway',
    hint: 'Open a new session at the endpoint that the pbstream-session extension names.',
    retryable: false,
  },
  session_expired: {
    status: 401,
    title: 'The session has expired',
    hint: 'Open a new session.',
    retryable: false,
  },
  session_ended: {
    status: 401,
    title: 'The session was ended',
    hint: 'Open a new session, unless its key was stopped: the channel was closed, or its key frozen or changed.',
    retryable: false,
  },
  session_signature_invalid: {
    status: 401,
    title: 'The request is not signed by its session',
    hint: 'Sign exactly the documented components of this request, in their order, with the key of the session.',
    retryable: false,
  },
  session_signature_expired: {
    status: 401,
    title: 'The signature of the request is not good at this time',
    hint: 'Sign again with created of now, as Date of this answer has it, and expires at most 60 seconds later.',
    retryable: false,
    signAgain: true,
  },
  price_above_maximum: {
    status: 402,
    title: 'The price is above the maximum of the request',
    hint: 'Sign again with a PBStream-Max-Price of at least the amount of the offer, if you want to pay it.',
    retryable: false,
    signAgain: true,
  },
  session_room_short: {
    status: 402,
    title: 'The session has too little room for this',
    hint: 'Sign again with a PBStream-Voucher for at least charged plus needed of PBStream-Room; deposit first where funds are less.',
    retryable: false,
    signAgain: true,
  },
  receipt_unknown: {
    status: 404,
    title: 'The channel has no charge with this request id',
    hint: 'Check the id; a receipt can be had for a day.',
    retryable: false,
  },
  session_nonce_used: {
    status: 409,
    title: 'The nonce has opened a session',
    hint: 'Get a new nonce from the session endpoint and sign OpenSession again.',
    retryable: false,
    signAgain: true,
  },
  session_leases_out: {
    status: 409,
    title: 'Leases of the channel are not over yet',
    hint: 'Wait for Retry-After, some seconds, and ask for the refund again.',
    retryable: true,
    x402: 'invalid_batch_settlement_evm_channel_busy',
  },
  lease_elsewhere: {
    status: 409,
    title: 'The lease is not here',
    hint: 'Nothing was charged. Sign again without PBStream-Lease and with an id of your own.',
    retryable: false,
    signAgain: true,
  },
} satisfies Record<string, Row>
