/** Stops: from when on calls of a scope are refused until somebody says why not. */
import type { Hex } from '@pbstream/core/Hex'
import {
  BREAKER,
  providerOf,
  type ReleaseOrder,
  type ReleaseReply,
  type Scope,
  type Snooze,
  type StopOrder,
  type StopRow,
} from '@pbstream/core/message/Sentinel'
import * as Permit from '../Permit.ts'
import type { State } from '../State.ts'
import * as Spending from './Spending.ts'

/** Rules of a key that are snoozed at a time. */
const SNOOZES_MAX = 1_000

/** The stop that is open for calls to a provider, the hardest first; without a provider, for the whole key. */
export function open(state: State, providerId: string | undefined): StopRow | undefined {
  if (state.stops.size === 0) return undefined
  let found: StopRow | undefined
  for (const [, { row }] of state.stops.entries()) {
    if (row.releasedAt !== undefined || !isOver(row.scope, providerId)) continue
    if (found === undefined || (row.kind === 'frozen' && found.kind === 'signature')) found = row
  }
  return found
}

/** Whether a stop of this kind is open in just this scope. */
export function isOpen(state: State, scope: Scope, kind: StopRow['kind']): boolean {
  return find(state, scope, kind) !== undefined
}

/** Begins a stop, or names the one that there is. Freezing ends sessions, and what is earned is claimed. */
export function begin(
  state: State,
  stop: Omit<StopRow, 'id'>,
  number: number | undefined,
  now: number,
  channelId?: Hex,
): StopRow {
  const found = find(state, stop.scope, stop.kind)
  if (found !== undefined) return found
  const row = { id: `st_${state.ports.id().replaceAll('-', '')}`, ...stop }
  state.stops.set(row.id, { row, number, changed: state.changed() })
  if (row.kind === 'frozen') freeze(state, row.scope, channelId, now)
  return row
}

/** Begins a stop that was decided elsewhere; a repeated order, or one of a rule that is snoozed, changes nothing. */
export function order(state: State, { decisionId, cause, ...asked }: StopOrder, now: number): StopRow | undefined {
  for (const [, { row }] of state.stops.entries()) if (row.decision === decisionId) return row
  const { scope, kind, rule, version } = asked
  if (now < (state.snoozes.get(`${scope} ${rule}`)?.until ?? 0)) return undefined
  return begin(state, { scope, kind, rule, version, cause, at: now, decision: decisionId }, undefined, now)
}

export function release(state: State, { id, by, reason, snoozeSeconds }: ReleaseOrder, now: number): ReleaseReply {
  const entry = state.stops.get(id)
  if (entry === undefined) return { kind: 'not_found' }
  const { row } = entry
  if (row.releasedAt !== undefined) return { kind: 'repeated', stop: row }
  const released = { ...row, releasedAt: now, releasedBy: by, reason }
  state.stops.set(id, { ...entry, row: released, changed: state.changed() })
  if (snoozeSeconds > 0) snooze(state, { ...row, until: now + snoozeSeconds * 1_000 }, now)
  if (row.rule === BREAKER) Spending.close(state, row.scope, reason, now)
  return { kind: 'released', stop: released }
}

/** Until a time a rule does not act on the key. */
export function snooze(state: State, { scope, rule, until }: Snooze, now: number): void {
  const name = `${scope} ${rule}`
  if (until <= now) {
    if (state.snoozes.get(name) !== undefined) state.snoozes.delete(name)
    return
  }
  state.snoozes.set(name, { scope, rule, until })
  if (state.snoozes.size <= SNOOZES_MAX) return
  for (const [oldest] of state.snoozes.entries()) return state.snoozes.delete(oldest)
}

/** Until when each rule of a scope does not act. */
export function snoozes(state: State, scope: Scope): Record<string, number> {
  const found: Record<string, number> = {}
  for (const [, snoozed] of state.snoozes.entries()) if (snoozed.scope === scope) found[snoozed.rule] = snoozed.until
  return found
}

/** From when on a channel charges nothing new by its key's policy or a stop, Unix seconds; `Infinity`: never, so far. */
export function stopsAt(state: State, channelId: Hex): number {
  let stop = Permit.stopsAt(state)
  if (state.stops.size === 0) return stop
  const provider = state.channels.get(channelId)?.providerId
  for (const [, { row }] of state.stops.entries()) {
    if (row.kind !== 'frozen' || row.releasedAt !== undefined || !isOver(row.scope, provider)) continue
    stop = Math.min(stop, Math.floor(row.at / 1_000))
  }
  return stop
}

function find(state: State, scope: Scope, kind: StopRow['kind']): StopRow | undefined {
  for (const [, { row }] of state.stops.entries()) {
    if (row.scope === scope && row.kind === kind && row.releasedAt === undefined) return row
  }
  return undefined
}

function isOver(scope: Scope, providerId: string | undefined): boolean {
  const provider = providerOf(scope)
  return provider === undefined || provider === providerId
}

/** Of a provider, the channels that its calls were served on last, and the one that the stop was decided on. */
function freeze(state: State, scope: Scope, channelId: Hex | undefined, now: number): void {
  const provider = providerOf(scope)
  for (const [id, { providerId }] of [...state.channels.entries()]) {
    if (provider !== undefined && providerId !== provider && id !== channelId) continue
    state.endSessions(id)
    state.attempt(() => state.claim(id, now))
  }
}
