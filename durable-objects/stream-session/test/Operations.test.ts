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

const keep = { receiver: `0x${'99'.repeat(20)}`, withdrawDelay: 900 } as const

test('a channel whose terms are gone is refunded whole in one step, with the claim of what is charged', async () => {
  const { channel, stub } = await charged(7n)
  const step = await stub.close(1, channel.channelId, keep)
  expect(step).toMatchObject({
    kind: 'refund',
    session: channel.session,
    config: channel.config,
    order: { amount: 993n, claim: { total: 7n, max: 7n } },
  })
  expect(await stub.close(1, channel.channelId, keep)).toEqual({ kind: 'waiting', why: 'refund' })
  expect(await stub.reserve(channel.reserve(8n, 1n))).toMatchObject({ kind: 'refused', code: 'channel_closing' })
  if (step.kind !== 'refund') throw new Error('no refund')
  const { refundId, amount, nonce } = step.order
  const done = { kind: 'refund', channelId: channel.channelId, refundId, amount, nonce, claimed: 7n } as const
  await stub.acknowledge(1, [{ ...done, status: 'mined' }, channel.claim(7n, 'confirmed')])
  expect(await stub.close(1, channel.channelId, keep)).toEqual({ kind: 'closed' })
  expect(await stub.view(1, channel.channelId)).toMatchObject({ spent: 7n, settled: 7n, returned: 993n })
})

test('a refund that failed is asked for again', async () => {
  const { channel, stub } = await charged(7n)
  const step = await stub.close(1, channel.channelId, keep)
  if (step.kind !== 'refund') throw new Error('no refund')
  const { refundId, amount, nonce } = step.order
  const { channelId } = channel
  await stub.acknowledge(1, [{ kind: 'refund', channelId, refundId, amount, nonce, claimed: 7n, status: 'failed' }])
  expect(await stub.close(1, channelId, keep)).toMatchObject({ kind: 'refund', order: { amount: 993n } })
})

test('a channel whose terms are in force stays, whatever else changed', async () => {
  const { channel, stub } = await charged(7n)
  const { receiver, withdrawDelay } = channel.config
  expect(await stub.close(1, channel.channelId, { receiver, withdrawDelay })).toEqual({ kind: 'kept' })
  const another = { receiver, withdrawDelay: withdrawDelay + 1 }
  expect(await stub.close(1, channel.channelId, another)).toMatchObject({ kind: 'refund' })
})

test('what is being served ends first: its money is not given back under it', async () => {
  const { channel, stub, claims } = await charged(7n)
  const reply = (await stub.reserve(channel.reserve(12n, 5n))) as Extract<ReserveReply, { kind: 'granted' }>
  expect(await stub.close(1, channel.channelId, keep)).toEqual({ kind: 'waiting', why: 'charges' })
  expect(await claims(1)).toMatchObject([{ total: '7', reason: 'close' }])
  await stub.report(1, [{ kind: 'post', reservationId: reply.reservationId, amount: 5n }])
  expect(await stub.close(1, channel.channelId, keep)).toMatchObject({ kind: 'refund', order: { amount: 988n } })
})

test('a payer who withdraws gets the money by that; what is charged is claimed', async () => {
  const { channel, stub } = await charged(7n)
  await stub.acknowledge(1, [channel.observed(1_000n, { withdrawRequestedAt: 5 })])
  expect(await stub.close(1, channel.channelId, keep)).toEqual({ kind: 'waiting', why: 'withdrawal' })
  await stub.acknowledge(1, [channel.claim(7n, 'confirmed')])
  expect(await stub.close(1, channel.channelId, keep)).toEqual({ kind: 'closed' })
})

test('close of a channel that nobody knows', async () => {
  const { stub } = await charged(7n)
  expect(await stub.close(1, channelOf(1).channelId, keep)).toEqual({ kind: 'unknown_channel' })
})

test('the provider says when its channels are claimed, and may say otherwise later', async () => {
  const { channel, stub, claims } = await charged(7n)
  const pay = async (max: bigint, settle: { amount?: bigint; ageMs?: number } | undefined) => {
    const command = { ...channel.reserve(max, 1n), ...(settle === undefined ? {} : { settle }) }
    const reply = (await stub.reserve(command)) as Extract<ReserveReply, { kind: 'granted' }>
    await stub.report(1, [{ kind: 'post', reservationId: reply.reservationId, amount: 1n }])
  }
  await pay(8n, { amount: 10n })
  expect((await stub.standing(1, channel.channelId))?.claim).toBeUndefined()
  await pay(9n, undefined)
  await pay(10n, undefined)
  expect((await stub.standing(1, channel.channelId))?.claim).toBeUndefined()
  await pay(11n, { amount: 10n })
  expect(await claims(1)).toMatchObject([{ reason: 'amount', total: '11' }])
})
