/**
 * What a StreamSession knows, as a draft: commands change it, and one commit makes the changes of a whole group stand.
 *
 * No I/O, clock or randomness: rows that are not in memory, and ids, come through ports, the time as an argument.
 */
import type { Hex } from '@pbstream/core/Hex'
import * as Journal from '@pbstream/core/Journal'
import * as Ledger from '@pbstream/core/Ledger'
import type { Scope, Snooze } from '@pbstream/core/message/Sentinel'
import type { Reserve, ReserveReply, SessionRef } from '@pbstream/core/message/Session'
import type { ClaimMessage } from '@pbstream/core/message/Settlement'
import type * as Turn from '@pbstream/core/Turn'
import { type Change, Draft, Outgoing, Table } from './Draft.ts'
import { claimMessage } from './Messages.ts'
import { Memory, type MemoryChange } from './sentinel/Memory.ts'
import type { Recent } from './sentinel/Decisions.ts'
import type { DecisionEntry, FailureEntry, ScopeRow, StopEntry } from './sentinel/Rows.ts'
import type { SetRow } from './sentinel/Sets.ts'
import * as Stops from './sentinel/Stops.ts'
import * as Permit from './Permit.ts'
import * as Plan from './Plan.ts'
import type {
  AnswerRow,
  ChannelRow,
  Count,
  Deposit,
  JournalRow,
  LeaseRow,
  Loaded,
  PolicyRow,
  Reader,
  RequestRow,
  Reservation,
} from './Rows.ts'

export type Ports = {
  reader: Reader
  /** A fresh id that nobody can guess. */
  id(): string
  /** A part of a command met a bug and was dropped. */
  dropped(error: unknown): void
}

/** A reserve that waits for its reply, perhaps parked. */
export type Waiting = Turn.Call & {
  readonly ticket: number
  readonly command: Reserve
  /** When it arrived nobody else could have its voucher; what becomes public while it waits takes nothing from it. */
  readonly proven: boolean
}

/** The rows that differ from the last commit. */
export type Changes = {
  session: SessionRef | undefined
  policy: PolicyRow | undefined
  channels: Change<Hex, ChannelRow>[]
  reservations: Change<string, Reservation>[]
  leases: Change<string, LeaseRow>[]
  nonces: Change<Hex, number>[]
  requests: Change<string, RequestRow>[]
  answers: Change<string, AnswerRow>[]
  deposits: Change<string, Deposit>[]
  counts: Change<string, readonly Count[]>[]
  journal: JournalRow[]
  sent: number | undefined
  sets: Change<Scope, SetRow>[]
  scopes: Change<Scope, ScopeRow>[]
  snoozes: Change<string, Snooze>[]
  stops: Change<string, StopEntry>[]
  failures: Change<string, FailureEntry>[]
  decisions: Change<number, DecisionEntry>[]
  memory: MemoryChange[]
  told: number | undefined
}

/** Calls that ended well, waiting to be counted. */
export type EndedCalls = {
  readonly providerId: string
  readonly routeId: string
  readonly calls: number
  readonly at: number
}
export type Position = 'seq' | 'sent' | 'decisions' | 'news' | 'told'

export class State {
  readonly ports: Ports
  readonly settings: Plan.Settings
  readonly draft = new Draft()
  readonly channels: Table<Hex, ChannelRow>
  readonly reservations: Table<string, Reservation>
  readonly leases: Table<string, LeaseRow>
  readonly deposits: Table<string, Deposit>
  /** By route, the one that was counted in last at the end. */
  readonly counts: Table<string, readonly Count[]>
  readonly requests: Table<string, RequestRow>
  readonly answers: Table<string, AnswerRow>
  /** Nonces that opened a session, and until when each is remembered. */
  readonly nonces: Table<Hex, number>
  readonly session: Table<'session', SessionRef>
  readonly policy: Table<'policy', PolicyRow>
  /** In memory only: it follows from the rows. */
  readonly meter: Table<'meter', Permit.Meter>
  /** Last journal row, and last one that the events queue has; and the same of what Sentinel tells. */
  readonly positions: Table<Position, number>
  readonly sets: Table<Scope, SetRow>
  readonly scopes: Table<Scope, ScopeRow>
  /** By `<scope> <rule>`. */
  readonly snoozes: Table<string, Snooze>
  readonly stops: Table<string, StopEntry>
  /** By `<provider> <route>`. */
  readonly failures: Table<string, FailureEntry>
  readonly decisions: Table<number, DecisionEntry>
  readonly memory: Memory
  /** In memory only: decisions that may be made again, calls that are not counted yet, and sets that cannot be read. */
  readonly recents = new Table<string, Recent>(this.draft)
  readonly endedCalls = new Table<string, EndedCalls>(this.draft)
  readonly refusedSets = new Table<Scope, number>(this.draft)
  /** In memory only: a caller that waits goes with the object that it waits on. */
  readonly turns = new Table<Hex, Turn.Turn<Waiting>>(this.draft)
  /** Names of calls that had their one correction. In memory only, and bounded: forgetting costs one more turn. */
  readonly corrections = new Table<string, true>(this.draft)
  readonly replies = new Outgoing<[ticket: number, reply: ReserveReply]>(this.draft)
  /** When the chain was last looked at, which bounds how often callers can make us look. */
  readonly observedAt = new Map<Hex, number>()
  readonly #journal = new Outgoing<JournalRow>(this.draft)
  readonly #claims = new Outgoing<ClaimMessage>(this.draft)

