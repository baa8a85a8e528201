/** Which calls get money: request ids, what closes a channel, vouchers, deposits and turns. */
import type { ErrorCode } from '@pbstream/core/Errors'
import type { Hex } from '@pbstream/core/Hex'
import * as Ledger from '@pbstream/core/Ledger'
import { REFUND_LOST_MS, type Reserve, type ReserveReply } from '@pbstream/core/message/Session'
import * as Lease from '@pbstream/core/session/Lease'
import * as Turn from '@pbstream/core/Turn'
import * as Counted from './Counted.ts'
import * as Permit from './Permit.ts'
import * as Plan from './Plan.ts'
import * as Guard from './sentinel/Guard.ts'
import type { Asked } from './sentinel/Rows.ts'
import * as Sets from './sentinel/Sets.ts'
import type { State, Waiting } from './State.ts'

/** A reservation that shows no progress for so long ends. */
export const RESERVATION_MS = 90_000
/** A request id is known for so long after its request has ended. */
export const REQUEST_MS = 86_400_000
/** It is taken for so much longer than that: what ends within an hour, as nearly all does, need not be kept anew. */
export const REQUEST_TAKEN_MS = REQUEST_MS + 3_600_000
/** A channel is not looked at again on chain more often than this, whatever its callers claim. */
export const REREAD_MS = 30_000
const CORRECTIONS_MAX = 1_024

/** What a request id that is taken may be answered. */
type Known = Extract<ReserveReply, { kind: 'replay' | 'duplicate' | 'in_flight' | 'refused' }>
type Judgement = Turn.Judgement & { readonly answer?: ReserveReply }
type Port = Turn.Port<Waiting, Judgement>
type Begun = Omit<Reserve, 'v' | 'session' | 'config' | 'voucher' | 'deposit' | 'callId' | 'rules' | 'origin'>

/** A request for money. Its reply is put out under `ticket`, now or after its turn. */
export function reserve(state: State, ticket: number, command: Reserve, now: number): void {
  const channel = state.channels.get(command.channelId)?.channel
  const call: Waiting = {
    ticket,
    command,
    proven: channel !== undefined && !Ledger.isPublic(channel, command.voucher.max),
    name: command.callId ?? command.voucher.signature,
    anonymous: command.callId === undefined,
    max: command.voucher.max,
    ...(command.deposit === undefined ? {} : { depositId: state.ports.id() }),
  }
  const port = ports(state, now)
  const turn = state.turns.get(command.channelId) ?? Turn.idle
  setTurn(state, command.channelId, Turn.offer(Turn.lapse(turn, now, port), call, now, port))
}

/** Ends the turns that ran out of time. */
export function lapse(state: State, now: number): void {
  const port = ports(state, now)
  for (const [channelId, turn] of [...state.turns.entries()]) setTurn(state, channelId, Turn.lapse(turn, now, port))
}

/** The chain was looked at: who waited for that is decided now. */
export function observed(state: State, channelId: Hex, now: number): void {
  const turn = state.turns.get(channelId)
  if (turn?.holder?.kind === 'observation') setTurn(state, channelId, Turn.end(turn, now, ports(state, now)))
}

/** A deposit was mined or will never be: who waited for it comes back now, or makes room. */
export function deposited(state: State, channelId: Hex, depositId: string, failed: boolean, now: number): void {
  const turn = state.turns.get(channelId)
  if (turn?.holder?.depositId !== depositId) return
  setTurn(state, channelId, failed ? Turn.end(turn, now, ports(state, now)) : Turn.mined(turn, now))
}

/** Why a channel takes no charges and refunds now; from time to time the chain is asked whether that still holds. */
export function closed(
  state: State,
  channel: Ledger.Channel,
  now: number,
): { kind: 'unknown_channel' } | { kind: 'refused'; code: ErrorCode } | undefined {
  const { refund, withdrawRequestedAt, channelId } = channel
  if (refund === undefined && withdrawRequestedAt === 0) return undefined
  const overdue = refund === undefined || refund.amount === 0n || now >= refund.at + REFUND_LOST_MS
  if (overdue && mayReread(state, channelId, now)) {
    state.observedAt.set(channelId, now)
    return { kind: 'unknown_channel' }
  }
  return { kind: 'refused', code: withdrawRequestedAt !== 0 ? 'withdrawal_pending' : 'channel_closing' }
}

/**
 * The same for charges only: the session key that governs the channel has stopped. Money may still go back to its owner.
 */
