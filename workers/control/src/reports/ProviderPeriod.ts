/** The period that a report is about: whole hours (UTC). */
import { HOUR_MS } from '@pbstream/db/UsageHours'
import { Refusal } from '../Problem.ts'

export type Period = { since: Date; until: Date }

const DAY_MS = 86_400_000

/** @throws {Refusal} malformed_query when it is empty or longer than so many days. */
export function periodOf(
  asked: { from?: string | undefined; to?: string | undefined },
  days: { usual: number; most: number },
  now: Date,
): Period {
  const to = asked.to === undefined ? now.getTime() : Date.parse(asked.to)
  const until = Math.ceil(to / HOUR_MS) * HOUR_MS
  const from = asked.from === undefined ? until - days.usual * DAY_MS : Date.parse(asked.from)
  const since = Math.floor(from / HOUR_MS) * HOUR_MS
  if (since >= until) throw new Refusal('malformed_query', { detail: 'from is not before to' })
  // Hours that are only begun count as whole ones.
  if (until - since > days.most * DAY_MS + 2 * HOUR_MS)
    throw new Refusal('malformed_query', { detail: `more than ${days.most} days` })
  return { since: new Date(since), until: new Date(until) }
}

/** The period of the same length before. */
export function before({ since, until }: Period): Period {
  return { since: new Date(2 * since.getTime() - until.getTime()), until: since }
}
