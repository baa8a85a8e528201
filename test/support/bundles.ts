import { type Bundle, type WorkerName, bundleAll } from '@pbstream/local/Bundle'
import type { TestProject } from 'vitest/node'

declare module 'vitest' {
  interface ProvidedContext {
    bundles: Record<WorkerName, Bundle>
  }
}

/** Bundles the Workers once for every test file. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const { bundles, dispose } = await bundleAll()
  project.provide('bundles', bundles)
  return dispose
}