function stopped(state: State, channel: Ledger.Channel, now: number): ReturnType<typeof closed> {
  const { channelId } = channel
  if (!Ledger.isStopped(channel, Math.floor(now / 1_000))) return undefined
  if (!mayReread(state, channelId, now)) return { kind: 'refused', code: 'session_key_stopped' }
  state.observedAt.set(channelId, now)
  return { kind: 'unknown_channel' }
}

/**
 * Why nothing that goes on may lean on a channel's money any more: the chain has set a time after which it is out of
 * reach, and what is earned by then has to be charged and claimed before; or what is held is not there any more.
 */
export function leaving(channel: Ledger.Channel, now: number): ErrorCode | undefined {
  if (channel.withdrawRequestedAt !== 0) return 'withdrawal_pending'
  if (Ledger.isStopped(channel, Math.floor(now / 1_000))) return 'session_key_stopped'
  return Ledger.base(channel) > Ledger.funds(channel) ? 'insufficient_funds' : undefined
}

/** All that keeps a channel from charges under a session: it is closed or stopped, or has to be looked at first. */
export function shut(state: State, channel: Ledger.Channel, now: number): ReturnType<typeof closed> {
  const refusal = closed(state, channel, now) ?? stopped(state, channel, now)
  if (refusal !== undefined || !isOverdue(state, channel, now)) return refusal
  state.observedAt.set(channel.channelId, now)
  return { kind: 'unknown_channel' }
}

/** The same without sending anybody to look. */
export function isShut(state: State, channel: Ledger.Channel, now: number): boolean {
  const { refund, withdrawRequestedAt } = channel
  if (refund !== undefined || withdrawRequestedAt !== 0) return true
  return Ledger.isStopped(channel, Math.floor(now / 1_000)) || isOverdue(state, channel, now)
}

/** The 402 that says where to start from. To a public voucher it says nothing. */
export function corrective(channel: Ledger.Channel, isPublic: boolean): Extract<ReserveReply, { kind: 'corrective' }> {
  if (isPublic) return { kind: 'corrective' }
  const voucher = Ledger.highestVoucher(channel)
  return { kind: 'corrective', channel: Ledger.view(channel), ...(voucher === undefined ? {} : { voucher }) }
}

function ports(state: State, now: number): Port {
  return {
    judge: (call, asked) => judge(state, call, asked, now),
    act: (call, action, judgement, holder) => {
      const reply = (answer: ReserveReply): void => state.replies.push([call.ticket, answer])
      const ok = state.attempt(() => reply(act(state, call, action, judgement, holder, now)))
      if (!ok) reply({ kind: 'refused', code: 'temporarily_unavailable' })
    },
  }
}

/** Request id first, then what the key may do and what has stopped it, then what closes the channel, then the voucher. */
function judge(state: State, call: Waiting, asked: bigint | undefined, now: number): Judgement {
  const { command, name, anonymous, proven } = call
  const { channelId, voucher, hold } = command
  const channel = state.channels.get(channelId)?.channel
  const isPublic = channel !== undefined && !proven && Ledger.isPublic(channel, voucher.max)
  const neutral = { asked: 0n, isPublic, corrected: false }
  const answer = known(state, command, isPublic || channel === undefined, now)
  if (answer !== undefined) return { ...neutral, verdict: 'final', answer }
  if (isLeased(command.requestId)) return { ...neutral, verdict: 'final', answer: elsewhere }
  if (channel === undefined) return { ...neutral, verdict: 'unknown' }
  const wanted = Sets.wanted(state, command.rules, command.providerId)
  if (wanted.length > 0) return { ...neutral, verdict: 'final', answer: { kind: 'rules', wanted } }
  // A public voucher does not learn how the key stands: to its caller it looks stale.
  const denied = Permit.refusal(state, command, now) ?? Guard.refusal(state, command.providerId, now)
  if (denied !== undefined) {
    return { ...neutral, verdict: 'final', answer: isPublic ? corrective(channel, true) : denied }
  }
  const refusal = closed(state, channel, now) ?? stopped(state, channel, now) ?? dust(state, channel, command, asked)
  if (refusal !== undefined) return { ...neutral, verdict: 'final', answer: refusal }
  const corrected = !anonymous && state.corrections.get(name) === true
  return {
    asked: Ledger.base(channel) + hold,
    isPublic,
    corrected,
    verdict: worth(state, channel, call, asked, now),
  }
}

