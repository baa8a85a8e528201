import type { ChainEvent } from '@pbstream/core/message/Session'
import { runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { claimsOf, funded, granted, later, lossesOf, publish } from './object.ts'

afterEach(() => {
  vi.useRealTimers()
})

describe('a channel that closes', () => {
  test('for a refund that nobody is heard of: after ten minutes what was earned is claimed beside it', async () => {
    const { channel, stub } = await funded(1_000n)
    const { reservationId } = granted(await stub.reserve(channel.reserve(5n, 5n)))
    await stub.report(1, [{ kind: 'post', reservationId, amount: 5n }])
    expect(await stub.refund(channel.refund(5n))).toMatchObject({ kind: 'granted' })
    later(599_000)
    await runDurableObjectAlarm(stub)
    expect(claimsOf(channel.channelId)).toHaveLength(0)
    later(3_600_001)
    expect(await runDurableObjectAlarm(stub), 'armed without anybody calling').toBe(true)
    later(2_001)
    await runDurableObjectAlarm(stub)
    await vi.waitUntil(() => claimsOf(channel.channelId).length === 1)
    expect(claimsOf(channel.channelId)[0]).toMatchObject({ reason: 'age', total: '5' })
    expect(await stub.reserve(channel.reserve(6n, 1n)), 'charges wait for a look').toMatchObject({
      kind: 'unknown_channel',
    })
  })

  test('for a refund that is under way for hours: no look opens it again, and what goes back was not spent', async () => {
    const { channel, stub } = await funded(1_000n)
    const { channelId } = channel
    const reply = await stub.refund(channel.refund(0n))
    if (reply.kind !== 'granted') throw new Error(reply.kind)
    const { refundId, amount, nonce } = reply.refund
    later(599_000)
    expect(await stub.reserve(channel.reserve(1_000n, 1_000n))).toEqual({ kind: 'refused', code: 'channel_closing' })
    expect((await stub.standing(1, channelId))?.refundUnheard, 'it is waited for').toBeUndefined()
    for (const wait of [1_001, 31_000, 3 * 3_600_000]) {
      later(wait)
      expect(await stub.reserve(channel.reserve(1_000n, 1_000n)), 'one is sent to look').toEqual({
        kind: 'unknown_channel',
      })
      expect((await stub.standing(1, channelId))?.refundUnheard).toEqual({ refundId, amount, nonce })
      // Settlement says nothing of the refund: its lane has it, and the chain has not seen it.
      await stub.acknowledge(1, [channel.observed(1_000n)])
      expect(await stub.reserve(channel.reserve(1_000n, 1_000n)), `${wait}`).toEqual({
        kind: 'refused',
        code: 'channel_closing',
      })
      expect(await stub.refund(channel.refund(0n))).toEqual({ kind: 'refused', code: 'channel_closing' })
    }
    await stub.acknowledge(1, [
      { kind: 'refund', channelId, refundId, amount, claimed: 0n, nonce, status: 'mined', block: 7 },
      channel.observed(0n, { refundNonce: 1n, block: 7 }),
    ])
    expect(await stub.view(1, channelId)).toMatchObject({ deposited: 1_000n, returned: 1_000n, spent: 0n, lost: 0n })
    expect((await stub.standing(1, channelId))?.refundUnheard).toBeUndefined()
  })

  test('for a refund that will never be: it is free again when settlement says so, and not for another refund’s end', async () => {
    const { channel, stub } = await funded(1_000n)
    const { channelId } = channel
    const reply = await stub.refund(channel.refund(0n))
    if (reply.kind !== 'granted') throw new Error(reply.kind)
    const { refundId, amount, nonce } = reply.refund
    const failed = (of: string) =>
      ({ kind: 'refund', channelId, refundId: of, amount, claimed: 0n, nonce, status: 'failed' }) as const
    later(600_001)
    await stub.acknowledge(1, [failed('another'), channel.observed(1_000n)])
    expect(await stub.reserve(channel.reserve(1n, 1n))).toEqual({ kind: 'refused', code: 'channel_closing' })
    await stub.acknowledge(1, [failed(refundId), channel.observed(1_000n)])
    granted(await stub.reserve(channel.reserve(1n, 1n)))
  })

  test('for a refund that something else came before: until a look shows what moved, and it counts as the day’s', async () => {
    const { channel, stub } = await funded(1_000n)
    const reply = await stub.refund(channel.refund(0n))
    if (reply.kind !== 'granted') throw new Error(reply.kind)
    const { refundId, amount, nonce } = reply.refund
    const { channelId } = channel
    const overtaken = { kind: 'refund', channelId, refundId, amount, claimed: 0n, nonce, status: 'overtaken' } as const
    await stub.acknowledge(1, [overtaken, overtaken])
    expect(await stub.view(1, channelId)).toMatchObject({ returned: 0n })
    later(31_000)
    expect(await stub.reserve(channel.reserve(1n, 1n))).toEqual({ kind: 'unknown_channel' })
    await stub.acknowledge(1, [channel.observed(600n, { refundNonce: 1n })])
    expect(await stub.view(1, channelId)).toMatchObject({ returned: 400n, deposited: 1_000n })
    granted(await stub.reserve(channel.reserve(1n, 1n)))
    expect(await stub.refund(channel.refund(1n))).toEqual({ kind: 'refused', code: 'refund_limit_reached' })
  })

  test('a claim that is under way for another reason, or has failed, goes in front when a withdrawal is pending', async () => {
    const { channel, stub } = await funded(100_000_000n)
    const { reservationId } = granted(await stub.reserve(channel.reserve(20_000_000n, 20_000_000n)))
    await stub.report(1, [{ kind: 'post', reservationId, amount: 20_000_000n }])
    later(2_001)
    await runDurableObjectAlarm(stub)
    await vi.waitUntil(() => claimsOf(channel.channelId).length === 1)
    await stub.acknowledge(1, [channel.observed(100_000_000n, { withdrawRequestedAt: 1_700_000_000 })])
    await vi.waitUntil(() => claimsOf(channel.channelId).length === 2)
    await stub.acknowledge(1, [channel.claim(20_000_000n, 'failed', false)])
    later(30_001)
    await runDurableObjectAlarm(stub)
    await vi.waitUntil(() => claimsOf(channel.channelId).length === 3)
    expect(claimsOf(channel.channelId).map(({ reason, attempt }) => `${reason} ${attempt}`)).toEqual([
      'amount 0',
      'close 0',
      'close 1',
    ])
  })

  test('a claim that is put off is no failure: it waits as long as it was told, or until the channel closes', async () => {
    const { channel, stub } = await funded(100_000_000n)
    const { reservationId } = granted(await stub.reserve(channel.reserve(20_000_000n, 20_000_000n)))
    await stub.report(1, [{ kind: 'post', reservationId, amount: 20_000_000n }])
    later(2_001)
    await runDurableObjectAlarm(stub)
    await vi.waitUntil(() => claimsOf(channel.channelId).length === 1)
    const putOff = { ...channel.claim(20_000_000n, 'deferred', false), waitMs: 300_000 } as ChainEvent
    await stub.acknowledge(1, [putOff])
    later(299_000)
    await runDurableObjectAlarm(stub)
    expect(claimsOf(channel.channelId)).toHaveLength(1)
    await stub.acknowledge(1, [channel.observed(100_000_000n, { withdrawRequestedAt: 1_700_000_000 })])
    await vi.waitUntil(() => claimsOf(channel.channelId).length === 2)
    expect(claimsOf(channel.channelId)[1]).toMatchObject({ reason: 'close', attempt: 0, total: '20000000' })
    await stub.acknowledge(1, [channel.observed(100_000_000n), putOff])
    later(300_001)
    await runDurableObjectAlarm(stub)
    later(2_001)
    await runDurableObjectAlarm(stub)
    await vi.waitUntil(() => claimsOf(channel.channelId).length === 3)
    expect(claimsOf(channel.channelId)[2]).toMatchObject({ attempt: 0, total: '20000000' })
  })

  test('a stopped session key: no new charge, and a claim of everything at once', async () => {
    const { channel, stub } = await funded(1_000n)
    const { reservationId } = granted(await stub.reserve(channel.reserve(1n, 1n)))
    await stub.report(1, [{ kind: 'post', reservationId, amount: 1n }])
    await stub.acknowledge(1, [channel.observed(1_000n, { keyStoppedAt: 1_700_000_000, keyOver: false })])
    await vi.waitUntil(() => claimsOf(channel.channelId).length === 1)
    expect(claimsOf(channel.channelId)[0]).toMatchObject({ reason: 'close', total: '1' })
    expect(await stub.reserve(channel.reserve(2n, 1n))).toEqual({ kind: 'refused', code: 'session_key_stopped' })
    const left = await stub.refund(channel.refund(1n))
    expect(left, 'the rest goes back to its owner').toMatchObject({ kind: 'granted', refund: { amount: 999n } })
  })

  test('a session key that expires while nobody calls: its channels close when the time has come', async () => {
    const { channel, stub } = await funded(1_000n)
    const keyStoppedAt = Math.floor(Date.now() / 1_000) + 600
    await stub.acknowledge(1, [channel.observed(1_000n, { keyStoppedAt, keyOver: false })])
    const { reservationId } = granted(await stub.reserve(channel.reserve(1n, 1n)))
    await stub.report(1, [{ kind: 'post', reservationId, amount: 1n }])
    await runDurableObjectAlarm(stub)
    expect(claimsOf(channel.channelId)).toHaveLength(0)
    const alarmAt = await runInDurableObject(stub, (_, { storage }) => storage.getAlarm())
    expect(alarmAt, 'it is armed for the expiry').toBeLessThanOrEqual(keyStoppedAt * 1_000)
    later(601_000)
    await runDurableObjectAlarm(stub)
    await vi.waitUntil(() => claimsOf(channel.channelId).length === 1)
    expect(claimsOf(channel.channelId)[0]).toMatchObject({ reason: 'close', total: '1' })
  })

  test('what the escrow refuses for good is lost: reported as an incident, not asked for again, claimed if it turns up', async () => {
    const { channel, stub } = await funded(1_000n)
    const { reservationId } = granted(await stub.reserve(channel.reserve(7n, 7n)))
    await stub.report(1, [{ kind: 'post', reservationId, amount: 7n }])
    await stub.acknowledge(1, [channel.observed(1_000n, { keyStoppedAt: 1_700_000_000, keyOver: true })])
    expect(await stub.view(1, channel.channelId)).toMatchObject({ spent: 7n, lost: 7n, settled: 0n })
    await publish(stub)
    await vi.waitUntil(() => lossesOf(channel.channelId).length > 0)
    expect(lossesOf(channel.channelId)).toMatchObject([
      { what: 'money_lost', detail: { amount: '7', why: 'key_stopped' } },
    ])
    later(4_000_000)
    await runDurableObjectAlarm(stub)
    expect(claimsOf(channel.channelId)).toHaveLength(0)
    const lifted = { keyStoppedAt: Math.floor(Date.now() / 1_000) + 86_400, keyOver: false }
    await stub.acknowledge(1, [channel.observed(1_000n, lifted)])
    later(3_600_001)
    await runDurableObjectAlarm(stub)
    await vi.waitUntil(() => claimsOf(channel.channelId).length === 1)
    await stub.acknowledge(1, [channel.claim(7n, 'confirmed')])
    expect(await stub.view(1, channel.channelId)).toMatchObject({ claimed: 7n, settled: 0n, lost: 7n })
  })

  test('a finalised withdrawal that took earned money is a loss with an incident', async () => {
    const { channel, stub } = await funded(100n)
    const { reservationId } = granted(await stub.reserve(channel.reserve(60n, 60n)))
    await stub.report(1, [{ kind: 'post', reservationId, amount: 60n }])
    await stub.acknowledge(1, [channel.observed(40n)])
    expect(await stub.view(1, channel.channelId)).toMatchObject({ returned: 60n, lost: 20n })
    await publish(stub)
    await vi.waitUntil(() => lossesOf(channel.channelId).length > 0)
    expect(lossesOf(channel.channelId)).toMatchObject([{ detail: { amount: '20', why: 'withdrawal' } }])
  })

  test('a pending withdrawal is answered by a claim of everything and by no more service', async () => {
    const { channel, stub } = await funded(1_000n)
    const { reservationId } = granted(await stub.reserve(channel.reserve(1n, 1n)))
    await stub.report(1, [{ kind: 'post', reservationId, amount: 1n }])
    await stub.acknowledge(1, [channel.observed(1_000n, { withdrawRequestedAt: 1_700_000_000 })])
    await vi.waitUntil(() => claimsOf(channel.channelId).length === 1)
    expect(claimsOf(channel.channelId)[0]).toMatchObject({ reason: 'close', total: '1' })
    expect(await stub.reserve(channel.reserve(2n, 1n))).toEqual({ kind: 'refused', code: 'withdrawal_pending' })
  })

  test('a withdrawal is noticed in time: the chain is looked at again at a quarter of the withdraw delay', async () => {
    const { channel, stub } = await funded(100n)
    granted(await stub.reserve(channel.reserve(1n, 1n)))
    later(6 * 3_600_000)
    expect(await stub.reserve(channel.reserve(2n, 1n))).toEqual({ kind: 'unknown_channel' })
    // One is sent to look; others go on for a while.
    granted(await stub.reserve(channel.reserve(2n, 1n)))
    await stub.acknowledge(1, [channel.observed(100n, { withdrawRequestedAt: 5 })])
    expect(await stub.reserve(channel.reserve(3n, 1n))).toEqual({ kind: 'refused', code: 'withdrawal_pending' })
  })

  test('when the chain cannot be looked at, nobody is served past half of the withdraw delay', async () => {
    const { channel, stub } = await funded(100n)
    later(12 * 3_600_000)
    for (let i = 0; i < 3; i++) expect(await stub.reserve(channel.reserve(1n, 1n))).toEqual({ kind: 'unknown_channel' })
    await stub.acknowledge(1, [channel.observed(100n)])
    granted(await stub.reserve(channel.reserve(1n, 1n)))
  })

  test('a channel that was emptied while nobody called is not served: the money is gone at the next look', async () => {
    const { channel, stub } = await funded(100n)
    later(3 * 86_400_000)
    expect(await stub.reserve(channel.reserve(1n, 1n))).toEqual({ kind: 'unknown_channel' })
    await stub.acknowledge(1, [channel.observed(0n)])
    expect(await stub.reserve(channel.reserve(1n, 1n))).toMatchObject({ kind: 'corrective' })
    expect(await stub.view(1, channel.channelId)).toMatchObject({ deposited: 100n, returned: 100n, reserved: 0n })
  })
})
