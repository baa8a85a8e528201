/** Plays histories, one a seed, and makes those that fail small enough to be read. */
import { CoreWorld } from '../core/CoreWorld.ts'
import type { Plant } from '../fast/Plants.ts'
import { type Options, STEPS_MAX, World } from '../fast/World.ts'
import { run } from '../full/FullWorld.ts'
import { shrink } from './Shrink.ts'

/** `failure`: what broke first; undefined when all holds. */
export type Outcome = { steps: number; failure: string | undefined }

/** A way to play a history. */
export type Play = (seed: number, options?: Options) => Outcome | Promise<Outcome>

const LINES_MAX = 60

export function playFast(seed: number, options: Options = {}): Outcome {
  try {
    return { steps: World.run(seed, options).steps, failure: undefined }
  } catch (error) {
    return failed(error)
  }
}

/** Over the pure core: some ten times as many histories. */
export function playCore(seed: number, options: Options = {}): Outcome {
  try {
    return { steps: CoreWorld.run(seed, options).steps, failure: undefined }
  } catch (error) {
    return failed(error)
  }
}

export async function playFull(seed: number, options: Options = {}): Promise<Outcome> {
  try {
    return { steps: (await run(seed, options)).steps, failure: undefined }
  } catch (error) {
    return failed(error)
  }
}

function failed(error: unknown): Outcome {
  return { steps: STEPS_MAX, failure: error instanceof Error ? error.message : String(error) }
}

export const worlds: Record<string, Play> = { core: playCore, fast: playFast, full: playFull }

/** The smallest history of a failing seed, step by step. */
export async function report(world: string, seed: number, plant: Plant = {}): Promise<string> {
  const play = worlds[world]!
  const small = await shrink(async ({ skip, steps }) => play(seed, { plant, skip, steps }))
  if (small === undefined) return `seed ${seed} does not fail`
  const lines: string[] = []
  const trace = (line: string) => void (lines.length < LINES_MAX && lines.push(`  ${line}`))
  await play(seed, { plant, skip: small.skip, steps: small.steps, trace })
  return [`${small.failure} (${world} world, seed ${seed}; ${small.left} steps are enough)`, ...lines].join('\n')
}

/** The first of these seeds that fails. */
export async function firstFailure(
  play: Play,
  from: number,
  count: number,
  plant: Plant = {},
): Promise<{ seed: number; failure: string } | undefined> {
  for (let seed = from; seed < from + count; seed++) {
    const { failure } = await play(seed, { plant })
    if (failure !== undefined) return { seed, failure }
  }
  return undefined
}
