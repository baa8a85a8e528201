/**
 * The tables of a StreamSession. Amounts are TEXT decimals of atomic units (SQLite integers come back as doubles), times
 * INTEGER Unix milliseconds. The README of this folder describes each of them.
 */
export const SCHEMA_VERSION = 6

const tables = `
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS channel (
  id TEXT PRIMARY KEY,
  payer TEXT NOT NULL, payer_authorizer TEXT NOT NULL, receiver TEXT NOT NULL, receiver_authorizer TEXT NOT NULL,
  token TEXT NOT NULL, withdraw_delay INTEGER NOT NULL, salt TEXT NOT NULL,
  provisional TEXT NOT NULL, deposited TEXT NOT NULL, returned TEXT NOT NULL, accepted TEXT NOT NULL,
  spent TEXT NOT NULL, claimed TEXT NOT NULL, settled TEXT NOT NULL, lost TEXT NOT NULL, published TEXT NOT NULL,
  vouchers TEXT NOT NULL,
  claiming_total TEXT, claiming_max TEXT, claiming_signature TEXT,
  withdraw_requested_at INTEGER NOT NULL, refund_nonce TEXT NOT NULL,
  refund_id TEXT, refund_amount TEXT, refund_at INTEGER, refunded_at INTEGER NOT NULL,
  observed_at INTEGER NOT NULL,
  charges INTEGER NOT NULL, since INTEGER NOT NULL, reason TEXT NOT NULL,
  attempt INTEGER NOT NULL, sends INTEGER NOT NULL, due_at INTEGER NOT NULL,
  revision INTEGER NOT NULL,
  key_stopped_at INTEGER NOT NULL DEFAULT 0, key_over INTEGER NOT NULL DEFAULT 0, seen_block INTEGER NOT NULL DEFAULT 0,
  settle_amount TEXT, settle_age_ms INTEGER,
  session_epoch INTEGER NOT NULL DEFAULT 1, session_until INTEGER NOT NULL DEFAULT 0,
  provider_id TEXT
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS reservation (
  id TEXT PRIMARY KEY,
  channel_id TEXT NOT NULL, hold TEXT NOT NULL, marked TEXT NOT NULL, expires_at INTEGER NOT NULL,
  request_id TEXT, provider_id TEXT NOT NULL, route_id TEXT NOT NULL, rate_version INTEGER NOT NULL,
  period INTEGER, epoch INTEGER, metered TEXT, asked TEXT
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS usage_count (
  route_id TEXT NOT NULL, period TEXT NOT NULL,
  units TEXT NOT NULL, charged TEXT NOT NULL, revision INTEGER NOT NULL,
  PRIMARY KEY (route_id, period)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS lease (
  id TEXT PRIMARY KEY,
  channel_id TEXT NOT NULL, isolate TEXT NOT NULL, epoch INTEGER NOT NULL, remaining TEXT NOT NULL,
  requests INTEGER NOT NULL, per_request_max TEXT NOT NULL, expires_at INTEGER NOT NULL,
  provider_id TEXT NOT NULL, route_id TEXT NOT NULL, rate_version INTEGER NOT NULL, period INTEGER,
  key_version INTEGER,
  origin TEXT, rules TEXT NOT NULL DEFAULT '', failed INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS session_nonce (nonce TEXT PRIMARY KEY, expires_at INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS policy (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  body TEXT NOT NULL, period INTEGER NOT NULL, period_start INTEGER NOT NULL, period_base TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS request (
  id TEXT PRIMARY KEY,
  digest TEXT NOT NULL, state TEXT NOT NULL, reservation_id TEXT NOT NULL, receipt TEXT, expires_at INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS answer (
  reservation_id TEXT PRIMARY KEY,
  expires_at INTEGER NOT NULL, status INTEGER NOT NULL, headers TEXT NOT NULL, body BLOB NOT NULL
);
CREATE TABLE IF NOT EXISTS deposit (
  id TEXT PRIMARY KEY,
  channel_id TEXT NOT NULL, amount TEXT NOT NULL, status TEXT NOT NULL, at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS journal (
  seq INTEGER PRIMARY KEY,
  kind TEXT NOT NULL, channel_id TEXT NOT NULL, debit TEXT NOT NULL, credit TEXT NOT NULL, amount TEXT NOT NULL,
  reservation_id TEXT, request_id TEXT, provider_id TEXT, route_id TEXT, rate_version INTEGER, cumulative TEXT,
  tx TEXT, at INTEGER NOT NULL, why TEXT, usage TEXT, country TEXT, place TEXT
);
CREATE TABLE IF NOT EXISTS sentinel_set (
  scope TEXT PRIMARY KEY, revision INTEGER NOT NULL, body TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS sentinel_scope (scope TEXT PRIMARY KEY, body TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS sentinel_snooze (
  scope TEXT NOT NULL, rule TEXT NOT NULL, until INTEGER NOT NULL,
  PRIMARY KEY (scope, rule)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS sentinel_state (
  name TEXT PRIMARY KEY, born INTEGER NOT NULL, seq INTEGER NOT NULL, body TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS sentinel_log (
  name TEXT NOT NULL, seq INTEGER NOT NULL, body TEXT NOT NULL,
  PRIMARY KEY (name, seq)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS sentinel_decision (
  number INTEGER PRIMARY KEY, changed INTEGER NOT NULL, at INTEGER NOT NULL, body TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS sentinel_decision_changed ON sentinel_decision (changed);
CREATE TABLE IF NOT EXISTS sentinel_stop (
  id TEXT PRIMARY KEY, number INTEGER, changed INTEGER NOT NULL, released_at INTEGER, body TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS sentinel_failure (
  provider_id TEXT NOT NULL, route_id TEXT NOT NULL, changed INTEGER NOT NULL,
  calls INTEGER NOT NULL, failures INTEGER NOT NULL, at INTEGER NOT NULL,
  PRIMARY KEY (provider_id, route_id)
) WITHOUT ROWID;
`