  constructor(loaded: Loaded, ports: Ports, settings: Plan.Settings) {
    this.ports = ports
    this.settings = settings
    const { draft } = this
    this.channels = new Table(draft, { rows: loaded.channels })
    this.reservations = new Table(draft, { rows: loaded.reservations })
    this.leases = new Table(draft, { rows: loaded.leases })
    this.deposits = new Table(draft, { rows: loaded.deposits })
    this.counts = new Table(draft, { rows: loaded.counts })
    this.requests = new Table(draft, { load: (id) => ports.reader.request(id) })
    this.answers = new Table(draft, { load: (id) => ports.reader.answer(id) })
    this.nonces = new Table(draft, { load: (nonce) => ports.reader.nonce(nonce) })
    this.session = new Table(draft, { rows: loaded.session === undefined ? [] : [['session', loaded.session]] })
    const { policy } = loaded
    this.policy = new Table(draft, { rows: policy === undefined ? [] : [['policy', policy]] })
    const meter = Permit.loaded(loaded)
    this.meter = new Table(draft, { rows: meter === undefined ? [] : [['meter', meter]] })
    this.positions = new Table(draft, {
      rows: [
        ['seq', loaded.seq],
        ['sent', loaded.sent],
        ['decisions', loaded.decisions],
        ['news', loaded.news],
        ['told', loaded.told],
      ],
    })
    this.sets = new Table(draft, { rows: loaded.sets })
    this.scopes = new Table(draft, { rows: loaded.scopes })
    this.snoozes = new Table(draft, { rows: loaded.snoozes })
    this.stops = new Table(draft, { rows: loaded.stops })
    this.failures = new Table(draft, { rows: loaded.failures })
    this.decisions = new Table(draft, { load: (number) => ports.reader.decision(number) })
    this.memory = new Memory(draft, ports.reader.memory)
  }

  /**
   * The row of a channel that must be there.
   *
   * @throws {Error} when it is not, which is a bug.
   */
  row(channelId: Hex): ChannelRow {
    const row = this.channels.get(channelId)
    if (row === undefined) throw new Error('a channel is not there')
    return row
  }

  /**
   * Takes a channel's next state, checks it against the invariants and journals what moved. `details` go into the
   * journal rows: `transaction` into all, the others into that of a charge.
   */
  put(row: ChannelRow, channel: Ledger.Channel, now: number, details: Partial<JournalRow> = {}): void {
    const before = this.row(channel.channelId)
    Ledger.assertStep(before.channel, channel)
    this.channels.set(channel.channelId, { ...row, channel })
    Permit.moved(this, before.channel, channel)
    this.journal(before.channel, channel, now, details)
  }

  /** Ends all sessions of a channel: what they ask for is refused from now on. */
  endSessions(channelId: Hex): ChannelRow {
    const row = this.row(channelId)
    const after = { ...row, epoch: row.epoch + 1, openUntil: 0 }
    this.channels.set(channelId, after)
    return after
  }

