/** Edge leases by RPC: what is granted, what their isolates report, and what ends them. */
import type { Lease, LeaseCharge, LeaseReport, LeaseWish, SessionReply } from '@pbstream/core/message/PaidSession'
import type { Policy } from '@pbstream/core/Policy'
import { requestId } from '@pbstream/core/session/Lease'
import { evictDurableObject, runDurableObjectAlarm } from 'cloudflare:test'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { type channelOf, digestOf } from './fixtures.ts'
import { funded, inside, later, type Stub } from './object.ts'

afterEach(() => {
  vi.useRealTimers()
})

type Channel = ReturnType<typeof channelOf>
const DAY = 86_400
const wish = (over: Partial<LeaseWish> = {}): LeaseWish => ({ isolate: 'isolate', perSecond: 5, price: 2n, ...over })
const charge = (n: number, amount: bigint): LeaseCharge => ({ n, digest: digestOf(n), amount, receipt: `receipt ${n}` })
const journal = (stub: Stub) =>
  inside(stub, (_, { storage: { sql } }) =>
    sql
      .exec<{ kind: string; reservation_id: string; amount: string; usage: string | null }>(
        "SELECT * FROM journal WHERE kind = 'charge'",
      )
      .toArray(),
  )

const policyFor = ({ config }: Channel, over: Partial<Policy> = {}): Policy => {
  const second = Math.floor(Date.now() / 1_000)
  return {
    version: 1,
    status: 'active',
    token: config.token,
    payees: [config.receiver],
    spendCap: 1_000_000n,
    periodAmount: 0n,
    periodDuration: 0,
    perPaymentMax: 0n,
    start: second - 10,
    expiry: second + DAY,
    routes: null,
    ...over,
  }
}

/** A session with 1,000 to spend, under a policy if there is to be one. */
async function opened(policy?: Partial<Policy>) {
  const { channel, stub } = await funded(1_000n)
  if (policy !== undefined) await stub.setPolicy(1, channel.session, policyFor(channel, policy))
  expect(await stub.openSession(channel.open(1_000n))).toMatchObject({ kind: 'opened' })
  return { channel, stub }
}

/** The lease that a request of 2 units brings; undefined: none. */
async function leaseOf(stub: Stub, channel: Channel, asked: LeaseWish = wish(), epoch = 1): Promise<Lease | undefined> {
  const reply: SessionReply = await stub.pay(channel.pay(2n, { lease: asked, epoch }))
  if (reply.kind !== 'granted') throw new Error(`not granted: ${reply.kind}`)
  await stub.report(1, [{ kind: 'void', reservationId: reply.reservationId, freesId: true }])
  return reply.lease
}

async function leased(policy?: Partial<Policy>, asked: LeaseWish = wish()) {
  const { channel, stub } = await opened(policy)
  const lease = await leaseOf(stub, channel, asked)
  if (lease === undefined) throw new Error('no lease')
  const report = async (charges: LeaseCharge[], over: Partial<LeaseReport> = {}) => {
    const [reply] = await stub.leased(1, [{ leaseId: lease.id, charges, final: false, ...over }])
    return reply!
  }
  return { channel, stub, lease, report }
}

