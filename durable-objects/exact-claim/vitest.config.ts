import { cloudflareTest } from '@cloudflare/vitest-plugin'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  root: import.meta.dirname,
  plugins: [
    cloudflareTest({
      main: './test/worker.ts',
      miniflare: {
        compatibilityDate: '2026-10-01',
        durableObjects: { EXACT_CLAIM: { className: 'ExactClaim', useSQLite: true } },
      },
    }),
  ],
  test: { name: 'exact-claim', include: ['test/*.test.ts'] },
})
