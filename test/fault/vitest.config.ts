import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    name: 'fault',
    include: ['*.test.ts'],
    globalSetup: ['./support/bundles.ts'],
    testTimeout: 90_000,
    hookTimeout: 60_000,
    // Every file runs a whole system of its own; more than two at once only slow each other down.
    maxWorkers: 2,
  },
})
