import { defineConfig } from 'vitest/config'

/**
 * The same contract tests twice: on D1, and on Postgres through a Hyperdrive binding, both inside workerd. And the lists of
 * the API on a filled database, in Node.
 */
export default defineConfig({
  test: { projects: ['./vitest.d1.config.ts', './vitest.postgres.config.ts', './vitest.size.config.ts'] },
})
