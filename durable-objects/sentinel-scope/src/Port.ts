/** What the object of a scope is told and what it says. Times are Unix milliseconds, amounts decimal strings. */
import type { BreakerAct, BreakerReply } from '@pbstream/core/message/AlertChannels'
import type { DecisionRow, FailureCount, StopOrder } from '@pbstream/core/message/Sentinel'
import type * as Breaker from '@pbstream/core/Breaker'
import type { List, RuleInput } from '@pbstream/core/Rule'

/** The rules of a scope that look across keys. A higher revision takes the place of a lower one. */
export type CrossSet = {
  readonly revision: number
  readonly rules: readonly RuleInput[]
  readonly lists: readonly List[]
}

/** One charge of a session's journal. `session`: the name of its object. */
export type ScopeCharge = {
  readonly session: string
  readonly seq: number
  readonly at: number
  readonly amount: string
  readonly providerId: string
  readonly route: string
  readonly payee: string
  readonly country: string
  readonly place: string
}

export type ScopeFailures = FailureCount & { readonly session: string }

export type Observed = {
  /** Absent: the scope has no such rules, or they are not known now; what it had before stays in force in both cases. */
  readonly set?: CrossSet
  readonly charges: readonly ScopeCharge[]
  readonly failures: readonly ScopeFailures[]
}

/** A breaker as it is: `until`: when probes begin, null while a person holds it or it is closed. */
export type BreakerNews = {
  readonly scope: string
  readonly subject: string
  readonly phase: Breaker.Phase
  readonly state: Breaker.State
  readonly cause: string
  readonly until: number | null
  readonly by: 'sentinel' | 'person'
  readonly at: number
  readonly revision: number
}

/** What follows from what was observed, in order; each can be told again. */
export type News =
  | { readonly kind: 'decision'; readonly decision: DecisionRow; readonly session?: string }
  | { readonly kind: 'breaker'; readonly breaker: BreakerNews }
  | { readonly kind: 'stop'; readonly session: string; readonly order: StopOrder }

/** The object of a scope, named `platform`, `provider:<id>` or `owner:<mode>:<owner>`. Every call can be repeated. */
export interface SentinelScopeApi {
  observe(v: 1, scope: string, what: Observed): Promise<void>
  /** Answers when those who have to know it were told. */
  breaker(v: 1, act: BreakerAct): Promise<BreakerReply>
  /** Totals of an alert channel: cumulative, the newest win. In the object of the platform only. */
  count(v: 1, channel: string, totals: AlertTotals): Promise<void>
  counted(v: 1): Promise<AlertTotals>
}

export type AlertTotals = { sent: number; failed: number; dead: number; deadKept: number }
