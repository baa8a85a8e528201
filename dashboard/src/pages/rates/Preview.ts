/** A price before it is published: a card, a use and a moment that were typed. */
import * as Rate from '@pbstream/core/Rate'
import * as CardFormula from '@pbstream/core/rate/CardFormula'

/** All as typed. `use` and `before` by unit; seconds as decimals. */
export type Asked = {
  use: Readonly<Record<string, string>>
  /** Unix milliseconds. */
  at: number
  level: string
  multiplier: string
  signals: Readonly<Record<string, string>>
  /** In the card's period, before the call; `charged` in atomic units. */
  before: Readonly<Record<string, string>>
  charged: string
}

export type Preview =
  | { ok: true; explanation: Rate.Explanation; ceiling: bigint; usage: Rate.Usage; terms: Rate.Terms }
  /** Which of the inputs is none: `use.image`, `signals.load`, … */
  | { ok: false; wrong: string[] }

export const NOTHING: Omit<Asked, 'at'> = {
  use: {},
  level: '',
  multiplier: '',
  signals: {},
  before: {},
  charged: '',
}

export function preview(card: Rate.Card, asked: Asked): Preview {
  const wrong: string[] = []
  const usage = { units: countsOf('use', asked.use, wrong) }
  const terms = termsOf(card, asked, wrong)
  if (wrong.length > 0) return { ok: false, wrong }
  const explanation = Rate.explain(card, usage, terms)
  return { ok: true, explanation, ceiling: Rate.ceiling(card, { bounds: usage.units }, terms), usage, terms }
}

/** What can be typed as the use of a call under this card. */
export function unitsOf(card: Rate.Card): string[] {
  if (card.kind === 'flat') return []
  if (card.kind === 'metered') return [card.unit]
  const ofFormula = [...(CardFormula.compile(card)?.names ?? [])].flatMap((name) => CardFormula.unitOf(name) ?? [])
  const units = [...card.components.map(({ unit }) => unit), ...ofFormula]
  return [...new Set(units)].filter((unit) => unit !== 'request')
}

/** A use to begin with: a thousand of what there is much of, one of the rest. */
export function usualUse(units: readonly string[]): Record<string, string> {
  return Object.fromEntries(units.map((unit) => [unit, unit === 'byte' || unit.endsWith('_token') ? '1000' : '1']))
}

/** A count as typed; seconds in milliseconds. */
export function countOf(unit: string, text: string): bigint | undefined {
  const digits = text.trim().replaceAll(/[ _,]/g, '')
  if (unit === 'second') {
    const [, whole, fraction = ''] = /^([0-9]{1,15})(?:\.([0-9]{1,3}))?$/.exec(digits) ?? []
    return whole === undefined ? undefined : BigInt(whole + fraction.padEnd(3, '0'))
  }
  return /^[0-9]{1,30}$/.test(digits) ? BigInt(digits) : undefined
}

function countsOf(place: string, typed: Readonly<Record<string, string>>, wrong: string[]): Record<string, bigint> {
  const counts: Record<string, bigint> = {}
  for (const [unit, text] of Object.entries(typed)) {
    if (text.trim() === '') continue
    const count = countOf(unit, text)
    if (count === undefined) wrong.push(`${place}.${unit}`)
    else counts[unit] = count
  }
  return counts
}

function termsOf(card: Rate.Card, asked: Asked, wrong: string[]): Rate.Terms {
  const { at, level, multiplier, signals, before, charged } = asked
  if (!Number.isFinite(at)) wrong.push('at')
  if (card.kind !== 'card') return { at }
  if (multiplier !== '' && !Rate.isMultiplier(multiplier)) wrong.push('multiplier')
  const given = Object.entries(signals).filter(([, value]) => value.trim() !== '')
  for (const [name, value] of given) if (!/^-?[0-9]{1,18}$/.test(value.trim())) wrong.push(`signals.${name}`)
  const units = countsOf('before', before, wrong)
  if (!/^[0-9]{0,30}$/.test(charged)) wrong.push('charged')
  const isBegun = card.period !== undefined && (Object.keys(units).length > 0 || charged !== '')
  return {
    at,
    ...(level === '' ? {} : { level }),
    ...(multiplier === '' ? {} : { multiplier }),
    ...(given.length === 0 ? {} : { signals: Object.fromEntries(given.map(([name, value]) => [name, value.trim()])) }),
    ...(isBegun && wrong.length === 0 ? { position: { units, charged: BigInt(charged === '' ? '0' : charged) } } : {}),
  }
}
