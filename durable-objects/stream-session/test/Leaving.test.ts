/** What goes on for long by RPC: money that leaves meanwhile, and the id of a request that took days. */
import { evictDurableObject, runDurableObjectAlarm } from 'cloudflare:test'
import { afterEach, describe, expect, test, vi } from 'vitest'
import type { channelOf } from './fixtures.ts'
import { claimsOf, funded, granted, inside, later, pay, report, type Stub } from './object.ts'

afterEach(() => {
  vi.useRealTimers()
})

type Channel = ReturnType<typeof channelOf>

/** A session with room for 100 out of a deposit of 1,000. */
async function opened() {
  const { channel, stub } = await funded(1_000n)
  expect(await stub.openSession(channel.open(100n))).toMatchObject({ kind: 'opened' })
  return { channel, stub }
}

describe('money that is about to leave', () => {
  const time = (stub: Stub, reservationId: string, op: 'beat' | 'pause' | 'resume' | 'stop') =>
    report(stub, { kind: 'time', reservationId, op })
  const second = () => Math.floor(Date.now() / 1_000)
  /** What can make it leave, and what whoever leans on it is told. */
  const ways = [
    ['withdrawal_pending', () => ({ withdrawRequestedAt: second() })],
    ['session_key_stopped', () => ({ keyStoppedAt: second(), keyOver: false })],
  ] as const
  /** Everything that is earned was claimed in time: what leaves then is the payer's. */
  const kept = async (stub: Stub, channel: Channel, spent: bigint) => {
    await stub.acknowledge(1, [channel.claim(spent, 'confirmed')])
    await stub.acknowledge(1, [channel.observed(spent, { totalClaimed: spent })])
    const left = { spent, claimed: spent, settled: spent, lost: 0n, reserved: 0n }
    expect(await stub.view(1, channel.channelId)).toMatchObject(left)
  }

  test.each(ways)(
    'ends a rental that a voucher has paid in full (%s): its time is charged and claimed',
    async (code, seen) => {
      const { channel, stub } = await funded(700n)
      const { reservationId } = granted(await stub.reserve(channel.reserve(700n, 700n)))
      await time(stub, reservationId, 'resume')
      later(30_000)
      expect(await time(stub, reservationId, 'beat')).toMatchObject({ done: true, running: true })
      await report(stub, { kind: 'mark', reservationId, amount: 30n })
      await stub.acknowledge(1, [channel.observed(700n, seen())])
      later(30_000)
      const over = await time(stub, reservationId, 'beat')
      expect(over).toMatchObject({ done: false, running: false, refused: code })
      expect(over.times![0]![1] - over.times![0]![0], 'up to now it ran').toBeGreaterThanOrEqual(60_000)
      expect(await time(stub, reservationId, 'resume')).toMatchObject({ done: false, running: false, refused: code })
      await report(stub, { kind: 'post', reservationId, amount: 60n })
      await vi.waitUntil(() => claimsOf(channel.channelId).length === 1)
      expect(claimsOf(channel.channelId)[0]).toMatchObject({ reason: 'close', total: '60' })
      await kept(stub, channel, 60n)
    },
  )

  test.each(ways)('ends a rental that is paused, and lets none begin (%s)', async (code, seen) => {
    const { channel, stub } = await opened()
    const { reservationId } = await pay(stub, channel.pay(10n))
    const another = await pay(stub, channel.pay(10n))
    await time(stub, reservationId, 'resume')
    later(30_000)
    await time(stub, reservationId, 'pause')
    await stub.acknowledge(1, [channel.observed(1_000n, seen())])
    expect(await time(stub, reservationId, 'beat')).toMatchObject({ done: false, running: false, refused: code })
    const none = { done: false, running: false, times: [], refused: code }
    expect(await time(stub, another.reservationId, 'resume')).toMatchObject(none)
  })

  test.each(ways)(
    'ends what is kept alive by marks within 90 seconds (%s), whoever goes on marking',
    async (code, seen) => {
      const { channel, stub } = await funded(700n)
      const { reservationId } = granted(await stub.reserve(channel.reserve(500n, 500n)))
      await report(stub, { kind: 'mark', reservationId, amount: 100n })
      await stub.acknowledge(1, [channel.observed(700n, seen())])
      for (const amount of [200n, 300n]) {
        later(40_000)
        expect(await report(stub, { kind: 'mark', reservationId, amount })).toMatchObject({
          done: false,
          refused: code,
        })
      }
      later(11_000)
      await runDurableObjectAlarm(stub)
      expect(await stub.view(1, channel.channelId)).toMatchObject({ spent: 300n, reserved: 0n })
      await vi.waitUntil(() => claimsOf(channel.channelId).length === 1)
      expect(claimsOf(channel.channelId)[0]).toMatchObject({ reason: 'close', total: '300' })
      await kept(stub, channel, 300n)
    },
  )

  test('a payment that was authorised before is captured as ever, and claimed after the claim that is under way', async () => {
    const { channel, stub } = await funded(1_000n)
    const one = granted(await stub.reserve(channel.reserve(100n, 100n)))
    const two = granted(await stub.reserve(channel.reserve(400n, 300n)))
    await report(stub, { kind: 'post', reservationId: one.reservationId, amount: 100n })
    await stub.acknowledge(1, [channel.observed(1_000n, { withdrawRequestedAt: second() })])
    await vi.waitUntil(() => claimsOf(channel.channelId).length === 1)
    later(30_000)
    await report(stub, { kind: 'mark', reservationId: two.reservationId, amount: 150n })
    later(50_000)
    expect(await report(stub, { kind: 'post', reservationId: two.reservationId, amount: 250n })).toMatchObject({
      done: true,
    })
    await stub.acknowledge(1, [channel.claim(100n, 'confirmed')])
    const totals = () => claimsOf(channel.channelId).map(({ reason, total }) => `${reason} ${total}`)
    await vi.waitUntil(() => totals().includes('close 350'))
    expect(totals()[0]).toBe('close 100')
    await kept(stub, channel, 350n)
  })

  test('what has not begun may still come until its 90 seconds are over', async () => {
    const { channel, stub } = await opened()
    const { reservationId } = await pay(stub, channel.pay(10n))
    await stub.acknowledge(1, [channel.observed(1_000n, { withdrawRequestedAt: second() })])
    later(80_000)
    expect(await report(stub, { kind: 'mark', reservationId, amount: 0n })).toMatchObject({ done: true })
    later(10_000)
    await runDurableObjectAlarm(stub)
    expect(await report(stub, { kind: 'mark', reservationId, amount: 0n })).toEqual({ done: false })
    expect(await stub.view(1, channel.channelId)).toMatchObject({ spent: 0n, reserved: 0n })
  })

  test('a withdrawal that was taken back lets marks and clocks go on', async () => {
    const { channel, stub } = await funded(700n)
    const { reservationId } = granted(await stub.reserve(channel.reserve(100n, 100n)))
    const rented = granted(await stub.reserve(channel.reserve(200n, 100n)))
    await time(stub, rented.reservationId, 'resume')
    await stub.acknowledge(1, [channel.observed(700n, { withdrawRequestedAt: second() }), channel.observed(700n)])
    expect(await report(stub, { kind: 'mark', reservationId, amount: 5n })).toMatchObject({ done: true })
    expect(await time(stub, rented.reservationId, 'beat')).toMatchObject({ done: true, running: true })
  })

  test('that has left before anybody looked ends what goes on: no more is lost than what was delivered by then', async () => {
    const { channel, stub } = await funded(700n)
    const { reservationId } = granted(await stub.reserve(channel.reserve(400n, 400n)))
    const rented = granted(await stub.reserve(channel.reserve(700n, 300n)))
    await time(stub, rented.reservationId, 'resume')
    await stub.acknowledge(1, [channel.observed(650n)])
    later(30_000)
    const over = { done: false, refused: 'insufficient_funds' }
    expect(await time(stub, rented.reservationId, 'beat')).toMatchObject({ ...over, running: false })
    expect(await report(stub, { kind: 'mark', reservationId, amount: 50n })).toMatchObject(over)
    await report(stub, { kind: 'post', reservationId: rented.reservationId, amount: 30n })
    // What is held besides is covered again, and goes on.
    expect(await report(stub, { kind: 'mark', reservationId, amount: 60n })).toMatchObject({ done: true })
    await report(stub, { kind: 'post', reservationId, amount: 60n })
    expect(await stub.view(1, channel.channelId)).toMatchObject({ spent: 90n, lost: 0n, reserved: 0n })
  })

  test('a clock has the chain looked at, where nobody else calls', async () => {
    const { channel, stub } = await funded(700n)
    const { reservationId } = granted(await stub.reserve(channel.reserve(100n, 100n)))
    await time(stub, reservationId, 'resume')
    expect(await time(stub, reservationId, 'beat')).not.toHaveProperty('observe')
    await inside(stub, (_, { storage: { sql } }) => {
      // A quarter of the withdraw delay.
      sql.exec('UPDATE channel SET observed_at = ?', Date.now() - 21_600_000)
    })
    await evictDurableObject(stub)
    expect(await time(stub, reservationId, 'beat')).toMatchObject({ done: true, observe: channel.config })
    expect(await time(stub, reservationId, 'beat'), 'one in a while').not.toHaveProperty('observe')
    later(31_000)
    expect(await time(stub, reservationId, 'beat')).toMatchObject({ done: true, observe: channel.config })
    await stub.acknowledge(1, [channel.observed(700n)])
    later(31_000)
    expect(await time(stub, reservationId, 'beat')).not.toHaveProperty('observe')
  })

  test('a clock that has stopped gives its reservation no more time', async () => {
    const { channel, stub } = await funded(700n)
    const { reservationId } = granted(await stub.reserve(channel.reserve(100n, 100n)))
    await time(stub, reservationId, 'resume')
    await report(stub, { kind: 'mark', reservationId, amount: 7n })
    later(80_000)
    await stub.acknowledge(1, [channel.observed(700n, { withdrawRequestedAt: second() })])
    expect(await time(stub, reservationId, 'beat'), 'in time to be charged').toMatchObject({ done: false })
    later(89_000)
    expect(await time(stub, reservationId, 'stop')).toMatchObject({ done: true })
    later(1_000)
    expect(await time(stub, reservationId, 'stop')).toEqual({ done: false })
    expect(await stub.view(1, channel.channelId)).toMatchObject({ spent: 7n, reserved: 0n })
  })
})