/** What the voucher, and the deposit if there is one, is worth. A deposit is wanted only with a right voucher. */
function worth(
  state: State,
  channel: Ledger.Channel,
  { command, proven }: Waiting,
  asked: bigint | undefined,
  now: number,
): Turn.Verdict {
  const { voucher, hold, deposit } = command
  const verdict = Ledger.judge(channel, voucher.max, hold, asked)
  // What a session has accepted ahead of its charges, a claim may have shown to everybody.
  const isLeading = state.row(channel.channelId).openUntil <= now || voucher.max > channel.accepted
  if (verdict === 'stale' || !isLeading) return 'stale'
  const wanted = covers(channel, command) && Permit.mayUse(state, Ledger.funds(channel) - Ledger.base(channel))
  if (wanted && deposit !== undefined && deposit.amount >= state.settings.minDeposit) return 'deposit'
  if (verdict === 'right') return isOverdue(state, channel, now) ? 'reread' : 'right'
  const reread = deposit === undefined && (proven || !Ledger.isPublic(channel, voucher.max))
  return reread && mayReread(state, channel.channelId, now) ? 'reread' : 'stale'
}

/**
 * Whether the chain has to be looked at again before this channel is charged: its payer may have asked for a withdrawal.
 * Due at a quarter of the withdraw delay, with one caller in a while sent to look; at half of it nobody is served
 * unseen, so that what is earned can be claimed before the money leaves.
 */
function isOverdue(state: State, { channelId, config }: Ledger.Channel, now: number): boolean {
  const age = now - state.row(channelId).observedAt
  const quarter = config.withdrawDelay * 250
  return age >= 2 * quarter || (age >= quarter && mayReread(state, channelId, now))
}

/** A deposit that would do but is not worth its gas. */
function dust(
  state: State,
  channel: Ledger.Channel,
  command: Reserve,
  asked: bigint | undefined,
): { kind: 'refused'; code: ErrorCode } | undefined {
  const { voucher, hold, deposit } = command
  const dusty = deposit !== undefined && deposit.amount < state.settings.minDeposit && covers(channel, command)
  if (!dusty || Ledger.judge(channel, voucher.max, hold, asked) !== 'short') return undefined
  return { kind: 'refused', code: 'deposit_below_min_deposit' }
}

/** The voucher reaches beyond the known money, and the deposit brings what the hold misses. */
function covers(channel: Ledger.Channel, { voucher, hold, deposit }: Reserve): boolean {
  const funds = Ledger.funds(channel)
  return deposit !== undefined && voucher.max > funds && funds + deposit.amount >= Ledger.base(channel) + hold
}

/** The answer to a request id that is taken; undefined when it is free. A public voucher learns nothing of value. */
export function known(
  state: State,
  { requestId, digest }: Pick<Reserve, 'requestId' | 'digest'>,
  isPublic: boolean,
  now: number,
): Known | undefined {
  const request = requestId === undefined ? undefined : state.requests.get(requestId)
  if (request === undefined || (request.state !== 'in_flight' && request.expiresAt <= now)) return undefined
  if (request.digest !== digest) return { kind: 'refused', code: 'request_id_mismatch' }
  if (request.state === 'in_flight') return { kind: 'in_flight' }
  if (isPublic) return { kind: 'duplicate' }
  const receipt = request.receipt === undefined ? {} : { receipt: request.receipt }
  const kept = request.state === 'done' ? state.answers.get(request.reservationId) : undefined
  if (kept === undefined || kept.expiresAt <= now) return { kind: 'duplicate', ...receipt }
  return { kind: 'replay', answer: kept.answer, ...receipt }
}

/**
 * Whether an id is one of a request under a lease. Only the isolate that holds the lease takes those: taken here, what it
 * serves could not be told from a repeat.
 */
export function isLeased(requestId: string | undefined): boolean {
  return requestId !== undefined && Lease.parseRequestId(requestId) !== undefined
}

export const elsewhere = { kind: 'refused', code: 'lease_elsewhere' } as const

