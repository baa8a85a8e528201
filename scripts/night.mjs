// The long form of the tests that find what is rare: races, kills, broken input, histories and properties with random
// seeds, again and again until the time is up, each kind once at least. Every round draws new seeds; a failure prints its
// seed. The first round also holds what is too long for every change and draws nothing: every planted mistake, every
// mutant of `core`, every fault, and the symbolic tests where their tools are installed.
//
//   npm run test:night -- --minutes 480            one round of everything at least
//   npm run test:night -- --short --minutes 1 --report report.json
//   npm run test:night -- --minutes 30 --only sim  the kinds with the word in their names
//   npm run test:night -- --continue               takes over what nights of this commit have shown, whole or in parts
import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { availableParallelism, platform, release } from 'node:os'
import { dirname, join, relative, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { root } from './lib/steps.mjs'
import { closingLine, runSuites, vitestFolders } from './lib/suites.mjs'

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '480' },
    report: { type: 'string' },
    only: { type: 'string', default: '' },
    // Each kind in a form of some seconds, and nothing that has only a long one.
    short: { type: 'boolean', default: false },
    continue: { type: 'boolean', default: false },
  },
})
const minutes = Number(values.minutes)
if (!(minutes > 0)) {
  console.error('--minutes takes a number above 0')
  process.exit(1)
}
const isLong = !values.short
const seed = () => `0x${randomBytes(8).toString('hex')}`

/**
 * What a round consists of: a suite's folder and the part of it that draws seeds or breaks things, or a command. `env`
 * is asked before each round. `once`: draws nothing, so it is run in the first round only. `once` and `long` have no
 * short form.
 */
const KINDS = [
  { folder: 'core', name: 'core: properties' },
  {
    folder: 'durable-objects/stream-session',
    name: 'stream-session: histories',
    env: () => ({ SESSION_RUNS: isLong ? '5000' : '100' }),
  },
  {
    folder: 'durable-objects/nonce-lane',
    name: 'nonce-lane: histories',
    args: 'property',
    env: () => ({ LANE_RUNS: isLong ? '3000' : '150' }),
  },
  { name: 'sim: core world', command: `node test/sim/run.ts --world core --minutes ${isLong ? 5 : 0.1}` },
  { name: 'sim: fast world', command: `node test/sim/run.ts --world fast --minutes ${isLong ? 10 : 0.1}` },
  { name: 'sim: full world', command: `node test/sim/run.ts --world full --minutes ${isLong ? 10 : 0.1}` },
  { folder: 'test/workerd', name: 'workerd: histories', env: () => (isLong ? { WORKERD_RUNS: '1500' } : {}) },
  { folder: 'test', name: 'system: fuzz', args: 'fuzz' },
  { folder: 'test', name: 'system: race', args: 'race' },
  {
    folder: 'test',
    name: 'system: crash',
    args: 'crash',
    env: () => (isLong ? { CRASH_STREAMS: '2000', CRASH_REPORT: evidence('crash-streams') } : {}),
  },
  {
    folder: 'test',
    name: 'system: kill -9',
    args: 'crash/streams',
    env: () => ({ CRASH_STREAMS: '2000', CRASH_MINUTES: '10', CRASH_REPORT: evidence('crash-minutes') }),
    long: true,
  },
  {
    folder: 'contracts',
    name: 'contracts: deep fuzz',
    env: () => ({ FUZZ_RUNS: '5000', INVARIANT_RUNS: '128', FUZZ_SEED: seed() }),
    long: true,
  },
  {
    folder: 'db',
    name: 'db: a million payments',
    args: '--config vitest.size.config.ts',
    env: () => ({ SIZE_ROWS: '1000000', SIZE_REPORT: join(root, 'docs/evidence') }),
    once: true,
  },
  { folder: 'test/fault', name: 'faults', once: true },
  { name: 'planted mistakes', command: 'node test/planted/run.ts', once: true },
  { name: 'mutation of core', command: 'node scripts/mutation.mjs --continue', once: true },
  { name: 'contracts: branch coverage', command: 'node contracts/analysis/run.mjs coverage', once: true },
  {
    name: 'contracts: symbolic tests',
    command: 'node contracts/analysis/run.mjs halmos',
    once: true,
    needs: 'contracts/analysis/.venv/bin/halmos',
  },
]

