import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'

type Request = { id: number; method: string; argument: unknown }
type Reply = { id: number; result?: unknown; error?: string }

/** The core that servers under test run on, and the one for everything else. `undefined`: they cannot be kept apart. */
export const cores = canPin() ? ({ server: 0, load: 1 } as const) : undefined

/** A script in a process of its own that answers calls, see `serve`. */
export class Child {
  readonly pid: number
  readonly #process: ChildProcess
  readonly #name: string
  readonly #open = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>()
  readonly #exited: Promise<void>
  #next = 0

  private constructor(process: ChildProcess, name: string) {
    this.#process = process
    this.#name = name
    this.pid = process.pid ?? 0
    process.on('message', (reply: Reply) => this.#settle(reply))
    this.#exited = new Promise((resolve) => {
      const gone = (why: string) => {
        for (const { reject } of this.#open.values()) reject(new Error(`${name} ended: ${why}`))
        this.#open.clear()
        resolve()
      }
      process.once('error', (error) => gone(error.message))
      process.once('exit', (code, signal) => gone(signal ?? `code ${code}`))
    })
  }

  /**
   * Runs `<name>.ts` of this folder, on one core if there are several.
   *
   * Its standard output goes to our standard error, where progress goes.
   */
  static start(name: string, core?: 'server' | 'load'): Child {
    const script = join(import.meta.dirname, `${name}.ts`)
    const pin = core === undefined || cores === undefined ? [] : ['taskset', '-c', String(cores[core])]
    const [command, ...args] = [...pin, process.execPath, '--max-old-space-size=4096', script]
    const child = spawn(command, args, { stdio: ['ignore', 2, 2, 'ipc'], serialization: 'advanced' })
    return new Child(child, name)
  }

  /** Calls a method of the script. Rejects when it throws, or when its process ends. */
  call<T>(method: string, argument?: unknown): Promise<T> {
    const id = this.#next++
    const { promise, resolve, reject } = Promise.withResolvers<T>()
    this.#open.set(id, { resolve: resolve as (value: unknown) => void, reject })
    this.#process.send({ id, method, argument } satisfies Request, (error) => {
      if (error === null || !this.#open.delete(id)) return
      reject(new Error(`${this.#name} cannot be reached`, { cause: error }))
    })
    return promise
  }

  /** Ends the process and waits until it has gone. Calling it again does no harm. */
  stop(): Promise<void> {
    if (this.#process.connected) this.#process.disconnect()
    return this.#exited
  }

  #settle({ id, result, error }: Reply): void {
    const call = this.#open.get(id)
    this.#open.delete(id)
    if (error === undefined) call?.resolve(result)
    else call?.reject(new Error(`${this.#name}: ${error}`))
  }
}

/** Makes this process answer calls of its parent, one after the other or at once, as they come; ends with the parent. */
// oxlint-disable-next-line typescript/no-explicit-any -- each method knows its own argument; the parent's types say which.
export function serve(methods: Record<string, (argument: any) => unknown>, dispose?: () => Promise<void>): void {
  process.on('message', (request: Request) => {
    const run = async () => methods[request.method]?.(request.argument)
    run().then(
      (result) => process.send?.({ id: request.id, result } satisfies Reply),
      (error: unknown) =>
        process.send?.({ id: request.id, error: String((error as Error).stack ?? error) } satisfies Reply),
    )
  })
  process.once('disconnect', () => {
    const end = async () => dispose?.()
    void end().finally(() => process.exit())
  })
  // Ctrl-C reaches the whole group: the parent decides when it is over.
  process.on('SIGINT', () => undefined)
}

function canPin(): boolean {
  return process.platform === 'linux' && availableParallelism() >= 2 && spawnSync('taskset', ['-V']).status === 0
}
