/** The Worker from outside: its bindings, its queue, and what its neighbours have recorded. */
import { createExecutionContext, createMessageBatch, getQueueResult } from 'cloudflare:test'
import { env, exports } from 'cloudflare:workers'
import type { TransactionEvent } from '@pbstream/core/message/Event'
import type { KeyRelayApi } from '@pbstream/core/message/KeyRelay'
import type { ChannelStanding, DrainReply, OperationsApi } from '@pbstream/core/message/Operations'
import type { ChainEvent } from '@pbstream/core/message/Session'
import type { SettlementApi } from '@pbstream/core/message/Settlement'
import { laneName, type NonceLaneApi } from '@pbstream/nonce-lane/Order'
import { vi } from 'vitest'
import type { Env } from '../../src/Env.ts'
import { chainId, client, facilitatorGas, gas } from './chain.ts'
import worker, { events } from './host.ts'

export const bindings = env as unknown as Env
type Recorder = {
  taken(): Promise<ChainEvent[]>
  refuse(times: number): Promise<void>
  say(words: { standing?: ChannelStanding; drain?: DrainReply }): Promise<void>
  drained(): Promise<string[]>
}

/** The entrypoint that the gateway calls. */
export const settlement = (exports as unknown as { Settlement: SettlementApi }).Settlement

/** The entrypoint that control calls. */
export const operations = (exports as unknown as { Operations: OperationsApi }).Operations

/** The entrypoint for session keys. */
export const keyRelay = (exports as unknown as { KeyRelay: KeyRelayApi }).KeyRelay

export function session(name: string): Recorder {
  return bindings.STREAM_SESSION.getByName(name) as unknown as Recorder
}

export function laneStub(signer = gas.address) {
  return bindings.NONCE_LANE.getByName(laneName(chainId, signer))
}

export function lane(signer = gas.address): NonceLaneApi {
  return laneStub(signer) as unknown as NonceLaneApi
}

export const facilitatorLane = () => lane(facilitatorGas.address)

/** Hands messages to the consumer; the numbers are the positions of those acknowledged and retried. */
export async function deliver(bodies: unknown[], over: { queue?: string; attempts?: number } = {}) {
  const batch = createMessageBatch(
    over.queue ?? 'pbstream-claims',
    bodies.map((body, i) => ({ id: String(i), timestamp: new Date(), attempts: over.attempts ?? 1, body })),
  )
  const context = createExecutionContext()
  await worker.queue(batch, bindings)
  const result = await getQueueResult(batch, context)
  return {
    acked: result.explicitAcks.map(Number).sort((a, b) => a - b),
    retried: result.retryMessages.map(({ msgId }) => Number(msgId)).sort((a, b) => a - b),
  }
}

/** What a session was told about a channel, once there is so much of it. */
export async function told(name: string, channelId: string, count = 1): Promise<ChainEvent[]> {
  return until(async () => {
    const taken = (await session(name).taken()).filter((event) => event.channelId === channelId)
    return taken.length >= count ? taken : undefined
  })
}

/** The last that a session hears of a channel's item: that it is confirmed or has failed. */
export async function lastTold(name: string, channelId: string): Promise<ChainEvent> {
  return until(async () => {
    const last = (await session(name).taken()).findLast((event) => event.channelId === channelId)
    return last !== undefined && 'status' in last && last.status !== 'mined' ? last : undefined
  })
}

/** Waits until something is there. */
export async function until<T>(find: () => Promise<T | undefined>): Promise<T> {
  let found: T | undefined
  await vi.waitUntil(async () => (found = await find()) !== undefined, { timeout: 10_000, interval: 20 })
  return found as T
}

/** Blocks for transactions to become final in. */
export async function mine(blocks = 1): Promise<void> {
  await client.mine({ blocks })
}

export function transactionEvents(itemId: string): TransactionEvent[] {
  return events.flatMap((event) => (event.kind === 'transaction' && event.itemId === itemId ? [event] : []))
}

export { events }
