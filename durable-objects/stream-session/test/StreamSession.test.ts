import type { ChainEvent, Reserve, ReserveReply } from '@pbstream/core/message/Session'
import { sessionEvent } from '@pbstream/core/message/Event'
import { claimMessage } from '@pbstream/core/message/Settlement'
import { evictDurableObject, runDurableObjectAlarm } from 'cloudflare:test'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { channelOf, digestOf } from './fixtures.ts'
import { received } from './host.ts'
import { claimsOf, downgrade, funded, granted, inside, later, nextPayer, publish, stubOf } from './object.ts'

const kinds = (replies: ReserveReply[]): Record<string, number> => {
  const counts: Record<string, number> = {}
  for (const { kind } of replies) counts[kind] = (counts[kind] ?? 0) + 1
  return counts
}
afterEach(() => {
  vi.useRealTimers()
})

describe('a charge', () => {
  test('goes from unknown channel to granted to posted, and its numbers are in the replies', async () => {
    const channel = channelOf(nextPayer())
    const stub = stubOf(channel.session)
    expect(await stub.reserve(channel.reserve(2n, 2n))).toEqual({ kind: 'unknown_channel' })
    await stub.acknowledge(1, [channel.observed(100n)])
    const reply = granted(await stub.reserve(channel.reserve(2n, 2n)))
    expect(reply.channel).toMatchObject({ channelId: channel.channelId, balance: 100n, chargedCumulative: 2n })
    const [done, again] = await stub.report(1, [
      { kind: 'post', reservationId: reply.reservationId, amount: 1n },
      { kind: 'post', reservationId: reply.reservationId, amount: 1n },
    ])
    expect(done).toMatchObject({ done: true, channel: { chargedCumulative: 1n } })
    expect(again).toEqual({ done: false })
    expect(await stub.view(1, channel.channelId)).toMatchObject({
      spent: 1n,
      reserved: 0n,
      accepted: 2n,
      deposited: 100n,
    })
  })

  test('is posted by a report that travels with the next reservation, before it is decided', async () => {
    const { channel, stub } = await funded(10n)
    const { reservationId } = granted(await stub.reserve(channel.reserve(4n, 4n)))
    const next = granted(
      await stub.reserve(channel.reserve(5n, 4n), [
        { kind: 'post', reservationId, amount: 1n },
        { kind: 'nonsense' } as never,
      ]),
    )
    expect(next.channel.chargedCumulative).toBe(5n)
    expect(await stub.view(1, channel.channelId)).toMatchObject({ spent: 1n, reserved: 4n })
  })

  test('never costs more than its hold', async () => {
    const { channel, stub } = await funded(100n)
    const { reservationId } = granted(await stub.reserve(channel.reserve(2n, 2n)))
    await stub.report(1, [{ kind: 'post', reservationId, amount: 50n }])
    expect(await stub.view(1, channel.channelId)).toMatchObject({ spent: 2n })
  })

  test('outlives the object: every acknowledged reservation and post is there after an eviction', async () => {
    const { channel, stub } = await funded(1_000n)
    const first = granted(await stub.reserve(channel.reserve(5n, 5n)))
    const second = granted(await stub.reserve(channel.reserve(12n, 7n)))
    await stub.report(1, [{ kind: 'post', reservationId: first.reservationId, amount: 4n }])
    const before = await stub.view(1, channel.channelId)
    await evictDurableObject(stub)
    expect(await stub.view(1, channel.channelId)).toEqual(before)
    expect(before).toMatchObject({ spent: 4n, reserved: 7n, accepted: 12n })
    const [done] = await stub.report(1, [{ kind: 'post', reservationId: second.reservationId, amount: 7n }])
    expect(done).toMatchObject({ done: true, channel: { chargedCumulative: 11n } })
  })

  test('whose gateway is gone expires by alarm: its last mark is charged, an unmarked one is not', async () => {
    const { channel, stub } = await funded(100n)
    const marked = granted(await stub.reserve(channel.reserve(9n, 9n)))
    granted(await stub.reserve(channel.reserve(20n, 11n)))
    await stub.report(1, [{ kind: 'mark', reservationId: marked.reservationId, amount: 3n }])
    later(60_000)
    await runDurableObjectAlarm(stub)
    expect(await stub.view(1, channel.channelId)).toMatchObject({ spent: 0n, reserved: 20n })
    later(40_000)
    expect(await runDurableObjectAlarm(stub)).toBe(true)
    expect(await stub.view(1, channel.channelId)).toMatchObject({ spent: 3n, reserved: 0n })
    expect(await stub.report(1, [{ kind: 'post', reservationId: marked.reservationId, amount: 9n }])).toEqual([
      { done: false },
    ])
  })
})

