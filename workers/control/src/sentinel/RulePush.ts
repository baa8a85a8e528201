/**
 * The sets of owners, on their way into the objects of the keys that they manage: after each change, when a key is made,
 * and by the clock until every key has been told. A set names its revision, so nothing is lost by telling a key twice.
 */
import type { RulesetSnapshot } from '@pbstream/core/message/Sentinel'
import type { KeyStatus } from '@pbstream/core/KeyStatus'
import type { Database } from '@pbstream/db/Database'
import type { Mode } from '@pbstream/db/Mode'
import { pushAgain } from '@pbstream/db/RulesetChanges'
import { headOf, pushedStatements, pushing, type RulesetHead } from '@pbstream/db/Rulesets'
import { keysOf, type ManagedKey, managed } from '@pbstream/db/SessionKeys'
import type { Env } from '../Env.ts'
import { refOf } from '../keys/Model.ts'
import { log } from '../Log.ts'
import { inObject } from './Objects.ts'
import { ownerScope } from './Whose.ts'

/** Keys that are told at once, and in one run; the clock goes on with the rest. */
const AT_ONCE = 10
const PAGE = 50
const PAGES_MAX = 8
/** Pages of one run of the clock: a Worker may ask others a thousand times in one. */
const CLOCK_PAGES_MAX = 10
const SCOPES_MAX = 100
/** The place of a round in which a key could not be told begins with this: another round follows. */
const FAILED = '!'

/** Whose calls are judged, or may be again. */
const TOLD: readonly KeyStatus[] = ['draft', 'active', 'freezing', 'frozen']

/**
 * The set of its owner into the object of a key, where there is one.
 *
 * @throws {Refusal} temporarily_unavailable when the object does not answer.
 */
export async function pushRules(env: Env, database: Database, row: ManagedKey): Promise<void> {
  const head = await headOf(database, ownerScope(row))
  if (head === undefined || (await tell(env, head, row))) return
  // It is of another version than this Worker: the clock goes on until it takes the set.
  await database.atomically((orm) => [pushAgain(database, orm, head.scope)])
}

/** Every minute: sets that some keys may not have, in no order: none is always the last. */
export async function pushPending(env: Env, database: Database): Promise<void> {
  const waiting = (await pushing(database, SCOPES_MAX)).map(({ scope }) => ({ scope, by: crypto.randomUUID() }))
  let left = CLOCK_PAGES_MAX
  for (const { scope } of waiting.toSorted((a, b) => (a.by < b.by ? -1 : 1))) {
    if (left <= 0) return
    left -= await pushScope(env, database, scope, left)
  }
}

/** One run for the set of an owner; answers how many pages it was. Others that do the same at once do no harm. */
export async function pushScope(env: Env, database: Database, stored: string, most = PAGES_MAX): Promise<number> {
  const owner = ownerOf(stored)
  const head = await headOf(database, stored)
  if (owner === undefined || head === undefined || head.pushedRevision >= head.revision) return 0
  let place = head.pushedAfter
  for (let pages = 1; pages <= most; pages++) {
    const failedBefore = place.startsWith(FAILED)
    const after = failedBefore ? place.slice(FAILED.length) : place
    const rows = (await keysOf(database, owner, {}, after === '' ? undefined : after, PAGE)).map(managed)
    const failed = (await tellAll(env, head, rows)) || failedBefore
    const last = rows.at(-1)
    const isEnd = rows.length < PAGE || last === undefined
    // A round in which a key could not be told is followed by another, not before the next minute.
    const next = isEnd ? '' : `${failed ? FAILED : ''}${last.publicId}`
    const reached = isEnd && !failed ? undefined : next
    await database.atomically((orm) => pushedStatements(database, orm, stored, head.revision, reached))
    if (isEnd) return pages
    place = next
  }
  return most
}

/** Whether one of them could not be told. */
async function tellAll(env: Env, head: RulesetHead, rows: ManagedKey[]): Promise<boolean> {
  let failed = false
  const told = rows.filter(({ status }) => TOLD.includes(status))
  for (let i = 0; i < told.length; i += AT_ONCE) {
    const outcomes = await Promise.allSettled(told.slice(i, i + AT_ONCE).map((row) => tell(env, head, row)))
    if (outcomes.some((outcome) => outcome.status === 'rejected' || !outcome.value)) failed = true
  }
  if (failed) log('rules_not_told', { revision: String(head.revision) })
  return failed
}

/** False: the object could not read the set, and has what it had. */
async function tell(env: Env, head: RulesetHead, row: ManagedKey): Promise<boolean> {
  const { refused } = await inObject(env, refOf(row), (object) => object.setRules(1, refOf(row), [snapshotOf(head)]))
  return refused.length === 0
}

function snapshotOf({ revision, rules, lists, breaker }: RulesetHead): RulesetSnapshot {
  return { scope: 'owner', revision, rules, lists, ...(breaker === null ? {} : { breaker }) }
}

/** Undefined: not the scope of an owner. */
function ownerOf(stored: string): { owner: string; mode: Mode } | undefined {
  const [, mode, owner] = /^owner:(live|test):(.+)$/.exec(stored) ?? []
  return mode === undefined || owner === undefined ? undefined : { owner, mode: mode as Mode }
}
