import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const ATTEMPTS = 3

// As with anvil: the shell says which process it is, and ends it when the pipe to us (descriptor 3) closes, however we go.
const supervisor =
  '"$@" 3<&- & child=$!; echo "process $child"; (cat <&3 >/dev/null; kill -9 $child) 2>/dev/null & wait $child'

/** A Redis server for one run: nothing on disk, a port of its own at 127.0.0.1, gone afterwards. */
export class RedisServer {
  readonly port: number
  readonly #job: ChildProcess
  readonly #pid: number
  readonly #directory: string

  private constructor(port: number, job: ChildProcess, pid: number, directory: string) {
    this.port = port
    this.#job = job
    this.#pid = pid
    this.#directory = directory
  }

  /**
   * Starts `program`, Debian's `redis-server`, and resolves once it takes connections.
   *
   * @throws Error with its last words when it does not.
   */
  static async start(program: string, settings: readonly string[] = []): Promise<RedisServer> {
    const directory = await mkdtemp(join(tmpdir(), 'pbstream-redis-'))
    for (let attempt = 1; ; attempt++) {
      const port = await freePort()
      const own = [
        '--bind',
        '127.0.0.1',
        '--port',
        String(port),
        '--save',
        '',
        '--appendonly',
        'no',
        '--dir',
        directory,
      ]
      const job = spawn('/bin/sh', ['-c', supervisor, 'redis', program, ...own, ...settings], {
        stdio: ['ignore', 'pipe', 'ignore', 'pipe'],
      })
      const said = await untilReady(job)
      if (typeof said === 'number') return new RedisServer(port, job, said, directory)
      // Somebody may have taken the port between the choice and the start.
      if (attempt === ATTEMPTS) throw new Error(`redis-server did not start: ${said}`)
    }
  }

  /** From now on it answers nobody, though it is there. */
  hang(): void {
    process.kill(this.#pid, 'SIGSTOP')
  }

  /** Answers again, also what it was asked meanwhile. */
  goOn(): void {
    process.kill(this.#pid, 'SIGCONT')
  }

  async stop(): Promise<void> {
    const ended = once(this.#job, 'exit')
    this.#job.stdio[3]?.destroy()
    await ended
    await rm(this.#directory, { recursive: true, force: true })
  }
}

/** Resolves to its process id once the server takes connections, or to its last words. */
function untilReady(job: ChildProcess): Promise<number | string> {
  return new Promise((resolve) => {
    let output = ''
    job.stdout?.on('data', (chunk: Buffer) => {
      output = (output + chunk.toString()).slice(-20_000)
      if (output.includes('Ready to accept connections')) resolve(Number(/process (\d+)\n/.exec(output)?.[1]))
    })
    job.once('error', (error) => resolve(error.message))
    job.once('exit', () => resolve(output))
  })
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0))
    })
  })
}
