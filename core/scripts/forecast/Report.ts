/** Writes a score into docs/evidence, with what it was measured on. */
import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { availableParallelism, platform, release } from 'node:os'
import { join } from 'node:path'
import type { Options } from '../../src/Forecast.ts'
import type { Score } from './Score.ts'

const root = join(import.meta.dirname, '../../..')

/** Returns the file's name in the repository. The data are named by size and not by place: they are not ours to ship. */
export function writeReport(score: Score, options: Options): string {
  const git = (...args: string[]) => spawnSync('git', args, { cwd: root, encoding: 'utf8' }).stdout.trim()
  const commit = git('rev-parse', 'HEAD')
  const name = `docs/evidence/forecast-${commit.slice(0, 12)}.json`
  const report = {
    what: `forecast: ${score.series} series of a benchmark`,
    commit,
    uncommittedChanges: git('status', '--porcelain') !== '',
    at: new Date().toISOString(),
    command: 'npm run score:forecast -- --train FILE --test FILE --report',
    machine: { node: process.version, system: `${platform()} ${release()}`, cores: availableParallelism() },
    options,
    ...score,
  }
  writeFileSync(join(root, name), `${JSON.stringify(report, undefined, 2)}\n`)
  return name
}
