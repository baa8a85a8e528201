/** The tables of the object, and the part of its storage that they are reached through. */

export type SqlValue = string | number | null
export type Row = Record<string, SqlValue>

/** Rows of one statement. */
export type Sql = (query: string, ...bindings: SqlValue[]) => Row[]

/** What the columns mean is in the README. Amounts are TEXT: SQLite's integers come back as doubles. */
export const schema = `
  CREATE TABLE IF NOT EXISTS channel (
    id TEXT PRIMARY KEY,
    labels TEXT NOT NULL,
    revision INTEGER NOT NULL,
    numbers TEXT NOT NULL,
    settled_at INTEGER NOT NULL,
    marks TEXT NOT NULL,
    oldest_at INTEGER,
    attempt INTEGER NOT NULL
  );
  CREATE INDEX IF NOT EXISTS channel_oldest ON channel (labels, oldest_at) WHERE oldest_at IS NOT NULL;
  CREATE TABLE IF NOT EXISTS session (name TEXT PRIMARY KEY, seen TEXT NOT NULL);
  CREATE TABLE IF NOT EXISTS decided (name TEXT PRIMARY KEY, seen TEXT NOT NULL);
  CREATE TABLE IF NOT EXISTS item (
    chain_id INTEGER NOT NULL,
    signer TEXT NOT NULL,
    id TEXT NOT NULL,
    revision INTEGER NOT NULL,
    status TEXT NOT NULL,
    gas TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (chain_id, signer, id)
  );
  CREATE INDEX IF NOT EXISTS item_at ON item (at);
  CREATE TABLE IF NOT EXISTS incident (id TEXT PRIMARY KEY, at INTEGER NOT NULL);
  CREATE INDEX IF NOT EXISTS incident_at ON incident (at);
  CREATE TABLE IF NOT EXISTS series (kind TEXT NOT NULL, key TEXT NOT NULL, PRIMARY KEY (kind, key));
  CREATE TABLE IF NOT EXISTS total (
    family TEXT NOT NULL,
    labels TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (family, labels)
  );
`