describe('races', () => {
  test('50 copies of one request id: one is served, and nobody is served after it', async () => {
    const { channel, stub } = await funded(1_000n)
    const command = channel.reserve(1n, 1n, { requestId: 'same' })
    const replies = await Promise.all(Array.from({ length: 50 }, () => stub.reserve(command)))
    expect(kinds(replies)).toEqual({ granted: 1, in_flight: 49 })
    const { reservationId } = granted(replies.find(({ kind }) => kind === 'granted')!)
    const answer = {
      status: 200,
      headers: [['content-type', 'text/plain']] as [string, string][],
      body: new Uint8Array([104, 105]),
    }
    await stub.report(1, [
      { kind: 'post', reservationId, amount: 1n, receipt: 'receipt' },
      { kind: 'answer', reservationId, answer },
    ])
    const again = await Promise.all(Array.from({ length: 10 }, () => stub.reserve(command)))
    for (const reply of again) expect(reply).toEqual({ kind: 'replay', answer, receipt: 'receipt' })
    await evictDurableObject(stub)
    expect(await stub.reserve(command)).toEqual({ kind: 'replay', answer, receipt: 'receipt' })
    later(700_000)
    expect(await stub.reserve(command)).toEqual({ kind: 'duplicate', receipt: 'receipt' })
    expect(await stub.reserve({ ...command, digest: digestOf(9) })).toEqual({
      kind: 'refused',
      code: 'request_id_mismatch',
    })
    expect(await stub.view(1, channel.channelId)).toMatchObject({ spent: 1n })
  })

  test('a definite failure of the upstream frees the id, an unknown outcome keeps it', async () => {
    const { channel, stub } = await funded(1_000n)
    const command = channel.reserve(1n, 1n, { requestId: 'id' })
    const first = granted(await stub.reserve(command))
    await stub.report(1, [{ kind: 'void', reservationId: first.reservationId, freesId: true }])
    const second = granted(await stub.reserve(command))
    await stub.report(1, [{ kind: 'void', reservationId: second.reservationId, freesId: false }])
    expect(await stub.reserve(command)).toEqual({ kind: 'duplicate' })
    expect(await stub.view(1, channel.channelId)).toMatchObject({ spent: 0n, reserved: 0n })
  })

  test('many calls for the last units of the money: they get what is there and not one unit more', async () => {
    const { channel, stub } = await funded(10n)
    const anonymous = Array.from({ length: 40 }, (_, i) => {
      const { callId: _callId, ...command } = channel.reserve(BigInt(i + 1), 1n)
      return command
    })
    const replies = await Promise.all(anonymous.map((command) => stub.reserve(command)))
    expect(kinds(replies)['granted']).toBe(10)
    expect(await stub.view(1, channel.channelId)).toMatchObject({ reserved: 10n, deposited: 10n })
  })

  test('calls that arrive together are one transaction', async () => {
    const { channel, stub } = await funded(1_000n)
    const commands = Array.from({ length: 50 }, (_, i) => channel.reserve(BigInt(i + 1), 1n))
    const transactions = await inside(stub, async (instance, { storage }) => {
      const spy = vi.spyOn(storage, 'transactionSync')
      const replies = await Promise.all(commands.map((command) => instance.reserve(command)))
      expect(kinds(replies)).toEqual({ granted: 50 })
      return spy.mock.calls.length
    })
    expect(transactions).toBe(1)
  })

  test('a transaction that fails charges nobody: every caller of the group may try again', async () => {
    const { channel, stub } = await funded(1_000n)
    const commands = Array.from({ length: 3 }, (_, i) => channel.reserve(BigInt(i + 1), 1n))
    const before = await stub.view(1, channel.channelId)
    await inside(stub, async (instance, { storage }) => {
      const held = granted(await instance.reserve(channel.reserve(1n, 1n)))
      vi.spyOn(storage, 'transactionSync').mockImplementationOnce(() => {
        throw new Error('disk full')
      })
      const post = instance.report(1, [{ kind: 'post', reservationId: held.reservationId, amount: 1n }])
      const replies = Promise.all(commands.map((command) => instance.reserve(command)))
      await expect(post).rejects.toThrow('disk full')
      expect(await replies).toEqual(Array(3).fill({ kind: 'refused', code: 'temporarily_unavailable' }))
      expect(
        await instance.report(1, [{ kind: 'void', reservationId: held.reservationId, freesId: true }]),
      ).toMatchObject([{ done: true }])
    })
    expect(await stub.view(1, channel.channelId)).toEqual({ ...before, accepted: 1n })
  })
})

