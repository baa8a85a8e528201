/**
 * Every way a call can fail, in one table: HTTP problems, SDK classes and the docs are made from it.
 *
 * A code is stable; `x402` is the string that x402 clients know it by, where the protocol has one.
 */
type Row = {
  status: number
  title: string
  /** What the caller should do. */
  hint: string
  /** True when the same call may succeed later without being changed. */
  retryable: boolean
  x402?: string
}

const batch = (reason: string) => `invalid_batch_settlement_evm_${reason}`
const exact = (reason: string) => `invalid_exact_evm_payload_${reason}`

const table = {
  // 400: the request is not one that can be priced or served.
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
    hint: 'Send the same body as in the request that was quoted, or ask for a new quote.',
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
  // 401: the caller has to say who it is.
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
  // 402: payment is needed, or this one does not do.
  payment_required: {
    status: 402,
    title: 'Payment required',
    hint: 'Pay with one of the offers in PAYMENT-REQUIRED.',
    retryable: false,
  },
  offer_mismatch: {
    status: 402,
    title: 'The payment does not match an offer',
    hint: 'Use one of the offers of this answer unchanged.',
    retryable: false,
    x402: 'invalid_payment_requirements',
  },
  unsupported_scheme: {
    status: 402,
    title: 'This payment scheme is not offered here',
    hint: 'Use a scheme of the offers in this answer.',
    retryable: false,
    x402: 'unsupported_scheme',
  },
  network_mismatch: {
    status: 402,
    title: 'The payment is for another network',
    hint: 'Pay on the network of the offer.',
    retryable: false,
    x402: 'invalid_network',
  },
  quote_invalid: {
    status: 402,
    title: 'The quote cannot be honoured',
    hint: 'Use the quote of this answer.',
    retryable: false,
  },
  quote_expired: {
    status: 402,
    title: 'The quote has expired',
    hint: 'Use the quote of this answer.',
    retryable: false,
  },
  channel_id_mismatch: {
    status: 402,
    title: 'The channel id is not the hash of the channel',
    hint: 'Compute the id as the EIP-712 hash of ChannelConfig in the domain of the contract.',
    retryable: false,
    x402: batch('channel_id_mismatch'),
  },
  receiver_mismatch: {
    status: 402,
    title: 'The channel pays another receiver',
    hint: 'Open a channel toward payTo of the offer.',
    retryable: false,
    x402: batch('receiver_mismatch'),
  },
  receiver_authorizer_mismatch: {
    status: 402,
    title: 'The channel names another receiver authorizer',
    hint: 'Use extra.receiverAuthorizer of the offer.',
    retryable: false,
    x402: batch('receiver_authorizer_mismatch'),
  },
  token_mismatch: {
    status: 402,
    title: 'The channel holds another token',
    hint: 'Use the asset of the offer.',
    retryable: false,
    x402: batch('token_mismatch'),
  },
  withdraw_delay_mismatch: {
    status: 402,
    title: 'The channel has another withdraw delay',
    hint: 'Use extra.withdrawDelay of the offer.',
    retryable: false,
    x402: batch('withdraw_delay_mismatch'),
  },
  payer_authorizer_missing: {
    status: 402,
    title: 'The channel has no payer authorizer',
    hint: 'Use a channel whose payerAuthorizer is a key that can sign; contract signatures can be withdrawn after the fact and are not taken.',
    retryable: false,
    x402: batch('authorizer_not_configured'),
  },
  voucher_signature_invalid: {
    status: 402,
    title: 'The voucher signature is not by the payer authorizer',
    hint: 'Sign Voucher(channelId, maxClaimableAmount) with the key named in the channel.',
    retryable: false,
    x402: batch('voucher_signature'),
  },
  cumulative_amount_mismatch: {
    status: 402,
    title: 'The voucher does not start from what is charged',
    hint: 'Sign for channelState.chargedCumulativeAmount plus the amount of the offer.',
    retryable: false,
    x402: batch('cumulative_amount_mismatch'),
  },
  deposit_below_min_deposit: {
    status: 402,
    title: 'The deposit is too small to be worth its gas',
    hint: 'Deposit at least extra.minDeposit.',
    retryable: false,
    x402: batch('deposit_below_min_deposit'),
  },
  deposit_authorization_invalid: {
    status: 402,
    title: 'The deposit authorisation cannot be used',
    hint: 'Sign ReceiveWithAuthorization to the collector for this channel, valid now and for maxTimeoutSeconds.',
    retryable: false,
    x402: batch('receive_authorization_signature'),
  },
  deposit_failed: {
    status: 402,
    title: 'The deposit did not go through',
    hint: 'Check the token balance of the payer and sign a new deposit.',
    retryable: false,
    x402: batch('deposit_transaction_failed'),
  },
  channel_busy: {
    status: 402,
    title: 'Too many calls wait on this channel',
    hint: 'Send fewer calls at once, or open a second channel.',
    retryable: true,
    x402: batch('channel_busy'),
  },
  withdrawal_pending: {
    status: 402,
    title: 'A withdrawal of this channel is pending',
    hint: 'Finalise the withdrawal and open a new channel.',
    retryable: false,
    x402: batch('missing_channel'),
  },
  session_key_stopped: {
    status: 402,
    title: 'The session key of the channel has been stopped',
    hint: 'Use a channel under a key that is neither frozen, revoked nor expired.',
    retryable: false,
  },
  channel_closing: {
    status: 402,
    title: 'This channel is being refunded',
    hint: 'Wait for the refund, then deposit again.',
    retryable: true,
    x402: batch('channel_busy'),
  },
  refund_no_balance: {
    status: 402,
    title: 'There is nothing to refund',
    hint: 'Nothing: all of the deposit is spent or returned.',
    retryable: false,
    x402: batch('refund_no_balance'),
  },
  refund_amount_invalid: {
    status: 402,
    title: 'The refund is larger than what is left',
    hint: 'Ask for at most balance less what is charged, or leave amount out.',
    retryable: false,
    x402: batch('refund_amount_invalid'),
  },
  refund_failed: {
    status: 402,
    title: 'The refund did not go through',
    hint: 'Try again later; the money is still in the channel.',
    retryable: true,
    x402: batch('refund_transaction_failed'),
  },
  refund_limit_reached: {
    status: 402,
    title: 'This channel had its free refund today',
    hint: 'Wait a day, or withdraw on chain.',
    retryable: true,
  },
  exact_signature_invalid: {
    status: 402,
    title: 'The authorisation is not signed by its sender',
    hint: 'Sign TransferWithAuthorization in the domain of the token.',
    retryable: false,
    x402: exact('signature'),
  },
  exact_recipient_mismatch: {
    status: 402,
    title: 'The authorisation pays another receiver',
    hint: 'Pay payTo of the offer.',
    retryable: false,
    x402: exact('recipient_mismatch'),
  },
  exact_value_mismatch: {
    status: 402,
    title: 'The authorisation is not for the amount of the offer',
    hint: 'Authorise exactly the amount of the offer.',
    retryable: false,
    x402: exact('authorization_value_mismatch'),
  },
  exact_valid_after: {
    status: 402,
    title: 'The authorisation is not valid yet',
    hint: 'Set validAfter in the past; check your clock.',
    retryable: true,
    x402: exact('authorization_valid_after'),
  },
  exact_valid_before: {
    status: 402,
    title: 'The authorisation is valid for too short or too long',
    hint: 'Set validBefore to now plus maxTimeoutSeconds.',
    retryable: false,
    x402: exact('authorization_valid_before'),
  },
  exact_used: {
    status: 402,
    title: 'The authorisation has paid for another request',
    hint: 'Sign a new authorisation with a fresh nonce.',
    retryable: false,
    x402: 'invalid_transaction_state',
  },
  insufficient_funds: {
    status: 402,
    title: 'The payer has too little of the token',
    hint: 'Fund the payer and sign again.',
    retryable: false,
    x402: 'insufficient_funds',
  },
  transaction_reverted: {
    status: 402,
    title: 'The transfer was refused on chain',
    hint: 'Sign a new authorisation.',
    retryable: false,
    x402: 'invalid_transaction_state',
  },
  settlement_pending: {
    status: 402,
    title: 'The transfer is under way',
    hint: 'Send the same request with the same payment again: it joins this one and is not charged twice.',
    retryable: true,
    x402: 'settlement_pending',
  },
  // Others.
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
  request_id_mismatch: {
    status: 422,
    title: 'This request id stands for another request',
    hint: 'Use a new id for a new request.',
    retryable: false,
  },
  payload_too_large: {
    status: 413,
    title: 'The body is too large',
    hint: 'Send at most the size that the route allows.',
    retryable: false,
  },
  header_too_large: {
    status: 431,
    title: 'A payment header is too large',
    hint: 'Keep PAYMENT-SIGNATURE at or under 8 KB.',
    retryable: false,
  },
  rate_limited: { status: 429, title: 'Too many requests', hint: 'Wait for Retry-After.', retryable: true },
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

/** A stable name for one way to fail. */
export type ErrorCode = keyof typeof table

/** The table, for generators and docs. */
export const errors: { readonly [code in ErrorCode]: Readonly<Row> } = table

/** The string by which x402 clients know this failure. */
export function x402Reason(code: ErrorCode): string {
  return errors[code].x402 ?? code
}

/** RFC 9457 problem details plus the OpenAI-style `error` object that AI clients print. */
export type Problem = {
  type: string
  title: string
  status: number
  code: ErrorCode
  detail?: string
  hint: string
  retryable: boolean
  requestId?: string
  error: { type: string; code: ErrorCode; message: string }
}

/** The body of a failed call. `detail` must hold nothing secret. */
export function problem(code: ErrorCode, options: { detail?: string; requestId?: string } = {}): Problem {
  const row = errors[code]
  const message =
    options.detail === undefined ? `${row.title}. ${row.hint}` : `${row.title}: ${options.detail}. ${row.hint}`
  return {
    type: `https://pbstream.dev/problems/${code}`,
    title: row.title,
    status: row.status,
    code,
    ...(options.detail === undefined ? {} : { detail: options.detail }),
    hint: row.hint,
    retryable: row.retryable,
    ...(options.requestId === undefined ? {} : { requestId: options.requestId }),
    error: {
      type: row.status === 402 ? 'payment_required' : row.status < 500 ? 'invalid_request_error' : 'api_error',
      code,
      message,
    },
  }
}
