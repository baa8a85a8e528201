/**
 * Consumer of the dead letters: what no retry could settle is recorded, alarmed, kept for an operator, and given back to
 * its session. A claim that was understood is kept without its voucher: the session has it, and a replay asks the session.
 */
import { keccak256 } from '@pbstream/core/Eip712'
import { fromBytes, type Hex } from '@pbstream/core/Hex'
import type { IncidentEvent } from '@pbstream/core/message/Event'
import {
  type DeadLetter,
  type DeadLettersApi,
  deadLettersName,
  type ReplayReply,
  type SessionOperationsApi,
} from '@pbstream/core/message/Operations'
import { claimMessage } from '@pbstream/core/message/Settlement'
import * as Batch from './Batch.ts'
import type { Deps } from './Deps.ts'
import type { Env } from './Env.ts'

export { DeadLetters } from '@pbstream/dead-letters/DeadLetters'

type QueueMessage = Pick<Message, 'id' | 'body' | 'attempts' | 'ack' | 'retry'>

/** What a letter of the kind `claim` holds. */
type Claim = { session: string; channelId: Hex; total: string }

/** Seconds. */
const DELAY = 30
const LONGEST_DELAY = 3_600
/** Letters that one look asks the sessions about. */
const LIST_MAX = 100

/**
 * A message leaves the queue when it is kept, the incident is recorded, and its session has taken the money back. Never
 * throws.
 */
export async function consume(deps: Deps, letters: DeadLettersApi, messages: readonly QueueMessage[]): Promise<void> {
  for (const message of messages) {
    const row = Batch.parse(message.body)
    const incident = describe(message, row, deps.now())
    deps.log(incident.what, { id: incident.id, ...incident.detail })
    try {
      await letters.put(1, letterOf(message, row, incident), bodyOf(message, row))
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

/** Has a session send its claim again, now. What this release does not understand either is kept. */
export async function replay(env: Env, id: string): Promise<ReplayReply> {
  const letters = lettersOf(env)
  const found = await letters.get(1, id)
  if (found === undefined) return { kind: 'not_found' }
  const claim = claimOf(found)
  if (claim === undefined) return { kind: 'kept', why: 'this release does not understand the message either' }
  const { session, channelId } = claim
  const reply = await sessionOf(env, session).drain(1, channelId)
  if (reply.kind === 'refund_in_flight') return { kind: 'kept', why: 'the channel is being refunded; try again' }
  if (reply.kind === 'unknown_channel') return { kind: 'kept', why: 'the session does not know the channel' }
  await letters.remove(1, id)
  const detail = { channelId, claim: reply.kind, ...(reply.kind === 'sent' ? { total: String(reply.total) } : {}) }
  return { kind: 'replayed', detail }
}

/** What waits for an operator. A claim that was settled since, or is lost, waits no longer. */
export async function list(
  env: Env,
  limit: number,
): Promise<{ letters: DeadLetter[]; depth: number; settled: string[] }> {
  const box = lettersOf(env)
  const { letters, depth } = await box.list(1, Math.min(limit, LIST_MAX))
  const settled: string[] = []
  for (const { id, kind } of letters) {
    const found = kind === 'claim' ? await box.get(1, id) : undefined
    const claim = found === undefined ? undefined : claimOf(found)
    if (claim === undefined || !(await isOver(env, claim))) continue
    await box.remove(1, id)
    settled.push(id)
  }
  return { letters: letters.filter(({ id }) => !settled.includes(id)), depth: depth - settled.length, settled }
}

export function lettersOf(env: Env): DeadLettersApi {
  return env.DEAD_LETTERS.getByName(deadLettersName) as unknown as DeadLettersApi
}

/** The StreamSession of that name, as operators may ask it. */
export function sessionOf(env: Env, name: string): SessionOperationsApi {
  return env.STREAM_SESSION.getByName(name) as unknown as SessionOperationsApi
}

async function isOver(env: Env, { session, channelId, total }: Claim): Promise<boolean> {
  const standing = await sessionOf(env, session).standing(1, channelId)
  if (standing === undefined) return false
  const { settled, lost } = standing.snapshot
  return BigInt(settled) + BigInt(lost) >= BigInt(total)
}

function claimOf({ letter, body }: { letter: DeadLetter; body: string }): Claim | undefined {
  const json: unknown = JSON.parse(body)
  if (letter.kind === 'claim') return json as Claim
  const row = Batch.parse(json)
  return row === undefined ? undefined : { ...row, total: String(row.total) }
}

function letterOf({ id }: QueueMessage, row: Batch.Row | undefined, { detail, at }: IncidentEvent): DeadLetter {
  return { id, kind: row === undefined ? 'unknown' : 'claim', detail, at }
}

function bodyOf({ body }: QueueMessage, row: Batch.Row | undefined): string {
  if (row === undefined) return json(body)
  const { session, channelId, total } = row
  return JSON.stringify({ session, channelId, total: String(total) } satisfies Claim)
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
    return JSON.stringify(body) ?? 'null'
  } catch {
    return 'null'
  }
}
