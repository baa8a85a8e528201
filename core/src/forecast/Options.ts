/** What a forecast is asked for. */

/** The most values that are looked at; of a longer history the newest. */
export const LONGEST_HISTORY = 8_760
/** The most steps ahead. */
export const LONGEST_HORIZON = 1_000
/** The longest season or cycle. */
const LONGEST_CYCLE = 8_760 / 2

export type Options = {
  /** Steps after which values look alike: 24 for hours, 7 for days. */
  season: number
  /** A longer season, a multiple of `season`. By default a week for hours (168 for 24), and none for anything else. */
  cycle?: number
  /** How many steps to forecast. */
  horizon: number
  /** Of the intervals, each above 0 and below 1; 0.8 and 0.95 by default. */
  levels?: readonly number[]
}

/** A series or an option that there is no forecast for; the message says which. */
export class InvalidSeriesError extends Error {
  override readonly name = 'InvalidSeriesError'
}

export type Checked = {
  readonly values: readonly number[]
  readonly season: number
  readonly cycle: number
  readonly horizon: number
  /** Ascending, each once. */
  readonly levels: readonly number[]
}

/** @throws {InvalidSeriesError} */
export function checked(history: readonly number[], options: Options): Checked {
  const { season, horizon } = options
  if (history.length === 0) throw new InvalidSeriesError('the history has no value')
  const wrong = history.findIndex((value) => !Number.isFinite(value))
  if (wrong >= 0) throw new InvalidSeriesError(`value ${wrong + 1} of the history is not a finite number`)
  whole('season', season, LONGEST_CYCLE)
  const cycle = options.cycle ?? (season === 24 ? 168 : season)
  whole('cycle', cycle, LONGEST_CYCLE)
  if (cycle % season !== 0) throw new InvalidSeriesError(`cycle ${cycle} is not a multiple of season ${season}`)
  whole('horizon', horizon, LONGEST_HORIZON)
  const levels = [...new Set(options.levels ?? [0.8, 0.95])].sort((a, b) => a - b)
  const odd = levels.find((level) => !(level > 0 && level < 1))
  if (odd !== undefined) throw new InvalidSeriesError(`level ${odd} is not between 0 and 1`)
  const values = history.length > LONGEST_HISTORY ? history.slice(-LONGEST_HISTORY) : history
  return { values, season, cycle, horizon, levels }
}

function whole(name: string, value: number, most: number): void {
  if (Number.isInteger(value) && value >= 1 && value <= most) return
  throw new InvalidSeriesError(`${name} ${value} is not a whole number from 1 to ${most}`)
}
