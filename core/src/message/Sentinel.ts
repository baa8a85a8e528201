/**
 * What Sentinel tells and is told: rule sets on their way into a `StreamSession`, what that decided, and the calls on it.
 *
 * A scope is whose rules they are: those of the `platform` and of the key's `owner` see the whole key and stop all of it;
 * a provider's (`provider:<id>`) see the calls to that provider, and stop only those. Times are Unix milliseconds.
 */
import * as z from 'zod'
import type { Phase } from '../breaker/State.ts'
import { actions, list, rule, severities } from '../rule/Schema.ts'
import type { SessionRef } from './Session.ts'

export type Scope = 'platform' | 'owner' | `provider:${string}`

const PROVIDER = 'provider:'
const ID_MAX = 256

export function providerScope(providerId: string): Scope {
  return `${PROVIDER}${providerId}`
}

/** The provider whose scope it is; undefined: it is about the whole key. */
export function providerOf(scope: Scope): string | undefined {
  return scope.startsWith(PROVIDER) ? scope.slice(PROVIDER.length) : undefined
}

export function isScope(value: unknown): value is Scope {
  if (value === 'platform' || value === 'owner') return true
  if (typeof value !== 'string' || !value.startsWith(PROVIDER)) return false
  return value.length > PROVIDER.length && value.length <= PROVIDER.length + ID_MAX
}

const scope = z.custom<Scope>(isScope, 'not a scope')
const time = z.number().int().nonnegative()
const amount = z.string().regex(/^(0|[1-9][0-9]{0,38})$/)

/** Stands for the money breaker where a rule is named: no rule can be called so. */
export const BREAKER = '$breaker'

/** The most lists of a set, and the most characters of its JSON. */
export const MAX_LISTS = 20
export const MAX_SNAPSHOT = 1_000_000

/** The windows in which a key's spending is counted. */
export const budgetWindows = [60_000, 3_600_000, 86_400_000] as const

/**
 * What a key may spend before calls are refused for a while (`core/Breaker`). `badFrom`, `goodUpTo`: thousandths of
 * `budget`, an amount in atomic units of what is spent within `windowMs`.
 */
export const breakerSettings = z
  .strictObject({
    budget: amount,
    windowMs: z.literal(budgetWindows),
    badFrom: z.int().min(1).max(100_000),
    goodUpTo: z.int().min(0).max(100_000),
    openMs: z.int().min(1_000).max(86_400_000),
    maxOpenMs: z.int().min(1_000).max(604_800_000),
    probes: z.int().min(1).max(100),
    probeMs: z.int().min(1_000).max(3_600_000),
    calmMs: z.int().min(0).max(604_800_000),
    /** Opening freezes the key in this scope: a person lets it go on. */
    freezes: z.boolean().optional(),
  })
  .refine(({ goodUpTo, badFrom }) => goodUpTo < badFrom, { path: ['goodUpTo'], message: 'has to be less than badFrom' })
  .refine(({ openMs, maxOpenMs }) => openMs <= maxOpenMs, { path: ['maxOpenMs'], message: 'is less than openMs' })
export type BreakerSettings = z.infer<typeof breakerSettings>

/** A whole set, as it is stored and pushed: another revision takes its place, never a part of it. */
export const rulesetSnapshot = z
  .strictObject({
    scope,
    /** Only rises, within a scope. */
    revision: z.int().min(1),
    rules: z.array(rule).max(200),
    lists: z
      .array(list)
      .max(MAX_LISTS)
      .refine((lists) => new Set(lists.map(({ name }) => name)).size === lists.length, 'two lists of one name'),
    breaker: breakerSettings.optional(),
  })
  .refine((set) => JSON.stringify(set).length <= MAX_SNAPSHOT, `more than ${MAX_SNAPSHOT} characters`)
export type RulesetSnapshot = z.input<typeof rulesetSnapshot>

/** Of the gateway's catalog, the revisions that govern a call; 0: there is no set. */
export type RuleRevisions = { platform: number; provider: number }

/**
 * Where a call came from. `country`: of `request.cf`, two capital letters or empty. `place`: 16 hex digits, a keyed hash
 * of the network, or empty.
 */
export type Origin = { country: string; place: string }

/** Goes with a refusal by Sentinel. `retryAfter`: seconds, where waiting helps. */
export type SentinelRefusal = { scope: Scope; decision: string; stop?: string; retryAfter?: number }

const step = z.object({
  text: z.string(),
  start: z.number(),
  end: z.number(),
  type: z.string(),
  value: z.string().optional(),
  error: z.string().optional(),
})

export const effects = ['done', 'shadow', 'snoozed', 'failed'] as const

/** As `Rule.Hit`. */
const hit = z.object({
  rule: z.string(),
  version: z.number().int(),
  action: z.enum(actions),
  severity: z.enum(severities),
  effect: z.enum(effects),
  inputs: z.record(z.string(), z.string()),
  nodes: z.array(step),
  error: z.string().optional(),
})

