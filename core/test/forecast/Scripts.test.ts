/** `npm run score:forecast` and `npm run backtest:forecast`, as they are called. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as Forecast from '@pbstream/core/Forecast'
import { afterAll, describe, expect, test } from 'vitest'
import * as BacktestCommand from '../../scripts/forecast/BacktestCommand.ts'
import * as ScoreCommand from '../../scripts/forecast/ScoreCommand.ts'
import { noise, steps } from './reference.ts'

const taxi = join(import.meta.dirname, 'data/nyc-taxi-hourly.csv')
const folder = mkdtempSync(join(tmpdir(), 'forecast-'))
afterAll(() => rmSync(folder, { recursive: true }))

const random = noise(11)
const train = steps(2, (i) => steps(200 + 20 * i, (t) => 50 + (t % 24) + 10 * random()))
const test_ = steps(2, () => steps(30, (t) => 60 + t))

function file(name: string, text: string): string {
  writeFileSync(join(folder, name), text)
  return join(folder, name)
}

function rows(all: number[][], ids = ['H1', 'H2']): string {
  return all.map((values, i) => `${ids[i]},${values.join(',')}`).join('\n')
}

const files = ['--train', file('train.csv', rows(train)), '--test', file('test.csv', rows(test_))]
const score = (...args: string[]) => ScoreCommand.score(args)
const backtest = (...args: string[]) => BacktestCommand.backtest(args)

describe('score-forecast', () => {
  test('prints one JSON object: the means over the series, by the first values of the horizon', () => {
    const { status, stdout, stderr } = score(...files, '--season', '24', '--horizon', '20', '--json')
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    const all = train.map((values, i) => {
      const forecast = Forecast.forecast(values, { season: 24, horizon: 20 })
      return Forecast.accuracyOf(values, test_[i]!.slice(0, 20), forecast, 24)
    })
    const { mase, smape, naive, coverage } = Forecast.meanOf(all)
    expect(stdout.trim().split('\n')).toHaveLength(1)
    expect(JSON.parse(stdout)).toEqual({
      series: 2,
      season: 24,
      horizon: 20,
      mase,
      smape,
      coverage: { '80': coverage[0]!.share, '95': coverage[1]!.share },
      seasonalNaive: { mase: naive.mase, smape: naive.smape },
      msPerSeries: expect.any(Number),
      msWall: expect.any(Number),
    })
  })

  test('prints a table without --json', () => {
    const { status, stdout } = score(...files, '--season', '24', '--horizon', '20')
    expect(status).toBe(0)
    expect(stdout).toMatch(/^2 series, 20 steps ahead, season 24\n/)
    expect(stdout).toMatch(/^forecast +\d+\.\d{3} +\d+\.\d{3}$/m)
    expect(stdout).toMatch(/^seasonal naive +\d+\.\d{3} +\d+\.\d{3}$/m)
    expect(stdout).toMatch(/^inside the 95 % interval: \d+\.\d %$/m)
  })

  const base = ['--season', '24', '--horizon', '20']
  test.each([
    ['nothing at all', [], 'missing: --train, --test, --season, --horizon'],
    ['no test file', [...files.slice(0, 2), ...base], 'missing: --test'],
    ['a season in words', [...files, '--season', 'day', '--horizon', '20'], '--season day is not a whole number'],
    ['a season of 0', [...files, '--season', '0', '--horizon', '20'], 'season 0 is not a whole number from 1 to 4380'],
    ['an option there is not', [...files, ...base, '--fast'], "Unknown option '--fast'"],
    [
      'a file there is not',
      ['--train', join(folder, 'no.csv'), ...files.slice(2), ...base],
      'no.csv cannot be read (ENOENT)',
    ],
    [
      'a file that is not one of series',
      ['--train', file('bad.csv', 'H1,1,2\nH2,1,x,3'), ...files.slice(2), ...base],
      'bad.csv: line 2, column 3: "x" is not a number',
    ],
    [
      'other series in the test',
      [...files.slice(0, 2), '--test', file('other.csv', rows(test_, ['H1', 'H3'])), ...base],
      'series H2 is in only one of the two files',
    ],
    [
      'a series more in the test',
      [...files.slice(0, 2), '--test', file('more.csv', `${rows(test_)}\nH3,1`), ...base],
      'series H3 is in only one of the two files',
    ],
  ])('with %s says what is wrong, and fails', (_, args, message) => {
    const { status, stdout, stderr } = score(...args)
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' })
    expect(stderr.split('\n')[0]).toContain(message)
    expect(stderr.split('\n')[1]).toMatch(/^usage: npm run score:forecast -- /)
  })
})

test('the scripts say it on stdout and stderr, and end with its exit code', () => {
  const script = (name: string, args: string[]) =>
    spawnSync(process.execPath, [join(import.meta.dirname, '../../scripts', name), ...args], { encoding: 'utf8' })
  const { status, stderr, stdout } = script('score-forecast.ts', [])
  expect({ status, stderr, stdout }).toEqual(score())
  const args = ['--file', taxi, '--season', '24', '--horizon', '48', '--folds', '1']
  expect(script('backtest-forecast.ts', args)).toMatchObject({
    status: 0,
    stderr: '',
    stdout: backtest(...args).stdout,
  })
})

describe('backtest-forecast', () => {
  const args = ['--file', taxi, '--season', '24', '--horizon', '48']

  test('prints the folds and their mean', () => {
    const { status, stdout } = backtest(...args, '--folds', '2', '--json')
    expect(status).toBe(0)
    const { folds, mean } = JSON.parse(stdout) as Forecast.Backtest
    expect(folds.map(({ origin }) => origin)).toEqual([960, 1008])
    expect(mean.mase).toBeLessThan(0.6)
    const { stdout: table } = backtest(...args)
    expect(table.split('\n')).toHaveLength(7)
    expect(table).toMatch(/^ +at 1008( +\d+\.\d{3}){2}( +\d+\.\d{2}){2}( +\d+ %){2}$/m)
  })

  test('says what is wrong, and fails', () => {
    const said = (...more: string[]) => {
      const { status, stderr } = backtest(...more)
      return `${status} ${stderr.split('\n')[0]}`
    }
    expect(said()).toBe('1 missing: --file, --season, --horizon')
    expect(said(...args, '--folds', '99')).toContain('folds 99 is not a whole number from 1 to 20')
    expect(said('--file', file('short.csv', '1\n2\n'), ...args.slice(2))).toContain(
      '2 values are too few for a backtest',
    )
  })
})
