/** A payer's own way out of a channel: what stands, what can be done now, and when the rest. */
import type { ChannelConfig } from '@pbstream/core/ChannelConfig'
import type { Address, Hex } from '@pbstream/core/Hex'
import type { State } from './Channels.ts'

/** A channel in one of the contracts. */
export type Channel = { contract: Address; escrow: boolean; config: ChannelConfig }

export type Withdrawal = {
  amount: bigint
  initiatedAt: number
  /** From when it can be finalised, and from when no more (our escrow only). Unix seconds. */
  finalizableAt: number
  lapsesAt?: number
}

/**
 * `empty`: nothing is in the channel but what was claimed. `open`: money can be withdrawn. `pending`: a withdrawal waits
 * for its time. `ready`: it can be finalised now. `lapsed`: it was not finalised in time, and can be begun anew.
 */
export type Stage = 'empty' | 'open' | 'pending' | 'ready' | 'lapsed'

export type Position = {
  contract: Address
  channelId: Hex
  config: ChannelConfig
  stage: Stage
  balance: bigint
  claimed: bigint
  /** What is not claimed: the most that a withdrawal can bring. */
  available: bigint
  withdrawal?: Withdrawal
}

/** Where a channel stands at `time` of its chain. */
export function position({ contract, escrow, config }: Channel, state: State, time: number): Position {
  const { channelId, balance, claimed } = state
  const available = balance - claimed
  const at = { contract, channelId, config, balance, claimed, available }
  const { withdrawal } = state
  if (withdrawal === undefined) return { ...at, stage: available > 0n ? 'open' : 'empty' }
  const finalizableAt = withdrawal.initiatedAt + config.withdrawDelay
  // In our escrow nobody can hold a withdrawal ready while they go on consuming.
  const lapsesAt = escrow ? finalizableAt + config.withdrawDelay : undefined
  const known = { ...withdrawal, finalizableAt, ...(lapsesAt === undefined ? {} : { lapsesAt }) }
  if (lapsesAt !== undefined && time >= lapsesAt) {
    return { ...at, stage: available > 0n ? 'lapsed' : 'empty', ...(available > 0n ? { withdrawal: known } : {}) }
  }
  return { ...at, stage: time >= finalizableAt ? 'ready' : 'pending', withdrawal: known }
}

/** Who may withdraw: the payer; at the canonical contract also the key that signs its vouchers. */
export function mayWithdraw({ escrow, config }: Channel, account: Address): boolean {
  return account === config.payer || (!escrow && account === config.payerAuthorizer)
}
