/** The 402 answer: what a call costs and how it can be paid, as x402 `PaymentRequired`. */
import * as Amount from './Amount.ts'
import * as Base64 from './Base64.ts'
import { type ErrorCode, x402Reason } from './Errors.ts'
import type { Address } from './Hex.ts'
import type { ChannelView, VerifiedVoucher } from './message/Session.ts'
import * as Network from './Network.ts'
import { type ChannelStateExtra, channelState } from './PaymentResponse.ts'

/** What is sold. `url` is what the caller asked for; the header drops its query when there is no room. */
export type ResourceInfo = {
  url: string
  description?: string
  mimeType?: string
  serviceName?: string
  tags?: string[]
  iconUrl?: string
}

/** x402 v2 `PaymentRequirements`: one way to pay. `amount` in atomic units as a decimal string. */
export type Offer = {
  scheme: string
  /** CAIP-2. */
  network: string
  asset: string
  amount: string
  payTo: string
  maxTimeoutSeconds: number
  extra: Record<string, unknown>
}

export type PaymentRequired = {
  x402Version: 2
  error?: string
  resource: ResourceInfo
  accepts: Offer[]
  extensions?: Extensions
}

/** x402 extensions: clients echo each one whole. */
export type Extensions = Record<string, { info: Record<string, unknown>; schema: Record<string, unknown> }>

/** `extra` of a `batch-settlement` offer. */
export type BatchExtra = {
  receiverAuthorizer: Address
  withdrawDelay: number
  /** EIP-712 name and version of the token. */
  name: string
  version: string
  minDeposit: string
  channelState?: ChannelStateExtra
  voucherState?: { signedMaxClaimable: string; signature: string }
}

/** What an offer is made of: the chain's terms, the provider's address and the price. */
export type Terms = {
  /** CAIP-2. */
  network: string
  token: Address
  tokenName: string
  tokenVersion: string
  withdrawDelay: number
  maxTimeoutSeconds: number
  payTo: Address
  receiverAuthorizer: Address
  price: bigint
}

/** The most bytes of a PAYMENT-REQUIRED header; clients send most of it back. */
export const MAX_HEADER_BYTES = 4096

/** The key of the extension that carries the signed quote. */
export const QUOTE_EXTENSION = 'pbstream-quote'

/** The key of x402's extension for request ids, and the form of an id. */
export const PAYMENT_IDENTIFIER = 'payment-identifier'
export const PAYMENT_IDENTIFIER_FORM = /^[a-zA-Z0-9_-]{16,128}$/

const ONE_USDC = 1_000_000n
const encoder = new TextEncoder()

/** The header cannot be made to fit: the configuration offers too much. */
export class HeaderTooLargeError extends Error {
  override readonly name = 'HeaderTooLargeError'
}

/** A deposit that lasts: one USDC or a hundred calls, whichever is more. Advice to clients. */
export function minDeposit(price: bigint): bigint {
  return Amount.max(ONE_USDC, Amount.min(Amount.MAX, 100n * price))
}

/** Pay by voucher from a channel. `corrective` tells a client where its channel stands. */
export function batchOffer(terms: Terms, corrective: { channel?: ChannelView; voucher?: VerifiedVoucher } = {}): Offer {
  const { channel, voucher } = corrective
  const extra: BatchExtra = {
    receiverAuthorizer: terms.receiverAuthorizer,
    withdrawDelay: terms.withdrawDelay,
    name: terms.tokenName,
    version: terms.tokenVersion,
    minDeposit: Amount.toString(minDeposit(terms.price)),
    ...(channel === undefined ? {} : { channelState: channelState(channel) }),
    ...(voucher === undefined
      ? {}
      : { voucherState: { signedMaxClaimable: Amount.toString(voucher.max), signature: voucher.signature } }),
  }
  return offer('batch-settlement', terms, extra)
}

/** Pay with one transfer of exactly the price. */
export function exactOffer(terms: Terms): Offer {
  return offer('exact', terms, { name: terms.tokenName, version: terms.tokenVersion })
}

/** All ways to pay, channels first: official clients take the first one they can. One `Terms` per network. */
export function offers(...terms: Terms[]): Offer[] {
  return [...terms.map((each) => batchOffer(each)), ...terms.map(exactOffer)]
}

/**
 * A 402 in x402 v2. `quote` is a signed quote; `paymentIdentifier` says that request ids are understood; `extensions` are
 * others, such as `OpenSession.extension`.
 */
export function paymentRequired(options: {
  resource: ResourceInfo
  accepts: Offer[]
  quote?: string
  paymentIdentifier?: boolean
  extensions?: Extensions
  error?: ErrorCode
}): PaymentRequired {
  const { resource, accepts, quote, error } = options
  const extensions: Extensions = {
    ...(quote === undefined ? {} : quoteExtension(quote)),
    ...(options.paymentIdentifier === true ? paymentIdentifierExtension : {}),
    ...options.extensions,
  }
  return {
    x402Version: 2,
    ...(error === undefined ? {} : { error: x402Reason(error) }),
    resource,
    accepts,
    ...(Object.keys(extensions).length === 0 ? {} : { extensions }),
  }
}

/**
 * The corrective 402: exactly one accept, with the channel's numbers, and no extension but the quote.
 * For a public voucher `channel` and `voucher` are absent, and clients read the chain instead.
 */
