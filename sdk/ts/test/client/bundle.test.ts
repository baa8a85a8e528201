import { gzipSync } from 'node:zlib'
import { join } from 'node:path'
import { build } from 'esbuild'
import { expect, test, vi } from 'vitest'

// Signatures in plain JavaScript take their time on a busy machine.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

/** What a page or a Worker loads for the client, in bytes after gzip. */
const BUDGET = 40_000

test('the client is one small file that needs nothing of Node', async () => {
  const { outputFiles, metafile } = await build({
    entryPoints: [join(import.meta.dirname, '../../src/client.ts')],
    ...{
      bundle: true,
      write: false,
      minify: true,
      metafile: true,
      format: 'esm',
      platform: 'browser',
      target: 'es2022',
    },
  })
  const inputs = Object.keys(metafile.inputs)
  expect(inputs.filter((path) => /node_modules\/(?:viem|zod|@bitauth)\//.test(path))).toEqual([])
  expect(inputs.filter((path) => path.startsWith('node:'))).toEqual([])
  expect(gzipSync(outputFiles[0]?.contents ?? new Uint8Array()).length).toBeLessThan(BUDGET)
})
