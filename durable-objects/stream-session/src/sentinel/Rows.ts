/** Rows of Sentinel as a session holds them. Times are Unix milliseconds. */
import type { State as Breaker } from '@pbstream/core/breaker/State'
import type { DecisionRow, FailureCount, StopRow } from '@pbstream/core/message/Sentinel'

/** A decision, and the change that its row is at: the events queue has those up to a change. */
export type DecisionEntry = { readonly row: DecisionRow; readonly changed: number }

export type StopEntry = {
  readonly row: StopRow
  /** Of the decision that it began with, if that is one of this session. */
  readonly number: number | undefined
  readonly changed: number
}

/** What there is of a scope beside its set: each member only where there is something. */
export type ScopeRow = {
  readonly throttle?: {
    readonly until: number
    readonly rule: string
    readonly version: number
    readonly number: number
  }
  readonly breaker?: Breaker
  /** Of the decision that the breaker was opened by. */
  readonly opened?: number
}

/** `calls` and `failures` are cumulative. */
export type FailureEntry = { readonly row: Omit<FailureCount, 'revision'>; readonly changed: number }

/** What a reservation keeps for Sentinel and the journal. */
export type Asked = {
  readonly country: string
  readonly place: string
  readonly at: number
  /** As Sentinel knows it: the hold. */
  readonly amount: bigint
  /** Which states have counted it. */
  readonly key: boolean
  readonly provider: boolean
}
