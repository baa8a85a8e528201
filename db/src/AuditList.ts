/** The rows of one chain, newest first. */
import { and, desc, eq, lt } from 'drizzle-orm'
import type { Database } from './Database.ts'

export type AuditFilter = {
  action?: string | undefined
  subject?: string | undefined
  /** Rows before this one. */
  before?: number | undefined
}

export function listAudit(db: Database, chain: string, { action, subject, before }: AuditFilter, limit: number) {
  const { audit } = db.tables
  const { seq, at, actor, prev, hash, detail } = audit
  return db.orm
    .select({ seq, at, actor, action: audit.action, subject: audit.subject, detail, prev, hash })
    .from(audit)
    .where(
      and(
        eq(audit.chain, chain),
        ...(before === undefined ? [] : [lt(seq, before)]),
        ...(action === undefined ? [] : [eq(audit.action, action)]),
        ...(subject === undefined ? [] : [eq(audit.subject, subject)]),
      ),
    )
    .orderBy(desc(seq))
    .limit(limit)
}
