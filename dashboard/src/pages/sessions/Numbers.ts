/** Where the money of a channel is, from its cumulative numbers. Atomic units. Pure. */

export type Cumulative = {
  deposited: string
  provisional: string
  returned: string
  spent: string
  claimed: string
  settled: string
  lost: string
}

export type Standing = {
  /** What its payer can still spend, or take back. */
  left: bigint
  /** Charged, not yet recorded on chain. */
  earned: bigint
  /** Recorded on chain, not yet paid out. */
  claimed: bigint
  /** Both: charged and not yet paid out. */
  unsettled: bigint
}

export function standingOf(numbers: Cumulative): Standing {
  const [deposited, provisional, returned, spent, claimed, settled, lost] = [
    BigInt(numbers.deposited),
    BigInt(numbers.provisional),
    BigInt(numbers.returned),
    BigInt(numbers.spent),
    BigInt(numbers.claimed),
    BigInt(numbers.settled),
    BigInt(numbers.lost),
  ]
  // What was lost is no longer paid from the channel's money.
  const left = atLeastZero(deposited + provisional - returned - (spent - lost))
  const earned = atLeastZero(spent - claimed - lost)
  const waiting = atLeastZero(claimed - settled)
  return { left, earned, claimed: waiting, unsettled: earned + waiting }
}

export type ChannelState = 'owing' | 'open' | 'empty'

/** `owing`: something is still to be paid out; `open`: only its payer has money in it; `empty`: nothing is in it. */
export function stateOf(numbers: Cumulative): ChannelState {
  const { left, unsettled } = standingOf(numbers)
  return unsettled > 0n ? 'owing' : left > 0n ? 'open' : 'empty'
}

function atLeastZero(amount: bigint): bigint {
  return amount > 0n ? amount : 0n
}
