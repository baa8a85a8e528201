/**
 * Whether a chain of the audit is as it was written. Within the chain every row holds the hash of the one before; that a
 * chain was cut at its end, or written anew as a whole, shows against the heads that were recorded each day, and against
 * any head that somebody kept elsewhere.
 */
import { and, asc, eq, gt, isNull, ne, or } from 'drizzle-orm'
import { type AuditRow, GENESIS, type Head, hashOf } from './Audit.ts'
import type { Database } from './Database.ts'

export type Flaw = {
  seq: number
  what: /** The row is not what its hash was made of. */
    | 'edited'
    /** A row is not there. */
    | 'missing'
    /** The row does not follow from the one before it. */
    | 'unlinked'
    /** The head that was recorded is not in the chain: its end was cut off, or the chain was written anew. */
    | 'head_lost'
}

export type Verdict = {
  flaws: Flaw[]
  /** How many rows were looked at. */
  checked: number
  /** The last row looked at. */
  head: Head
  /** Go on after this row; null when all is done. */
  next: number | null
}

const PAGE = 500
/** More say no more. */
const FLAWS_MAX = 100

/** Looks at rows after `after`, at most `limit`. Rows of before the chains (`legacy`) hold no hash: they are not for this. */
export async function verifyChain(
  db: Database,
  chain: string,
  { after = 0, limit = 5_000, kept }: { after?: number; limit?: number; kept?: Head | undefined } = {},
): Promise<Verdict> {
  const flaws: Flaw[] = []
  let head = await startAt(db, chain, after)
  let checked = 0
  for (;;) {
    const size = Math.min(PAGE, limit - checked)
    const rows = await rowsAfter(db, chain, head.seq, size)
    for (const row of rows) {
      flaws.push(...(await judge(row, head)))
      head = { seq: row.seq, hash: row.hash }
    }
    checked += rows.length
    if (rows.length < size || flaws.length >= FLAWS_MAX) break
    if (checked >= limit) return { flaws, checked, head, next: head.seq }
  }
  if (flaws.length < FLAWS_MAX) flaws.push(...(await lostHeads(db, chain, after, kept)))
  return { flaws: flaws.slice(0, FLAWS_MAX), checked, head, next: null }
}

/** The names of chains after one, in order: of those that have rows, and of those that had. */
export async function chainsAfter(db: Database, after: string, limit: number): Promise<string[]> {
  const { audit, auditHead } = db.tables
  const names = await Promise.all(
    [audit, auditHead].map((table) =>
      db.orm
        .select({ chain: table.chain })
        .from(table)
        .where(and(gt(table.chain, after), ne(table.chain, 'legacy')))
        .groupBy(table.chain)
        .orderBy(asc(table.chain))
        .limit(limit),
    ),
  )
  const all = new Set(names.flat().map(({ chain }) => chain))
  all.delete(HEADS_READ)
  return [...all].toSorted((a, b) => (a < b ? -1 : 1)).slice(0, limit)
}

/** The name under which `AuditHeads` keeps how far it has read. */
export const HEADS_READ = '*'

async function startAt(db: Database, chain: string, after: number): Promise<Head> {
  if (after === 0) return { seq: 0, hash: GENESIS }
  const { audit } = db.tables
  const [row] = await db.orm
    .select({ seq: audit.seq, hash: audit.hash })
    .from(audit)
    .where(and(eq(audit.chain, chain), eq(audit.seq, after)))
  return row ?? { seq: after, hash: GENESIS }
}

function rowsAfter(db: Database, chain: string, seq: number, limit: number) {
  const { audit } = db.tables
  return db.orm
    .select()
    .from(audit)
    .where(and(eq(audit.chain, chain), gt(audit.seq, seq)))
    .orderBy(asc(audit.seq))
    .limit(limit)
}

async function judge(row: AuditRow, before: Head): Promise<Flaw[]> {
  const flaws: Flaw[] = []
  if (row.seq !== before.seq + 1) flaws.push({ seq: before.seq + 1, what: 'missing' })
  else if (row.prev !== before.hash) flaws.push({ seq: row.seq, what: 'unlinked' })
  if ((await hashOf(row)) !== row.hash) flaws.push({ seq: row.seq, what: 'edited' })
  return flaws
}

/** Heads, recorded or kept by whoever asks, that the chain does not have. */
async function lostHeads(db: Database, chain: string, after: number, kept: Head | undefined): Promise<Flaw[]> {
  const { audit, auditHead } = db.tables
  const recorded = await db.orm
    .select({ seq: auditHead.seq })
    .from(auditHead)
    .leftJoin(audit, and(eq(audit.chain, auditHead.chain), eq(audit.seq, auditHead.seq)))
    .where(
      and(eq(auditHead.chain, chain), gt(auditHead.seq, after), or(isNull(audit.hash), ne(audit.hash, auditHead.hash))),
    )
    .limit(FLAWS_MAX)
  const lost: Flaw[] = recorded.map(({ seq }) => ({ seq, what: 'head_lost' }))
  if (kept === undefined) return lost
  const [row] = await db.orm
    .select({ hash: audit.hash })
    .from(audit)
    .where(and(eq(audit.chain, chain), eq(audit.seq, kept.seq)))
  return row?.hash === kept.hash ? lost : [...lost, { seq: kept.seq, what: 'head_lost' }]
}
