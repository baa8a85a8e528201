/**
 * A database to fill and to ask, without a Worker in between: a SQLite file as D1 keeps one, or a real PostgreSQL. The
 * migrations are those of the product, and its queries are built by its own code.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync, type SQLInputValue } from 'node:sqlite'
import postgres from 'postgres'
import { type Database, open } from '../src/Database.ts'

export type Query = { toSQL(): { sql: string; params: unknown[] } }

export type Store = {
  dialect: 'sqlite' | 'postgres'
  version: string
  /** Builds queries; what they read, `rows` says. */
  db: Database
  run(sql: string): Promise<void>
  rows(query: Query): Promise<unknown[]>
  /** How the query finds its rows, in the words of the database. */
  plan(query: Query): Promise<string>
  bytes(): Promise<number>
  close(): Promise<void>
}

/** Names and statements of the migrations, in their order. */
export function migrations(dialect: Store['dialect']): { name: string; statements: string[] }[] {
  const folder = join(import.meta.dirname, '..', 'migrations', dialect === 'sqlite' ? 'd1' : 'pg')
  const files = readdirSync(folder).filter((name) => name.endsWith('.sql'))
  return files.sort().map((name) => {
    const parts = readFileSync(join(folder, name), 'utf8').split('--> statement-breakpoint')
    return { name, statements: parts.map((part) => part.trim()).filter((part) => part !== '') }
  })
}

/** A new file, gone when it is closed. */
export function openSqlite(): Store {
  const directory = mkdtempSync(join(tmpdir(), 'pbstream-size-'))
  const file = new DatabaseSync(join(directory, 'size.sqlite'))
  // As in D1: changes go to a log beside the file.
  file.exec('pragma journal_mode = wal; pragma synchronous = normal')
  const values = (params: unknown[]) => params as SQLInputValue[]
  return {
    dialect: 'sqlite',
    version: `SQLite ${String(file.prepare('select sqlite_version() as v').get()?.['v'])}`,
    // Only builds: there is no binding behind it.
    db: open({ DATABASE: 'd1', DB: {} as D1Database }),
    run: async (sql) => file.exec(sql),
    rows: async (query) => {
      const { sql, params } = query.toSQL()
      return file.prepare(sql).all(...values(params))
    },
    plan: async (query) => {
      const { sql, params } = query.toSQL()
      const steps = file.prepare(`explain query plan ${sql}`).all(...values(params))
      return steps.map(({ detail }) => String(detail)).join('\n')
    },
    bytes: async () => {
      const row = file.prepare('select page_count * page_size as n from pragma_page_count, pragma_page_size').get()
      return Number(row?.['n'])
    },
    close: async () => {
      file.close()
      rmSync(directory, { recursive: true })
    },
  }
}

/** A database of its own on the server, dropped when it is closed. */
export async function openPostgres(server: string): Promise<Store> {
  const name = `pbstream_size_${process.pid}`
  const admin = postgres(server, { max: 1, onnotice: () => {} })
  await admin.unsafe(`drop database if exists ${name} with (force)`)
  await admin.unsafe(`create database ${name}`)
  const url = new URL(server)
  url.pathname = `/${name}`
  const client = postgres(url.href, { max: 1, onnotice: () => {} })
  const all = async (query: Query, before = '') => {
    const { sql, params } = query.toSQL()
    return client.unsafe(`${before}${sql}`, params as never[])
  }
  const [server_] = await client.unsafe('show server_version')
  return {
    dialect: 'postgres',
    version: `PostgreSQL ${String(server_?.['server_version'])}`,
    db: open({ DATABASE: 'postgres', HYPERDRIVE: { connectionString: url.href } }),
    run: async (sql) => void (await client.unsafe(sql)),
    rows: (query) => all(query),
    plan: async (query) => {
      const rows = await all(query, 'explain (analyze, costs off) ')
      return rows.map((row) => String(row['QUERY PLAN'])).join('\n')
    },
    bytes: async () => Number((await client.unsafe('select pg_database_size(current_database()) as n'))[0]?.['n']),
    close: async () => {
      await client.end()
      await admin.unsafe(`drop database ${name} with (force)`)
      await admin.end()
    },
  }
}
