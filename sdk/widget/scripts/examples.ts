/**
 * Makes the example pages: `examples/dist/{plain,react,vue}`, and `{react,vue}-server`, whose HTML a server has rendered.
 * Each is a folder that any file server can serve.
 */
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build, type BuildOptions } from 'esbuild'
import { SOURCE } from './entries.ts'

/** `from`: a folder of `examples`; `server`: what renders the page, where it is not the browser. */
type Page = { from: string; main: string; server?: string }

const examples = join(import.meta.dirname, '../examples')
const PAGES: Readonly<Record<string, Page>> = {
  plain: { from: 'plain', main: 'main.ts' },
  react: { from: 'react', main: 'main.tsx' },
  vue: { from: 'vue', main: 'main.ts' },
  'react-server': { from: 'react', main: 'hydrate.tsx', server: 'server.tsx' },
  'vue-server': { from: 'vue', main: 'hydrate.ts', server: 'server.ts' },
}
const ROOT = '<main id="root"></main>'

/** @param directory where to write; what was in it is gone. */
export async function buildExamples(directory: string): Promise<void> {
  await rm(directory, { recursive: true, force: true })
  for (const [name, page] of Object.entries(PAGES)) {
    const folder = join(directory, name)
    await mkdir(folder, { recursive: true })
    await build({
      ...common(page),
      entryPoints: { main: join(examples, page.from, page.main) },
      outdir: folder,
      splitting: true,
      format: 'esm',
      platform: 'browser',
      legalComments: 'linked',
    })
    await writeFile(join(folder, 'index.html'), await html(page))
    await copyFile(join(examples, 'page.css'), join(folder, 'page.css'))
    await copyFile(join(SOURCE, 'reserve.css'), join(folder, 'reserve.css'))
  }
}

function common({ server }: Page): BuildOptions {
  return {
    bundle: true,
    minify: true,
    target: 'es2022',
    charset: 'utf8',
    jsx: 'automatic',
    define: {
      // Only while they are developed do the frameworks say that what a server wrote is not what the page would be.
      'process.env.NODE_ENV': server === undefined ? '"production"' : '"development"',
      __VUE_OPTIONS_API__: 'false',
      __VUE_PROD_DEVTOOLS__: 'false',
      __VUE_PROD_HYDRATION_MISMATCH_DETAILS__: 'false',
    },
    logLevel: 'error',
  }
}

async function html(page: Page): Promise<string> {
  const text = await readFile(join(examples, page.from, 'index.html'), 'utf8')
  if (page.server === undefined) return text
  const parts = text.split(ROOT)
  if (parts.length !== 2) throw new Error(`${page.from}/index.html has no ${ROOT}`)
  return parts.join(ROOT.replace('><', `>${await rendered(page)}<`))
}

/** What the example writes on a server: it is bundled, since Node reads no TSX, and run here. */
async function rendered(page: Page): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'pbstream-example-'))
  try {
    const outfile = join(folder, 'server.cjs')
    const entryPoints = [join(examples, page.from, page.server ?? '')]
    await build({ ...common(page), entryPoints, outfile, format: 'cjs', platform: 'node', legalComments: 'none' })
    const { render } = createRequire(outfile)(outfile) as { render: () => string | Promise<string> }
    return await render()
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

if (import.meta.main) await buildExamples(join(examples, 'dist'))
