/** What was spent over time: the sums of the API as lines of a chart, every step of the time there. */
import type { components } from '../../api/Schema.d.ts'

export type Usage = components['schemas']['PayerUsage']
export type Step = Usage['step']

export const HOUR_MS = 3_600_000
export const DAY_MS = 24 * HOUR_MS
const STEP_MS: { readonly [step in Step]: number } = { hour: HOUR_MS, day: DAY_MS }

/** Lines that are told apart; the others are drawn as one. */
const LINES = 5

/** `null` stands for what has no group, or for the groups that are not drawn by themselves. */
export type Line = { group: string | null; label: string | null; values: number[] }
export type Lines = { x: number[]; lines: Line[] }

/** When each step begins, in Unix milliseconds: steps are cut in UTC, the first may begin before `from`. */
export function stepsOf({ from, to, step }: Pick<Usage, 'from' | 'to' | 'step'>): number[] {
  const length = STEP_MS[step]
  const first = Math.floor(new Date(from).getTime() / length) * length
  const end = new Date(to).getTime()
  const steps: number[] = []
  for (let at = first; at < end; at += length) steps.push(at)
  return steps
}

/**
 * One line for each of the groups that most was spent by, and one for the rest. Values are atomic units as floats: for
 * drawing, and exact up to 2^53, nine billion USDC.
 */
export function linesOf(usage: Usage): Lines {
  const x = stepsOf(usage)
  const place = new Map(x.map((at, index) => [at, index]))
  const shown = usage.by === 'total' ? [] : usage.groups.slice(0, LINES)
  const lines = new Map<string | null, Line>()
  const lineOf = (group: string | null): Line => {
    const known = lines.get(group)
    if (known !== undefined) return known
    const label = shown.find((one) => one.group === group)?.label ?? null
    const made = { group, label, values: x.map(() => 0) }
    lines.set(group, made)
    return made
  }
  for (const { group } of shown) lineOf(group)
  if (shown.length === 0) lineOf(null)
  for (const { at, group, spent } of usage.points) {
    const index = place.get(new Date(at).getTime())
    if (index === undefined) continue
    const own = group !== null && shown.some((one) => one.group === group) ? group : null
    const line = lineOf(own)
    line.values[index] = (line.values[index] ?? 0) + Number(spent)
  }
  return { x, lines: [...lines.values()] }
}

/** How long a time is looked at, and in which steps. */
export const RANGES = {
  '1d': { ms: DAY_MS, step: 'hour' },
  '7d': { ms: 7 * DAY_MS, step: 'hour' },
  '30d': { ms: 30 * DAY_MS, step: 'day' },
  '90d': { ms: 90 * DAY_MS, step: 'day' },
  '365d': { ms: 365 * DAY_MS, step: 'day' },
} as const satisfies { [name: string]: { ms: number; step: Step } }

export type Range = keyof typeof RANGES

export function isRange(value: string | undefined): value is Range {
  return value !== undefined && Object.hasOwn(RANGES, value)
}
