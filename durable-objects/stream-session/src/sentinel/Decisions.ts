/**
 * What Sentinel decided, as rows that leave with the events: one for each rule and effect in a while, and how often the
 * same was decided again. Few rows, however busy the key is: a flood writes one row a minute, a rule that only alerts one
 * in ten minutes.
 */
import type { DecisionRow, Scope } from '@pbstream/core/message/Sentinel'
import type { State } from '../State.ts'

/** A new row for the same thing, of calls that were refused and of others. */
export const REFUSED_MS = 60_000
export const GRANTED_MS = 600_000
/** Repeats are written no more often than this. What was not written when the object is evicted is not counted. */
export const REPEATS_MS = 60_000
/** Rows that are known to be repeated; the oldest makes room. */
const RECENT_MAX = 256
const DETAIL_MAX = 12_000

/** A row that may be repeated. In memory only. */
export type Recent = {
  readonly number: number
  readonly id: string
  readonly version: number
  readonly at: number
  /** Not written yet. */
  readonly pending: number
  readonly lastAt: number
  readonly writtenAt: number
}

type Fresh = Omit<DecisionRow, 'number' | 'id' | 'repeats' | 'lastAt'>

/** By what a decision is told from another one. */
export function nameOf(scope: Scope, rule: string, effect: string): string {
  return `${scope} ${rule} ${effect}`
}

/** The row that the same decision would be a repeat of. */
export function recent(state: State, name: string, isRefused: boolean, now: number): Recent | undefined {
  const found = state.recents.get(name)
  const ms = isRefused ? REFUSED_MS : GRANTED_MS
  return found !== undefined && now - found.at < ms && now >= found.at ? found : undefined
}

/** Writes a decision down. */
export function note(state: State, name: string | undefined, fresh: Fresh): DecisionRow {
  const number = state.position('decisions') + 1
  state.positions.set('decisions', number)
  const id = `dec_${state.ports.id().replaceAll('-', '')}`
  const row: DecisionRow = { number, id, ...cut(fresh), repeats: 0, lastAt: fresh.at }
  state.decisions.set(number, { row, changed: state.changed() })
  if (name !== undefined) {
    const { at, version } = fresh
    const before = state.recents.get(name)
    if (before !== undefined && before.pending > 0) written(state, before, at)
    remember(state, name, { number, id, version, at, pending: 0, lastAt: at, writtenAt: at })
  }
  return row
}

/** More is known of a decision: what it began. */
export function add(state: State, number: number, more: Pick<DecisionRow, 'stop' | 'until'>): void {
  const entry = state.decisions.get(number)
  if (entry === undefined) return
  state.decisions.set(number, { row: { ...entry.row, ...more }, changed: state.changed() })
}

export function idOf(state: State, number: number): string | undefined {
  for (const [, found] of state.recents.entries()) if (found.number === number) return found.id
  return state.decisions.get(number)?.row.id
}

/** The same was decided again. */
export function repeat(state: State, name: string, { number }: { number: number }, now: number): void {
  const known = state.recents.get(name)
  const found = known?.number === number ? known : again(state, number)
  if (found === undefined) return
  const next = { ...found, pending: found.pending + 1, lastAt: Math.max(found.lastAt, now) }
  remember(state, name, now - next.writtenAt >= REPEATS_MS ? written(state, next, now) : next)
}

/** Writes the repeats that have waited long enough. */
export function flush(state: State, now: number): void {
  for (const [name, found] of [...state.recents.entries()]) {
    if (found.pending === 0 || now - found.writtenAt < REPEATS_MS) continue
    state.recents.set(name, written(state, found, now))
  }
}

/** When `flush` has something to write. */
export function dueAt(state: State): number | undefined {
  let due: number | undefined
  for (const [, { pending, writtenAt }] of state.recents.entries()) {
    if (pending > 0 && (due === undefined || writtenAt + REPEATS_MS < due)) due = writtenAt + REPEATS_MS
  }
  return due
}

function written(state: State, { pending, ...found }: Recent, now: number): Recent {
  const entry = state.decisions.get(found.number)
  if (entry !== undefined) {
    const row = { ...entry.row, repeats: entry.row.repeats + pending, lastAt: found.lastAt }
    state.decisions.set(found.number, { row, changed: state.changed() })
  }
  return { ...found, pending: 0, writtenAt: now }
}

/** After a restart, the row of what still holds. */
function again(state: State, number: number): Recent | undefined {
  const row = state.decisions.get(number)?.row
  if (row === undefined) return undefined
  const { id, version, at, lastAt } = row
  return { number, id, version, at, pending: 0, lastAt, writtenAt: lastAt }
}

function remember(state: State, name: string, found: Recent): void {
  state.recents.set(name, found)
  if (state.recents.size <= RECENT_MAX) return
  for (const [oldest, { pending, ...rest }] of state.recents.entries()) {
    if (pending > 0) written(state, { pending, ...rest }, rest.lastAt)
    return state.recents.delete(oldest)
  }
}

/** A row is small enough for an event, whatever the rule reads: values of parts go first, then those of features. */
function cut(fresh: Fresh): Fresh {
  if (JSON.stringify(fresh.hits).length <= DETAIL_MAX) return fresh
  const shorter = fresh.hits.map((hit) => ({ ...hit, nodes: hit.nodes.slice(-20) }))
  if (JSON.stringify(shorter).length <= DETAIL_MAX) return { ...fresh, hits: shorter, cut: true }
  return { ...fresh, hits: shorter.map((hit) => ({ ...hit, nodes: [], inputs: bounded(hit.inputs) })), cut: true }
}

function bounded(inputs: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(inputs).map(([name, value]) => [name, value.slice(0, 100)]))
}