export function corrective(options: {
  resource: ResourceInfo
  terms: Terms
  channel?: ChannelView
  voucher?: VerifiedVoucher
  quote?: string
}): PaymentRequired {
  const { resource, terms, channel, voucher, quote } = options
  const accept = batchOffer(terms, {
    ...(channel === undefined ? {} : { channel }),
    ...(voucher === undefined ? {} : { voucher }),
  })
  return paymentRequired({
    resource,
    accepts: [accept],
    error: 'cumulative_amount_mismatch',
    ...(quote === undefined ? {} : { quote }),
  })
}

/** The extension that pins the price. */
export function quoteExtension(quote: string): Extensions {
  return { [QUOTE_EXTENSION]: { info: { quote }, schema: { type: 'object' } } }
}

/** The declaration after which clients may send a request id of their own. */
export const paymentIdentifierExtension: Extensions = {
  [PAYMENT_IDENTIFIER]: {
    info: { required: false },
    schema: {
      type: 'object',
      properties: { required: { type: 'boolean' }, id: { type: 'string', minLength: 16, maxLength: 128 } },
      required: ['required'],
    },
  },
}

/**
 * The PAYMENT-REQUIRED header. The URL is the caller's, so a long one is shortened, never refused: first its query
 * goes, then its path; last, what describes the resource. Clients send the resource, the extensions and one offer
 * back, so room for that is kept in PAYMENT-SIGNATURE too.
 *
 * @throws {HeaderTooLargeError} when the offers alone are too large, which is a matter of configuration.
 */
export function encode(required: PaymentRequired): string {
  const { url, ...description } = required.resource
  const bare = url.split('?', 1)[0] as string
  let header = ''
  for (const resource of [
    { url, ...description },
    { url: bare, ...description },
    { url: origin(bare), ...description },
    { url: origin(bare) },
  ]) {
    if (resource.url.length > MAX_HEADER_BYTES) continue
    header = Base64.encodeJson({ ...required, resource })
    if (header.length <= MAX_HEADER_BYTES && echoLength({ ...required, resource }) <= MAX_ECHO) return header
  }
  // Nothing is left to drop: a larger echo is still read (up to 8 KB), a larger header is refused on its way.
  if (header !== '' && header.length <= MAX_HEADER_BYTES) return header
  throw new HeaderTooLargeError(`PAYMENT-REQUIRED is larger than ${MAX_HEADER_BYTES} bytes`)
}

/** JSON bytes of the largest payload, a deposit with the largest numbers, and of the member names around it. */
const MAX_PAYLOAD = 1_200
const MAX_ECHO = (MAX_HEADER_BYTES / 4) * 3 - MAX_PAYLOAD

function echoLength({ resource, extensions, accepts }: PaymentRequired): number {
  return jsonBytes({ resource, extensions }) + Math.max(...accepts.map(jsonBytes))
}

function jsonBytes(value: unknown): number {
  return encoder.encode(JSON.stringify(value)).length
}

/** Reads a PAYMENT-REQUIRED header; `undefined` when it is none. For clients and tests. */
export function decode(header: string): PaymentRequired | undefined {
  const value = Base64.decodeJson(header) as Partial<PaymentRequired> | null | undefined
  if (typeof value !== 'object' || value === null || value.x402Version !== 2) return undefined
  if (typeof value.resource?.url !== 'string' || !Array.isArray(value.accepts) || value.accepts.length === 0) {
    return undefined
  }
  return value.accepts.every(isOffer) ? (value as PaymentRequired) : undefined
}

/** One way to pay in x402 v1. */
export type OfferV1 = {
  scheme: 'exact'
  network: string
  maxAmountRequired: string
  resource: string
  description: string
  mimeType: string
  payTo: string
  maxTimeoutSeconds: number
  asset: string
  extra: { name: string; version: string }
}

/** The members that x402 v1 clients look for in the body of a 402: `exact` on the networks that v1 has a name for. */
export function bodyV1(
  resource: ResourceInfo,
  terms: readonly Terms[],
  error: ErrorCode = 'payment_required',
): { x402Version: 1; error: string; accepts: OfferV1[] } {
  const accepts = terms.flatMap((each): OfferV1[] => {
    const network = Network.toV1(each.network)
    if (network === undefined) return []
    return [
      {
        scheme: 'exact',
        network,
        maxAmountRequired: Amount.toString(each.price),
        resource: resource.url,
        description: resource.description ?? '',
        mimeType: resource.mimeType ?? '',
        payTo: each.payTo,
        maxTimeoutSeconds: each.maxTimeoutSeconds,
        asset: each.token,
        extra: { name: each.tokenName, version: each.tokenVersion },
      },
    ]
  })
  return { x402Version: 1, error: x402Reason(error), accepts }
}

function offer(scheme: string, terms: Terms, extra: Record<string, unknown>): Offer {
  return {
    scheme,
    network: terms.network,
    asset: terms.token,
    amount: Amount.toString(terms.price),
    payTo: terms.payTo,
    maxTimeoutSeconds: terms.maxTimeoutSeconds,
    extra,
  }
}

function isOffer(value: unknown): value is Offer {
  if (typeof value !== 'object' || value === null) return false
  const { scheme, network, asset, amount, payTo, maxTimeoutSeconds } = value as Partial<Offer>
  return (
    [scheme, network, asset, payTo].every((text) => typeof text === 'string' && text !== '') &&
    Amount.tryParse(amount) !== undefined &&
    Number.isSafeInteger(maxTimeoutSeconds) &&
    (maxTimeoutSeconds as number) > 0
  )
}

function origin(url: string): string {
  const start = url.indexOf('://') + 3
  const slash = url.indexOf('/', start)
  return slash < 0 ? url : url.slice(0, slash + 1)
}