describe('turns and deposits', () => {
  test('parallel cold calls: one looks at the chain, one deposits, the others wait and are led one by one', async () => {
    const channel = channelOf(nextPayer())
    const stub = stubOf(channel.session)
    const price = 5n
    /** The gateway and the official client in one. */
    const call = async (): Promise<string> => {
      let command: Reserve = channel.reserve(price, price, { deposit: { amount: 1_000n } })
      for (let tries = 0; tries < 6; tries++) {
        const reply = await stub.reserve(command)
        if (reply.kind === 'unknown_channel') {
          looks += 1
          await stub.acknowledge(1, [channel.observed(0n)])
        } else if (reply.kind === 'deposit') {
          deposits += 1
          await stub.acknowledge(1, [channel.deposit(reply.depositId, 1_000n, 'mined')])
        } else if (reply.kind === 'corrective') {
          const max = reply.channel!.chargedCumulative + price
          const { deposit: _deposit, ...rest } = command
          command = { ...rest, voucher: { max, signature: channel.signature(max) } }
        } else return reply.kind
      }
      return 'gave up'
    }
    let looks = 0
    let deposits = 0
    const outcomes = await Promise.all(Array.from({ length: 100 }, call))
    expect(outcomes).toEqual(Array(100).fill('granted'))
    expect([looks, deposits]).toEqual([1, 1])
    expect(await stub.view(1, channel.channelId)).toMatchObject({ reserved: 500n, provisional: 1_000n })
  })

  test('a turn that nobody uses lapses, and whoever waited is answered', async () => {
    const { channel, stub } = await funded(100n)
    granted(await stub.reserve(channel.reserve(1n, 1n)))
    expect((await stub.reserve(channel.reserve(1n, 1n))).kind).toBe('corrective')
    const started = Date.now()
    const replies = await Promise.all([stub.reserve(channel.reserve(2n, 1n)), stub.reserve(channel.reserve(1n, 1n))])
    expect(replies.map(({ kind }) => kind)).toEqual(['granted', 'corrective'])
    expect(Date.now() - started).toBeLessThan(20_000)
  })

  test('deposit reports may repeat, come late and out of order, and count once', async () => {
    const { channel, stub } = await funded(0n)
    const reply = await stub.reserve(channel.reserve(5n, 5n, { deposit: { amount: 50n } }))
    if (reply.kind !== 'deposit') throw new Error(reply.kind)
    const report = (status: 'mined' | 'confirmed' | 'failed') => channel.deposit(reply.depositId, 50n, status)
    await stub.acknowledge(1, [report('mined'), report('mined')])
    expect(await stub.view(1, channel.channelId)).toMatchObject({ provisional: 50n, deposited: 0n })
    await stub.acknowledge(1, [report('confirmed'), report('mined'), report('failed'), report('confirmed')])
    await stub.acknowledge(1, [channel.deposit('never heard of', 9n, 'mined')])
    expect(await stub.view(1, channel.channelId)).toMatchObject({ provisional: 0n, deposited: 50n })
  })

  test('a look at the chain from before a deposit was mined takes nothing back, however late it arrives', async () => {
    const { channel, stub } = await funded(0n)
    const reply = await stub.reserve(channel.reserve(10n, 10n, { deposit: { amount: 50n } }))
    const depositId = reply.kind === 'deposit' ? reply.depositId : expect.fail(reply.kind)
    await stub.acknowledge(1, [{ ...channel.deposit(depositId, 50n, 'confirmed'), block: 7 } as ChainEvent])
    await stub.acknowledge(1, [channel.observed(0n, { block: 6 })])
    expect(await stub.view(1, channel.channelId)).toMatchObject({ deposited: 50n, returned: 0n })
    await stub.acknowledge(1, [channel.observed(0n, { block: 7 })])
    expect(await stub.view(1, channel.channelId)).toMatchObject({ deposited: 50n, returned: 50n })
  })

  test('a call that joins a deposit and brings more is expected to be the one that is mined', async () => {
    const { channel, stub } = await funded(0n)
    const call = channel.reserve(10n, 10n, { deposit: { amount: 50n } })
    const reply = await stub.reserve(call)
    const depositId = reply.kind === 'deposit' ? reply.depositId : expect.fail(reply.kind)
    // Its caller came again with a larger authorization, which settlement was the first to get.
    expect(await stub.reserve({ ...call, deposit: { amount: 57n } })).toEqual({ kind: 'deposit', depositId })
    await stub.acknowledge(1, [channel.observed(57n, { block: 7 })])
    await stub.acknowledge(1, [{ ...channel.deposit(depositId, 57n, 'confirmed'), block: 7 } as ChainEvent])
    expect(await stub.view(1, channel.channelId)).toMatchObject({ provisional: 0n, deposited: 57n })
  })

  test('money that was deposited past us is found by looking at the chain again', async () => {
    const { channel, stub } = await funded(3n)
    later(31_000)
    expect(await stub.reserve(channel.reserve(9n, 9n))).toEqual({ kind: 'unknown_channel' })
    await stub.acknowledge(1, [channel.observed(20n)])
    granted(await stub.reserve(channel.reserve(9n, 9n)))
    // What callers claim makes us look every half minute at most.
    expect((await stub.reserve(channel.reserve(99n, 90n))).kind).toBe('corrective')
  })

  test('a public voucher learns neither the channel nor a voucher, an answer or a receipt', async () => {
    const { channel, stub } = await funded(1_000n)
    const command = channel.reserve(10n, 10n, { requestId: 'id' })
    const { reservationId } = granted(await stub.reserve(command))
    await stub.report(1, [
      { kind: 'post', reservationId, amount: 10n, receipt: 'receipt' },
      { kind: 'answer', reservationId, answer: { status: 200, headers: [], body: new Uint8Array() } },
    ])
    expect((await stub.reserve(command)).kind).toBe('replay')
    const refund = await stub.refund(channel.refund(10n))
    expect(refund).toMatchObject({
      kind: 'granted',
      refund: { amount: 990n, nonce: 0n, claim: { total: 10n, max: 10n } },
    })
    expect(await stub.reserve(command)).toEqual({ kind: 'duplicate' })
    if (refund.kind !== 'granted') return
    const { refundId } = refund.refund
    expect(await stub.reserve(channel.reserve(11n, 1n))).toEqual({ kind: 'refused', code: 'channel_closing' })
    const report = {
      kind: 'refund',
      channelId: channel.channelId,
      refundId,
      amount: 990n,
      claimed: 10n,
      nonce: 0n,
    } as const
    await stub.acknowledge(1, [
      { ...report, status: 'mined' },
      { ...report, status: 'mined' },
      { ...report, status: 'failed' },
    ])
    expect(await stub.view(1, channel.channelId)).toMatchObject({ returned: 990n, claimed: 0n, spent: 10n })
    expect(await stub.reserve(channel.reserve(9n, 1n))).toEqual({ kind: 'corrective' })
  })
})

