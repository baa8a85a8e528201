/** The watcher's memory: channels, its place on the chain, what is to be read. Storage schema: README.md. */
import type { Hex } from '@pbstream/core/Hex'
import * as SessionKey from '@pbstream/core/SessionKey'
import type { Subject } from './Logs.ts'
import type { Seen, Watched } from './Port.ts'
import type { Sql, SqlValue } from './Sql.ts'

type Row = Record<string, SqlValue>

/** A channel that is to be read, and which of its calls for that this is. */
export type Due = { channel: Watched; seq: number }

/** A log that touched a channel. */
export type Mark = { block: number; blockHash: Hex; channelId: Hex; prompt: boolean }

/** The end of a stretch of blocks whose logs were read. */
export type Place = { number: number; hash: Hex }

const schema = [
  'CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID',
  `CREATE TABLE IF NOT EXISTS channel (
    id TEXT PRIMARY KEY, contract TEXT NOT NULL, key_id TEXT, receiver TEXT NOT NULL, token TEXT NOT NULL,
    watched TEXT NOT NULL, added_at INTEGER NOT NULL, read_at INTEGER NOT NULL DEFAULT 0, look_at INTEGER,
    empty_since INTEGER, funded INTEGER NOT NULL DEFAULT 0, awaits_payout INTEGER NOT NULL DEFAULT 0
  ) WITHOUT ROWID`,
  'CREATE INDEX IF NOT EXISTS channel_key ON channel (key_id) WHERE key_id IS NOT NULL',
  'CREATE INDEX IF NOT EXISTS channel_payout ON channel (receiver, token) WHERE awaits_payout = 1',
  'CREATE INDEX IF NOT EXISTS channel_look ON channel (look_at) WHERE look_at IS NOT NULL',
  'CREATE INDEX IF NOT EXISTS channel_read ON channel (read_at) WHERE empty_since IS NULL',
  'CREATE INDEX IF NOT EXISTS channel_empty ON channel (empty_since) WHERE empty_since IS NOT NULL',
  `CREATE TABLE IF NOT EXISTS touch (
    channel_id TEXT PRIMARY KEY, prompt INTEGER NOT NULL, deep INTEGER NOT NULL, seq INTEGER NOT NULL,
    tries INTEGER NOT NULL DEFAULT 0, due_at INTEGER NOT NULL DEFAULT 0
  ) WITHOUT ROWID`,
  `CREATE TABLE IF NOT EXISTS mark (
    block INTEGER NOT NULL, block_hash TEXT NOT NULL, channel_id TEXT NOT NULL,
    PRIMARY KEY (block, block_hash, channel_id)
  ) WITHOUT ROWID`,
  'CREATE TABLE IF NOT EXISTS tip (number INTEGER PRIMARY KEY, hash TEXT NOT NULL)',
]

/** Blocks whose marks and hashes are kept: a reorganisation deeper than this is followed from its end. */
export const HISTORY = 512
/** A channel that is empty for so long is forgotten; one that never had money, much sooner. Milliseconds. */
export const KEEP_EMPTY = 30 * 86_400_000
export const KEEP_UNFUNDED = 86_400_000
const FIRST_DELAY = 2_000
const LONGEST_DELAY = 120_000

export class Registry {
  readonly #sql: Sql

  constructor(sql: Sql) {
    this.#sql = sql
    sql.transaction(() => {
      for (const statement of schema) sql.rows(statement)
    })
  }

  meta(key: 'chain' | 'looked'): number | undefined {
    const value = this.#sql.rows('SELECT value FROM meta WHERE key = ?', key)[0]?.['value']
    return typeof value === 'string' ? Number(value) : undefined
  }

  setMeta(key: 'chain' | 'looked', value: number): void {
    this.#sql.rows('INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)', key, String(value))
  }