describe('a lease', () => {
  test('is a slice for two seconds of what the isolate has seen, reserved in the same commit', async () => {
    const { channel, stub } = await opened({ version: 4 })
    const before = Date.now()
    const reply = await stub.pay(channel.pay(2n, { lease: wish() }))
    if (reply.kind !== 'granted' || reply.lease === undefined) throw new Error('no lease')
    expect(reply).toMatchObject({
      accepted: 1_000n,
      room: 958n,
      lease: { amount: 40n, count: 20, perRequestMax: 2n, keyVersion: 4 },
    })
    expect(reply.lease.id).toMatch(/^ls_/)
    expect(reply.lease.expiresAt).toBeGreaterThanOrEqual(before + 5_000)
    expect(reply.lease.expiresAt).toBeLessThanOrEqual(Date.now() + 5_000)
    expect(await stub.view(1, channel.channelId)).toMatchObject({ reserved: 42n })
    await evictDurableObject(stub)
    expect(await stub.view(1, channel.channelId), 'after a restart').toMatchObject({ reserved: 42n })
    expect((await stub.policy(1))?.usage).toMatchObject({ reserved: 42n })
  })

  test('takes a quarter of the room at the most, and there is none for less than four requests', async () => {
    const { channel, stub } = await opened()
    expect(await leaseOf(stub, channel, wish({ perSecond: 1e6, price: 10n }))).toMatchObject({
      count: 24,
      amount: 240n,
    })
    expect(await leaseOf(stub, channel, wish({ perSecond: 1e6, price: 47n }))).toMatchObject({ count: 4 })
    expect(await leaseOf(stub, channel, wish({ isolate: 'b', perSecond: 1e6, price: 47n }))).toBeUndefined()
    expect(await leaseOf(stub, channel, wish({ isolate: 'b', perSecond: 0.75 })), 'four seconds of it').toBeUndefined()
    expect(await leaseOf(stub, channel, wish({ isolate: 'b', perSecond: 0 }))).toBeUndefined()
  })

  test('is for one isolate and route, two at once; another isolate gets its own', async () => {
    const { channel, stub } = await opened()
    const [first, second] = [await leaseOf(stub, channel), await leaseOf(stub, channel)]
    expect(first!.id).not.toBe(second!.id)
    expect(await leaseOf(stub, channel)).toBeUndefined()
    expect(await leaseOf(stub, channel, wish({ isolate: 'other' }))).toMatchObject({ count: 20 })
  })

  test('several isolates cannot be given more than there is, together', async () => {
    const { channel, stub } = await opened()
    const asks = Array.from({ length: 50 }, (_, i) =>
      stub.pay(channel.pay(1n, { lease: wish({ isolate: `isolate ${i}`, perSecond: 25, price: 1n }) })),
    )
    const replies = await Promise.all(asks)
    const amounts = replies.map((reply) => (reply.kind === 'granted' ? 1n + (reply.lease?.amount ?? 0n) : 0n))
    const held = amounts.reduce((sum, amount) => sum + amount)
    expect(replies.map(({ kind }) => kind)).toContain('short')
    expect(await stub.view(1, channel.channelId)).toMatchObject({ reserved: held })
    expect(held).toBeLessThanOrEqual(1_000n)
  })

  test('is left out where its group cannot be written', async () => {
    const { channel, stub } = await opened()
    await inside(stub, async (object, { storage }) => {
      vi.spyOn(storage, 'transactionSync').mockImplementationOnce(() => {
        throw new Error('disk full')
      })
      const reply = await object.pay(channel.pay(2n, { lease: wish() }))
      expect(reply).toEqual({ kind: 'refused', code: 'temporarily_unavailable' })
    })
    expect(await stub.view(1, channel.channelId)).toMatchObject({ reserved: 0n })
  })
})

