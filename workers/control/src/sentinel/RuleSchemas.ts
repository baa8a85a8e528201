/** What the API takes and shows of rules, lists and money breakers. A set has at most 64 KiB as JSON. */
import * as Formula from '@pbstream/core/Formula'
import { actions, severities } from '@pbstream/core/Rule'
import { orNull, text, time, z } from '../api/Parts.ts'
import { pageOf } from '../api/Page.ts'

export const RULES_MAX = 100
export const LISTS_MAX = 20
export const ENTRIES_MAX = 1_000
const SECONDS_MAX = 86_400

const RULE_ID = /^[a-z][a-z0-9_-]{0,63}$/
export const ruleId = z.string().regex(RULE_ID, 'small letters, digits, - and _, at most 64').openapi({
  example: 'too-dear',
})

/** More lines are allowed: conditions have comments. Nothing else that hides, or that a database refuses. */
const condition = z
  .string()
  .min(1)
  .max(1_000)
  .refine((value) => value.isWellFormed() && !/[^\P{Cc}\n\t\r]|\p{Cf}/u.test(value), 'control characters')
  .openapi({
    example: 'amount > 5000000 && new.payee',
    description: 'A formula of type bool over the features (`GET /rules/features`) and `list.<name>`.',
  })

const ruleFields = {
  id: ruleId,
  name: text(80).openapi({ description: 'For people.', example: 'Dear, and to somebody new' }),
  when: condition,
  severity: z.enum(severities),
  action: z.enum(actions).openapi({
    description: 'From the mildest to the hardest; of all rules that match the hardest action is done.',
  }),
  seconds: z.number().int().min(1).max(SECONDS_MAX).optional().openapi({
    description: 'Of `throttle`, and of nothing else: how long calls are told to wait.',
  }),
  priority: z
    .number()
    .int()
    .min(0)
    .max(10_000)
    .optional()
    .openapi({ description: 'The highest first; 0 if left out.' }),
  group: z.enum(['first_match', 'all_match']).optional().openapi({
    description:
      '`first_match`: of these the first that matches ends them. `all_match`, if left out: each that matches counts.',
  }),
  fail: z.enum(['open', 'closed']).openapi({
    description: 'What a condition without a value (a division by 0) means: `open` no match, `closed` a match.',
  }),
  state: z.enum(['enabled', 'shadow', 'off']).optional().openapi({
    description: '`shadow`: what it would do is recorded and not done. `enabled` if left out.',
  }),
  over: z.enum(['session', 'cross']).optional().openapi({
    description:
      '`session`, if left out: asked inside each call. `cross`: asked of what many keys do together, seconds later.',
  }),
}

function hasSeconds({ action, seconds }: { action: string; seconds?: number | undefined }): boolean {
  return (action === 'throttle') === (seconds !== undefined)
}
const SECONDS = { path: ['seconds'], message: 'throttle has seconds, and nothing else has' }

export const NewRule = z.strictObject(ruleFields).refine(hasSeconds, SECONDS).openapi('NewRule')
export type NewRule = z.infer<typeof NewRule>

const { id: _id, ...withoutId } = ruleFields
/** The id is in the path. */
export const RuleText = z.strictObject(withoutId).refine(hasSeconds, SECONDS).openapi('RuleText')

export const Rule = z
  .object({ ...ruleFields, version: z.number().int().openapi({ description: 'Rises with every change of its text.' }) })
  .openapi('Rule')

export const listName = z
  .string()
  .regex(/^[a-z][a-z0-9_]{0,31}$/, 'small letters, digits and _, at most 32')
  .refine((value) => Formula.isName(value), 'a word of the language of conditions')
  .openapi({ type: 'string', pattern: '^[a-z][a-z0-9_]{0,31}$', example: 'known_payees' })

const entry = z.strictObject({
  value: text(256),
  until: time.optional().openapi({ description: 'From then on it is no longer in the list.' }),
})
export type Entry = z.infer<typeof entry>
export const entries = z.array(entry).max(ENTRIES_MAX)

export const NewList = z.strictObject({ name: listName, entries }).openapi('NewRuleList')
export const List = z
  .object({ name: z.string(), entries: z.array(z.object({ value: z.string(), until: time.optional() })) })
  .openapi('RuleList')

