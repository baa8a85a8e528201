/**
 * Sentinel in the path of a call: what stops it before anything is asked, what the rules say of it, and what follows.
 *
 * It is asked where a call would be granted its money, once a call and before the hold, so a refused call holds nothing.
 * Everything it changes is part of the call's transaction.
 */
import type { ErrorCode } from '@pbstream/core/Errors'
import * as Ledger from '@pbstream/core/Ledger'
import * as Breaker from '@pbstream/core/Breaker'
import {
  BREAKER,
  type Origin,
  providerOf,
  providerScope,
  type Scope,
  type SentinelRefusal,
  type StopRow,
} from '@pbstream/core/message/Sentinel'
import * as Rule from '@pbstream/core/Rule'
import * as Permit from '../Permit.ts'
import type { State } from '../State.ts'
import * as Decisions from './Decisions.ts'
import { KEY, type Name } from './Memory.ts'
import type { Asked } from './Rows.ts'
import * as Sets from './Sets.ts'
import * as Spending from './Spending.ts'
import * as Stops from './Stops.ts'

export type Refused = { kind: 'refused'; code: ErrorCode; sentinel: SentinelRefusal }

/** A call that would be granted its money; `channel` as it is before the hold. */
export type Call = {
  readonly channel: Ledger.Channel
  readonly providerId: string
  readonly routeId: string
  readonly amount: bigint
  readonly origin: Origin | undefined
  readonly at: number
}

/** What refuses calls before they are asked, and the number of the decision that it came from. */
type Standing = { readonly number: number | undefined; readonly refused: Refused }

/** What the rules of one scope say. */
type Verdict = { readonly set: Sets.InForce; readonly view: Rule.View; readonly decision: Rule.Decision }

const nowhere: Origin = { country: '', place: '' }
const codes = {
  throttle: 'sentinel_throttled',
  block: 'sentinel_blocked',
  require_signature: 'sentinel_signature_required',
  freeze: 'sentinel_frozen',
} as const satisfies Partial<Record<Rule.Action, ErrorCode>>
type Stopping = keyof typeof codes
const stopKinds = { require_signature: 'signature', freeze: 'frozen' } as const

/**
 * Why calls to a provider are refused now, whatever they are; without a provider, why all calls of the key are. Each time
 * it is asked counts as a call that was refused, unless it is only a look.
 */
export function refusal(
  state: State,
  providerId: string | undefined,
  now: number,
  isLook = false,
): Refused | undefined {
  const stop = Stops.open(state, providerId)
  const standing = stop === undefined ? held(state, providerId, now) : stopped(state, stop)
  if (standing === undefined) return undefined
  const { number, refused } = standing
  if (number !== undefined && !isLook) Decisions.repeat(state, `#${number}`, { number }, now)
  return refused
}

/**
 * Asks the rules of all scopes. Each does in its own scope what it says; the caller hears the hardest. What is returned
 * goes into the reservation of a call that may go on.
 */
export function admit(state: State, call: Call): Refused | { readonly asked: Asked | undefined } {
  const sets = Sets.inForce(state, call.providerId)
  if (sets.length === 0) return { asked: known(call) }
  const looks = look(state, call, sets)
  const verdicts = judged(state, sets, looks, call.at)
  let refused: Refused | undefined
  const hardest = verdicts.reduce((most, { decision }) => Math.max(most, hardness(decision.action)), 0)
  const isRefused = hardest >= hardness('throttle')
  if (!isRefused) refused = budget(state, verdicts, call)
  const isGranted = !isRefused && refused === undefined
  for (const [name, { ask }] of looks) state.memory.asked(name, ask, isGranted)
  for (const verdict of verdicts) {
    const effect = record(state, verdict, call, isGranted)
    if (effect !== undefined && hardness(verdict.decision.action) === hardest) refused ??= effect
  }
  return refused ?? { asked: counted(call, looks) }
}

/** A call that was served under a lease is judged after the fact: it stands, and what it shows stops those after it. */
export function served(state: State, call: Call): Asked | undefined {
  const sets = Sets.inForce(state, call.providerId)
  if (sets.length === 0) return known(call)
  const looks = look(state, call, sets)
  const verdicts = judged(state, sets, looks, call.at)
  for (const [name, { ask }] of looks) state.memory.asked(name, ask, true)
  for (const verdict of verdicts) record(state, verdict, call, true)
  // What a lease has spent beyond the budget opens the breaker for what comes next.
  for (const { set, view } of verdicts) {
    if (isClosed(state, set)) trip(state, set, view, call)
  }
  return counted(call, looks)
}

function look(state: State, call: Call, sets: readonly Sets.InForce[]): Map<Name, { ask: Rule.Ask; view: Rule.View }> {
  const looks = new Map<Name, { ask: Rule.Ask; view: Rule.View }>()
  for (const { scope } of sets) {
    const name = stateName(scope)
    if (looks.has(name)) continue
    const ask = askOf(state, call, name)
    looks.set(name, { ask, view: state.memory.look(name, ask) })
  }
  return looks
}

