import { cloudflareTest } from '@cloudflare/vitest-plugin'
import { defineConfig } from 'vitest/config'

/** PGlite behind a socket, or the real server that PBSTREAM_POSTGRES_URL names; `test/postgres.ts` starts it. */
export default defineConfig({
  root: import.meta.dirname,
  plugins: [
    cloudflareTest(({ inject }) => ({
      miniflare: {
        compatibilityDate: '2026-10-01',
        hyperdrives: { HYPERDRIVE: inject<string>('postgresUrl') },
        bindings: { DATABASE: 'postgres' },
      },
    })),
  ],
  test: {
    name: 'db on Postgres',
    include: ['test/*.test.ts'],
    setupFiles: ['./test/setup.ts'],
    globalSetup: ['./test/postgres.ts'],
    testTimeout: 30_000,
    // One database for all files.
    fileParallelism: false,
    isolate: false,
  },
})
