/** Counts by day and rule as lines of a chart. Pure. */
import type { Result } from '../Types.ts'

export type Line = { rule: string | undefined; isShadow: boolean; values: number[] }
export type Chart = { days: number[]; lines: Line[] }

const DAY_MS = 86_400_000
/** More lines cannot be told apart; the rest is added up. */
const MOST = 6

/** `since`, `until`: ISO times; each day of UTC in between has a place, also one on which nothing was counted. */
export function chartOf(results: readonly Result[], since: string, until: string): Chart {
  const first = Math.floor(Date.parse(since) / DAY_MS)
  const last = Math.floor((Date.parse(until) - 1) / DAY_MS)
  const days = Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => (first + i) * DAY_MS)
  const lines = new Map<string, Line>()
  for (const { day, rule, effect, count } of results) {
    const isShadow = effect !== 'done'
    const at = Math.floor(Date.parse(`${day}T00:00:00Z`) / DAY_MS) - first
    if (at < 0 || at >= days.length) continue
    const name = `${isShadow ? 's' : 'd'} ${rule}`
    const line = lines.get(name) ?? { rule, isShadow, values: days.map(() => 0) }
    line.values[at] = (line.values[at] ?? 0) + count
    lines.set(name, line)
  }
  return {
    days,
    lines: fewer(
      [...lines.values()].toSorted((a, b) => sum(b) - sum(a)),
      days.length,
    ),
  }
}

function fewer(lines: readonly Line[], days: number): Line[] {
  if (lines.length <= MOST) return [...lines]
  const rest = lines.slice(MOST - 1)
  const values = Array.from({ length: days }, (_, i) => rest.reduce((total, line) => total + (line.values[i] ?? 0), 0))
  return [...lines.slice(0, MOST - 1), { rule: undefined, isShadow: false, values }]
}

function sum({ values }: Line): number {
  return values.reduce((total, value) => total + value, 0)
}
