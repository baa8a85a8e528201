/** Whether a signer's ether runs out, and when that is said: once a day, and not again for a balance that wavers. Pure. */

/** Milliseconds between two looks at the balance. */
export const PAUSE = 300_000
const DAY = 86_400_000

/** What was said last: `low` and the Unix day of it; absent while there is enough. */
export type Low = { day: number }

export type Verdict =
  /** Nothing to say. `low`: what stands as said. */
  | { say: false; low: Low | undefined }
  /** The balance is low, and that is news of the day. */
  | { say: true; low: Low; balance: bigint }

/**
 * A balance that was low counts as enough again from a quarter above the mark on. `unpaid`: nodes say that it does not pay
 * for what is under way, so it is low whatever the mark.
 */
export function judge(before: Low | undefined, balance: bigint, mark: bigint, now: number, unpaid = false): Verdict {
  const isLow = unpaid || balance < (before === undefined ? mark : mark + mark / 4n)
  if (!isLow) return { say: false, low: undefined }
  const day = Math.floor(now / DAY)
  return before?.day === day ? { say: false, low: before } : { say: true, low: { day }, balance }
}
