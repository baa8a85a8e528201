import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    name: 'browser',
    include: ['*.test.ts'],
    globalSetup: ['../support/bundles.ts'],
    testTimeout: 300_000,
    hookTimeout: 120_000,
  },
})
