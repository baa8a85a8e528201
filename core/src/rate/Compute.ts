/**
 * The one computation of a charge. Rates are exact integers over the card's scale, multipliers millionths; one division at
 * the end rounds up.
 */
import * as CardFormula from './CardFormula.ts'
import type { Compiled, Part } from './Compile.ts'
import { clamp, lengthOf, tally } from './Counts.ts'
import * as Multiplier from './Multiplier.ts'
import { dearest, larger, price, smaller, upwards } from './Pricing.ts'
import * as Schedule from './Schedule.ts'
import { NOWHERE, type Position, type Terms, type Units, type Usage } from './Types.ts'

/** Counts that one multiplier holds for. `from` and `to`, in Unix milliseconds, where they are a time. */
export type Stretch = Schedule.Rule & { count: bigint; from?: number; to?: number }

/** What a component adds. Sums are over the scale and a million. */
export type Line = { part: Part; before: bigint; stretches: readonly Stretch[]; sum: bigint }

/** A share that is multiplied in: numerator and denominator. */
type Share = readonly [bigint, bigint]

export type Computation = {
  counts: Units
  position: Position
  rule: Schedule.Rule
  lines: readonly Line[]
  /** Over the scale and a million: what the position costs by the rule of now, at most on the way to it, and this call. */
  owed: { position: bigint; most: bigint; call: bigint }
  share: Share
  /** What was charged for the position, as far as it counts, in atomic units. */
  already: bigint
  /** What formulas see. Only computed for them. */
  base?: bigint
  inputs?: ReturnType<typeof CardFormula.inputs>
  /** Of the formula; `undefined` when it failed or there is none. */
  result?: bigint
  /** Before minimum and maximum. */
  price: bigint
  /** Before the maximum. */
  wanted: bigint
  charge: bigint
}

const WHOLE: Share = [1n, 1n]

/** What `compute` charges, without the numbers on the way. */
export function chargeOf(card: Compiled, usage: Usage, terms: Terms): bigint {
  const { rates } = card
  if (rates === undefined) return compute(card, usage, terms).charge
  return limited(card, plain(card, sumOf(rates, usage), shareOf(card, terms))).charge
}

/** By rates alone, over the scale. */
export function sumOf(rates: ReadonlyMap<string, bigint>, { units, times }: Usage): bigint {
  let total = units['request'] === undefined ? (rates.get('request') ?? 0n) : 0n
  for (const unit in units) {
    const rate = rates.get(unit)
    if (rate !== undefined && (times === undefined || unit !== 'second')) total += clamp(units[unit] ?? 0n) * rate
  }
  return times === undefined ? total : total + lengthOf(times) * (rates.get('second') ?? 0n)
}

function plain({ scale }: Compiled, sum: bigint, share: Share): bigint {
  return share === WHOLE ? upwards(sum, scale) : upwards(sum * share[0], scale * share[1])
}

export function compute(card: Compiled, usage: Usage, terms: Terms): Computation {
  const counts = tally(usage)
  const position = positionOf(card, terms)
  const rule = ruleOf(card, terms)
  const used = fold(card, counts)
  const before = fold(card, position.units)
  const lines = card.parts.map((part, index) => {
    const from = before[index] ?? 0n
    const stretches =
      card.schedule !== undefined && part.unit === 'second'
        ? stretchesOf(card.schedule, spansOf(usage, terms))
        : [{ ...rule, count: used[index] ?? 0n }]
    return { part, before: from, stretches, sum: climb(part, from, stretches).sum }
  })
  const call = lines.reduce((total, line) => total + line.sum, 0n)
  return finish(card, terms, { counts, position, rule, lines, owed: { ...owed(card, before, rule), call } })
}

/** From what is owed to the charge. */
function finish(
  card: Compiled,
  terms: Terms,
  sums: Pick<Computation, 'counts' | 'position' | 'rule' | 'lines' | 'owed'>,
): Computation {
  const share = shareOf(card, terms)
  const settle = (by: Share) => due(card, sums.owed, sums.position.charged, by)
  if (card.formula === undefined) {
    const { price, already } = settle(share)
    return { ...sums, share, already, price, ...limited(card, price) }
  }
  const { price: base, already } = settle(WHOLE)
  const inputs = CardFormula.inputs(card, terms, base, sums.counts)
  const outcome = card.formula.evaluate(inputs)
  const result = outcome.ok && outcome.value >= 0n && outcome.value <= card.maximum ? outcome.value : undefined
  // A formula that fails never makes a call dearer or cheaper than its parts.
  const price = result === undefined ? settle(share).price : upwards(result * share[0], share[1])
  const made = { ...sums, share, already, base, inputs, price, ...limited(card, price) }
  return result === undefined ? made : { ...made, result }
}

