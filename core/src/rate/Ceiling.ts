/** The most that a call can cost: what is held for it. */
import * as CardFormula from './CardFormula.ts'
import type { Compiled, Part } from './Compile.ts'
import { clamp } from './Counts.ts'
import { climb, compute, due, fold, limited, owed, positionOf, ruleOf, shareOf } from './Compute.ts'
import { anywhere, isFree, isLinear, larger, smaller, upwards } from './Pricing.ts'
import { type Range, rangeOf } from './Range.ts'
import type { Terms, Units } from './Types.ts'
import { GROUPS } from './Words.ts'

const NO_END = 1n << 64n

/**
 * No call that uses at most `bounds` costs more. Where a unit that costs something has no bound it is the card's maximum,
 * and where nothing is known of the position it holds for any.
 */
export function ceiling(card: Compiled, bounds: Units, terms: Terms): bigint {
  const unknown = card.period !== undefined && terms.position === undefined
  const rule = ruleOf(card, terms)
  const before = fold(card, positionOf(card, terms).units)
  const call = most(card, bounds, (part, index, count) => {
    // How long a call takes, and when, is not known before it.
    const multiplier = part.unit === 'second' ? (card.schedule?.highest ?? rule.multiplier) : rule.multiplier
    if (unknown) return multiplier * anywhere(part.pricing, count)
    return climb(part, before[index] ?? 0n, [{ count, multiplier }]).peak
  })
  const sums = call === undefined ? undefined : { ...owed(card, before, rule), call }
  const charged = positionOf(card, terms).charged
  const share = shareOf(card, terms)
  const sum = sums && due(card, sums, charged, share).price
  if (card.formula === undefined) return sum === undefined ? card.maximum : limited(card, sum).charge
  const base = sums && due(card, sums, charged, [1n, 1n]).price
  const { high, fails } = resultOf(card, bounds, terms, { low: leastBase(card, terms), high: base ?? NO_END })
  const made = upwards(high * share[0], share[1])
  // Where the formula can fail it is the sum of the components that counts.
  if (fails && sum === undefined) return card.maximum
  return limited(card, fails ? larger(made, sum ?? 0n) : made).charge
}

/** The most that the formula can result in, no more than the maximum. `fails`: or there is no result. */
export function resultOf(
  card: Compiled,
  bounds: Units,
  terms: Terms,
  base: Range,
  counts: Units = {},
): { high: bigint; fails: boolean } {
  const { formula } = card
  if (formula === undefined) return { high: base.high, fails: false }
  const known = CardFormula.inputs(card, terms, base.high, counts)
  const inputs: Record<string, Range | string> = {}
  for (const [name, value] of Object.entries(known)) {
    if (typeof value === 'string') inputs[name] = value
    if (typeof value === 'bigint') inputs[name] = { low: value, high: value }
    const unit = CardFormula.unitOf(name)
    if (unit !== undefined && counts[unit] === undefined)
      inputs[name] = { low: 0n, high: capOf(bounds, unit) ?? NO_END }
  }
  if (known['base'] !== undefined) inputs['base'] = base
  const { low, high, fails } = rangeOf(formula.ast, inputs)
  return { high: larger(0n, smaller(high, card.maximum)), fails: fails || low < 0n || high > card.maximum }
}

/** What the components cost at least: all of it where nothing has to be counted. */
function leastBase(card: Compiled, terms: Terms): bigint {
  if (card.parts.some(({ unit }) => unit !== 'request') || card.period !== undefined) return 0n
  return compute(card, { units: {} }, terms).base ?? 0n
}

/** The dearest way to use the bounds; `undefined` when there is no end to it. */
function most(
  card: Compiled,
  bounds: Units,
  rise: (part: Part, index: number, count: bigint) => bigint,
): bigint | undefined {
  let total = 0n
  const shared = new Map<readonly string[], { weight: bigint; cap: bigint }[]>()
  for (const [index, part] of card.parts.entries()) {
    const group = GROUPS.find((units) => units.includes(part.unit))
    const cap = capOfPart(card, bounds, index)
    if (cap === undefined) {
      if (!isFree(part.pricing)) return undefined
      continue
    }
    if (group === undefined || bounds[group[0] ?? ''] === undefined || !isLinear(part.pricing) || part.free > 0n) {
      total += rise(part, index, cap)
      continue
    }
    // Tokens of one kind are none of another: what is bounded together is spent where it is dearest.
    const one = { weight: rise(part, index, 1n), cap }
    shared.set(group, [...(shared.get(group) ?? []), one])
  }
  for (const [group, members] of shared) total += spend(clamp(bounds[group[0] ?? ''] ?? 0n), members)
  return total
}

function spend(bound: bigint, members: readonly { weight: bigint; cap: bigint }[]): bigint {
  let [left, total] = [bound, 0n]
  for (const { weight, cap } of members.toSorted((a, b) => (a.weight < b.weight ? 1 : -1))) {
    const count = smaller(left, cap)
    total += count * weight
    left -= count
  }
  return total
}

/** The most counts of all units that a component prices. */
function capOfPart({ partOf }: Compiled, bounds: Units, index: number): bigint | undefined {
  let total = 0n
  for (const [unit, part] of partOf) {
    if (part !== index) continue
    const cap = capOf(bounds, unit)
    if (cap === undefined) return undefined
    const group = GROUPS.find((units) => units.includes(unit))
    const together = group && bounds[group[0] ?? '']
    total = together === undefined ? total + cap : smaller(total + cap, clamp(together))
  }
  return total
}

/** The most of a unit: by its own bound, and by that of its group. */
function capOf(bounds: Units, unit: string): bigint | undefined {
  const own = bounds[unit]
  const group = GROUPS.find((units) => units.includes(unit))?.[0]
  const together = group === undefined ? undefined : bounds[group]
  if (own !== undefined && together !== undefined) return smaller(clamp(own), clamp(together))
  const bound = own ?? together ?? (unit === 'request' ? 1n : undefined)
  return bound === undefined ? undefined : clamp(bound)
}