describe('limits of the key', () => {
  const none = async (policy: Partial<Policy>, asked = wish()) => {
    const { channel, stub } = await opened(policy)
    expect(await leaseOf(stub, channel, asked)).toBeUndefined()
  }

  test('a lease takes a quarter at the most of what the cap leaves, after all that is held and leased', async () => {
    const { channel, stub } = await opened({ spendCap: 102n })
    expect(await leaseOf(stub, channel, wish({ perSecond: 1e6 }))).toMatchObject({ count: 12, amount: 24n })
    // 102 − 24 − 2 for the request that asks: a quarter of 76 is 19.
    expect(await leaseOf(stub, channel, wish({ perSecond: 1e6 }))).toMatchObject({ count: 9, amount: 18n })
    expect(await stub.pay(channel.pay(61n))).toMatchObject({ code: 'session_key_spend_cap', facts: { left: 60n } })
  })

  test('the same in its window, and none that could reach into the next one', async () => {
    const second = Math.floor(Date.now() / 1_000)
    const { channel, stub } = await opened({ periodAmount: 82n, periodDuration: 3_600, start: second - 60 })
    expect(await leaseOf(stub, channel, wish({ perSecond: 1e6 }))).toMatchObject({ count: 10 })
    expect((await stub.policy(1))?.usage).toMatchObject({ periodSpent: 20n })
    await none({ periodAmount: 82n, periodDuration: 3_600, start: second - 3_597 })
  })

  test('none for requests that cost more than one payment may', async () => {
    await none({ perPaymentMax: 2n }, wish({ price: 3n }))
  })

  test('none that would outlive the key; a shorter one just before', async () => {
    const second = Math.floor(Date.now() / 1_000)
    vi.useFakeTimers({ toFake: ['Date'] })
    vi.setSystemTime(second * 1_000 + 500)
    await none({ expiry: second + 1 })
    const { lease } = await leased({ expiry: second + 4 })
    expect(lease.expiresAt).toBe((second + 4) * 1_000)
  })

  test('what is charged under a lease counts, and the rest can be spent again', async () => {
    const { channel, stub, report } = await leased({ spendCap: 300n, periodAmount: 200n, periodDuration: 3_600 })
    await report([charge(1, 2n), charge(2, 1n)])
    expect((await stub.policy(1))?.usage).toMatchObject({ spent: 3n, reserved: 37n, periodSpent: 40n })
    await report([], { final: true })
    expect((await stub.policy(1))?.usage).toMatchObject({ spent: 3n, reserved: 0n, periodSpent: 3n })
    expect(await stub.pay(channel.pay(197n))).toMatchObject({ kind: 'granted' })
  })

  test('a charge that is reported in the next window counts in its own', async () => {
    const second = Math.floor(Date.now() / 1_000)
    const { stub, report } = await leased({ periodAmount: 200n, periodDuration: 20, start: second - 10 })
    later(11_000)
    expect(await report([charge(1, 2n)], { final: true })).toMatchObject({ taken: 1 })
    expect((await stub.policy(1))?.usage).toMatchObject({ spent: 2n, periodSpent: 0n })
  })
})

