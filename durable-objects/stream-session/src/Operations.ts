/** What operators and the reconciliation ask of a session: how a channel stands, and to claim all of it now. */
import type { Hex } from '@pbstream/core/Hex'
import * as Ledger from '@pbstream/core/Ledger'
import type { ChannelStanding, CloseStep, DrainReply, TermsInForce } from '@pbstream/core/message/Operations'
import * as Leases from './Leases.ts'
import { snapshot } from './Messages.ts'
import * as Plan from './Plan.ts'
import type { State } from './State.ts'

/** Everything that is known of a channel, without its vouchers. */
export function standing(state: State, channelId: Hex, now: number): ChannelStanding | undefined {
  const row = state.channels.get(channelId)
  if (row === undefined) return undefined
  const { channel, plan } = row
  const wanted = [...state.deposits.entries()].filter(([, { status, channelId: of }]) => {
    return status === 'wanted' && of === channelId
  })
  const expiries = [...state.reservations.entries()].flatMap(([, held]) =>
    held.channelId === channelId ? [held.expiresAt] : [],
  )
  for (const [, lease] of state.leases.entries()) {
    if (lease.channelId === channelId) expiries.push(Leases.endsAt(lease))
  }
  return {
    snapshot: snapshot(channel),
    config: channel.config,
    withdrawRequestedAt: channel.withdrawRequestedAt,
    refundNonce: channel.refundNonce,
    refundInFlight: channel.refund !== undefined,
    attempt: plan.attempt,
    depositsWanted: wanted.reduce((sum, [, { amount }]) => sum + amount, 0n),
    ...(channel.refund === undefined ? {} : { refundSince: channel.refund.at }),
    ...unheard(channel, now),
    ...(channel.claiming === undefined ? {} : { claim: { total: channel.claiming.total, sends: plan.sends } }),
    ...(expiries.length === 0 ? {} : { nextExpiry: expiries.reduce((a, b) => Math.min(a, b)) }),
  }
}

function unheard(channel: Ledger.Channel, now: number): Pick<ChannelStanding, 'refundUnheard'> {
  const { refund } = channel
  if (refund === undefined || now < Plan.refundedBy(channel)) return {}
  const { refundId, amount, nonce } = refund
  return { refundUnheard: { refundId, amount, nonce } }
}

/** Starts a claim of everything, or hands the one in flight to the queue again. */
export function drain(state: State, channelId: Hex, now: number): DrainReply {
  const row = state.channels.get(channelId)
  if (row === undefined) return { kind: 'unknown_channel' }
  const { channel, plan } = row
  if (channel.claiming === undefined) {
    // A refund claims what is there by itself.
    if (channel.refund !== undefined) return { kind: 'refund_in_flight' }
    const outcome = Ledger.claimStart(channel, true)
    if (!('channel' in outcome)) return { kind: 'drained' }
    const started = Plan.started(plan, 'close', restOf(outcome.channel) > 0n, now)
    state.put({ ...row, plan: started }, outcome.channel, now)
  } else {
    state.channels.set(channelId, { ...row, plan: { ...plan, reason: 'close', dueAt: now } })
  }
  state.claim(channelId, now)
  const after = state.row(channelId).channel
  return { kind: 'sent', total: after.claiming?.total ?? 0n, rest: restOf(after) }
}

/** One step towards an empty channel, unless its terms are in force. Claims come with the refund where one is due. */
export function close(state: State, channelId: Hex, keep: TermsInForce, now: number): CloseStep {
  const row = state.channels.get(channelId)
  const session = state.session.get('session')
  if (row === undefined || session === undefined) return { kind: 'unknown_channel' }
  const { channel } = row
  const { config } = channel
  if (config.receiver === keep.receiver && config.withdrawDelay === keep.withdrawDelay) return { kind: 'kept' }
  if (channel.refund !== undefined) return { kind: 'waiting', why: 'refund' }
  const why = unfinished(state, channel)
  if (why === undefined) {
    const outcome = Ledger.closeStart(channel, { refundId: state.ports.id(), at: now })
    if ('channel' in outcome) {
      state.put(row, outcome.channel, now)
      return { kind: 'refund', session, config, order: outcome.order }
    }
  }
  // What is earned is claimed whatever else goes on.
  if (drain(state, channelId, now).kind === 'sent') return { kind: 'waiting', why: why ?? 'claim' }
  // With all of the earnings claimed, the rest of a withdrawal is the payer's alone to finish.
  return why === undefined || why === 'withdrawal' ? { kind: 'closed' } : { kind: 'waiting', why }
}

/** What keeps the rest of the money from going back now. */
function unfinished(state: State, channel: Ledger.Channel): Extract<CloseStep, { kind: 'waiting' }>['why'] | undefined {
  const { channelId } = channel
  if (channel.withdrawRequestedAt !== 0) return 'withdrawal'
  if (channel.reserved > 0n) return 'charges'
  const coming = [...state.deposits.entries()].some(([, deposit]) => deposit.channelId === channelId)
  return coming || channel.provisional > 0n ? 'deposit' : undefined
}

/** What can be claimed beyond the claim in flight. */
function restOf(channel: Ledger.Channel): bigint {
  const rest = Ledger.claimable(channel) - (channel.claiming?.total ?? channel.claimed)
  return rest > 0n ? rest : 0n
}
