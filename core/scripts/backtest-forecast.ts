/**
 * What the forecast would have been worth on a history of one's own: a CSV with a value a line (the last column counts).
 *
 *   npm run backtest:forecast -- --file usage.csv --season 24 --horizon 48 [--cycle 168] [--folds 4] [--json]
 */
import { backtest } from './forecast/BacktestCommand.ts'
import { finish } from './forecast/Input.ts'

finish(backtest(process.argv.slice(2)))