test('the id of what went on for days is known for a day after its end, whatever is tidied up', async () => {
  const { channel, stub } = await funded(1_000n)
  const named = { requestId: 'rental-of-three-days' }
  // Each try is signed anew.
  let max = 800n
  const reserve = () => stub.reserve(channel.reserve(++max, 100n, named))
  const { reservationId } = granted(await reserve())
  await report(stub, { kind: 'time', reservationId, op: 'resume' })
  later(3 * 86_400_000)
  // It was heard of all the time.
  await inside(stub, (_, { storage: { sql } }) => {
    sql.exec('UPDATE reservation SET expires_at = ? WHERE id = ?', Date.now() + 1_000, reservationId)
  })
  await evictDurableObject(stub)
  await stub.acknowledge(1, [channel.observed(1_000n)])
  expect(await reserve()).toEqual({ kind: 'in_flight' })
  await report(stub, { kind: 'post', reservationId, amount: 90n, receipt: 'receipt' })
  for (const hours of [1, 22]) {
    later(hours * 3_600_000)
    await runDurableObjectAlarm(stub)
    await evictDurableObject(stub)
    await stub.acknowledge(1, [channel.observed(1_000n)])
    expect(await reserve()).toEqual({ kind: 'duplicate', receipt: 'receipt' })
    expect(await stub.outcome(1, reservationId, named.requestId)).toEqual({ kind: 'charged', receipt: 'receipt' })
  }
  expect(await stub.view(1, channel.channelId)).toMatchObject({ spent: 90n })
  later(3 * 3_600_000)
  await stub.acknowledge(1, [channel.observed(1_000n)])
  granted(await reserve())
})
