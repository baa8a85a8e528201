/** How a channel stands for its payer: what can be withdrawn now, and when the rest. Times are Unix seconds. */
import type { ChannelConfig } from '@pbstream/core/ChannelConfig'

/** A channel as its contract has it. Amounts in atomic units. */
export type State = {
  balance: bigint
  claimed: bigint
  withdrawal: { amount: bigint; initiatedAt: number } | undefined
}

/**
 * `empty`: nothing is in the channel but what was claimed. `open`: money can be withdrawn. `pending`: a withdrawal waits
 * for its time. `ready`: it can be finalised now. `lapsed`: it was not finalised in time, and can be begun anew.
 */
export type Stage = 'empty' | 'open' | 'pending' | 'ready' | 'lapsed'

export type Position = {
  stage: Stage
  balance: bigint
  claimed: bigint
  /** What is not claimed: the most that a withdrawal can bring. */
  available: bigint
  /** `lapsesAt`: from when it cannot be finalised any more, in our escrow only. */
  withdrawal?: { amount: bigint; initiatedAt: number; finalizableAt: number; lapsesAt?: number }
}

/** Where a channel stands at `time` of its chain. */
export function position(
  { escrow, config }: { escrow: boolean; config: Pick<ChannelConfig, 'withdrawDelay'> },
  { balance, claimed, withdrawal }: State,
  time: number,
): Position {
  const available = balance - claimed
  const at = { balance, claimed, available }
  const left = available > 0n
  if (withdrawal === undefined) return { ...at, stage: left ? 'open' : 'empty' }
  const finalizableAt = withdrawal.initiatedAt + config.withdrawDelay
  // In our escrow nobody can hold a withdrawal ready while they go on consuming.
  const lapsesAt = finalizableAt + config.withdrawDelay
  const known = { ...withdrawal, finalizableAt, ...(escrow ? { lapsesAt } : {}) }
  if (escrow && time >= lapsesAt)
    return left ? { ...at, stage: 'lapsed', withdrawal: known } : { ...at, stage: 'empty' }
  return { ...at, stage: time >= finalizableAt ? 'ready' : 'pending', withdrawal: known }
}
