import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { bundle } from '../../../sdk/ts/scripts/build.ts'

declare module 'vitest' {
  interface ProvidedContext {
    tool: string
  }
}

/** Builds the command-line tool as it is published: one file, away from the repository and its node_modules. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const directory = await mkdtemp(join(tmpdir(), 'pbstream-tool-'))
  const tool = join(directory, 'pbstream.js')
  await bundle(tool)
  project.provide('tool', tool)
  return () => rm(directory, { recursive: true, force: true })
}
