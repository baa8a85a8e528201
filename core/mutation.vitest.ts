import { defineConfig } from 'vitest/config'

/** For stryker.config.mjs at the root: the same tests, on the sources beside them and not on the installed ones. */
export default defineConfig({
  root: import.meta.dirname,
  resolve: { alias: [{ find: /^@pbstream\/core\/(.*)$/, replacement: `${import.meta.dirname}/src/$1.ts` }] },
  test: { include: ['test/**/*.test.ts'], setupFiles: ['test/support/fewRuns.ts'], testTimeout: 60_000 },
})
