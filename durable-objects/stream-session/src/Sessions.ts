/**
 * Session mode: one signed opening, then requests that hold money out of the room that the highest voucher leaves. No
 * turns: whoever asks has signed for the session, and parallel requests need no voucher of their own.
 */
import * as Ledger from '@pbstream/core/Ledger'
import type {
  ReceiptReply,
  SessionAsk,
  SessionOpen,
  SessionOpened,
  SessionRaise,
  SessionReply,
  SessionReserve,
  SessionsEnded,
} from '@pbstream/core/message/PaidSession'
import type { VerifiedVoucher } from '@pbstream/core/message/Session'
import { parseRequestId } from '@pbstream/core/session/Lease'
import * as Turn from '@pbstream/core/Turn'
import * as Admission from './Admission.ts'
import * as Counted from './Counted.ts'
import * as Leases from './Leases.ts'
import * as Permit from './Permit.ts'
import * as Plan from './Plan.ts'
import type { ChannelRow } from './Rows.ts'
import * as Guard from './sentinel/Guard.ts'
import * as Sets from './sentinel/Sets.ts'
import * as Stops from './sentinel/Stops.ts'
import type { State } from './State.ts'

const over = { kind: 'refused', code: 'session_ended' } as const
const unknown = { kind: 'unknown_channel' } as const
const used = { kind: 'refused', code: 'session_nonce_used' } as const

/** Opens a session, and uses its nonce up. Others that are open on the channel stay so. */
export function open(state: State, command: SessionOpen, now: number): SessionOpened {
  const { channelId, config, nonce, nonceExpiresAt, expiresAt, settle } = command
  // Once it has expired nobody remembers whether it was used.
  if (nonceExpiresAt <= now) return { kind: 'refused', code: 'session_nonce_invalid' }
  if (state.nonces.get(nonce) !== undefined) return used
  const found = state.channels.get(channelId)
  if (found === undefined) return unknown
  const denied = Permit.refusal(state, { config, hold: 0n }, now) ?? Guard.refusal(state, found.providerId, now)
  if (denied !== undefined) return denied
  const plan = settle === undefined ? found.plan : Plan.governed(found.plan, settle)
  const row = { ...found, plan, openUntil: Math.max(found.openUntil, expiresAt) }
  const reply = raised(state, row, command, now)
  if (reply.kind === 'opened') state.nonces.set(nonce, nonceExpiresAt)
  return reply
}

/** A higher voucher, perhaps with a deposit. */
export function raise(state: State, command: SessionRaise, now: number): SessionOpened {
  const row = state.channels.get(command.channelId)
  if (row === undefined) return unknown
  if (row.epoch !== command.epoch) return ended(state, row, now)
  const { config } = row.channel
  const denied = Permit.refusal(state, { config, hold: 0n }, now) ?? Guard.refusal(state, row.providerId, now)
  return denied ?? raised(state, row, command, now)
}

/**
 * A request for money: its id first, then what the key may do and what has stopped it, then what closes the channel, then
 * the room; and at last the rules are asked. Who is refused has raised nothing and holds nothing.
 */
export function pay(state: State, command: SessionReserve, now: number): SessionReply {
  const { channelId, providerId, routeId, hold, lease, origin } = command
  const row = state.channels.get(channelId)
  if (row === undefined) return unknown
  // First of all: who holds nothing but the key of a session that is over learns nothing.
  if (row.epoch !== command.epoch) return ended(state, row, now)
  const answer = Admission.known(state, command, false, now)
  if (answer !== undefined) return answer
  if (Admission.isLeased(command.requestId)) return Admission.elsewhere
  const { channel } = row
  const wanted = Sets.wanted(state, command.rules, providerId)
  if (wanted.length > 0) return { kind: 'rules', wanted }
  const refused =
    Permit.refusal(state, { config: channel.config, routeId, hold }, now) ??
    Guard.refusal(state, providerId, now) ??
    Admission.shut(state, channel, now)
  if (refused !== undefined) return refused
  const raisedTo = command.voucher === undefined ? channel : accepted(channel, command.voucher)
  const held = Ledger.hold(raisedTo, hold)
  if (!('channel' in held)) return short(state, row, raisedTo, hold, now)
  const admitted = Guard.admit(state, { channel, providerId, routeId, amount: hold, origin, at: now })
  if ('kind' in admitted) return admitted
  const begun = Admission.begin(state, command, held.channel, now, admitted.asked, row.epoch)
  const counted = command.period === undefined ? {} : { position: Counted.positionOf(state, routeId, command.period) }
  const leased = lease === undefined ? undefined : Leases.grant(state, { ...command, ...lease, origin }, now)
  const after = Leases.roomOf(state.row(channelId).channel)
  return { kind: 'granted', ...begun, ...counted, ...(leased === undefined ? {} : { lease: leased }), ...after }
}

/** Ends all sessions of the channel. Asked for in an epoch that is over, it changes nothing. */
export function endAll(state: State, { channelId, epoch }: SessionAsk): SessionsEnded {
  const row = state.channels.get(channelId)
  if (row === undefined) return unknown
  const after = row.epoch === epoch ? state.endSessions(channelId) : row
  return { kind: 'ended', epoch: after.epoch, ...Leases.roomOf(after.channel) }
}

