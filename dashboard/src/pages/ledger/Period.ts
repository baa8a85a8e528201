/** The time that a page is about: `?from=` and `?until=` as days in the time zone of the browser, `until` included. */

export type Period = { since?: string; until?: string }

const DAY = /^\d{4}-\d{2}-\d{2}$/

export const PRESETS = ['7d', '30d', 'month', 'last_month', 'all'] as const
export type Preset = (typeof PRESETS)[number]

/** A day as an input of type `date` has it. */
export function dayOf(ms: number): string {
  const at = new Date(ms)
  const two = (part: number) => String(part).padStart(2, '0')
  return `${String(at.getFullYear()).padStart(4, '0')}-${two(at.getMonth() + 1)}-${two(at.getDate())}`
}

/** The days of a preset; nothing for `all`. */
export function presetOf(preset: Preset, now: number): { from?: string; until?: string } {
  if (preset === 'all') return {}
  const at = new Date(now)
  const [year, month, date] = [at.getFullYear(), at.getMonth(), at.getDate()]
  if (preset === 'last_month') {
    return { from: dayOf(new Date(year, month - 1, 1).getTime()), until: dayOf(new Date(year, month, 0).getTime()) }
  }
  const first = preset === 'month' ? new Date(year, month, 1) : new Date(year, month, date - (preset === '7d' ? 6 : 29))
  return { from: dayOf(first.getTime()), until: dayOf(now) }
}

/** What the API is asked: from the beginning of the first day to the end of the last. What is no day is left out. */
export function periodOf({ from, until }: { from?: string; until?: string }): Period {
  const since = from === undefined ? undefined : startOf(from, 0)
  const end = until === undefined ? undefined : startOf(until, 1)
  return { ...(since === undefined ? {} : { since }), ...(end === undefined ? {} : { until: end }) }
}

/** The start of a day, `days` later; a day has 23 hours where clocks change. */
function startOf(day: string, days: number): string | undefined {
  if (!DAY.test(day)) return undefined
  const [year = 0, month = 1, date = 1] = day.split('-').map(Number)
  const at = new Date(year, month - 1, date + days)
  return Number.isFinite(at.getTime()) ? at.toISOString() : undefined
}