describe('reports', () => {
  test('charge each request once, with a journal row and an id of its own', async () => {
    const { channel, stub, lease, report } = await leased()
    expect(await report([charge(1, 2n), charge(3, 1n)])).toMatchObject({
      kind: 'open',
      taken: 2,
      room: 960n,
      accepted: 1_000n,
    })
    expect(await report([charge(3, 1n), charge(1, 2n), charge(2, 0n)]), 'again, and reordered').toMatchObject({
      taken: 3,
    })
    expect(await report([charge(1, 2n)], { final: true })).toMatchObject({ kind: 'ended', taken: 1, room: 997n })
    expect(await report([charge(1, 2n), charge(4, 2n)]), 'after the end').toEqual({ kind: 'ended', taken: 1 })
    expect(await stub.view(1, channel.channelId)).toMatchObject({ spent: 3n, reserved: 0n })
    const rows = await journal(stub)
    expect(rows.map(({ reservation_id: id, amount }) => [id, amount])).toEqual([
      [`${lease.id}.1`, '2'],
      [`${lease.id}.3`, '1'],
    ])
  })

  test('say what was used, of what cost nothing too', async () => {
    const { stub, report } = await leased()
    const usage = { output_token: '5' }
    const charges = [{ ...charge(1, 2n), usage }, charge(2, 1n), { ...charge(3, 0n), usage }, charge(4, 0n)]
    expect(await report(charges, { final: true })).toMatchObject({ taken: 4 })
    expect((await journal(stub)).map(({ amount, usage: told }) => [amount, told])).toEqual([
      ['2', '{"output_token":"5"}'],
      ['1', null],
      ['0', '{"output_token":"5"}'],
    ])
    expect(await report([{ ...charge(5, 1n), usage: { x: 1 } as never }])).toEqual({ kind: 'ended', taken: 0 })
  })

  test('outlive the object, as the lease does', async () => {
    const { channel, stub, report } = await leased()
    await report([charge(1, 2n)])
    await evictDurableObject(stub)
    expect(await report([charge(1, 2n), charge(2, 2n)], { final: true })).toMatchObject({ kind: 'ended', taken: 2 })
    expect(await stub.view(1, channel.channelId)).toMatchObject({ spent: 4n, reserved: 0n })
  })

  test('that could not be written are rejected whole, and count when they come again', async () => {
    const { channel, stub, lease } = await leased()
    const said: LeaseReport = { leaseId: lease.id, charges: [charge(1, 2n)], final: true }
    await inside(stub, async (object, { storage }) => {
      vi.spyOn(storage, 'transactionSync').mockImplementationOnce(() => {
        throw new Error('disk full')
      })
      await expect(object.leased(1, [said])).rejects.toThrow('disk full')
    })
    expect(await stub.view(1, channel.channelId)).toMatchObject({ spent: 0n, reserved: 40n })
    expect(await stub.leased(1, [said, said])).toMatchObject([{ taken: 1 }, { taken: 1 }])
    expect(await stub.view(1, channel.channelId)).toMatchObject({ spent: 2n, reserved: 0n })
  })

  test('pass none of the limits of the lease: not its count, not a request’s maximum, not its amount', async () => {
    const { channel, stub, report } = await leased(undefined, wish({ perSecond: 1 }))
    expect(await report([charge(5, 1n), charge(1, 3n)])).toMatchObject({ taken: 0 })
    expect(await report([1, 2, 3, 4].map((n) => charge(n, 2n)))).toMatchObject({ taken: 4 })
    expect(await stub.view(1, channel.channelId)).toMatchObject({ spent: 8n, reserved: 0n })
  })

  test('travel with the next request, and are written first', async () => {
    const { channel, stub, lease } = await leased()
    const reply = await stub.pay(channel.pay(998n), [], [{ leaseId: lease.id, charges: [charge(1, 2n)], final: true }])
    expect(reply).toMatchObject({ kind: 'granted', room: 0n })
    expect(await stub.view(1, channel.channelId)).toMatchObject({ spent: 2n, reserved: 998n })
  })

  test('of a lost isolate never come: the rest is free half a minute after the end, and what comes later changes nothing', async () => {
    const { channel, stub, lease, report } = await leased()
    await report([charge(1, 2n)])
    later(lease.expiresAt + 29_000 - Date.now())
    await runDurableObjectAlarm(stub)
    expect(await stub.view(1, channel.channelId)).toMatchObject({ spent: 2n, reserved: 38n })
    expect(await report([charge(2, 2n)]), 'late, but in time').toMatchObject({ kind: 'ended', taken: 1 })
    later(1_001)
    expect(await runDurableObjectAlarm(stub)).toBe(true)
    expect(await stub.view(1, channel.channelId)).toMatchObject({ spent: 4n, reserved: 0n })
    expect(await report([charge(3, 2n), charge(1, 2n)])).toEqual({ kind: 'ended', taken: 1 })
    expect(await stub.view(1, channel.channelId)).toMatchObject({ spent: 4n, reserved: 0n })
  })

  test('that come too late before the alarm does change nothing either', async () => {
    const { channel, stub, lease, report } = await leased()
    later(lease.expiresAt + 30_000 - Date.now())
    expect(await report([charge(1, 2n)])).toEqual({ kind: 'ended', taken: 0 })
    expect(await stub.view(1, channel.channelId)).toMatchObject({ spent: 0n, reserved: 0n })
  })

  test('may ask for the next lease; once it is over, they get none', async () => {
    const { channel, stub, lease, report } = await leased()
    const { lease: next } = await report([charge(1, 2n)], { wish: wish({ isolate: 'not asked', perSecond: 25 }) })
    expect(next).toMatchObject({ count: 100, perRequestMax: 2n })
    expect(next!.id).not.toBe(lease.id)
    const [reply] = await stub.leased(1, [{ leaseId: next!.id, charges: [charge(1, 2n)], final: true, wish: wish() }])
    expect(reply).toMatchObject({ kind: 'ended', taken: 1 })
    expect(reply).not.toHaveProperty('lease')
    await stub.acknowledge(1, [channel.observed(1_000n, { withdrawRequestedAt: 5 })])
    expect(await report([], { wish: wish() }), 'a channel that is closing').not.toHaveProperty('lease')
  })

  test('keep what is still being served: a reservation that ends as any other', async () => {
    const { channel, stub, lease, report } = await leased()
    const kept = [
      { n: 2, digest: digestOf(2), hold: 2n },
      { n: 3, digest: digestOf(3), hold: 2n },
    ]
    const last = { kept, final: true }
    expect(await report([charge(1, 2n)], last)).toMatchObject({ kind: 'ended', taken: 3 })
    expect(await report([charge(1, 2n)], last), 'again').toMatchObject({ kind: 'ended', taken: 3 })
    expect(await stub.view(1, channel.channelId)).toMatchObject({ spent: 2n, reserved: 4n })
    const [second, third] = kept.map(({ n }) => requestId({ id: lease.id, n }))
    const ask = (id: string) => stub.receipt({ ...channel.ask(), requestId: id })
    expect(await ask(second!)).toEqual({ kind: 'in_flight' })
    await stub.report(1, [
      { kind: 'post', reservationId: second!, amount: 1n, receipt: 'later' },
      { kind: 'void', reservationId: third!, freesId: true },
    ])
    expect([await ask(second!), await ask(third!)]).toEqual([{ kind: 'done', receipt: 'later' }, { kind: 'unknown' }])
    expect(await stub.view(1, channel.channelId)).toMatchObject({ spent: 3n, reserved: 0n })
  })
})