function judged(
  state: State,
  sets: readonly Sets.InForce[],
  looks: ReadonlyMap<Name, { view: Rule.View }>,
  now: number,
): Verdict[] {
  return sets.map((set) => {
    const { view } = looks.get(stateName(set.scope))!
    const snoozes = state.snoozes.size === 0 ? {} : Stops.snoozes(state, set.scope)
    const isRecorded = ({ id, version, action }: Rule.CompiledRule, effect: Rule.Effect): boolean => {
      return recorded(state, set.scope, { rule: id, version, action, effect }, now) !== undefined
    }
    return { set, view, decision: Rule.evaluate(set.set, view, set.lists, snoozes, isRecorded) }
  })
}

/** The budgets of all scopes; the first that is overspent refuses. */
function budget(state: State, verdicts: readonly Verdict[], call: Call): Refused | undefined {
  for (const { set, view } of verdicts) {
    const outcome = Spending.judge(state, set, view, isSnoozed(state, set.scope, call.at), call.at)
    if (outcome === 'tripped') return opened(state, set, view, call)
    if (outcome === 'open') return breaking(state, set, call.at).refused
  }
  return undefined
}

function trip(state: State, set: Sets.InForce, view: Rule.View, call: Call): void {
  // The view counts the call once more: it was granted meanwhile.
  const before: Rule.View = { ...view, sum: (span) => view.sum(span) - call.amount }
  const outcome = Spending.judge(state, set, before, isSnoozed(state, set.scope, call.at), call.at)
  if (outcome === 'tripped') opened(state, set, before, call)
}

/** The breaker has opened with this call. By the set's policy it freezes the key, too. */
function opened(state: State, set: Sets.InForce, view: Pick<Rule.View, 'sum'>, call: Call): Refused {
  const { scope, revision, breaker } = set
  const now = call.at
  const number = Spending.note(state, set, Spending.spent(view, breaker!), now, 'the key spends faster than its budget')
  if (breaker!.freezes !== true) return breaking(state, set, now).refused
  const decision = state.decisions.get(number)!
  const stop = { scope, kind: 'frozen', rule: BREAKER, version: revision, at: now, decision: decision.row.id } as const
  const { id } = Stops.begin(state, stop, number, now, call.channel.channelId)
  Decisions.add(state, number, { stop: id })
  return { kind: 'refused', code: 'sentinel_frozen', sentinel: { scope, decision: decision.row.id, stop: id } }
}

/** Writes down what the rules of a scope said, and does it. What a call that is refused hears of it is returned. */
function record(state: State, { set, decision }: Verdict, call: Call, isGranted: boolean): Refused | undefined {
  const { scope } = set
  const { by, action } = decision
  let refused: Refused | undefined
  for (const hit of decision.hits) {
    const name = Decisions.nameOf(scope, hit.rule, hit.effect)
    const found = recorded(state, scope, hit, call.at)
    const row = found ?? noted(state, name, scope, hit, call, isGranted)
    if (found !== undefined) Decisions.repeat(state, name, found, call.at)
    if (by !== undefined && by.rule === hit.rule && hit.effect === 'done' && isStopping(action)) {
      refused = act(state, set, action, by, row, call)
    }
  }
  return refused
}

/** The row that a hit is a repeat of. Another version of a rule decides anew, and so does one that begins a stop. */
function recorded(
  state: State,
  scope: Scope,
  { rule, version, action, effect }: Pick<Rule.Hit, 'rule' | 'version' | 'action' | 'effect'>,
  now: number,
): Decisions.Recent | undefined {
  const isRefused = effect === 'done' && isStopping(action)
  const kind = stopKinds[action as keyof typeof stopKinds]
  if (isRefused && kind !== undefined && !Stops.isOpen(state, scope, kind)) return undefined
  const found = Decisions.recent(state, Decisions.nameOf(scope, rule, effect), isRefused, now)
  return found?.version === version ? found : undefined
}

function noted(
  state: State,
  name: string,
  scope: Scope,
  hit: Rule.Hit,
  { channel, providerId, routeId, amount, origin, at }: Call,
  isGranted: boolean,
): { number: number; id: string } {
  const payee = channel.config.receiver
  const call = { providerId, routeId, payee, amount: String(amount), country: origin?.country ?? '' }
  const { rule, version, action, effect } = hit
  const { inputs, nodes, ...rest } = hit
  const hits = [{ ...rest, inputs: { ...inputs }, nodes: nodes.map((node) => ({ ...node })) }]
  return Decisions.note(state, name, { scope, at, action, effect, rule, version, granted: isGranted, hits, call })
}

