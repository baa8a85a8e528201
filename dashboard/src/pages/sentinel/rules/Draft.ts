/**
 * A set of rules as somebody is about to have it. It starts from a set that was in force and is published as a whole, so
 * it holds on to that start: what others did meanwhile can be told from what was done here. Pure.
 */
import type { MoneyBreaker, NewRule, Rule, Ruleset } from '../Types.ts'

export type Draft = {
  /** The set that it started from. */
  from: Start
  rules: NewRule[]
  breaker: MoneyBreaker | null
  /** Unix milliseconds of the last edit. */
  at: number
}
export type Start = Pick<Ruleset, 'revision' | 'breaker'> & { rules: NewRule[] }

export function startOf({ revision, rules, breaker }: Ruleset): Start {
  return { revision, breaker, rules: rules.map(withoutVersion) }
}

export function draftOf(set: Ruleset, at: number): Draft {
  const from = startOf(set)
  return { from, rules: from.rules, breaker: from.breaker, at }
}

/** Versions are given by the service. */
export function withoutVersion(rule: Rule): NewRule {
  return whole(rule)
}

/** With every member that has a default, in one order: two rules that say the same are then equal as text. */
export function whole(rule: NewRule): NewRule {
  const { id, name, when, severity, action, seconds, priority, group, fail, state, over } = rule
  return {
    ...{ id, name, when, severity, action },
    ...(action === 'throttle' ? { seconds: seconds ?? 60 } : {}),
    priority: priority ?? 0,
    group: group ?? 'all_match',
    fail,
    state: state ?? 'enabled',
    over: over ?? 'session',
  }
}

export function isSame(a: unknown, b: unknown): boolean {
  return canonical(a) === canonical(b)
}

function canonical(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'undefined'
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`
  const members = Object.entries(value).filter(([, each]) => each !== undefined)
  return `{${members
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, each]) => `${name}:${canonical(each)}`)
    .join()}}`
}

export function isChanged({ from, rules, breaker }: Draft): boolean {
  return !isSame(byId(rules), byId(from.rules)) || !isSame(breaker, from.breaker)
}

/** The order of rules says nothing: they are asked by priority, then by id. */
function byId(rules: readonly NewRule[]): NewRule[] {
  return rules.map(whole).toSorted((a, b) => (a.id < b.id ? -1 : 1))
}

/** In the order in which they are asked. */
export function inOrder<T extends Pick<NewRule, 'id' | 'priority'>>(rules: readonly T[]): T[] {
  return rules.toSorted((a, b) => (b.priority ?? 0) - (a.priority ?? 0) || (a.id < b.id ? -1 : 1))
}

/** A rule put in, or in the place of the one that was called `before`. */
export function withRule(draft: Draft, rule: NewRule, at: number, before = rule.id): Draft {
  const index = draft.rules.findIndex(({ id }) => id === before)
  const rules = index < 0 ? [...draft.rules, whole(rule)] : draft.rules.with(index, whole(rule))
  return { ...draft, rules, at }
}

export function withoutRule(draft: Draft, id: string, at: number): Draft {
  return { ...draft, rules: draft.rules.filter((rule) => rule.id !== id), at }
}

/** An id that no rule of the draft has. */
export function freeId(rules: readonly { id: string }[], wish: string): string {
  const base =
    wish
      .toLowerCase()
      .replace(/[^a-z0-9_-]+/g, '-')
      .replace(/^[^a-z]+|-+$/g, '')
      .slice(0, 56) || 'rule'
  const taken = new Set(rules.map(({ id }) => id))
  let id = base
  for (let n = 2; taken.has(id); n++) id = `${base}-${n}`
  return id
}