function act(
  state: State,
  call: Waiting,
  action: Turn.Action,
  judgement: Judgement,
  holder: Turn.Holder | undefined,
  now: number,
): ReserveReply {
  const { channelId, deposit } = call.command
  switch (action) {
    case 'serve':
      return serve(state, call.command, holder?.asked, now)
    case 'correct':
      if (!call.anonymous && !judgement.isPublic) noteCorrection(state, call.name)
      return corrective(state.row(channelId).channel, judgement.isPublic)
    case 'deposit': {
      const depositId = call.depositId ?? state.ports.id()
      state.deposits.set(depositId, { channelId, amount: deposit?.amount ?? 0n, status: 'wanted', at: now })
      return { kind: 'deposit', depositId }
    }
    case 'join': {
      const depositId = holder?.depositId
      const wanted = depositId === undefined ? undefined : state.deposits.get(depositId)
      if (depositId === undefined || wanted?.status !== 'wanted') {
        return corrective(state.row(channelId).channel, judgement.isPublic)
      }
      // Either of the two may be the one that is mined: until that is known, a look expects the larger.
      const amount = deposit?.amount ?? 0n
      if (amount > wanted.amount) state.deposits.set(depositId, { ...wanted, amount })
      return { kind: 'deposit', depositId }
    }
    case 'observe':
      state.observedAt.set(channelId, now)
      return { kind: 'unknown_channel' }
    case 'answer':
      return judgement.answer ?? { kind: 'refused', code: 'temporarily_unavailable' }
    case 'busy':
      return { kind: 'refused', code: 'channel_busy' }
  }
}

function serve(state: State, command: Reserve, asked: bigint | undefined, now: number): ReserveReply {
  const { channel } = state.row(command.channelId)
  const outcome = Ledger.reserve(channel, command.voucher, command.hold, asked)
  if (!('channel' in outcome)) throw new Error(`a right voucher was refused: ${outcome.refused}`)
  const { providerId, routeId, period, hold, origin } = command
  const admitted = Guard.admit(state, { channel, providerId, routeId, amount: hold, origin, at: now })
  if ('kind' in admitted) return admitted
  return {
    kind: 'granted',
    ...begin(state, command, outcome.channel, now, admitted.asked),
    channel: Ledger.view(outcome.channel),
    ...(period === undefined ? {} : { position: Counted.positionOf(state, routeId, period) }),
  }
}

/**
 * A reservation for a request that was let in; `next` is the channel with its hold, `asked` what Sentinel knows of it,
 * `epoch` that of its session, in which the hold may grow.
 */
export function begin(
  state: State,
  command: Begun,
  next: Ledger.Channel,
  now: number,
  asked: Asked | undefined,
  epoch?: number,
): { reservationId: string; keyVersion?: number } {
  const { channelId, hold, requestId, digest, providerId, routeId, rateVersion } = command
  const found = state.row(channelId)
  const row = { ...found, plan: Plan.governed(found.plan, command.settle), providerId }
  const reservationId = state.ports.id()
  const { period, ...permit } = Permit.begun(state, hold, now)
  const metered = command.period === undefined ? undefined : { period: command.period }
  const held = {
    channelId,
    hold,
    marked: 0n,
    requestId,
    providerId,
    routeId,
    rateVersion,
    period,
    epoch,
    metered,
    asked,
  }
  state.reservations.set(reservationId, { ...held, expiresAt: now + RESERVATION_MS })
  if (requestId !== undefined) {
    const taken = { digest, state: 'in_flight', reservationId, receipt: undefined } as const
    state.requests.set(requestId, { ...taken, expiresAt: now + REQUEST_TAKEN_MS })
  }
  state.put(row, next, now)
  return { reservationId, ...permit }
}

function noteCorrection(state: State, name: string): void {
  state.corrections.set(name, true)
  if (state.corrections.size <= CORRECTIONS_MAX) return
  for (const [oldest] of state.corrections.entries()) return state.corrections.delete(oldest)
}

/** Whether one who is served anyway is to have the chain looked at: due as in `isOverdue`, and no more than that. */
export function mayLook(state: State, { channelId, config }: Ledger.Channel, now: number): boolean {
  const isDue = now - state.row(channelId).observedAt >= config.withdrawDelay * 250 && mayReread(state, channelId, now)
  if (isDue) state.observedAt.set(channelId, now)
  return isDue
}

export function mayReread(state: State, channelId: Hex, now: number): boolean {
  return now - (state.observedAt.get(channelId) ?? Number.NEGATIVE_INFINITY) >= REREAD_MS
}

function setTurn(state: State, channelId: Hex, turn: Turn.Turn<Waiting>): void {
  if (turn.holder !== undefined || turn.parked.length > 0) state.turns.set(channelId, turn)
  else if (state.turns.get(channelId) !== undefined) state.turns.delete(channelId)
}
