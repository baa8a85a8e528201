import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    name: 'e2e',
    include: ['*.test.ts'],
    globalSetup: ['../support/bundles.ts'],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // Every file runs a whole system of its own; more than two at once only slow each other down.
    maxWorkers: 2,
  },
})
