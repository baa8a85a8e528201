/** The price of a stated use over time: by the cards, their times of day and the signals that were in force. Pure. */
import { read, type Signal } from '@pbstream/core/Oracle'
import * as Rate from '@pbstream/core/Rate'
import type { PriceHistory } from '@pbstream/db/PriceHistory'
import type { CardRow } from '@pbstream/db/RateCards'

/** `charge`: atomic units; `multiplier`: of the schedule. Null where the route was free. */
export type Point = {
  at: number
  rateVersion: number | null
  charge: string
  multiplier: string | null
  signals: Record<string, string>
}

/** Points of one answer, and how many times it looks. */
export const POINTS_MAX = 1_000
export const LOOKS_MAX = 3_000

/** What a call of everybody uses, unless somebody says what: a thousand of everything that the cards count. */
export function ordinaryUse(cards: readonly CardRow[]): Rate.Units {
  const counted = new Set(cards.flatMap(({ rule }) => [...Rate.counted(rule)]))
  counted.delete('request')
  return Object.fromEntries([...counted].toSorted().map((unit) => [unit, unit === 'second' ? 1_000_000n : 1_000n]))
}

/**
 * The price from `since` on, before `until` (Unix ms): at its beginning, at every multiple of `step`, at every card and at
 * every signal; points that say what the one before said are left out. `next`: where the rest begins, when there is more.
 */
export function pricesIn(
  { cards, spoken }: PriceHistory,
  units: Rate.Units,
  { since, until, step, now }: { since: number; until: number; step: number; now: number },
): { points: Point[]; next: number | null } {
  const times = new Set<number>([since])
  for (let at = Math.ceil(since / step) * step; at < until; at += step) times.add(at)
  for (const { effectiveAt } of cards) times.add(Math.max(since, effectiveAt.getTime()))
  for (const rows of spoken.values()) for (const { at } of rows) times.add(Math.max(since, at.getTime()))
  const points: Point[] = []
  const inOrder = [...times].filter((at) => at < until).toSorted((a, b) => a - b)
  for (const [looks, at] of inOrder.entries()) {
    if (looks === LOOKS_MAX) return { points, next: at }
    const point = pointAt({ cards, spoken }, units, at, now)
    if (isSame(points.at(-1), point)) continue
    if (points.length === POINTS_MAX) return { points, next: at }
    points.push(point)
  }
  return { points, next: null }
}

function pointAt(
  { cards, spoken }: Pick<PriceHistory, 'cards' | 'spoken'>,
  units: Rate.Units,
  at: number,
  now: number,
): Point {
  const card = cards.findLast(({ effectiveAt }) => effectiveAt.getTime() <= at)
  if (card === undefined) return { at, rateVersion: null, charge: '0', multiplier: null, signals: {} }
  // Of times ahead nobody knows what oracles will say: what they say now.
  const signals = read(card.rule, signalsAt(spoken, Math.min(at, now)), at)
  const { charge, schedule } = Rate.explain(card.rule, { units }, { at, signals })
  return { at, rateVersion: card.version, charge, multiplier: schedule?.multiplier ?? null, signals }
}

/** What oracles said at a time, as gateways had it: a row of its own says when one had been silent for too long. */
function signalsAt(spoken: PriceHistory['spoken'], at: number): Record<string, Signal> {
  const said = [...spoken].flatMap(([id, rows]) => {
    const row = lastUntil(rows, at)
    if (row === undefined) return []
    const { value } = row
    // A row without a value: the card says.
    return [[id, { value: value ?? '0', at, staleAt: value === null ? 0 : Infinity, fallback: null }] as const]
  })
  return Object.fromEntries(said)
}

/** The last row at or before a time; rows are in the order of time. */
function lastUntil<Row extends { at: Date }>(rows: readonly Row[], at: number): Row | undefined {
  let [low, high] = [0, rows.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((rows[middle]?.at.getTime() ?? Infinity) <= at) low = middle + 1
    else high = middle
  }
  return rows[low - 1]
}

function isSame(a: Point | undefined, b: Point): boolean {
  if (a === undefined) return false
  return JSON.stringify({ ...a, at: 0 }) === JSON.stringify({ ...b, at: 0 })
}
