/** What the object of a channel keeps: its settings, its line, the last deliveries, and which alerts it has had. */
import * as Alert from '@pbstream/core/Alert'
import type { AlertChannelConfig, AlertDelivery, AlertStatus } from '@pbstream/core/message/AlertChannels'
import type { Answer, ChannelTotals } from './Port.ts'

/** Deliveries that are kept to be looked at. */
export const DELIVERIES = 200
/** Longer than any queue keeps a message: an alert that comes again later than that is told again. */
export const SEEN_MS = 15 * 86_400_000

type Row = {
  id: number
  status: AlertStatus
  severity: Alert.Severity
  title: string
  count: number
  test_id: string | null
  tries: number
  code: number | null
  error: string | null
  created_at: number
  updated_at: number
  next_at: number | null
}

const TABLES = `
  CREATE TABLE IF NOT EXISTS kept (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS seen (id TEXT PRIMARY KEY, at INTEGER NOT NULL) WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS seen_at ON seen (at);
  CREATE TABLE IF NOT EXISTS delivery (
    id INTEGER PRIMARY KEY, status TEXT NOT NULL, severity TEXT NOT NULL, title TEXT NOT NULL, count INTEGER NOT NULL,
    test_id TEXT, tries INTEGER NOT NULL, code INTEGER, error TEXT, created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL, next_at INTEGER
  );
  CREATE UNIQUE INDEX IF NOT EXISTS delivery_test ON delivery (test_id) WHERE test_id IS NOT NULL;`

export class Book {
  readonly #sql: SqlStorage

  constructor(sql: SqlStorage) {
    this.#sql = sql
    sql.exec(TABLES)
  }

  get config(): AlertChannelConfig | undefined {
    return this.#kept<AlertChannelConfig>('config')
  }

  set config(config: AlertChannelConfig) {
    this.#keep('config', config)
  }

  get line(): Alert.Line {
    return this.#kept<Alert.Line>('line') ?? Alert.empty
  }

  set line(line: Alert.Line) {
    this.#keep('line', line)
  }

  get totals(): ChannelTotals {
    const counted = this.#kept<Omit<ChannelTotals, 'deadKept'>>('totals') ?? { sent: 0, failed: 0, dead: 0 }
    return { ...counted, deadKept: this.line.dead.length }
  }

  /** Whether an alert is new; from then on it is not. */
  isNew(id: string, now: number): boolean {
    this.#sql.exec('DELETE FROM seen WHERE at <= ?', now - SEEN_MS)
    const added = this.#sql.exec('INSERT OR IGNORE INTO seen (id, at) VALUES (?, ?) RETURNING id', id, now)
    return added.toArray().length > 0
  }

  /** An attempt begins. */
  begin(message: Alert.Message, now: number, testId?: string): void {
    const { id, severity, count, alerts } = message
    this.#sql.exec(
      `INSERT INTO delivery (id, status, severity, title, count, test_id, tries, created_at, updated_at)
       VALUES (?, 'pending', ?, ?, ?, ?, 1, ?, ?)
       ON CONFLICT (id) DO UPDATE SET tries = tries + 1, updated_at = excluded.updated_at, next_at = NULL`,
      ...[id, severity, alerts.at(-1)?.title ?? '', count, testId ?? null, now, now],
    )
    this.#sql.exec('DELETE FROM delivery WHERE id <= ?', id - DELIVERIES)
  }

  /** An attempt has ended. */
  end(id: number, answer: Answer, status: AlertStatus, nextAt: number | null, now: number): void {
    this.#sql.exec(
      'UPDATE delivery SET status = ?, code = ?, error = ?, updated_at = ?, next_at = ? WHERE id = ?',
      ...[status, answer.code ?? null, answer.ok ? null : answer.error, now, nextAt, id],
    )
    const { deadKept: _, ...totals } = this.totals
    if (status !== 'pending') this.#keep('totals', { ...totals, [status]: totals[status] + 1 })
  }

  /** A dead message is to be tried again. */
  again(id: number, now: number): void {
    this.#sql.exec("UPDATE delivery SET status = 'pending', next_at = ?, updated_at = ? WHERE id = ?", now, now, id)
  }

  delivery(id: number): AlertDelivery | undefined {
    return this.#rows('WHERE id = ?', id)[0]
  }

  ofTest(testId: string): AlertDelivery | undefined {
    return this.#rows('WHERE test_id = ?', testId)[0]
  }

  testsSince(at: number): number {
    return this.#rows('WHERE test_id IS NOT NULL AND created_at > ?', at).length
  }

  /** The newest first. */
  deliveries({ before = Number.MAX_SAFE_INTEGER, limit }: { before?: number; limit: number }): AlertDelivery[] {
    return this.#rows('WHERE id < ? ORDER BY id DESC LIMIT ?', before, Math.max(0, Math.min(limit, DELIVERIES)))
  }

  #rows(where: string, ...bindings: (string | number)[]): AlertDelivery[] {
    return this.#sql
      .exec<Row>(`SELECT * FROM delivery ${where}`, ...bindings)
      .toArray()
      .map(toDelivery)
  }

  #kept<T>(name: string): T | undefined {
    const row = this.#sql.exec<{ value: string }>('SELECT value FROM kept WHERE name = ?', name).toArray()[0]
    return row === undefined ? undefined : (JSON.parse(row.value) as T)
  }

  #keep(name: string, value: unknown): void {
    this.#sql.exec('INSERT OR REPLACE INTO kept (name, value) VALUES (?, ?)', name, JSON.stringify(value))
  }
}

function toDelivery({ test_id, created_at, updated_at, next_at, ...row }: Row): AlertDelivery {
  return { ...row, isTest: test_id !== null, createdAt: created_at, updatedAt: updated_at, nextAt: next_at }
}
