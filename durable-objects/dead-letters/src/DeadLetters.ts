/**
 * Messages that no retry could deal with, kept until an operator has them replayed, or for 30 days. One object a Worker,
 * named `deadLettersName`. Bodies may hold vouchers: they leave to the Worker that hosts the object and go nowhere else.
 */
import { DurableObject } from 'cloudflare:workers'
import type { DeadLetter, DeadLettersApi } from '@pbstream/core/message/Operations'

export const KEEP_MS = 30 * 86_400_000
/** With so many the object takes no more: they stay in their queue, which keeps them too. */
export const LETTERS_MAX = 10_000
const LIST_MAX = 200

type Row = { id: string; kind: string; detail: string; body: string; at: number; kept_at: number }

export class DeadLetters extends DurableObject implements DeadLettersApi {
  constructor(ctx: DurableObjectState, env: unknown) {
    super(ctx, env as never)
    ctx.storage.sql.exec(
      `CREATE TABLE IF NOT EXISTS letter (
         id TEXT PRIMARY KEY, kind TEXT NOT NULL, detail TEXT NOT NULL, body TEXT NOT NULL, at INTEGER NOT NULL,
         kept_at INTEGER NOT NULL
       );
       CREATE INDEX IF NOT EXISTS letter_kept_at ON letter (kept_at);`,
    )
  }

  /** @throws when there are too many: the message is not kept, and must stay where it is. */
  async put(v: 1, letter: DeadLetter, body: string): Promise<void> {
    if (v !== 1) throw new Error('unknown version of put')
    const { id, kind, detail, at } = letter
    if (this.#rows('SELECT * FROM letter WHERE id = ?', id).length > 0) return
    if (this.#depth() >= LETTERS_MAX) throw new Error('too many dead letters')
    const now = Date.now()
    const hasAlarm = (await this.ctx.storage.getAlarm()) !== null
    this.ctx.storage.sql.exec(
      'INSERT OR IGNORE INTO letter (id, kind, detail, body, at, kept_at) VALUES (?, ?, ?, ?, ?, ?)',
      ...[id, kind, JSON.stringify(detail), body, at, now],
    )
    // In the turn of the write: together or not at all.
    if (!hasAlarm) await this.ctx.storage.setAlarm(now + KEEP_MS)
  }

  /** Oldest first. */
  async list(v: 1, limit: number): Promise<{ letters: DeadLetter[]; depth: number }> {
    if (v !== 1) throw new Error('unknown version of list')
    const rows = this.#rows('SELECT * FROM letter ORDER BY kept_at, id LIMIT ?', Math.min(limit, LIST_MAX))
    return { letters: rows.map(toLetter), depth: this.#depth() }
  }

  async get(v: 1, id: string): Promise<{ letter: DeadLetter; body: string } | undefined> {
    if (v !== 1) throw new Error('unknown version of get')
    const row = this.#rows('SELECT * FROM letter WHERE id = ?', id)[0]
    return row === undefined ? undefined : { letter: toLetter(row), body: row.body }
  }

  async remove(v: 1, id: string): Promise<void> {
    if (v !== 1) throw new Error('unknown version of remove')
    this.ctx.storage.sql.exec('DELETE FROM letter WHERE id = ?', id)
  }

  override async alarm(): Promise<void> {
    const now = Date.now()
    this.ctx.storage.sql.exec('DELETE FROM letter WHERE kept_at <= ?', now - KEEP_MS)
    const oldest = this.#rows('SELECT * FROM letter ORDER BY kept_at LIMIT 1')[0]
    if (oldest !== undefined) await this.ctx.storage.setAlarm(oldest.kept_at + KEEP_MS)
  }

  #depth(): number {
    return this.ctx.storage.sql.exec<{ count: number }>('SELECT count(*) AS count FROM letter').one().count
  }

  #rows(query: string, ...bindings: (string | number)[]): Row[] {
    return this.ctx.storage.sql.exec<Row>(query, ...bindings).toArray()
  }
}

function toLetter({ id, kind, detail, at }: Row): DeadLetter {
  return { id, kind: kind as DeadLetter['kind'], detail: JSON.parse(detail) as DeadLetter['detail'], at }
}