describe('what leaves', () => {
  /** Two seconds on, when a claim that was decided leaves. */
  test('a channel is claimed at the threshold, sent again while nobody answers, and once more after a failure', async () => {
    const { channel, stub } = await funded(100_000_000n)
    const { channelId } = channel
    const { reservationId } = granted(await stub.reserve(channel.reserve(10_000_000n, 10_000_000n)))
    await stub.report(1, [{ kind: 'post', reservationId, amount: 10_000_000n }])
    // Until it leaves, what it will show to everybody proves as much as ever.
    expect(await stub.view(1, channelId)).toMatchObject({ published: 0n })
    await publish(stub)
    await vi.waitUntil(() => claimsOf(channelId).length === 1)
    expect(await stub.view(1, channelId)).toMatchObject({ published: 10_000_000n })
    const [first] = claimsOf(channelId)
    expect(claimMessage.parse(first)).toMatchObject({
      total: '10000000',
      max: '10000000',
      reason: 'amount',
      attempt: 0,
    })

    later(61_000)
    await evictDurableObject(stub)
    await runDurableObjectAlarm(stub)
    await vi.waitUntil(() => claimsOf(channelId).length === 2)
    expect(claimsOf(channelId)[1]).toEqual(first)

    await stub.acknowledge(1, [channel.claim(10_000_000n, 'failed')])
    expect(await stub.view(1, channelId)).toMatchObject({ claimed: 0n, published: 10_000_000n })
    later(31_000)
    await runDurableObjectAlarm(stub)
    await publish(stub)
    await vi.waitUntil(() => claimsOf(channelId).length === 3)
    expect(claimsOf(channelId)[2]).toMatchObject({ total: '10000000', attempt: 1 })

    await stub.acknowledge(1, [channel.claim(10_000_000n, 'confirmed'), channel.claim(10_000_000n, 'failed')])
    expect(await stub.view(1, channelId)).toMatchObject({ claimed: 10_000_000n, settled: 10_000_000n })
    later(7_200_000)
    await runDurableObjectAlarm(stub)
    expect(claimsOf(channelId)).toHaveLength(3)
  })

  test('a claim that the queue does not take is sent again soon', async () => {
    const { channel, stub } = await funded(100_000_000n)
    const { reservationId } = granted(await stub.reserve(channel.reserve(10_000_000n, 10_000_000n)))
    await stub.report(1, [{ kind: 'post', reservationId, amount: 10_000_000n }])
    await inside(stub, async (instance) => {
      const { env: bindings } = instance as unknown as { env: { CLAIMS: { sendBatch(): Promise<void> } } }
      const refuses = vi.spyOn(bindings.CLAIMS, 'sendBatch').mockRejectedValueOnce(new Error('Queue is overloaded'))
      later(2_000)
      await instance.alarm()
      await vi.waitUntil(() => refuses.mock.calls.length === 1)
    })
    expect(claimsOf(channel.channelId)).toHaveLength(0)
    await vi.waitUntil(() =>
      inside(stub, async (_, { storage }) => {
        const [row] = storage.sql.exec<{ due_at: number }>('SELECT due_at FROM channel').toArray()
        return row!.due_at < Date.now() + 30_000
      }),
    )
    later(6_000)
    await runDurableObjectAlarm(stub)
    await vi.waitUntil(() => claimsOf(channel.channelId).length === 1)
  })

  test('an old charge is claimed by age, at a quarter of the withdraw delay at the latest', async () => {
    const { channel, stub } = await funded(1_000n)
    const { reservationId } = granted(await stub.reserve(channel.reserve(1n, 1n)))
    await stub.report(1, [{ kind: 'post', reservationId, amount: 1n }])
    await runDurableObjectAlarm(stub)
    expect(claimsOf(channel.channelId)).toHaveLength(0)
    later(3_600_001)
    expect(await runDurableObjectAlarm(stub)).toBe(true)
    await publish(stub)
    await vi.waitUntil(() => claimsOf(channel.channelId).length === 1)
    expect(claimsOf(channel.channelId)[0]).toMatchObject({ reason: 'age', total: '1' })
  })

  test('an object of the version before is brought up to date with its rows', async () => {
    const { channel, stub } = await funded(100n)
    await downgrade(stub, 1)
    await evictDurableObject(stub)
    granted(await stub.reserve(channel.reserve(1n, 1n)))
    await stub.acknowledge(1, [channel.observed(100n, { keyStoppedAt: 9_000_000_000, keyOver: false })])
    await evictDurableObject(stub)
    expect(await stub.view(1, channel.channelId)).toMatchObject({ deposited: 100n, reserved: 1n })
  })

  test('a public voucher refunds the whole rest or nothing: a stranger cannot use up the refund of the day', async () => {
    const { channel, stub } = await funded(100n)
    await stub.acknowledge(1, [channel.observed(100n)])
    const { reservationId } = granted(await stub.reserve(channel.reserve(1n, 1n)))
    await stub.report(1, [{ kind: 'post', reservationId, amount: 1n }])
    await stub.acknowledge(1, [channel.observed(100n, { withdrawRequestedAt: 5 })])
    await stub.acknowledge(1, [channel.claim(1n, 'confirmed'), channel.observed(100n)])
    expect(await stub.refund(channel.refund(1n, { amount: 1n }))).toEqual({
      kind: 'refused',
      code: 'refund_amount_invalid',
    })
    expect(await stub.refund(channel.refund(1n))).toMatchObject({ kind: 'granted', refund: { amount: 99n } })
  })

  test('journal rows reach the events queue once each, in messages of at most 100, with cumulative numbers', async () => {
    const { channel, stub } = await funded(1_000n)
    for (let i = 0; i < 3; i++) {
      const commands = Array.from({ length: 80 }, (_, k) => channel.reserve(BigInt(80 * i + k + 1), 1n))
      const replies = await Promise.all(commands.map((command) => stub.reserve(command)))
      const posts = replies.map(
        (reply) => ({ kind: 'post', reservationId: granted(reply).reservationId, amount: 1n }) as const,
      )
      await stub.report(1, posts)
    }
    const events = () => received.events.filter(({ session }) => session.payer === channel.session.payer)
    const rows = () => new Map(events().flatMap((event) => event.rows.map((row) => [row.seq, row])))
    await vi.waitUntil(() => rows().size >= 241, { timeout: 20_000 })
    for (const event of events()) expect(sessionEvent.parse(event).rows.length).toBeLessThanOrEqual(100)
    expect(rows().size).toBe(241)
    expect(rows().get(241)).toMatchObject({ kind: 'charge', amount: '1', cumulative: '240', providerId: 'provider' })
    expect(events().at(-1)!.channels).toMatchObject([{ channelId: channel.channelId, spent: '240', deposited: '1000' }])
    await vi.waitUntil(() =>
      inside(stub, async (_, { storage }) => {
        const [row] = storage.sql.exec<{ value: string }>("SELECT value FROM meta WHERE key = 'sent'").toArray()
        return row?.value === '241'
      }),
    )
  })

  test('what is old is pruned, and the journal still counts on from where it was', async () => {
    const { channel, stub } = await funded(1_000n)
    const first = granted(await stub.reserve(channel.reserve(1n, 1n, { requestId: 'old' })))
    await stub.report(1, [{ kind: 'post', reservationId: first.reservationId, amount: 1n }])
    await runDurableObjectAlarm(stub)
    later(90_000_000)
    await runDurableObjectAlarm(stub)
    const counts = await inside(stub, (_, { storage: { sql } }) =>
      ['request', 'answer', 'reservation', 'journal'].map(
        (table) => sql.exec(`SELECT * FROM ${table}`).toArray().length,
      ),
    )
    expect(counts).toEqual([0, 0, 0, 1])
    await evictDurableObject(stub)
    await stub.acknowledge(1, [channel.observed(1_000n)])
    const second = granted(await stub.reserve(channel.reserve(2n, 1n, { requestId: 'old' })))
    await stub.report(1, [{ kind: 'post', reservationId: second.reservationId, amount: 1n }])
    const seqs = await inside(stub, (_, { storage: { sql } }) =>
      sql
        .exec<{ seq: number }>('SELECT seq FROM journal ORDER BY seq')
        .toArray()
        .map(({ seq }) => seq),
    )
    expect(seqs).toEqual([2, 3])
  })
})

