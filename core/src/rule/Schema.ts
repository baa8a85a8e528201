/** The form of rules and lists: what is written in JSON. A condition is compiled when its rule is read, or refused. */
import * as z from 'zod'
import * as Formula from '../Formula.ts'
import { crossVariables } from './CrossFeature.ts'
import { variables } from './Feature.ts'

/** From the mildest to the hardest: of several, the hardest is done. */
export const actions = ['allow', 'alert', 'throttle', 'require_signature', 'block', 'freeze'] as const
export type Action = (typeof actions)[number]

/** What stops or delays a call. */
export const stopping: ReadonlySet<Action> = new Set(['throttle', 'require_signature', 'block', 'freeze'])

/** What a rule over all keys of a scope may do: it sees calls after they were made. */
export const crossActions: ReadonlySet<Action> = new Set(['allow', 'alert', 'block', 'freeze'])

export const severities = ['info', 'low', 'medium', 'high', 'critical'] as const

const MAX_RULES = 200
const MAX_SECONDS = 86_400

export const rule = z
  .strictObject({
    id: z.string().regex(/^[a-z][a-z0-9_-]{0,63}$/, 'small letters, digits, - and _, at most 64'),
    /** A rule is never changed: its next version takes its place. */
    version: z.int().min(1),
    name: z.string().min(1).max(80),
    /** `session`: asked before a call is granted, of one key; `cross`: asked after it was made, of all keys of the scope. */
    over: z.enum(['session', 'cross']).default('session'),
    /** A formula of type bool over the features (of `over`) and lists. */
    when: z.string(),
    severity: z.enum(severities),
    action: z.enum(actions),
    /** Of `throttle`: how long the caller is told to wait. */
    seconds: z.int().min(1).max(MAX_SECONDS).optional(),
    /** The highest first. */
    priority: z.int().min(0).max(10_000).default(0),
    /** `first_match`: of these the first that matches decides, and `allow` ends them. `all_match`: each that matches counts. */
    group: z.enum(['first_match', 'all_match']).default('all_match'),
    /** What a condition without a value (a division by 0, too large a number) means: no match, or a match. */
    fail: z.enum(['open', 'closed']),
    /** `shadow`: what it would do is recorded, and not done. */
    state: z.enum(['enabled', 'shadow', 'off']).default('enabled'),
  })
  .refine(({ action, seconds }) => (action === 'throttle') === (seconds !== undefined), {
    path: ['seconds'],
    message: 'throttle has seconds, and nothing else has',
  })
  .refine(({ action, over }) => over === 'session' || crossActions.has(action), {
    path: ['action'],
    message: 'cross rules allow, alert, block or freeze',
  })

export type Rule = z.infer<typeof rule>
export type RuleInput = z.input<typeof rule>
export type CompiledRule = Rule & { readonly formula: Formula.Formula<'bool'> }

export const list = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z][a-z0-9_]{0,31}$/, 'small letters, digits and _, at most 32')
    .refine(Formula.isName, 'a word of the language'),
  /** `until`: Unix milliseconds, from which on it is no longer in the list. */
  entries: z.array(z.strictObject({ value: z.string().min(1).max(256), until: z.int().min(0).optional() })).max(1_000),
})
export type List = z.infer<typeof list>

/** The text says where what is wrong; of a condition, `cause` is the `FormulaError` with its place. */
export class InvalidRuleError extends Error {
  override readonly name = 'InvalidRuleError'
}

/** Rules in the order they are asked in: by priority, then by id. `names`: of the variables that those not off read. */
export type Rules = { readonly rules: readonly CompiledRule[]; readonly names: ReadonlySet<string> }

/** The rules over one key, and those over all. They are one value: a change is another one, never half of it. */
export type Ruleset = Rules & { readonly cross: Rules }

/**
 * Reads rules. `lists`: names of those that a condition may ask about.
 *
 * @throws {InvalidRuleError}
 */
export function parse(value: unknown, lists: readonly string[] = []): Ruleset {
  const parsed = z.array(rule).max(MAX_RULES).superRefine(checkIds).safeParse(value)
  if (!parsed.success) throw new InvalidRuleError(z.prettifyError(parsed.error))
  const known = { session: variables(lists), cross: crossVariables(lists) }
  const rules = parsed.data
    .map((each, i): CompiledRule => ({ ...each, formula: compile(each, i, known[each.over]) }))
    .toSorted((a, b) => b.priority - a.priority || (a.id < b.id ? -1 : 1))
  return { ...over('session', rules), cross: over('cross', rules) }
}

function over(what: Rule['over'], all: readonly CompiledRule[]): Rules {
  const rules = all.filter((each) => each.over === what)
  const names = rules.filter(({ state }) => state !== 'off').flatMap(({ formula }) => [...formula.names])
  return { rules, names: new Set(names) }
}

/** @throws {InvalidRuleError} */
export function parseList(value: unknown): List {
  const parsed = list.safeParse(value)
  if (!parsed.success) throw new InvalidRuleError(z.prettifyError(parsed.error))
  return parsed.data
}

function checkIds(rules: readonly Rule[], context: z.core.$RefinementCtx): void {
  const seen = new Set<string>()
  for (const [i, { id }] of rules.entries()) {
    if (seen.has(id))
      context.addIssue({ code: 'custom', message: `${id} is there already: one version a rule`, path: [i, 'id'] })
    seen.add(id)
  }
}

function compile({ id, when }: Rule, i: number, known: Formula.Variables): Formula.Formula<'bool'> {
  try {
    return Formula.compile(when, known, 'bool')
  } catch (error) {
    if (error instanceof Formula.FormulaError)
      throw new InvalidRuleError(`✖ ${error.message}\n  → at [${i}].when, rule ${id}`, { cause: error })
    throw error
  }
}
