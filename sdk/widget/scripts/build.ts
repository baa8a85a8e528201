/**
 * Makes `dist`, the package as it is published (`npm pack sdk/widget/dist`): the elements, the wrappers for React and
 * Vue, types, and `pbstream-widget.js` with all that it needs for pages without a bundler. Fails above the budget.
 */
import { copyFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { build, type BuildOptions } from 'esbuild'
import { declarations } from './declarations.ts'
import { DEPENDENCIES, ENTRIES, EXTERNAL, PEERS, SOURCE } from './entries.ts'
import { BUDGET, printed, sizes } from './size.ts'
import { templates } from './templates.ts'

type Own = { name: string; version: string; license: string; dependencies: Record<string, string> }

const common: BuildOptions = {
  bundle: true,
  splitting: true,
  platform: 'browser',
  format: 'esm',
  target: 'es2022',
  // Modules are UTF-8 wherever they are loaded; escapes would double the Chinese texts.
  charset: 'utf8',
  legalComments: 'linked',
  logLevel: 'error',
  plugins: [templates],
}

/** @param directory where to write the package; what was in it is gone. */
export async function buildPackage(directory: string): Promise<void> {
  await rm(directory, { recursive: true, force: true })
  await mkdir(directory, { recursive: true })
  await build({
    ...common,
    entryPoints: Object.values(ENTRIES).map((entry) => join(SOURCE, `${entry}.ts`)),
    outdir: directory,
    chunkNames: 'chunks/[name]-[hash]',
    external: EXTERNAL,
  })
  await build({
    ...common,
    entryPoints: { 'pbstream-widget': join(SOURCE, 'index.ts') },
    outdir: join(directory, 'page'),
    chunkNames: '[name]-[hash]',
    minify: true,
  })
  for (const [path, text] of declarations(Object.values(ENTRIES))) {
    await mkdir(dirname(join(directory, path)), { recursive: true })
    await writeFile(join(directory, path), text)
  }
  await writeFile(join(directory, 'package.json'), await manifest())
  await copyFile(join(SOURCE, 'reserve.css'), join(directory, 'reserve.css'))
  await copyFile(join(import.meta.dirname, '../README.md'), join(directory, 'README.md'))
  await copyFile(join(import.meta.dirname, '../../../LICENSE'), join(directory, 'LICENSE'))
}

/** The package.json of what is published: that of the repository runs from `src`. */
async function manifest(): Promise<string> {
  const own = JSON.parse(await readFile(join(import.meta.dirname, '../package.json'), 'utf8')) as Own
  const { name, version, license, dependencies } = own
  const exports = Object.entries(ENTRIES).map(([path, entry]) => [
    path,
    { types: `./${entry}.d.ts`, default: `./${entry}.js` },
  ])
  const peers = Object.keys(PEERS)
  return `${JSON.stringify(
    {
      name,
      version,
      description: 'Elements that connect a wallet, authorise a session key of PB-Stream, and show what it spends',
      keywords: ['x402', 'payments', 'wallet', 'web-components', 'react', 'vue'],
      license,
      type: 'module',
      sideEffects: true,
      exports: {
        ...Object.fromEntries(exports),
        './page': './page/pbstream-widget.js',
        './reserve.css': './reserve.css',
        './package.json': './package.json',
      },
      dependencies: Object.fromEntries(DEPENDENCIES.map((each) => [each, `^${dependencies[each]}`])),
      peerDependencies: PEERS,
      peerDependenciesMeta: Object.fromEntries(peers.map((peer) => [peer, { optional: true }])),
    },
    undefined,
    2,
  )}\n`
}

if (import.meta.main) {
  await buildPackage(join(import.meta.dirname, '../dist'))
  const all = await sizes()
  console.log(printed(all))
  if (all.first > BUDGET) process.exitCode = 1
}
