/** Versions of rules: the same text keeps its version, another one gets the next that was never used. Pure. */
import type { RuleInput } from '@pbstream/core/Rule'
import { canonical } from '@pbstream/db/Canonical'
import type { NewRule } from './RuleSchemas.ts'

/** The rule with everything said that can be left out. */
export function whole(rule: NewRule | RuleInput, version: number): RuleInput {
  const { id, name, when, severity, action, seconds, fail } = rule
  const { priority = 0, group = 'all_match', state = 'enabled', over = 'session' } = rule
  const given = { id, version, name, over, when, severity, action, priority, group, fail, state }
  return { ...given, ...(seconds === undefined ? {} : { seconds }) }
}

/**
 * The wanted rules with their versions. `before`: the set in force. `last`: the highest version that a rule ever had, also
 * of rules that were taken out since.
 */
export function versioned(
  wanted: readonly NewRule[],
  before: readonly RuleInput[],
  last: ReadonlyMap<string, number>,
): RuleInput[] {
  const known = new Map(before.map((rule) => [rule.id, rule]))
  return wanted.map((rule) => {
    const old = known.get(rule.id)
    if (old !== undefined && isSame(whole(rule, old.version), whole(old, old.version))) return whole(old, old.version)
    return whole(rule, Math.max(last.get(rule.id) ?? 0, old?.version ?? 0) + 1)
  })
}

export function isSame(a: RuleInput, b: RuleInput): boolean {
  return canonical(a) === canonical(b)
}
