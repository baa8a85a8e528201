/** Consumer of the dead letters: what no retry could settle is recorded, alarmed, and given back to its session. */
import { claimMessage } from '@pbstream/core/message/Settlement'
import type { IncidentEvent } from '@pbstream/core/message/Event'
import { keccak256 } from '@pbstream/core/Eip712'
import { fromBytes } from '@pbstream/core/Hex'
import * as Batch from './Batch.ts'
import type { Deps } from './Deps.ts'

type QueueMessage = Pick<Message, 'id' | 'body' | 'attempts' | 'ack' | 'retry'>

/** Seconds. */
const DELAY = 30
const LONGEST_DELAY = 3_600

/** A message leaves the queue when the incident is recorded and its session has taken the money back. Never throws. */
export async function consume(deps: Deps, messages: readonly QueueMessage[]): Promise<void> {
  for (const message of messages) {
    const row = Batch.parse(message.body)
    const incident = describe(message, row, deps.now())
    deps.log(incident.what, { id: incident.id, ...incident.detail })
    try {
      await deps.publish([incident])
      if (row !== undefined) {
        const { session, channelId, total } = row
        await deps.acknowledge(session, [{ kind: 'claim', channelId, total, status: 'failed', settled: false }])
      }
      message.ack()
    } catch (error) {
      deps.log('dead_letter_delayed', { id: incident.id, message: error instanceof Error ? error.message : 'unknown' })
      message.retry({ delaySeconds: Math.min(DELAY * 2 ** message.attempts, LONGEST_DELAY) })
    }
  }
}

/** What happened, without voucher, signature or payer. The id is the message's: recording it twice is once. */
function describe(message: QueueMessage, row: Batch.Row | undefined, at: number): IncidentEvent {
  const base = { v: 1, kind: 'incident', id: `dead_letter:${message.id}`, at } as const
  if (row !== undefined) {
    const { chainId, contract, channelId, total, attempt, reason } = row
    const detail = {
      chainId: String(chainId),
      contract,
      channelId,
      total: String(total),
      attempt: String(attempt),
      reason,
    }
    return { ...base, what: 'claim_dead_letter', detail }
  }
  // The digest lets a person match it with what the sender logged; the body may hold anything.
  const digest = fromBytes(keccak256(new TextEncoder().encode(json(message.body))))
  const issue = claimMessage.safeParse(message.body).error?.issues[0]
  return { ...base, what: 'unknown_message', detail: { digest, issue: issue?.path.join('.') ?? 'content' } }
}

function json(body: unknown): string {
  try {
    return JSON.stringify(body) ?? ''
  } catch {
    return ''
  }
}
