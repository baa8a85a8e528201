/** Reports that sessions and the events queue have not yet taken: kept until they have. */
import type { PbEvent } from '@pbstream/core/message/Event'
import type { ChainEvent } from '@pbstream/core/message/Session'
import { fromJson, type Sql, toJson } from './Sql.ts'

/** The target of what goes to the events queue; every other target is the name of a StreamSession. */
export const EVENTS = 'events'

export type Letter = { seq: number; body: PbEvent | ChainEvent }

const FIRST_DELAY = 1_000
const LONGEST_DELAY = 60_000

export class Outbox {
  readonly #sql: Sql

  constructor(sql: Sql) {
    this.#sql = sql
  }

  static readonly schema = `CREATE TABLE IF NOT EXISTS outbox (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    target TEXT NOT NULL,
    item_id TEXT NOT NULL,
    body TEXT NOT NULL,
    tries INTEGER NOT NULL DEFAULT 0,
    due_at INTEGER NOT NULL
  )`

  /** Writes a report, behind what its target is still waiting for; call it in the transaction that it reports on. */
  put(target: string, itemId: string, body: PbEvent | ChainEvent, now: number): void {
    this.#sql.rows(
      `INSERT INTO outbox (target, item_id, body, due_at)
       VALUES (?, ?, ?, max(?, coalesce((SELECT max(due_at) FROM outbox WHERE target = ?), 0)))`,
      ...[target, itemId, toJson(body), now, target],
    )
  }

  /** Whom there is something to tell by now; with `itemId` those who wait for news of it, due or not. */
  targets(now: number, limit: number, itemId?: string): string[] {
    const rows =
      itemId === undefined
        ? this.#sql.rows('SELECT DISTINCT target FROM outbox WHERE due_at <= ? LIMIT ?', now, limit)
        : this.#sql.rows('SELECT DISTINCT target FROM outbox WHERE item_id = ? LIMIT ?', itemId, limit)
    return rows.map((row) => row['target'] as string)
  }

  /** The oldest letters to a target, in the order in which they were written. */
  letters(target: string, limit: number): Letter[] {
    const rows = this.#sql.rows('SELECT seq, body FROM outbox WHERE target = ? ORDER BY seq LIMIT ?', target, limit)
    return rows.map((row) => ({ seq: row['seq'] as number, body: fromJson(row['body'] as string) }))
  }

  taken(letters: readonly Letter[]): void {
    for (const { seq } of letters) this.#sql.rows('DELETE FROM outbox WHERE seq = ?', seq)
  }

  /** Puts everything for this target off, each time for longer. */
  putOff(target: string, now: number): void {
    const tries = Number(
      this.#sql.rows('SELECT max(tries) AS tries FROM outbox WHERE target = ?', target)[0]?.['tries'],
    )
    const delay = Math.min(FIRST_DELAY * 2 ** Math.min(tries, 10), LONGEST_DELAY)
    this.#sql.rows('UPDATE outbox SET tries = ?, due_at = ? WHERE target = ?', tries + 1, now + delay, target)
  }

  /** When the next letter is due, Unix milliseconds; undefined when there is none. */
  nextDue(): number | undefined {
    const at = this.#sql.rows('SELECT min(due_at) AS at FROM outbox')[0]?.['at']
    return typeof at === 'number' ? at : undefined
  }
}
