/**
 * Many histories, for as long as one likes:
 *
 *   node test/sim/run.ts [--world core|fast|full] [--seed 1] [--runs 100000] [--minutes 5] [--workers 2] [--keep]
 *
 * Starts with the seeds that failed before, and plays on every core (`--workers` for fewer or more threads). Ends with
 * the failure that one thread would have come to first, its smallest history printed, and exit code 1; with `--keep` the
 * seed is added to seeds.txt. Without `--seed` the histories are others each time. Ctrl-C lets those that are being
 * played end, and says how many there were.
 */
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { Worker } from 'node:worker_threads'
import './support/hooks.ts'
import { corpus, keep } from './support/Corpus.ts'
import type { Found, Task } from './support/Share.ts'

const { values } = parseArgs({
  options: {
    world: { type: 'string', default: 'fast' },
    seed: { type: 'string' },
    runs: { type: 'string' },
    minutes: { type: 'string' },
    workers: { type: 'string', default: String(availableParallelism()) },
    keep: { type: 'boolean', default: false },
  },
})
const { world } = values
const known = ['core', 'fast', 'full']
if (!known.includes(world)) throw new Error(`no such world: ${world}; there are ${known.join(', ')}`)
const first = values.seed === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(values.seed)
const endless = values.runs === undefined && values.minutes === undefined
const ms = endless ? 60_000 : Number(values.minutes ?? Number.POSITIVE_INFINITY) * 60_000
/** More than any night plays; counted in 32 bits. */
const MOST = 2 ** 31 - 1
const before = corpus().flatMap((kept) => (kept.world === world ? [kept.seed] : []))
const count = Math.min(MOST, before.length + Number(values.runs ?? MOST))
const workers = Math.max(1, Math.min(Number(values.workers), count))

const startedAt = performance.now()
const until = Date.now() + ms
const end = new Int32Array(new SharedArrayBuffer(4)).fill(MOST)
const tallies = Array.from({ length: workers }, () => new Float64Array(new SharedArrayBuffer(16)))

const rate = () => {
  const [done, steps] = [0, 1].map((i) => tallies.reduce((sum, tally) => sum + tally[i]!, 0)) as [number, number]
  const { user, system } = process.cpuUsage()
  const elapsed = performance.now() - startedAt
  const perSecond = Math.round((done / elapsed) * 1000)
  const perCpuSecond = Math.round((done / (user + system)) * 1_000_000)
  const commands = Math.round((steps / (user + system)) * 1_000_000)
  const rates = `${perSecond}/s (${perCpuSecond} histories, ${commands} commands a CPU second)`
  return `${done} histories, ${steps} commands, ${(elapsed / 1000).toFixed(0)} s: ${rates}`
}

function start(from: number): Promise<Found> {
  const task: Task = { world, from, step: workers, count, before, first, until, end, tally: tallies[from]! }
  const thread = new Worker(join(import.meta.dirname, 'support', 'Share.ts'), { workerData: task })
  return new Promise((resolve, reject) => {
    thread.once('message', resolve)
    thread.once('error', reject)
    thread.once('exit', () => reject(new Error('a thread ended without a word')))
  })
}

let stopped = false
process.once('SIGINT', () => {
  stopped = true
  Atomics.store(end, 0, -1)
})

console.log(`${world} world, from seed ${first}, ${workers} ${workers === 1 ? 'thread' : 'threads'}`)
const progress = setInterval(() => console.log(rate()), 10_000)
const found = (await Promise.all(tallies.map((_, from) => start(from)))).filter((each) => each !== undefined)
clearInterval(progress)
const [failed] = found.sort((a, b) => a.index - b.index)
if (failed !== undefined) {
  const { report } = await import('./support/Campaign.ts')
  console.error(`\n${await report(world, failed.seed)}\n\n${rate()}`)
  if (values.keep) keep({ world, seed: failed.seed }, failed.failure)
  process.exitCode = 1
} else if (stopped) {
  console.log(`stopped, none failed: ${rate()}`)
  process.exitCode = 130
} else {
  console.log(`all invariants hold: ${rate()}`)
}
