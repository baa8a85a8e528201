/** What a card's formula sees: the sum of the components, the units of this call, local time, level and signals. */
import * as Formula from '../Formula.ts'
import type { FullCard } from './Card.ts'
import type { Compiled } from './Compile.ts'
import type { Terms, Units } from './Types.ts'
import { UNITS } from './Words.ts'
import { calendarDay, find, type Zone } from './Zone.ts'

const HOUR = 3_600_000
const NO_SIGNAL = { min: '0', max: '0', fallback: '0' }
const CUSTOM = /\bunits\.(custom\.[a-z][a-z0-9_]{0,31})\b/g
/** Of a level that only a formula knows. */
const MAX_LEVEL = 64

type OfCard = Pick<FullCard, 'components' | 'formula' | 'signals'>

/**
 * The formula of a card, if it has one.
 *
 * @throws {Formula.FormulaError}
 */
export function compile(card: OfCard): Formula.Formula<'int'> | undefined {
  return card.formula === undefined ? undefined : Formula.compile(card.formula, variables(card), 'int')
}

function variables({ formula = '', components, signals = {} }: OfCard): Record<string, Formula.Type> {
  const named = [...formula.matchAll(CUSTOM)].map(([, unit = '']) => unit)
  const units = new Set([...UNITS, ...components.map(({ unit }) => unit), ...named])
  return {
    base: 'int',
    ...Object.fromEntries([...units].map((unit) => [variableOf(unit), 'int' as const])),
    'at.hour': 'int',
    'at.weekday': 'int',
    'at.day': 'int',
    'at.month': 'int',
    level: 'string',
    ...Object.fromEntries(Object.keys(signals).map((name) => [`signal.${name}`, 'int' as const])),
  }
}

/** A second is counted in milliseconds, and called what it is. */
export function variableOf(unit: string): string {
  return unit === 'second' ? 'units.millisecond' : `units.${unit}`
}

/** The unit that a variable is the count of. */
export function unitOf(variable: string): string | undefined {
  if (!variable.startsWith('units.')) return undefined
  const unit = variable.slice('units.'.length)
  return unit === 'millisecond' ? 'second' : unit
}

/** The values that the formula reads, of a call with these counts and this sum of its components. */
export function inputs(card: Compiled, terms: Terms, base: bigint, counts: Units): Record<string, Formula.Value> {
  const values: Record<string, Formula.Value> = {}
  for (const name of card.formula?.names ?? []) values[name] = valueOf(name, card, terms, base, counts)
  return values
}

function valueOf(name: string, card: Compiled, terms: Terms, base: bigint, counts: Units): Formula.Value {
  if (name === 'base') return base
  if (name === 'level') return terms.level !== undefined && terms.level.length <= MAX_LEVEL ? terms.level : ''
  const unit = unitOf(name)
  if (unit !== undefined) return counts[unit] ?? 0n
  if (name.startsWith('signal.')) return signal(card, name.slice('signal.'.length), terms)
  return BigInt(clock(name, zoneOf(card), terms.at))
}

/** Within the card's bounds, whatever it is said to be. */
function signal(card: Compiled, name: string, terms: Terms): bigint {
  const said = terms.signals !== undefined && Object.hasOwn(terms.signals, name) ? terms.signals[name] : undefined
  const { min, max, fallback } = card.signals[name] ?? NO_SIGNAL
  const value = said !== undefined && /^-?[0-9]{1,40}$/.test(said) ? BigInt(said) : BigInt(fallback)
  const [low, high] = [BigInt(min), BigInt(max)]
  return value < low ? low : value > high ? high : value
}

/** The zone that a card's times are told in. */
export function zoneOf({ schedule, period }: Compiled): Zone {
  return schedule?.zone ?? period?.zone ?? (find('UTC') as Zone)
}

function clock(name: string, zone: Zone, at: number): number {
  const { day, time } = zone.local(at)
  const date = calendarDay(day)
  switch (name) {
    case 'at.hour':
      return Math.floor(time / HOUR)
    case 'at.weekday':
      return date.weekday
    case 'at.day':
      return date.day
    default:
      return date.month
  }
}
