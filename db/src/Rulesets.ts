/**
 * The rules of scopes: which set is in force, which were, and every text that a rule ever had. Scopes here are `platform`,
 * `provider:<id>` and `owner:<mode>:<owner id>`. Changes: `RulesetChanges`.
 */
import { isScope, type RulesetSnapshot } from '@pbstream/core/message/Sentinel'
import { seeds } from '@pbstream/core/Rule'
import { and, asc, desc, eq, gte, inArray, lt, max, sql } from 'drizzle-orm'
import type { Database, Orm, Statement } from './Database.ts'

export type RulesetRow = Database['tables']['ruleset']['$inferSelect']

/** The set in force, and how far it has been pushed to keys: `pushedAfter` is the last key that has it. */
export type RulesetHead = RulesetRow & { pushedRevision: number; pushedAfter: string }

export const PLATFORM_SCOPE = 'platform'
/** The platform begins with the seeds, at this revision, without a row. */
export const SEEDED_REVISION = 1

/** The set in force of a scope. Undefined: none was ever written. */
export async function headOf(db: Database, scope: string): Promise<RulesetHead | undefined> {
  const [row] = await headsOf(db, [scope])
  return row && { ...row.set, pushedRevision: row.pushedRevision, pushedAfter: row.pushedAfter }
}

/** The statement behind `headOf` and `snapshotsOf`: at most 90 scopes, they are bound one by one. */
export function headsOf(db: Database, scopes: readonly string[]) {
  const { ruleset, rulesetHead: head } = db.tables
  return db.orm
    .select({ set: ruleset, pushedRevision: head.pushedRevision, pushedAfter: head.pushedAfter })
    .from(head)
    .innerJoin(ruleset, and(eq(ruleset.scope, head.scope), eq(ruleset.revision, head.revision)))
    .where(inArray(head.scope, [...scopes]))
}

/**
 * The sets in force of the platform and of providers, as objects take them. The platform has one from the beginning; a
 * provider that never wrote one is left out.
 */
export async function snapshotsOf(db: Database, scopes: readonly string[]): Promise<RulesetSnapshot[]> {
  const found: RulesetSnapshot[] = []
  for (let at = 0; at < scopes.length; at += SCOPES_AT_ONCE) {
    const rows = await headsOf(db, scopes.slice(at, at + SCOPES_AT_ONCE))
    for (const { set } of rows) if (isScope(set.scope)) found.push(snapshot(set, set.scope))
  }
  if (scopes.includes(PLATFORM_SCOPE) && !found.some(({ scope }) => scope === PLATFORM_SCOPE)) found.unshift(seeded())
  return found
}

/** The set of an owner as the objects of its keys take it. Undefined: it never had one. */
export async function ownerSnapshot(db: Database, stored: string): Promise<RulesetSnapshot | undefined> {
  const head = await headOf(db, stored)
  return head && snapshot(head, 'owner')
}

/** What is in force of the platform where nobody wrote anything. */
export function seeded(): RulesetSnapshot {
  return { scope: 'platform', revision: SEEDED_REVISION, rules: [...seeds], lists: [] }
}

function snapshot({ revision, rules, lists, breaker }: RulesetRow, scope: RulesetSnapshot['scope']): RulesetSnapshot {
  return { scope, revision, rules, lists, ...(breaker === null ? {} : { breaker }) }
}

/** The revisions in force of the platform and of all providers: what gateways name with each call. */
export function headRevisions(db: Database) {
  const { rulesetHead: head } = db.tables
  return (
    db.orm
      .select({ scope: head.scope, revision: head.revision })
      .from(head)
      // `platform` and `provider:…`; no other scope begins with that letter, in the order of any collation.
      .where(and(gte(head.scope, 'p'), lt(head.scope, 'q')))
  )
}

/** The sets that a scope had, the newest first, below a revision. */
export function revisionsOf(db: Database, scope: string, before: number | undefined, limit: number) {
  const { ruleset: t } = db.tables
  return db.orm
    .select()
    .from(t)
    .where(and(eq(t.scope, scope), before === undefined ? undefined : lt(t.revision, before)))
    .orderBy(desc(t.revision))
    .limit(limit)
}

/** One set of a scope. Undefined: it had no such revision, or it is no longer kept. */
export async function revisionRow(db: Database, scope: string, revision: number): Promise<RulesetRow | undefined> {
  const { ruleset: t } = db.tables
  const [row] = await db.orm
    .select()
    .from(t)
    .where(and(eq(t.scope, scope), eq(t.revision, revision)))
  return row
}

/** The texts that a rule had, the newest first, below a version. They are kept for good: decisions name them. */
export function versionsOf(db: Database, scope: string, ruleId: string, before: number | undefined, limit: number) {
  const { ruleVersion: t } = db.tables
  const below = before === undefined ? undefined : lt(t.version, before)
  return db.orm
    .select()
    .from(t)
    .where(and(eq(t.scope, scope), eq(t.ruleId, ruleId), below))
    .orderBy(desc(t.version))
    .limit(limit)
}

/** The last version that each of these rules ever had; rules that never were are not in it. */
export async function lastVersions(db: Database, scope: string, ids: readonly string[]): Promise<Map<string, number>> {
  const found = new Map<string, number>()
  for (let at = 0; at < ids.length; at += SCOPES_AT_ONCE) {
    const rows = await lastVersionRows(db, scope, ids.slice(at, at + SCOPES_AT_ONCE))
    for (const { ruleId, version } of rows) if (version !== null) found.set(ruleId, version)
  }
  return found
}

/** The statement behind `lastVersions`. */
export function lastVersionRows(db: Database, scope: string, ids: readonly string[]) {
  const { ruleVersion: t } = db.tables
  return db.orm
    .select({ ruleId: t.ruleId, version: max(t.version) })
    .from(t)
    .where(and(eq(t.scope, scope), inArray(t.ruleId, [...ids])))
    .groupBy(t.ruleId)
}

/** The scopes whose set has not reached all their keys. */
export function pushing(db: Database, limit: number) {
  const { rulesetHead: head } = db.tables
  return db.orm
    .select()
    .from(head)
    .where(sql`pushed_revision < revision`)
    .orderBy(asc(head.scope))
    .limit(limit)
}

/**
 * How far a revision has been pushed: to all keys up to `after`, or with undefined to all of them. Of a revision that is
 * no longer in force nothing is noted.
 */
export function pushedStatements(
  db: Database,
  orm: Orm,
  scope: string,
  revision: number,
  after: string | undefined,
): Statement[] {
  const { rulesetHead: head } = db.tables
  const set = after === undefined ? { pushedRevision: revision, pushedAfter: '' } : { pushedAfter: after }
  return [
    orm
      .update(head)
      .set(set)
      .where(and(eq(head.scope, scope), eq(head.revision, revision))),
  ]
}

/** Statements bind scopes and ids one by one. */
const SCOPES_AT_ONCE = 90
