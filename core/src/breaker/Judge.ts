/**
 * When a breaker opens. Both judges have two thresholds, so that a measure that hovers around one of them does not
 * open and close it in turn: `bad` opens, only `good` counts as an answer that closes, `between` changes nothing.
 */
export type Judgement = 'good' | 'between' | 'bad'

/** In thousandths of the budget. */
export type MoneyOptions = { readonly badFrom: number; readonly goodUpTo: number }

/** Money spent in a window against its budget, both in atomic units. A budget of nothing is overspent by anything. */
export function money(spent: bigint, budget: bigint, { badFrom, goodUpTo }: MoneyOptions): Judgement {
  if (spent * 1000n >= budget * BigInt(badFrom) && spent > 0n) return 'bad'
  return spent * 1000n <= budget * BigInt(goodUpTo) ? 'good' : 'between'
}

/** `volume`: fewer calls in the window say nothing. The rest in thousandths of calls that failed. */
export type HealthOptions = { readonly volume: number; readonly badFrom: number; readonly goodUpTo: number }

/** Failures of an upstream among the calls of a window. */
export function health(calls: number, failures: number, { volume, badFrom, goodUpTo }: HealthOptions): Judgement {
  if (calls < volume || calls === 0) return 'between'
  if (failures * 1000 >= calls * badFrom) return 'bad'
  return failures * 1000 <= calls * goodUpTo ? 'good' : 'between'
}
