import { type ReserveReply, sessionName, type SessionRef, type StreamSessionApi } from '@pbstream/core/message/Session'
import { evictDurableObject, runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { describe, expect, test } from 'vitest'
import type { StreamSession } from '../src/StreamSession.ts'
import { channelOf } from './fixtures.ts'

const namespace = (env as unknown as { STREAM_SESSION: DurableObjectNamespace }).STREAM_SESSION
const stubOf = (session: SessionRef) =>
  namespace.getByName(sessionName(session)) as unknown as DurableObjectStub & StreamSessionApi

/** A channel with money on which each of `charges` was paid, under a hold twice as large. */
async function charged(payer: number, charges: bigint[]) {
  const channel = channelOf(payer)
  const stub = stubOf(channel.session)
  await stub.acknowledge(1, [channel.observed(1_000n)])
  let spent = 0n
  for (const amount of charges) {
    const reply: ReserveReply = await stub.reserve(channel.reserve(spent + 2n * amount, 2n * amount))
    if (reply.kind !== 'granted') throw new Error(`not granted: ${reply.kind}`)
    await stub.report(1, [{ kind: 'post', reservationId: reply.reservationId, amount }])
    spent += amount
  }
  const owed = () => stub.vouchers(1, channel.config.receiver, [channel.channelId])
  return { channel, stub, owed }
}

describe('the vouchers of a receiver', () => {
  test('cover exactly what is charged and no more than they have to, also after an eviction', async () => {
    const { channel, stub, owed } = await charged(9_001, [10n, 10n, 10n])
    // Signed for 20, 30 and 40, charged 30: the second is enough.
    const expected = [
      {
        channelId: channel.channelId,
        config: channel.config,
        ...{ spent: 30n, claimed: 0n, settled: 0n, lost: 0n },
        voucher: { max: 30n, signature: channel.signature(30n) },
      },
    ]
    expect(await owed()).toEqual(expected)
    await evictDurableObject(stub)
    expect(await owed()).toEqual(expected)
  })

  test('are no more needed when all is claimed, and a settled channel owes nothing', async () => {
    const { channel, stub, owed } = await charged(9_002, [10n])
    await stub.acknowledge(1, [channel.claim(10n, 'confirmed', false)])
    expect(await owed()).toMatchObject([{ spent: 10n, claimed: 10n, settled: 0n }])
    expect((await owed())[0]).not.toHaveProperty('voucher')
    await stub.acknowledge(1, [channel.claim(10n, 'confirmed')])
    expect(await owed()).toEqual([])
  })

  test('are still there for what is lost, until it is claimed after all', async () => {
    const { channel, stub, owed } = await charged(9_006, [10n])
    await stub.acknowledge(1, [channel.observed(4n)])
    await stub.acknowledge(1, [channel.claim(4n, 'confirmed')])
    expect(await owed()).toMatchObject([{ spent: 10n, claimed: 4n, settled: 4n, lost: 6n, voucher: { max: 20n } }])
    await stub.acknowledge(1, [channel.observed(10n)])
    await stub.acknowledge(1, [channel.claim(10n, 'confirmed')])
    expect(await owed()).toEqual([])
  })

  test('are for nobody else, and of no other channel', async () => {
    const { channel, stub } = await charged(9_003, [10n])
    expect(await stub.vouchers(1, channel.config.payer, [channel.channelId])).toEqual([])
    expect(await stub.vouchers(1, channel.config.receiver, [channelOf(9_004).channelId])).toEqual([])
  })

  test('are refused to a caller that this version does not understand', async () => {
    const { channel, stub } = await charged(9_005, [10n])
    const ids = [channel.channelId]
    const { receiver } = channel.config
    const calls: unknown[][] = [
      [2, receiver, ids],
      [1, '0x12', ids],
      [1, receiver, ['0x12']],
      [1, receiver, 'all'],
      [1, receiver, Array(1_001).fill(ids[0])],
    ]
    // In the object itself: a rejection that crosses RPC is also reported by the runtime.
    await runInDurableObject(stub as unknown as DurableObjectStub<StreamSession>, async (object) => {
      for (const call of calls) {
        await expect(object.vouchers(...(call as Parameters<StreamSessionApi['vouchers']>))).rejects.toThrow('unknown')
      }
    })
  })
})
