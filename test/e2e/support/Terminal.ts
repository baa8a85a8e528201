/** Runs the built tool as a person would: another process, in a home of its own, and not at a terminal. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { bundle } from '../../../sdk/ts/scripts/build.ts'

export type Ended = { code: number; out: string; err: string; json(): Record<string, never> }

export class Terminal {
  readonly #root: string
  /** `PBSTREAM_HOME`. */
  home: string
  #opened = 0
  readonly #env: Record<string, string>

  private constructor(root: string, env: Record<string, string>) {
    this.#root = root
    this.home = root
    this.#env = env
  }

  /** Builds the tool as it is published: one file, away from the repository. @param env beside `PBSTREAM_HOME`. */
  static async open(env: Record<string, string> = {}): Promise<Terminal> {
    const root = await mkdtemp(join(tmpdir(), 'pbstream-terminal-'))
    await bundle(join(root, 'pbstream.js'))
    return new Terminal(root, env)
  }

  /** From now on in another home, an empty one. */
  move(): void {
    this.home = join(this.#root, `home-${++this.#opened}`)
  }

  close(): Promise<void> {
    return rm(this.#root, { recursive: true, force: true })
  }

  /** The process, for who wants to see what it prints while it runs. */
  start(args: readonly string[], env: Record<string, string> = {}): ChildProcessWithoutNullStreams {
    const own = { PATH: process.env.PATH ?? '', PBSTREAM_HOME: this.home, ...this.#env, ...env }
    return spawn(process.execPath, [join(this.#root, 'pbstream.js'), ...args], { env: own, stdio: 'pipe' })
  }

  async run(args: readonly string[], given: { env?: Record<string, string>; stdin?: string } = {}): Promise<Ended> {
    const child = this.start(args, given.env)
    child.stdin.end(given.stdin ?? '')
    const exit = new Promise<number>((resolve, reject) => {
      child.once('error', reject)
      child.once('exit', (code) => resolve(code ?? -1))
    })
    const [code, out, err] = await Promise.all([exit, text(child.stdout), text(child.stderr)])
    return { code, out, err, json: () => JSON.parse(out) as Record<string, never> }
  }

  /** Makes a key; returns its address. */
  async newKey(name: string): Promise<`0x${string}`> {
    const made = await this.run(['keys', 'new', name, '--json'])
    if (made.code !== 0) throw new Error(made.err)
    return (made.json() as unknown as { address: `0x${string}` }).address
  }
}
