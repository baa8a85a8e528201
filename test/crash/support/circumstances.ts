import { spawnSync } from 'node:child_process'
import { availableParallelism, platform, release } from 'node:os'
import { root } from '@pbstream/local/Bundle'

/** What a report of a run says besides its outcome. Taken when the run starts: the tree may change while it goes on. */
export type Circumstances = {
  command: string
  /** Of HEAD; `none` where there is no repository. */
  commit: string
  /** Something is not as in that commit; evidence that other runs have written does not count. */
  uncommittedChanges: boolean
  startedAt: string
  machine: { node: string; system: string; cores: number }
}

/** @param settings environment variables that the run depends on; those that are not set are left out of the command. */
export function circumstances(command: string, settings: readonly string[]): Circumstances {
  const git = (...args: string[]) => spawnSync('git', args, { cwd: root, encoding: 'utf8' }).stdout?.trim() ?? ''
  const given = settings.filter((name) => process.env[name] !== undefined)
  return {
    command: [...given.map((name) => `${name}=${process.env[name]}`), command].join(' '),
    commit: git('rev-parse', 'HEAD') || 'none',
    uncommittedChanges: git('status', '--porcelain', '--', '.', ':!docs/evidence') !== '',
    startedAt: new Date().toISOString(),
    machine: { node: process.version, system: `${platform()} ${release()}`, cores: availableParallelism() },
  }
}
