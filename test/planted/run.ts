/**
 * Shows that the tests can fail: puts each mistake of `bugs.ts` into a copy of the product and demands that the suite
 * which should notice it does, and for the right reason. The working tree is not touched.
 *
 *   npm run test:planted                     all of them, two at a time where there are two cores
 *   npm run test:planted -- --only I9        those with the word in their invariant or name
 *   npm run test:planted -- --alone          each by a process of its own, without what Turns.ts spares
 *   npm run test:planted -- --list           what there is, and what would notice it
 *   npm run test:planted -- --json           the outcome as JSON, last on standard output but for the counts
 */
import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import type { Bug } from './Bug.ts'
import { bugs } from './bugs.ts'
import { occurrences, Tree } from './Tree.ts'
import { caughtInTurns, inTurns, isNoticed } from './Turns.ts'

/** A suite that is not done after so long hangs. On an idle machine each takes a few seconds. */
const LATE_MS = 300_000
/** Lines of a run that are shown when it missed. */
const LINES_MAX = 60

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: '' },
    alone: { type: 'boolean', default: false },
    list: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
})
const word = values.only.toLowerCase()
// `I1` is not I11.
const matches = ({ invariant, name }: Bug) => invariant.toLowerCase() === word || name.toLowerCase().includes(word)
const chosen = bugs.filter(matches)

type Result = { invariant: string; name: string; file: string; seconds: number; caught: boolean; why?: string }
const results: Result[] = []

/** Why the bug counts as missed; nothing when it was caught. */
async function missed(tree: Tree, bug: Bug): Promise<string | undefined> {
  const { file, find, replace, suite, notices } = bug
  let undo: (() => Promise<void>) | undefined
  try {
    undo = await tree.plant(file, find, replace)
    const outcome = await tree.run(suite, LATE_MS)
    const { code, output } = outcome
    if (code === undefined) return `no end after ${LATE_MS / 1_000} s\n${tail(output)}`
    if (code === 0) return `nothing failed: ${suite.shown}`
    return isNoticed(bug, outcome)
      ? undefined
      : `failed for another reason than ${notices}: ${suite.shown}\n${tail(output)}`
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  } finally {
    await undo?.()
  }
}

function tail(output: string): string {
  return output.trimEnd().split('\n').slice(-LINES_MAX).join('\n')
}

const seconds = (ms: number) => Math.round(ms / 100) / 10
/** What each group is at. */
const running = new Map<readonly Bug[], { bug: Bug; since: number }>()
const called = ({ invariant, name }: Bug) => `${invariant}: ${name}`

function report(bug: Bug, ms: number, why: string | undefined): void {
  const { invariant, name, file } = bug
  const caught = why === undefined
  results.push({ invariant, name, file, seconds: seconds(ms), caught, ...(caught ? {} : { why }) })
  console.log(`  ${caught ? '✔ caught' : '✘ MISSED'} ${called(bug)} (${seconds(ms)} s)`)
  if (!caught) console.log(why.replaceAll(/^/gm, '      '))
}

/** Looks at the bugs of a group in turns, and one by one at those that were not caught so. */
async function judge(tree: Tree, group: readonly Bug[]): Promise<void> {
  let caught = new Map<Bug, number>()
  if (group.length > 1) {
    const begins = (bug: Bug) => running.set(group, { bug, since: Date.now() })
    caught = await caughtInTurns(tree, group, LATE_MS, begins)
    for (const [bug, ms] of caught) report(bug, ms, undefined)
  }
  for (const bug of group.filter((each) => !caught.has(each))) {
    const since = Date.now()
    running.set(group, { bug, since })
    const why = await missed(tree, bug)
    report(bug, Date.now() - since, why)
  }
  running.delete(group)
}

async function main(): Promise<void> {
  const startedAt = Date.now()
  const waiting = values.alone ? chosen.map((bug) => [bug]) : inTurns(chosen)
  const tick = setInterval(() => {
    for (const { bug, since } of running.values()) {
      console.log(`  … ${called(bug)} (${Math.round(seconds(Date.now() - since))} s)`)
    }
  }, 20_000)
  console.log(`planted bugs: ${chosen.length}`)
  const worker = async (): Promise<void> => {
    const tree = await Tree.copy()
    try {
      for (let group = waiting.shift(); group !== undefined; group = waiting.shift()) await judge(tree, group)
    } finally {
      await tree.remove()
    }
  }
  await Promise.all(Array.from({ length: Math.min(2, availableParallelism(), waiting.length) }, worker))
  clearInterval(tick)
  const failed = results.filter(({ caught }) => !caught).length
  console.log(`\n${results.length} planted bugs in ${Math.round(seconds(Date.now() - startedAt))} s`)
  if (values.json) console.log(JSON.stringify(results, null, 2))
  console.log(`${results.length - failed} passed, ${failed} failed`)
  process.exitCode = failed > 0 || results.length === 0 ? 1 : 0
}

async function list(): Promise<void> {
  for (const { invariant, name, file, find, suite } of chosen) {
    const count = await occurrences(file, find)
    console.log(
      `${invariant}: ${name}\n    ${file}${count === 1 ? '' : ` (STALE: ${count} places)`}\n    ${suite.shown}`,
    )
    if (count !== 1) process.exitCode = 1
  }
}

await (values.list ? list() : main())
