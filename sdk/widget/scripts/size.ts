/**
 * What the elements weigh in a page: bundled with all that they need, minified, gzipped.
 *
 *   node sdk/widget/scripts/size.ts     says so, and fails above the budget
 */
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { build, type BuildResult } from 'esbuild'
import { SOURCE } from './entries.ts'
import { templates } from './templates.ts'

/** Bytes of what a page loads to show the elements. */
export const BUDGET = 30_000

export type Sizes = {
  /** Loaded at once. */
  first: number
  /** Loaded by those who read Chinese. */
  chinese: number
  /** Loaded by those who sign a permission: typed data and key id. */
  sign: number
  /** Loaded by those who authorise where the site brings no key: the curve. */
  newKey: number
}

type Output = BuildResult<{ write: false; metafile: true }>

/** @param entry a module; that of the source if left out. */
export async function sizes(entry: string = join(SOURCE, 'index.ts')): Promise<Sizes> {
  const result: Output = await build({
    entryPoints: { widget: entry },
    outdir: '/out',
    bundle: true,
    splitting: true,
    minify: true,
    plugins: [templates],
    write: false,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    charset: 'utf8',
    legalComments: 'none',
    logLevel: 'error',
    metafile: true,
  })
  const weights = new Map(
    result.outputFiles.map(({ path, contents }) => [path, gzipSync(contents, { level: 9 }).length] as const),
  )
  const first = withImports(result, (name) => name === 'widget.js')
  const sign = withImports(result, (name) => name.startsWith('Seal')).filter((path) => !first.includes(path))
  const newKey = withImports(result, (name) => name.startsWith('NewKey')).filter(
    (path) => !first.includes(path) && !sign.includes(path),
  )
  const chinese = withImports(result, (name) => name.startsWith('zh')).filter((path) => !first.includes(path))
  const sum = (paths: readonly string[]) =>
    paths.reduce((total, path) => total + ([...weights].find(([at]) => at.endsWith(`/${path}`))?.[1] ?? 0), 0)
  return { first: sum(first), chinese: sum(chinese), sign: sum(sign), newKey: sum(newKey) }
}

/** Names of the outputs that one loads with it. */
function withImports({ metafile }: Output, isStart: (name: string) => boolean): string[] {
  const nameOf = (path: string) => path.split('/').at(-1) ?? path
  const outputs = new Map(Object.entries(metafile.outputs).map(([path, output]) => [nameOf(path), output]))
  const found = new Set<string>()
  const waiting = [...outputs.keys()].filter(isStart)
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    if (found.has(name)) continue
    found.add(name)
    for (const { path, kind } of outputs.get(name)?.imports ?? []) {
      if (kind === 'import-statement') waiting.push(nameOf(path))
    }
  }
  return [...found]
}

/** One line for people. */
export function printed({ first, chinese, sign, newKey }: Sizes): string {
  const also = `Chinese ${chinese}, signing ${sign}, key made in the page ${newKey}`
  return `gzip: elements ${first} bytes (at most ${BUDGET}), when needed: ${also}`
}

if (import.meta.main) {
  const all = await sizes()
  console.log(printed(all))
  if (all.first > BUDGET) process.exitCode = 1
}