/** One decision of a session in one scope. Keyed by (session, number); of two versions, the one with more repeats is newer. */
export const decisionRow = z.object({
  /** Rises by one with each decision of the session. */
  number: z.number().int().positive(),
  /** `dec_…` */
  id: z.string(),
  scope,
  at: time,
  /** `breaker`: the money breaker of the scope opened or closed. */
  action: z.enum([...actions, 'breaker']),
  /** `done`: it counts; otherwise it says what would have been done. */
  effect: z.enum(effects),
  /** Who decided, or would have; `BREAKER` and the set's revision for a breaker. */
  rule: z.string(),
  version: z.number().int(),
  /** Whether the call got its money. Absent without `call`. */
  granted: z.boolean().optional(),
  hits: z.array(hit),
  /** Parts of hits were left out: there was too much of it. */
  cut: z.literal(true).optional(),
  call: z
    .object({ providerId: z.string(), routeId: z.string(), payee: z.string(), amount, country: z.string() })
    .optional(),
  /** The stop that began with it. */
  stop: z.string().optional(),
  /** Until when calls of the scope are refused: a throttle, an open breaker. */
  until: time.optional(),
  breaker: z.object({ phase: z.enum(['closed', 'open', 'half-open']), spent: amount, budget: amount }).optional(),
  /** Why, in words, where no rule says it. */
  cause: z.string().optional(),
  /** How often the same was decided again, up to `lastAt`. */
  repeats: z.number().int().nonnegative(),
  lastAt: time,
})
export type DecisionRow = z.infer<typeof decisionRow>

/** `signature`: until its scope confirms. `frozen`: sessions are over, and what is earned is claimed. */
export const stopKinds = ['signature', 'frozen'] as const
export type StopKind = (typeof stopKinds)[number]
export const releasers = ['owner', 'provider', 'operator'] as const
export type Releaser = (typeof releasers)[number]

/** Calls of a scope are refused from `at` on, until somebody says why not. */
export const stopRow = z.object({
  /** `st_…` */
  id: z.string(),
  scope,
  kind: z.enum(stopKinds),
  rule: z.string(),
  version: z.number().int(),
  at: time,
  /** Id of the decision that it began with. */
  decision: z.string(),
  cause: z.string().optional(),
  releasedAt: time.optional(),
  releasedBy: z.enum(releasers).optional(),
  reason: z.string().optional(),
})
export type StopRow = z.infer<typeof stopRow>

/** Calls of a route that ended, and those that the upstream failed: cumulative, the highest revision is the newest. */
export const failureCount = z.object({
  providerId: z.string(),
  routeId: z.string(),
  calls: z.number().int().nonnegative(),
  failures: z.number().int().nonnegative(),
  revision: z.number().int().nonnegative(),
  at: time,
})
export type FailureCount = z.infer<typeof failureCount>

/** Rides on a session event. */
export const sentinelNews = z.object({
  decisions: z.array(decisionRow).max(100),
  stops: z.array(stopRow).max(100),
  failures: z.array(failureCount).max(100),
})
export type SentinelNews = z.infer<typeof sentinelNews>

/** `held`: the revision in force of each scope that was named. `refused`: why a set was not taken. */
export type SetRulesReply = {
  applied: Scope[]
  held: Record<string, number>
  refused: { scope: string; error: string }[]
}

/** `until`: not after this does the rule act on the key again; a time that is past ends the snooze. */
export type Snooze = { scope: Scope; rule: string; until: number }

/** From outside: cross-session rules. One that names a decision that was ordered before, or a rule that is snoozed, changes nothing. */
export type StopOrder = {
  scope: Scope
  kind: StopKind
  rule: string
  version: number
  cause: string
  decisionId: string
}

/** `snoozeSeconds`: so long the rule does not act on the key; 0: at once, and the same call would be stopped again. */
export type ReleaseOrder = { id: string; by: Releaser; reason: string; snoozeSeconds: number }

export type ReleaseReply = { kind: 'released' | 'repeated'; stop: StopRow } | { kind: 'not_found' }

/** How a key stands. Only what is in force. */
export type SentinelStanding = {
  sets: { scope: Scope; revision: number; rules: number }[]
  stops: StopRow[]
  snoozes: Snooze[]
  throttles: { scope: Scope; rule: string; version: number; decision: string; until: number }[]
  /** Money breakers: with the phase of now. `until`: when an open one lets probes through. Amounts are decimal strings. */
  breakers: { scope: Scope; phase: Phase; until?: number; cause?: string; spent: string; budget: string }[]
}

/** Sentinel's calls on a `StreamSession`. `session` is whose they are: another object's are refused with a TypeError. */
export interface SentinelSessionApi {
  /** Puts sets in force, each as one value: an older revision, or one that cannot be read, leaves what there is. */
  setRules(v: 1, session: SessionRef, snapshots: RulesetSnapshot[]): Promise<SetRulesReply>
  snooze(v: 1, session: SessionRef, order: Snooze): Promise<void>
  /** Undefined: the rule is snoozed. */
  stop(v: 1, session: SessionRef, order: StopOrder): Promise<StopRow | undefined>
  /** Of both kinds; who may was judged before. Asked again, it says `repeated`. */
  releaseStop(v: 1, session: SessionRef, order: ReleaseOrder): Promise<ReleaseReply>
  /** Closes the money breaker of a scope; false: it was closed. */
  closeBreaker(v: 1, session: SessionRef, order: { scope: Scope; by: Releaser; reason: string }): Promise<boolean>
  sentinel(v: 1): Promise<SentinelStanding>
}
