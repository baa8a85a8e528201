import { spawn } from 'node:child_process'
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const root = join(import.meta.dirname, '../..')
/** Not copied: what npm installs, and what earlier deployments left. */
const LEFT_OUT = /\/contracts\/(node_modules|coverage|ignition\/deployments)$/

export type Run = { code: number; output: string }

/** A copy of `contracts/` in which the runbook's commands can be run without leaving anything in the tree. */
export class Workspace {
  readonly #folder: string

  private constructor(folder: string) {
    this.#folder = folder
  }

  static async create(): Promise<Workspace> {
    const folder = await mkdtemp(join(tmpdir(), 'pbstream-deploy-'))
    const filter = (path: string) => !LEFT_OUT.test(path)
    await cp(join(root, 'contracts'), join(folder, 'contracts'), { recursive: true, filter })
    await symlink(join(root, 'node_modules'), join(folder, 'node_modules'))
    await writeFile(join(folder, 'package.json'), JSON.stringify({ private: true, workspaces: ['contracts'] }))
    return new Workspace(folder)
  }

  /** Runs a command line as the runbook writes it. */
  run(command: string, env: Record<string, string> = {}): Promise<Run> {
    return new Promise((resolve, reject) => {
      const child = spawn('/bin/sh', ['-c', command], {
        cwd: this.#folder,
        env: { ...process.env, NO_COLOR: '1', HARDHAT_IGNITION_CONFIRM_DEPLOYMENT: 'false', ...env },
        stdio: ['ignore', 'pipe', 'pipe'],
      })
      let output = ''
      const collect = (data: Buffer) => (output += data.toString())
      child.stdout.on('data', collect)
      child.stderr.on('data', collect)
      child.once('error', reject)
      child.once('close', (code) => resolve({ code: code ?? 1, output }))
    })
  }

  async readJson<T>(path: string): Promise<T> {
    return JSON.parse(await readFile(join(this.#folder, 'contracts', path), 'utf8')) as T
  }

  remove(): Promise<void> {
    return rm(this.#folder, { recursive: true, force: true })
  }
}

/** The commands of the runbook's `sh` blocks, in order. */
export async function runbook(name: string): Promise<string[]> {
  const text = await readFile(join(root, 'docs/runbooks', `${name}.md`), 'utf8')
  return [...text.matchAll(/^```sh\n([\s\S]*?)^```/gm)].map(([, command]) => command!.trim())
}
