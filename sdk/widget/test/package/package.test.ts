// The package as it would be published: what is in it, whether Node, bundlers and compilers take it, and what it weighs.
import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { build } from 'esbuild'
import { publint } from 'publint'
import ts from 'typescript'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { buildPackage } from '../../scripts/build.ts'
import { DEPENDENCIES, PEERS, SOURCE } from '../../scripts/entries.ts'
import { BUDGET, sizes } from '../../scripts/size.ts'

const run = promisify(execFile)
const modules = join(import.meta.dirname, '../../../../node_modules')
// Tools take their time to start.
vi.setConfig({ testTimeout: 60_000 })
let root: string
let app: string
let directory: string
let files: string[]

beforeAll(async () => {
  root = await realpath(await mkdtemp(join(tmpdir(), 'pbstream-widget-')))
  await buildPackage(join(root, 'dist'))
  const pack = ['pack', '--json', '--offline', '--pack-destination', root]
  const { stdout } = await run('npm', pack, { cwd: join(root, 'dist') })
  const [packed] = JSON.parse(stdout) as [{ filename: string; files: { path: string }[] }]
  files = packed.files.map(({ path }) => path)
  app = join(root, 'app')
  directory = join(app, 'node_modules/@pbstream/widget')
  await mkdir(directory, { recursive: true })
  await run('tar', ['-xzf', join(root, packed.filename), '-C', directory, '--strip-components=1'])
  await writeFile(join(app, 'package.json'), '{ "type": "module" }')
  for (const name of [...DEPENDENCIES, ...Object.keys(PEERS), 'react-dom', '@types/react']) {
    await mkdir(dirname(join(app, 'node_modules', name)), { recursive: true })
    await symlink(join(modules, name), join(app, 'node_modules', name))
  }
}, 120_000)
afterAll(() => rm(root, { recursive: true, force: true }))

describe('the tarball', () => {
  test('has code, types, style, licence and a page to read, and nothing else', () => {
    const others = files.filter((file) => !/\.(?:js|d\.ts|LEGAL\.txt)$/.test(file))
    expect(others.toSorted()).toEqual(['LICENSE', 'README.md', 'package.json', 'reserve.css'])
  })

  test('needs neither this repository nor what core is made of', async () => {
    for (const file of files.filter((name) => /\.(?:js|d\.ts)$/.test(name))) {
      const text = await readFile(join(directory, file), 'utf8')
      const named = [...text.matchAll(/\b(?:from|import)\s*\(?\s*["']([^"'\n.][^"'\n]*)["']/g)].map(([, name]) => name)
      expect(named.filter((name) => /^(?:@pbstream|@noble|zod|node:)/.test(name!))).toEqual([])
      expect(text).not.toContain(join(import.meta.dirname, '../../../..'))
    }
  })

  test('is clean for publint', async () => {
    const { messages } = await publint({ pkgDir: directory, pack: false, strict: true })
    expect(messages.map(({ code, path }) => `${code} ${path.join('.')}`)).toEqual([])
  })
})

describe('a page', () => {
  test('loads the elements within the budget, and in Chinese little more', async () => {
    const { first, chinese } = await sizes()
    console.info(`elements ${first} bytes, Chinese ${chinese} more: minified and gzipped`)
    expect(first).toBeLessThan(BUDGET)
    expect(chinese).toBeLessThan(4_000)
  })

  test('is over the budget as soon as it weighs so much more', async () => {
    const { first } = await sizes()
    const heavy = join(root, 'heavy.ts')
    const weight = randomBytes(Math.max(0, BUDGET - first) + 500).toString('base64')
    await writeFile(heavy, `export * from '${join(SOURCE, 'index.ts')}'\nexport const weight = '${weight}'\n`)
    expect((await sizes(heavy)).first).toBeGreaterThan(BUDGET)
  })

  test('without a bundler finds all that it needs in one folder', async () => {
    const { metafile } = await build({
      entryPoints: [join(directory, 'page/pbstream-widget.js')],
      outdir: join(root, 'page'),
      bundle: true,
      write: false,
      format: 'esm',
      packages: 'external',
      metafile: true,
      logLevel: 'error',
    })
    const outside = Object.keys(metafile.inputs).filter((path) => !path.includes('@pbstream/widget/page/'))
    expect(outside).toEqual([])
    const imports = Object.values(metafile.inputs).flatMap((input) => input.imports)
    expect(imports.filter(({ external }) => external)).toEqual([])
  })

  test('gets the elements from a bundler, once, whichever entry it comes from', async () => {
    const contents = `import '@pbstream/widget'; import '@pbstream/widget/react'; import '@pbstream/widget/vue'`
    const { metafile } = await build({
      stdin: { contents, resolveDir: app },
      bundle: true,
      write: false,
      format: 'esm',
      metafile: true,
      logLevel: 'error',
    })
    const sources = Object.keys(metafile.inputs).filter((path) => path.includes('@pbstream/widget'))
    const texts = await Promise.all(sources.map((path) => readFile(path.replace(/^.*?app\//, `${app}/`), 'utf8')))
    expect(texts.filter((text) => text.includes('customElements.define'))).toHaveLength(1)
  })
})

describe('an app', () => {
  test('imports every entry in Node, and nothing happens', async () => {
    const code = `import * as core from '@pbstream/widget'
import * as react from '@pbstream/widget/react'
import * as vue from '@pbstream/widget/vue'
import { createElement } from 'react'
import { renderToString } from 'react-dom/server'
console.log(JSON.stringify([Object.keys(core), Object.keys(react), Object.keys(vue), renderToString(createElement(react.PbUsage, { service: 'https://control.example' }))]))`
    await writeFile(join(app, 'run.js'), code)
    const { stdout } = await run(process.execPath, [join(app, 'run.js')])
    const names = ['PbAuthorize', 'PbConnect', 'PbReceipt', 'PbUsage']
    expect(JSON.parse(stdout.split('\n').findLast((line) => line.startsWith('['))!)).toEqual([
      names,
      names,
      [...names, 'isCustomElement'],
      '<pb-usage></pb-usage>',
    ])
  })

  test('gets types that compile without skipping ours', async () => {
    const file = join(app, 'consumer.tsx')
    await writeFile(
      file,
      `import type { Granted, GrantRequest } from '@pbstream/widget'
import { PbAuthorize, PbReceipt } from '@pbstream/widget/react'
import { PbAuthorize as VueAuthorize } from '@pbstream/widget/vue'
import { createElement } from 'react'
import { h } from 'vue'
const request: GrantRequest = { name: 'Agent', chainId: 8453, payees: ['0x00'], spendCap: '50' }
const onGranted = (event: CustomEvent<Granted>): string => event.detail.keyId
export const react = createElement(PbAuthorize, { service: 'https://control.example', request, onGranted })
export const vue = h(VueAuthorize, { service: 'https://control.example', request, onGranted })
export const element: string | undefined = document.querySelector('pb-usage')?.service
// @ts-expect-error: an amount is no float
export const wrong: GrantRequest = { ...request, spendCap: 50 }
// @ts-expect-error: a receipt is a text
createElement(PbReceipt, { jws: 5 })
// @ts-expect-error: without a request there is nothing to authorise
h(VueAuthorize, { service: 'https://control.example' })
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
    const ours = ts.getPreEmitDiagnostics(program).filter(({ file: at }) => at?.fileName.startsWith(app))
    expect(ours.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'))).toEqual([])
  })
})
