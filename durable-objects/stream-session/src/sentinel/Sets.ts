/** Rule sets as they are kept and as they are asked: whole values, read once. */
import * as Rule from '@pbstream/core/Rule'
import {
  type BreakerSettings,
  isScope,
  providerScope,
  rulesetSnapshot,
  type RuleRevisions,
  type Scope,
  type SetRulesReply,
} from '@pbstream/core/message/Sentinel'
import type { State } from '../State.ts'
import { KEY } from './Memory.ts'

/** A set of a scope as JSON of `RulesetSnapshot`. */
export type SetRow = { readonly revision: number; readonly body: string }

/** The same, ready to be asked. */
export type Parsed = {
  readonly set: Rule.Ruleset
  readonly lists: Rule.Lists
  readonly breaker: BreakerSettings | undefined
}

export type InForce = Parsed & { readonly scope: Scope; readonly revision: number }

/** Many keys of one isolate share the platform's set, and those of the providers that they pay. */
const CACHED = 256
const cache = new Map<string, Parsed>()
const ofRow = new WeakMap<SetRow, Parsed>()
const seeds: SetRow = {
  revision: 1,
  body: JSON.stringify({ scope: 'platform', revision: 1, rules: Rule.seeds, lists: [] }),
}

/** What governs a call to a provider, the platform first. Nothing is asked and nothing kept where there is none. */
export function inForce(state: State, providerId: string | undefined): InForce[] {
  if (state.sets.size === 0) return []
  const found: InForce[] = []
  const scopes: Scope[] =
    providerId === undefined ? ['platform', 'owner'] : ['platform', 'owner', providerScope(providerId)]
  for (const scope of scopes) {
    const row = state.sets.get(scope)
    if (row === undefined) continue
    const parsed = read(row)
    if (isAsked(parsed)) found.push({ ...parsed, scope, revision: row.revision })
  }
  return found
}

/** The sets that a call's gateway knows and this object does not; the platform begins with its own. */
export function wanted(state: State, rules: RuleRevisions | undefined, providerId: string): Scope[] {
  if (rules === undefined) return []
  const scopes: Scope[] = []
  if (rules.platform === seeds.revision && revisionOf(state, 'platform') === 0) state.sets.set('platform', seeds)
  if (isBehind(state, 'platform', rules.platform)) scopes.push('platform')
  const provider = providerScope(providerId)
  if (isBehind(state, provider, rules.provider)) scopes.push(provider)
  return scopes
}

/**
 * Puts sets in force, each as one value. One that cannot be read leaves what there is, and is not asked for again before
 * there is a newer one.
 */
export function put(state: State, snapshots: readonly unknown[]): SetRulesReply {
  const reply: SetRulesReply = { applied: [], held: {}, refused: [] }
  for (const snapshot of snapshots) {
    const named = snapshot as { scope?: unknown; revision?: unknown } | null
    const body = JSON.stringify(snapshot) ?? ''
    try {
      parse(body)
    } catch (error) {
      const why = error instanceof Error ? error.message : 'cannot be read'
      reply.refused.push({ scope: String(named?.scope).slice(0, 300), error: why.slice(0, 2_000) })
      if (isNamed(named)) state.refusedSets.set(named.scope, named.revision)
      continue
    }
    if (!isNamed(named)) continue
    const { scope, revision } = named
    if (revision > revisionOf(state, scope)) {
      replace(state, scope, { revision, body })
      reply.applied.push(scope)
    }
    reply.held[scope] = revisionOf(state, scope)
  }
  return reply
}

/** The revisions that a lease of calls to a provider is granted under: under others it is not renewed. */
export function revisions(state: State, providerId: string): string {
  const scopes: Scope[] = ['platform', 'owner', providerScope(providerId)]
  // A snooze that ends early is another set of rules, too.
  let snoozed = 0
  for (const [, { scope, until }] of state.snoozes.entries()) if (scopes.includes(scope)) snoozed += until
  const governing = [...scopes.map((scope) => revisionOf(state, scope)), snoozed]
  return governing.every((each) => each === 0) ? '' : governing.join('.')
}

export function read(row: SetRow): Parsed {
  const known = ofRow.get(row)
  if (known !== undefined) return known
  const parsed = cache.get(row.body) ?? parse(row.body)
  if (cache.size >= CACHED) cache.clear()
  cache.set(row.body, parsed)
  ofRow.set(row, parsed)
  return parsed
}

export function isAsked({ set, breaker }: Parsed): boolean {
  return breaker !== undefined || set.rules.some(({ state }) => state !== 'off')
}

/** What is kept for a scope goes with its last set. */
function replace(state: State, scope: Scope, row: SetRow): void {
  state.sets.set(scope, row)
  if (isAsked(read(row))) return
  if (scope !== 'platform' && scope !== 'owner') state.memory.drop(scope)
  else if (inForce(state, undefined).length === 0) state.memory.drop(KEY)
}

function isBehind(state: State, scope: Scope, revision: number): boolean {
  return revision > revisionOf(state, scope) && revision !== state.refusedSets.get(scope)
}

function revisionOf(state: State, scope: Scope): number {
  return state.sets.get(scope)?.revision ?? 0
}

function isNamed(value: { scope?: unknown; revision?: unknown } | null): value is { scope: Scope; revision: number } {
  return isScope(value?.scope) && Number.isSafeInteger(value?.revision)
}

/** @throws {Error} that says what is wrong and where. */
function parse(body: string): Parsed {
  const found = rulesetSnapshot.safeParse(JSON.parse(body))
  if (!found.success) throw new TypeError(found.error.issues.map(said).join('; '))
  const { rules, lists, breaker } = found.data
  const kept = new Rule.Lists(lists)
  return { set: Rule.parse(rules, kept.names), lists: kept, breaker }
}

function said({ path, message }: { path: PropertyKey[]; message: string }): string {
  return path.length === 0 ? message : `${path.map(String).join('.')}: ${message}`
}
