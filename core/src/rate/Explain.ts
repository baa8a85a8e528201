/** Says how a charge was computed, from the numbers it was computed with. */
import type { Card, Component as CardComponent, Price } from './Card.ts'
import { zoneOf } from './CardFormula.ts'
import { type Compiled, countsIn, type Part } from './Compile.ts'
import { billable, type Computation, compute, type Line, type Stretch } from './Compute.ts'
import type { Component, Explanation, FormulaPart, Step } from './Explanation.ts'
import * as Multiplier from './Multiplier.ts'
import { larger, price, smaller, tierOf } from './Pricing.ts'
import type { Terms, Units, Usage } from './Types.ts'
import { calendarDay, dateText, find, instant, timeText, type Zone } from './Zone.ts'

export function ofFlat(amount: string, terms: Terms): Explanation {
  const step = { from: '0', to: '1', units: '1', amount, per: '1', price: amount }
  const component = {
    unit: 'request',
    model: 'flat',
    counts: { request: '1' },
    used: '1',
    steps: [step],
    price: amount,
  }
  const at = moment(terms.at, find('UTC') as Zone)
  return { charge: amount, kind: 'flat', at, components: [component], sum: amount, price: amount }
}

export function explain(
  card: Exclude<Card, { kind: 'flat' }>,
  compiled: Compiled,
  usage: Usage,
  terms: Terms,
  period: string | undefined,
): Explanation {
  const made = compute(compiled, usage, terms)
  const over = compiled.scale * Multiplier.ONE
  const components = card.kind === 'metered' ? [componentOf(card)] : card.components
  return {
    charge: `${made.charge}`,
    kind: card.kind,
    at: moment(terms.at, zoneOf(compiled)),
    ...(period === undefined ? {} : { period: { id: period, ...positionText(made, over) } }),
    ...(compiled.schedule === undefined ? {} : { schedule: ruleText(made.rule) }),
    components: made.lines.map((line, index) => explainLine(compiled, made, line, components[index] as CardComponent)),
    sum: exact(made.owed.call, over),
    ...(compiled.formula === undefined ? {} : { formula: formulaPart(compiled, made) }),
    ...customer(compiled, card, terms),
    price: `${made.price}`,
    ...(compiled.minimum === 0n
      ? {}
      : { minimum: { amount: `${compiled.minimum}`, applied: made.price < compiled.minimum } }),
    maximum: { amount: `${compiled.maximum}`, applied: made.wanted > compiled.maximum },
  }
}

function componentOf(card: Extract<Card, { kind: 'metered' }>): CardComponent {
  return { unit: card.unit, price: { model: 'per_unit', amount: card.unitAmount, per: card.per } }
}

function moment(at: number, zone: Zone): Explanation['at'] {
  const { day, time } = zone.local(at)
  return { unix: instant(at), date: dateText(day), time: timeText(time), weekday: calendarDay(day).weekday }
}

function positionText({ position, owed, already }: Computation, over: bigint) {
  const price = exact(owed.position, over)
  return { units: texts(position.units), charged: `${position.charged}`, price, already: `${already}` }
}

function ruleText({ multiplier, window }: Computation['rule']): NonNullable<Explanation['schedule']> {
  return { multiplier: millionths(multiplier), ...(window === undefined ? {} : { window }) }
}

function customer(
  { personal, levels }: Compiled,
  card: Card,
  { level, multiplier }: Terms,
): Pick<Explanation, 'level' | 'multiplier'> {
  if (!personal || card.kind !== 'card') return {}
  const ofLevel = level === undefined ? undefined : levels.get(level)
  const own = multiplier === undefined ? undefined : Multiplier.tryParse(multiplier)
  return {
    ...(ofLevel === undefined || level === undefined
      ? {}
      : { level: { name: level, multiplier: millionths(ofLevel) } }),
    ...(own === undefined ? {} : { multiplier: millionths(own) }),
  }
}

function formulaPart({ formula }: Compiled, { inputs = {}, result }: Computation): FormulaPart {
  const traced = formula?.trace(inputs)
  const part = { text: formula?.text ?? '', inputs: texts(inputs), steps: traced?.steps ?? [] }
  if (result !== undefined) return { ...part, result: `${result}` }
  const outcome = traced?.result
  const reason = outcome?.ok === false ? outcome.error.message : `${outcome?.value} is not between 0 and the maximum`
  return { ...part, failed: 'formula_failed', reason }
}

function explainLine(card: Compiled, { counts, rule }: Computation, line: Line, written: CardComponent): Component {
  const { part, before, stretches } = line
  const one = countsIn(part.unit)
  const over = card.scale * Multiplier.ONE
  const used = stretches.reduce((total, { count }) => total + count, 0n)
  const [from, to] = [billable(part, before), billable(part, before + used)]
  const drops = dropsOf(card, part, to, rule.multiplier)
  return {
    unit: part.unit,
    model: part.model,
    counts: countsOf(card, counts, part),
    used: exact(used, one),
    ...(card.period === undefined ? {} : { before: exact(before, one) }),
    ...(part.free === 0n ? {} : { free: { allowance: exact(part.free, one), used: exact(used - (to - from), one) } }),
    steps: stepsOf(card, line, written.price),
    price: exact(line.sum, over),
    ...(drops.length === 0 ? {} : { drops }),
  }
}

function countsOf({ parts, partOf }: Compiled, counts: Units, part: Part): Record<string, string> {
  const own: Record<string, string> = {}
  for (const [unit, count] of Object.entries(counts)) {
    if (parts[partOf.get(unit) ?? -1] === part) own[unit] = exact(count, countsIn(unit))
  }
  return own
}

