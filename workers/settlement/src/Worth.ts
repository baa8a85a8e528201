/** Whether a claim is worth its gas now, or waits. Pure. */
import type { ClaimMessage } from '@pbstream/core/message/Settlement'

/** What gas costs, and what to make of it. */
export type Prices = {
  /** Wei per gas that a transaction pays now. */
  gas: bigint
  /** Wei per gas up to which nothing waits for a better price; 0: whatever it costs. */
  calm: bigint
  /** Atomic units of the token that an ether is worth; 0: not known, gas is not weighed against money. */
  ether: bigint
  /** Atomic units below which a claim waits in any case. */
  minAmount: bigint
}

export type Verdict =
  | 'go'
  /** It is worth less than its gas. */
  | 'too_small'
  /** Gas is dear, and it is neither large nor old: it is asked again soon. */
  | 'dear'

/** A claim that is worth so many times its gas goes at any price. */
const LARGE = 50n
const WEI = 10n ** 18n

/** Milliseconds after which a claim that waits is asked for again. */
export const WAIT = { too_small: 3_600_000, dear: 300_000 } as const

/**
 * The verdict on a row that adds `value` atomic units to what is recorded, and takes `gas` units of gas as its share of
 * a transaction. A channel that closes never waits: what is not claimed may be gone. One whose age is the reason does
 * not wait for a better price, so waiting ends with the age at which a session claims.
 */
export function verdict(
  { value, reason, gas }: { value: bigint; reason: ClaimMessage['reason']; gas: number },
  prices: Prices,
): Verdict {
  if (reason === 'close') return 'go'
  if (value < prices.minAmount) return 'too_small'
  const cost = costOf(gas, prices)
  if (cost > 0n && value <= cost) return 'too_small'
  const isDear = prices.calm > 0n && prices.gas > prices.calm
  if (!isDear || reason === 'age') return 'go'
  return cost > 0n && value >= cost * LARGE ? 'go' : 'dear'
}

/** What so much gas costs now, in atomic units of the token, rounded up; 0 when the price of ether is not known. */
export function costOf(gas: number, prices: Pick<Prices, 'gas' | 'ether'>): bigint {
  return (BigInt(Math.ceil(gas)) * prices.gas * prices.ether + WEI - 1n) / WEI
}
