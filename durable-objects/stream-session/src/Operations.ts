/** What operators and the reconciliation ask of a session: how a channel stands, and to claim all of it now. */
import type { Hex } from '@pbstream/core/Hex'
import * as Ledger from '@pbstream/core/Ledger'
import type { ChannelStanding, DrainReply } from '@pbstream/core/message/Operations'
import { snapshot } from './Messages.ts'
import * as Plan from './Plan.ts'
import type { State } from './State.ts'

/** Everything that is known of a channel, without its vouchers. */
export function standing(state: State, channelId: Hex): ChannelStanding | undefined {
  const row = state.channels.get(channelId)
  if (row === undefined) return undefined
  const { channel, plan } = row
  const wanted = [...state.deposits.entries()].filter(([, { status, channelId: of }]) => {
    return status === 'wanted' && of === channelId
  })
  const expiries = [...state.reservations.entries()].flatMap(([, held]) =>
    held.channelId === channelId ? [held.expiresAt] : [],
  )
  return {
    snapshot: snapshot(channel),
    config: channel.config,
    withdrawRequestedAt: channel.withdrawRequestedAt,
    refundNonce: channel.refundNonce,
    refundInFlight: channel.refund !== undefined,
    attempt: plan.attempt,
    depositsWanted: wanted.reduce((sum, [, { amount }]) => sum + amount, 0n),
    ...(channel.refund === undefined ? {} : { refundSince: channel.refund.at }),
    ...(channel.claiming === undefined ? {} : { claim: { total: channel.claiming.total, sends: plan.sends } }),
    ...(expiries.length === 0 ? {} : { nextExpiry: expiries.reduce((a, b) => Math.min(a, b)) }),
  }
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

/** What can be claimed beyond the claim in flight. */
function restOf(channel: Ledger.Channel): bigint {
  const rest = Ledger.claimable(channel) - (channel.claiming?.total ?? channel.claimed)
  return rest > 0n ? rest : 0n
}
