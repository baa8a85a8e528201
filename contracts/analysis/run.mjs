// All tools of this folder or some of them, two at a time; the longest first.
//
//   node analysis/run.mjs                    all of them
//   node analysis/run.mjs slither smt        some of them
//   node analysis/run.mjs halmos --verbose   with their whole output
import { join } from 'node:path'
import { runSteps } from '../../scripts/lib/steps.mjs'

const TOOLS = ['coverage', 'halmos', 'smt', 'slither']

const words = process.argv.slice(2).filter((word) => !word.startsWith('-'))
const unknown = words.filter((word) => !TOOLS.includes(word))
if (unknown.length > 0) {
  console.error(`No such tool: ${unknown.join(', ')}. There are: ${TOOLS.join(', ')}`)
  process.exit(1)
}

const steps = TOOLS.filter((name) => words.length === 0 || words.includes(name)).map((name) => ({
  name,
  command: `node analysis/${name}.ts`,
  cwd: join(import.meta.dirname, '..'),
}))
const verbose = process.argv.includes('--verbose')
const outcomes = await runSteps(steps, { parallel: 2, verbose, describe: (outcome) => inWords(countsOf(outcome)) })
const total = { passed: 0, failed: 0 }
for (const { passed, failed } of outcomes.map(countsOf)) {
  total.passed += passed
  total.failed += failed
}
console.log(`\n${inWords(total)}`)
process.exitCode = total.failed > 0 || total.passed === 0 ? 1 : 0

/** What a tool's closing line says; one that broke counts as a failure. */
function countsOf({ code, output }) {
  const [, passed = 0, failed = 0] = [...output.matchAll(/^(\d+) passed, (\d+) failed$/gm)].at(-1)?.map(Number) ?? []
  return { passed, failed: code !== 0 && failed === 0 ? 1 : failed }
}

function inWords({ passed, failed }) {
  return `${passed} passed, ${failed} failed`
}