describe('garbage', () => {
  test('is refused and never throws out of a reserve or a refund', async () => {
    const { channel, stub } = await funded(100n)
    const good = channel.reserve(1n, 1n)
    const bad: unknown[] = [
      {},
      { ...good, hold: 0n },
      { ...good, hold: -1n },
      { ...good, hold: 1 },
      { ...good, channelId: '0x12' },
      { ...good, channelId: good.channelId.toUpperCase() },
      { ...good, voucher: { max: 2n ** 128n, signature: '0x12' } },
      { ...good, voucher: { max: 1n, signature: 'x:y' } },
      { ...good, deposit: { amount: 0n } },
      { ...good, requestId: '' },
      { ...good, config: { ...good.config, payer: 5 } },
      { ...good, callId: 'x'.repeat(300) },
    ]
    for (const command of bad) {
      expect(await stub.reserve({ v: 1, ...(command as object) } as Reserve)).toEqual({
        kind: 'refused',
        code: 'malformed_payment',
      })
    }
    expect(await stub.reserve({ ...good, v: 2 } as unknown as Reserve)).toEqual({
      kind: 'refused',
      code: 'temporarily_unavailable',
    })
    expect(await stub.reserve(undefined as unknown as Reserve)).toEqual({
      kind: 'refused',
      code: 'temporarily_unavailable',
    })
    const other = channelOf(nextPayer()).session
    expect(await stub.reserve({ ...good, session: other })).toEqual({ kind: 'refused', code: 'channel_id_mismatch' })
    expect(await stub.refund({ v: 1 } as never)).toEqual({ kind: 'refused', code: 'malformed_payment' })
    expect(
      await stub.report(1, [{ kind: 'post' }, undefined, { kind: 'mark', reservationId: 'x', amount: 1n }] as never),
    ).toEqual([{ done: false }, { done: false }, { done: false }])
    await stub.acknowledge(1, [
      { kind: 'deposit' },
      null,
      { kind: 'claim', channelId: digestOf(1), total: -1n },
    ] as never)
    expect(await stub.view(1, channel.channelId)).toMatchObject({ spent: 0n, reserved: 0n, deposited: 100n })
  })
})
