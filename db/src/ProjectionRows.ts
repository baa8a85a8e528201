/** Rows on their way from events into tables: one a key, in the order of keys, in portions that fit a statement. */
import { getTableColumns, sql, type SQL, type Table } from 'drizzle-orm'
import type { Database, Tables } from './Database.ts'

export type Row<T extends keyof Tables> = Tables[T]['$inferInsert']

/** Puts a row at a key, unless the one that is there stays. */
export function keep<T>(map: Map<string, T>, key: string, row: T, replaces: (old: T) => boolean): void {
  const old = map.get(key)
  if (old === undefined || replaces(old)) map.set(key, row)
}

export function sorted<T>(map: Map<string, T>): T[] {
  return [...map].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row)
}

/** Rows in portions whose values fit one statement. */
export function chunks<T>(db: Database, table: Table, rows: T[]): T[][] {
  const size = Math.floor(db.maxParameters / Object.keys(getTableColumns(table)).length)
  const out: T[][] = []
  for (let i = 0; i < rows.length; i += size) out.push(rows.slice(i, i + size))
  return out
}

/** Every column taken from the row that met a conflict. */
export function excluded(table: Table): Record<string, SQL> {
  const columns = Object.entries(getTableColumns(table))
  return Object.fromEntries(columns.map(([field, { name }]) => [field, sql`excluded.${sql.identifier(name)}`]))
}
