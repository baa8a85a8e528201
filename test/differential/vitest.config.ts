import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    name: 'differential',
    // A list of commands takes about half a second; DIFFERENTIAL_RUNS may ask for many.
    testTimeout: 120_000 + 5_000 * Number(process.env.DIFFERENTIAL_RUNS ?? 0),
    hookTimeout: 60_000,
  },
})
