import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    name: 'redis',
    include: ['*.test.ts'],
    globalSetup: ['../support/bundles.ts'],
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
})
