/** What the forecast would have been worth, on a history of one's own. */
import { type Accuracy, accuracyOf, meanOf } from './Accuracy.ts'
import { InvalidSeriesError, type Options, checked } from './Options.ts'
import { type Forecast, forecast } from './Predict.ts'

/** The most times that a history is forecast. */
export const MOST_FOLDS = 20

export type Backtest = {
  /** Oldest first; they do not overlap, and each sees only what is before its origin. */
  readonly folds: readonly Fold[]
  readonly mean: Accuracy
}

export type Fold = Accuracy & {
  /** How many values were known. */
  readonly origin: number
  readonly forecast: Forecast
}

/**
 * Forecasts the end of a history from `folds` earlier points, `horizon` steps apart, and compares with what came. There
 * are fewer folds where a fold would know less than two seasons.
 *
 * @throws {InvalidSeriesError} as for a forecast, and when not even one fold fits
 */
export function backtest(history: readonly number[], options: Options & { folds?: number }): Backtest {
  const { season, horizon } = checked(history, options)
  const asked = options.folds ?? 4
  if (!Number.isInteger(asked) || asked < 1 || asked > MOST_FOLDS) {
    throw new InvalidSeriesError(`folds ${asked} is not a whole number from 1 to ${MOST_FOLDS}`)
  }
  const fitting = Math.floor((history.length - 2 * season) / horizon)
  if (fitting < 1) {
    const least = 2 * season + horizon
    throw new InvalidSeriesError(`${history.length} values are too few for a backtest: it takes at least ${least}`)
  }
  const folds = Array.from({ length: Math.min(asked, fitting) }, (_, i) => history.length - (i + 1) * horizon)
    .reverse()
    .map((origin) => fold(history, origin, options))
  return { folds, mean: meanOf(folds) }
}

function fold(history: readonly number[], origin: number, options: Options): Fold {
  const known = history.slice(0, origin)
  const forecasted = forecast(known, options)
  const actual = history.slice(origin, origin + options.horizon)
  return { origin, forecast: forecasted, ...accuracyOf(known, actual, forecasted, options.season) }
}
