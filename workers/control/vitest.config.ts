import { cloudflareTest, readD1Migrations } from '@cloudflare/vitest-plugin'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  root: import.meta.dirname,
  plugins: [
    cloudflareTest(async () => ({
      wrangler: { configPath: `${import.meta.dirname}/wrangler.toml` },
      miniflare: {
        bindings: { MIGRATIONS: await readD1Migrations(`${import.meta.dirname}/../../db/migrations/d1`) },
      },
    })),
  ],
  test: { name: 'control', include: ['test/*.test.ts'], setupFiles: ['./test/setup.ts'] },
})
