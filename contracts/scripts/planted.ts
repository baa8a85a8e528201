// Shows that the invariant tests can fail: puts each mistake of `planted/bugs.ts` into a copy of the contracts and
// demands that the invariant it breaks is the one that says so. That the sources as they are pass is shown by `npm test`.
// The copies lie in a temporary folder; the work tree is not touched.
//
//   node scripts/planted.ts                  all of them, two at a time where there are two cores
//   node scripts/planted.ts --only refund    those with the word in their name
import { spawn } from 'node:child_process'
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { availableParallelism, tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { parseArgs } from 'node:util'
import { type Bug, bugs } from '../planted/bugs.ts'

const { values } = parseArgs({ options: { only: { type: 'string', default: '' } } })
const contracts = join(import.meta.dirname, '..')
const chosen = bugs.filter(({ name }) => name.includes(values.only))
const startedAt = Date.now()
const seconds = (since: number) => `${((Date.now() - since) / 1000).toFixed(0)} s`

interface Outcome {
  code: number
  output: string
}

/** Output is read whole: Hardhat says with words which tests failed and why. */
function hardhat(folder: string, ...args: string[]): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const path = join(folder, '../node_modules/hardhat/dist/src/cli.js')
    const config = ['--config', 'planted/hardhat.config.ts']
    const child = spawn(process.execPath, [path, ...config, ...args], {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const output: Buffer[] = []
    child.stdout.on('data', (chunk: Buffer) => output.push(chunk))
    child.stderr.on('data', (chunk: Buffer) => output.push(chunk))
    child.on('error', reject)
    child.on('close', (code) => resolve({ code: code ?? 1, output: Buffer.concat(output).toString() }))
  })
}

async function copy(to: string): Promise<string> {
  const folder = join(to, basename(contracts))
  await mkdir(to, { recursive: true })
  await symlink(join(contracts, '../node_modules'), join(to, 'node_modules'), 'dir')
  const filter = (source: string) => !/[/\\](?:node_modules|coverage|\.venv|\.cache)$/.test(source)
  await cp(contracts, folder, { recursive: true, filter })
  return folder
}

async function plant(folder: string, bug: Bug): Promise<void> {
  const path = join(folder, 'src', bug.file)
  const parts = (await readFile(path, 'utf8')).split(bug.find)
  if (parts.length !== 2) throw new Error(`${bug.file} has ${parts.length - 1} times: ${bug.find.trim()}`)
  await writeFile(path, parts.join(bug.replace))
}

/** Why the bug counts as missed; nothing when its invariant has found it. */
async function missed(folder: string, bug: Bug): Promise<string | undefined> {
  await plant(folder, bug)
  const build = await hardhat(folder, 'build', 'src/StreamChannelEscrow.sol')
  if (build.code !== 0) return `does not compile\n${build.output}`
  const tests = ['test/invariant/Invariants.t.sol', '--grep', `invariant_${bug.invariant}_`]
  const { code, output } = await hardhat(folder, 'test', 'solidity', ...tests)
  if (code === 0) return 'no test failed'
  // The failures are listed at the end: test, reason, and the calls that led to it.
  const failure = output.slice(output.lastIndexOf('failing'))
  const test_ = new RegExp(`#invariant_${bug.invariant}_\\w+\\(\\)\\s+Error: (.*)`).exec(failure)
  if (test_ === null) return `another test failed\n${output}`
  return test_[1]!.includes(bug.check) ? undefined : `another check failed: ${test_[1]}`
}

const root = await mkdtemp(join(tmpdir(), 'pbstream-planted-'))
let passed = 0
let failed = 0
function report(since: number, { invariant, name }: Bug, problem: string | undefined): void {
  if (problem === undefined) passed++
  else failed++
  console.log(`  ${problem === undefined ? '✔ caught' : '✘ MISSED'} ${invariant}: ${name} (${seconds(since)})`)
  if (problem !== undefined) console.log(problem.replaceAll(/^/gm, '      '))
}

try {
  console.log(`planted bugs: ${chosen.length}`)
  const waiting = [...chosen.entries()]
  const worker = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const [index, bug] = next
      const since = Date.now()
      const place = join(root, String(index))
      report(since, bug, await missed(await copy(place), bug))
      await rm(place, { recursive: true, force: true })
    }
  }
  await Promise.all(Array.from({ length: Math.min(2, availableParallelism()) }, worker))
} finally {
  await rm(root, { recursive: true, force: true })
}

console.log(`\n${passed + failed} checks in ${seconds(startedAt)}`)
console.log(`${passed} passed, ${failed} failed`)
process.exitCode = failed > 0 || passed === 0 ? 1 : 0
