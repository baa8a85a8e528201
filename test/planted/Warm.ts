/** A Vitest that stays in a tree while bugs come and go. What it is good for: warmHost.ts. */
import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import type { Tests } from './suites.ts'
import { type Outcome, QUIET, type Tree } from './Tree.ts'
import type { Order, Reply } from './warmHost.ts'

const CLOSE_MS = 10_000

export class Warm {
  readonly #child: ChildProcess
  #tell: (message: Reply | 'ready' | undefined) => void = () => {}

  private constructor(child: ChildProcess) {
    this.#child = child
    child.on('message', (message: Reply | 'ready') => this.#tell(message))
    child.on('exit', () => this.#tell(undefined))
    child.on('error', () => this.#tell(undefined))
  }

  /** Undefined: it does not start. */
  static async start(tree: Tree, { root, config }: Tests, ms: number): Promise<Warm | undefined> {
    const args = [join(tree.folder, 'test/planted/warmHost.ts'), root, ...(config === undefined ? [] : [config])]
    const child = spawn(process.execPath, args, {
      cwd: tree.folder,
      env: { ...process.env, ...QUIET, TEST: 'true', VITEST: 'true', NODE_ENV: 'test' },
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      // A group of its own, so that what it has started is stopped with it.
      detached: true,
    })
    const warm = new Warm(child)
    if ((await warm.#heard(ms)) === 'ready') return warm
    warm.stop()
    return undefined
  }

  /** `changed`: paths from the root of the tree. Undefined when it took longer than `ms` or has ended: it is no more then. */
  async run({ file, only }: Tests, changed: readonly string[], ms: number): Promise<Outcome | undefined> {
    const order: Order = { changed, file, only: only ?? null }
    const heard = this.#heard(ms)
    if (!this.#child.connected) return undefined
    this.#child.send(order)
    const reply = await heard
    if (reply === undefined || reply === 'ready') {
      this.stop()
      return undefined
    }
    return { code: reply.failed ? 1 : 0, output: stripVTControlCharacters(reply.output) }
  }

  /** Lets it close what it has open; one that does not is stopped. */
  async end(): Promise<void> {
    const gone = this.#heard(CLOSE_MS)
    if (this.#child.connected) this.#child.disconnect()
    await gone
    this.stop()
  }

  stop(): void {
    this.#tell(undefined)
    if (this.#child.pid === undefined || this.#child.exitCode !== null || this.#child.signalCode !== null) return
    process.kill(-this.#child.pid, 'SIGKILL')
  }

  #heard(ms: number): Promise<Reply | 'ready' | undefined> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.#tell(undefined), ms)
      this.#tell = (message) => {
        clearTimeout(timer)
        resolve(message)
      }
    })
  }
}