describe('ids of requests under a lease', () => {
  test('are in flight until they are reported or the lease is over; a strict repeat is a duplicate', async () => {
    const { channel, stub, lease, report } = await leased()
    const id = (n: number): string => requestId({ id: lease.id, n })
    const ask = (n: number) => stub.receipt({ ...channel.ask(), requestId: id(n) })
    expect(await ask(1)).toEqual({ kind: 'in_flight' })
    await report([charge(1, 2n)])
    expect(await ask(1)).toEqual({ kind: 'done', receipt: 'receipt 1' })
    const repeat = channel.pay(2n, { requestId: id(1), digest: digestOf(1) })
    expect(await stub.pay(repeat)).toEqual({ kind: 'duplicate', receipt: 'receipt 1' })
    await report([], { final: true })
    expect(await ask(2)).toEqual({ kind: 'unknown' })
  })

  test('are taken by no other way, so that nobody can have what an isolate serves counted as a repeat', async () => {
    const { channel, stub, lease, report } = await leased()
    const elsewhere = { kind: 'refused', code: 'lease_elsewhere' }
    const id = requestId({ id: lease.id, n: 1 })
    expect(await stub.pay(channel.pay(1n, { requestId: id }))).toEqual(elsewhere)
    expect(await stub.reserve(channel.reserve(1_001n, 1n, { requestId: id }))).toEqual(elsewhere)
    expect(await report([charge(1, 2n)])).toMatchObject({ taken: 1 })
    expect(await stub.view(1, channel.channelId)).toMatchObject({ spent: 2n })
  })
})

