/** Mistakes in forecasts. None moves money; a forecast that cheats is still a wrong one. */
import type { Bug } from './Bug.ts'
import { vitest } from './suites.ts'

const folder = 'core/src/forecast'

export const forecastBugs: readonly Bug[] = [
  {
    name: 'a backtest knows what it is to forecast',
    invariant: 'forecast',
    file: `${folder}/Backtest.ts`,
    find: 'const known = history.slice(0, origin)',
    replace: 'const known = history.slice(0, origin + 1)',
    suite: vitest('core', 'test/forecast/Forecast.test.ts', 'a backtest'),
    notices: /FAIL .*forecasts the end from earlier points, with what was known there/,
  },
  {
    name: 'the best model of the past takes all',
    invariant: 'forecast',
    file: `${folder}/Combine.ts`,
    find: 'export const POWER = 3',
    replace: 'export const POWER = 30',
    suite: vitest('core', 'test/forecast/Combine.test.ts'),
    notices: /FAIL .*fall with the cube of the error by the middle one/,
  },
  {
    name: 'a regression that ran away is believed',
    invariant: 'forecast',
    file: `${folder}/Series.ts`,
    find: 'value < series.highest ? Math.max(series.lowest, value) : series.highest',
    replace: 'value',
    suite: vitest('core', 'test/forecast/Models.test.ts'),
    notices: /FAIL .*bounds what is forecast of it to one range beyond its values/,
  },
  {
    name: 'intervals come from one side of the errors',
    invariant: 'forecast',
    file: `${folder}/Interval.ts`,
    find: 'above: side(quantile(errors, (1 + level) / 2))',
    replace: 'above: side(-quantile(errors, (1 - level) / 2))',
    suite: vitest('core', 'test/forecast/Interval.test.ts'),
    notices: /FAIL .*is never negative, where all errors are on one side/,
  },
  {
    name: 'sums of the lags before are left in the sums of the next',
    invariant: 'forecast',
    file: `${folder}/Linear.ts`,
    find: '    running[distance] = 0\n',
    replace: '',
    suite: vitest('core', 'test/forecast/Models.test.ts'),
    notices: /FAIL .*by sums of products is that by rows/,
  },
  {
    name: 'one mad hour is forecast for tomorrow',
    invariant: 'forecast',
    file: `${folder}/Series.ts`,
    find: 'drawIn(scaled, seasons)',
    replace: 'scaled',
    suite: vitest('core', 'test/forecast/Forecast.test.ts', 'what one hour went mad'),
    notices: /FAIL .*what one hour went mad in does not go mad/,
  },
]
