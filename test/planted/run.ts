/**
 * Shows that the tests can fail: puts each mistake of `bugs.ts` into a copy of the product and demands that the suite
 * which should notice it does, and for the right reason. The working tree is not touched.
 *
 *   npm run test:planted                     all of them, two at a time where there are two cores
 *   npm run test:planted -- --only I9        those with the word in their invariant or name
 *   npm run test:planted -- --list           what there is, and what would notice it
 *   npm run test:planted -- --json           the outcome as JSON, last on standard output but for the counts
 */
import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import type { Bug } from './Bug.ts'
import { bugs } from './bugs.ts'
import { occurrences, Tree } from './Tree.ts'

/** A suite that is not done after so long hangs. On an idle machine each takes a few seconds. */
const LATE_MS = 300_000
/** Lines of a run that are shown when it missed. */
const LINES_MAX = 60

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: '' },
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
async function missed(tree: Tree, { file, find, replace, suite, notices }: Bug): Promise<string | undefined> {
  let undo: (() => Promise<void>) | undefined
  try {
    undo = await tree.plant(file, find, replace)
    const { code, output } = await tree.run(suite, LATE_MS)
    if (code === undefined) return `no end after ${LATE_MS / 1_000} s\n${tail(output)}`
    if (code === 0) return `nothing failed: ${suite.shown}`
    return notices.test(output)
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

async function main(): Promise<void> {
  const startedAt = Date.now()
  const seconds = (since: number) => Math.round((Date.now() - since) / 100) / 10
  const waiting = [...chosen]
  const running = new Map<string, number>()
  const tick = setInterval(() => {
    for (const [name, since] of running) console.log(`  … ${name} (${Math.round(seconds(since))} s)`)
  }, 20_000)
  console.log(`planted bugs: ${chosen.length}`)
  const worker = async (): Promise<void> => {
    const tree = await Tree.copy()
    try {
      for (let bug = waiting.shift(); bug !== undefined; bug = waiting.shift()) {
        const { invariant, name, file } = bug
        const since = Date.now()
        running.set(`${invariant}: ${name}`, since)
        const why = await missed(tree, bug)
        running.delete(`${invariant}: ${name}`)
        const caught = why === undefined
        results.push({ invariant, name, file, seconds: seconds(since), caught, ...(caught ? {} : { why }) })
        console.log(`  ${caught ? '✔ caught' : '✘ MISSED'} ${invariant}: ${name} (${seconds(since)} s)`)
        if (!caught) console.log(why.replaceAll(/^/gm, '      '))
      }
    } finally {
      await tree.remove()
    }
  }
  await Promise.all(Array.from({ length: Math.min(2, availableParallelism(), chosen.length) }, worker))
  clearInterval(tick)
  const failed = results.filter(({ caught }) => !caught).length
  console.log(`\n${results.length} planted bugs in ${Math.round(seconds(startedAt))} s`)
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