const span = (most: number) => z.number().int().min(1_000).max(most)
const amount = z
  .string()
  .regex(/^(0|[1-9][0-9]{0,38})$/)
  .openapi({ type: 'string', pattern: '^(0|[1-9][0-9]{0,38})$', example: '50000000' })

/** As `breakerSettings` of core, which it is held against. */
export const MoneyBreaker = z
  .strictObject({
    budget: amount.openapi({ description: 'Atomic units that a key may spend in a window.' }),
    windowMs: z.union([z.literal(60_000), z.literal(3_600_000), z.literal(86_400_000)]),
    badFrom: z
      .number()
      .int()
      .min(1)
      .max(100_000)
      .openapi({ description: 'Thousandths of the budget: from here on it opens.' }),
    goodUpTo: z.number().int().min(0).max(100_000).openapi({
      description: 'Thousandths of the budget: up to here a probe is good. Below badFrom.',
    }),
    openMs: span(86_400_000).openapi({
      description: 'How long it stays open the first time; then twice as long each time.',
    }),
    maxOpenMs: span(604_800_000),
    probes: z.number().int().min(1).max(100).openapi({ description: 'Calls let through to see, all to go well.' }),
    probeMs: span(3_600_000).openapi({ description: 'A probe not answered by then is given to another call.' }),
    calmMs: z.number().int().min(0).max(604_800_000).openapi({
      description: 'Closed for so long, the next opening is a first one.',
    }),
    freezes: z.boolean().optional().openapi({ description: 'Opening freezes the key in this scope.' }),
  })
  .openapi('MoneyBreakerSettings')

/** A set as it is sent; a change is another set, never half of one. */
const wanted = {
  rules: z.array(NewRule).max(RULES_MAX),
  lists: z.array(NewList).max(LISTS_MAX).optional().openapi({ description: 'Left out: the lists stay as they are.' }),
  breaker: orNull(MoneyBreaker)
    .optional()
    .openapi({ description: 'Of money, for each key; null: none. Left out: it stays as it is.' }),
}
export const NewRuleset = z.strictObject(wanted).openapi('NewRuleset')
export type NewRuleset = z.infer<typeof NewRuleset>

export const Ruleset = z
  .object({
    scope: z.string().openapi({ description: '`owner`, `provider:<id>` or `platform`.' }),
    revision: z.number().int().openapi({ description: '0: there is no set yet.' }),
    rules: z.array(Rule),
    lists: z.array(List),
    breaker: orNull(MoneyBreaker),
    author: z.string().nullable(),
    createdAt: time.nullable(),
    onItsWay: z.boolean().openapi({ description: 'Whether keys are still being told of it.' }),
  })
  .openapi('Ruleset')

export const RevisionSummary = z
  .object({
    revision: z.number().int(),
    author: z.string(),
    createdAt: time,
    rules: z.array(z.object({ id: z.string(), version: z.number().int(), state: z.string() })),
    lists: z.array(z.object({ name: z.string(), entries: z.number().int() })),
    breaker: z.boolean(),
  })
  .openapi('RulesetRevision')
export const Revisions = pageOf(RevisionSummary)

export const RuleVersion = z
  .object({
    rule: Rule,
    revision: z.number().int().openapi({ description: 'The first set with it.' }),
    author: z.string(),
    createdAt: time,
  })
  .openapi('RuleVersion')
export const RuleVersions = pageOf(RuleVersion)

const problem = z.object({
  field: z.string().openapi({ description: 'JSON pointer into the body.' }),
  message: z.string(),
  position: z.number().int().optional().openapi({ description: 'In the condition, UTF-16 units from 0.' }),
  line: z.number().int().optional(),
  column: z.number().int().optional(),
})
export type RuleProblem = z.infer<typeof problem>

export const Verdict = z
  .object({
    ok: z.boolean(),
    errors: z.array(problem),
    rules: z
      .array(z.object({ id: z.string(), reads: z.array(z.string()), changed: z.boolean() }))
      .openapi({ description: 'Of a set that holds: what each rule reads, and whether it would be a new version.' }),
  })
  .openapi('RulesVerdict')

export const Feature = z
  .object({
    name: z.string(),
    type: z.string(),
    unit: z.string(),
    from: z.string(),
    over: z.array(z.enum(['session', 'cross'])),
    about: z.string(),
  })
  .openapi('RuleFeature')
