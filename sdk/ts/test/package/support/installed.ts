/** The package as npm would install it: built, packed, and unpacked in a folder that knows nothing of this repository. */
import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { buildPackage } from '../../../scripts/build.ts'
import { PEERS } from '../../../scripts/entries.ts'

const run = promisify(execFile)
const modules = join(import.meta.dirname, '../../../../../node_modules')

export type Installed = {
  /** The folder of an app; the package and its peers are in its node_modules. */
  app: string
  /** The unpacked package. */
  directory: string
  tarball: string
  /** Paths in the tarball. */
  files: string[]
  /** Runs a module in the app with plain Node; returns what it prints. */
  node(code: string): Promise<string>
  remove(): Promise<void>
}

export async function install(): Promise<Installed> {
  const root = await realpath(await mkdtemp(join(tmpdir(), 'pbstream-package-')))
  const built = join(root, 'dist')
  await buildPackage(built)
  const { stdout } = await run('npm', ['pack', '--json', '--offline', '--pack-destination', root], { cwd: built })
  const [packed] = JSON.parse(stdout) as { filename: string; files: { path: string }[] }[]
  if (packed === undefined) throw new Error('npm packed nothing')
  const tarball = join(root, packed.filename)
  const app = join(root, 'app')
  const directory = join(app, 'node_modules/@pbstream/sdk')
  await mkdir(directory, { recursive: true })
  await run('tar', ['-xzf', tarball, '-C', directory, '--strip-components=1'])
  await writeFile(join(app, 'package.json'), '{ "type": "module" }')
  for (const peer of Object.keys(PEERS)) {
    await mkdir(dirname(join(app, 'node_modules', peer)), { recursive: true })
    await symlink(join(modules, peer), join(app, 'node_modules', peer))
  }
  let count = 0
  return {
    app,
    directory,
    tarball,
    files: packed.files.map(({ path }) => path),
    async node(code) {
      const file = join(app, `run-${++count}.js`)
      await writeFile(file, code)
      return (await run(process.execPath, [file])).stdout
    },
    remove: () => rm(root, { recursive: true, force: true }),
  }
}
