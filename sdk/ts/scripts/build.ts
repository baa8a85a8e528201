/**
 * Makes `dist`, the package as it is published (`npm pack sdk/ts/dist`): every subpath export with its types, core and all
 * else bundled, and `pbstream.js`, the command-line tool in one file that needs Node and nothing else.
 */
import { chmod, copyFile, mkdir, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { build, type Metafile } from 'esbuild'
import { declarations } from './declarations.ts'
import { ENTRIES, packageOf, PEERS } from './entries.ts'
import { manifest } from './manifest.ts'

const source = join(import.meta.dirname, '../src')

/** @param outfile where to write the tool; the folder is made. */
export async function bundle(outfile: string): Promise<void> {
  await build({
    entryPoints: [join(source, 'cli.ts')],
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node22',
    format: 'esm',
    legalComments: 'linked',
    logLevel: 'error',
  })
  await chmod(outfile, 0o755)
}

/** @param directory where to write the package; what was in it is gone. */
export async function buildPackage(directory: string): Promise<void> {
  await rm(directory, { recursive: true, force: true })
  await mkdir(directory, { recursive: true })
  const peers = await modules(directory)
  const { files, packages } = declarations(ENTRIES)
  for (const [path, text] of files) {
    await mkdir(dirname(join(directory, path)), { recursive: true })
    await writeFile(join(directory, path), text)
  }
  await bundle(join(directory, 'pbstream.js'))
  await writeFile(join(directory, 'package.json'), await manifest(new Set([...peers, ...packages])))
  await copyFile(join(import.meta.dirname, '../README.md'), join(directory, 'README.md'))
  await copyFile(join(import.meta.dirname, '../../../LICENSE'), join(directory, 'LICENSE'))
}

/** Every entry as a module; what several share is in chunks, so that an error is the same class wherever it comes from. */
async function modules(directory: string): Promise<Set<string>> {
  const { metafile } = await build({
    entryPoints: ENTRIES.map((entry) => join(source, `${entry}.ts`)),
    outdir: directory,
    bundle: true,
    splitting: true,
    chunkNames: 'chunks/[name]-[hash]',
    platform: 'neutral',
    mainFields: ['module', 'main'],
    conditions: ['import'],
    target: 'es2024',
    format: 'esm',
    external: ['node:*', 'cloudflare:*', ...Object.keys(PEERS).flatMap((peer) => [peer, `${peer}/*`])],
    legalComments: 'linked',
    logLevel: 'error',
    metafile: true,
  })
  return externals(metafile)
}

function externals({ outputs }: Metafile): Set<string> {
  const imports = Object.values(outputs).flatMap((output) => output.imports.filter(({ external }) => external))
  return new Set(imports.flatMap(({ path }) => packageOf(path) ?? []))
}

if (import.meta.main) await buildPackage(join(import.meta.dirname, '../dist'))
