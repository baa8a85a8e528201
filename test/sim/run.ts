/**
 * Many histories, for as long as one likes:
 *
 *   node test/sim/run.ts [--world core|fast|full] [--seed 1] [--runs 100000] [--minutes 5] [--keep]
 *
 * Starts with the seeds that failed before. Ends with the first failure, its smallest history printed, and exit code 1;
 * with `--keep` the seed is added to seeds.txt. Without `--seed` the histories are others each time.
 */
import { parseArgs } from 'node:util'
import './support/hooks.ts'
import { corpus, keep } from './support/Corpus.ts'

const { report, worlds } = await import('./support/Campaign.ts')

const { values } = parseArgs({
  options: {
    world: { type: 'string', default: 'fast' },
    seed: { type: 'string' },
    runs: { type: 'string' },
    minutes: { type: 'string' },
    keep: { type: 'boolean', default: false },
  },
})
const play = worlds[values.world]
if (play === undefined) throw new Error(`no such world: ${values.world}; there are ${Object.keys(worlds).join(', ')}`)
const first = values.seed === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(values.seed)
const runs = values.runs === undefined ? Number.POSITIVE_INFINITY : Number(values.runs)
const endless = values.runs === undefined && values.minutes === undefined
const ms = endless ? 60_000 : Number(values.minutes ?? Number.POSITIVE_INFINITY) * 60_000

const startedAt = performance.now()
const elapsed = () => performance.now() - startedAt
let done = 0
let steps = 0
let said = 0

const rate = () => {
  const { user, system } = process.cpuUsage()
  const perSecond = Math.round((done / elapsed()) * 1000)
  const perCpuSecond = Math.round((done / (user + system)) * 1_000_000)
  const commands = Math.round((steps / (user + system)) * 1_000_000)
  const rates = `${perSecond}/s (${perCpuSecond} histories, ${commands} commands a CPU second)`
  return `${done} histories, ${steps} commands, ${(elapsed() / 1000).toFixed(0)} s: ${rates}`
}

async function holds(seed: number): Promise<boolean> {
  const outcome = await play!(seed)
  done++
  steps += outcome.steps
  if (outcome.failure === undefined) return true
  console.error(`\n${await report(values.world, seed)}\n\n${rate()}`)
  if (values.keep) keep({ world: values.world, seed }, outcome.failure)
  return false
}

async function main(): Promise<boolean> {
  console.log(`${values.world} world, from seed ${first}`)
  for (const { world: where, seed } of corpus()) if (where === values.world && !(await holds(seed))) return false
  for (let i = 0; i < runs && elapsed() < ms; i++) {
    if (!(await holds(first + i))) return false
    if (elapsed() - said < 10_000) continue
    said = elapsed()
    console.log(rate())
  }
  console.log(`all invariants hold: ${rate()}`)
  return true
}

process.exitCode = (await main()) ? 0 : 1
