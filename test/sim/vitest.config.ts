import { defineConfig } from 'vitest/config'

export default defineConfig({
  resolve: { alias: { 'cloudflare:workers': new URL('./support/cloudflare.ts', import.meta.url).pathname } },
  test: { name: 'sim', include: ['*.test.ts'], testTimeout: 60_000 },
})
