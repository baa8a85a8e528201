/**
 * How long charges wait for their settlement. A channel keeps marks of charges that are not settled: the total after
 * the charge, when it was made, and for how many charges the mark stands. Pure.
 */

export type Mark = { readonly cumulative: bigint; readonly at: number; readonly count: number }
export type Marks = readonly Mark[]

/** More marks of one channel are merged: two neighbours become one with the time of the older, so lag is never understated. */
export const MARKS_MAX = 64

/** Upper bounds of the histogram's buckets, in seconds. */
export const BUCKETS = [1, 5, 15, 60, 300, 900, 3_600, 7_200, 21_600, 86_400] as const

/** The marks with one charge more, in the order of totals. */
export function charged(marks: Marks, cumulative: bigint, at: number): Marks {
  const place = marks.findLastIndex((mark) => mark.cumulative <= cumulative) + 1
  return merged([...marks.slice(0, place), { cumulative, at, count: 1 }, ...marks.slice(place)])
}

/** What is settled up to `settled`, and what still waits. */
export function settle(marks: Marks, settled: bigint): { done: Marks; waiting: Marks } {
  const count = marks.findIndex((mark) => mark.cumulative > settled)
  if (count === -1) return { done: marks, waiting: [] }
  return { done: marks.slice(0, count), waiting: marks.slice(count) }
}

/** When the oldest charge was made that is not claimed; undefined when all are. */
export function oldest(marks: Marks, claimed: bigint): number | undefined {
  const times = marks.filter((mark) => mark.cumulative > claimed).map(({ at }) => at)
  return times.length === 0 ? undefined : Math.min(...times)
}

export function encode(marks: Marks): string {
  return JSON.stringify(marks.map(({ cumulative, at, count }) => [String(cumulative), at, count]))
}

export function decode(text: string): Marks {
  const rows = JSON.parse(text) as [string, number, number][]
  return rows.map(([cumulative, at, count]) => ({ cumulative: BigInt(cumulative), at, count }))
}

function merged(marks: Mark[]): Marks {
  if (marks.length <= MARKS_MAX) return marks
  let least = 0
  const weight = (at: number) => (marks[at]?.count ?? 0) + (marks[at + 1]?.count ?? 0)
  for (let at = 1; at < marks.length - 1; at++) if (weight(at) < weight(least)) least = at
  const [older, newer] = [marks[least], marks[least + 1]]
  if (older === undefined || newer === undefined) return marks
  const both = {
    cumulative: newer.cumulative,
    at: Math.min(older.at, newer.at),
    count: older.count + newer.count,
  }
  return [...marks.slice(0, least), both, ...marks.slice(least + 2)]
}
