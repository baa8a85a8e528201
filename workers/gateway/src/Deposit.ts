import type { ChannelConfig } from '@pbstream/core/ChannelConfig'
import type { Deposit } from '@pbstream/core/Credential'
import type { ErrorCode } from '@pbstream/core/Errors'
import type { Hex } from '@pbstream/core/Hex'
import type { SessionRef } from '@pbstream/core/message/Session'
import type { SubmitReply } from '@pbstream/core/message/Settlement'
import type { Gateway } from './Call.ts'
import type { Chain } from './Chains.ts'

/** Seconds that a deposit's authorisation must still be good for, or there is no time to mine it. */
const LEAST_VALIDITY = 6n
/** What is kept of `maxTimeoutSeconds` for everything but the block. */
const MARGIN_MS = 5_000

/** What is wrong with a deposit authorisation by its numbers alone; settlement simulates the rest. `now`: Unix seconds. */
export function checkDeposit(deposit: Deposit, now: number): { code: ErrorCode; detail?: string } | undefined {
  const { amount, authorization } = deposit
  if (amount === 0n) return { code: 'deposit_below_min_deposit' }
  if (authorization.validAfter > BigInt(now))
    return { code: 'deposit_authorization_invalid', detail: 'it is not valid yet' }
  if (authorization.validBefore < BigInt(now) + LEAST_VALIDITY)
    return { code: 'deposit_authorization_invalid', detail: 'it has expired' }
  return undefined
}

/** A channel, as settlement needs it. */
export type Place = { session: SessionRef; channelId: Hex; config: ChannelConfig; chain: Chain }

/** Has a deposit mined. The stream session is told by settlement. */
export function submitDeposit(
  { env }: Gateway,
  { session, channelId, config, chain }: Place,
  depositId: string,
  { amount, authorization }: Deposit,
): Promise<SubmitReply> {
  const waitMs = waitOn(chain)
  return env.SETTLEMENT.deposit({ v: 1, session, depositId, channelId, config, amount, authorization, waitMs })
}

/** How long a caller waits for a block, in milliseconds. */
export function waitOn(chain: Chain): number {
  return Math.max(1_000, chain.maxTimeoutSeconds * 1000 - MARGIN_MS)
}
