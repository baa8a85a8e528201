/**
 * What Sentinel remembers of a key: one `KeyState` for all of it, and one for each provider that has rules.
 *
 * A state is large and changes with every call, so it is written rarely: each commit adds one row of what happened to its
 * log, and from time to time the whole takes the place of its log. A state is what its last snapshot and the log make of
 * it, so one that met a rollback is forgotten and made again, from both and from what its group has done so far.
 */
import { type Ask, KeyState, type KeyStateJson, type LogEntry, type View } from '@pbstream/core/Rule'
import type { Scope } from '@pbstream/core/message/Sentinel'
import type { Draft } from '../Draft.ts'

/** The state of the whole key; others are named by the scope of their provider. */
export const KEY = 'key'
export type Name = typeof KEY | Scope

/** So many entries of a log are made a snapshot. */
export const ENTRIES_MAX = 256
/** States of providers that are held in memory; others are read again. */
const HELD_MAX = 8
/**
 * Asks that were refused, which are logged in a second: who floods is not to write without end. What is not logged is
 * known until the object is evicted.
 */
export const REFUSED_MAX = 8

export type StateRow = { readonly born: number; readonly seq: number; readonly body: string }
export type LogRow = { readonly seq: number; readonly body: string }

/** What a commit writes: a snapshot takes the place of all that was there of the name. */
export type MemoryChange =
  | { name: Name; kind: 'log'; seq: number; body: string }
  | { name: Name; kind: 'snapshot'; seq: number; born: number; body: string }
  | { name: Name; kind: 'drop' }

export type MemoryReader = {
  state(name: string): StateRow | undefined
  /** In order. */
  log(name: string): LogRow[]
}

type Live = {
  readonly state: KeyState
  /** When it began: what was granted before is not taken back from it. */
  readonly born: number
  readonly isNew: boolean
  seq: number
  /** Since the snapshot, without those of this group. */
  entries: number
  refusedAt: number
  refused: number
  /** Of the last call that was looked at. */
  view?: View
}

export class Memory {
  readonly #draft: Draft
  readonly #reader: MemoryReader
  readonly #live = new Map<Name, Live>()
  /** Of this group. */
  readonly #pending = new Map<Name, LogEntry[]>()
  readonly #dropped = new Set<Name>()

  constructor(draft: Draft, reader: MemoryReader) {
    this.#draft = draft
    this.#reader = reader
  }

  /** How a call looks. Say `asked` of it right after. */
  look(name: Name, ask: Ask): View {
    const live = this.#get(name) ?? this.#begin(name, ask.at)
    this.#draft.note(() => this.#live.delete(name))
    live.view = live.state.ask(ask)
    return live.view
  }

  /** What became of the call that was looked at. */
  asked(name: Name, ask: Ask, isGranted: boolean): void {
    const live = this.#live.get(name)!
    if (isGranted) live.state.granted(ask)
    else if (!isLogged(live, ask.at)) return
    const { at, amount, route, payee, place, country } = ask
    this.#log(name, [isGranted ? 'g' : 'a', at, String(amount), route, payee, place, country])
  }

  /** A call that was granted at `at` came to `charged`; unless the state began later. */
  settled(name: Name, at: number, amount: bigint, charged: bigint, isCall: boolean): void {
    if (amount === charged && isCall) return
    this.#apply(name, at, ['s', at, String(amount), String(charged), isCall ? 1 : 0])
  }

  failed(name: Name, at: number, now: number): void {
    this.#apply(name, at, ['f', now])
  }

  /** The state, to be asked and not changed, and the last call that it was asked about since it is in memory. */
  peek(name: Name): { keyState: KeyState; view: View } | undefined {
    const live = this.#live.get(name)
    return live?.view === undefined ? undefined : { keyState: live.state, view: live.view }
  }

  /** The state as it is, which is read if need be; undefined: there is none. */
  state(name: Name): KeyState | undefined {
    return this.#get(name)?.state
  }

