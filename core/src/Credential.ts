/** The payment that a caller sends: PAYMENT-SIGNATURE (x402 v2) or X-PAYMENT (v1, `exact` only). */
import * as Amount from './Amount.ts'
import * as Base64 from './Base64.ts'
import { type Offer, PAYMENT_IDENTIFIER, PAYMENT_IDENTIFIER_FORM, QUOTE_EXTENSION } from './Challenge.ts'
import * as ChannelConfig from './ChannelConfig.ts'
import type { ErrorCode } from './Errors.ts'
import { type Address, type Hex, isAddress, isBytes32, lower } from './Hex.ts'
import type { Authorization, DepositOrder } from './message/Settlement.ts'
import * as Network from './Network.ts'
import * as Signature from './Signature.ts'
import type { Voucher } from './Voucher.ts'

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

export type Deposit = { amount: bigint; authorization: DepositOrder['authorization'] }

/** A payment from a channel. Hex is lower case; the id and the signatures are as claimed, not verified. */
export type BatchCredential = Envelope & {
  scheme: 'batch-settlement'
  version: 2
  config: ChannelConfig.ChannelConfig
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

/** Why there is no payment in it. `detail` names the member at fault and never quotes its value. */
export type Failure = { error: ErrorCode; detail: string }

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
  try {
    const payment = object(value, 'payment')
    if (payment['x402Version'] === 2) return version2(payment)
    if (payment['x402Version'] === 1) return version1(payment)
    throw new Refused('malformed_payment', 'x402Version is neither 2 nor 1')
  } catch (error) {
    if (error instanceof Refused) return { error: error.code, detail: error.message }
    throw error
  }
}

/** True for a payment that could be read. */
export function isCredential(result: Credential | Failure): result is Credential {
  return !('error' in result)
}

class Refused extends Error {
  readonly code: ErrorCode
  constructor(code: ErrorCode, detail: string) {
    super(detail)
    this.code = code
  }
}

type Json = Record<string, unknown>

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
  if (scheme !== 'exact') throw new Refused('unsupported_scheme', 'scheme is not exact, the only one taken in x402 v1')
  const network = Network.fromV1(text(payment['network'], 'network'))
  if (network === undefined) throw new Refused('network_mismatch', 'network is not known in x402 v1')
  return { scheme, version: 1, network, authorization: exact(object(payment['payload'], 'payload')) }
}

function batch(payload: Json, envelope: Envelope): BatchCredential {
  const type = payload['type']
  const common = { ...envelope, scheme: 'batch-settlement', version: 2 } as const
  if (type !== 'voucher' && type !== 'deposit' && type !== 'refund') {
    throw new Refused('malformed_payment', 'payload.type is none of voucher, deposit and refund')
  }
  const channel = {
    config: config(payload['channelConfig']),
    voucher: voucher(object(payload['voucher'], 'payload.voucher')),
  }
  if (type === 'voucher') return { ...common, ...channel, type }
  if (type === 'deposit') {
    return { ...common, ...channel, type, deposit: deposit(object(payload['deposit'], 'payload.deposit')) }
  }
  if (payload['amount'] === undefined || payload['amount'] === null) return { ...common, ...channel, type }
  const amount = atomic(payload['amount'], 'payload.amount')
  if (amount === 0n) throw new Refused('refund_amount_invalid', 'payload.amount is 0')
  return { ...common, ...channel, type, amount }
}

function config(value: unknown): ChannelConfig.ChannelConfig {
  try {
    return ChannelConfig.parse(value)
  } catch (error) {
    if (!(error instanceof ChannelConfig.InvalidChannelConfigError)) throw error
    const path = error.field === 'channelConfig' ? 'payload.' : 'payload.channelConfig.'
    throw new Refused('malformed_payment', path + error.message)
  }
}

function voucher(value: Json): Voucher {
  return {
    channelId: bytes32(value['channelId'], 'payload.voucher.channelId'),
    max: atomic(value['maxClaimableAmount'], 'payload.voucher.maxClaimableAmount'),
    signature: voucherSignature(value['signature']),
  }
}