  /** Takes channels on; each is read once soon, so that nothing is missed between its first look and our place. */
  add(channels: readonly Watched[], now: number): void {
    this.#sql.transaction(() => {
      for (const watched of channels) {
        const { channelId, config, session } = watched
        if (this.#sql.rows('SELECT 1 AS one FROM channel WHERE id = ?', channelId).length > 0) continue
        const keyId = SessionKey.governs(config.salt) ? config.salt : null
        this.#sql.rows(
          `INSERT INTO channel (id, contract, key_id, receiver, token, watched, added_at) VALUES (?, ?, ?, ?, ?, ?, ?)`,
          ...[channelId, session.contract, keyId, config.receiver, config.token, JSON.stringify(watched), now],
        )
        this.#touch(channelId, true, 0)
      }
    })
  }

  count(): number {
    return Number(this.#sql.rows('SELECT count(*) AS n FROM channel')[0]?.['n'])
  }

  isEmpty(): boolean {
    return this.#sql.rows('SELECT 1 AS one FROM channel LIMIT 1').length === 0
  }

  waiting(): number {
    return Number(this.#sql.rows('SELECT count(*) AS n FROM touch')[0]?.['n'])
  }

  /** Stretches that were read, newest first. */
  places(): Place[] {
    return this.#sql.rows('SELECT number, hash FROM tip ORDER BY number DESC').map(toPlace)
  }

  place(): Place | undefined {
    return this.#sql.rows('SELECT number, hash FROM tip ORDER BY number DESC LIMIT 1').map(toPlace)[0]
  }

  /** Starts anew at this block; without one, nowhere. */
  start(at: Place | undefined): void {
    this.#sql.transaction(() => {
      this.#sql.rows('DELETE FROM tip')
      this.#sql.rows('DELETE FROM mark')
      if (at !== undefined) this.#sql.rows('INSERT INTO tip (number, hash) VALUES (?, ?)', at.number, at.hash)
    })
  }

  /** Those that a log speaks of, if we know them. */
  touchedBy(subject: Subject): Hex[] {
    const ids = (query: string, ...bindings: SqlValue[]): Hex[] =>
      this.#sql.rows(query, ...bindings).map((row) => row['id'] as Hex)
    switch (subject.kind) {
      case 'channel':
        return ids('SELECT id FROM channel WHERE id = ?', subject.channelId)
      case 'key':
        return ids('SELECT id FROM channel WHERE key_id = ? AND contract = ?', subject.keyId, subject.contract)
      case 'payout':
        return ids(
          'SELECT id FROM channel WHERE receiver = ? AND token = ? AND awaits_payout = 1 AND contract = ?',
          ...[subject.receiver, subject.token, subject.contract],
        )
    }
  }

  /**
   * Takes in the logs of the blocks `from` to `to.number`. What was not there at the last look touches its channels;
   * what was there and is gone (its block was reorganised away) does too.
   */
  apply(from: number, to: Place, marks: readonly Mark[]): void {
    this.#sql.transaction(() => {
      const name = ({ block, blockHash, channelId }: Omit<Mark, 'prompt'>): string =>
        `${block}:${blockHash}:${channelId}`
      const there = new Set(marks.map(name))
      const before = this.#sql
        .rows('SELECT block, block_hash, channel_id FROM mark WHERE block >= ? AND block <= ?', from, to.number)
        .map(toMark)
      const known = new Set(before.map(name))
      for (const gone of before) {
        if (there.has(name(gone))) continue
        this.#unmark(gone)
        this.#touch(gone.channelId, true, to.number)
      }
      for (const mark of marks) {
        if (known.has(name(mark))) continue
        const { block, blockHash, channelId } = mark
        this.#sql.rows('INSERT OR IGNORE INTO mark VALUES (?, ?, ?)', block, blockHash, channelId)
        this.#touch(channelId, mark.prompt, block)
      }
      this.#sql.rows('INSERT OR REPLACE INTO tip (number, hash) VALUES (?, ?)', to.number, to.hash)
      this.#sql.rows('DELETE FROM tip WHERE number < ?', to.number - HISTORY)
      this.#sql.rows('DELETE FROM mark WHERE block < ?', to.number - HISTORY)
    })
  }

  /** Blocks above `place` are no longer part of the chain: what they said is to be read again, by `head` for good. */
  rewind(place: Place, head: number): void {
    this.#sql.transaction(() => {
      const gone = this.#sql.rows('SELECT block, block_hash, channel_id FROM mark WHERE block > ?', place.number)
      for (const mark of gone.map(toMark)) {
        this.#unmark(mark)
        this.#touch(mark.channelId, true, head)
      }
      this.#sql.rows('DELETE FROM tip WHERE number > ?', place.number)
      this.#sql.rows('INSERT OR REPLACE INTO tip (number, hash) VALUES (?, ?)', place.number, place.hash)
    })
  }

  /** Every channel is to be read: for a stretch of blocks that no node shows. */
  touchAll(block: number): void {
    this.#sql.transaction(() => {
      for (const { id } of this.#sql.rows('SELECT id FROM channel')) this.#touch(id as Hex, true, block)
    })
  }

  /**
   * Channels to read now, the most urgent first: those that a log touched; those whose touch is final by now (`deep`);
   * those whose time has come on the chain; those that nobody has looked at since `stale`.
   */
  due(at: { deep: number; chainTime: number; now: number; stale: number }, limit: number): Due[] {
    const rows = this.#sql.rows(
      `SELECT watched, coalesce(seq, 0) AS seq FROM (
         SELECT channel_id AS id, 0 AS rank, due_at AS at FROM touch
           WHERE due_at <= ? AND (prompt = 1 OR (deep > 0 AND deep <= ?))
         UNION ALL SELECT id, 1, look_at FROM channel WHERE look_at <= ?
         UNION ALL SELECT id, 2, read_at FROM channel WHERE empty_since IS NULL AND read_at <= ?
       ) AS wanted JOIN channel USING (id) LEFT JOIN touch ON touch.channel_id = channel.id
       WHERE coalesce(touch.due_at, 0) <= ?
       GROUP BY id ORDER BY min(rank), min(at) LIMIT ?`,
      ...[at.now, at.deep, at.chainTime, at.stale, at.now, limit],
    )
    return rows.map((row) => ({ channel: JSON.parse(row['watched'] as string) as Watched, seq: Number(row['seq']) }))
  }

  /** A channel was read at `deep` and its session told; a touch that came meanwhile (another `seq`) stays. */
  read({ channel: { channelId }, seq }: Due, seen: Seen, deep: number, now: number): void {
    this.#sql.transaction(() => {
      this.#sql.rows(
        `UPDATE channel SET read_at = ?, look_at = ?, funded = max(funded, ?), awaits_payout = ?,
         empty_since = CASE WHEN ? THEN coalesce(empty_since, ?) END WHERE id = ?`,
        ...[
          now,
          seen.lookAt ?? null,
          Number(seen.funded),
          Number(seen.awaitsPayout),
          Number(seen.empty),
          now,
          channelId,
        ],
      )
      this.#sql.rows('DELETE FROM touch WHERE channel_id = ? AND seq = ? AND deep <= ?', channelId, seq, deep)
      this.#sql.rows(
        'UPDATE touch SET prompt = 0, tries = 0, due_at = 0 WHERE channel_id = ? AND seq = ?',
        channelId,
        seq,
      )
    })
  }

  /** A channel's session has not taken the news: again, each time later. */
  putOff({ channel: { channelId } }: Due, now: number): void {
    this.#sql.transaction(() => {
      this.#touch(channelId, true, 0)
      const tries = Number(this.#sql.rows('SELECT tries FROM touch WHERE channel_id = ?', channelId)[0]?.['tries'])
      const delay = Math.min(FIRST_DELAY * 2 ** Math.min(tries, 10), LONGEST_DELAY)
      this.#sql.rows('UPDATE touch SET tries = ?, due_at = ? WHERE channel_id = ?', tries + 1, now + delay, channelId)
    })
  }

  /** Forgets channels that have nothing to lose: empty for long, or never funded. Service registers them anew. */
  prune(now: number, limit: number): void {
    this.#sql.transaction(() => {
      const rows = this.#sql.rows(
        `SELECT id FROM channel WHERE empty_since <= ? OR (funded = 0 AND empty_since <= ?) LIMIT ?`,
        ...[now - KEEP_EMPTY, now - KEEP_UNFUNDED, limit],
      )
      for (const { id } of rows) {
        this.#sql.rows('DELETE FROM touch WHERE channel_id = ?', id ?? null)
        this.#sql.rows('DELETE FROM channel WHERE id = ?', id ?? null)
      }
    })
  }

  #touch(channelId: Hex, prompt: boolean, deep: number): void {
    this.#sql.rows(
      `INSERT INTO touch (channel_id, prompt, deep, seq) VALUES (?, ?, ?, 1) ON CONFLICT (channel_id) DO UPDATE SET
       prompt = max(prompt, excluded.prompt), deep = max(deep, excluded.deep), seq = seq + 1`,
      ...[channelId, Number(prompt), deep],
    )
  }

  #unmark({ block, blockHash, channelId }: Omit<Mark, 'prompt'>): void {
    this.#sql.rows(
      'DELETE FROM mark WHERE block = ? AND block_hash = ? AND channel_id = ?',
      ...[block, blockHash, channelId],
    )
  }
}

function toPlace(row: Row): Place {
  return { number: Number(row['number']), hash: row['hash'] as Hex }
}

function toMark(row: Row): Omit<Mark, 'prompt'> {
  return { block: Number(row['block']), blockHash: row['block_hash'] as Hex, channelId: row['channel_id'] as Hex }
}
