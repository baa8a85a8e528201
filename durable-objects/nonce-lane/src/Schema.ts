/** The tables of a lane's journal: README.md says what is in them. */
import { Outbox } from './Outbox.ts'
import type { Sql } from './Sql.ts'

/** Items that have not come to their end. */
export const OPEN = `state IN ('open', 'mined')`

const schema = [
  'CREATE TABLE IF NOT EXISTS lane (key TEXT PRIMARY KEY, value TEXT NOT NULL)',
  `CREATE TABLE IF NOT EXISTS item (
    id TEXT PRIMARY KEY, nonce INTEGER NOT NULL UNIQUE, purpose TEXT NOT NULL, state TEXT NOT NULL,
    revision INTEGER NOT NULL, to_address TEXT NOT NULL, data TEXT NOT NULL, gas_limit TEXT NOT NULL,
    acks TEXT NOT NULL, proof TEXT, channels INTEGER NOT NULL, amount TEXT NOT NULL, mined TEXT, reported INTEGER
    NOT NULL DEFAULT 0, missing_since INTEGER, error TEXT, created_at INTEGER NOT NULL, changed_at INTEGER NOT NULL,
    held_since INTEGER
  )`,
  'CREATE INDEX IF NOT EXISTS item_state ON item (state, nonce)',
  `CREATE TABLE IF NOT EXISTS attempt (
    item_id TEXT NOT NULL, n INTEGER NOT NULL, filler INTEGER NOT NULL, max_fee TEXT NOT NULL,
    priority_fee TEXT NOT NULL, raw TEXT, hash TEXT, created_at INTEGER NOT NULL, sent_at INTEGER,
    refusals INTEGER NOT NULL DEFAULT 0, refusal TEXT, underpriced INTEGER NOT NULL DEFAULT 0, set_aside TEXT,
    unpaid INTEGER, taken_at INTEGER, taken_head INTEGER,
    PRIMARY KEY (item_id, n)
  )`,
  'CREATE TABLE IF NOT EXISTS cover (key TEXT PRIMARY KEY, item_id TEXT NOT NULL)',
  'CREATE INDEX IF NOT EXISTS cover_item ON cover (item_id)',
  'CREATE TABLE IF NOT EXISTS spend (day INTEGER PRIMARY KEY, wei TEXT NOT NULL)',
  Outbox.schema,
]

/** Columns that came later, without a default that means anything. */
const later = [
  { table: 'item', column: 'held_since', type: 'INTEGER' },
  { table: 'attempt', column: 'set_aside', type: 'TEXT' },
  { table: 'attempt', column: 'unpaid', type: 'INTEGER' },
  { table: 'attempt', column: 'taken_at', type: 'INTEGER' },
  { table: 'attempt', column: 'taken_head', type: 'INTEGER' },
]

/** Makes what is not there yet; run in a transaction, each time a journal is opened. */
export function create(sql: Sql): void {
  for (const statement of schema) sql.rows(statement)
  for (const { table, column, type } of later) {
    const columns = sql.rows(`PRAGMA table_info(${table})`).map(({ name }) => name)
    if (!columns.includes(column)) sql.rows(`ALTER TABLE ${table} ADD COLUMN ${column} ${type}`)
  }
}
