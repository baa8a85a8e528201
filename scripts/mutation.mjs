// Mutation testing of `core` (stryker.config.mjs): breaks it in every small way and counts what its tests notice. Each file
// is judged by the tests that import it; what no test imports, by those of its folder, or by all. So a score is never
// above what all tests together would reach.
//
//   npm run mutation                               all of it: about an hour and a half
//   npm run mutation -- --changed                  lines that differ from where this branch left main, or from HEAD~1
//   npm run mutation -- core/src/Ledger.ts         these files
//   npm run mutation -- --record                   and writes the scores into docs/evidence
//   npm run mutation -- --changed --minutes 5      as much as fits, the smallest changes first; the rest is named
//   npm run mutation -- --continue                 takes over what an earlier run with it found of files that are the same
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, globSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, platform, release } from 'node:os'
import { dirname, join } from 'node:path'
import { parseArgs } from 'node:util'
import config from '../stryker.config.mjs'
import { closingLine } from './lib/suites.mjs'
import { root } from './lib/steps.mjs'

/** Below it a run fails. */
const LEAST = config.thresholds.low
const REPORT = join(root, config.jsonReporter.fileName)
/** What `--continue` found: the counts of a whole file by a digest of it and of the tests that judge it. */
const FOUND = join(root, 'docs/evidence/mutation-files.json')

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    changed: { type: 'boolean', default: false },
    record: { type: 'boolean', default: false },
    continue: { type: 'boolean', default: false },
    minutes: { type: 'string', default: 'Infinity' },
  },
})
const git = (...args) => spawnSync('git', args, { cwd: root, encoding: 'utf8' }).stdout.trim()
const [mutated, without] = config.mutate
const all = globSync(mutated, { cwd: root, exclude: [without.slice(1)] }).map((file) => file.replaceAll('\\', '/'))
/** Files, or their lines: `{ file, from, to }`, both counted. */
const asked = values.changed ? changedLines() : positionals.map((file) => ({ file, from: 1, to: Infinity }))
const unknown = asked.map(({ file }) => file).filter((file) => !all.includes(file))
if (unknown.length > 0) {
  console.error(`Not a source file of core: ${unknown.join(', ')}`)
  process.exit(1)
}
if (values.changed && asked.length === 0) {
  console.log('no line of core has changed: nothing to mutate')
  console.log(closingLine({ passed: 1, failed: 0 }))
} else {
  await mutate(asked.length === 0 ? all.map((file) => ({ file, from: 1, to: Infinity })) : asked)
}

async function mutate(asked) {
  const startedAt = new Date()
  const deadline = startedAt.getTime() + Number(values.minutes) * 60_000
  const files = {}
  const leftOut = []
  let isWhole = true
  const found = values.continue && existsSync(FOUND) ? JSON.parse(readFileSync(FOUND, 'utf8')) : {}
  const groups = groupsOf(asked)
  for (const group of groups) {
    const known = group.mutants.filter((file) => isWholeFile(file) && digest(file, group.tests) in found)
    for (const file of known) Object.assign(files, found[digest(file, group.tests)])
    group.mutants = group.mutants.filter((file) => !known.includes(file))
  }
  for (const [index, { tests, mutants }] of groups.entries()) {
    if (mutants.length === 0) continue
    console.log(`\n${index + 1}/${groups.length}: ${mutants.join(', ')}`)
    rmSync(REPORT, { force: true })
    const code = Date.now() < deadline ? await stryker(tests, mutants, deadline) : 'late'
    if (code === 'late') {
      leftOut.push(...mutants)
      continue
    }
    const counts = countsOf()
    Object.assign(files, counts)
    if (code !== 0) isWhole = false
    else if (values.continue) {
      for (const file of mutants.filter(isWholeFile))
        found[digest(file, tests)] = file in counts ? { [file]: counts[file] } : {}
      writeFileSync(FOUND, `${JSON.stringify(stillTrue(found), null, 2)}\n`)
    }
    const { score, mutants: count } = sum(files)
    console.log(`so far ${score} % of ${count}`)
  }
  if (leftOut.length > 0) console.log(`\nnot enough time for ${leftOut.join(', ')}`)
  const total = sum(files)
  const good = isWhole && total.score >= LEAST
  const took = Math.round((Date.now() - startedAt.getTime()) / 6_000) / 10
  console.log(
    `mutation score ${total.score} % of ${total.mutants} mutants in ${took} min; at least ${LEAST} % are wanted`,
  )
  if (values.record) record({ startedAt: startedAt.toISOString(), minutes: took, ...total, files })
  console.log(closingLine(good ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 }))
  process.exitCode = good ? 0 : 1
}

/** What is mutated together: files that the same tests import. `tests`: paths below core; none of them: every test. */
function groupsOf(asked) {
  const importers = new Map(all.map((file) => [file, []]))
  for (const test of globSync('core/test/**/*.test.ts', { cwd: root }).toSorted()) {
    const text = readFileSync(join(root, test), 'utf8')
    for (const [, name] of text.matchAll(
      /^(?:import (?!type )|\} from ).*'(?:@pbstream\/core|(?:\.\.\/)+src)\/([^'.]+)(?:\.ts)?'/gm,
    ))
      importers.get(`core/src/${name}.ts`)?.push(test.slice('core/'.length))
  }
  const groups = new Map()
  for (const { file, from, to } of asked) {
    const direct = [...new Set(importers.get(file))]
    // What only a façade uses is judged by the tests of its folder.
    const beside = globSync(`${dirname(file).replace('core/src', 'test')}/*.test.ts`, { cwd: join(root, 'core') })
    const tests = (direct.length > 0 || dirname(file) === 'core/src' ? direct : beside.toSorted()).join(',')
    const group = groups.get(tests) ?? { tests, mutants: [], lines: 0 }
    group.lines += to === Infinity ? readFileSync(join(root, file), 'utf8').split('\n').length : to - from + 1
    group.mutants.push(to === Infinity ? file : `${file}:${from}-${to}`)
    groups.set(tests, group)
  }
  return [...groups.values()].toSorted((a, b) => a.lines - b.lines)
}

