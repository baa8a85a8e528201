/**
 * A rate card while it is written: every member is text as it was typed, right or wrong. What belongs to names (levels,
 * signals) is a list, so that a name can be typed letter by letter.
 */
import type { Component, Price, Window } from '@pbstream/core/rate/Card'

export type Level = { name: string; multiplier: string }
export type Signal = { name: string; oracle: string; min: string; max: string; fallback: string }
export type Period = { every: 'day' | 'month'; zone: string }
export type Schedule = { zone: string; windows: Window[] }

export type FlatDraft = { kind: 'flat'; amount: string }
export type MeteredDraft = {
  kind: 'metered'
  unit: 'reported' | 'byte' | 'second'
  unitAmount: string
  per: string
  max: string
  minimum?: string
}
export type CardDraft = {
  kind: 'card'
  components: Component[]
  formula?: string
  period?: Period
  schedule?: Schedule
  levels: Level[]
  signals: Signal[]
  minimum?: string
  maximum: string
}
export type Draft = FlatDraft | MeteredDraft | CardDraft
export type Kind = Draft['kind']
export type Model = Price['model']
export type { Component, Price, Window }

/** JSON of a card, as the shape check lets it through. */
export type CardJson =
  | ({ v: 1 } & (FlatDraft | MeteredDraft))
  | ({ v: 2 } & Omit<CardDraft, 'levels' | 'signals'> & {
        levels?: Record<string, Omit<Level, 'name'>>
        signals?: Record<string, Omit<Signal, 'name'>>
      })

export function fromJson(card: CardJson): Draft {
  if (card.kind !== 'card') {
    const { v: _v, ...draft } = card
    return draft
  }
  const { v: _v, levels = {}, signals = {}, ...rest } = card
  return { ...rest, levels: named(levels), signals: named(signals) }
}

/** As it is published, in the order in which people read it. Of two entries with one name the last one stays. */
export function toJson(draft: Draft): CardJson {
  if (draft.kind !== 'card') return { v: 1, ...draft }
  const { kind, components, formula, period, schedule, levels, signals, minimum, maximum } = draft
  return {
    v: 2,
    kind,
    components,
    ...(formula === undefined ? {} : { formula }),
    ...(period === undefined ? {} : { period }),
    ...(schedule === undefined ? {} : { schedule }),
    ...(levels.length === 0 ? {} : { levels: byName(levels) }),
    ...(signals.length === 0 ? {} : { signals: byName(signals) }),
    ...(minimum === undefined ? {} : { minimum }),
    maximum,
  }
}

/** Names that stand twice: only one of them would be published. */
export function repeated(entries: readonly { name: string }[]): string[] {
  const names = entries.map(({ name }) => name)
  return [...new Set(names.filter((name, index) => names.indexOf(name) !== index))]
}

function named<T extends object>(entries: Record<string, T>): (T & { name: string })[] {
  return Object.entries(entries).map(([name, entry]) => ({ ...entry, name }))
}

function byName<T extends { name: string }>(entries: readonly T[]): Record<string, Omit<T, 'name'>> {
  return Object.fromEntries(entries.map(({ name, ...entry }) => [name, entry]))
}
