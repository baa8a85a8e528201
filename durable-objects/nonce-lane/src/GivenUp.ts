/** Ids of orders that were given up before they came: one that comes after all is not taken on. */
import type { Sql } from './Sql.ts'

export class GivenUp {
  readonly #sql: Sql

  constructor(sql: Sql) {
    this.#sql = sql
    sql.rows('CREATE TABLE IF NOT EXISTS given_up (id TEXT PRIMARY KEY, at INTEGER NOT NULL)')
  }

  add(id: string, now: number): void {
    this.#sql.rows('INSERT OR IGNORE INTO given_up (id, at) VALUES (?, ?)', id, now)
  }

  has(id: string): boolean {
    return this.#sql.rows('SELECT 1 AS one FROM given_up WHERE id = ?', id).length > 0
  }

  /** Forgets what was given up before `before`, Unix milliseconds. */
  prune(before: number): void {
    this.#sql.rows('DELETE FROM given_up WHERE at < ?', before)
  }
}
