/** A backtest between its form and what is asked of the service. Days are of UTC. Pure. */
import type { NewBacktest } from '../Types.ts'

export type Mark = { session: string; since: number | undefined; until: number | undefined }
export type Asked = {
  since: string | undefined
  until: string | undefined
  stopMinutes: number
  marks: readonly Mark[]
}

const DAY_MS = 86_400_000
const DAYS_MAX = 92

export type Wrong = { period?: true; marks?: readonly number[] }

/** What cannot be asked: a period that is none or too long, marks without a key (by their place). */
export function wrongOf({ since, until, marks }: Asked, now: number): Wrong {
  const wrong: Wrong = {}
  const to = until === undefined ? now : startOf(until) + DAY_MS
  const from = since === undefined ? to - 7 * DAY_MS : startOf(since)
  if (!(from < to) || to - from > DAYS_MAX * DAY_MS) wrong.period = true
  const without = marks.flatMap(({ session }, i) => (session.trim() === '' ? [i] : []))
  if (without.length > 0) wrong.marks = without
  return wrong
}

/** Without the rules. A day to come is not asked for: nothing is recorded of it. */
export function wantedOf({ since, until, stopMinutes, marks }: Asked, now: number): NewBacktest {
  const to = until === undefined ? undefined : Math.min(startOf(until) + DAY_MS, now)
  return {
    ...(since === undefined ? {} : { since: iso(startOf(since)) }),
    ...(to === undefined ? {} : { until: iso(to) }),
    stopMinutes,
    abuse: marks.map((mark) => ({
      session: mark.session.trim(),
      ...(mark.since === undefined ? {} : { since: iso(mark.since) }),
      ...(mark.until === undefined ? {} : { until: iso(mark.until) }),
    })),
  }
}

function startOf(day: string): number {
  return Date.parse(`${day}T00:00:00Z`)
}

function iso(ms: number): string {
  return new Date(ms).toISOString()
}
