import { defineConfig } from 'vitest/config'

/** Which tests judge: paths below here, by commas; none: all. */
const tests = process.env['MUTATION_TESTS'] ?? ''

/** For stryker.config.mjs at the root: the same tests, on the sources beside them and not on the installed ones. */
export default defineConfig({
  root: import.meta.dirname,
  resolve: { alias: [{ find: /^@pbstream\/core\/(.*)$/, replacement: `${import.meta.dirname}/src/$1.ts` }] },
  test: {
    include: tests === '' ? ['test/**/*.test.ts'] : tests.split(','),
    setupFiles: ['test/support/fewRuns.ts'],
    testTimeout: 60_000,
  },
})
