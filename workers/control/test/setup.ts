/** Vitest setup, in workerd: the tables, empty. The files share one workerd, so each finds nothing of the one before. */
import { applyD1Migrations, type D1Migration } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { getTableName } from 'drizzle-orm'
import { open } from '@pbstream/db/Database'
import type { Env } from '../src/Env.ts'

const { DB, MIGRATIONS } = env as unknown as { DB: D1Database; MIGRATIONS: D1Migration[] }
await applyD1Migrations(DB, MIGRATIONS)
const { tables } = open(env as unknown as Env)
await DB.batch([
  // Tables refer to each other; when all are empty no reference is left.
  DB.prepare('pragma defer_foreign_keys = on'),
  ...Object.values(tables).map((table) => DB.prepare(`delete from ${getTableName(table)}`)),
])
