/**
 * Who changed what: one chain of rows for each owner and mode, and one for the platform. A row holds the hash of the one
 * before it, so that an edit, a deletion, an insertion or another order shows (`AuditVerify`).
 *
 * A row is written in the same step as its change. (chain, seq) is unique: of two changes that start from the same head
 * one fails and starts again, which makes the changes of one chain follow each other without any lock.
 */
import { and, desc, eq } from 'drizzle-orm'
import { canonical, sha256 } from './Canonical.ts'
import { conflictsOn, type Database, type Orm, type Statement } from './Database.ts'
import type { Mode } from './Mode.ts'

/** What nobody's owner did: operators, seeds, the clock. */
export const PLATFORM = 'platform'

/** The chain of what an owner has in a mode. */
export function chainOf(owner: string, mode: Mode): string {
  return `${owner}/${mode}`
}

/** `detail` is JSON without secrets. */
export type Act = { actor: string; action: string; subject: string; detail: Record<string, unknown>; at: Date }

/** What one attempt wants to write, and what the caller gets when it is written. Without acts nothing is written. */
export type Plan<T> = { acts: Act[]; statements(orm: Orm): Statement[]; result: T }

/** Losers of a race start again; one of every round wins. */
const ATTEMPTS = 30

/** The hash before the first row. */
export const GENESIS = ''

/**
 * Makes a change and writes it down, all or none. `plan` reads the rows, judges, and says what to write; whoever changes
 * anything in the same chain in between makes it run again, so what it read is still so when it is written. It throws to
 * refuse. The outcome of a lost connection is found out: a change is never made twice.
 */
export async function change<T>(db: Database, chain: string, plan: () => Promise<Plan<T>>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    // Before the plan reads: whatever it reads is at least as new as this head.
    const head = await headOf(db, chain)
    const { acts, statements, result } = await plan()
    if (acts.length === 0) return result
    const rows = await link(chain, head, acts)
    try {
      await db.atomically((orm) => [...statements(orm), orm.insert(db.tables.audit).values(rows)])
      return result
    } catch (error) {
      const written = await hashAt(db, chain, head.seq + 1)
      // A row that met another was not written, even if somebody wrote the very same: only without an answer is it ours.
      if (written === rows[0]?.hash && !conflictsOn(error)) return result
      if (written === undefined || attempt === ATTEMPTS) throw error
    }
  }
}

/** Writes an act down that changes nothing here. */
export async function record(db: Database, act: Act, chain = PLATFORM): Promise<void> {
  await change(db, chain, () => Promise.resolve({ acts: [act], statements: () => [], result: undefined }))
}

export type Head = { seq: number; hash: string }

/** The newest row of a chain; seq 0 when there is none. */
export async function headOf(db: Database, chain: string): Promise<Head> {
  const { audit } = db.tables
  const [row] = await db.orm
    .select({ seq: audit.seq, hash: audit.hash })
    .from(audit)
    .where(eq(audit.chain, chain))
    .orderBy(desc(audit.seq))
    .limit(1)
  return row ?? { seq: 0, hash: GENESIS }
}

export type AuditRow = Omit<Database['tables']['audit']['$inferSelect'], 'id'>

/** The hash of a row, over everything in it but itself. */
export function hashOf({ chain, seq, prev, actor, action, subject, detail, at }: Omit<AuditRow, 'hash'>) {
  return sha256(canonical({ chain, seq, prev, actor, action, subject, detail, at: at.getTime() }))
}

async function link(chain: string, head: Head, acts: Act[]): Promise<AuditRow[]> {
  const rows: AuditRow[] = []
  let { seq, hash: prev } = head
  for (const { actor, action, subject, detail, at } of acts) {
    seq++
    const row = { chain, seq, prev, actor, action, subject, detail, at }
    prev = await hashOf(row)
    rows.push({ ...row, hash: prev })
  }
  return rows
}

async function hashAt(db: Database, chain: string, seq: number): Promise<string | undefined> {
  const { audit } = db.tables
  const [row] = await db.orm
    .select({ hash: audit.hash })
    .from(audit)
    .where(and(eq(audit.chain, chain), eq(audit.seq, seq)))
  return row?.hash
}
