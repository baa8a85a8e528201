/** Rate cards: what a call costs, before it (the ceiling, which is held) and after it (the charge). */
import { sha256 } from '@noble/hashes/sha2.js'
import * as Amount from './Amount.ts'
import * as Base64 from './Base64.ts'
import type { Card } from './rate/Card.ts'
import * as Ceiling from './rate/Ceiling.ts'
import { compile, costsNothing } from './rate/Compile.ts'
import { chargeOf } from './rate/Compute.ts'
import { sum, tally } from './rate/Counts.ts'
import * as Explain from './rate/Explain.ts'
import type { Explanation } from './rate/Explanation.ts'
import * as Multiplier from './rate/Multiplier.ts'
import { type Inputs, NOWHERE, type Position, type Terms, type Unit, type Units, type Usage } from './rate/Types.ts'
import * as Within from './rate/Within.ts'
import { dateText } from './rate/Zone.ts'

export { type Card, InvalidRateError, parse, schema } from './rate/Card.ts'
export { NOWHERE, tally }
export type { Explanation, Inputs, Position, Terms, Unit, Units, Usage }

/** True for a decimal number that customers' prices can be multiplied by: `0.9`, `2`. At most 6 decimals, below a million. */
export function isMultiplier(text: string): boolean {
  return Multiplier.MULTIPLIER.test(text)
}

/** True for what may name a level of customers. */
export function isLevel(text: string): boolean {
  return /^[\w-]{1,64}$/.test(text)
}

/** Whether no call costs anything, whoever calls. */
export function isFree(card: Card): boolean {
  return card.kind === 'flat' ? card.amount === '0' : costsNothing(compile(card))
}

/** The price of every call, where it is one for everybody, at any time: nothing else has to be known. */
export function fixed(card: Card): bigint | undefined {
  return card.kind === 'flat' ? Amount.parse(card.amount) : undefined
}

/** What has to be counted to know the charge; `request` where the card has a price for it. */
export function counted(card: Card): ReadonlySet<Unit> {
  return card.kind === 'flat' ? NOTHING : compile(card).counted
}

const NOTHING: ReadonlySet<Unit> = new Set()

/** Whether a price depends on who calls or on signals: of the short forms it does not. */
export function needsTerms(card: Card): boolean {
  return card.kind === 'card'
}

/** The card's period that a time is in, by which positions are kept: `2026-11`, `2026-11-23`. */
export function periodOf(card: Card, at: number): string | undefined {
  if (card.kind !== 'card' || card.period === undefined) return undefined
  const { period } = compile(card)
  if (period === undefined) return undefined
  const date = dateText(period.zone.local(at).day)
  return period.every === 'month' ? date.slice(0, -3) : date
}

/**
 * The most that the call can cost, never above the card's maximum. Without a level it is the list price; where a card has a
 * period, and no position is known, it holds for every position.
 */
export function ceiling(card: Card, inputs: Inputs, terms: Terms): bigint {
  if (card.kind === 'flat') return Amount.parse(card.amount)
  return Ceiling.ceiling(compile(card), inputs.bounds ?? {}, terms)
}

/**
 * What the call costs, never above the card's maximum: the price of all that was used in the period until now, less what
 * was charged for it. Computed exactly and rounded up once.
 */
export function charge(card: Card, usage: Usage, terms: Terms): bigint {
  return card.kind === 'flat' ? Amount.parse(card.amount) : chargeOf(compile(card), usage, terms)
}

/**
 * The largest count of `unit` up to which every charge is within `hold`, the other units as in `usage`; `undefined` when
 * nothing limits it. The card's maximum is no limit: a stream is cut there.
 */
export function within(card: Card, usage: Usage, unit: Unit, hold: bigint, terms: Terms): bigint | undefined {
  return card.kind === 'flat' ? undefined : Within.within(compile(card), usage, unit, hold, terms)
}

/** Where a customer stands after a call. */
export function after(card: Card, position: Position, usage: Usage, terms: Terms): Position {
  const charged = position.charged + charge(card, usage, { ...terms, position })
  return { units: sum(position.units, tally(usage)), charged }
}

/** How the charge comes about. Its `charge` is what `charge` gives. */
export function explain(card: Card, usage: Usage, terms: Terms): Explanation {
  if (card.kind === 'flat') return Explain.ofFlat(card.amount, terms)
  return Explain.explain(card, compile(card), usage, terms, periodOf(card, terms.at))
}

/** SHA-256 of what the price was derived from, in base64url: a quote holds for the same inputs only. */
export function inputsHash(inputs: Inputs = {}): string {
  if (inputs.only !== undefined) return digestOf(JSON.stringify({ only: inputs.only }))
  const { bounds } = inputs
  if (bounds === undefined || Object.keys(bounds).length === 0) return (unbound ??= hashOf(null))
  const sorted = Object.keys(bounds).toSorted()
  return hashOf(Object.fromEntries(sorted.map((unit) => [unit, `${bounds[unit]}`])))
}

let unbound: string | undefined

function hashOf(units: Record<string, string> | null): string {
  return digestOf(JSON.stringify({ units }))
}

function digestOf(text: string): string {
  return Base64.encodeUrl(sha256(new TextEncoder().encode(text)))
}
