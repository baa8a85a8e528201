/** What the rules say about a call, and why: pure, and never an error. */
import type { Inputs, Result, Step } from '../Formula.ts'
import { crossInputs } from './CrossInputs.ts'
import { inputs } from './Inputs.ts'
import type { View } from './KeyState.ts'
import type { Lists } from './Lists.ts'
import type { ScopeView } from './ScopeState.ts'
import { actions, type Action, type CompiledRule, type Rules } from './Schema.ts'

/**
 * What became of a rule that matched, or had no value. `done`: it counts. `shadow`, `snoozed`: it would have. `failed`: no
 * value, and it fails open.
 */
export type Effect = 'done' | 'shadow' | 'snoozed' | 'failed'

/** Data that can be stored: what the rule saw and what each part of its condition came to. */
export type Hit = {
  readonly rule: string
  readonly version: number
  readonly action: Action
  readonly severity: CompiledRule['severity']
  readonly effect: Effect
  /** The variables that the condition reads; lists by their length. Empty, as `nodes` are, of a hit that is noted. */
  readonly inputs: Readonly<Record<string, string>>
  readonly nodes: readonly Step[]
  /** Why it has no value. */
  readonly error?: string
}

export type Decision = {
  readonly action: Action
  /** The rule that decided it; absent: none did. */
  readonly by?: { readonly rule: string; readonly version: number; readonly seconds?: number }
  readonly hits: readonly Hit[]
}

/** Until when (Unix ms) a rule is not to act on a key, by its id. */
export type Snoozes = Readonly<Record<string, number>>

/** Whether a hit of a rule is on record already, so that no inputs and nodes are wanted again. */
export type IsNoted = (rule: CompiledRule, effect: Effect) => boolean

const never: IsNoted = () => false

/** What the rules over one key say about its call. */
export function evaluate(
  { rules, names }: Rules,
  view: View,
  lists: Lists,
  snoozes: Snoozes = {},
  isNoted = never,
): Decision {
  const now = view.ask.at
  return decide(rules, { ...inputs(names, view), ...lists.at(now) }, now, snoozes, isNoted)
}

/** What the rules over all keys say about a call that was made. */
export function evaluateCross(
  { rules, names }: Rules,
  view: ScopeView,
  lists: Lists,
  snoozes: Snoozes = {},
  isNoted = never,
): Decision {
  const now = view.ask.at
  return decide(rules, { ...crossInputs(names, view), ...lists.at(now) }, now, snoozes, isNoted)
}

/** Of all that match the hardest action is done; of equally hard ones, the rule of the highest priority is named. */
export function decide(
  rules: readonly CompiledRule[],
  values: Inputs,
  now: number,
  snoozes: Snoozes = {},
  isNoted = never,
): Decision {
  const hits: Hit[] = []
  let decided: CompiledRule | undefined
  let isFirstDone = false
  for (const rule of rules) {
    if (rule.state === 'off' || (isFirstDone && rule.group === 'first_match')) continue
    const result = rule.formula.evaluate(values)
    if (result.ok && !result.value) continue
    const isSnoozed = Object.hasOwn(snoozes, rule.id) && now < snoozes[rule.id]!
    const hit = hitOf(rule, values, result, isSnoozed, isNoted)
    hits.push(hit)
    if (hit.effect !== 'done') continue
    if (rule.group === 'first_match') isFirstDone = true
    if (decided === undefined || actions.indexOf(rule.action) > actions.indexOf(decided.action)) decided = rule
  }
  if (decided === undefined) return { action: 'allow', hits }
  const { id, version, seconds } = decided
  return { action: decided.action, by: { rule: id, version, ...(seconds === undefined ? {} : { seconds }) }, hits }
}

function hitOf(rule: CompiledRule, values: Inputs, result: Result<'bool'>, isSnoozed: boolean, isNoted: IsNoted): Hit {
  const isOpen = !result.ok && rule.fail === 'open'
  const effect = isOpen ? 'failed' : rule.state === 'shadow' ? 'shadow' : isSnoozed ? 'snoozed' : 'done'
  const isBrief = isNoted(rule, effect)
  return {
    rule: rule.id,
    version: rule.version,
    action: rule.action,
    severity: rule.severity,
    effect,
    inputs: isBrief ? {} : printed(rule, values),
    // Parts are worked out again only for what is recorded: most rules do not match most calls.
    nodes: isBrief ? [] : rule.formula.trace(values).steps,
    ...(result.ok ? {} : { error: result.error.message }),
  }
}

function printed({ formula }: CompiledRule, values: Inputs): Record<string, string> {
  return Object.fromEntries(
    [...formula.names].map((name) => {
      const value = values[name]
      return [name, typeof value === 'object' ? `${value.length} entries` : String(value)]
    }),
  )
}
