/** `npm run backtest:forecast`. */
import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import * as Forecast from '../../src/Forecast.ts'
import { type Outcome, numberOption, ofFile, outcomeOf, required } from './Input.ts'

const USAGE = 'npm run backtest:forecast -- --file FILE --season 24 --horizon 48 [--cycle 168] [--folds 4] [--json]'

export function backtest(args: string[]): Outcome {
  return outcomeOf(USAGE, () => {
    const { values } = parseArgs({
      args,
      options: {
        file: { type: 'string' },
        season: { type: 'string' },
        horizon: { type: 'string' },
        cycle: { type: 'string' },
        folds: { type: 'string' },
        json: { type: 'boolean', default: false },
      },
    })
    const { file, season, horizon } = required(values, ['file', 'season', 'horizon'])
    const options = {
      season: numberOption('season', season),
      horizon: numberOption('horizon', horizon),
      ...(values.cycle === undefined ? {} : { cycle: numberOption('cycle', values.cycle) }),
      ...(values.folds === undefined ? {} : { folds: numberOption('folds', values.folds) }),
    }
    const history = ofFile(file, () => Forecast.parseColumn(readFileSync(file, 'utf8')))
    const result = Forecast.backtest(history, options)
    if (!values.json) return table(result)
    // What was forecast, hour by hour, is for the API; here the figures are wanted.
    const folds = result.folds.map(({ forecast, ...figures }) => ({ ...figures, models: forecast.models }))
    return JSON.stringify({ folds, mean: result.mean })
  })
}

function table({ folds, mean }: Forecast.Backtest): string {
  const row = (name: string, { mase, smape, naive, coverage }: Forecast.Accuracy) =>
    [
      name.padStart(10),
      ...[mase, naive.mase].map((value) => (value === undefined ? '–' : value.toFixed(3)).padStart(8)),
      ...[smape, naive.smape].map((value) => value.toFixed(2).padStart(8)),
      ...coverage.map(({ share }) => `${(100 * share).toFixed(0)} %`.padStart(8)),
    ].join('')
  const levels = mean.coverage.map(({ level }) => `in ${Math.round(level * 100)} %`.padStart(8)).join('')
  return [
    `${' '.repeat(10)}    MASE   naive   sMAPE   naive${levels}`,
    ...folds.map((fold) => row(`at ${fold.origin}`, fold)),
    row('mean', mean),
  ].join('\n')
}
