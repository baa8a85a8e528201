/** Points of a price: over the quantity of one unit, or over the hours of a day. */
import * as Rate from '@pbstream/core/Rate'
import { find } from '@pbstream/core/rate/Zone'

const STEPS = 96
const QUARTER = 900_000

/** `x`: a count (seconds in milliseconds), or Unix milliseconds. `price` in atomic units. */
export type Point = { x: number; price: bigint }

/** From 0 to `most`, with both sides of each end of a tier. */
export function overQuantity(card: Rate.Card, unit: string, most: bigint, use: Rate.Usage, terms: Rate.Terms): Point[] {
  const counts = new Set<bigint>([0n, most])
  for (let step = 1n; step < BigInt(STEPS); step++) counts.add((most * step) / BigInt(STEPS))
  for (const end of endsOf(card, unit)) for (const count of [end, end + 1n]) if (count < most) counts.add(count)
  return [...counts]
    .toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0))
    .map((count) => {
      const units = { ...use.units, [unit]: count }
      return { x: Number(count), price: Rate.charge(card, { units }, terms) }
    })
}

/** Each quarter of an hour of the day that `terms.at` is in, by the clock of the card's zone. */
export function overDay(card: Rate.Card, use: Rate.Usage, terms: Rate.Terms): Point[] {
  const zone = find(zoneOf(card))
  const start = zone === undefined ? terms.at : terms.at - zone.local(terms.at).time
  return Array.from({ length: STEPS }, (_, step) => {
    const x = start + step * QUARTER
    return { x, price: Rate.charge(card, use, { ...terms, at: x }) }
  })
}

/** The zone in which a card's times are told. */
export function zoneOf(card: Rate.Card): string {
  return (card.kind === 'card' && (card.schedule?.zone ?? card.period?.zone)) || 'UTC'
}

/** A quantity worth looking at: twice the last end of a tier, or ten times what was typed. */
export function reach(card: Rate.Card, unit: string, count: bigint): bigint {
  const last = endsOf(card, unit).at(-1) ?? 0n
  const most = last * 2n > count ? last * 2n : count * 2n
  return most === 0n ? 100n : most
}

function endsOf(card: Rate.Card, unit: string): bigint[] {
  if (card.kind !== 'card') return []
  const found = card.components.find((component) => component.unit === unit)
  if (found === undefined) return []
  const one = unit === 'second' ? 1000n : 1n
  const free = BigInt(found.free ?? '0') * one
  if (!('tiers' in found.price)) return free === 0n ? [] : [free]
  return found.price.tiers.flatMap(({ upTo }) => (upTo === null ? [] : [BigInt(upTo) * one + free]))
}
