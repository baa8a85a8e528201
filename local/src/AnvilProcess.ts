import { type ChildProcess, spawn } from 'node:child_process'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

// Starts anvil as a job of a shell that also watches a pipe to us (descriptor 3). When we go away, however that
// happens, the pipe closes and the shell ends anvil: a killed parent never leaves a chain behind.
const supervisor = '"$@" 3<&- & child=$!; (cat <&3 >/dev/null; kill $child) 2>/dev/null & wait $child'

const startTimeout = 20_000

/** A running anvil. */
export type AnvilProcess = {
  /** The port it listens on at 127.0.0.1. */
  port: number
  /** Settles when the process has gone, for whatever reason. */
  exited: Promise<void>
  /** Ends the process and waits until it has gone. Calling it again does no harm. */
  kill: () => Promise<void>
}

/**
 * Runs the anvil of npm's `@foundry-rs/anvil-linux-amd64` and resolves once it accepts connections.
 *
 * @throws Error with anvil's last output when the platform has no such package, or anvil ends or stays silent.
 */
export async function startAnvil(args: readonly string[]): Promise<AnvilProcess> {
  const job = spawn('/bin/sh', ['-c', supervisor, 'anvil', binary(), ...args], {
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    env: { ...process.env, NO_COLOR: '1' },
    // Its own process group: Ctrl-C in the terminal reaches us first, so that state can be saved.
    detached: true,
  })
  const lifeline = job.stdio[3]
  const exited = new Promise<void>((resolve) => {
    job.once('error', () => resolve())
    job.once('exit', () => resolve())
  }).finally(() => lifeline?.destroy())
  const kill = () => {
    lifeline?.destroy()
    return exited
  }
  try {
    return { port: await listeningPort(job), exited, kill }
  } catch (error) {
    await kill()
    throw error
  }
}

function binary(): string {
  const manifest = '@foundry-rs/anvil-linux-amd64/package.json'
  try {
    return join(dirname(createRequire(import.meta.url).resolve(manifest)), 'bin/anvil')
  } catch (cause) {
    throw new Error('The local chain needs @foundry-rs/anvil-linux-amd64 (Linux, x64); run npm install', { cause })
  }
}

/** Reads the port that the system chose from the line anvil prints when it is ready. */
function listeningPort(job: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    let output = ''
    const fail = (why: string) => {
      clearTimeout(timer)
      reject(new Error(`anvil ${why}\n${output.slice(-2000)}`))
    }
    const timer = setTimeout(() => fail(`did not start within ${startTimeout} ms`), startTimeout)
    job.once('error', (error) => fail(error.message))
    job.once('exit', (code) => fail(`ended with code ${code}`))
    job.stderr?.on('data', (chunk: Buffer) => (output += chunk.toString()))
    const read = (chunk: Buffer) => {
      output += chunk.toString()
      const port = /Listening on [^\n]*:(\d+)\n/.exec(output)?.[1]
      if (port === undefined) return
      clearTimeout(timer)
      // From here on its log is only drained, so that a full pipe never stops it.
      job.stdout?.off('data', read)
      job.stdout?.resume()
      job.stderr?.removeAllListeners('data').resume()
      resolve(Number(port))
    }
    job.stdout?.on('data', read)
  })
}
