/** What a new part of a card begins with, and what is kept when a part becomes another. */
import type { CardDraft, Component, Draft, Kind, Model, Price, Window } from './Draft.ts'

/** 0.001 USDC a call. */
export const FIRST: Draft = { kind: 'flat', amount: '1000' }

/** Another form of card. What a short form says is said again in the full one. */
export function asKind(draft: Draft, kind: Kind): Draft {
  if (draft.kind === kind) return draft
  if (kind === 'flat') return FIRST
  if (kind === 'metered') return { kind, unit: 'reported', unitAmount: '1', per: '1', max: '100000' }
  const empty = { kind, levels: [], signals: [] } satisfies Partial<CardDraft>
  if (draft.kind === 'flat') {
    const components: Component[] = [{ unit: 'request', price: { model: 'per_unit', amount: draft.amount } }]
    return { ...empty, components, maximum: draft.amount === '0' ? '1000' : draft.amount }
  }
  if (draft.kind !== 'metered') return draft
  const { unit, unitAmount, per, max, minimum } = draft
  const price: Price = { model: 'per_unit', amount: unitAmount, ...(per === '1' ? {} : { per }) }
  return { ...empty, components: [{ unit, price }], ...(minimum === undefined ? {} : { minimum }), maximum: max }
}

export function component(unit: string): Component {
  return { unit, price: { model: 'per_unit', amount: '1' } }
}

/** Another model, with the amounts that were there as far as they mean something in it. */
export function asModel(price: Price, model: Model): Price {
  if (price.model === model) return price
  const amount = amountOf(price)
  switch (model) {
    case 'per_unit': {
      const per =
        'per' in price ? price.per : 'tiers' in price && 'per' in price.tiers[0]! ? price.tiers[0].per : undefined
      return { model, amount, ...(per === undefined ? {} : { per }) }
    }
    case 'package':
      return { model, amount, size: price.model === 'per_unit' ? (price.per ?? '1') : '100' }
    case 'stairstep':
      return { model, tiers: endsOf(price).map((upTo) => ({ upTo, flat: amount })) }
    default:
      if (price.model === 'graduated' || price.model === 'volume') return { model, tiers: price.tiers }
      return { model, tiers: endsOf(price).map((upTo) => ({ upTo, amount, ...perOf(price) })) }
  }
}

export const WINDOW: Window = {
  days: ['mon', 'tue', 'wed', 'thu', 'fri'],
  from: '09:00',
  to: '18:00',
  multiplier: '1.5',
}

/** The zone of whoever writes the card. */
export function ownZone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone || 'UTC'
}

function amountOf(price: Price): string {
  if (!('tiers' in price)) return price.amount
  const [first] = price.tiers
  if (first === undefined) return '1'
  return 'amount' in first ? first.amount : (first.flat ?? '1')
}

function endsOf(price: Price): (string | null)[] {
  return 'tiers' in price && price.tiers.length > 0 ? price.tiers.map(({ upTo }) => upTo) : ['1000', null]
}

function perOf(price: Price): { per?: string } {
  return price.model === 'per_unit' && price.per !== undefined ? { per: price.per } : {}
}
