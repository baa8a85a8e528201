/** The PAYMENT-RESPONSE header: what was charged, as x402 `SettleResponse`. */
import * as Amount from './Amount.ts'
import * as Base64 from './Base64.ts'
import { type ErrorCode, x402Reason } from './Errors.ts'
import type { Address, Hex } from './Hex.ts'
import type { ChannelView } from './message/Session.ts'

/** Where a channel stands, as clients read it. Amounts are decimal strings. */
export type ChannelStateExtra = {
  channelId: Hex
  balance: string
  totalClaimed: string
  withdrawRequestedAt: number
  refundNonce: string
  chargedCumulativeAmount: string
}

export type SettleResponse = {
  success: boolean
  errorReason?: string
  errorMessage?: string
  payer?: string
  /** Empty for a voucher: nothing goes on chain now. */
  transaction: string
  /** CAIP-2; in x402 v1 the word for the chain. */
  network: string
  amount?: string
  extra?: Record<string, unknown>
}

/** A charge by voucher. `channel.chargedCumulative` counts it already. `transaction` is that of a deposit, if any. */
export function voucher(charge: {
  network: string
  payer: Address
  charged: bigint
  channel: ChannelView
  transaction?: Hex
}): SettleResponse {
  const charged = Amount.toString(charge.charged)
  return {
    success: true,
    transaction: charge.transaction ?? '',
    network: charge.network,
    payer: charge.payer,
    amount: charged,
    extra: { chargedAmount: charged, channelState: channelState(charge.channel) },
  }
}

/** A refund that was mined: `amount` went back to the payer. */
export function refund(done: {
  network: string
  payer: Address
  amount: bigint
  channel: ChannelView
  transaction: Hex
}): SettleResponse {
  return {
    success: true,
    transaction: done.transaction,
    network: done.network,
    payer: done.payer,
    amount: Amount.toString(done.amount),
    extra: { chargedAmount: '0', channelState: channelState(done.channel) },
  }
}

/** A transfer by `exact` that was mined. */
export function exact(done: { network: string; payer: Address; amount: bigint; transaction: Hex }): SettleResponse {
  const { network, payer, transaction } = done
  return { success: true, transaction, network, payer, amount: Amount.toString(done.amount) }
}

/** A payment that did not go through. `detail` must hold nothing secret. */
export function failure(
  code: ErrorCode,
  what: { network: string; payer?: Address; transaction?: Hex; detail?: string },
): SettleResponse {
  return {
    success: false,
    errorReason: x402Reason(code),
    ...(what.detail === undefined ? {} : { errorMessage: what.detail }),
    transaction: what.transaction ?? '',
    network: what.network,
    ...(what.payer === undefined ? {} : { payer: what.payer }),
  }
}

/** The header's value. */
export function encode(response: SettleResponse): string {
  return Base64.encodeJson(response)
}

/** Reads a PAYMENT-RESPONSE header; `undefined` when it is none. For clients and tests. */
export function decode(header: string): SettleResponse | undefined {
  const value = Base64.decodeJson(header) as Partial<SettleResponse> | null | undefined
  if (typeof value !== 'object' || value === null) return undefined
  const { success, transaction, network, amount } = value
  if (typeof success !== 'boolean' || typeof transaction !== 'string' || typeof network !== 'string') return undefined
  return amount === undefined || Amount.tryParse(amount) !== undefined ? (value as SettleResponse) : undefined
}

/** A channel's numbers as they stand in `extra.channelState` of offers and responses. */
export function channelState(channel: ChannelView): ChannelStateExtra {
  return {
    channelId: channel.channelId,
    balance: Amount.toString(channel.balance),
    totalClaimed: Amount.toString(channel.totalClaimed),
    withdrawRequestedAt: channel.withdrawRequestedAt,
    refundNonce: channel.refundNonce.toString(),
    chargedCumulativeAmount: Amount.toString(channel.chargedCumulative),
  }
}
