/** The Workers as they would be deployed, each behind a main module of `faulty/` that can make it fail. */
import { join } from 'node:path'
import { type Bundle, type WorkerName, bundleAll, root } from '@pbstream/local/Bundle'
import { type Plugin, build } from 'esbuild'
import type { TestProject } from 'vitest/node'
import type {} from '../../support/bundles.ts'

/** The real Worker is the bundle that stands beside: it is not bundled a second time. */
const besides: Plugin = {
  name: 'beside',
  setup: ({ onResolve }) => {
    onResolve({ filter: /workers\/\w+\/src\/index\.ts$/ }, () => ({ path: './index.js', external: true }))
  },
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const { bundles, dispose } = await bundleAll()
  const faulty = Object.entries(bundles).map(async ([name, bundle]) => [name, await wrapped(name, bundle)] as const)
  project.provide('bundles', Object.fromEntries(await Promise.all(faulty)) as Record<WorkerName, Bundle>)
  return dispose
}

/** A Worker behind its main module of `faulty/`: for tests elsewhere that need one that can fail. */
export async function wrapped(name: string, bundle: Bundle): Promise<Bundle> {
  const path = join(bundle.directory, 'faulty.js')
  const entry = join(root, 'test/fault/support/faulty', `${name}.ts`)
  await build({
    entryPoints: [entry],
    outfile: path,
    bundle: true,
    format: 'esm',
    target: 'es2024',
    plugins: [besides],
  })
  return { ...bundle, modules: [{ type: 'ESModule', path }, ...bundle.modules] }
}
