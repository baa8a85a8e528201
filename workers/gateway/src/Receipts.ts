import { decodeUrl, parseJson } from '@pbstream/core/Base64'
import * as PaymentToken from '@pbstream/core/PaymentToken'
import * as Claims from '@pbstream/core/rate/Claims'
import type * as Rate from '@pbstream/core/Rate'
import * as Receipt from '@pbstream/core/Receipt'
import { type PaidCall, seconds } from './Call.ts'
import { countsOf } from './Bill.ts'
import type { Chain } from './Chains.ts'

/** Who pays, for a token and a receipt. */
export type Payer = {
  payer: Receipt.Claims['payer']
  chain: Chain
  /** The name of the object that orders this payer's charges. */
  session: string
  /** The reservation or authorisation that pays. */
  rid: string
  /** The version of the session key's policy that let the payment pass; absent: nobody manages the key. */
  keyVersion?: number
  /** Paid in session mode: the id of the request, and the lease that it was served from. */
  paid?: { request: string; lease?: string }
}

/** The `PBStream-Payment` header: good for one minute, for this route's origin and this request. */
export function signToken(call: PaidCall, by: Payer, ceiling: bigint): Promise<string> {
  const now = seconds(call)
  const claims: PaymentToken.Claims = {
    aud: call.route.audience,
    payer: by.payer,
    session: by.session,
    rid: by.rid,
    m: call.request.method,
    path: call.path,
    digest: call.digest,
    ceiling: ceiling.toString(),
    iat: now,
    exp: now + PaymentToken.MAX_AGE,
  }
  return PaymentToken.sign(claims, call.gateway.keys.signer)
}

/** What was charged. */
export type Charge = {
  price: bigint
  rateVersion: number
  /** Of the transaction that moved money for this call, if one did. */
  transaction?: Receipt.Claims['tx']
  /** For a channel: its id and all that is charged on it, this call included. */
  channel?: { id: NonNullable<Receipt.Claims['tx']>; cumulative: bigint }
  /** Of a metered charge: what was used, and what the price depended on beside. */
  usage?: Rate.Usage
  terms?: Rate.Terms
}

/** What a receipt says of the call that was charged. */
export type Receipted = Pick<PaidCall, 'gateway' | 'digest'> & { route: Pick<PaidCall['route'], 'id' | 'revision'> }

/** Who pays, as a signed id brought it back. */
export function payerOf(
  {
    keyVersion,
    paid,
    ...who
  }: Pick<Payer, 'payer' | 'session' | 'rid'> & {
    keyVersion?: number | undefined
    paid?: { request: string } | undefined
  },
  chain: Chain,
): Payer {
  return {
    ...who,
    chain,
    ...(keyVersion === undefined ? {} : { keyVersion }),
    ...(paid === undefined ? {} : { paid }),
  }
}

/** What a receipt of ours says was charged; undefined: it cannot be read. */
export function priceOf(receipt: string): bigint | undefined {
  const claims = parseJson(decodeUrl(receipt.split('.')[1] ?? '') ?? new Uint8Array())
  const price = typeof claims === 'object' && claims !== null && 'price' in claims ? claims.price : undefined
  return typeof price === 'string' && /^[0-9]{1,39}$/.test(price) ? BigInt(price) : undefined
}

/** The receipt of a charge: a JWS that anyone can verify with the published keys. */
export function signReceipt(call: Receipted, by: Payer, charge: Charge): Promise<string> {
  const common = {
    jti: by.rid,
    payer: by.payer,
    network: by.chain.network,
    asset: by.chain.token,
    digest: call.digest,
    route: call.route.id,
    price: charge.price.toString(),
    rate: charge.rateVersion,
    rev: call.route.revision,
    iat: seconds(call),
    ...(charge.transaction === undefined ? {} : { tx: charge.transaction }),
    ...(charge.usage === undefined ? {} : { use: countsOf(charge.usage) }),
    ...(charge.terms === undefined ? {} : { tm: Claims.ofTerms(charge.terms, charge.usage?.times) }),
  }
  return Receipt.sign(claimsOf(common, by, charge.channel), call.gateway.keys.signer)
}

type Common = Omit<Extract<Receipt.Claims, { scheme: 'exact' }>, 'scheme'>

function claimsOf(common: Common, by: Payer, channel: Charge['channel']): Receipt.Claims {
  if (channel === undefined) return { ...common, scheme: 'exact' }
  const { id, cumulative } = channel
  const under = { session: by.session, ...(by.keyVersion === undefined ? {} : { key: by.keyVersion }), channel: id }
  if (by.paid === undefined) {
    return { ...common, scheme: 'batch-settlement', ...under, cumulative: cumulative.toString() }
  }
  const { request, lease } = by.paid
  // Several isolates may spend leases of one channel at once: none of them knows the total.
  const total = lease === undefined ? { cumulative: cumulative.toString() } : { lease }
  return { ...common, scheme: 'session', ...under, request, ...total }
}
