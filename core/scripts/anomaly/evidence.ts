/** Writes what a score command found as a file of `docs/evidence`: with the commit, the machine and the time. */
import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { join } from 'node:path'

/** `name`: of the command, `npm run score:<name>`. The path of the file that was written. */
export function evidence(name: string, result: object): string {
  const git = (...args: string[]): string =>
    spawnSync('git', args, { cwd: import.meta.dirname, encoding: 'utf8' }).stdout.trim()
  const commit = git('rev-parse', 'HEAD')
  const report = {
    command: `npm run score:${name}`,
    commit,
    uncommittedChanges: git('status', '--porcelain') !== '',
    time: new Date().toISOString(),
    machine: { cpu: cpus()[0]?.model, cpus: cpus().length, node: process.version },
    ...result,
  }
  const file = join(import.meta.dirname, '../../../docs/evidence', `score-${name}-${commit.slice(0, 12)}.json`)
  writeFileSync(file, `${JSON.stringify(report, undefined, 2)}\n`)
  return file
}
