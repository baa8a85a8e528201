/** `npm run score:forecast`. */
import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import * as Forecast from '../../src/Forecast.ts'
import { type Outcome, numberOption, ofFile, outcomeOf, required } from './Input.ts'
import { writeReport } from './Report.ts'
import { type Score, scoreAll } from './Score.ts'

const USAGE =
  'npm run score:forecast -- --train FILE --test FILE --season 24 --horizon 48 [--cycle 168] [--json] [--report]'

export function score(args: string[]): Outcome {
  return outcomeOf(USAGE, () => {
    const { values } = parseArgs({
      args,
      options: {
        train: { type: 'string' },
        test: { type: 'string' },
        season: { type: 'string' },
        horizon: { type: 'string' },
        cycle: { type: 'string' },
        json: { type: 'boolean', default: false },
        report: { type: 'boolean', default: false },
      },
    })
    const { train, test, season, horizon } = required(values, ['train', 'test', 'season', 'horizon'])
    const options = {
      season: numberOption('season', season),
      horizon: numberOption('horizon', horizon),
      ...(values.cycle === undefined ? {} : { cycle: numberOption('cycle', values.cycle) }),
    }
    const read = (file: string) => ofFile(file, () => Forecast.parseRows(readFileSync(file, 'utf8')))
    const scored = scoreAll(read(train), read(test), options)
    const written = values.report ? writeReport(scored, options) : undefined
    if (values.json) return JSON.stringify(scored)
    return written === undefined ? table(scored) : `${table(scored)}\n\nwritten to ${written}`
  })
}

function table(scored: Score): string {
  const row = (name: string, ...cells: (number | null)[]) =>
    name.padEnd(16) + cells.map((cell) => (cell === null ? '–' : cell.toFixed(3)).padStart(10)).join('')
  return [
    `${scored.series} series, ${scored.horizon} steps ahead, season ${scored.season}`,
    '',
    `${' '.repeat(16)}      MASE     sMAPE`,
    row('forecast', scored.mase, scored.smape),
    row('seasonal naive', scored.seasonalNaive.mase, scored.seasonalNaive.smape),
    '',
    ...Object.entries(scored.coverage).map(
      ([level, share]) => `inside the ${level} % interval: ${(100 * share).toFixed(1)} %`,
    ),
    `${scored.msPerSeries.toFixed(2)} ms of one core a series (${scored.msWall.toFixed(2)} ms on the clock)`,
  ].join('\n')
}
