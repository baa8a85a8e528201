import { cloudflareTest } from '@cloudflare/vitest-plugin'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  root: import.meta.dirname,
  plugins: [
    cloudflareTest({
      main: './test/worker.ts',
      miniflare: {
        compatibilityDate: '2026-10-01',
        durableObjects: { SCOPES: { className: 'SentinelScope', useSQLite: true } },
      },
    }),
  ],
  test: { name: 'sentinel-scope', include: ['test/*.test.ts'], testTimeout: 30_000 },
})
