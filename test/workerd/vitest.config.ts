import { cloudflareTest, readD1Migrations } from '@cloudflare/vitest-plugin'
import { defineConfig } from 'vitest/config'

const migrations = `${import.meta.dirname}/../../db/migrations/d1`
const numbers = { RUNS: process.env.WORKERD_RUNS, SEED: process.env.WORKERD_SEED }
const given = Object.entries(numbers).flatMap(([name, text]) => (text === undefined ? [] : [[name, Number(text)]]))

/** A transaction counts when more blocks are on it than are reorganised. */
function deeper(chains: string): string {
  return JSON.stringify((JSON.parse(chains) as object[]).map((chain) => ({ ...chain, confirmations: 3 })))
}

export default defineConfig({
  root: import.meta.dirname,
  plugins: [
    cloudflareTest(async ({ inject }) => ({
      wrangler: { configPath: `${import.meta.dirname}/wrangler.toml` },
      miniflare: {
        bindings: {
          CHAINS: deeper(inject<string>('chains')),
          MIGRATIONS: await readD1Migrations(migrations),
          ...Object.fromEntries(given),
        },
      },
    })),
  ],
  test: {
    name: 'workerd',
    globalSetup: ['../../workers/settlement/test/support/globalSetup.ts'],
    setupFiles: ['../../workers/control/test/setup.ts'],
    fileParallelism: false,
    // A history takes half a second to a second; WORKERD_RUNS may ask for many.
    testTimeout: 120_000 + 4_000 * Number(numbers.RUNS ?? 0),
  },
})
