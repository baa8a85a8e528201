/** The history of a route as numbers, one a step, without gaps. Pure. */
import type { UsageHour } from '@pbstream/db/UsageHours'

export type Metric = 'usage' | 'revenue' | 'price'
export type Step = 'hour' | 'day'
export type Asked = { metric: Metric; step: Step; unit?: string | undefined }

export const STEP_MS = { hour: 3_600_000, day: 86_400_000 } as const
/** How far back is looked: eight weeks of hours, a year of days. */
const STEPS = { hour: 1_344, day: 365 } as const
/** Until then the last hour may not be counted yet. */
const COUNTED_MS = 5 * 60_000

/** Which hours are read: whole steps that are over and counted, from `from` to before `until`. Unix milliseconds. */
export function windowOf(step: Step, now: number): { from: number; until: number } {
  const until = Math.floor((now - COUNTED_MS) / STEP_MS[step]) * STEP_MS[step]
  return { from: until - STEPS[step] * STEP_MS[step], until }
}

/**
 * From the first step in which something was sold (the first whole one: a day that began without the route says nothing
 * of a day). A step without a charge used and earned nothing, and its price is that of the step before.
 */
export function historyOf(rows: readonly UsageHour[], asked: Asked, until: number): { from: number; values: number[] } {
  const size = STEP_MS[asked.step]
  const first = rows[0] === undefined ? until : Math.ceil(rows[0].hour.getTime() / size) * size
  const sums = Array.from({ length: Math.max(0, (until - first) / size) }, () => ({ used: 0, earned: 0 }))
  for (const row of rows) {
    const sum = sums[Math.floor((row.hour.getTime() - first) / size)]
    if (sum === undefined) continue
    sum.used += asked.unit === undefined ? row.payments : unitsOf(row, asked.unit)
    sum.earned += Number(row.amount)
  }
  if (asked.metric === 'usage') return { from: first, values: sums.map(({ used }) => used) }
  if (asked.metric === 'revenue') return { from: first, values: sums.map(({ earned }) => earned) }
  const priced = sums.findIndex(({ used }) => used > 0)
  if (priced < 0) return { from: until, values: [] }
  let price = 0
  const values = sums.slice(priced).map(({ used, earned }) => (price = used > 0 ? earned / used : price))
  return { from: first + priced * size, values }
}

/** Hours look alike after a day and a week, days after a week. */
export function seasonsOf(step: Step): { season: number; cycle: number } {
  return step === 'hour' ? { season: 24, cycle: 168 } : { season: 7, cycle: 7 }
}

/** Only what was counted: a name that every object knows (constructor) is no unit. */
function unitsOf({ units }: UsageHour, unit: string): number {
  return Object.hasOwn(units, unit) ? Number(units[unit]) : 0
}
