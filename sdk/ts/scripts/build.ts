/** Makes `dist/pbstream.js`: the command-line tool in one file that needs Node and nothing else. */
import { chmod } from 'node:fs/promises'
import { join } from 'node:path'
import { build } from 'esbuild'

/** @param outfile where to write it; the folder is made. */
export async function bundle(outfile: string): Promise<void> {
  await build({
    entryPoints: [join(import.meta.dirname, '../src/cli.ts')],
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

if (import.meta.main) await bundle(join(import.meta.dirname, '../dist/pbstream.js'))
