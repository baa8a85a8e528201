/** The heads of chains, recorded once a day: what shows that the end of a chain was cut off. */
import { and, asc, desc, eq, gt, lte, sql } from 'drizzle-orm'
import { HEADS_READ } from './AuditVerify.ts'
import type { Database } from './Database.ts'

/** Rows that one call reads at most. */
const PAGE = 2_000
/**
 * Read again each time: on Postgres the number of a row is taken before it is committed, so that one may appear below
 * others that were read already.
 */
const OVERLAP = 100
/** A head is written with this many columns. */
const COLUMNS = 4

/**
 * Records the newest row of every chain that has had one since the last time, under the day of `now`. Does nothing when
 * the day is done; called again until it is.
 *
 * @returns how many rows were read; fewer than a page means that the day is done.
 */
export async function recordHeads(db: Database, now: Date): Promise<number> {
  const { audit, auditHead } = db.tables
  const day = now.toISOString().slice(0, 10)
  const [progress] = await db.orm
    .select()
    .from(auditHead)
    .where(eq(auditHead.chain, HEADS_READ))
    .orderBy(desc(auditHead.day))
    .limit(1)
  if (progress?.day === day && progress.hash === DONE) return 0
  const from = progress?.seq ?? 0
  const rows = await db.orm
    .select({ id: audit.id, chain: audit.chain, seq: audit.seq, hash: audit.hash })
    .from(audit)
    .where(and(gt(audit.id, from - OVERLAP), lte(audit.at, now)))
    .orderBy(asc(audit.id))
    .limit(PAGE)
  const heads = new Map<string, { chain: string; day: string; seq: number; hash: string }>()
  for (const { chain, seq, hash } of rows) {
    if (hash !== '' && seq > (heads.get(chain)?.seq ?? 0)) heads.set(chain, { chain, day, seq, hash })
  }
  const seq = Math.max(from, rows.at(-1)?.id ?? 0)
  const state = rows.length < PAGE ? DONE : ''
  const all = [...heads.values(), { chain: HEADS_READ, day, seq, hash: state }]
  const size = Math.floor(db.maxParameters / COLUMNS)
  await db.atomically((orm) =>
    Array.from({ length: Math.ceil(all.length / size) }, (_, i) =>
      orm
        .insert(auditHead)
        .values(all.slice(i * size, (i + 1) * size))
        .onConflictDoUpdate({
          target: [auditHead.chain, auditHead.day],
          set: { seq: sql`excluded.seq`, hash: sql`excluded.hash` },
          setWhere: sql`excluded.seq >= ${auditHead.seq}`,
        }),
    ),
  )
  return rows.length
}

const DONE = 'done'
