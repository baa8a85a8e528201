/** The payment that a caller sends: PAYMENT-SIGNATURE (x402 v2) or X-PAYMENT (v1, `exact` only). */
import * as Amount from './Amount.ts'
import * as Base64 from './Base64.ts'
import { type Offer, PAYMENT_IDENTIFIER, PAYMENT_IDENTIFIER_FORM, QUOTE_EXTENSION } from './Challenge.ts'
import type { ChannelConfig } from './ChannelConfig.ts'
import type { Authorization } from './message/Settlement.ts'
import * as Network from './Network.ts'
import {
  address,
  anySignature,
  atomic,
  attempt,
  bytes32,
  config,
  type Deposit,
  deposit,
  type Failure,
  type Json,
  keySignature,
  object,
  Refused,
  text,
  uint256,
} from './Reader.ts'
import type { Voucher } from './Voucher.ts'

export type { Deposit, Failure } from './Reader.ts'

/** What every v2 payment carries beside its scheme's payload. */
type Envelope = {
  /** CAIP-2. */
  network: string
  /** The offer that the client says it took. To be compared, never trusted. */
  accepted: Offer
  /** The signed quote of the 402, unverified. */
  quote?: string
  /** x402 `payment-identifier`: 16 to 128 of [A-Za-z0-9_-]. */
  paymentIdentifier?: string
}

/** A payment from a channel. Hex is lower case; the id and the signatures are as claimed, not verified. */
export type BatchCredential = Envelope & {
  scheme: 'batch-settlement'
  version: 2
  config: ChannelConfig
  voucher: Voucher
} & (
    | { type: 'voucher' }
    | { type: 'deposit'; deposit: Deposit }
    /** `amount` absent: all that is left. */
    | { type: 'refund'; amount?: bigint }
  )

/** A payment by one transfer. v1 carries no offer, no quote and no id. */
export type ExactCredential =
  | (Envelope & { scheme: 'exact'; version: 2; authorization: Authorization })
  | { scheme: 'exact'; version: 1; network: string; authorization: Authorization }

export type Credential = BatchCredential | ExactCredential

/** Reads a header. Takes base64 or base64url, padded or not. Never throws. */
export function decode(header: string): Credential | Failure {
  const bytes = typeof header === 'string' ? Base64.decode(header.trim()) : undefined
  if (bytes === undefined) return { error: 'malformed_payment', detail: 'the header is not base64' }
  const value = Base64.parseJson(bytes)
  if (value === undefined) return { error: 'malformed_payment', detail: 'the header holds no JSON' }
  return from(value)
}

/** Reads a payment that is JSON already, as in MCP's `_meta`. Never throws on JSON values. */
export function from(value: unknown): Credential | Failure {
  return attempt<Credential>('malformed_payment', () => {
    const payment = object(value, 'payment')
    if (payment['x402Version'] === 2) return version2(payment)
    if (payment['x402Version'] === 1) return version1(payment)
    throw new Refused('x402Version is neither 2 nor 1')
  })
}

/** True for a payment that could be read. */
export function isCredential(result: Credential | Failure): result is Credential {
  return !('error' in result)
}

function version2(payment: Json): Credential {
  const accepted = offer(object(payment['accepted'], 'accepted'))
  const envelope = { network: accepted.network, accepted, ...extensions(payment['extensions']) }
  const payload = object(payment['payload'], 'payload')
  if (accepted.scheme === 'exact') {
    return { ...envelope, scheme: 'exact', version: 2, authorization: exact(payload) }
  }
  return batch(payload, envelope)
}

function version1(payment: Json): Credential {
  const scheme = text(payment['scheme'], 'scheme')
  if (scheme !== 'exact') throw new Refused('scheme is not exact, the only one taken in x402 v1', 'unsupported_scheme')
  const network = Network.fromV1(text(payment['network'], 'network'))
  if (network === undefined) throw new Refused('network is not known in x402 v1', 'network_mismatch')
  return { scheme, version: 1, network, authorization: exact(object(payment['payload'], 'payload')) }
}

