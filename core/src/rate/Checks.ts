/** What a card must be beyond its form. Each finding says where it is and what to write instead. */
import type { core } from 'zod'
import * as Amount from '../Amount.ts'
import * as Formula from '../Formula.ts'
import type { Component, FullCard, Price, Schedule } from './Card.ts'
import * as CardFormula from './CardFormula.ts'
import { scaleOf } from './Compile.ts'
import { dayOf } from './Schedule.ts'
import { UNITS } from './Words.ts'
import { dateText, find } from './Zone.ts'

type Place = readonly (string | number)[]
type Report = (message: string, ...place: Place) => void

const CUSTOM = /^custom\.[a-z][a-z0-9_]{0,31}$/
const SIGNAL = /^[a-z][a-z0-9_]{0,31}$/
const MAX_SCALE = 10n ** 36n
const MAX_LEVELS = 100
const MAX_SIGNALS = 16
/** Of JSON text: ids of rentals bring their card along. */
export const MAX_SIZE = 32_768

/** For `superRefine` of the card. What has a wrong form has been said already, and is passed over. */
export function check(card: FullCard, context: core.$RefinementCtx): void {
  const report: Report = (message, ...path) => context.addIssue({ code: 'custom', message, path: [...path] })
  if (JSON.stringify(card).length > MAX_SIZE) report(`a card is at most ${MAX_SIZE} characters of JSON`)
  checkComponents(card.components, report)
  if (card.components.length === 0 && card.formula === undefined) report('no component and no formula', 'components')
  if (isAbove(card.minimum, card.maximum)) report('minimum is above maximum', 'minimum')
  if (card.period !== undefined) checkZone(card.period.zone, report, 'period', 'zone')
  if (card.schedule !== undefined) checkSchedule(card.schedule, report)
  checkSignals(card.signals ?? {}, report)
  if (Object.keys(card.levels ?? {}).length > MAX_LEVELS) report(`more than ${MAX_LEVELS} levels`, 'levels')
  checkFormula(card, report)
}

function checkComponents(components: readonly Component[], report: Report): void {
  const seen = new Set<string>()
  for (const [index, { unit, price }] of components.entries()) {
    const here = ['components', index] as const
    if (!isUnit(unit)) report(`unknown unit; there are ${UNITS.join(', ')} and custom.<name>`, ...here, 'unit')
    if (seen.has(unit)) report(`${unit} has a price already: one component a unit`, ...here, 'unit')
    seen.add(unit)
    checkTiers(price, report, [...here, 'price', 'tiers'])
  }
  if (components.every(hasAmounts) && scaleOf(components) > MAX_SCALE) {
    report('the `per` of the prices have no common multiple below 10^36: use powers of 10', 'components')
  }
}

function isUnit(unit: string): boolean {
  if ((UNITS as readonly string[]).includes(unit)) return true
  return CUSTOM.test(unit) && Formula.isName(unit.slice('custom.'.length))
}

/** Whether every `per` is one. */
function hasAmounts({ price }: Component): boolean {
  const pers = price.model === 'per_unit' ? [price.per] : 'tiers' in price ? price.tiers.map(perOf) : []
  return pers.every((per) => per === undefined || (Amount.tryParse(per) ?? 0n) > 0n)
}

function perOf(tier: { upTo: string | null; per?: string | undefined }): string | undefined {
  return tier.per
}

function checkTiers(price: Price, report: Report, here: Place): void {
  if (!('tiers' in price)) return
  let below = 0n
  for (const [index, { upTo }] of price.tiers.entries()) {
    const isLast = index === price.tiers.length - 1
    if (upTo === null) {
      if (!isLast) report('only the last tier has no end: upTo is null too early', ...here, index, 'upTo')
      continue
    }
    if (isLast) report('the last tier has no end: write null', ...here, index, 'upTo')
    const end = Amount.tryParse(upTo) ?? below + 1n
    if (end <= below) report(`not above the tier before it, which ends at ${below}`, ...here, index, 'upTo')
    below = end
  }
}

function checkSchedule({ zone, windows }: Schedule, report: Report): void {
  checkZone(zone, report, 'schedule', 'zone')
  for (const [index, { from = '00:00', to = '24:00', dates = [] }] of windows.entries()) {
    const here = ['schedule', 'windows', index] as const
    if (from === to) report('from and to are the same: leave both out for a whole day', ...here, 'to')
    if (from === '24:00') report('a window begins at 00:00 of the next day', ...here, 'from')
    for (const [place, date] of dates.entries()) {
      if (dateText(dayOf(date)) !== date) report('there is no such day', ...here, 'dates', place)
    }
  }
}

function checkZone(zone: string, report: Report, ...place: Place): void {
  if (find(zone) === undefined) report('not an IANA time zone such as "Europe/Zurich"', ...place)
}

function checkSignals(signals: NonNullable<FullCard['signals']>, report: Report): void {
  if (Object.keys(signals).length > MAX_SIGNALS) report(`more than ${MAX_SIGNALS} signals`, 'signals')
  for (const [name, { min, max, fallback }] of Object.entries(signals)) {
    if (!SIGNAL.test(name) || !Formula.isName(name)) report('a name is small letters, digits and _', 'signals', name)
    if (isLess(max, min)) report('max is below min', 'signals', name, 'max')
    if (isLess(fallback, min) || isLess(max, fallback)) report('not between min and max', 'signals', name, 'fallback')
  }
}

const INTEGER = /^-?[0-9]+$/

function isLess(a: string, b: string): boolean {
  return INTEGER.test(a) && INTEGER.test(b) && BigInt(a) < BigInt(b)
}

function isAbove(minimum: string | undefined, maximum: string): boolean {
  const [least, most] = [Amount.tryParse(minimum), Amount.tryParse(maximum)]
  return least !== undefined && most !== undefined && least > most
}

function checkFormula(card: FullCard, report: Report): void {
  try {
    CardFormula.compile(card)
  } catch (error) {
    if (error instanceof Formula.FormulaError) report(error.message, 'formula')
    // Names of units and signals that are none have been reported where they are.
    else if (!(error instanceof RangeError)) throw error
  }
}