  /** Forgets all that is known. */
  drop(name: Name): void {
    const pending = this.#pending.get(name)
    const isDropped = this.#dropped.has(name)
    this.#pending.delete(name)
    this.#live.delete(name)
    this.#dropped.add(name)
    this.#draft.note(() => {
      this.#live.delete(name)
      if (pending !== undefined) this.#pending.set(name, pending)
      if (!isDropped) this.#dropped.delete(name)
    })
  }

  changes(): MemoryChange[] {
    const changes: MemoryChange[] = [...this.#dropped].map((name) => ({ name, kind: 'drop' }))
    for (const [name, entries] of this.#pending) {
      if (entries.length === 0) continue
      const { seq, born, isNew, entries: before, state } = this.#get(name)!
      const isFull = isNew || before + entries.length >= ENTRIES_MAX
      const next = { name, seq: seq + 1 }
      if (isFull) changes.push({ ...next, kind: 'snapshot', born, body: JSON.stringify(state) })
      else changes.push({ ...next, kind: 'log', body: JSON.stringify(entries) })
    }
    return changes
  }

  /** The changes are durable, or were all taken back. */
  settle(): void {
    for (const [name, entries] of this.#pending) {
      const live = this.#live.get(name)
      if (live === undefined || entries.length === 0) continue
      const isFull = live.isNew || live.entries + entries.length >= ENTRIES_MAX
      const { seq, entries: before } = live
      this.#live.set(name, {
        ...live,
        isNew: false,
        seq: seq + 1,
        entries: isFull ? 0 : before + entries.length,
      })
    }
    if (this.#pending.size > 0) this.#pending.clear()
    this.#dropped.clear()
    for (const name of this.#live.keys()) {
      if (this.#live.size <= HELD_MAX) break
      if (name !== KEY) this.#live.delete(name)
    }
  }

  #apply(name: Name, at: number, entry: LogEntry): void {
    const live = this.#get(name)
    if (live === undefined || at < live.born) return
    this.#draft.note(() => this.#live.delete(name))
    live.state.apply(entry)
    this.#log(name, entry)
  }

  #log(name: Name, entry: LogEntry): void {
    const entries = this.#pending.get(name) ?? []
    if (entries.length === 0) this.#pending.set(name, entries)
    entries.push(entry)
    this.#draft.note(() => entries.pop())
  }

  #begin(name: Name, born: number): Live {
    const live = { state: new KeyState(), born, isNew: true, seq: 0, entries: 0, refusedAt: 0, refused: 0 }
    this.#live.set(name, live)
    return live
  }

  #get(name: Name): Live | undefined {
    const live = this.#live.get(name) ?? this.#load(name)
    if (live !== undefined) this.#live.set(name, live)
    return live
  }

  #load(name: Name): Live | undefined {
    const pending = this.#pending.get(name) ?? []
    const row = this.#dropped.has(name) ? undefined : this.#reader.state(name)
    if (row === undefined && pending.length === 0) return undefined
    const state = new KeyState(row === undefined ? undefined : (JSON.parse(row.body) as KeyStateJson))
    let { seq, entries } = { seq: row?.seq ?? 0, entries: 0 }
    for (const logged of row === undefined ? [] : this.#reader.log(name)) {
      for (const entry of JSON.parse(logged.body) as LogEntry[]) {
        state.apply(entry)
        entries += 1
      }
      seq = logged.seq
    }
    for (const entry of pending) state.apply(entry)
    const born = row?.born ?? (pending[0]?.[1] as number)
    return { state, born, isNew: row === undefined, seq, entries, refusedAt: 0, refused: 0 }
  }
}

/** Whether an ask that was refused is written: so many are in a second. */
function isLogged(live: Live, at: number): boolean {
  if (at - live.refusedAt >= 1_000 || at < live.refusedAt) {
    live.refusedAt = at
    live.refused = 0
  }
  live.refused += 1
  return live.refused <= REFUSED_MAX
}
