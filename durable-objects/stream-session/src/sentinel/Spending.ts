/** The money breaker of a key: what it spends within a window, against the budget of a scope. */
import * as Breaker from '@pbstream/core/Breaker'
import type { View } from '@pbstream/core/Rule'
import { BREAKER, budgetWindows, type BreakerSettings, type Scope } from '@pbstream/core/message/Sentinel'
import type { State } from '../State.ts'
import * as Decisions from './Decisions.ts'
import type { InForce } from './Sets.ts'

export type BreakerState = Breaker.State

const spans = ['minute', 'hour', 'day'] as const

/** What a window of the breaker counts, with the call that the view is of. */
export function spent(view: Pick<View, 'sum'>, { windowMs }: BreakerSettings): bigint {
  return view.sum(spans[budgetWindows.indexOf(windowMs)]!)
}

export function stateOf(state: State, scope: Scope): BreakerState {
  return state.scopes.get(scope)?.breaker ?? Breaker.closed
}

/**
 * Whether the budget lets a call pass. Too much spent opens the breaker, and this call is the first that is refused. Of
 * those that are let through afterwards to see, each counts as good when the window is well within the budget again.
 */
export function judge(
  state: State,
  set: InForce,
  view: View,
  isSnoozed: boolean,
  now: number,
): 'pass' | 'tripped' | 'open' {
  const { breaker, scope } = set
  if (breaker === undefined || isSnoozed) return 'pass'
  const before = stateOf(state, scope)
  const judgement = Breaker.money(spent(view, breaker), BigInt(breaker.budget), breaker)
  if (judgement === 'bad') {
    if (Breaker.phase(before, now, breaker) === 'open') return 'open'
    put(state, scope, Breaker.trip(before, now, breaker, 'the key spends faster than its budget'))
    return 'tripped'
  }
  const { isAllowed, probe, state: admitted } = Breaker.admit(before, now, breaker)
  if (!isAllowed) return 'open'
  if (probe === undefined) return 'pass'
  const after = judgement === 'good' ? Breaker.answer(admitted, now, breaker, probe, true) : admitted
  put(state, scope, after)
  if (after.open === undefined) note(state, set, spent(view, breaker), now, 'the window is within the budget again')
  return 'pass'
}

/** Says that the breaker has opened or closed. */
export function note(state: State, set: InForce, used: bigint, now: number, cause: string): number {
  const { scope, revision } = set
  const breaker = set.breaker!
  const after = stateOf(state, scope)
  const phase = Breaker.phase(after, now, breaker)
  const row = Decisions.note(state, undefined, {
    scope,
    at: now,
    action: 'breaker',
    effect: 'done',
    rule: BREAKER,
    version: revision,
    hits: [],
    ...(phase === 'closed' ? {} : { until: untilOf(after, breaker, now) }),
    breaker: { phase, spent: String(used), budget: breaker.budget },
    cause,
  })
  if (phase !== 'closed') state.scopes.set(scope, { ...state.scopes.get(scope), opened: row.number })
  return row.number
}

/** A person closes it; false: it was closed. */
export function close(state: State, scope: Scope, reason: string, now: number): boolean {
  const before = stateOf(state, scope)
  if (before.open === undefined) return false
  put(state, scope, Breaker.release(before, now, reason))
  return true
}

/** When an open one lets calls through to see; one that is being tried, when a call may be the next. */
export function untilOf(breaker: BreakerState, options: BreakerSettings, now: number): number {
  const until = Breaker.opensUntil(breaker, options)
  if (now < until) return until
  const oldest = breaker.open?.probing[0]
  return oldest === undefined ? now : oldest[1] + options.probeMs
}

/** What calls of a lease may spend before the breaker would open; 0 while it is not closed, undefined: there is none. */
export function leeway(state: State, set: InForce, view: Pick<View, 'sum'>): bigint | undefined {
  const { breaker, scope } = set
  if (breaker === undefined) return undefined
  if (stateOf(state, scope).open !== undefined) return 0n
  const left = (BigInt(breaker.budget) * BigInt(breaker.badFrom) - 1n) / 1_000n - spent(view, breaker)
  return left > 0n ? left : 0n
}

function put(state: State, scope: Scope, breaker: BreakerState): void {
  state.scopes.set(scope, { ...state.scopes.get(scope), breaker })
}
