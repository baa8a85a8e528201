/** One value of an oracle: bounded, then smoothed. Whole numbers that fit 64 bits, the size that formulas count in. */

export const INT64_MAX = 2n ** 63n - 1n
export const INT64_MIN = -(2n ** 63n)

const INTEGER = /^(?:0|-?[1-9][0-9]{0,18})$/

/** A whole number within 64 bits, in its one spelling. */
export function isInteger(text: unknown): text is string {
  if (typeof text !== 'string' || !INTEGER.test(text)) return false
  const value = BigInt(text)
  return value >= INT64_MIN && value <= INT64_MAX
}

/** `min` ≤ `max`. `smoothing`: thousandths of the value before that are kept, 0 to 999. */
export type Rules = { min: bigint; max: bigint; smoothing: number }

/** `clamped`: it was out of bounds, and the bound stands for it. */
export type Taken = { value: bigint; status: 'accepted' | 'clamped' }

/**
 * What is in force after `raw` has come in; `before`: what was until then, nothing at first. Always within the bounds.
 * With smoothing it goes towards `raw`, by at least 1, so that it gets there.
 */
export function take({ min, max, smoothing }: Rules, before: bigint | undefined, raw: bigint): Taken {
  const bounded = raw < min ? min : raw > max ? max : raw
  const status = bounded === raw ? 'accepted' : 'clamped'
  // Other bounds may be in force than when the value before was taken.
  const from = before === undefined ? bounded : before < min ? min : before > max ? max : before
  const scaled = (bounded - from) * BigInt(1000 - smoothing)
  // Away from the value before: 0.1 of a step is a step.
  const step = scaled >= 0n ? (scaled + 999n) / 1000n : -((-scaled + 999n) / 1000n)
  return { value: from + step, status }
}
