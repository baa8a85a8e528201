/** The object's SQLite, as maps: what a commit wrote, and what a restart reads. */
import type { Hex } from '@pbstream/core/Hex'
import type { JournalRow } from '@pbstream/core/message/Event'
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
  session: SessionRef | undefined
  policy: PolicyRow | undefined
  sent = 0
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

  write(changes: Changes): void {
    this.session = changes.session ?? this.session
    this.policy = changes.policy ?? this.policy
    this.sent = changes.sent ?? this.sent
    apply(this.channels, changes.channels)
    apply(this.reservations, changes.reservations)
    apply(this.leases, changes.leases)
    apply(this.nonces, changes.nonces)
    apply(this.deposits, changes.deposits)
    apply(this.counts, changes.counts)
    apply(this.requests, changes.requests)
    apply(this.answers, changes.answers)
    for (const row of changes.journal) this.journal.push(row)
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
    return { session, policy, channels: rows, reservations, leases, deposits, counts, seq, sent }
  }
}

function apply<K, V>(rows: Map<K, V>, changes: readonly Change<K, V>[]): void {
  for (const { key, after } of changes) {
    if (after === undefined) rows.delete(key)
    else rows.set(key, after)
  }
}
