/** A claim on its way from the queue: its row, the messages that asked for it, and how they end. */
import type { ChannelConfig } from '@pbstream/core/ChannelConfig'
import type { Address } from '@pbstream/core/Hex'
import type { SessionRef } from '@pbstream/core/message/Session'
import type * as Batch from './Batch.ts'
import type { Deps } from './Deps.ts'

export type QueueMessage = Pick<Message, 'body' | 'attempts' | 'ack' | 'retry'>

/** A row and the messages that asked for it or for less of the same channel. */
export type Work = {
  row: Batch.Row
  messages: QueueMessage[]
  /** What is recorded of it at depth k; known once the chain was asked. */
  claimed?: bigint
}

export function refOf(
  { chainId }: { chainId: number },
  { address: contract }: { address: Address },
  { payer, payerAuthorizer }: ChannelConfig,
): SessionRef {
  return { chainId, contract, payer, payerAuthorizer }
}

/** Reports to the session; the message stays in the queue until the session has taken the report. */
export async function tell(
  deps: Deps,
  work: Work,
  status: 'confirmed' | 'failed' | 'deferred',
  waitMs?: number,
): Promise<void> {
  const { session, channelId, total } = work.row
  const wait = waitMs === undefined ? {} : { waitMs }
  try {
    const settled = status === 'confirmed'
    await deps.acknowledge(session, [{ kind: 'claim', channelId, total, status, settled, ...wait }])
    ack(work)
  } catch (error) {
    deps.log('ack_delayed', { channelId, message: error instanceof Error ? error.message : 'unknown' })
    retry(work)
  }
}

export function ack(work: Work): void {
  for (const message of work.messages) message.ack()
}

export function retry(work: Work, delaySeconds?: number): void {
  for (const message of work.messages) {
    message.retry({ delaySeconds: delaySeconds ?? Math.min(10 * 2 ** message.attempts, 900) })
  }
}
