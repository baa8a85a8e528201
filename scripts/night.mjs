// The long form of the tests that find what is rare: races, kills, broken input and properties with random seeds, again
// and again until the time is up. Every round draws new seeds; a failure prints its seed.
//
//   npm run test:night -- --minutes 480            one round of everything at least
//   npm run test:night -- --minutes 1 --report report.json
import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { availableParallelism, platform, release } from 'node:os'
import { dirname, join, relative, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { root } from './lib/steps.mjs'
import { closingLine, runSuites, vitestFolders } from './lib/suites.mjs'

/** What a round consists of: a suite's folder and the part of it that draws seeds or breaks things. */
const KINDS = [
  { folder: 'core', name: 'core: properties' },
  { folder: 'durable-objects/stream-session', name: 'stream-session: histories' },
  { folder: 'test', name: 'system: fuzz', args: 'fuzz' },
  { folder: 'test', name: 'system: race', args: 'race' },
  { folder: 'test', name: 'system: crash', args: 'crash' },
]

const { values } = parseArgs({ options: { minutes: { type: 'string', default: '480' }, report: { type: 'string' } } })
const minutes = Number(values.minutes)
if (!(minutes > 0)) {
  console.error('--minutes takes a number above 0')
  process.exit(1)
}

const git = (...args) => spawnSync('git', args, { cwd: root, encoding: 'utf8' }).stdout.trim()
const commit = git('rev-parse', 'HEAD') || 'none'
const startedAt = new Date()
const deadline = startedAt.getTime() + minutes * 60_000
const kinds = KINDS.filter(({ folder }) => vitestFolders().includes(folder)).map((kind) => ({
  ...kind,
  rounds: 0,
  passed: 0,
  failed: 0,
}))

let round = 0
while (round === 0 || Date.now() < deadline) {
  console.log(`\nround ${++round}, ${Math.max(0, Math.ceil((deadline - Date.now()) / 60_000))} min left`)
  for (const kind of kinds) {
    if (round > 1 && Date.now() >= deadline) break
    const { passed, failed } = await runSuites([kind], {})
    kind.rounds++
    kind.passed += passed
    kind.failed += failed
  }
}

const total = {
  passed: kinds.reduce((sum, { passed }) => sum + passed, 0),
  failed: kinds.reduce((sum, { failed }) => sum + failed, 0),
}
const file = resolve(root, values.report ?? join('docs/evidence', `night-${commit.slice(0, 12)}.json`))
const report = {
  what: 'npm run test:night',
  commit,
  uncommittedChanges: git('status', '--porcelain') !== '',
  startedAt: startedAt.toISOString(),
  minutes: Math.round((Date.now() - startedAt.getTime()) / 6_000) / 10,
  machine: { node: process.version, system: `${platform()} ${release()}`, cores: availableParallelism() },
  kinds: kinds.map(({ name, rounds, passed, failed }) => ({ name, rounds, passed, failed })),
  ...total,
}
mkdirSync(dirname(file), { recursive: true })
writeFileSync(file, `${JSON.stringify(report, null, 2)}\n`)
console.log(`\n${round} rounds, report in ${relative(root, file)}`)
console.log(closingLine(total))
process.exitCode = total.failed > 0 || total.passed === 0 ? 1 : 0
