/**
 * Forecasts of what is counted by the hour or the day: usage, revenue, price. Ten models are run from the end of the
 * history and from up to eight earlier origins; they are averaged by how well they would have done there, and the
 * intervals come from what the average would have got wrong. Deterministic; a few milliseconds for a thousand values.
 */
export { type Accuracy, accuracyOf, mase, meanOf, naiveScale, seasonalNaive, smape } from './forecast/Accuracy.ts'
export { type Backtest, type Fold, MOST_FOLDS, backtest } from './forecast/Backtest.ts'
export { InvalidSeriesError, LONGEST_HISTORY, LONGEST_HORIZON, type Options } from './forecast/Options.ts'
export { type Forecast, forecast } from './forecast/Predict.ts'
export { type NamedSeries, parseColumn, parseRows } from './forecast/SeriesFile.ts'
