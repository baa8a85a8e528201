/** A copy of the working tree in a temporary folder, in which bugs are planted one after the other. */
import { spawn, spawnSync } from 'node:child_process'
import { cp, mkdir, mkdtemp, readdir, readFile, readlink, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import type { Suite } from './suites.ts'

export type Outcome = { code: number | undefined; output: string }

const original = join(import.meta.dirname, '../..')
export const QUIET = { NO_COLOR: '1', CI: 'true', WRANGLER_SEND_METRICS: 'false', CLOUDFLARE_CF_FETCH_ENABLED: 'false' }

export class Tree {
  readonly folder: string

  private constructor(folder: string) {
    this.folder = folder
  }

  /** Copies what git knows and what it does not ignore; installed packages are linked. */
  static async copy(): Promise<Tree> {
    const folder = await mkdtemp(join(tmpdir(), 'pbstream-planted-'))
    const files = filesOf(original)
    for (const path of new Set(files.map((file) => dirname(file)))) await mkdir(join(folder, path), { recursive: true })
    await Promise.all(files.map((file) => cp(join(original, file), join(folder, file))))
    await linkPackages('node_modules', folder)
    // Versions that a workspace has for itself.
    const workspaces = new Set(files.filter((file) => file.endsWith('/package.json')).map((file) => dirname(file)))
    for (const path of workspaces) await linkPackages(join(path, 'node_modules'), folder)
    return new Tree(folder)
  }

  /**
   * Replaces the only place that reads `find`, and gives back how to undo it.
   *
   * @throws when there is no such place, or more than one: the bug has to follow the code.
   */
  async plant(file: string, find: string, replace: string): Promise<() => Promise<void>> {
    const path = join(this.folder, file)
    const text = await readFile(path, 'utf8')
    const parts = text.split(find)
    if (parts.length !== 2) throw new Error(`stale: ${file} has ${parts.length - 1} times\n${find}`)
    await writeFile(path, parts.join(replace))
    return () => writeFile(path, text)
  }

  /** Runs a suite to its end; `code` is undefined when it took longer than `ms`, and was stopped. */
  run({ bin, args, env }: Suite, ms: number): Promise<Outcome> {
    const program = bin === undefined ? [] : [join(this.folder, 'node_modules', bin)]
    return new Promise((resolve, reject) => {
      const child = spawn(process.execPath, [...program, ...args], {
        cwd: this.folder,
        env: { ...process.env, ...QUIET, ...env },
        stdio: ['ignore', 'pipe', 'pipe'],
        // A group of its own, so that what it has started is stopped with it.
        detached: true,
      })
      const output: Buffer[] = []
      let late = false
      const timer = setTimeout(() => {
        late = true
        process.kill(-child.pid!, 'SIGKILL')
      }, ms)
      child.stdout.on('data', (chunk: Buffer) => output.push(chunk))
      child.stderr.on('data', (chunk: Buffer) => output.push(chunk))
      child.on('error', reject)
      child.on('close', (code) => {
        clearTimeout(timer)
        resolve({
          code: late ? undefined : (code ?? 1),
          output: stripVTControlCharacters(Buffer.concat(output).toString()),
        })
      })
    })
  }

  async remove(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true })
  }
}

/** How often each bug's place is in the sources as they are now. */
export async function occurrences(file: string, find: string): Promise<number> {
  const text = await readFile(join(original, file), 'utf8').catch(() => '')
  return text.split(find).length - 1
}

function filesOf(folder: string): string[] {
  const args = ['ls-files', '-z', '--cached', '--others', '--exclude-standard', '--deduplicate']
  const { status, stdout } = spawnSync('git', args, { cwd: folder, encoding: 'utf8', maxBuffer: 2 ** 26 })
  if (status !== 0) throw new Error('git does not say which files there are')
  const gone = spawnSync('git', ['ls-files', '-z', '--deleted'], { cwd: folder, encoding: 'utf8' }).stdout.split('\0')
  return stdout.split('\0').filter((file) => file !== '' && !gone.includes(file))
}

/** Links of our own packages point into the copy, all others at what is installed. */
async function linkPackages(path: string, folder: string): Promise<void> {
  const from = join(original, path)
  const names = await readdir(from).catch(() => [])
  const packages = names.filter((name) => name === '.bin' || !name.startsWith('.'))
  if (packages.length === 0) return
  await mkdir(join(folder, path), { recursive: true })
  for (const name of packages) {
    if (name === '@pbstream') await linkOurs(join(from, name), join(folder, path, name))
    else await symlink(join(from, name), join(folder, path, name))
  }
}

async function linkOurs(from: string, to: string): Promise<void> {
  await mkdir(to)
  for (const name of await readdir(from)) {
    if ((await stat(join(from, name)).catch(() => undefined)) === undefined) continue
    await symlink(await readlink(join(from, name)), join(to, name))
  }
}