/** What follows from a decision in its scope. */
function act(
  state: State,
  { scope }: Sets.InForce,
  action: Stopping,
  { rule, version, seconds = 1 }: NonNullable<Rule.Decision['by']>,
  { number, id: decision }: { number: number; id: string },
  { at, channel }: Call,
): Refused {
  const code = codes[action]
  if (action === 'block') return { kind: 'refused', code, sentinel: { scope, decision } }
  if (action === 'throttle') {
    const until = at + seconds * 1_000
    state.scopes.set(scope, { ...state.scopes.get(scope), throttle: { until, rule, version, number } })
    Decisions.add(state, number, { until })
    return { kind: 'refused', code, sentinel: { scope, decision, retryAfter: seconds } }
  }
  const kind = stopKinds[action]
  const begun = { scope, kind, rule, version, at, decision } as const
  const { id: stop } = Stops.begin(state, begun, number, at, channel.channelId)
  Decisions.add(state, number, { stop })
  return { kind: 'refused', code, sentinel: { scope, decision, stop } }
}

function stopped(state: State, { scope, kind, id, decision }: StopRow): Standing {
  const code = kind === 'frozen' ? 'sentinel_frozen' : 'sentinel_signature_required'
  const refused = { kind: 'refused', code, sentinel: { scope, decision, stop: id } } as const
  return { number: state.stops.get(id)?.number, refused }
}

/** A throttle, or an open breaker, refuses before anything is asked: who floods finds it cheap. */
function held(state: State, providerId: string | undefined, now: number): Standing | undefined {
  if (state.scopes.size === 0) return undefined
  for (const scope of scopesOf(providerId)) {
    const throttle = state.scopes.get(scope)?.throttle
    if (throttle === undefined || now >= throttle.until) continue
    return waiting(state, 'sentinel_throttled', scope, throttle.number, throttle.until, now)
  }
  for (const set of Sets.inForce(state, providerId)) {
    if (set.breaker === undefined || isSnoozed(state, set.scope, now)) continue
    const phase = Breaker.phase(Spending.stateOf(state, set.scope), now, set.breaker)
    if (phase === 'open') return breaking(state, set, now)
  }
  return undefined
}

function breaking(state: State, { scope, breaker }: Sets.InForce, now: number): Standing {
  const until = Spending.untilOf(Spending.stateOf(state, scope), breaker!, now)
  return waiting(state, 'spend_breaker_open', scope, state.scopes.get(scope)?.opened, until, now)
}

function waiting(
  state: State,
  code: ErrorCode,
  scope: Scope,
  number: number | undefined,
  until: number,
  now: number,
): Standing {
  const decision = number === undefined ? '' : (Decisions.idOf(state, number) ?? '')
  const retryAfter = Math.max(1, Math.ceil((until - now) / 1_000))
  return { number, refused: { kind: 'refused', code, sentinel: { scope, decision, retryAfter } } }
}

function isSnoozed(state: State, scope: Scope, now: number): boolean {
  return state.snoozes.size > 0 && now < (Stops.snoozes(state, scope)[BREAKER] ?? 0)
}

function isClosed(state: State, { scope, breaker }: Sets.InForce): boolean {
  return breaker !== undefined && Spending.stateOf(state, scope).open === undefined
}

function scopesOf(providerId: string | undefined): Scope[] {
  return providerId === undefined ? ['platform', 'owner'] : ['platform', 'owner', providerScope(providerId)]
}

export function stateName(scope: Scope): Name {
  return providerOf(scope) === undefined ? KEY : scope
}

export function askOf(state: State, { channel, routeId, amount, origin = nowhere, at }: Call, name: Name): Rule.Ask {
  const { place, country } = origin
  const balance = name === KEY ? balanceOf(state, channel) : balanceIn(channel)
  return { at, amount, route: routeId, payee: channel.config.receiver, place, country, balance }
}

/** Of the key: over its channels in this token, and no more than its policy leaves. */
function balanceOf(state: State, channel: Ledger.Channel): NonNullable<Rule.Ask['balance']> {
  const { token } = channel.config
  let [left, of] = [0n, 0n]
  for (const [, { channel: each }] of state.channels.entries()) {
    if (each.config.token !== token) continue
    const balance = balanceIn(each)
    left += balance.left
    of += balance.of
  }
  const cap = Permit.capOf(state, token)
  return cap !== undefined && cap.left < left ? cap : { left, of }
}

function balanceIn(channel: Ledger.Channel): NonNullable<Rule.Ask['balance']> {
  const of = Ledger.funds(channel)
  const left = of - Ledger.base(channel)
  return { left: left > 0n ? left : 0n, of }
}

function counted(call: Call, looks: ReadonlyMap<Name, unknown>): Asked {
  const { at, amount, origin = nowhere } = call
  const key = looks.has(KEY)
  return { ...origin, at, amount, key, provider: looks.size > (key ? 1 : 0) }
}

/** Nothing is asked of it: only where it came from is kept, if that is known. */
function known({ at, amount, origin }: Call): Asked | undefined {
  return origin === undefined ? undefined : { ...origin, at, amount, key: false, provider: false }
}

function hardness(action: Rule.Action): number {
  return Rule.actions.indexOf(action)
}

function isStopping(action: Rule.Action): action is Stopping {
  return hardness(action) >= hardness('throttle')
}
