import { DatabaseSync } from 'node:sqlite'
import type { Sql, SqlValue } from '../../src/Sql.ts'

/** The journal's SQLite outside workerd: what is in it outlives any runner that used it. */
export function memorySql(): Sql {
  const database = new DatabaseSync(':memory:')
  let depth = 0
  return {
    rows: (query, ...bindings) => database.prepare(query).all(...bindings) as Record<string, SqlValue>[],
    transaction: (work) => {
      depth++
      try {
        database.exec(`SAVEPOINT s${depth}`)
        try {
          const result = work()
          database.exec(`RELEASE s${depth}`)
          return result
        } catch (error) {
          database.exec(`ROLLBACK TO s${depth}; RELEASE s${depth}`)
          throw error
        }
      } finally {
        depth--
      }
    },
  }
}
