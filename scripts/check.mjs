// Everything that is checked without running the product: the scripts `check:*` of package.json, two at a time.
//
//   npm run check                     all of them
//   npm run check -- lint house       some of them
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root, runSteps } from './lib/steps.mjs'

const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
const words = process.argv.slice(2)
const steps = Object.entries(scripts)
  .filter(([name]) => name.startsWith('check:'))
  .map(([name, command]) => ({ name: name.slice('check:'.length), command }))
const unknown = words.filter((word) => !steps.some(({ name }) => name === word))
if (unknown.length > 0) {
  console.error(`No such check: ${unknown.join(', ')}. There are: ${steps.map(({ name }) => name).join(', ')}`)
  process.exit(1)
}

const startedAt = Date.now()
const chosen = steps.filter(({ name }) => words.length === 0 || words.includes(name))
const outcomes = await runSteps(chosen, { parallel: 2 })
const failed = outcomes.filter(({ code }) => code !== 0).map(({ step }) => step.name)
const seconds = ((Date.now() - startedAt) / 1000).toFixed(1)
console.log(`\n${outcomes.length - failed.length} of ${outcomes.length} checks passed in ${seconds} s`)
if (failed.length > 0) {
  console.log(`failed: ${failed.join(', ')}`)
  process.exitCode = 1
}
