import { cloudflareTest } from '@cloudflare/vitest-plugin'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  root: import.meta.dirname,
  plugins: [
    cloudflareTest({
      main: './test/support/worker.ts',
      miniflare: {
        compatibilityDate: '2026-10-01',
        compatibilityFlags: ['enable_request_signal', 'global_fetch_strictly_public'],
        durableObjects: { EXACT_CLAIM: { className: 'ExactClaim', useSQLite: true } },
      },
    }),
  ],
  // The Worker is loaded once, not once a file; its objects are named by each test.
  test: { name: 'gateway', include: ['test/*.test.ts'], isolate: false },
})
