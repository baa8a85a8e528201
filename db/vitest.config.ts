import { defineConfig } from 'vitest/config'

/** The same contract tests twice: on D1, and on Postgres through a Hyperdrive binding. Both run inside workerd. */
export default defineConfig({ test: { projects: ['./vitest.d1.config.ts', './vitest.postgres.config.ts'] } })
