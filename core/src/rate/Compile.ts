/** A card as it is computed with: parsed once, and kept beside it. */
import type * as Formula from '../Formula.ts'
import type { Card, Component, FullCard, Price } from './Card.ts'
import * as CardFormula from './CardFormula.ts'
import * as Multiplier from './Multiplier.ts'
import { isFree, isLinear, price, type Pricing } from './Pricing.ts'
import * as Schedule from './Schedule.ts'
import { PRICED_AS, UNITS } from './Words.ts'
import { find, type Zone } from './Zone.ts'

/** A component. */
export type Part = {
  unit: string
  model: string
  pricing: Pricing
  /** In counts, as all that is compared with counts: milliseconds where the unit is `second`. */
  free: bigint
}

export type Compiled = {
  parts: readonly Part[]
  /** Which part a unit is priced by. */
  partOf: ReadonlyMap<string, number>
  /** What has to be counted. */
  counted: ReadonlySet<string>
  /** By unit, where the card is nothing but rates: then a charge is a sum of products, and cheap. */
  rates: ReadonlyMap<string, bigint> | undefined
  /** What rates are multiplied by. */
  scale: bigint
  minimum: bigint
  maximum: bigint
  /** Whether customers have terms of their own. */
  personal: boolean
  levels: ReadonlyMap<string, bigint>
  schedule: Schedule.Schedule | undefined
  period: { every: 'day' | 'month'; zone: Zone } | undefined
  formula: Formula.Formula<'int'> | undefined
  signals: NonNullable<FullCard['signals']>
}

type NotFlat = Exclude<Card, { kind: 'flat' }>

const compiled = new WeakMap<NotFlat, Compiled>()

/** The card must be what `parse` gave, and must not be changed afterwards. */
export function compile(card: NotFlat): Compiled {
  const known = compiled.get(card)
  if (known !== undefined) return known
  const made = card.kind === 'metered' ? compileMetered(card) : compileFull(card)
  compiled.set(card, made)
  return made
}

function compileMetered(card: Extract<Card, { kind: 'metered' }>): Compiled {
  const { unit, unitAmount, per } = card
  const components: Component[] = [{ unit, price: { model: 'per_unit', amount: unitAmount, per } }]
  const made = ofComponents(components)
  return {
    ...made,
    counted: new Set(made.partOf.keys()),
    rates: ratesOf(made),
    minimum: BigInt(card.minimum ?? '0'),
    maximum: BigInt(card.max),
    personal: false,
    levels: new Map(),
    schedule: undefined,
    period: undefined,
    formula: undefined,
    signals: {},
  }
}

function compileFull(card: FullCard): Compiled {
  const { schedule, period, levels = {} } = card
  const zone = period && find(period.zone)
  const made = ofComponents(card.components)
  const formula = CardFormula.compile(card)
  const read = [...(formula?.names ?? [])].map(CardFormula.unitOf).filter((unit) => unit !== undefined)
  const isPlain = schedule === undefined && period === undefined && formula === undefined
  return {
    ...made,
    counted: new Set([...made.partOf.keys(), ...read]),
    rates: isPlain ? ratesOf(made) : undefined,
    minimum: BigInt(card.minimum ?? '0'),
    maximum: BigInt(card.maximum),
    personal: true,
    levels: new Map(Object.entries(levels).map(([name, level]) => [name, Multiplier.parse(level.multiplier)])),
    schedule: schedule && Schedule.compile(schedule),
    period: period && zone && { every: period.every, zone },
    formula,
    signals: card.signals ?? {},
  }
}

function ofComponents(components: readonly Component[]): Pick<Compiled, 'parts' | 'partOf' | 'scale'> {
  const scale = scaleOf(components)
  const parts = components.map((component) => compilePart(component, scale))
  const own = new Map(parts.map(({ unit }, index) => [unit, index]))
  const partOf = new Map(own)
  for (const unit of UNITS) {
    const part = pricedBy(own, unit)
    if (part !== undefined) partOf.set(unit, part)
  }
  return { parts, partOf, scale }
}

function ratesOf({ parts, partOf }: Pick<Compiled, 'parts' | 'partOf'>): Map<string, bigint> | undefined {
  if (!parts.every(({ pricing, free }) => isLinear(pricing) && free === 0n)) return undefined
  const rates = new Map<string, bigint>()
  for (const [unit, part] of partOf) rates.set(unit, price((parts[part] as Part).pricing, 1n))
  return rates
}

function pricedBy(own: ReadonlyMap<string, number>, unit: string): number | undefined {
  for (let name: string | undefined = unit; name !== undefined; name = PRICED_AS[name]) {
    const part = own.get(name)
    if (part !== undefined) return part
  }
  return undefined
}

function compilePart({ unit, price, free }: Component, scale: bigint): Part {
  const counts = countsIn(unit)
  return { unit, model: price.model, pricing: pricingOf(price, counts, scale), free: BigInt(free ?? '0') * counts }
}

function pricingOf(written: Price, counts: bigint, scale: bigint): Pricing {
  const rate = (amount: string, per = '1') => (BigInt(amount) * scale) / (BigInt(per) * counts)
  const end = (upTo: string | null) => (upTo === null ? undefined : BigInt(upTo) * counts)
  switch (written.model) {
    case 'per_unit':
      return { kind: 'graduated', tiers: [{ upTo: undefined, rate: rate(written.amount, written.per), flat: 0n }] }
    case 'package':
      return { kind: 'package', amount: BigInt(written.amount) * scale, size: BigInt(written.size) * counts }
    case 'stairstep':
      return {
        kind: 'volume',
        tiers: written.tiers.map(({ upTo, flat }) => ({ upTo: end(upTo), rate: 0n, flat: BigInt(flat) * scale })),
      }
    default:
      return {
        kind: written.model,
        tiers: written.tiers.map(({ upTo, amount, per, flat = '0' }) => ({
          upTo: end(upTo),
          rate: rate(amount, per),
          flat: BigInt(flat) * scale,
        })),
      }
  }
}

/** How many counts one unit of a card is. */
export function countsIn(unit: string): bigint {
  return unit === 'second' ? 1000n : 1n
}

/** The smallest number that every `per` divides, in counts. */
export function scaleOf(components: readonly Component[]): bigint {
  return components.reduce((scale, { unit, price }) => {
    const counts = countsIn(unit)
    return persOf(price).reduce((common, per) => leastCommonMultiple(common, per * counts), scale)
  }, 1n)
}

function persOf(price: Price): bigint[] {
  if (price.model === 'per_unit') return [BigInt(price.per ?? '1')]
  if (price.model === 'package' || price.model === 'stairstep') return []
  return price.tiers.map(({ per = '1' }) => BigInt(per))
}

function leastCommonMultiple(a: bigint, b: bigint): bigint {
  let [x, y] = [a, b]
  while (y !== 0n) [x, y] = [y, x % y]
  return (a / x) * b
}

/** Whether nothing that a call does costs anything. */
export function costsNothing({ parts, formula, minimum }: Compiled): boolean {
  return formula === undefined && minimum === 0n && parts.every(({ pricing }) => isFree(pricing))
}
