/** What settlement reports, and refunds. Reports are cumulative or keyed by id: repeats and late ones change nothing. */
import * as Ledger from '@pbstream/core/Ledger'
import type { ChainEvent, RefundReply, RefundRequest } from '@pbstream/core/message/Session'
import * as Admission from './Admission.ts'
import * as Leases from './Leases.ts'
import * as Permit from './Permit.ts'
import * as Plan from './Plan.ts'
import type { ChannelRow } from './Rows.ts'
import type { State } from './State.ts'

/** One sponsored refund per channel in so long. */
export const REFUND_EVERY_MS = 86_400_000
/** A deposit that was wanted and never reported is forgotten. */
export const DEPOSIT_LOST_MS = 86_400_000

type Event<K extends ChainEvent['kind']> = Extract<ChainEvent, { kind: K }>

/** Takes a report of settlement. Reports on deposits, refunds and channels that are not known change nothing. */
export function acknowledge(state: State, event: ChainEvent, now: number): void {
  if (event.kind === 'observed') return observed(state, event, now)
  const row = state.channels.get(event.channelId)
  if (row === undefined) return
  switch (event.kind) {
    case 'deposit':
      return deposited(state, row, event, now)
    case 'claim':
      return claimed(state, row, event, now)
    case 'refund':
      return refunded(state, row, event, now)
  }
}

/** A payer wants unspent money back. While settlement works on it the channel takes no new charges. */
export function refund(state: State, request: RefundRequest, now: number): RefundReply {
  const row = state.channels.get(request.channelId)
  if (row === undefined) return { kind: 'unknown_channel' }
  const closed = Admission.closed(state, row.channel, now)
  if (closed !== undefined) return closed
  if (row.refundedAt !== 0 && now < row.refundedAt + REFUND_EVERY_MS) {
    return { kind: 'refused', code: 'refund_limit_reached' }
  }
  // What is leased may still be charged, so nobody knows what is left.
  if (Leases.isOut(state, request.channelId)) return { kind: 'refused', code: 'session_leases_out' }
  const { voucher, amount } = request
  // Anybody can show a public voucher: with one, money only goes back whole, or a unit would use up the day's refund.
  if (amount !== undefined && Ledger.isPublic(row.channel, voucher.max)) {
    return { kind: 'refused', code: 'refund_amount_invalid' }
  }
  const outcome = Ledger.refundStart(row.channel, { refundId: state.ports.id(), voucher, amount, at: now })
  if ('channel' in outcome) {
    state.put(row, outcome.channel, now)
    return { kind: 'granted', refund: outcome.order }
  }
  if (outcome.refused === 'refund_no_balance' || outcome.refused === 'refund_amount_invalid') {
    return { kind: 'refused', code: outcome.refused }
  }
  return Admission.corrective(row.channel, Ledger.isPublic(row.channel, voucher.max))
}

/** Forgets deposits that were wanted and never heard of again: what the chain has is found by looking. */
export function forgetDeposits(state: State, now: number): void {
  for (const [id, deposit] of [...state.deposits.entries()]) {
    if (deposit.status === 'wanted' && deposit.at + DEPOSIT_LOST_MS <= now) state.deposits.delete(id)
  }
}

function observed(state: State, event: Event<'observed'>, now: number): void {
  const { channelId } = event
  state.observedAt.set(channelId, now)
  const row = state.channels.get(channelId)
  if (row === undefined) {
    const channel = Ledger.open(event)
    const fresh = { plan: Plan.fresh, refundedAt: 0, epoch: 1, openUntil: 0, providerId: undefined }
    state.channels.set(channelId, { ...fresh, channel, observedAt: now })
    Permit.opened(state, channel)
    // What was claimed before our time is not ours to journal: the journal opens with what is left.
    state.journal({ ...channel, deposited: channel.spent }, channel, now)
  } else {
    // A refund that a look does not show may be mined at any time: only a report ends it, however old it is.
    const next = Ledger.reconcile(row.channel, event, pending(state, event))
    state.put({ ...row, observedAt: now }, next, now)
    state.claim(channelId, now)
  }
  Admission.observed(state, channelId, now)
}

function deposited(state: State, row: ChannelRow, event: Event<'deposit'>, now: number): void {
  const { depositId, status, channelId } = event
  const deposit = state.deposits.get(depositId)
  if (deposit === undefined || deposit.channelId !== channelId) return
  const wasMined = deposit.status === 'mined'
  if (status === 'mined' && wasMined) return
  const amount = wasMined ? deposit.amount : event.amount
  if (status === 'mined') {
    state.deposits.set(depositId, { ...deposit, amount, status: 'mined' })
    state.put(row, Ledger.depositMined(row.channel, amount, event.block), now, transaction(event))
  } else {
    state.deposits.delete(depositId)
    if (status === 'confirmed') {
      state.put(
        row,
        Ledger.depositConfirmed(row.channel, amount, wasMined ? amount : 0n, event.block),
        now,
        transaction(event),
      )
    } else if (wasMined) {
      state.put(row, Ledger.depositReorged(row.channel, amount), now, transaction(event))
    }
  }
  state.claim(channelId, now)
  Admission.deposited(state, channelId, depositId, status === 'failed', now)
}

function claimed(state: State, row: ChannelRow, event: Event<'claim'>, now: number): void {
  const { channel, plan } = row
  if (event.status === 'confirmed') {
    const next = Ledger.claimConfirmed(channel, event.total, event.settled)
    if (next !== channel) state.put({ ...row, plan: ended(row, next) }, next, now, transaction(event))
  } else {
    const next = Ledger.claimFailed(channel, event.total)
    const waits = event.status === 'deferred' ? Plan.deferred(plan, now, event.waitMs ?? 0) : Plan.failed(plan, now)
    if (next !== channel) state.put({ ...row, plan: waits }, next, now)
  }
  state.claim(event.channelId, now)
}

function refunded(state: State, row: ChannelRow, event: Event<'refund'>, now: number): void {
  const { channel } = row
  if (event.status === 'failed') {
    const next = Ledger.refundFailed(channel, event.refundId)
    if (next !== channel) state.put(row, next, now)
  } else {
    const isDone = event.status === 'mined'
    const next = isDone ? Ledger.refundDone(channel, event) : Ledger.refundOvertaken(channel, event.refundId)
    if (next !== channel) state.put({ ...row, plan: ended(row, next), refundedAt: now }, next, now, transaction(event))
  }
  state.claim(event.channelId, now)
}

/** The plan after a report: a claim that is done takes its failed attempts with it. */
function ended(row: ChannelRow, next: Ledger.Channel): Plan.Plan {
  return row.channel.claiming !== undefined && next.claiming === undefined ? Plan.confirmed(row.plan) : row.plan
}

/** Money that deposits under way may still bring. */
function pending(state: State, { channelId }: Event<'observed'>): bigint {
  let amount = 0n
  for (const [, deposit] of state.deposits.entries()) {
    if (deposit.channelId === channelId && deposit.status === 'wanted') amount += deposit.amount
  }
  return amount
}

function transaction(event: Exclude<ChainEvent, { kind: 'observed' }>): {
  transaction?: NonNullable<typeof event.transaction>
} {
  return event.transaction === undefined ? {} : { transaction: event.transaction }
}
