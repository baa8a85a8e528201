/** The object's SQLite, as maps: what a commit wrote, and what a restart reads. */
import type { Hex } from '@pbstream/core/Hex'
import type { JournalRow } from '@pbstream/core/message/Event'
import type { Scope, Snooze } from '@pbstream/core/message/Sentinel'
import type { SessionRef } from '@pbstream/core/message/Session'
import type {
  AnswerRow,
  ChannelRow,
  Count,
  Deposit,
  LeaseRow,
  Loaded,
  PolicyRow,
  Reader,
  RequestRow,
  Reservation,
} from '@pbstream/stream-session/Rows'
import type { Change } from '@pbstream/stream-session/Draft'
import type { LogRow, MemoryChange, MemoryReader, StateRow } from '@pbstream/stream-session/sentinel/Memory'
import type { DecisionEntry, FailureEntry, ScopeRow, StopEntry } from '@pbstream/stream-session/sentinel/Rows'
import type { SetRow } from '@pbstream/stream-session/sentinel/Sets'
import type { Changes } from '@pbstream/stream-session/State'

export class Disk implements Reader {
  readonly channels = new Map<Hex, ChannelRow>()
  readonly reservations = new Map<string, Reservation>()
  readonly leases = new Map<string, LeaseRow>()
  readonly nonces = new Map<Hex, number>()
  readonly deposits = new Map<string, Deposit>()
  readonly counts = new Map<string, readonly Count[]>()
  readonly requests = new Map<string, RequestRow>()
  readonly answers = new Map<string, AnswerRow>()
  readonly journal: JournalRow[] = []
  readonly sets = new Map<Scope, SetRow>()
  readonly scopes = new Map<Scope, ScopeRow>()
  readonly snoozes = new Map<string, Snooze>()
  readonly stops = new Map<string, StopEntry>()
  readonly failures = new Map<string, FailureEntry>()
  readonly decisions = new Map<number, DecisionEntry>()
  readonly memory = new MemoryDisk()
  session: SessionRef | undefined
  policy: PolicyRow | undefined
  sent = 0
  told = 0
  /** The alarm that is armed, Unix milliseconds of the object's clock. */
  alarmAt: number | undefined

  request(id: string): RequestRow | undefined {
    return this.requests.get(id)
  }

  answer(id: string): AnswerRow | undefined {
    return this.answers.get(id)
  }

  nonce(nonce: Hex): number | undefined {
    return this.nonces.get(nonce)
  }

  decision(number: number): DecisionEntry | undefined {
    return this.decisions.get(number)
  }

  write(changes: Changes): void {
    this.session = changes.session ?? this.session
    this.policy = changes.policy ?? this.policy
    this.sent = changes.sent ?? this.sent
    this.told = changes.told ?? this.told
    apply(this.channels, changes.channels)
    apply(this.reservations, changes.reservations)
    apply(this.leases, changes.leases)
    apply(this.nonces, changes.nonces)
    apply(this.deposits, changes.deposits)
    apply(this.counts, changes.counts)
    apply(this.requests, changes.requests)
    apply(this.answers, changes.answers)
    for (const row of changes.journal) this.journal.push(row)
    apply(this.sets, changes.sets)
    apply(this.scopes, changes.scopes)
    apply(this.snoozes, changes.snoozes)
    apply(this.stops, changes.stops)
    apply(this.failures, changes.failures)
    apply(this.decisions, changes.decisions)
    for (const change of changes.memory) this.memory.write(change)
  }

  load(): Loaded {
    const { session, policy, channels, sent, journal } = this
    const [reservations, leases, deposits] = [[...this.reservations], [...this.leases], [...this.deposits]]
    const seq = journal.at(-1)?.seq ?? 0
    // As in `Store.load`: what is reserved is the sum of the reservations that are there, and of what leases have left.
    const rows = [...channels].map(([id, row]): [Hex, ChannelRow] => {
      let reserved = 0n
      for (const [, held] of reservations) if (held.channelId === id) reserved += held.hold
      for (const [, lease] of leases) if (lease.channelId === id) reserved += lease.left
      return [id, { ...row, channel: { ...row.channel, reserved } }]
    })
    const counts = [...this.counts]
    const charged = { session, policy, channels: rows, reservations, leases, deposits, counts, seq, sent }
    return { ...charged, ...this.#guarded() }
  }

  #guarded(): Pick<Loaded, 'sets' | 'scopes' | 'snoozes' | 'stops' | 'failures' | 'decisions' | 'news' | 'told'> {
    const { told } = this
    const entries = [...this.stops.values(), ...this.failures.values(), ...this.decisions.values()]
    return {
      sets: [...this.sets],
      scopes: [...this.scopes],
      snoozes: [...this.snoozes],
      stops: [...this.stops],
      failures: [...this.failures],
      decisions: Math.max(0, ...this.decisions.keys()),
      news: entries.reduce((last, { changed }) => Math.max(last, changed), told),
      told,
    }
  }
}

/** What Sentinel remembers: snapshots, and the log since each. */
class MemoryDisk implements MemoryReader {
  readonly #states = new Map<string, StateRow>()
  readonly #logs = new Map<string, LogRow[]>()

  state(name: string): StateRow | undefined {
    return this.#states.get(name)
  }

  log(name: string): LogRow[] {
    return this.#logs.get(name) ?? []
  }

  write(change: MemoryChange): void {
    const { name, kind } = change
    if (kind === 'log') {
      this.#logs.set(name, [...this.log(name), { seq: change.seq, body: change.body }])
      return
    }
    this.#logs.delete(name)
    if (kind === 'drop') this.#states.delete(name)
    else this.#states.set(name, { born: change.born, seq: change.seq, body: change.body })
  }
}

function apply<K, V>(rows: Map<K, V>, changes: readonly Change<K, V>[]): void {
  for (const { key, after } of changes) {
    if (after === undefined) rows.delete(key)
    else rows.set(key, after)
  }
}
