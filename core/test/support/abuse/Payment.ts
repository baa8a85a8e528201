/** One charge as Sentinel sees it: no content, only who, where, when and how much. */
export type Payment = {
  /** Unix milliseconds. */
  readonly at: number
  /** Atomic units. */
  readonly amount: number
  readonly payee: string
  readonly route: string
  /** The network the call came from, such as a /24. */
  readonly place: string
  readonly country: string
}

export const MINUTE = 60_000
export const HOUR = 60 * MINUTE
export const DAY = 24 * HOUR

/** All traffic begins on a Monday at midnight UTC, 7 September 2026. */
export const START = 1_788_739_200_000
export const DAYS = 14
export const END = START + DAYS * DAY

export const COUNTRIES = ['CN', 'US', 'DE', 'JP', 'BR', 'IN', 'FR', 'SG', 'ZA', 'GB'] as const

/** In order of time, nothing outside of [START, END). */
export function inOrder(payments: readonly Payment[]): Payment[] {
  return payments.filter(({ at }) => at >= START && at < END).toSorted((a, b) => a.at - b.at)
}