/** What each version added to the tables of the one before. */
const additions: Record<number, string> = {
  2: `ALTER TABLE channel ADD COLUMN key_stopped_at INTEGER NOT NULL DEFAULT 0;
      ALTER TABLE channel ADD COLUMN key_over INTEGER NOT NULL DEFAULT 0;
      ALTER TABLE channel ADD COLUMN seen_block INTEGER NOT NULL DEFAULT 0;
      ALTER TABLE journal ADD COLUMN why TEXT;`,
  // The table `policy` is new, and made above.
  3: `ALTER TABLE reservation ADD COLUMN period INTEGER;
      ALTER TABLE channel ADD COLUMN settle_amount TEXT;
      ALTER TABLE channel ADD COLUMN settle_age_ms INTEGER;`,
  // The tables `lease` and `session_nonce` are new, and made above.
  4: `ALTER TABLE channel ADD COLUMN session_epoch INTEGER NOT NULL DEFAULT 1;
      ALTER TABLE channel ADD COLUMN session_until INTEGER NOT NULL DEFAULT 0;`,
  // The table `usage_count` is new, and made above.
  5: `ALTER TABLE reservation ADD COLUMN epoch INTEGER;
      ALTER TABLE reservation ADD COLUMN metered TEXT;
      ALTER TABLE journal ADD COLUMN usage TEXT;`,
  // The tables `sentinel_…` are new, and made above.
  6: `ALTER TABLE channel ADD COLUMN provider_id TEXT;
      ALTER TABLE reservation ADD COLUMN asked TEXT;
      ALTER TABLE journal ADD COLUMN country TEXT;
      ALTER TABLE journal ADD COLUMN place TEXT;`,
}

/** An object from before version 4 has no table `lease` yet: its is made with these. */
const leases = `ALTER TABLE lease ADD COLUMN origin TEXT;
  ALTER TABLE lease ADD COLUMN rules TEXT NOT NULL DEFAULT '';
  ALTER TABLE lease ADD COLUMN failed INTEGER NOT NULL DEFAULT 0;`

/**
 * Creates the tables of a new object and brings those of an old one up to date.
 *
 * @throws {Error} when a newer version of this code wrote them: nothing is decided on rows that are not understood.
 */
export function migrate(sql: SqlStorage): void {
  sql.exec(tables)
  const found = sql.exec<{ value: string }>("SELECT value FROM meta WHERE key = 'schema'").toArray()[0]?.value
  if (Number(found ?? 0) > SCHEMA_VERSION) throw new Error(`stream-session: schema ${found} is newer than this code`)
  const first = found === undefined ? SCHEMA_VERSION : Number(found)
  for (let version = first + 1; version <= SCHEMA_VERSION; version++) sql.exec(additions[version] ?? '')
  if (first >= 4 && first < 6) sql.exec(leases)
  if (Number(found) === SCHEMA_VERSION) return
  sql.exec("INSERT OR REPLACE INTO meta (key, value) VALUES ('schema', ?)", String(SCHEMA_VERSION))
}
