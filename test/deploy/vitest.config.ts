import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    name: 'deploy',
    // A build of the escrow takes half a minute when nothing of it is in the cache.
    testTimeout: 240_000,
    hookTimeout: 240_000,
  },
})
