// Shows that the invariant tests can fail: puts each mistake of `planted/bugs.ts` into a copy of the contracts and
// demands that the invariant it breaks is the one that says so. The copies are compiled like the real thing and lie in
// a temporary folder; the work tree is not touched.
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
    const child = spawn(process.execPath, [path, ...args], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] })
    const output: Buffer[] = []
    child.stdout.on('data', (chunk: Buffer) => output.push(chunk))
    child.stderr.on('data', (chunk: Buffer) => output.push(chunk))
    child.on('error', reject)
    child.on('close', (code) => resolve({ code: code ?? 1, output: Buffer.concat(output).toString() }))
  })
}

async function copy(from: string, to: string): Promise<string> {
  const folder = join(to, basename(contracts))
  await mkdir(to, { recursive: true })
  await symlink(join(contracts, '../node_modules'), join(to, 'node_modules'), 'dir')
  await cp(from, folder, { recursive: true, filter: (source) => !/[/\\](?:node_modules|coverage)$/.test(source) })
  return folder
}

/** The escrow as it would be deployed, and the invariant tests against it. */
async function test(folder: string, ...only: string[]): Promise<Outcome & { built: boolean }> {
  const build = await hardhat(folder, 'build', 'src/StreamChannelEscrow.sol')
  if (build.code !== 0) return { ...build, built: false }
  return { ...(await hardhat(folder, 'test', 'solidity', 'test/invariant/Invariants.t.sol', ...only)), built: true }
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
  const { built, code, output } = await test(folder, '--grep', `invariant_${bug.invariant}_`)
  if (!built) return `does not compile\n${output}`
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
function report(since: number, name: string, problem: string | undefined, verdict: string): void {
  if (problem === undefined) passed++
  else failed++
  console.log(`  ${problem === undefined ? '✔' : '✘'} ${verdict} ${name} (${seconds(since)})`)
  if (problem !== undefined) console.log(problem.replaceAll(/^/gm, '      '))
}

try {
  console.log(`planted bugs: ${chosen.length}, and the sources as they are`)
  const clean = await copy(contracts, join(root, 'clean'))
  const { code, output } = await test(clean)
  report(startedAt, 'sources pass', code === 0 ? undefined : output, 'unpatched:')

  const waiting = code === 0 ? [...chosen.entries()] : []
  const worker = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const [index, bug] = next
      const since = Date.now()
      const place = join(root, String(index))
      const problem = await missed(await copy(clean, place), bug)
      report(since, `${bug.invariant}: ${bug.name}`, problem, problem === undefined ? 'caught' : 'MISSED')
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
