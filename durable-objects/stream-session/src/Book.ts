/**
 * The decisions of a StreamSession as a state machine: commands and the time go in; replies, changed rows and messages
 * to send come out. No I/O, clock or randomness.
 *
 * Commands change a draft. The caller makes `changes()` durable and then calls `commit()`; or, when that fails,
 * `rollback()`. A command that throws has met a bug: the caller rolls back to the `mark()` before it.
 */
import type { ErrorCode } from '@pbstream/core/Errors'
import type { Hex } from '@pbstream/core/Hex'
import { type Channel, coveringVoucher } from '@pbstream/core/Ledger'
import type { UsageTotal } from '@pbstream/core/message/Event'
import type {
  LeaseReply,
  LeaseReport,
  ReceiptReply,
  SessionAsk,
  SessionOpen,
  SessionOpened,
  SessionRaise,
  SessionReply,
  SessionReserve,
  SessionsEnded,
} from '@pbstream/core/message/PaidSession'
import type {
  ChainEvent,
  ChannelNumbers,
  Outcome,
  OwedChannel,
  PolicyStanding,
  RefundReply,
  RefundRequest,
  Report,
  ReportReply,
  Reserve,
  ReserveReply,
  SessionRef,
  SetPolicyReply,
} from '@pbstream/core/message/Session'
import type {
  Releaser,
  ReleaseOrder,
  ReleaseReply,
  Scope,
  SentinelStanding,
  SetRulesReply,
  Snooze,
  StopOrder,
  StopRow,
} from '@pbstream/core/message/Sentinel'
import type { ChannelStanding, CloseStep, DrainReply, TermsInForce } from '@pbstream/core/message/Operations'
import type { ClaimMessage } from '@pbstream/core/message/Settlement'
import type { Policy } from '@pbstream/core/Policy'
import type { KeyState } from '@pbstream/core/Rule'
import * as Admission from './Admission.ts'
import * as Chain from './Chain.ts'
import * as Counted from './Counted.ts'
import * as Leases from './Leases.ts'
import * as Operations from './Operations.ts'
import * as Permit from './Permit.ts'
import * as Plan from './Plan.ts'
import * as Reports from './Reports.ts'
import type { Deposit, Loaded } from './Rows.ts'
import * as Decisions from './sentinel/Decisions.ts'
import * as Failures from './sentinel/Failures.ts'
import type { Name } from './sentinel/Memory.ts'
import * as Sets from './sentinel/Sets.ts'
import * as Spending from './sentinel/Spending.ts'
import * as Standing from './sentinel/Standing.ts'
import * as Stops from './sentinel/Stops.ts'
import * as Sessions from './Sessions.ts'
import { type Changes, type Ports, State } from './State.ts'

/** Journal rows wait so long for others before they are sent. */
export const EVENTS_MS = 1_000

const elsewhere = { kind: 'refused', code: 'channel_id_mismatch' } as const

export class Book {
  readonly #state: State

  constructor(loaded: Loaded, ports: Ports, settings: Plan.Settings) {
    this.#state = new State(loaded, ports, settings)
  }

