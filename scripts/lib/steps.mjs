// Runs commands with progress: a line when one starts, a line while it goes on, a line with its time at the end.
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('../..', import.meta.url))

/** A person wants a sign of life soon; a log that is kept, few lines. */
const TICK_MS = process.env.CI === undefined ? 10_000 : 60_000
/** Keeps the tools quiet and offline; they must never wait for an answer. */
const QUIET = { WRANGLER_SEND_METRICS: 'false', CLOUDFLARE_CF_FETCH_ENABLED: 'false', NO_UPDATE_NOTIFIER: '1' }
/** Output goes through a pipe, so the tools cannot see for themselves whether a person reads it. */
const COLOUR = process.stdout.isTTY ? { FORCE_COLOR: '1' } : { NO_COLOR: '1' }

/**
 * @typedef {{ name: string, command: string, cwd?: string, env?: Record<string, string> }} Step
 *   `command` is a shell line; node_modules/.bin is on PATH because npm started this process.
 * @typedef {{ step: Step, code: number, seconds: number, output: string }} Outcome `output` has stdout and stderr
 */

/**
 * Runs steps in order, at most `parallel` at a time, and prints the output of those that fail.
 * @param {Step[]} steps
 * @param {{ parallel?: number, verbose?: boolean, describe?: (outcome: Outcome) => string }} options `describe` adds
 *   words to a finished step's line
 * @returns {Promise<Outcome[]>} in the order of `steps`
 */
export async function runSteps(steps, { parallel = 1, verbose = false, describe = () => '' } = {}) {
  const outcomes = []
  const running = new Map()
  const width = Math.max(...steps.map((step) => step.name.length))
  const tick = setInterval(() => {
    const names = [...running].map(([step, since]) => `${step.name} (${secondsSince(since)} s)`)
    if (names.length > 0) console.log(`  … still running: ${names.join(', ')}`)
  }, TICK_MS)
  let next = 0
  const worker = async () => {
    while (next < steps.length) {
      const index = next++
      const step = steps[index]
      running.set(step, Date.now())
      console.log(`  ▸ ${step.name}`)
      const outcome = await runStep(step, verbose)
      running.delete(step)
      outcomes[index] = outcome
      if (outcome.code !== 0 && !verbose) console.log(indent(outcome.output))
      const mark = outcome.code === 0 ? '✓' : '✗'
      console.log(
        `  ${mark} ${step.name.padEnd(width)}  ${outcome.seconds.toFixed(1).padStart(6)} s  ${describe(outcome)}`,
      )
    }
  }
  await Promise.all(Array.from({ length: Math.min(parallel, steps.length) }, worker))
  clearInterval(tick)
  return outcomes
}

/** Runs one step to its end; a step that cannot start counts as failed. */
function runStep(step, verbose) {
  const startedAt = Date.now()
  return new Promise((resolve) => {
    const chunks = []
    const finish = (code) => {
      const output = Buffer.concat(chunks).toString()
      resolve({ step, code, output, seconds: (Date.now() - startedAt) / 1000 })
    }
    const child = spawn(step.command, {
      shell: true,
      cwd: step.cwd ?? root,
      env: { ...process.env, ...QUIET, ...COLOUR, ...step.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk) => {
        chunks.push(chunk)
        if (verbose) process.stdout.write(chunk)
      })
    }
    child.on('error', (error) => {
      chunks.push(Buffer.from(String(error)))
      finish(1)
    })
    child.on('close', (code) => finish(code ?? 1))
  })
}

function secondsSince(time) {
  return Math.round((Date.now() - time) / 1000)
}

function indent(text) {
  return text.trimEnd().replace(/^/gm, '    │ ')
}
