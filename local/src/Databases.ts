import { readFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { type Database, open } from '@pbstream/db/Database'
import { drizzle } from 'drizzle-orm/postgres-js'
import { migrate } from 'drizzle-orm/postgres-js/migrator'
import postgres from 'postgres'
import { root } from './Bundle.ts'

/** Applies the migrations of `db/migrations/d1` that the database has not seen, in order. */
export async function prepareD1(binding: D1Database): Promise<Database> {
  const directory = join(root, 'db/migrations/d1')
  await binding.prepare('CREATE TABLE IF NOT EXISTS d1_migrations (name TEXT PRIMARY KEY)').run()
  const { results } = await binding.prepare('SELECT name FROM d1_migrations').all<{ name: string }>()
  const seen = new Set(results.map(({ name }) => name))
  const files = (await readdir(directory)).filter((file) => file.endsWith('.sql') && !seen.has(file)).sort()
  for (const file of files) {
    const statements = (await readFile(join(directory, file), 'utf8')).split('--> statement-breakpoint')
    const record = binding.prepare('INSERT INTO d1_migrations (name) VALUES (?)').bind(file)
    await binding.batch([...statements.map((statement) => binding.prepare(statement)), record])
  }
  return open({ DB: binding })
}

/** Applies the migrations of `db/migrations/pg` that the database has not seen, in order. */
export async function preparePostgres(connectionString: string): Promise<Database> {
  const client = postgres(connectionString, { max: 1, onnotice: () => {} })
  await migrate(drizzle(client), { migrationsFolder: join(root, 'db/migrations/pg') })
  await client.end()
  return open({ DATABASE: 'postgres', HYPERDRIVE: { connectionString } })
}
