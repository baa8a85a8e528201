/** The tables of one `ExactClaim`. What the columns mean is in the README. */
export const schema = `
  CREATE TABLE IF NOT EXISTS authorisation (
    nonce TEXT PRIMARY KEY,
    digest TEXT NOT NULL,
    request_id TEXT,
    call_id TEXT,
    state TEXT NOT NULL,
    attempt INTEGER NOT NULL,
    held_until INTEGER NOT NULL,
    redeliveries INTEGER NOT NULL,
    signed TEXT NOT NULL,
    mined_as TEXT,
    receipt TEXT,
    answer_status INTEGER,
    answer_headers TEXT,
    answer_body BLOB,
    answer_until INTEGER,
    prune_at INTEGER NOT NULL
  );
  CREATE INDEX IF NOT EXISTS authorisation_prune_at ON authorisation (prune_at);
  CREATE TABLE IF NOT EXISTS request (
    id TEXT PRIMARY KEY,
    digest TEXT NOT NULL,
    nonce TEXT,
    prune_at INTEGER NOT NULL
  );
  CREATE INDEX IF NOT EXISTS request_prune_at ON request (prune_at);
`

/** How far a payment has come; it only moves to the right, or the row is deleted by a release. */
export type State = 'serving' | 'submitting' | 'mined' | 'delivered'

/** One row of `authorisation`, as SQLite gives it. */
export type Row = {
  nonce: string
  digest: string
  request_id: string | null
  call_id: string | null
  state: State
  attempt: number
  held_until: number
  redeliveries: number
  signed: string
  mined_as: string | null
  receipt: string | null
  answer_status: number | null
  answer_headers: string | null
  answer_body: ArrayBuffer | null
  answer_until: number | null
  prune_at: number
}

/** One row of `request`. */
export type RequestRow = { id: string; digest: string; nonce: string | null; prune_at: number }
