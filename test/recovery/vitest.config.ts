import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    name: 'recovery',
    include: ['*.test.ts'],
    globalSetup: ['../support/bundles.ts', './support/tool.ts'],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // Each file has a chain of its own, and each command is a process.
    maxWorkers: 1,
  },
})
