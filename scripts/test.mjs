// All tests that need nothing but npm: `npm test`, `npm test -- quick`, `npm test -- workers/gateway --verbose`.
import { closingLine, groups, runSuites } from './lib/suites.mjs'

const words = process.argv.slice(2).filter((word) => !word.startsWith('-'))
const verbose = process.argv.includes('--verbose')
const startedAt = Date.now()
const total = { passed: 0, failed: 0, skipped: 0 }
let suitesRun = 0

const isChosen = (group) => (folder) => words.length === 0 || words.includes(group) || words.includes(folder)
const chosenFolders = Object.entries(groups()).flatMap(([group, folders]) => folders.filter(isChosen(group)))
/** Their files start whole systems, two at a time: each of these suites has both cores to itself. */
const ALONE = ['test', 'test/e2e', 'test/fault']
const rounds = [
  { chosen: chosenFolders.filter((folder) => !ALONE.includes(folder)), parallel: 2 },
  { chosen: chosenFolders.filter((folder) => ALONE.includes(folder)), parallel: 1 },
]

for (const { chosen, parallel } of rounds) {
  if (chosen.length === 0) continue
  console.log(`\n${chosen.join(', ')}`)
  const counts = await runSuites(
    chosen.map((folder) => ({ folder })),
    { parallel, verbose },
  )
  for (const key of Object.keys(total)) total[key] += counts[key]
  suitesRun += chosen.length
}

if (suitesRun === 0) {
  console.error(`No such group or folder: ${words.join(' ')}. There are:`)
  for (const [group, folders] of Object.entries(groups())) console.error(`  ${group}: ${folders.join(', ')}`)
  process.exit(1)
}
const skipped = total.skipped > 0 ? `, ${total.skipped} skipped` : ''
console.log(`\n${suitesRun} suites in ${((Date.now() - startedAt) / 1000).toFixed(1)} s${skipped}`)
console.log(closingLine(total))
process.exitCode = total.failed > 0 || total.passed === 0 ? 1 : 0
