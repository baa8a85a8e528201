// The package as it would be published: what is in it, whether tools and runtimes take it, and what it weighs.
import { execFile } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { convertV4MiniflareOptions, Miniflare } from 'miniflare'
import { publint } from 'publint'
import ts from 'typescript'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { ENTRIES } from '../../scripts/entries.ts'
import { bundled } from '../../scripts/size.ts'
import { type Installed, install } from './support/installed.ts'

/** Bytes, minified and gzipped, of what an app gets that imports one entry whole. */
const BUDGET = { client: 46_500, errors: 13_000, webhooks: 8_000 }

const run = promisify(execFile)
// Tools and runtimes take their time to start.
vi.setConfig({ testTimeout: 60_000 })
let sdk: Installed

beforeAll(async () => {
  sdk = await install()
}, 120_000)
afterAll(() => sdk?.remove())

describe('the tarball', () => {
  test('has code, types, licence and a page to read, and nothing else', () => {
    const others = sdk.files.filter((file) => !/^[\w./-]+\.(?:js|d\.ts)$/.test(file))
    const legal = others.filter((file) => file.endsWith('.LEGAL.txt'))
    expect(others.filter((file) => !legal.includes(file)).toSorted()).toEqual(['LICENSE', 'README.md', 'package.json'])
    for (const entry of ENTRIES) expect(sdk.files).toEqual(expect.arrayContaining([`${entry}.js`, `${entry}.d.ts`]))
    expect(sdk.files).toContain('pbstream.js')
  })

  test('needs neither this repository nor what core is made of', async () => {
    for (const file of sdk.files.filter((name) => /\.(?:js|d\.ts)$/.test(name))) {
      const text = await readFile(join(sdk.directory, file), 'utf8')
      const named = [...text.matchAll(/\b(?:from|import)\s*\(?\s*["']([^"'\n.][^"'\n]*)["']/g)].map(([, name]) => name)
      expect(named.filter((name) => /^(?:@pbstream|@noble|@bitauth|zod|viem)/.test(name!))).toEqual([])
      expect(text).not.toContain(join(import.meta.dirname, '../../../..'))
    }
  })

  test('is clean for publint', async () => {
    const { messages } = await publint({ pkgDir: sdk.directory, pack: false, strict: true })
    expect(messages.map(({ code, path }) => `${code} ${path.join('.')}`)).toEqual([])
  })

  test('has types that resolve wherever ES modules are understood', async () => {
    // It fails by its exit code. CommonJS gets at ES modules by import(), or by require() from Node 22 on.
    const { stdout } = await run('attw', [sdk.tarball, '--profile', 'esm-only', '--format', 'ascii', '--no-emoji'])
    expect(stdout.match(/node16 \(from ESM\): OK \(ESM\)/g)).toHaveLength(ENTRIES.length)
    // package.json is an entry too.
    expect(stdout.match(/bundler: OK/g)).toHaveLength(ENTRIES.length + 1)
  })
})

describe('an app', () => {
  test('can load every entry in Node, and an error is the same class from wherever it comes', async () => {
    const imports = ENTRIES.map((entry, i) => `import * as m${i} from '@pbstream/sdk/${entry}'`).join('\n')
    const counts = ENTRIES.map((_, i) => `Object.keys(m${i}).length`).join(', ')
    const [same, ...sizes] = JSON.parse(
      await sdk.node(`${imports}
import { createPayer } from '@pbstream/sdk/client'
import { PBStreamError } from '@pbstream/sdk/errors'
const payer = createPayer({ key: '0x${'11'.repeat(32)}', allow: ['other.example'], fetch: async () => new Response(null, { status: 402 }) })
const thrown = await payer.fetch('https://api.example/').catch((error) => error)
console.log(JSON.stringify([thrown instanceof Response || thrown instanceof PBStreamError, ${counts}]))`),
    ) as [boolean, ...number[]]
    expect(same).toBe(true)
    expect(sizes.every((size) => size > 0)).toBe(true)
  })

  test('can pay from a Worker', async () => {
    const { text } = await bundled(
      `import { createPayer } from '@pbstream/sdk/client'
import { errorOf } from '@pbstream/sdk/errors'
export default { async fetch() {
  const free = async () => new Response('free')
  const payer = createPayer({ key: '0x${'11'.repeat(32)}', fetch: free })
  const problem = Response.json({ code: 'not_found', title: 't', hint: 'h', status: 404 }, { status: 404, headers: { 'content-type': 'application/problem+json' } })
  return Response.json([await (await payer.fetch('https://api.example/')).text(), (await errorOf(problem))?.code])
} }`,
      sdk.app,
    )
    const options = { modules: true, script: text, compatibilityDate: '2026-10-01' } as const
    const worker = new Miniflare(convertV4MiniflareOptions({ workers: [{ name: 'app', ...options }] }))
    try {
      const response = await worker.dispatchFetch('http://app/')
      expect(await response.json()).toEqual(['free', 'not_found'])
    } finally {
      await worker.dispose()
    }
  })

  test.each(Object.entries(BUDGET))('that imports %s gets at most %i bytes', async (entry, most) => {
    const { gzip } = await bundled(`export * from '@pbstream/sdk/${entry}'`, sdk.app)
    console.info(`@pbstream/sdk/${entry}: ${gzip} bytes, minified and gzipped`)
    expect(gzip).toBeLessThanOrEqual(most)
  })

  test('that imports one error gets neither the client nor the other errors', async () => {
    const { text, gzip } = await bundled(
      `import { BudgetExceededError } from '@pbstream/sdk/errors'\nconsole.log(BudgetExceededError)`,
      sdk.app,
    )
    expect(text).not.toContain('pbstream-session')
    expect(text).not.toContain('HostNotAllowedError')
    expect(gzip).toBeLessThan(2_000)
  })

  test('gets types that compile without skipping ours', async () => {
    const file = join(sdk.app, 'consumer.ts')
    await writeFile(
      file,
      `import { createPayer } from '@pbstream/sdk/client'
import { fileStorage } from '@pbstream/sdk/client/file'
import { BudgetExceededError, errorOf } from '@pbstream/sdk/errors'
const payer = createPayer({ key: '0x${'11'.repeat(32)}', storage: fileStorage('state'), budget: { perRequest: '$0.01' } })
export const answer: Promise<Response> = payer.fetch('https://api.example/')
export const limit: string = new BudgetExceededError('total', 1n, 2n).limit
export const code: Promise<string | undefined> = errorOf(new Response()).then((error) => error?.code)
// @ts-expect-error: a price is no float
createPayer({ key: '0x${'11'.repeat(32)}', budget: { perRequest: 0.01 } })
export * as server from '@pbstream/sdk/server'
export * as webhooks from '@pbstream/sdk/webhooks'
`,
    )
    const program = ts.createProgram([file], {
      strict: true,
      exactOptionalPropertyTypes: true,
      noEmit: true,
      skipLibCheck: false,
      target: ts.ScriptTarget.ES2024,
      module: ts.ModuleKind.NodeNext,
      moduleResolution: ts.ModuleResolutionKind.NodeNext,
      lib: ['lib.es2024.d.ts', 'lib.dom.d.ts', 'lib.dom.iterable.d.ts'],
      types: [],
    })
    const ours = ts.getPreEmitDiagnostics(program).filter(({ file: at }) => at?.fileName.startsWith(sdk.app))
    expect(ours.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'))).toEqual([])
  })
})
