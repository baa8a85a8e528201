/**
 * What is asked of settlement: claims by queue (`ClaimMessage`, JSON), and what cannot wait for a queue by service
 * binding (`SettlementApi`).
 */
import * as z from 'zod'
import type { ChannelConfig } from '../ChannelConfig.ts'
import type { ErrorCode } from '../Errors.ts'
import type { Address, Hex } from '../Hex.ts'
import type { SessionRef } from './Session.ts'

const hex = z.templateLiteral(['0x', z.string().regex(/^[0-9a-f]*$/)])
const amount = z.string().regex(/^(0|[1-9][0-9]{0,38})$/)

const channelConfig = z.object({
  payer: hex,
  payerAuthorizer: hex,
  receiver: hex,
  receiverAuthorizer: hex,
  token: hex,
  withdrawDelay: z.number().int().nonnegative(),
  salt: hex,
})

/**
 * One channel's unclaimed money, for the settlement queue. Amounts are decimal strings of atomic units and
 * cumulative, so a repeated or late message changes nothing.
 */
export const claimMessage = z.object({
  v: z.literal(1),
  kind: z.literal('claim'),
  session: z.object({ chainId: z.number().int().positive(), contract: hex, payer: hex, payerAuthorizer: hex }),
  channelId: hex,
  config: channelConfig,
  /** The smallest stored maximum that covers `total`: it becomes public with the claim. */
  max: amount,
  signature: hex,
  /** Cumulative amount to claim: `spent` when the message was made. */
  total: amount,
  reason: z.enum(['amount', 'count', 'age', 'close']),
  /** How often this channel's claim failed on chain since the last success: from 1 on it is sent alone. */
  attempt: z.number().int().nonnegative(),
})
export type ClaimMessage = z.infer<typeof claimMessage>

/** An EIP-3009 authorisation. Amounts in atomic units, times in Unix seconds. */
export type Authorization = {
  from: Address
  to: Address
  value: bigint
  validAfter: bigint
  validBefore: bigint
  nonce: Hex
  signature: Hex
}

export type DepositOrder = {
  v: 1
  session: SessionRef
  depositId: string
  channelId: Hex
  config: ChannelConfig
  amount: bigint
  authorization: { validAfter: bigint; validBefore: bigint; salt: Hex; signature: Hex }
  /** How long the caller waits for the block, in milliseconds. The transaction goes on without it. */
  waitMs: number
}

export type ExactOrder = {
  v: 1
  chainId: number
  token: Address
  authorization: Authorization
  waitMs: number
}

export type RefundSubmission = {
  v: 1
  session: SessionRef
  channelId: Hex
  config: ChannelConfig
  refundId: string
  amount: bigint
  nonce: bigint
  claim?: { max: bigint; total: bigint; signature: Hex }
  waitMs: number
}

/** How a synchronous transaction stands when the caller stops waiting. */
export type SubmitReply =
  | { kind: 'mined'; transaction: Hex }
  /** Journaled and broadcast, not yet mined; the lane goes on with it. */
  | { kind: 'pending'; transaction: Hex }
  /** Never sent (simulation or check failed) or reverted. Nothing moved. */
  | { kind: 'failed'; code: ErrorCode; detail?: string; transaction?: Hex }

/** The RPC surface of workers/settlement for the gateway (entrypoint `Settlement`). */
export interface SettlementApi {
  /**
   * Reads the channel from the chain and tells its StreamSession (`observed`); first what became of a refund that nobody
   * has reported to it for long, if that is certain.
   */
  observe(v: 1, session: SessionRef, channelId: Hex, config: ChannelConfig): Promise<{ ok: boolean }>
  deposit(order: DepositOrder): Promise<SubmitReply>
  refund(order: RefundSubmission): Promise<SubmitReply>
  /**
   * Whether the transfer would go through now: signature, balance, nonce unused, times. Free of side effects. `beside`
   * is what the same balance has to pay for besides: one balance vouches for one call at a time.
   */
  checkExact(
    order: Omit<ExactOrder, 'waitMs'> & { beside?: bigint },
  ): Promise<{ ok: true } | { ok: false; code: ErrorCode; detail?: string }>
  /** Submits the transfer once, however often it is asked; the same authorisation joins the transaction under way. */
  exact(order: ExactOrder): Promise<SubmitReply>
  /** Addresses that offers need: the receiver authorizer that signs claims and refunds. */
  addresses(): Promise<{ receiverAuthorizer: Address }>
}
