/** Periods in which a limit counts, and their names: `a day`, `every 36 h`. */
import { duration } from '../../format/Time.ts'
import { periodWords } from './words.ts'

export const DAY_S = 86_400

export const PERIODS = [
  { seconds: 3_600, name: 'hour' },
  { seconds: DAY_S, name: 'day' },
  { seconds: 7 * DAY_S, name: 'week' },
  { seconds: 30 * DAY_S, name: 'month' },
] as const

/** `per day`, `per hour`; `in each 2 days 3 h` where the period has no name. */
export function perPeriod(seconds: number): string {
  const known = PERIODS.find((period) => period.seconds === seconds)
  return known === undefined ? periodWords.perOther({ span: duration(seconds) }) : periodWords[known.name]()
}

/** Seconds from now, for how long a key is to be good. */
export const EXPIRIES = [
  { seconds: DAY_S, name: 'oneDay' },
  { seconds: 7 * DAY_S, name: 'oneWeek' },
  { seconds: 30 * DAY_S, name: 'oneMonth' },
  { seconds: 90 * DAY_S, name: 'threeMonths' },
] as const
