/** What became of a refund that its session has not heard of for long. */
import type { Hex } from '@pbstream/core/Hex'
import type { ChannelStanding } from '@pbstream/core/message/Operations'
import type { ChainEvent } from '@pbstream/core/message/Session'

/**
 * What the session is told of it. Once its nonce is used on chain, the look itself says how much went back, by whatever
 * transaction. Nothing while it may still be mined: silence is no failure.
 *
 * @param seen `over`: it will never be mined by us (`Refund.isOver`); `nonce`: the channel's on chain, read after that
 */
export function fateOf(
  channelId: Hex,
  refund: NonNullable<ChannelStanding['refundUnheard']>,
  seen: { over: boolean; nonce: bigint },
): ChainEvent[] {
  const status = seen.nonce > refund.nonce ? 'overtaken' : seen.over ? 'failed' : undefined
  return status === undefined ? [] : [{ kind: 'refund', channelId, ...refund, claimed: 0n, status }]
}
