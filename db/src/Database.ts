/** The relational store behind one interface: D1, or Postgres through Hyperdrive. */
import { drizzle as drizzleD1, type DrizzleD1Database } from 'drizzle-orm/d1'
import { drizzle as drizzlePostgres } from 'drizzle-orm/postgres-js'
import postgres from 'postgres'
import * as pg from './schema.pg.ts'
import * as sqlite from './schema.sqlite.ts'

/** The bindings and variables of a Worker that uses the database. */
export type DatabaseEnv = {
  DB?: D1Database
  HYPERDRIVE?: Pick<Hyperdrive, 'connectionString'>
  /** Which of the two: `d1` unless said otherwise. */
  DATABASE?: string
}

/** Where statements are built: the database itself, or a transaction of it. */
export type Orm = Pick<DrizzleD1Database, 'select' | 'insert' | 'update' | 'delete'>
/** The tables of the dialect that `Orm` speaks. */
export type Tables = typeof sqlite
/** A statement that is built but not run. */
export type Statement = Parameters<DrizzleD1Database['batch']>[0][number] & PromiseLike<unknown>

export type Database = {
  dialect: 'd1' | 'postgres'
  orm: Orm
  tables: Tables
  /** How many values one statement may bind. */
  maxParameters: number
  /** Runs the statements in order, all or none. None of them can depend on what another one returned. */
  atomically(build: (orm: Orm) => Statement[]): Promise<void>
}

/**
 * Opens the database that the Worker is configured for, for one request or queue batch: a Worker must not share a
 * connection between them. There is nothing to close; the runtime drops the connection to Hyperdrive, which keeps its
 * own to the server, when the request ends (and closing it by hand rejects unhandled: porsager/postgres#1202).
 *
 * @throws {TypeError} when its binding is missing: a mistake of the deployment, not of a caller.
 */
export function open(env: DatabaseEnv): Database {
  if ((env.DATABASE ?? 'd1') === 'postgres') {
    if (env.HYPERDRIVE === undefined) throw new TypeError('DATABASE is postgres but there is no HYPERDRIVE binding')
    return openPostgres(env.HYPERDRIVE.connectionString)
  }
  if (env.DB === undefined) throw new TypeError('DATABASE is d1 but there is no DB binding')
  return openD1(env.DB)
}

function openD1(binding: D1Database): Database {
  const orm = drizzleD1(binding)
  return {
    dialect: 'd1',
    orm,
    tables: sqlite,
    maxParameters: 100,
    async atomically(build) {
      const [first, ...rest] = build(orm)
      if (first !== undefined) await orm.batch([first, ...rest])
    },
  }
}

function openPostgres(connectionString: string): Database {
  // Hyperdrive has the pool. One connection pipelines, and leaves the other five that a Worker may have at once to the
  // rest of the request. Asking the server for its types would cost a round trip a request.
  const client = postgres(connectionString, { max: 1, fetch_types: false })
  const orm = drizzlePostgres(client)
  return {
    dialect: 'postgres',
    orm: asOrm(orm),
    tables: pg as unknown as Tables,
    maxParameters: 10_000,
    async atomically(build) {
      await orm.transaction(async (transaction) => {
        for (const statement of build(asOrm(transaction))) await statement
      })
    },
  }
}

/**
 * The one cast between the dialects (with that of `tables`). Drizzle gives each its own builder types, though the
 * methods that `Orm` picks take and return the same; `parity.ts` holds the rows alike, and the contract tests run every
 * query on both.
 */
function asOrm(orm: Pick<ReturnType<typeof drizzlePostgres>, keyof Orm>): Orm {
  return orm as unknown as Orm
}

/** Whether a step failed because a row of this table (of any, if none is named) is there already. */
export function conflictsOn(error: unknown, table?: string): boolean {
  for (let at: unknown = error; at instanceof Error; at = at.cause) {
    const { code, table_name: named } = at as Error & { code?: unknown; table_name?: unknown }
    if (code === '23505' && (table === undefined || named === table)) return true
    if (at.message.includes(`UNIQUE constraint failed: ${table === undefined ? '' : `${table}.`}`)) return true
  }
  return false
}
