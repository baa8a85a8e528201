/** What a rule lacks before it can go into a draft. Pure. */
import type { NewRule } from '../Types.ts'

export type Missing = { id?: 'wrong' | 'taken'; name?: true; when?: 'empty' | 'long' | 'wrong' }

const ID = /^[a-z][a-z0-9_-]{0,63}$/
const WHEN_MAX = 1_000

/** `isGood`: what the compiler says of the condition; undefined: it has not been loaded, and the service will say. */
export function missingOf(rule: NewRule, taken: ReadonlySet<string>, isGood: boolean | undefined): Missing {
  const missing: Missing = {}
  if (!ID.test(rule.id)) missing.id = 'wrong'
  else if (taken.has(rule.id)) missing.id = 'taken'
  if (rule.name.trim() === '') missing.name = true
  if (rule.when.trim() === '') missing.when = 'empty'
  else if (rule.when.length > WHEN_MAX) missing.when = 'long'
  else if (isGood === false) missing.when = 'wrong'
  return missing
}

/** What a new rule begins with: in shadow, so that it does nothing before it was seen at work. */
export function beginning(id: string): NewRule {
  return {
    ...{ id, name: '', when: 'amount > 1000000', severity: 'medium', action: 'alert' },
    ...{ priority: 500, group: 'all_match', fail: 'open', state: 'shadow', over: 'session' },
  }
}
