import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { cloudflareTest, readD1Migrations } from '@cloudflare/vitest-plugin'
import { defineConfig } from 'vitest/config'

/** What the Worker serves as its assets: without them it cannot be configured. */
function buildDashboard(): void {
  const script = join(import.meta.dirname, '../../dashboard/scripts/build.ts')
  execFileSync(process.execPath, [script, '--quiet'], { stdio: 'inherit' })
}

export default defineConfig({
  root: import.meta.dirname,
  plugins: [
    cloudflareTest(async () => {
      buildDashboard()
      return {
        wrangler: { configPath: `${import.meta.dirname}/wrangler.toml` },
        miniflare: {
          bindings: { MIGRATIONS: await readD1Migrations(`${import.meta.dirname}/../../db/migrations/d1`) },
          workers: [
            {
              name: 'pbstream-sentinel',
              modules: [{ type: 'ESModule', path: `${import.meta.dirname}/test/sentinel.mjs` }],
              compatibilityDate: '2026-10-01',
            },
            {
              name: 'pbstream-settlement',
              modules: [{ type: 'ESModule', path: `${import.meta.dirname}/test/settlement.mjs` }],
              compatibilityDate: '2026-10-01',
            },
            {
              name: 'pbstream-gateway',
              modules: [{ type: 'ESModule', path: `${import.meta.dirname}/test/gateway.mjs` }],
              compatibilityDate: '2026-10-01',
              durableObjects: { STREAM_SESSION: { className: 'StreamSession', useSQLite: true } },
            },
          ],
        },
      }
    }),
  ],
  test: {
    name: 'control',
    // A Worker as large as this is loaded once, not once a file; `setup` empties its tables.
    isolate: false,
    include: ['test/*.test.ts'],
    setupFiles: ['./test/setup.ts'],
    globalSetup: ['./test/receiver.ts'],
  },
})
