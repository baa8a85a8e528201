import { cloudflareTest } from '@cloudflare/vitest-plugin'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  plugins: [
    cloudflareTest(({ inject }) => ({
      wrangler: { configPath: new URL('./test/wrangler.toml', import.meta.url).pathname },
      miniflare: { bindings: { CHAINS: inject<string>('chains') } },
    })),
  ],
  test: {
    name: 'settlement',
    include: ['test/**/*.test.ts'],
    globalSetup: ['./test/support/globalSetup.ts'],
    // One chain and one gas key for all: two lanes of one signer would take each other's nonces.
    fileParallelism: false,
    testTimeout: 20_000,
  },
})