function stepsOf(card: Compiled, { part, before, stretches }: Line, written: Price): Step[] {
  const steps: Step[] = []
  let total = before
  for (const stretch of stretches) {
    const from = billable(part, total)
    total += stretch.count
    const to = billable(part, total)
    if (to === from) continue
    for (const piece of pieces(part, written, from, to)) steps.push(stepOf(card, part, piece, stretch))
  }
  return steps
}

/** Counts from `from` to `to` at one rate. `sign` is -1 for what is taken back. `price` is over the scale. */
type Piece = Pick<Step, 'tier' | 'amount' | 'per' | 'flat'> & { from: bigint; to: bigint; units: bigint; price: bigint }

function pieces(part: Part, written: Price, from: bigint, to: bigint): Piece[] {
  const { pricing } = part
  if (pricing.kind === 'package') {
    const { amount, size } = written as Extract<Price, { model: 'package' }>
    const units = (to + pricing.size - 1n) / pricing.size - (from + pricing.size - 1n) / pricing.size
    // Packages that were begun: what is counted here is whole ones.
    return [{ from, to, units: units * pricing.size, amount, per: size, price: units * pricing.amount }]
  }
  const tierText = (tier: number) => textOf(written, tier)
  if (pricing.kind === 'volume') {
    const whole = (count: bigint, sign: bigint): Piece[] => {
      if (count === 0n) return []
      const tier = pricing.tiers.indexOf(tierOf(pricing.tiers, count))
      return [{ ...tierText(tier), from: 0n, to: count, units: count, price: sign * price(pricing, count) }]
    }
    return [...whole(to, 1n), ...whole(from, -1n)]
  }
  const found: Piece[] = []
  let below = 0n
  for (const [index, tier] of pricing.tiers.entries()) {
    const end = tier.upTo === undefined ? to : smaller(tier.upTo, to)
    const begin = larger(below, from)
    if (end > begin) {
      // Its flat part is paid where the tier begins.
      const flat = begin === below ? tier.flat : 0n
      const { flat: flatText, ...text } = tierText(index)
      const shown = flat === 0n || flatText === undefined ? text : { ...text, flat: flatText }
      found.push({ ...shown, from: begin, to: end, units: end - begin, price: (end - begin) * tier.rate + flat })
    }
    below = tier.upTo ?? to
  }
  return found
}

/** What the card says of a tier. */
function textOf(written: Price, tier: number): Pick<Step, 'tier' | 'amount' | 'per' | 'flat'> & { amount: string } {
  if (written.model === 'per_unit') return { amount: written.amount, per: written.per ?? '1' }
  if (written.model === 'package') return { amount: written.amount, per: written.size }
  const one = written.tiers[tier] as { amount?: string; per?: string; flat?: string }
  const { amount = '0', per = '1', flat } = one
  return { tier, amount, per, ...(flat === undefined || flat === '0' ? {} : { flat }) }
}

function stepOf(card: Compiled, part: Part, piece: Piece, stretch: Stretch): Step {
  const one = countsIn(part.unit)
  const { from, to, units, price: cost, ...text } = piece
  const { multiplier, window, from: begin, to: end } = stretch
  return {
    ...text,
    from: exact(from, one),
    to: exact(to, one),
    units: exact(units, one),
    ...(card.schedule === undefined ? {} : { multiplier: millionths(multiplier) }),
    ...(window === undefined ? {} : { window }),
    ...(begin === undefined || end === undefined ? {} : { begin, end }),
    price: exact(cost * multiplier, card.scale * Multiplier.ONE),
  }
}

/** The ends of tiers that cost more than the count does which is reached. */
function dropsOf(card: Compiled, { pricing, unit }: Part, count: bigint, multiplier: bigint) {
  if (pricing.kind !== 'volume') return []
  const one = countsIn(unit)
  const over = card.scale * Multiplier.ONE
  const reached = price(pricing, count)
  return pricing.tiers.flatMap(({ upTo }, tier) => {
    if (upTo === undefined || upTo >= count || price(pricing, upTo) <= reached) return []
    const highest = exact(price(pricing, upTo) * multiplier, over)
    return [{ tier, end: exact(upTo, one), highest, price: exact(reached * multiplier, over) }]
  })
}

function texts(values: Readonly<Record<string, unknown>>): Record<string, string> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, String(value)]))
}

function millionths(value: bigint): string {
  return exact(value, Multiplier.ONE)
}

/** Without rounding: as a decimal where it ends, as a fraction otherwise. */
export function exact(numerator: bigint, denominator: bigint): string {
  const divisor = greatestCommonDivisor(numerator < 0n ? -numerator : numerator, denominator)
  const [n, d] = [numerator / divisor, denominator / divisor]
  let places = 0
  let rest = d
  let power = 1n
  for (const factor of [2n, 5n]) {
    let times = 0
    for (; rest % factor === 0n; rest /= factor) times++
    places = Math.max(places, times)
  }
  if (rest !== 1n || places > 40) return `${n}/${d}`
  power = 10n ** BigInt(places)
  const digits = ((n < 0n ? -n : n) * (power / d)).toString().padStart(places + 1, '0')
  const sign = n < 0n ? '-' : ''
  return places === 0 ? `${n}` : `${sign}${digits.slice(0, -places)}.${digits.slice(-places)}`
}

function greatestCommonDivisor(a: bigint, b: bigint): bigint {
  let [x, y] = [a, b]
  while (y !== 0n) [x, y] = [y, x % y]
  return x
}