  /** Journals the movements between two states of a channel. */
  journal(before: Ledger.Channel, after: Ledger.Channel, now: number, details: Partial<JournalRow> = {}): void {
    const { transaction, ...charge } = details
    const moved = Journal.movements(before, after)
    if (charge.usage !== undefined && after.spent === before.spent) moved.push(Journal.uncharged)
    for (const { kind, debit, credit, amount } of moved) {
      const seq = this.position('seq') + 1
      this.positions.set('seq', seq)
      this.#journal.push({
        seq,
        kind,
        channelId: after.channelId,
        debit,
        credit,
        amount: String(amount),
        ...(kind === 'charge' ? { ...charge, cumulative: String(after.spent) } : {}),
        ...(credit === 'lost' ? { why: whyLost(before, after) } : {}),
        ...(transaction === undefined ? {} : { transaction }),
        at: now,
      })
    }
  }

  /** Starts the channel's claim, or hands the one in flight to the queue, if that is due. */
  claim(channelId: Hex, now: number): void {
    const found = this.row(channelId)
    const stop = Stops.stopsAt(this, channelId)
    const hurried = Plan.hurried(found.channel, found.plan, stop, now)
    const row = hurried === found.plan ? found : { ...found, plan: hurried }
    if (row !== found) this.channels.set(channelId, row)
    const session = this.session.get('session')
    const reason = session === undefined ? undefined : Plan.due(row.channel, row.plan, this.settings, stop, now)
    if (session === undefined || reason === undefined) return
    if (reason === 'send') {
      const channel = Ledger.claimSent(row.channel)
      const plan = Plan.sent(row.plan, now)
      this.put({ ...row, plan }, channel, now)
      return this.#claims.push(claimMessage(session, channel, plan))
    }
    const outcome = Ledger.claimStart(
      row.channel,
      reason === 'age' || reason === 'close',
      now >= Plan.refundedBy(row.channel),
    )
    if (!('channel' in outcome)) return
    const { channel } = outcome
    const rest = channel.claiming !== undefined && channel.claiming.total < Ledger.claimable(channel)
    this.put({ ...row, plan: Plan.started(row.plan, reason, rest, now) }, channel, now)
    // One that is not to wait leaves with this commit.
    this.claim(channelId, now)
  }

  /** Runs one part of a command; if it throws, takes back that part only. */
  attempt(part: () => void): boolean {
    const mark = this.draft.mark()
    try {
      part()
      return true
    } catch (error) {
      this.draft.rollback(mark)
      this.ports.dropped(error)
      return false
    }
  }

  position(name: Position): number {
    return this.positions.get(name) ?? 0
  }

  /** The number of a change of what Sentinel tells: rows are told in the order of their last one. */
  changed(): number {
    const news = this.position('news') + 1
    this.positions.set('news', news)
    return news
  }

  changes(): Changes {
    return {
      session: this.session.changes()[0]?.after,
      policy: this.policy.changes()[0]?.after,
      channels: this.channels.changes(),
      reservations: this.reservations.changes(),
      leases: this.leases.changes(),
      nonces: this.nonces.changes(),
      requests: this.requests.changes(),
      answers: this.answers.changes(),
      deposits: this.deposits.changes(),
      counts: this.counts.changes(),
      journal: [...this.#journal.items],
      sent: this.positions.changes().find(({ key }) => key === 'sent')?.after,
      sets: this.sets.changes(),
      scopes: this.scopes.changes(),
      snoozes: this.snoozes.changes(),
      stops: this.stops.changes(),
      failures: this.failures.changes(),
      decisions: this.decisions.changes(),
      memory: this.memory.changes(),
      told: this.positions.changes().find(({ key }) => key === 'told')?.after,
    }
  }

  /** The changes are durable: here is what may leave now. */
  commit(): { replies: [ticket: number, reply: ReserveReply][]; claims: ClaimMessage[] } {
    this.draft.commit()
    for (const table of [this.channels, this.reservations, this.deposits, this.requests, this.answers]) table.settle()
    for (const table of [this.session, this.policy, this.meter, this.positions]) table.settle()
    for (const table of [this.leases, this.nonces, this.counts]) table.settle()
    for (const table of [this.turns, this.corrections]) table.settle()
    for (const table of [this.sets, this.scopes, this.snoozes, this.stops, this.failures]) table.settle()
    for (const table of [this.decisions, this.recents, this.endedCalls, this.refusedSets, this.memory]) table.settle()
    this.#journal.take()
    return { replies: this.replies.take(), claims: this.#claims.take() }
  }
}

/** What took earned money out of reach. */
function whyLost(before: Ledger.Channel, after: Ledger.Channel): NonNullable<JournalRow['why']> {
  if (after.returned > before.returned) return 'withdrawal'
  if (after.provisional < before.provisional) return 'reorg'
  return after.keyOver ? 'key_stopped' : 'uncovered'
}