  /** A request for money. Its reply comes out of `commit()` under `ticket`: of this one, or of a later one. */
  reserve(ticket: number, command: Reserve, now: number): void {
    const code = this.#meet(command)
    if (code === undefined) Admission.reserve(this.#state, ticket, command, now)
    else this.#state.replies.push([ticket, { kind: 'refused', code }])
  }

  report(report: Report, now: number): ReportReply {
    return Reports.report(this.#state, report, now)
  }

  outcome(reservationId: string, requestId: string): Outcome {
    return Reports.outcome(this.#state, reservationId, requestId)
  }

  refund(request: RefundRequest, now: number): RefundReply {
    const code = this.#meet(request)
    return code === undefined ? Chain.refund(this.#state, request, now) : { kind: 'refused', code }
  }

  openSession(command: SessionOpen, now: number): SessionOpened {
    const code = this.#meet(command)
    return code === undefined ? Sessions.open(this.#state, command, now) : { kind: 'refused', code }
  }

  pay(command: SessionReserve, now: number): SessionReply {
    return this.#isOurs(command.session) ? Sessions.pay(this.#state, command, now) : elsewhere
  }

  raise(command: SessionRaise, now: number): SessionOpened {
    return this.#isOurs(command.session) ? Sessions.raise(this.#state, command, now) : elsewhere
  }

  leased(report: LeaseReport, now: number): LeaseReply {
    return Leases.report(this.#state, report, now)
  }

  endSessions(command: SessionAsk): SessionsEnded {
    return this.#isOurs(command.session) ? Sessions.endAll(this.#state, command) : elsewhere
  }

  receipt(command: SessionAsk & { requestId: string }, now: number): ReceiptReply {
    return Sessions.receipt(this.#state, command, now)
  }

  /**
   * Puts a policy of this key in force.
   *
   * @throws {TypeError} when it is for another key.
   */
  setPolicy(session: SessionRef, policy: Policy, now: number): SetPolicyReply {
    if (!this.#isOurs(session)) throw new TypeError('a policy for another key')
    return Permit.set(this.#state, policy, now)
  }

  /**
   * Sentinel's sets, snoozes, stops and breakers of this key.
   *
   * @throws {TypeError} when they are for another key.
   */
  setRules(session: SessionRef, snapshots: readonly unknown[]): SetRulesReply {
    return Sets.put(this.#own(session), snapshots)
  }

  snooze(session: SessionRef, order: Snooze, now: number): void {
    Stops.snooze(this.#own(session), order, now)
  }

  stop(session: SessionRef, order: StopOrder, now: number): StopRow | undefined {
    return Stops.order(this.#own(session), order, now)
  }

  releaseStop(session: SessionRef, order: ReleaseOrder, now: number): ReleaseReply {
    return Stops.release(this.#own(session), order, now)
  }

  closeBreaker(session: SessionRef, order: { scope: Scope; by: Releaser; reason: string }, now: number): boolean {
    return Spending.close(this.#own(session), order.scope, order.reason, now)
  }

  /** What Sentinel knows of the key, or of its calls to a provider; undefined: nothing is kept. */
  remembered(name: Name): KeyState | undefined {
    return this.#state.memory.state(name)
  }

  sentinel(now: number): SentinelStanding {
    return Standing.of(this.#state, now)
  }

  policy(now: number): PolicyStanding | undefined {
    return Permit.standing(this.#state, now)
  }

  acknowledge(event: ChainEvent, now: number): void {
    Chain.acknowledge(this.#state, event, now)
  }

  /** Claims everything that a channel can claim, now. */
  drain(channelId: Hex, now: number): DrainReply {
    return Operations.drain(this.#state, channelId, now)
  }

  /** One step towards an empty channel. */
  close(channelId: Hex, keep: TermsInForce, now: number): CloseStep {
    return Operations.close(this.#state, channelId, keep, now)
  }

  standing(channelId: Hex, now: number): ChannelStanding | undefined {
    return Operations.standing(this.#state, channelId, now)
  }

  /** What time does: reservations and leases expire, turns lapse, claims are started, tried or sent again. */
  tick(now: number): void {
    const state = this.#state
    Reports.expire(state, now)
    Leases.expire(state, now)
    Chain.forgetDeposits(state, now)
    for (const [channelId] of [...state.channels.entries()]) state.attempt(() => state.claim(channelId, now))
    Decisions.flush(state, now)
    Failures.flush(state)
    this.lapse(now)
  }

  /** Ends the turns that ran out of time. */
  lapse(now: number): void {
    Admission.lapse(this.#state, now)
  }

  /** The events queue has every journal row up to `seq`. */
  sent(seq: number): void {
    if (seq > this.#state.position('sent')) this.#state.positions.set('sent', seq)
  }

  /** The same of what Sentinel tells, up to a change. */
  told(change: number): void {
    if (change > this.#state.position('told')) this.#state.positions.set('told', change)
  }

  /** The claims queue did not take these channels' messages. */
  unsent(channelIds: readonly Hex[], now: number): void {
    for (const channelId of channelIds) {
      const row = this.#state.channels.get(channelId)
      if (row?.channel.claiming === undefined) continue
      this.#state.channels.set(channelId, { ...row, plan: Plan.unsent(row.plan, now) })
    }
  }

  /** The numbers of one channel. */
  view(channelId: Hex): ChannelNumbers | undefined {
    const channel = this.channel(channelId)
    if (channel === undefined) return undefined
    const { provisional, deposited, returned, accepted, spent, claimed, settled, lost, published, reserved } = channel
    return { provisional, deposited, returned, accepted, spent, claimed, settled, lost, published, reserved }
  }

  /** What `receiver` has earned on these channels and was not paid. */
  owed(receiver: Hex, channelIds: readonly Hex[]): OwedChannel[] {
    return channelIds.flatMap((channelId) => {
      const channel = this.channel(channelId)
      if (channel === undefined || channel.config.receiver !== receiver) return []
      const { config, spent, claimed, settled, lost } = channel
      // What was given up for lost and claimed after all does not count as settled.
      const due = claimed < spent - lost ? claimed : spent - lost
      if (claimed >= spent && settled >= due) return []
      const voucher = spent > claimed ? coveringVoucher(channel) : undefined
      return [{ channelId, config, spent, claimed, settled, lost, ...(voucher === undefined ? {} : { voucher }) }]
    })
  }

  channel(channelId: Hex): Channel | undefined {
    return this.#state.channels.get(channelId)?.channel
  }

  /** All that is held in memory: what `Loaded` brings back after a restart. */
  get held(): Loaded {
    const { channels, reservations, leases, deposits, counts, sets, scopes, snoozes, stops, failures } = this.#state
    return {
      session: this.session,
      policy: this.#state.policy.get('policy'),
      channels: [...channels.entries()],
      reservations: [...reservations.entries()],
      leases: [...leases.entries()],
      deposits: [...deposits.entries()],
      counts: [...counts.entries()],
      sets: [...sets.entries()],
      scopes: [...scopes.entries()],
      snoozes: [...snoozes.entries()],
      stops: [...stops.entries()],
      failures: [...failures.entries()],
      decisions: this.#state.position('decisions'),
      ...this.positions,
    }
  }

  /** What was counted in periods of cards, as far as journal rows after `after`, up to `last`, have changed it. */
  totals(after: number, last: number): UsageTotal[] {
    return Counted.totals(this.#state, after, last)
  }

  get session(): SessionRef | undefined {
    return this.#state.session.get('session')
  }

  /** Positions of the last journal row and of the last one that was sent; and of the changes that Sentinel tells. */
  get positions(): { seq: number; sent: number; news: number; told: number } {
    const at = (name: 'seq' | 'sent' | 'news' | 'told'): number => this.#state.position(name)
    return { seq: at('seq'), sent: at('sent'), news: at('news'), told: at('told') }
  }

  /** When the next turn lapses. */
  get turnDueAt(): number | undefined {
    return earliest([...this.#state.turns.entries()].map(([, turn]) => turn.holder?.until))
  }

  /** When `tick` or the outbox is needed at the latest, by all that there is. */
  dueAt(now: number): number | undefined {
    const { channels, reservations, leases, deposits, settings } = this.#state
    const { seq, sent, news, told } = this.positions
    const stopOf = (channelId: Hex): number => Stops.stopsAt(this.#state, channelId)
    return earliest([
      seq > sent || news > told ? now + EVENTS_MS : undefined,
      Decisions.dueAt(this.#state),
      ...[...reservations.entries()].map(([, held]) => held.expiresAt),
      ...[...leases.entries()].map(([, lease]) => Leases.endsAt(lease)),
      ...[...deposits.entries()].map(([, deposit]) => forgottenAt(deposit)),
      ...[...channels.entries()].map(([id, { channel, plan }]) => Plan.dueAt(channel, plan, settings, stopOf(id))),
    ])
  }

  /** The same, by what one group changed: the cost does not grow with the session. */
  changesDueAt(changes: Changes, now: number): number | undefined {
    const { settings } = this.#state
    // Another policy may stop every channel, at once or at its expiry.
    if (changes.policy !== undefined || changes.stops.length > 0) return this.dueAt(now)
    const stopOf = (channelId: Hex): number => Stops.stopsAt(this.#state, channelId)
    const { news, told } = this.positions
    return earliest([
      changes.journal.length > 0 || news > told ? now + EVENTS_MS : undefined,
      Decisions.dueAt(this.#state),
      ...changes.reservations.map(({ after }) => after?.expiresAt),
      ...changes.leases.map(({ after }) => after && Leases.endsAt(after)),
      ...changes.deposits.map(({ after }) => after && forgottenAt(after)),
      ...changes.channels.map(
        ({ key, after }) => after && Plan.dueAt(after.channel, after.plan, settings, stopOf(key)),
      ),
    ])
  }

  mark(): number {
    return this.#state.draft.mark()
  }

  rollback(mark = 0): void {
    this.#state.draft.rollback(mark)
  }

  changes(): Changes {
    return this.#state.changes()
  }

  commit(): { replies: [ticket: number, reply: ReserveReply][]; claims: ClaimMessage[] } {
    return this.#state.commit()
  }

  /** Learns whose session this is, and refuses commands that are for another. */
  #meet({ session, config }: Pick<Reserve, 'session' | 'config'>): ErrorCode | undefined {
    const { payer, payerAuthorizer } = session
    if (config.payer !== payer || config.payerAuthorizer !== payerAuthorizer) return 'channel_id_mismatch'
    return this.#isOurs(session) ? undefined : 'channel_id_mismatch'
  }

  #own(session: SessionRef): State {
    if (!this.#isOurs(session)) throw new TypeError('an order for another key')
    return this.#state
  }

  /** The first one that is named is whose session this is. */
  #isOurs({ chainId, contract, payer, payerAuthorizer }: SessionRef): boolean {
    const known = this.session
    if (known === undefined) {
      this.#state.session.set('session', { chainId, contract, payer, payerAuthorizer })
      return true
    }
    const same = known.chainId === chainId && known.contract === contract
    return same && known.payer === payer && known.payerAuthorizer === payerAuthorizer
  }
}

function forgottenAt({ status, at }: Deposit): number | undefined {
  return status === 'wanted' ? at + Chain.DEPOSIT_LOST_MS : undefined
}

function earliest(times: (number | undefined)[]): number | undefined {
  let first: number | undefined
  for (const time of times) if (time !== undefined && (first === undefined || time < first)) first = time
  return first
}
