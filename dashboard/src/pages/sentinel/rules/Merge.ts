/** What changed between sets, and what becomes of a draft when somebody else published meanwhile. Pure. */
import type { NewRule, Ruleset } from '../Types.ts'
import { type Draft, isSame, type Start, startOf } from './Draft.ts'

export type Change = { id: string; before: NewRule | undefined; after: NewRule | undefined }

/** Rules that were put in, changed or taken out, by id. */
export function changes(before: readonly NewRule[], after: readonly NewRule[]): Change[] {
  const old = new Map(before.map((rule) => [rule.id, rule]))
  const now = new Map(after.map((rule) => [rule.id, rule]))
  return [...new Set([...old.keys(), ...now.keys()])]
    .toSorted()
    .map((id) => ({ id, before: old.get(id), after: now.get(id) }))
    .filter((change) => !isSame(change.before, change.after))
}

/** What both did to one rule, or to the budget (`id` undefined). */
export type Clash = { id: string | undefined; mine: NewRule | undefined; theirs: NewRule | undefined }
export type Conflict = { theirs: Change[]; mine: Change[]; breakerTheirs: boolean; clashes: Clash[] }

/** Undefined: the draft starts from the set in force. */
export function conflictOf(draft: Draft, now: Ruleset): Conflict | undefined {
  if (draft.from.revision === now.revision) return undefined
  const mine = changes(draft.from.rules, draft.rules)
  const theirs = changes(draft.from.rules, startOf(now).rules)
  const breakerTheirs = !isSame(draft.from.breaker, now.breaker)
  const breakerMine = !isSame(draft.from.breaker, draft.breaker)
  const own = new Map(mine.map((change) => [change.id, change]))
  const clashes = theirs.flatMap((change): Clash[] => {
    const other = own.get(change.id)
    if (other === undefined || isSame(other.after, change.after)) return []
    return [{ id: change.id, mine: other.after, theirs: change.after }]
  })
  if (breakerTheirs && breakerMine && !isSame(draft.breaker, now.breaker)) {
    clashes.push({ id: undefined, mine: undefined, theirs: undefined })
  }
  return { theirs, mine, breakerTheirs, clashes }
}

/** Nothing that matters to the draft was changed: a list, say. Then it goes on from the newer set by itself. */
export function isHarmless({ theirs, breakerTheirs }: Conflict): boolean {
  return theirs.length === 0 && !breakerTheirs
}

/** The draft on top of the newer set. `keep`: of what both changed, the ids where the draft's counts (`undefined`: the budget). */
export function rebased(draft: Draft, now: Ruleset, keep: ReadonlySet<string | undefined>, at: number): Draft {
  const from: Start = startOf(now)
  const conflict = conflictOf(draft, now)
  if (conflict === undefined) return draft
  const lost = new Set(conflict.clashes.filter(({ id }) => !keep.has(id)).map(({ id }) => id))
  const rules = new Map(from.rules.map((rule) => [rule.id, rule]))
  for (const { id, after } of conflict.mine) {
    if (lost.has(id)) continue
    if (after === undefined) rules.delete(id)
    else rules.set(id, after)
  }
  const ownBreaker = !isSame(draft.from.breaker, draft.breaker) && !lost.has(undefined)
  return { from, rules: [...rules.values()], breaker: ownBreaker ? draft.breaker : from.breaker, at }
}
