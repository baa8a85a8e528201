import { cloudflareTest } from '@cloudflare/vitest-plugin'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  plugins: [cloudflareTest({ wrangler: { configPath: new URL('./test/wrangler.toml', import.meta.url).pathname } })],
  test: {
    name: 'stream-session',
    include: ['test/**/*.test.ts'],
    testTimeout: 60_000,
    provide: { sessionRuns: Number(process.env['SESSION_RUNS'] ?? 100) },
  },
})
