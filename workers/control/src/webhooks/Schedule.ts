/** When a delivery is tried again. Pure. */

/** Seconds to wait after the first attempt, the second, …: those of Standard Webhooks. Ten attempts in 75 hours. */
const DELAYS = [5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400]

/** How often one delivery is tried at most. */
export const ATTEMPTS_MAX = DELAYS.length + 1

/** So long the next attempt waits in the queue; the clock takes up those that wait longer. */
export const QUEUED_SECONDS_MAX = 300

/** An endpoint that has answered nothing well for so long is switched off. */
export const FAILING_MS = 5 * 86_400_000

/** Seconds to the next attempt after `attempts` have failed; undefined: that was the last. */
export function delayAfter(attempts: number): number | undefined {
  return DELAYS[attempts - 1]
}