describe('what ends leases', () => {
  test('a freeze: nothing is granted after it, what began before is charged, and it is complete with the last lease', async () => {
    const { channel, stub, lease, report } = await leased({})
    const frozen = policyFor(channel, { version: 2, status: 'frozen' })
    const { expiresAt } = lease
    expect(await stub.setPolicy(1, channel.session, frozen)).toMatchObject({
      status: 'freezing',
      leasedUntil: expiresAt,
    })
    expect(await stub.setPolicy(1, channel.session, frozen), 'again').toMatchObject({ status: 'freezing' })
    const reply = await stub.pay(channel.pay(2n, { lease: wish() }))
    expect(reply).toMatchObject({ kind: 'refused', code: 'session_key_frozen' })
    const said = await report([charge(1, 2n)], { wish: wish() })
    expect(said).toMatchObject({ kind: 'ended', taken: 1 })
    expect(said).not.toHaveProperty('lease')
    expect(await stub.policy(1)).toMatchObject({ status: 'freezing', leasedUntil: expiresAt })
    await report([charge(2, 2n)], { final: true })
    expect(await stub.policy(1)).toMatchObject({ status: 'frozen', leasedUntil: 0, inFlight: 0 })
    expect(await stub.view(1, channel.channelId)).toMatchObject({ spent: 4n, reserved: 0n })
  })

  test('a freeze with a lost isolate: it is complete when the lease’s time is over', async () => {
    const { channel, stub, lease } = await leased({})
    await stub.setPolicy(1, channel.session, policyFor(channel, { version: 2, status: 'frozen' }))
    later(lease.expiresAt - 1 - Date.now())
    expect(await stub.policy(1)).toMatchObject({ status: 'freezing', leasedUntil: lease.expiresAt })
    vi.setSystemTime(lease.expiresAt)
    expect(await stub.policy(1)).toMatchObject({ status: 'frozen', leasedUntil: 0 })
  })

  test('a revocation says how long leases are out, too', async () => {
    const { channel, stub, lease } = await leased({})
    const revoked = policyFor(channel, { version: 2, status: 'revoked' })
    const reply = await stub.setPolicy(1, channel.session, revoked)
    expect(reply).toMatchObject({ status: 'revoked', leasedUntil: lease.expiresAt })
  })

  test('another policy: the isolate hears of it with its next report, and the next lease keeps to the new limits', async () => {
    const { channel, stub, report } = await leased({})
    await stub.setPolicy(1, channel.session, policyFor(channel, { version: 2, spendCap: 82n }))
    const said = await report([charge(1, 2n)], { wish: wish() })
    expect(said).toMatchObject({ kind: 'ended', taken: 1 })
    expect(said).not.toHaveProperty('lease')
    await report([], { final: true })
    expect(await leaseOf(stub, channel), 'of 78').toMatchObject({ count: 9, keyVersion: 2 })
  })

  test('the end of the sessions: the isolate hears of it with its next report, and charges what it began', async () => {
    const { channel, stub, report } = await leased()
    await stub.endSessions(channel.ask())
    expect(await report([charge(1, 2n)], { wish: wish() })).toMatchObject({ kind: 'ended', taken: 1 })
    await stub.openSession(channel.open(1_000n))
    const next = await leaseOf(stub, channel, wish(), 2)
    expect(next, 'one of the new epoch').toMatchObject({ count: 20 })
  })

  test('a refund waits for leases, and then has all that is left', async () => {
    const { channel, stub, report } = await leased()
    const out = { kind: 'refused', code: 'session_leases_out' }
    expect(await stub.refund(channel.refund(40n))).toEqual(out)
    expect(await stub.refund(channel.refund(0n))).toEqual(out)
    await report([charge(1, 2n)], { final: true })
    expect(await stub.refund(channel.refund(2n))).toMatchObject({ kind: 'granted', refund: { amount: 998n } })
    expect(await stub.pay(channel.pay(1n, { lease: wish() }))).toMatchObject({ code: 'channel_closing' })
  })
})