/** Not some lines of it. */
function isWholeFile(mutant) {
  return mutant.endsWith('.ts')
}

/** Without what was found of files and tests as they are no longer; by the names of the files. */
function stillTrue(found) {
  const now = groupsOf(all.map((file) => ({ file, from: 1, to: Infinity })))
  const digests = now.flatMap(({ tests, mutants }) => mutants.map((file) => [file, digest(file, tests)])).toSorted()
  return Object.fromEntries(digests.filter(([, key]) => key in found).map(([, key]) => [key, found[key]]))
}

/** Of a file and of the tests that judge it by name, so that a change of either is seen. */
function digest(file, tests) {
  const hash = createHash('sha256').update(file)
  const judges = tests === '' ? [] : tests.split(',').map((test) => `core/${test}`)
  for (const path of [file, ...judges]) hash.update(readFileSync(join(root, path)))
  return hash.digest('hex')
}

/** Its exit code, or `late` when it was not done by the deadline (Unix milliseconds). */
function stryker(tests, mutants, deadline) {
  const program = join(root, 'node_modules/@stryker-mutator/core/bin/stryker.js')
  return new Promise((done, reject) => {
    const child = spawn(process.execPath, [program, 'run', '--mutate', mutants.join(',')], {
      cwd: root,
      env: { ...process.env, MUTATION_TESTS: tests },
      stdio: ['ignore', 'inherit', 'inherit'],
      // A group of its own, so that its workers end with it.
      detached: deadline !== Infinity,
    })
    let isLate = false
    const end = () => {
      isLate = true
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
    }
    const timer = deadline === Infinity ? undefined : setTimeout(end, deadline - Date.now())
    child.on('error', reject)
    child.on('close', (status) => {
      clearTimeout(timer)
      done(isLate ? 'late' : (status ?? 1))
    })
  })
}

/** By file. */
function countsOf() {
  if (!existsSync(REPORT)) return {}
  const { files } = JSON.parse(readFileSync(REPORT, 'utf8'))
  const counts = Object.entries(files).map(([file, { mutants }]) => {
    const count = (name) => mutants.filter(({ status }) => status === name).length
    const [killed, timeout, survived, noCoverage] = ['Killed', 'Timeout', 'Survived', 'NoCoverage'].map(count)
    return [file, scored({ killed, timeout, survived, noCoverage })]
  })
  return Object.fromEntries(counts.filter(([, { mutants }]) => mutants > 0))
}

function sum(files) {
  const names = ['killed', 'timeout', 'survived', 'noCoverage']
  const add = (name) => Object.values(files).reduce((all, counts) => all + counts[name], 0)
  return scored(Object.fromEntries(names.map((name) => [name, add(name)])))
}

/** Per cent that was noticed, to one decimal, never rounded up to what is wanted. */
function scored(counts) {
  const { killed, timeout, survived, noCoverage } = counts
  const mutants = killed + timeout + survived + noCoverage
  return { score: mutants === 0 ? 100 : Math.floor(((killed + timeout) / mutants) * 1_000) / 10, mutants, ...counts }
}

function record(outcome) {
  const commit = git('rev-parse', 'HEAD') || 'none'
  const report = {
    what: 'npm run mutation',
    commit,
    uncommittedChanges: git('status', '--porcelain', '--', '.', ':!docs/evidence') !== '',
    machine: { node: process.version, system: `${platform()} ${release()}`, cores: availableParallelism() },
    ...outcome,
  }
  const file = `docs/evidence/mutation-${commit.slice(0, 12)}.json`
  writeFileSync(join(root, file), `${JSON.stringify(report, null, 2)}\n`)
  console.log(`report in ${file}`)
}

/** Against where this branch left main; on main itself, against the commit before. Uncommitted changes count. */
function changedLines() {
  const head = git('rev-parse', 'HEAD')
  const bases = ['origin/main', 'main'].map((branch) => git('merge-base', 'HEAD', branch))
  const base =
    bases.find((commit) => commit !== '' && commit !== head) ?? git('rev-parse', '--verify', '--quiet', 'HEAD~1')
  if (base === '') console.log('there is no commit to compare with')
  const added = git('ls-files', '--others', '--exclude-standard', 'core/src').split('\n')
  const whole = added.filter((file) => all.includes(file)).map((file) => ({ file, from: 1, to: Infinity }))
  return [...whole, ...(base === '' ? [] : hunks(git('diff', '--unified=0', base, '--', 'core/src')))]
}

/** The lines that a diff without context added or changed. */
function hunks(diff) {
  let file = ''
  return diff.split('\n').flatMap((line) => {
    if (line.startsWith('+++ ')) file = line.slice('+++ b/'.length)
    const [, from, count = '1'] = /^@@ -\S+ \+(\d+)(?:,(\d+))? @@/.exec(line) ?? []
    if (from === undefined || count === '0' || !all.includes(file)) return []
    return [{ file, from: Number(from), to: Number(from) + Number(count) - 1 }]
  })
}
