/** A quick start of the docs as a process of its own: the file that readers see, and the settings that it names. */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdir, rm } from 'node:fs/promises'
import { createServer, connect, type AddressInfo, type Server, type Socket } from 'node:net'
import { join } from 'node:path'
import { root } from '@pbstream/local/Bundle'
import { build, type BuildOptions } from 'esbuild'

const examples = join(root, 'sdk/ts/examples')
/** Modules that it imports are looked for from here upwards. */
const compiled = join(root, 'node_modules/.cache/pbstream-examples')

/** The file to run: Node takes out types, but does not know decorators. */
async function runnable(name: string): Promise<string> {
  const path = join(examples, `${name}.ts`)
  if (name !== 'nest') return path
  const outfile = join(compiled, `${process.pid}-${name}.js`)
  await mkdir(compiled, { recursive: true })
  await build({ entryPoints: [path], outfile, bundle: true, packages: 'external', ...forNode })
  return outfile
}

const forNode = {
  platform: 'node',
  format: 'esm',
  target: 'node22',
  logLevel: 'error',
  tsconfigRaw: { compilerOptions: { experimentalDecorators: true } },
} satisfies BuildOptions

/** A Worker in one script: the example, with its variables as a deployment would give them. */
export async function workerScript(name: string, variables: string): Promise<string> {
  const contents = `
    import example from ${JSON.stringify(join(examples, `${name}.ts`))}
    export default { fetch: (request, env, context) => example.fetch(request, { ...env, ...(${variables}) }, context) }`
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: root },
    bundle: true,
    write: false,
    format: 'esm',
    conditions: ['workerd'],
    logLevel: 'error',
  })
  return outputFiles[0]?.text as string
}

export class Example {
  readonly url: string
  readonly #process: ChildProcess
  readonly #file: string
  /** What it printed after its address. */
  readonly printed: string[]

  private constructor(process: ChildProcess, file: string, url: string, printed: string[]) {
    this.#process = process
    this.#file = file
    this.url = url
    this.printed = printed
  }

  /** Resolves when it says where it listens. */
  static async start(name: string, env: Record<string, string>): Promise<Example> {
    const file = await runnable(name)
    const child = spawn(process.execPath, [file], {
      env: { PATH: process.env['PATH'], PORT: '0', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const printed: string[] = []
    const url = await new Promise<string>((resolve, reject) => {
      const read = (chunk: Buffer) => {
        const text = String(chunk)
        const match = /listening on http:\/\/localhost:([0-9]+)/.exec(text)
        if (match === null) printed.push(text)
        // Every example listens on the address of this machine, by whichever family.
        else resolve(`http://localhost:${match[1]}`)
      }
      child.stdout.on('data', read)
      child.stderr.on('data', read)
      child.once('exit', (code) => reject(new Error(`${name} ended with ${code}: ${printed.join('')}`)))
    })
    return new Example(child, file, url, printed)
  }

  async stop(): Promise<void> {
    const ended = new Promise((resolve) => this.#process.once('exit', resolve))
    this.#process.kill()
    await ended
    if (this.#file.startsWith(compiled)) await rm(this.#file, { force: true })
  }
}

/** One address in front of whichever example runs now: connections pass byte for byte. */
export class Switch {
  readonly url: string
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  /** What the gateway sent, as it came. */
  readonly sent: string[] = []
  #port = 0

  private constructor(server: Server) {
    this.#server = server
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    server.on('connection', (socket) => this.#join(socket))
  }

  static async open(): Promise<Switch> {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return new Switch(server)
  }

  to(url: string): void {
    this.#port = Number(new URL(url).port)
    for (const socket of this.#sockets) socket.destroy()
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  #join(socket: Socket): void {
    const other = connect(this.#port, 'localhost')
    socket.on('data', (chunk) => this.sent.push(String(chunk)))
    for (const [one, two] of [
      [socket, other],
      [other, socket],
    ] as const) {
      this.#sockets.add(one)
      one.pipe(two)
      one.on('error', () => two.destroy())
      one.on('close', () => {
        this.#sockets.delete(one)
        two.destroy()
      })
    }
  }
}
