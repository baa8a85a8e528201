import { cloudflareTest, readD1Migrations } from '@cloudflare/vitest-plugin'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  root: import.meta.dirname,
  plugins: [
    cloudflareTest(async ({ inject }) => ({
      main: `${import.meta.dirname}/test/host.ts`,
      wrangler: { configPath: `${import.meta.dirname}/wrangler.toml` },
      miniflare: {
        bindings: {
          MIGRATIONS: await readD1Migrations(`${import.meta.dirname}/../../db/migrations/d1`),
          ALERT_SECRET: 'alert-secret-of-the-tests-32-bytes-long',
          INSECURE_UPSTREAMS: 'true',
          EMAIL_FROM: 'alerts@pbstream.example',
          TELEGRAM_URL: inject<string>('telegramUrl'),
          SMTP_HOST: '127.0.0.1',
          SMTP_PORT: inject<string>('smtpPort'),
          SMTP_SECURITY: 'none',
          SMTP_USER: 'mailer',
          SMTP_PASSWORD: 'pass of the mailer',
        },
        workers: [
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
    })),
  ],
  test: {
    name: 'sentinel',
    include: ['test/*.test.ts'],
    setupFiles: ['./test/setup.ts'],
    globalSetup: ['./test/servers.ts'],
    testTimeout: 30_000,
  },
})
