/** Vitest setup, in workerd: the tables on D1. Postgres is migrated by the global setup, in Node. */
import { applyD1Migrations, type D1Migration } from 'cloudflare:test'
import { env } from 'cloudflare:workers'

const { DB, MIGRATIONS } = env as unknown as { DB?: D1Database; MIGRATIONS?: D1Migration[] }
if (DB !== undefined && MIGRATIONS !== undefined) await applyD1Migrations(DB, MIGRATIONS)
