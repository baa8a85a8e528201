import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

/** The repository's root. */
export const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..')

/** The Workers of the system and the configuration each is deployed with. */
export const workers = {
  gateway: join(root, 'wrangler.toml'),
  settlement: join(root, 'workers/settlement/wrangler.toml'),
  control: join(root, 'workers/control/wrangler.toml'),
  sentinel: join(root, 'workers/sentinel/wrangler.toml'),
} as const

export type WorkerName = keyof typeof workers

/** A Worker as it would be uploaded: its modules, main module first. Paths are absolute. */
export type Bundle = {
  configPath: string
  directory: string
  modules: { type: 'ESModule' | 'CompiledWasm'; path: string }[]
}

/**
 * Bundles one Worker with `wrangler deploy --dry-run`: what runs locally is what would be deployed.
 *
 * @throws Error with wrangler's output when the Worker does not build.
 */
async function bundle(name: WorkerName, directory: string): Promise<Bundle> {
  const configPath = workers[name]
  // wrangler reads --outdir relative to the configuration file.
  const args = ['deploy', '--dry-run', '-c', configPath, '--outdir', relative(dirname(configPath), directory)]
  await run('wrangler', args)
  const files = (await readdir(directory)).filter((file) => /\.(js|wasm)$/.test(file))
  files.sort((a, b) => Number(b === 'index.js') - Number(a === 'index.js'))
  return {
    configPath,
    directory,
    modules: files.map((file) => ({
      type: file.endsWith('.wasm') ? 'CompiledWasm' : 'ESModule',
      path: join(directory, file),
    })),
  }
}

/** Bundles every Worker into a new folder under `.wrangler/bundles`; `dispose` removes it. */
export async function bundleAll(): Promise<{ bundles: Record<WorkerName, Bundle>; dispose: () => Promise<void> }> {
  const parent = join(root, '.wrangler', 'bundles')
  await mkdir(parent, { recursive: true })
  const directory = await mkdtemp(join(parent, 'b-'))
  const names = Object.keys(workers) as WorkerName[]
  const built = await Promise.all(names.map(async (name) => [name, await bundle(name, join(directory, name))] as const))
  return {
    bundles: Object.fromEntries(built) as Record<WorkerName, Bundle>,
    dispose: () => rm(directory, { recursive: true, force: true }),
  }
}

async function run(command: string, args: string[]): Promise<void> {
  const bin = join(root, 'node_modules', '.bin')
  const env = { ...process.env, PATH: `${bin}:${process.env.PATH ?? ''}`, WRANGLER_SEND_METRICS: 'false', CI: 'true' }
  try {
    await promisify(execFile)(join(bin, command), args, { cwd: root, env, maxBuffer: 1 << 26 })
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string }
    throw new Error(`${command} ${args.join(' ')} failed:\n${stdout}${stderr}`, { cause: error })
  }
}
