/** What operators and the reconciliation ask, over RPC. */
import type { ClaimMessage } from '@pbstream/core/message/Settlement'
import type { SessionOperationsApi } from '@pbstream/core/message/Operations'
import { type ReserveReply, sessionName, type StreamSessionApi } from '@pbstream/core/message/Session'
import { env } from 'cloudflare:workers'
import { expect, test, vi } from 'vitest'
import { channelOf } from './fixtures.ts'
import { received } from './host.ts'

const namespace = (env as unknown as { STREAM_SESSION: DurableObjectNamespace }).STREAM_SESSION
let payers = 70_000

async function charged(amount: bigint) {
  const channel = channelOf(++payers)
  const stub = namespace.getByName(sessionName(channel.session)) as unknown as StreamSessionApi & SessionOperationsApi
  await stub.reserve(channel.reserve(1n, 1n))
  await stub.acknowledge(1, [channel.observed(1_000n)])
  const reply = (await stub.reserve(channel.reserve(amount, amount))) as Extract<ReserveReply, { kind: 'granted' }>
  await stub.report(1, [{ kind: 'post', reservationId: reply.reservationId, amount }])
  const claims = async (count: number): Promise<ClaimMessage[]> => {
    const mine = () => received.claims.filter(({ channelId }) => channelId === channel.channelId)
    await vi.waitUntil(() => mine().length >= count, { timeout: 10_000, interval: 20 })
    return mine()
  }
  return { channel, stub, claims }
}

test('draining claims everything at once, below every threshold', async () => {
  const { channel, stub, claims } = await charged(7n)
  expect(await stub.drain(1, channel.channelId)).toEqual({ kind: 'sent', total: 7n, rest: 0n })
  expect(await claims(1)).toMatchObject([{ total: '7', reason: 'close', attempt: 0 }])
})

test('draining again sends the same claim again, and is over when it is confirmed', async () => {
  const { channel, stub, claims } = await charged(7n)
  await stub.drain(1, channel.channelId)
  expect(await stub.drain(1, channel.channelId)).toEqual({ kind: 'sent', total: 7n, rest: 0n })
  const [first, second] = await claims(2)
  expect(second).toEqual(first)
  await stub.acknowledge(1, [channel.claim(7n, 'confirmed')])
  expect(await stub.drain(1, channel.channelId)).toEqual({ kind: 'drained' })
  expect(await stub.view(1, channel.channelId)).toMatchObject({ claimed: 7n, settled: 7n })
})

test('a claim that has failed and waits for its next try goes now, and says how often it failed', async () => {
  const { channel, stub, claims } = await charged(7n)
  await stub.drain(1, channel.channelId)
  await stub.acknowledge(1, [channel.claim(7n, 'failed')])
  expect((await stub.standing(1, channel.channelId))?.attempt).toBe(1)
  expect(await stub.drain(1, channel.channelId)).toEqual({ kind: 'sent', total: 7n, rest: 0n })
  expect((await claims(2)).map(({ attempt }) => attempt)).toEqual([0, 1])
})

test('a channel that nobody knows, and one that is being refunded, are left alone', async () => {
  const { channel, stub } = await charged(7n)
  expect(await stub.drain(1, channelOf(1).channelId)).toEqual({ kind: 'unknown_channel' })
  expect(await stub.refund(channel.refund(7n))).toMatchObject({ kind: 'granted' })
  expect(await stub.drain(1, channel.channelId)).toEqual({ kind: 'refund_in_flight' })
  expect(await stub.standing(1, channel.channelId)).toMatchObject({ refundInFlight: true })
})

test('how a channel stands: its numbers and what is under way, and no voucher', async () => {
  const { channel, stub } = await charged(7n)
  const before = Date.now()
  await stub.reserve(channel.reserve(12n, 5n))
  await stub.drain(1, channel.channelId)
  const standing = await stub.standing(1, channel.channelId)
  expect(standing).toMatchObject({
    snapshot: { channelId: channel.channelId, spent: '7', accepted: '12', deposited: '1000', settled: '0' },
    config: channel.config,
    claim: { total: 7n, sends: 1 },
    attempt: 0,
    depositsWanted: 0n,
    refundInFlight: false,
  })
  expect(standing?.nextExpiry).toBeGreaterThanOrEqual(before + 90_000)
  const text = JSON.stringify(standing, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value))
  expect(text).not.toContain(channel.signature(7n))
  expect(await stub.standing(1, channelOf(1).channelId)).toBeUndefined()
})