/**
 * What is due for a call, rounded up with all that was before it: price to here, less what was charged to there. That is
 * never less than the price of the position (what a maximum, a hold or a discount took off is not asked for later), and
 * never more than the dearest position on the way to it (a dear hour does not pay for a cheap one).
 */
export function due(
  { scale }: Compiled,
  { position, most, call }: Computation['owed'],
  charged: bigint,
  [numerator, denominator]: Share,
): { price: bigint; already: bigint } {
  const over = scale * Multiplier.ONE * denominator
  const already = smaller(larger(charged, upwards(position * numerator, over)), upwards(most * numerator, over))
  return { price: larger(0n, upwards((position + call) * numerator, over) - already), already }
}

export function limited({ minimum, maximum }: Compiled, price: bigint): { wanted: bigint; charge: bigint } {
  const wanted = larger(price, minimum)
  return { wanted, charge: smaller(wanted, maximum) }
}

/** What a position costs by a rule, and the dearest one on the way to it. */
export function owed(card: Compiled, before: readonly bigint[], { multiplier }: Schedule.Rule) {
  let [position, most] = [0n, 0n]
  // Without a period every call begins at 0, and 0 costs nothing.
  if (card.period !== undefined) {
    for (const [index, part] of card.parts.entries()) {
      const at = billable(part, before[index] ?? 0n)
      position += multiplier * price(part.pricing, at)
      most += multiplier * dearest(part.pricing, 0n, at)
    }
  }
  return { position, most }
}

/** What counts cost that begin at a position: at their end, and where they cost the most on the way. */
export function climb(part: Part, before: bigint, stretches: readonly Stretch[]): { sum: bigint; peak: bigint } {
  let [sum, peak, at] = [0n, 0n, billable(part, before)]
  let total = before
  for (const { count, multiplier } of stretches) {
    total += count
    const to = billable(part, total)
    const start = price(part.pricing, at)
    peak = larger(peak, sum + multiplier * (dearest(part.pricing, at, to) - start))
    sum += multiplier * (price(part.pricing, to) - start)
    at = to
  }
  return { sum, peak }
}

/** What is left of counts after the allowance. */
export function billable({ free }: Part, count: bigint): bigint {
  return count > free ? count - free : 0n
}

/** Counts by component. */
export function fold({ parts, partOf }: Compiled, units: Units): bigint[] {
  const counts = parts.map(() => 0n)
  for (const [unit, count] of Object.entries(units)) {
    const part = partOf.get(unit)
    if (part !== undefined) counts[part] = (counts[part] ?? 0n) + clamp(count)
  }
  return counts
}

export function positionOf({ period }: Compiled, { position }: Terms): Position {
  return period === undefined || position === undefined ? NOWHERE : position
}

export function ruleOf({ schedule }: Compiled, { at }: Terms): Schedule.Rule {
  return schedule === undefined ? { multiplier: Multiplier.ONE } : Schedule.ruleAt(schedule, at)
}

/** The customer's part: of its level, and its own. */
export function shareOf({ personal, levels }: Compiled, { level, multiplier }: Terms): Share {
  if (!personal) return WHOLE
  const ofLevel = (level === undefined ? undefined : levels.get(level)) ?? Multiplier.ONE
  const own = Multiplier.parse(multiplier)
  if (ofLevel === Multiplier.ONE && own === Multiplier.ONE) return WHOLE
  return [ofLevel * own, Multiplier.ONE * Multiplier.ONE]
}

type Spans = NonNullable<Usage['times']>

/** When the seconds of a call were: from its begin, unless it is said. */
export function spansOf({ units, times }: Usage, { at }: Terms): Spans {
  return times ?? [[at, at + milliseconds(units['second'] ?? 0n)]]
}

/** A count of milliseconds, as a length of time. */
export function milliseconds(count: bigint): number {
  return Number(smaller(clamp(count), BigInt(Schedule.LONGEST_MS)))
}

export function stretchesOf(schedule: Schedule.Schedule, spans: Spans): Stretch[] {
  return spans.flatMap(([from, to]) =>
    Schedule.slices(schedule, from, to).map((slice) => ({ ...slice, count: BigInt(slice.to - slice.from) })),
  )
}