function deposit(value: Json): Deposit {
  const path = 'payload.deposit.authorization'
  const methods = object(value['authorization'], path)
  if (methods['erc3009Authorization'] === undefined && methods['permit2Authorization'] !== undefined) {
    throw new Refused('deposit_authorization_invalid', 'Permit2 deposits are not taken; send erc3009Authorization')
  }
  const inner = object(methods['erc3009Authorization'], `${path}.erc3009Authorization`)
  const at = (member: string) => `${path}.erc3009Authorization.${member}`
  return {
    amount: atomic(value['amount'], 'payload.deposit.amount'),
    authorization: {
      validAfter: uint256(inner['validAfter'], at('validAfter')),
      validBefore: uint256(inner['validBefore'], at('validBefore')),
      salt: bytes32(inner['salt'], at('salt')),
      signature: anySignature(inner['signature'], at('signature')),
    },
  }
}

function exact(payload: Json): Authorization {
  if (payload['authorization'] === undefined && payload['permit2Authorization'] !== undefined) {
    throw new Refused('unsupported_scheme', 'Permit2 transfers are not taken; send an EIP-3009 authorization')
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
    throw new Refused('unsupported_scheme', 'accepted.scheme is neither batch-settlement nor exact')
  }
  const network = text(value['network'], at('network'))
  if (Network.chainId(network) === undefined) throw new Refused('network_mismatch', 'accepted.network is no EVM chain')
  const timeout = value['maxTimeoutSeconds']
  if (typeof timeout !== 'number' || !Number.isSafeInteger(timeout) || timeout <= 0) {
    throw new Refused('malformed_payment', 'accepted.maxTimeoutSeconds is not a positive integer')
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
    throw new Refused('quote_invalid', `extensions.${QUOTE_EXTENSION}.info.quote is not a string`)
  }
  const id = info(all, PAYMENT_IDENTIFIER)?.['id']
  if (id !== undefined && (typeof id !== 'string' || !PAYMENT_IDENTIFIER_FORM.test(id))) {
    throw new Refused(
      'malformed_request_id',
      `extensions.${PAYMENT_IDENTIFIER}.info.id is not 16 to 128 of A-Z a-z 0-9 _ -`,
    )
  }
  return { ...(quote === undefined ? {} : { quote }), ...(id === undefined ? {} : { paymentIdentifier: id }) }
}

function info(all: Json, key: string): Json | undefined {
  if (!Object.hasOwn(all, key)) return undefined
  return object(object(all[key], `extensions.${key}`)['info'], `extensions.${key}.info`)
}

function object(value: unknown, path: string): Json {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new Refused('malformed_payment', `${path} is not an object`)
  }
  return value as Json
}

function text(value: unknown, path: string): string {
  if (typeof value !== 'string' || value === '') throw new Refused('malformed_payment', `${path} is not a string`)
  return value
}

function address(value: unknown, path: string): Address {
  if (!isAddress(value)) throw new Refused('malformed_payment', `${path} is not an address`)
  return lower(value)
}

function bytes32(value: unknown, path: string): Hex {
  if (!isBytes32(value)) throw new Refused('malformed_payment', `${path} is not 32 bytes of hex`)
  return lower(value)
}

function atomic(value: unknown, path: string): bigint {
  const amount = Amount.tryParse(value)
  if (amount === undefined) {
    throw new Refused('malformed_payment', `${path} is not a decimal string of atomic units below 2^128`)
  }
  return amount
}

const UINT = /^(?:0|[1-9][0-9]{0,77})$/

/** Seconds and the like: tokens take any uint256 there, and some clients write the largest for "always". */
function uint256(value: unknown, path: string): bigint {
  const number = typeof value === 'string' && UINT.test(value) ? BigInt(value) : undefined
  if (number === undefined || number >> 256n !== 0n) {
    throw new Refused('malformed_payment', `${path} is not a decimal string below 2^256`)
  }
  return number
}

const SIGNATURE_65 = /^0x[0-9a-fA-F]{130}$/
/** Contract wallets sign at some length; more than 1 KiB is no payment. */
const SIGNATURE_ANY = /^0x(?:[0-9a-fA-F]{2}){65,1024}$/

/** Always by a key: 65 bytes. One that no key can have made is left as it is, for recovery to refuse. */
function voucherSignature(value: unknown): Hex {
  if (typeof value !== 'string' || !SIGNATURE_65.test(value)) {
    throw new Refused('malformed_payment', 'payload.voucher.signature is not 65 bytes of hex')
  }
  return Signature.normalise(value) ?? lower(value as Hex)
}

function anySignature(value: unknown, path: string): Hex {
  if (typeof value !== 'string' || !SIGNATURE_ANY.test(value)) {
    throw new Refused('malformed_payment', `${path} is not 65 to 1024 bytes of hex`)
  }
  return Signature.normalise(value) ?? lower(value as Hex)
}