function batch(payload: Json, envelope: Envelope): BatchCredential {
  const type = payload['type']
  const common = { ...envelope, scheme: 'batch-settlement', version: 2 } as const
  if (type !== 'voucher' && type !== 'deposit' && type !== 'refund') {
    throw new Refused('payload.type is none of voucher, deposit and refund')
  }
  const channel = {
    config: config(payload['channelConfig'], 'payload.channelConfig'),
    voucher: voucher(object(payload['voucher'], 'payload.voucher')),
  }
  if (type === 'voucher') return { ...common, ...channel, type }
  if (type === 'deposit') {
    return {
      ...common,
      ...channel,
      type,
      deposit: deposit(object(payload['deposit'], 'payload.deposit'), 'payload.deposit'),
    }
  }
  if (payload['amount'] === undefined || payload['amount'] === null) return { ...common, ...channel, type }
  const amount = atomic(payload['amount'], 'payload.amount')
  if (amount === 0n) throw new Refused('payload.amount is 0', 'refund_amount_invalid')
  return { ...common, ...channel, type, amount }
}

function voucher(value: Json): Voucher {
  return {
    channelId: bytes32(value['channelId'], 'payload.voucher.channelId'),
    max: atomic(value['maxClaimableAmount'], 'payload.voucher.maxClaimableAmount'),
    signature: keySignature(value['signature'], 'payload.voucher.signature'),
  }
}

function exact(payload: Json): Authorization {
  if (payload['authorization'] === undefined && payload['permit2Authorization'] !== undefined) {
    throw new Refused('Permit2 transfers are not taken; send an EIP-3009 authorization', 'unsupported_scheme')
  }
  const value = object(payload['authorization'], 'payload.authorization')
  const at = (member: string) => `payload.authorization.${member}`
  return {
    from: address(value['from'], at('from')),
    to: address(value['to'], at('to')),
    value: atomic(value['value'], at('value')),
    validAfter: uint256(value['validAfter'], at('validAfter')),
    validBefore: uint256(value['validBefore'], at('validBefore')),
    nonce: bytes32(value['nonce'], at('nonce')),
    signature: anySignature(payload['signature'], 'payload.signature'),
  }
}

function offer(value: Json): Offer {
  const at = (member: string) => `accepted.${member}`
  const scheme = text(value['scheme'], at('scheme'))
  if (scheme !== 'batch-settlement' && scheme !== 'exact') {
    throw new Refused('accepted.scheme is neither batch-settlement nor exact', 'unsupported_scheme')
  }
  const network = text(value['network'], at('network'))
  if (Network.chainId(network) === undefined) throw new Refused('accepted.network is no EVM chain', 'network_mismatch')
  const timeout = value['maxTimeoutSeconds']
  if (typeof timeout !== 'number' || !Number.isSafeInteger(timeout) || timeout <= 0) {
    throw new Refused('accepted.maxTimeoutSeconds is not a positive integer')
  }
  return {
    scheme,
    network,
    asset: address(value['asset'], at('asset')),
    amount: Amount.toString(atomic(value['amount'], at('amount'))),
    payTo: address(value['payTo'], at('payTo')),
    maxTimeoutSeconds: timeout,
    extra: value['extra'] === undefined || value['extra'] === null ? {} : object(value['extra'], at('extra')),
  }
}

function extensions(value: unknown): { quote?: string; paymentIdentifier?: string } {
  if (value === undefined || value === null) return {}
  const all = object(value, 'extensions')
  const quote = info(all, QUOTE_EXTENSION)?.['quote']
  if (quote !== undefined && typeof quote !== 'string') {
    throw new Refused(`extensions.${QUOTE_EXTENSION}.info.quote is not a string`, 'quote_invalid')
  }
  const id = info(all, PAYMENT_IDENTIFIER)?.['id']
  if (id !== undefined && (typeof id !== 'string' || !PAYMENT_IDENTIFIER_FORM.test(id))) {
    throw new Refused(
      `extensions.${PAYMENT_IDENTIFIER}.info.id is not 16 to 128 of A-Z a-z 0-9 _ -`,
      'malformed_request_id',
    )
  }
  return { ...(quote === undefined ? {} : { quote }), ...(id === undefined ? {} : { paymentIdentifier: id }) }
}

function info(all: Json, key: string): Json | undefined {
  if (!Object.hasOwn(all, key)) return undefined
  return object(object(all[key], `extensions.${key}`)['info'], `extensions.${key}.info`)
}
