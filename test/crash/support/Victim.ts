import { type ChildProcess, spawn } from 'node:child_process'
import { readFile, readdir } from 'node:fs/promises'
import { createInterface } from 'node:readline'

/** A process that a test starts, kills with everything that it has started, and starts again. */
export class Victim<Ready> {
  /** How often it was killed. */
  kills = 0
  readonly #script: string
  #child: ChildProcess | undefined

  /** @param script prints one line of JSON when it is ready, and takes its settings as JSON. */
  constructor(script: string) {
    this.#script = script
  }

  /** Resolves with what the process says when it is ready; further lines go to `onLine`. */
  async start(settings: object, onLine: (line: string) => void = () => {}): Promise<Ready> {
    const child = spawn(process.execPath, [this.#script, JSON.stringify(settings)], {
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    this.#child = child
    const lines = createInterface({ input: child.stdout! })
    const { promise, resolve, reject } = Promise.withResolvers<Ready>()
    child.once('exit', (code) => reject(new Error(`${this.#script} ended with ${code} before it was ready`)))
    lines.once('line', (first) => {
      resolve(JSON.parse(first) as Ready)
      lines.on('line', onLine)
    })
    return promise
  }

  /** SIGKILL to it and to all that descends from it, at once; resolves when it has gone. */
  async kill(): Promise<void> {
    const child = this.#child
    this.#child = undefined
    if (child?.pid === undefined || child.exitCode !== null) return
    const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()))
    for (const pid of [child.pid, ...(await descendants(child.pid))]) killIfThere(pid)
    await gone
    this.kills++
  }

  /** Tells it to end by itself, as an operator would, by closing its input. */
  async stop(): Promise<void> {
    const child = this.#child
    this.#child = undefined
    if (child === undefined || child.exitCode !== null) return
    const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()))
    child.stdin?.end()
    await gone
  }
}

/** Linux only, as the local chain is. */
async function descendants(pid: number): Promise<number[]> {
  const parents = new Map<number, number>()
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue
    const stat = await readFile(`/proc/${name}/stat`, 'latin1').catch(() => '')
    parents.set(Number(name), Number(stat.slice(stat.lastIndexOf(')')).split(' ')[2]))
  }
  const below = (of: number): number[] =>
    [...parents].flatMap(([child, parent]) => (parent === of ? [child, ...below(child)] : []))
  return below(pid)
}

function killIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It has gone meanwhile.
  }
}
