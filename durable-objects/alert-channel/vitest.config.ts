import { cloudflareTest } from '@cloudflare/vitest-plugin'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  root: import.meta.dirname,
  plugins: [
    cloudflareTest({
      main: './test/worker.ts',
      miniflare: {
        compatibilityDate: '2026-10-01',
        durableObjects: { CHANNELS: { className: 'AlertChannel', useSQLite: true } },
      },
    }),
  ],
  test: { name: 'alert-channel', include: ['test/*.test.ts'], testTimeout: 30_000 },
})