/** What became of a request id. */
export function receipt(state: State, ask: SessionAsk & { requestId: string }, now: number): ReceiptReply {
  const { channelId, requestId, epoch } = ask
  if (state.channels.get(channelId)?.epoch !== epoch) return over
  const request = state.requests.get(requestId)
  if (request?.state === 'in_flight') return { kind: 'in_flight' }
  if (request !== undefined && request.expiresAt > now) {
    return { kind: 'done', ...(request.receipt === undefined ? {} : { receipt: request.receipt }) }
  }
  const named = parseRequestId(requestId)
  // Its isolate may still report it.
  const waits = named !== undefined && state.leases.get(named.id) !== undefined
  return { kind: waits ? 'in_flight' : 'unknown' }
}

/** The channel with a voucher that was asked for or brought along; `row` is as it is to be when it leaves room. */
function raised(
  state: State,
  row: ChannelRow,
  { voucher, deposit }: Pick<SessionRaise, 'voucher' | 'deposit'>,
  now: number,
): SessionOpened {
  const { channel, epoch } = row
  const { channelId } = channel
  const refused = Admission.shut(state, channel, now)
  if (refused !== undefined) return refused
  if (voucher.max <= Ledger.base(channel)) return corrective(channel)
  if (deposit !== undefined && voucher.max > Ledger.funds(channel)) {
    const reply = deposited(state, channel, deposit.amount, now)
    if (reply !== undefined) return reply
  }
  const next = accepted(channel, voucher)
  if (Ledger.room(next) <= 0n) {
    if (!Admission.mayReread(state, channelId, now)) return corrective(channel)
    // Its money may have come without us.
    state.observedAt.set(channelId, now)
    return unknown
  }
  state.put(row, next, now)
  const stop = Math.min(Stops.stopsAt(state, channelId), channel.keyStoppedAt === 0 ? Infinity : channel.keyStoppedAt)
  const keyVersion = Permit.version(state)
  return {
    kind: 'opened',
    epoch,
    ...(keyVersion === undefined ? {} : { keyVersion }),
    ...(stop === Infinity ? {} : { stopsAt: stop }),
    ...Leases.roomOf(next),
  }
}

/** Has a deposit submitted, or joins the one that is under way; undefined when it is of no use. */
function deposited(state: State, channel: Ledger.Channel, amount: bigint, now: number): SessionOpened | undefined {
  const { channelId } = channel
  if (!Permit.mayUse(state, Ledger.funds(channel) - Ledger.base(channel))) return undefined
  if (amount < state.settings.minDeposit) return { kind: 'refused', code: 'deposit_below_min_deposit' }
  for (const [depositId, wanted] of state.deposits.entries()) {
    const isUnderWay = wanted.status === 'wanted' && now < wanted.at + Turn.DEPOSIT_MS
    if (wanted.channelId !== channelId || !isUnderWay) continue
    // Either of the two may be the one that is mined: until that is known, a look expects the larger.
    const larger = amount > wanted.amount ? amount : wanted.amount
    if (larger !== wanted.amount) state.deposits.set(depositId, { ...wanted, amount: larger })
    return { kind: 'deposit', depositId }
  }
  const depositId = state.ports.id()
  state.deposits.set(depositId, { channelId, amount, status: 'wanted', at: now })
  return { kind: 'deposit', depositId }
}

/** The room is too small. What was raised stays; and where only money is missing, it may have come without us. */
function short(state: State, row: ChannelRow, next: Ledger.Channel, hold: bigint, now: number): SessionReply {
  const { channelId } = next
  if (next !== row.channel) state.put(row, next, now)
  const lacksMoney = Ledger.base(next) + hold <= next.accepted
  if (!lacksMoney || !Admission.mayReread(state, channelId, now)) return { kind: 'short', ...Leases.roomOf(next) }
  state.observedAt.set(channelId, now)
  return unknown
}

/** Where to start from. Only whoever has signed with the key gets here. */
function corrective(channel: Ledger.Channel): SessionOpened {
  const voucher = Ledger.highestVoucher(channel)
  return { kind: 'corrective', channel: Ledger.view(channel), ...(voucher === undefined ? {} : { voucher }) }
}

/** A key that was stopped says so to its sessions, which that has ended. */
export function ended(
  state: State,
  { channel, providerId }: ChannelRow,
  now: number,
): typeof over | NonNullable<ReturnType<typeof Permit.refusal | typeof Guard.refusal>> {
  const denied = Permit.refusal(state, { config: channel.config, hold: 0n }, now)
  if (denied?.code === 'session_key_frozen' || denied?.code === 'session_key_revoked') return denied
  const stopped = Guard.refusal(state, providerId, now)
  return stopped?.code === 'sentinel_frozen' ? stopped : over
}

function accepted(channel: Ledger.Channel, voucher: VerifiedVoucher): Ledger.Channel {
  const outcome = Ledger.accept(channel, voucher)
  if (!('channel' in outcome)) throw new Error(`a voucher for an open channel was refused: ${outcome.refused}`)
  return outcome.channel
}
