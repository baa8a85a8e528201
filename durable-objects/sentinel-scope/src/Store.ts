/** The tables of a scope's object. */
import type { ScopeFailures, AlertTotals, News } from './Port.ts'
import { Seen, type SeenState } from './Seen.ts'

/** A key, or a session, of which nothing came for so long is forgotten: it is new when it comes again. */
export const FORGET_MS = 30 * 86_400_000

const TABLES = `
  CREATE TABLE IF NOT EXISTS kept (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS session (name TEXT PRIMARY KEY, seen TEXT NOT NULL, at INTEGER NOT NULL) WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS session_at ON session (at);
  CREATE TABLE IF NOT EXISTS ended (
    session TEXT NOT NULL, route TEXT NOT NULL, calls INTEGER NOT NULL, failures INTEGER NOT NULL,
    revision INTEGER NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (session, route)
  ) WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS ended_at ON ended (at);
  CREATE TABLE IF NOT EXISTS told (name TEXT PRIMARY KEY, decision TEXT NOT NULL, at INTEGER NOT NULL, raised INTEGER NOT NULL) WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS told_at ON told (at);
  CREATE TABLE IF NOT EXISTS breaker (subject TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS news (number INTEGER PRIMARY KEY AUTOINCREMENT, value TEXT NOT NULL);
  CREATE TABLE IF NOT EXISTS channel (id TEXT PRIMARY KEY, totals TEXT NOT NULL) WITHOUT ROWID;`

export class Store {
  readonly #sql: SqlStorage

  constructor(sql: SqlStorage) {
    this.#sql = sql
    sql.exec(TABLES)
  }

  kept<T>(name: string): T | undefined {
    return this.#value<T>('SELECT value FROM kept WHERE name = ?', name)
  }

  keep(name: string, value: unknown): void {
    this.#sql.exec('INSERT OR REPLACE INTO kept (name, value) VALUES (?, ?)', name, JSON.stringify(value))
  }

  /** Of a session: which of its charges were seen; `isNew`: none ever was. */
  seen(session: string): { seen: Seen; isNew: boolean } {
    const state = this.#value<SeenState>('SELECT seen AS value FROM session WHERE name = ?', session)
    return { seen: new Seen(state), isNew: state === undefined }
  }

  saw(session: string, seen: Seen, now: number): void {
    const text = JSON.stringify(seen)
    this.#sql.exec('INSERT OR REPLACE INTO session (name, seen, at) VALUES (?, ?, ?)', session, text, now)
  }

  /** What a cumulative count adds to the one before; undefined: nothing new. */
  added({ session, routeId, calls, failures, revision }: ScopeFailures, now: number) {
    const query = 'SELECT calls, failures, revision FROM ended WHERE session = ? AND route = ?'
    const known = this.#sql.exec<Ended>(query, session, routeId).toArray()[0]
    if (known !== undefined && revision <= known.revision) return undefined
    this.#sql.exec(
      'INSERT OR REPLACE INTO ended (session, route, calls, failures, revision, at) VALUES (?, ?, ?, ?, ?, ?)',
      ...[session, routeId, calls, failures, revision, now],
    )
    const added = { calls: calls - (known?.calls ?? 0), failures: failures - (known?.failures ?? 0) }
    return added.calls > 0
      ? { calls: added.calls, failures: Math.max(0, Math.min(added.calls, added.failures)) }
      : undefined
  }

  breaker<T>(subject: string): T | undefined {
    return this.#value<T>('SELECT value FROM breaker WHERE subject = ?', subject)
  }

  putBreaker(subject: string, value: unknown): void {
    this.#sql.exec('INSERT OR REPLACE INTO breaker (subject, value) VALUES (?, ?)', subject, JSON.stringify(value))
  }

  /** The last decision of a name, when it was made and when it was last told. */
  told<T>(name: string): { decision: T; at: number; raised: number } | undefined {
    const query = 'SELECT decision, at, raised FROM told WHERE name = ?'
    const row = this.#sql.exec<{ decision: string; at: number; raised: number }>(query, name).toArray()[0]
    return row === undefined ? undefined : { ...row, decision: JSON.parse(row.decision) as T }
  }

  tell(name: string, decision: unknown, at: number, raised: number): void {
    const text = JSON.stringify(decision)
    this.#sql.exec(
      'INSERT OR REPLACE INTO told (name, decision, at, raised) VALUES (?, ?, ?, ?)',
      name,
      text,
      at,
      raised,
    )
  }

  addNews(news: News): void {
    this.#sql.exec('INSERT INTO news (value) VALUES (?)', JSON.stringify(news))
  }

  news(limit: number): { number: number; news: News }[] {
    const rows = this.#sql.exec<{ number: number; value: string }>('SELECT * FROM news ORDER BY number LIMIT ?', limit)
    return rows.toArray().map(({ number, value }) => ({ number, news: JSON.parse(value) as News }))
  }

  removeNews(upTo: number): void {
    this.#sql.exec('DELETE FROM news WHERE number <= ?', upTo)
  }

  putTotals(channel: string, totals: AlertTotals): void {
    this.#sql.exec('INSERT OR REPLACE INTO channel (id, totals) VALUES (?, ?)', channel, JSON.stringify(totals))
  }

  totals(): AlertTotals[] {
    return this.#sql
      .exec<{ totals: string }>('SELECT totals FROM channel')
      .toArray()
      .map((row) => JSON.parse(row.totals))
  }

  forget(now: number): void {
    for (const table of ['session', 'ended', 'told']) {
      this.#sql.exec(`DELETE FROM ${table} WHERE at <= ?`, now - FORGET_MS)
    }
  }

  #value<T>(query: string, ...bindings: string[]): T | undefined {
    const row = this.#sql.exec<{ value: string }>(query, ...bindings).toArray()[0]
    return row === undefined ? undefined : (JSON.parse(row.value) as T)
  }
}

type Ended = { calls: number; failures: number; revision: number }
