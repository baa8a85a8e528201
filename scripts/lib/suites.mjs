// The test suites of the repository: every folder with a vitest.config.ts of its own, and the Solidity tests.
import { mkdtempSync, existsSync, globSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { root, runSteps } from './steps.mjs'

/** Need what `scripts/setup-extras` installs, so they are no part of `npm test`. */
export const BROWSER = 'test/browser'
export const POSTGRES = 'test/postgres'
export const PROMTOOL = 'test/promtool'
export const REDIS = 'test/redis'

/** Folders with Vitest suites, relative to the root. */
export function vitestFolders() {
  const configs = globSync(['*/vitest.config.ts', '*/*/vitest.config.ts'], {
    cwd: root,
    exclude: (name) => name === 'node_modules',
  })
  return configs.map((config) => dirname(config).replaceAll('\\', '/')).sort()
}

/** Groups in the order in which `npm test` runs them: what is fast and basic comes first. */
export function groups() {
  const folders = vitestFolders()
  const isWorkerd = (folder) => /^(durable-objects|workers)\//.test(folder)
  const isSystem = (folder) => folder === 'test' || folder.startsWith('test/')
  return {
    quick: ['contracts', ...folders.filter((folder) => !isWorkerd(folder) && !isSystem(folder))],
    workerd: folders.filter(isWorkerd),
    system: folders.filter((folder) => isSystem(folder) && ![BROWSER, POSTGRES, PROMTOOL, REDIS].includes(folder)),
  }
}

/**
 * Runs suites and counts their tests.
 * @param {{ folder?: string, name?: string, args?: string, env?: Record<string, string>, command?: string }[]} suites
 *   a folder, or a command at the root that ends with `N passed, N failed` or with an exit code alone
 * @param {{ parallel?: number, verbose?: boolean }} options
 * @returns {Promise<{ passed: number, failed: number, skipped: number }>} a suite that breaks without counting a
 *   failed test counts as one failure
 */
export async function runSuites(suites, options) {
  const reports = mkdtempSync(join(tmpdir(), 'pbstream-test-'))
  const steps = suites.map((suite, index) => stepOf(suite, join(reports, `${index}.json`)))
  const outcomes = await runSteps(steps, { ...options, describe: (outcome) => inWords(countsOf(outcome)) })
  const total = { passed: 0, failed: 0, skipped: 0 }
  for (const counts of outcomes.map(countsOf)) {
    for (const key of Object.keys(total)) total[key] += counts[key]
  }
  rmSync(reports, { recursive: true, force: true })
  return total
}

/** The closing line that people and machines read. */
export function closingLine({ passed, failed }) {
  return `${passed} passed, ${failed} failed`
}

function stepOf({ folder, name = folder, args = '', env = {}, command }, report) {
  if (command !== undefined) return { name, env, command, ownCounts: true }
  const cwd = join(root, folder)
  if (folder === 'contracts') return { name, cwd, env, command: 'npm test --silent' }
  const reporters = `--reporter=default --reporter=json --outputFile.json=${JSON.stringify(report)}`
  return { name, cwd, env, report, command: `vitest run ${reporters} ${args}` }
}

function countsOf(outcome) {
  const { report, ownCounts } = outcome.step
  const counts =
    report !== undefined
      ? vitestCounts(report)
      : ownCounts === true
        ? closingCounts(outcome)
        : hardhatCounts(outcome.output)
  if (outcome.code !== 0 && counts.failed === 0) counts.failed = 1
  return counts
}

function vitestCounts(report) {
  if (!existsSync(report)) return { passed: 0, failed: 0, skipped: 0 }
  const { numPassedTests, numFailedTests, numPendingTests, numTodoTests } = JSON.parse(readFileSync(report, 'utf8'))
  return { passed: numPassedTests, failed: numFailedTests, skipped: numPendingTests + numTodoTests }
}

/** A command that counts nothing is one test. */
function closingCounts({ code, output }) {
  const line = [...output.matchAll(/^(\d+) passed, (\d+) failed$/gm)].at(-1)
  return {
    passed: line === undefined ? Number(code === 0) : Number(line[1]),
    failed: Number(line?.[2] ?? 0),
    skipped: 0,
  }
}

/** Hardhat prints `12 passing (3s)`, and `1 failing`, `2 skipped` if there are any. */
function hardhatCounts(output) {
  const last = (word) =>
    Number(
      output
        .match(new RegExp(`^\\s*(\\d+) ${word}`, 'gm'))
        ?.at(-1)
        ?.match(/\d+/)?.[0] ?? 0,
    )
  return { passed: last('passing'), failed: last('failing'), skipped: last('skipped') }
}

function inWords({ passed, failed, skipped }) {
  const parts = [`${passed} passed`]
  if (failed > 0) parts.push(`${failed} failed`)
  if (skipped > 0) parts.push(`${skipped} skipped`)
  return parts.join(', ')
}
