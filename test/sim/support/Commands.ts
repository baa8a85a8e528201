/** The language that every world speaks: what may happen next in a history, how often, and how long a wait is. */
const weights = {
  call: 10,
  burst: 5,
  go: 18,
  flow: 10,
  wait: 4,
  mine: 5,
  lane: 4,
  queue: 4,
  bury: 2,
  alarm: 5,
  observe: 2,
  events: 2,
  refund: 1,
  crash: 2,
  others: 3,
  trouble: 5,
} as const
export type Action = keyof typeof weights
export const wheel: Action[] = Object.entries(weights).flatMap(([name, weight]) => Array(weight).fill(name) as Action[])

/** Milliseconds. */
export const waits = [10, 10, 200, 200, 1_000, 2_500, 6_000, 11_000, 31_000, 95_000, 260_000, 950_000]
export const BLOCK_MS = 2_000
/** Unix milliseconds at the start of every history. */
export const START = 1_700_000_000_000
