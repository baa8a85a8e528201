/** What a StreamSession puts on the queues. Amounts are decimal strings and cumulative: repeats change nothing. */
import type { Channel } from '@pbstream/core/Ledger'
import type { ChannelSnapshot, IncidentEvent, JournalRow, SessionEvent, UsageTotal } from '@pbstream/core/message/Event'
import type { SentinelNews } from '@pbstream/core/message/Sentinel'
import type { SessionRef } from '@pbstream/core/message/Session'
import type { ClaimMessage } from '@pbstream/core/message/Settlement'
import type { Plan } from './Plan.ts'

/** The claim that the channel has in flight. Sent again, it is the same message. */
export function claimMessage(session: SessionRef, channel: Channel, plan: Plan): ClaimMessage {
  const { claiming, channelId, config } = channel
  if (claiming === undefined) throw new Error('no claim is in flight')
  return {
    v: 1,
    kind: 'claim',
    session,
    channelId,
    config,
    max: String(claiming.max),
    signature: claiming.signature,
    total: String(claiming.total),
    reason: plan.reason,
    attempt: plan.attempt,
  }
}

/** Journal rows, at most 100, and the numbers as they are now of the channels and counts that they belong to. */
export function sessionEvent(
  session: SessionRef,
  rows: JournalRow[],
  channels: ChannelSnapshot[],
  usage: UsageTotal[] = [],
  sentinel?: SentinelNews,
): SessionEvent {
  const counted = usage.length === 0 ? {} : { usage }
  const told = sentinel === undefined ? {} : { sentinel }
  return { v: 1, kind: 'session', session, channels, rows, ...counted, ...told }
}

/**
 * Says of a journal row that earned money was lost; undefined for other rows. Named by channel and row, so that it is
 * one incident however often it is sent.
 */
export function lossOf(session: SessionRef, row: JournalRow): IncidentEvent | undefined {
  if (row.credit !== 'lost') return undefined
  const { channelId, amount, why, seq, at } = row
  const { chainId, contract } = session
  const detail = { chainId: String(chainId), contract, channelId, amount, why: why ?? 'uncovered' }
  return { v: 1, kind: 'incident', id: `money_lost:${chainId}:${channelId}:${seq}`, what: 'money_lost', detail, at }
}

export function snapshot(channel: Channel): ChannelSnapshot {
  return {
    channelId: channel.channelId,
    receiver: channel.config.receiver,
    token: channel.config.token,
    provisional: String(channel.provisional),
    deposited: String(channel.deposited),
    returned: String(channel.returned),
    accepted: String(channel.accepted),
    spent: String(channel.spent),
    claimed: String(channel.claimed),
    settled: String(channel.settled),
    lost: String(channel.lost),
    revision: channel.revision,
  }
}
