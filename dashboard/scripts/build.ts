// Builds what workers/control serves: dist/app (the dashboard, names with hashes) and dist/reference (Swagger UI).
//
//   node scripts/build.ts            builds, prints sizes
//   node scripts/build.ts --check    builds into nowhere; fails when the first load is above its budget
//   node scripts/build.ts --quiet    says nothing when it works
import { existsSync, globSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { build, type Metafile, type Plugin } from 'esbuild'
import { tokens } from '@pbstream/core/style/Tokens'

const here = dirname(dirname(fileURLToPath(import.meta.url)))
const src = join(here, 'src')
/** Script of the first load, gzip. */
const BUDGET_BYTES = 200_000
const SWAGGER_FILES = ['swagger-ui-bundle.js', 'swagger-ui.css']

/** Tokens come from core; the stylesheets of pages are taken up wherever they lie under src/pages. */
const styles: Plugin = {
  name: 'styles',
  setup(setup) {
    setup.onResolve({ filter: /^pbstream:/ }, ({ path }) => ({ path, namespace: 'pbstream' }))
    setup.onLoad({ filter: /^pbstream:tokens$/, namespace: 'pbstream' }, () => ({ contents: tokens(), loader: 'css' }))
    setup.onLoad({ filter: /^pbstream:pages$/, namespace: 'pbstream' }, () => {
      const files = globSync('pages/**/*.css', { cwd: src }).toSorted()
      const contents = files.map((file) => `@import ${JSON.stringify(`./${file}`)};`).join('\n')
      return { contents, loader: 'css', resolveDir: src }
    })
  },
}

async function bundle(): Promise<Metafile & { files: Map<string, Uint8Array> }> {
  const result = await build({
    entryPoints: { main: join(src, 'main.tsx'), early: join(src, 'early.ts'), style: join(src, 'style/index.css') },
    outdir: join(here, 'dist/app'),
    absWorkingDir: here,
    bundle: true,
    splitting: true,
    format: 'esm',
    target: 'es2022',
    jsx: 'automatic',
    jsxImportSource: 'preact',
    minify: true,
    metafile: true,
    write: false,
    sourcemap: false,
    legalComments: 'none',
    entryNames: '[name]-[hash]',
    chunkNames: 'part-[hash]',
    assetNames: '[name]-[hash]',
    plugins: [styles],
    logLevel: 'warning',
  })
  const files = new Map(result.outputFiles.map((file) => [relative(here, file.path), file.contents]))
  return { ...result.metafile, files }
}

type Bundle = Awaited<ReturnType<typeof bundle>>

/** What the browser fetches before it shows anything: a script and everything that it imports by itself. */
function firstLoad({ outputs }: Bundle, entry: string): string[] {
  const found = new Set<string>()
  const visit = (path: string) => {
    if (found.has(path)) return
    found.add(path)
    for (const { path: next, kind } of outputs[path]?.imports ?? []) if (kind === 'import-statement') visit(next)
  }
  visit(entry)
  return [...found]
}

function entryOf({ outputs }: Bundle, source: string): string {
  const found = Object.entries(outputs).find(([, { entryPoint }]) => entryPoint === source)
  if (found === undefined) throw new Error(`${source} was not built`)
  return found[0]
}

const urlOf = (path: string) => `/app/${path.slice('dist/app/'.length)}`

/** index.html with the names of this build. */
function page(made: Bundle): string {
  const main = entryOf(made, 'src/main.tsx')
  const parts = firstLoad(made, main).filter((path) => path !== main)
  const lines = {
    early: `<script src="${urlOf(entryOf(made, 'src/early.ts'))}"></script>`,
    style: `<link rel="stylesheet" href="${urlOf(entryOf(made, 'src/style/index.css'))}">`,
    main: [
      `<script type="module" src="${urlOf(main)}"></script>`,
      ...parts.map((path) => `<link rel="modulepreload" href="${urlOf(path)}">`),
    ].join('\n'),
  }
  return readFileSync(join(here, 'index.html'), 'utf8').replace(
    /<!-- (early|style|main) -->/g,
    (_, name: keyof typeof lines) => lines[name],
  )
}

function sizes(made: Bundle): { first: number; style: number; all: number } {
  const gzip = (path: string) => gzipSync(made.files.get(path) ?? new Uint8Array()).length
  const sum = (paths: string[]) => paths.reduce((total, path) => total + gzip(path), 0)
  const scripts = [...made.files.keys()].filter((path) => path.endsWith('.js'))
  const first = [...firstLoad(made, entryOf(made, 'src/main.tsx')), entryOf(made, 'src/early.ts')]
  return { first: sum(first), style: gzip(entryOf(made, 'src/style/index.css')), all: sum(scripts) }
}

/**
 * Puts the files in place one by one, each whole, index.html last, and takes away what is of no use any more: whoever
 * reads `dist` meanwhile, or builds the same at the same time, finds what he needs.
 */
function write(made: Bundle): void {
  const swagger = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'))
  const files = new Map<string, Uint8Array>(made.files)
  for (const file of SWAGGER_FILES) files.set(`dist/reference/${file}`, readFileSync(join(swagger, file)))
  files.set('dist/app/index.html', new TextEncoder().encode(page(made)))
  for (const [path, contents] of files) {
    const target = join(here, path)
    if (existsSync(target) && readFileSync(target).equals(contents)) continue
    mkdirSync(dirname(target), { recursive: true })
    const part = join(tmp(), `${process.pid}-${path.replaceAll('/', '-')}`)
    writeFileSync(part, contents)
    renameSync(part, target)
  }
  for (const path of globSync('dist/**/*.*', { cwd: here }))
    if (!files.has(path)) rmSync(join(here, path), { force: true })
}

/** Beside, on the same disk, so that a file can be moved into place in one step. */
function tmp(): string {
  const path = join(here, '../.wrangler/dashboard')
  mkdirSync(path, { recursive: true })
  return path
}

const made = await bundle()
const { first, style, all } = sizes(made)
const kB = (bytes: number) => `${(bytes / 1000).toFixed(1)} kB`
if (!process.argv.includes('--check')) write(made)
if (!process.argv.includes('--quiet')) {
  console.log(`first load: ${kB(first)} of script, ${kB(style)} of style; all script: ${kB(all)} (gzip)`)
}
if (first > BUDGET_BYTES) {
  console.error(`the first load is above ${kB(BUDGET_BYTES)}`)
  process.exitCode = 1
}
