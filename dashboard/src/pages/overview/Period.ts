/** The period that a page is about, from its address: a length up to now, or two days. */

export const LENGTHS = ['24h', '7d', '30d', '90d'] as const
export type Length = (typeof LENGTHS)[number]
/** Unix milliseconds. */
export type Period = { from: number; to: number; step: 'hour' | 'day' }
export type PeriodFilter = Partial<Record<'period' | 'from' | 'to', string>>

const HOUR = 3_600_000
const DAY = 24 * HOUR
const SPANS: Record<Length, number> = { '24h': DAY, '7d': 7 * DAY, '30d': 30 * DAY, '90d': 90 * DAY }
/** What the API sums at once. */
const LONGEST = 92 * DAY

export function lengthOf({ period }: PeriodFilter): Length {
  return LENGTHS.find((each) => each === period) ?? '7d'
}

/** Days that are given win; what is no day, or ends before it begins, is as if it were not there. */
export function periodOf(filter: PeriodFilter, now: number): Period {
  const days = daysOf(filter)
  // Whole hours, so that a page that is drawn again asks the same.
  const to = days?.to ?? Math.ceil(now / HOUR) * HOUR
  const from = days?.from ?? to - SPANS[lengthOf(filter)]
  return { from: Math.max(from, to - LONGEST), to, step: to - from <= 3 * DAY ? 'hour' : 'day' }
}

/** From the begin of the one to the end of the other day, in UTC. */
function daysOf({ from, to }: PeriodFilter): { from: number; to: number } | undefined {
  const [first, last] = [dayOf(from), dayOf(to)]
  return first === undefined || last === undefined || last < first ? undefined : { from: first, to: last + DAY }
}

function dayOf(text: string | undefined): number | undefined {
  if (text === undefined || !/^\d{4}-\d{2}-\d{2}$/.test(text)) return undefined
  const at = Date.parse(`${text}T00:00:00Z`)
  return Number.isFinite(at) ? at : undefined
}

/** How much more or less than before, in thousandths; undefined where there was nothing. */
export function changeOf(now: bigint, before: bigint): number | undefined {
  return before <= 0n ? undefined : Number(((now - before) * 1000n) / before)
}
