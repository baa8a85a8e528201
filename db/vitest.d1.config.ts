import { cloudflareTest, readD1Migrations } from '@cloudflare/vitest-plugin'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  root: import.meta.dirname,
  plugins: [
    cloudflareTest(async () => ({
      miniflare: {
        compatibilityDate: '2026-10-01',
        d1Databases: ['DB'],
        bindings: { DATABASE: 'd1', MIGRATIONS: await readD1Migrations(`${import.meta.dirname}/migrations/d1`) },
      },
    })),
  ],
  test: {
    name: 'db on D1',
    include: ['test/*.test.ts'],
    setupFiles: ['./test/setup.ts'],
    testTimeout: 30_000,
    // The tables are made once, not once a file.
    isolate: false,
  },
})
