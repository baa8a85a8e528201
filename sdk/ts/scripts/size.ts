/** What an entry of the package weighs in an app: bundled, minified, gzipped. */
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'
import { PEERS } from './entries.ts'

/**
 * @param code a module that imports from the package, as an app would.
 * @param directory where the package can be found.
 */
export async function bundled(code: string, directory: string): Promise<{ text: string; gzip: number }> {
  const { outputFiles } = await build({
    stdin: { contents: code, resolveDir: directory },
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    platform: 'neutral',
    target: 'es2024',
    external: ['node:*', ...Object.keys(PEERS).flatMap((peer) => [peer, `${peer}/*`])],
    legalComments: 'none',
    logLevel: 'error',
  })
  const [file] = outputFiles
  if (file === undefined) throw new Error('esbuild wrote nothing')
  return { text: file.text, gzip: gzipSync(file.contents, { level: 9 }).length }
}
