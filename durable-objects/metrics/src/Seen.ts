/**
 * Which positions of a journal were counted: ranges without overlap, ascending. Positions come almost in order, so this
 * is one range with a few gaps; its size is bounded whatever comes. Pure.
 */

export type Seen = readonly (readonly [first: number, last: number])[]

/** Gaps that are remembered. Beyond, the oldest is closed: what it still misses is never counted, and never twice. */
export const GAPS_MAX = 200

/** The ranges with one position more; undefined when it was there. */
export function add(seen: Seen, position: number): Seen | undefined {
  // From the end: that is where new positions are.
  let at = seen.length
  for (let range = seen[at - 1]; range !== undefined && range[0] > position; range = seen[at - 1]) at--
  const before = seen[at - 1]
  const after = seen[at]
  if (before !== undefined && before[1] >= position) return undefined
  const joinsBefore = before !== undefined && before[1] === position - 1
  const joinsAfter = after !== undefined && after[0] === position + 1
  const range = [joinsBefore ? before[0] : position, joinsAfter ? after[1] : position] as const
  const next = [...seen.slice(0, joinsBefore ? at - 1 : at), range, ...seen.slice(joinsAfter ? at + 1 : at)]
  return next.length > GAPS_MAX + 1 ? closed(next) : next
}

function closed([first, second, ...rest]: Seen): Seen {
  return first === undefined || second === undefined ? [] : [[first[0], second[1]], ...rest]
}
