import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    name: 'e2e',
    include: ['*.test.ts'],
    globalSetup: ['../support/bundles.ts'],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // Each file has a system and a chain of its own.
    maxWorkers: 1,
  },
})
