/** One core's share of the histories of `run.ts`: every n-th of them, in a thread of its own. */
import { parentPort, workerData } from 'node:worker_threads'
import './hooks.ts'

/** What a thread is asked to play, and the memory that all threads share. */
export type Task = {
  world: string
  /** Histories are counted from 0; this thread plays `from`, `from + step` … below `count`. */
  from: number
  step: number
  count: number
  /** Seeds that come first, the one of history 0 at the front; after them it is `first` and on. */
  before: readonly number[]
  first: number
  /** Unix milliseconds after which no history is begun. */
  until: number
  /** One number: histories from this on are not wanted any more. */
  end: Int32Array
  /** Two numbers of this thread: histories, and their steps, so far. */
  tally: Float64Array
}
/** What came of it: the first of its histories that failed. */
export type Found = { index: number; seed: number; failure: string } | undefined

export function seedOf({ before, first }: Pick<Task, 'before' | 'first'>, index: number): number {
  return before[index] ?? first + index - before.length
}

/** Who comes first wins: a failure of a history before `index` stays. */
export function lower(end: Int32Array, index: number): void {
  for (let now = Atomics.load(end, 0); index < now;) {
    const seen = Atomics.compareExchange(end, 0, now, index)
    if (seen === now) return
    now = seen
  }
}

async function play(task: Task): Promise<Found> {
  const { worlds } = await import('./Campaign.ts')
  const run = worlds[task.world]!
  const { end, tally } = task
  for (let i = task.from; i < task.count && i < Atomics.load(end, 0); i += task.step) {
    // The seeds that failed before are all played, however short the time is.
    if (i >= task.before.length && Date.now() >= task.until) return undefined
    const seed = seedOf(task, i)
    const played = run(seed)
    const { steps, failure } = played instanceof Promise ? await played : played
    tally[0]! += 1
    tally[1]! += steps
    if (failure === undefined) continue
    lower(end, i)
    return { index: i, seed, failure }
  }
  return undefined
}

parentPort?.postMessage(await play(workerData as Task))