const git = (...args) => spawnSync('git', args, { cwd: root, encoding: 'utf8' }).stdout.trim()
const commit = git('rev-parse', 'HEAD') || 'none'
/** Evidence that a kind wrote is no change of what is tested. */
const isChanged = git('status', '--porcelain', '--', '.', ':!docs/evidence') !== ''
const file = values.report === undefined ? evidence('night') : resolve(root, values.report)
const startedAt = new Date()
const before = earlier()
const deadline = startedAt.getTime() + minutes * 60_000
const nothing = { rounds: 0, passed: 0, failed: 0, minutes: 0 }
const kinds = KINDS.filter((kind) => (isAsked(kind) || before.kinds.has(kind.name)) && isThere(kind)).map((kind) => {
  return { ...kind, ...nothing, ...before.kinds.get(kind.name) }
})

let round = 0
while (round === 0 || Date.now() < deadline) {
  console.log(`\nround ${++round}, ${Math.max(0, Math.ceil((deadline - Date.now()) / 60_000))} min left`)
  for (const kind of kinds.filter(isAsked)) {
    const isShown = kind.rounds > 0 && kind.failed === 0
    if (round === 1 ? isShown : Date.now() >= deadline || kind.once === true) continue
    const from = Date.now()
    const { passed, failed } = await runSuites([{ ...kind, env: kind.env?.() ?? {} }], {})
    kind.rounds++
    kind.passed += passed
    kind.failed += failed
    kind.minutes = tenths(kind.minutes + (Date.now() - from) / 60_000)
    write()
  }
  if (kinds.filter(isAsked).every(({ once }) => once === true)) break
}
const total = write()
console.log(`\n${round} rounds, report in ${relative(root, file)}`)
console.log(closingLine(total))
process.exitCode = total.failed > 0 || total.passed === 0 ? 1 : 0

/**
 * The kinds that an earlier night of this commit, in the same file, has been through. What failed is run again, and what
 * was found stays in the report.
 */
function earlier() {
  if (!values.continue || !existsSync(file)) return { kinds: new Map() }
  const report = JSON.parse(readFileSync(file, 'utf8'))
  if (report.commit !== commit || report.uncommittedChanges || isChanged) {
    console.error(`${relative(root, file)} is of another state of the source`)
    process.exit(1)
  }
  return { startedAt: report.startedAt, kinds: new Map(report.kinds.map((kind) => [kind.name, kind])) }
}

/** After each kind, so that a night that is broken off is not lost. */
function write() {
  const sum = (name) => kinds.reduce((all, kind) => all + kind[name], 0)
  const total = { passed: sum('passed'), failed: sum('failed') }
  const report = {
    what: 'npm run test:night',
    commit,
    uncommittedChanges: isChanged,
    startedAt: before.startedAt ?? startedAt.toISOString(),
    minutes: tenths(sum('minutes')),
    machine: { node: process.version, system: `${platform()} ${release()}`, cores: availableParallelism() },
    kinds: kinds.map(({ name, rounds, passed, failed, minutes }) => ({ name, rounds, passed, failed, minutes })),
    ...total,
  }
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, `${JSON.stringify(report, null, 2)}\n`)
  return total
}

function evidence(name) {
  return join(root, 'docs/evidence', `${name}-${commit.slice(0, 12)}.json`)
}

function tenths(value) {
  return Math.round(value * 10) / 10
}

function isAsked({ name }) {
  return name.includes(values.only)
}

/** Whether a night of this length has this kind; what needs a tool that is missing is left out, and named. */
function isThere({ name, folder, once, long, needs }) {
  if ((once === true || long === true) && !isLong) return false
  if (folder !== undefined && folder !== 'contracts' && !vitestFolders().includes(folder)) return false
  if (needs === undefined || existsSync(join(root, needs))) return true
  console.log(`left out, ${needs} is not there: ${name}`)
  return false
}
