import { globSync } from 'node:fs'
import { defineConfig } from 'vitest/config'

/**
 * For editors and `npx vitest`: every suite as a project. `npm test` runs the suites folder by folder instead
 * (scripts/test.mjs), with progress and counts. A folder with several configurations names them vitest.<what>.config.ts.
 */
const perFolder = globSync(['*/vitest.config.ts', '*/*/vitest.config.ts'], {
  exclude: (name) => name === 'node_modules',
})
const special = globSync(['*/vitest.*.config.ts', '*/*/vitest.*.config.ts'], {
  exclude: (name) => name === 'node_modules',
})
const folderOf = (path: string) => path.slice(0, path.lastIndexOf('/'))
const split = new Set(special.map(folderOf))

export default defineConfig({
  test: {
    projects: [
      ...perFolder.filter(
        (path) => !split.has(folderOf(path)) && !['test/browser', 'test/promtool'].includes(folderOf(path)),
      ),
      ...special,
    ],
  },
})
