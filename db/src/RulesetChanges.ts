/** Changes of the rules of a scope: each is another set, written whole with its audit, or not at all. */
import type { BreakerSettings } from '@pbstream/core/message/Sentinel'
import type { List, RuleInput } from '@pbstream/core/Rule'
import { and, eq, lt, lte } from 'drizzle-orm'
import { change } from './Audit.ts'
import { canonical, sha256 } from './Canonical.ts'
import { riseSentinel } from './Catalog.ts'
import type { Database, Orm, Statement } from './Database.ts'
import { Refused } from './ProvidersScope.ts'
import { headOf, PLATFORM_SCOPE, type RulesetHead, seeded, SEEDED_REVISION } from './Rulesets.ts'

export type { RulesetHead } from './Rulesets.ts'

/** Sets of a scope that are kept, and how many changes it may have in an hour: no more than are kept. */
export const REVISIONS_KEPT = 100
const HOUR_MS = 3_600_000

export type NewRuleset = { rules: RuleInput[]; lists: List[]; breaker: BreakerSettings | null; revision: number }

/** Who makes a change, in which chain of the audit. `also`: what stands or falls with it, say news of it. */
export type By = { chain: string; actor: string; at: Date; also?: (orm: Orm, detail: Detail) => Statement[] }

/** Which rules came, changed and went, and a digest of the whole. */
export type Detail = {
  revision: number
  added: string[]
  changed: string[]
  removed: string[]
  lists: string[]
  breaker: BreakerSettings | null
  digest: string
}

/**
 * Puts another set in force, at the revision after the one that `plan` says it starts from. A set that says the same
 * changes nothing. Answers the set that is in force then.
 *
 * @throws {Refused} limit_reached after too many changes in an hour; and what `plan` throws.
 */
export async function changeRuleset(
  db: Database,
  by: By,
  scope: string,
  plan: (before: RulesetHead | undefined) => Promise<NewRuleset>,
): Promise<RulesetHead | undefined> {
  return change(db, by.chain, async () => {
    const before = await headOf(db, scope)
    const { revision: start, ...set } = await plan(before)
    if (before !== undefined && isSame(before, set)) return { acts: [], statements: () => [], result: before }
    if (before === undefined && start === 0 && isSame(EMPTY, set)) {
      return { acts: [], statements: () => [], result: undefined }
    }
    const revision = start + 1
    await requireCalm(db, scope, revision, by.at)
    // Gateways hand the sets of platform and providers to keys; those of owners are pushed to them.
    const pushedRevision = scope.startsWith('owner:') ? (before?.pushedRevision ?? 0) : revision
    const head: RulesetHead = {
      ...{ ...set, scope, revision, author: by.actor, createdAt: by.at },
      ...{ pushedRevision, pushedAfter: '' },
    }
    const detail = await detailOf(before, head)
    return {
      acts: [{ actor: by.actor, action: 'ruleset.change', subject: scope, detail, at: by.at }],
      statements: (orm) => [...statementsOf(db, orm, before, head), ...(by.also?.(orm, detail) ?? [])],
      result: head,
    }
  })
}

const EMPTY = { rules: [], lists: [], breaker: null }

function isSame(a: Omit<NewRuleset, 'revision'>, b: Omit<NewRuleset, 'revision'>): boolean {
  const text = ({ rules, lists, breaker }: Omit<NewRuleset, 'revision'>) => canonical({ rules, lists, breaker })
  return text(a) === text(b)
}

async function requireCalm(db: Database, scope: string, revision: number, at: Date): Promise<void> {
  const { ruleset } = db.tables
  if (revision <= REVISIONS_KEPT) return
  const [oldest] = await db.orm
    .select({ createdAt: ruleset.createdAt })
    .from(ruleset)
    .where(and(eq(ruleset.scope, scope), eq(ruleset.revision, revision - REVISIONS_KEPT)))
  if (oldest !== undefined && oldest.createdAt.getTime() > at.getTime() - HOUR_MS) {
    throw new Refused('limit_reached', `${REVISIONS_KEPT} changes of the rules in an hour`)
  }
}

function statementsOf(db: Database, orm: Orm, before: RulesetHead | undefined, head: RulesetHead): Statement[] {
  const { ruleset, rulesetHead, ruleVersion } = db.tables
  const { pushedRevision, pushedAfter, ...row } = head
  const { scope, revision, author, createdAt } = row
  const place = { revision, pushedRevision, pushedAfter, updatedAt: createdAt }
  const known = new Set(before?.rules.map(({ id, version }) => `${id} ${version}`))
  const fresh = row.rules.filter(({ id, version }) => !known.has(`${id} ${version}`))
  // What was in force without a row had versions, too: they are not given to another text.
  const isFirst = before === undefined && scope === PLATFORM_SCOPE
  const first = isFirst ? seeded().rules.map((rule) => ({ rule, revision: SEEDED_REVISION })) : []
  return [
    // A plain insert: of two that start from one revision the other starts again.
    orm.insert(ruleset).values(row),
    orm
      .insert(rulesetHead)
      .values({ scope, ...place })
      .onConflictDoUpdate({ target: rulesetHead.scope, set: place, setWhere: lt(rulesetHead.revision, revision) }),
    ...[...first, ...fresh.map((rule) => ({ rule, revision }))].map(({ rule, revision: from }) =>
      orm
        .insert(ruleVersion)
        .values({ scope, ruleId: rule.id, version: rule.version, rule, revision: from, author, createdAt })
        .onConflictDoNothing(),
    ),
    orm.delete(ruleset).where(and(eq(ruleset.scope, scope), lte(ruleset.revision, revision - REVISIONS_KEPT))),
    ...(scope.startsWith('owner:') ? [] : [riseSentinel(db, orm)]),
  ]
}

/** What the audit has. */
async function detailOf(before: RulesetHead | undefined, head: RulesetHead): Promise<Detail> {
  const { rules, lists, breaker, revision } = head
  const old = new Map(before?.rules.map(({ id, version }) => [id, version]))
  const kept = new Set(rules.map(({ id }) => id))
  const named = ({ id, version }: RuleInput) => `${id}@${version}`
  return {
    revision,
    added: rules.filter(({ id }) => !old.has(id)).map(named),
    changed: rules.filter(({ id, version }) => old.has(id) && old.get(id) !== version).map(named),
    removed: [...old.keys()].filter((id) => !kept.has(id)),
    lists: lists.map(({ name, entries }) => `${name}: ${entries.length}`),
    breaker,
    digest: await sha256(canonical({ rules, lists, breaker })),
  }
}

/** A key could not be told of the set of its owner: all are told again, which changes nothing where it is known. */
export function pushAgain(db: Database, orm: Orm, scope: string): Statement {
  const { rulesetHead: head } = db.tables
  return orm.update(head).set({ pushedRevision: 0, pushedAfter: '' }).where(eq(head.scope, scope))
}
