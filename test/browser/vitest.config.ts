import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    name: 'browser',
    include: ['*.test.ts'],
    globalSetup: ['../support/bundles.ts'],
    testTimeout: 300_000,
    // Each file has a system and a browser of its own.
    fileParallelism: false,
    hookTimeout: 120_000,
  },
})
