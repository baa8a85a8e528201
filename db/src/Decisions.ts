/** What Sentinel decided: lists for owners, providers and operators, and how often each rule spoke. */
import type { Address } from '@pbstream/core/Hex'
import type { DecisionRow } from '@pbstream/core/message/Sentinel'
import { and, asc, desc, eq, gte, inArray, lt, ne, type SQL, sql } from 'drizzle-orm'
import type { SQLiteColumn } from 'drizzle-orm/sqlite-core'
import type { Database } from './Database.ts'
import { decisionStatements, toDecision } from './ProjectionSentinel.ts'

export type DecisionRecord = Database['tables']['sentinelDecision']['$inferSelect']

/**
 * Whose decisions, or stops: of one scope; of the whole keys of a payer on some chains, not what providers decided about
 * them; or all there are.
 */
export type Whose = { scope: string } | { payer: Address; chainIds: readonly number[] } | 'all'

export type DecisionFilter = {
  rule?: string | undefined
  action?: DecisionRow['action'] | undefined
  effect?: DecisionRow['effect'] | undefined
  session?: string | undefined
  since?: Date | undefined
  until?: Date | undefined
}

/** How long decisions are kept. */
export const DECISIONS_KEPT_MS = 180 * 86_400_000

/** Decisions, newest first. `after`: the last one shown. */
export function decisionsOf(
  db: Database,
  whose: Whose,
  filter: DecisionFilter,
  after: { at: Date; session: string; number: number } | undefined,
  limit: number,
) {
  const { sentinelDecision: d } = db.tables
  const { rule, action, effect, session, since, until } = filter
  const earlier =
    after === undefined
      ? undefined
      : sql`(${d.at}, ${d.session}, ${d.number}) < (${sql.param(after.at, d.at)}, ${after.session}, ${after.number})`
  const conditions: (SQL | undefined)[] = [
    ...ofWhom(db, d, whose, session !== undefined),
    session === undefined ? undefined : eq(d.session, session),
    rule === undefined ? undefined : session === undefined ? eq(d.rule, rule) : besides(db, d.rule, rule),
    action === undefined ? undefined : eq(d.action, action),
    effect === undefined ? undefined : eq(d.effect, effect),
    since === undefined ? undefined : gte(d.at, since),
    until === undefined ? undefined : lt(d.at, until),
    earlier,
  ]
  return db.orm
    .select()
    .from(d)
    .where(and(...conditions))
    .orderBy(desc(d.at), desc(d.session), desc(d.number))
    .limit(limit)
}

export async function decisionById(db: Database, id: string): Promise<DecisionRecord | undefined> {
  const [row] = await decisionQuery(db, id)
  return row
}

/** The statement behind `decisionById`. */
export function decisionQuery(db: Database, id: string) {
  const { sentinelDecision: d } = db.tables
  return db.orm.select().from(d).where(eq(d.id, id)).limit(1)
}

/** How often a rule matched on a day (UTC), with the repeats, on how many keys, and what became of it. */
export type HitsOfDay = Pick<DecisionRecord, 'rule' | 'version' | 'action' | 'effect'> & {
  day: Date
  count: number
  keys: number
}

/** `since`, `until`: times of decisions. What a breaker did is none of them. */
export async function hitsByDay(db: Database, whose: Whose, since: Date, until: Date): Promise<HitsOfDay[]> {
  const rows = await hitsQuery(db, whose, since, until)
  return rows.map(({ day, count, keys, ...rest }) => ({
    ...rest,
    day: new Date(Number(day) * DAY_MS),
    count: Number(count),
    keys: Number(keys),
  }))
}

/** The statement behind `hitsByDay`. Each rule that matched has a row of its own. */
export function hitsQuery(db: Database, whose: Whose, since: Date, until: Date) {
  const { sentinelDecision: d } = db.tables
  const day = db.dialect === 'd1' ? sql<number>`at / 86400000` : sql<number>`floor(extract(epoch from at) / 86400)::int`
  return db.orm
    .select({
      ...{ rule: d.rule, version: d.version, action: d.action, effect: d.effect, day },
      count: sql<number>`sum(1 + ${d.repeats})`,
      keys: sql<number>`count(distinct ${d.session})`,
    })
    .from(d)
    .where(and(...ofWhom(db, d, whose, false), gte(d.at, since), lt(d.at, until), ne(d.action, 'breaker')))
    .groupBy(d.rule, d.version, d.action, d.effect, day)
}

const DAY_MS = 86_400_000

/**
 * Writes decisions down that no session event brings: those of rules across sessions. They can be repeated. `session`: the
 * name that they are numbered under. `about`: of which payer's key they speak, if they do of one.
 */
export async function record(
  db: Database,
  session: string,
  rows: readonly DecisionRow[],
  about?: { payer: Address; chainId: number },
): Promise<void> {
  const records = rows.map((row) => ({ ...toDecision(session, row), ...about }))
  await db.atomically((orm) => decisionStatements(db, orm, records))
}

/** Removes decisions from before a time, the oldest first, at most so many; answers how many. */
export async function pruneDecisions(db: Database, before: Date, limit: number): Promise<number> {
  const { sentinelDecision: d } = db.tables
  const gone = await db.orm
    .delete(d)
    .where(sql`(${d.session}, ${d.number}) in ${oldDecisions(db, before, limit)}`)
    .returning({ number: d.number })
  return gone.length
}

/** The statement within `pruneDecisions`. */
export function oldDecisions(db: Database, before: Date, limit: number) {
  const { sentinelDecision: d } = db.tables
  return db.orm
    .select({ session: d.session, number: d.number })
    .from(d)
    .where(lt(d.at, before))
    .orderBy(asc(d.at), asc(d.session), asc(d.number))
    .limit(limit)
}

/**
 * Conditions of whose decisions, or stops. With `isNarrowed` rows are found by something else, of which there are fewer: a
 * key has few of a payer's.
 */
export function ofWhom(db: Database, of: Whosever, whose: Whose, isNarrowed: boolean): SQL[] {
  if (whose === 'all') return []
  const whole = ['platform', 'owner']
  if ('scope' in whose) return [isNarrowed ? besides(db, of.scope, whose.scope) : eq(of.scope, whose.scope)]
  return [
    isNarrowed ? besides(db, of.payer, whose.payer) : eq(of.payer, whose.payer),
    // No chain in this mode: an id that none has.
    inArray(of.chainId, whose.chainIds.length === 0 ? [-1] : [...whose.chainIds]),
    db.dialect === 'd1' ? sql`${of.scope} || '' in ${whole}` : inArray(of.scope, whole),
  ]
}

type Whosever =
  | Pick<Database['tables']['sentinelDecision'], 'scope' | 'payer' | 'chainId'>
  | Pick<Database['tables']['sentinelStop'], 'scope' | 'payer' | 'chainId'>

/**
 * A condition by which rows are not to be found, but picked. SQLite has to be told, by an expression that has no index;
 * PostgreSQL knows how many there are of each.
 */
function besides(db: Database, column: SQLiteColumn, value: string): SQL {
  return db.dialect === 'd1' ? sql`${column} || '' = ${value}` : eq(column, value)
}
