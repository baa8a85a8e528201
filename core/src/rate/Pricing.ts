/**
 * Prices of counts, in exact integers. A rate is the price of one count times the card's `scale`, a common multiple of
 * all its `per`; so what is summed here has no fractions, and is rounded once, by who divides by the scale.
 */

/** A tier goes from the end of the one before it to `upTo`, which belongs to it. */
export type Tier = { upTo: bigint | undefined; rate: bigint; flat: bigint }

/** `volume`: all counts at the rate of the tier that their number is in. Steps of stairs are such tiers of rate 0. */
export type Pricing =
  | { kind: 'graduated' | 'volume'; tiers: readonly Tier[] }
  | { kind: 'package'; amount: bigint; size: bigint }

/** What `count` units cost that are counted from 0. */
export function price(pricing: Pricing, count: bigint): bigint {
  if (count <= 0n) return 0n
  if (pricing.kind === 'package') return upwards(count, pricing.size) * pricing.amount
  if (pricing.kind === 'volume') {
    const { rate, flat } = tierOf(pricing.tiers, count)
    return count * rate + flat
  }
  let [total, from] = [0n, 0n]
  for (const { upTo, rate, flat } of pricing.tiers) {
    const to = upTo === undefined || upTo > count ? count : upTo
    total += (to - from) * rate + flat
    if (to === count) break
    from = to
  }
  return total
}

/** The dearest count from `from` to `to`. */
export function dearest(pricing: Pricing, from: bigint, to: bigint): bigint {
  let most = price(pricing, to)
  if (pricing.kind !== 'volume') return most
  for (const { upTo } of pricing.tiers) {
    // Within a tier more costs more: the peaks are at the ends of tiers.
    if (upTo !== undefined && upTo >= from && upTo < to) most = larger(most, price(pricing, upTo))
  }
  return larger(most, price(pricing, from))
}

/** What `count` units more cost at most, wherever they begin. */
export function anywhere(pricing: Pricing, count: bigint): bigint {
  if (count <= 0n) return 0n
  if (pricing.kind === 'package') return upwards(count, pricing.size) * pricing.amount
  const { tiers } = pricing
  let [highest, jumps, below] = [0n, 0n, 0n]
  let before: Tier | undefined
  for (const tier of tiers) {
    highest = larger(highest, tier.rate)
    // Where a tier of a volume price begins, it is the price of all before that jumps.
    const jump =
      pricing.kind === 'graduated' || before === undefined
        ? tier.flat
        : (tier.rate - before.rate) * below + tier.flat - before.flat
    jumps += larger(0n, jump)
    before = tier
    below = tier.upTo ?? below
  }
  return count * highest + jumps
}

/** Whether it is a rate and nothing else. */
export function isLinear(pricing: Pricing): boolean {
  return pricing.kind !== 'package' && pricing.tiers.length === 1 && pricing.tiers[0]?.flat === 0n
}

/** Whether no count costs anything. */
export function isFree(pricing: Pricing): boolean {
  if (pricing.kind === 'package') return pricing.amount === 0n
  return pricing.tiers.every(({ rate, flat }) => rate === 0n && flat === 0n)
}

/** The tier that a number of counts is in. */
export function tierOf(tiers: readonly Tier[], count: bigint): Tier {
  return tiers.find(({ upTo }) => upTo === undefined || count <= upTo) as Tier
}

/** a / b, rounded up. */
export function upwards(a: bigint, b: bigint): bigint {
  return (a + b - 1n) / b
}

export function larger(a: bigint, b: bigint): bigint {
  return a > b ? a : b
}

export function smaller(a: bigint, b: bigint): bigint {
  return a < b ? a : b
}
