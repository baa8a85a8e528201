/**
 * Calls of each route that ended, and those that the upstream failed, for breakers beyond this session. Failures are
 * written with what they are of; the others when there is time, as they say little by themselves.
 */
import type { State } from '../State.ts'
import type { FailureEntry } from './Rows.ts'

type Ended = { readonly providerId: string; readonly routeId: string }

export function count(
  state: State,
  { providerId, routeId }: Ended,
  calls: number,
  failures: number,
  now: number,
): void {
  if (calls === 0 && failures === 0) return
  const name = `${providerId} ${routeId}`
  const waiting = (state.endedCalls.get(name)?.calls ?? 0) + calls
  if (failures === 0) return state.endedCalls.set(name, { providerId, routeId, calls: waiting, at: now })
  if (state.endedCalls.get(name) !== undefined) state.endedCalls.delete(name)
  write(state, name, { providerId, routeId }, waiting, failures, now)
}

/** Writes the calls that nobody has failed. */
export function flush(state: State): void {
  for (const [name, { calls, at, ...ended }] of [...state.endedCalls.entries()]) {
    state.endedCalls.delete(name)
    write(state, name, ended, calls, 0, at)
  }
}

function write(state: State, name: string, ended: Ended, calls: number, failures: number, at: number): void {
  const known = state.failures.get(name)?.row
  const row: FailureEntry['row'] = {
    providerId: ended.providerId,
    routeId: ended.routeId,
    calls: (known?.calls ?? 0) + calls,
    failures: (known?.failures ?? 0) + failures,
    at,
  }
  state.failures.set(name, { row, changed: state.changed() })
}
