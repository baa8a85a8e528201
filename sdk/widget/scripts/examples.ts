/** Makes the example pages: `examples/dist/{plain,react,vue}`, each a folder that any file server can serve. */
import { copyFile, mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { build } from 'esbuild'
import { SOURCE } from './entries.ts'

const examples = join(import.meta.dirname, '../examples')
const PAGES = { plain: 'main.ts', react: 'main.tsx', vue: 'main.ts' } as const

/** @param directory where to write; what was in it is gone. */
export async function buildExamples(directory: string): Promise<void> {
  await rm(directory, { recursive: true, force: true })
  for (const [name, main] of Object.entries(PAGES)) {
    const folder = join(directory, name)
    await mkdir(folder, { recursive: true })
    await build({
      entryPoints: { main: join(examples, name, main) },
      outdir: folder,
      bundle: true,
      splitting: true,
      minify: true,
      format: 'esm',
      platform: 'browser',
      target: 'es2022',
      charset: 'utf8',
      jsx: 'automatic',
      define: {
        'process.env.NODE_ENV': '"production"',
        __VUE_OPTIONS_API__: 'false',
        __VUE_PROD_DEVTOOLS__: 'false',
        __VUE_PROD_HYDRATION_MISMATCH_DETAILS__: 'false',
      },
      legalComments: 'linked',
      logLevel: 'error',
    })
    await copyFile(join(examples, name, 'index.html'), join(folder, 'index.html'))
    await copyFile(join(examples, 'page.css'), join(folder, 'page.css'))
    await copyFile(join(SOURCE, 'reserve.css'), join(folder, 'reserve.css'))
  }
}

if (import.meta.main) await buildExamples(join(examples, 'dist'))
