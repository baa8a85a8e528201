import { evictDurableObject, runDurableObjectAlarm } from 'cloudflare:test'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { funded, granted, inside, later } from './object.ts'

afterEach(() => void vi.useRealTimers())

/** A reservation of 10 for a request id. */
async function reserved(requestId = 'order') {
  const { channel, stub } = await funded(1_000n)
  const { reservationId: id } = granted(await stub.reserve(channel.reserve(10n, 10n, { requestId })))
  return { channel, stub, id, outcome: () => stub.outcome(1, id, requestId) }
}

describe('the outcome of a reservation', () => {
  test('is open while it is held, and the receipt when it was charged, also after an eviction', async () => {
    const { stub, id, outcome } = await reserved()
    expect(await outcome()).toEqual({ kind: 'open' })
    await stub.report(1, [{ kind: 'post', reservationId: id, amount: 4n, receipt: 'a.b.c' }])
    expect(await outcome()).toEqual({ kind: 'charged', receipt: 'a.b.c' })
    await evictDurableObject(stub)
    expect(await outcome()).toEqual({ kind: 'charged', receipt: 'a.b.c' })
  })

  test.each([true, false])('is ended when it was voided (freesId %s)', async (freesId) => {
    const { stub, id, outcome } = await reserved()
    await stub.report(1, [{ kind: 'void', reservationId: id, freesId }])
    expect(await outcome()).toEqual({ kind: 'ended' })
  })

  test('is ended when it expired, whatever it was marked at', async () => {
    const { channel, stub, id, outcome } = await reserved()
    await stub.report(1, [{ kind: 'mark', reservationId: id, amount: 3n }])
    later(90_001)
    await runDurableObjectAlarm(stub)
    expect(await outcome()).toEqual({ kind: 'ended' })
    expect((await stub.view(1, channel.channelId))?.spent).toBe(3n)
  })

  test('is not that of a later reservation of the same id', async () => {
    const { channel, stub, id, outcome } = await reserved()
    await stub.report(1, [{ kind: 'void', reservationId: id, freesId: true }])
    const again = granted(await stub.reserve(channel.reserve(10n, 10n, { requestId: 'order' })))
    await stub.report(1, [{ kind: 'post', reservationId: again.reservationId, amount: 10n, receipt: 'x.y.z' }])
    expect(await outcome()).toEqual({ kind: 'ended' })
  })

  test('of what never was is ended', async () => {
    const { stub } = await reserved()
    expect(await stub.outcome(1, 'none', 'none')).toEqual({ kind: 'ended' })
    await inside(stub, (object) => expect(object.outcome(2 as 1, 'none', 'none')).rejects.toThrow('unknown version'))
  })
})
