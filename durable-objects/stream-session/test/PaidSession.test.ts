/** Session mode by RPC: opening, paying, raising, ending, receipts, and what the object does not take. */
import type { SessionOpened, SessionReply } from '@pbstream/core/message/PaidSession'
import type { Policy } from '@pbstream/core/Policy'
import { evictDurableObject } from 'cloudflare:test'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { SCHEMA_VERSION } from '../src/schema.ts'
import { channelOf, digestOf } from './fixtures.ts'
import { claimsOf, downgrade, funded, granted, inside, later, nextPayer, type Stub, stubOf } from './object.ts'

afterEach(() => {
  vi.useRealTimers()
})

type Channel = ReturnType<typeof channelOf>
const refused = (code: string) => ({ kind: 'refused', code })
const text = (value: unknown): string =>
  JSON.stringify(value, (_, each: unknown) => (typeof each === 'bigint' ? String(each) : each))

function paid(reply: SessionReply): Extract<SessionReply, { kind: 'granted' }> {
  if (reply.kind !== 'granted') throw new Error(`not granted: ${text(reply)}`)
  return reply
}

/** A session with `accepted` to spend on a channel that holds `balance`. */
async function opened(balance: bigint, accepted: bigint) {
  const { channel, stub } = await funded(balance)
  const reply = await stub.openSession(channel.open(accepted))
  if (reply.kind !== 'opened') throw new Error(`not opened: ${text(reply)}`)
  return { channel, stub, epoch: reply.epoch }
}

const post = (stub: Stub, reservationId: string, amount: bigint, receipt = 'receipt') =>
  stub.report(1, [{ kind: 'post', reservationId, amount, receipt }])

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
    expiry: second + 86_400,
    routes: null,
    ...over,
  }
}

describe('opening', () => {
  test('takes the voucher and says the epoch, the room and where the channel stands', async () => {
    const { channel, stub } = await funded(100n)
    expect(await stub.openSession(channel.open(40n))).toMatchObject({
      kind: 'opened',
      epoch: 1,
      accepted: 40n,
      room: 40n,
      channel: { channelId: channel.channelId, balance: 100n, chargedCumulative: 0n },
    })
    expect(await stub.openSession(channel.open(40n)), 'the same voucher, and a nonce of its own').toMatchObject({
      kind: 'opened',
      epoch: 1,
    })
  })

  test('of a channel that nobody has seen waits for a look, and its nonce is still good', async () => {
    const channel = channelOf(nextPayer())
    const stub = stubOf(channel.session)
    const command = channel.open(10n)
    expect(await stub.openSession(command)).toEqual({ kind: 'unknown_channel' })
    await stub.acknowledge(1, [channel.observed(100n)])
    expect(await stub.openSession(command)).toMatchObject({ kind: 'opened', room: 10n })
  })

  test('uses a nonce once, in whatever order and however often the object was replaced', async () => {
    const { channel, stub } = await funded(100n)
    const command = channel.open(10n)
    const replies = await Promise.all(Array.from({ length: 20 }, () => stub.openSession(command)))
    expect(replies.filter(({ kind }) => kind === 'opened')).toHaveLength(1)
    await evictDurableObject(stub)
    expect(await stub.openSession(command)).toEqual(refused('session_nonce_used'))
    later(60_001)
    expect(await stub.openSession(command)).toEqual(refused('session_nonce_invalid'))
  })

  test('needs a voucher that leaves room: one at or below what is charged says where to start, and opens nothing', async () => {
    const { channel, stub } = await funded(100n)
    const { reservationId } = granted(await stub.reserve(channel.reserve(5n, 5n)))
    await stub.report(1, [{ kind: 'post', reservationId, amount: 5n }])
    const command = channel.open(5n)
    expect(await stub.openSession(command)).toEqual({
      kind: 'corrective',
      channel: expect.objectContaining({ chargedCumulative: 5n }) as object,
      voucher: { max: 5n, signature: channel.signature(5n) },
    })
    const better = { ...command, voucher: { max: 6n, signature: channel.signature(6n) } }
    expect(await stub.openSession(better), 'its nonce was not used up').toMatchObject({ kind: 'opened', room: 1n })
  })

  test('with a deposit: submitted once for parallel callers, and opened when it is mined', async () => {
    const { channel, stub } = await funded(0n)
    const ask = () => channel.open(50n, { deposit: { amount: 80n } })
    const [first, second] = await Promise.all([stub.openSession(ask()), stub.openSession(ask())])
    expect(second).toEqual(first)
    const { depositId } = first as Extract<SessionOpened, { kind: 'deposit' }>
    await stub.acknowledge(1, [channel.deposit(depositId, 80n, 'mined')])
    const { deposit: _, ...again } = ask()
    expect(await stub.openSession(again)).toMatchObject({ kind: 'opened', room: 50n, channel: { balance: 80n } })
  })

  test('without money looks at the chain once in a while, and says so in between', async () => {
    const { channel, stub } = await funded(0n)
    later(31_000)
    expect(await stub.openSession(channel.open(50n))).toEqual({ kind: 'unknown_channel' })
    expect(await stub.openSession(channel.open(50n))).toMatchObject({ kind: 'corrective' })
    await stub.acknowledge(1, [channel.observed(30n)])
    expect(await stub.openSession(channel.open(50n))).toMatchObject({ kind: 'opened', accepted: 50n, room: 30n })
  })

  test('is refused where the key or the channel takes no charges', async () => {
    const { channel, stub } = await funded(100n)
    await stub.setPolicy(1, channel.session, policyFor(channel, { status: 'frozen' }))
    expect(await stub.openSession(channel.open(10n))).toMatchObject(refused('session_key_frozen'))
    await stub.setPolicy(1, channel.session, policyFor(channel, { version: 2, payees: [] }))
    expect(await stub.openSession(channel.open(10n))).toMatchObject(refused('session_key_payee'))
    await stub.setPolicy(1, channel.session, policyFor(channel, { version: 3, routes: ['one'] }))
    const reply = await stub.openSession(channel.open(10n))
    expect(reply).toMatchObject({ kind: 'opened', keyVersion: 3, stopsAt: policyFor(channel).expiry })
    await stub.acknowledge(1, [channel.observed(100n, { withdrawRequestedAt: 5 })])
    expect(await stub.openSession(channel.open(10n))).toEqual(refused('withdrawal_pending'))
  })
})

describe('paying', () => {
  test('100 requests at once out of one voucher: each held, the total exact, one transaction', async () => {
    const { channel, stub } = await opened(1_000n, 500n)
    await inside(stub, async (object, { storage }) => {
      const spy = vi.spyOn(storage, 'transactionSync')
      const replies = await Promise.all(Array.from({ length: 100 }, () => object.pay(channel.pay(4n))))
      expect(spy.mock.calls.length, 'one transaction').toBe(1)
      expect(paid(replies.at(-1)!)).toMatchObject({ room: 100n, accepted: 500n })
      const posts = replies.map(
        (reply) => ({ kind: 'post', reservationId: paid(reply).reservationId, amount: 3n }) as const,
      )
      await object.report(1, posts)
    })
    expect(await stub.view(1, channel.channelId)).toMatchObject({ spent: 300n, reserved: 0n, accepted: 500n })
  })

  test('to the last unit: then it is short, with the numbers, and a higher voucher on the request makes room', async () => {
    const { channel, stub } = await opened(100n, 10n)
    paid(await stub.pay(channel.pay(10n)))
    expect(await stub.pay(channel.pay(1n))).toMatchObject({ kind: 'short', accepted: 10n, room: 0n })
    const voucher = { max: 12n, signature: channel.signature(12n) }
    expect(paid(await stub.pay(channel.pay(1n, { voucher })))).toMatchObject({ accepted: 12n, room: 1n })
    const low = { max: 3n, signature: channel.signature(3n) }
    expect(paid(await stub.pay(channel.pay(1n, { voucher: low }))), 'a lower one changes nothing').toMatchObject({
      accepted: 12n,
      room: 0n,
    })
  })

  test('beyond the money looks at the chain, once in a while; what was raised stays', async () => {
    const { channel, stub } = await opened(10n, 50n)
    later(31_000)
    expect(await stub.pay(channel.pay(11n))).toEqual({ kind: 'unknown_channel' })
    expect(await stub.pay(channel.pay(11n))).toMatchObject({ kind: 'short', accepted: 50n, room: 10n })
    await stub.acknowledge(1, [channel.observed(20n)])
    expect(paid(await stub.pay(channel.pay(11n)))).toMatchObject({ room: 9n })
  })

  test('one id is served once, by whichever way it comes again', async () => {
    const { channel, stub } = await opened(100n, 50n)
    const command = channel.pay(5n, { requestId: 'same' })
    const replies = await Promise.all(Array.from({ length: 30 }, () => stub.pay(command)))
    const [first, ...rest] = replies.filter(({ kind }) => kind === 'granted')
    expect(rest).toEqual([])
    expect(replies.filter(({ kind }) => kind === 'in_flight')).toHaveLength(29)
    await post(stub, paid(first!).reservationId, 2n)
    expect(await stub.pay(command)).toEqual({ kind: 'duplicate', receipt: 'receipt' })
    expect(await stub.pay({ ...command, digest: digestOf(9) })).toEqual(refused('request_id_mismatch'))
    const voucher = channel.reserve(60n, 5n, { requestId: 'same' })
    expect(await stub.reserve(voucher), 'as a voucher').toEqual({ kind: 'duplicate', receipt: 'receipt' })
    expect(await stub.view(1, channel.channelId)).toMatchObject({ spent: 2n, reserved: 0n })
  })

  test('takes reports along, and has them written first', async () => {
    const { channel, stub } = await opened(10n, 10n)
    const { reservationId } = paid(await stub.pay(channel.pay(10n)))
    const reply = await stub.pay(channel.pay(9n), [{ kind: 'post', reservationId, amount: 1n }])
    expect(paid(reply)).toMatchObject({ room: 0n, channel: { chargedCumulative: 10n } })
  })

  test('a transaction that fails grants nothing and accepts nothing', async () => {
    const { channel, stub } = await opened(100n, 10n)
    const before = await stub.view(1, channel.channelId)
    await inside(stub, async (object, { storage }) => {
      vi.spyOn(storage, 'transactionSync').mockImplementationOnce(() => {
        throw new Error('disk full')
      })
      const voucher = { max: 90n, signature: channel.signature(90n) }
      const replies = [object.pay(channel.pay(5n, { voucher })), object.openSession(channel.open(50n))]
      for (const reply of replies) expect(await reply).toEqual(refused('temporarily_unavailable'))
    })
    expect(await stub.view(1, channel.channelId)).toEqual(before)
  })

  test('the limits of the key hold for sessions as for vouchers', async () => {
    const { channel, stub } = await opened(1_000n, 500n)
    const limits = { spendCap: 20n, perPaymentMax: 8n, periodAmount: 12n, periodDuration: 3_600, routes: ['route'] }
    await stub.setPolicy(1, channel.session, policyFor(channel, limits))
    expect(await stub.pay(channel.pay(9n))).toMatchObject(refused('session_key_payment_max'))
    expect(await stub.pay(channel.pay(1n, { routeId: 'other' }))).toMatchObject(refused('session_key_route'))
    expect(paid(await stub.pay(channel.pay(8n))).keyVersion).toBe(1)
    expect(await stub.pay(channel.pay(5n))).toMatchObject({
      ...refused('session_key_period_limit'),
      facts: { left: 4n },
    })
    expect(paid(await stub.pay(channel.pay(4n)))).toMatchObject({ keyVersion: 1 })
    await stub.setPolicy(
      1,
      channel.session,
      policyFor(channel, { ...limits, version: 2, periodAmount: 100n, spendCap: 14n }),
    )
    expect(await stub.pay(channel.pay(3n))).toMatchObject({ ...refused('session_key_spend_cap'), facts: { left: 2n } })
  })

  test('what it charges is claimed under the smallest voucher that covers it, and the session goes on', async () => {
    const { channel, stub } = await opened(100n, 50n)
    const { reservationId } = paid(await stub.pay(channel.pay(5n)))
    await post(stub, reservationId, 5n)
    await (stub as unknown as { drain(v: 1, id: string): Promise<unknown> }).drain(1, channel.channelId)
    await vi.waitUntil(() => claimsOf(channel.channelId).length === 1)
    expect(claimsOf(channel.channelId)[0]).toMatchObject({ total: '5', max: '50' })
    await stub.acknowledge(1, [channel.claim(5n, 'confirmed')])
    expect(paid(await stub.pay(channel.pay(45n)))).toMatchObject({ room: 0n })
  })
})

describe('vouchers beside a session', () => {
  test('one that claims have shown to everybody pays for nothing while a session is open', async () => {
    const { channel, stub } = await opened(100n, 50n)
    const { reservationId } = paid(await stub.pay(channel.pay(45n)))
    await post(stub, reservationId, 45n)
    await (stub as unknown as { drain(v: 1, id: string): Promise<unknown> }).drain(1, channel.channelId)
    await vi.waitUntil(() => claimsOf(channel.channelId).length === 1)
    // It is on chain now, and 50 = 45 charged + 5: without the session it would be the right one.
    const stolen = channel.reserve(50n, 5n)
    expect(await stub.reserve(stolen)).toEqual({ kind: 'corrective' })
    expect((await stub.view(1, channel.channelId))?.reserved).toBe(0n)
    expect(granted(await stub.reserve(channel.reserve(51n, 5n))).channel.chargedCumulative).toBe(50n)
  })

  test('what was accepted but not charged pays again when the sessions are over', async () => {
    const { channel, stub } = await opened(100n, 50n)
    expect((await stub.reserve(channel.reserve(5n, 5n))).kind).toBe('corrective')
    await stub.endSessions(channel.ask())
    expect(granted(await stub.reserve(channel.reserve(5n, 5n))).channel.chargedCumulative).toBe(5n)
  })
})

describe('epochs', () => {
  test('ending the sessions of a channel ends all of them and no others; a repeat changes nothing', async () => {
    const { channel, stub } = await opened(100n, 50n)
    expect(await stub.endSessions(channel.ask())).toMatchObject({ kind: 'ended', epoch: 2, room: 50n })
    expect(await stub.endSessions(channel.ask())).toMatchObject({ kind: 'ended', epoch: 2 })
    expect(await stub.pay(channel.pay(1n))).toEqual(refused('session_ended'))
    const voucher = { max: 60n, signature: channel.signature(60n) }
    expect(await stub.raise({ ...channel.ask(), voucher })).toEqual(refused('session_ended'))
    expect(await stub.openSession(channel.open(50n))).toMatchObject({ kind: 'opened', epoch: 2 })
    expect(paid(await stub.pay(channel.pay(1n, { epoch: 2 })))).toMatchObject({ room: 49n })
    await evictDurableObject(stub)
    expect(await stub.pay(channel.pay(1n))).toEqual(refused('session_ended'))
    expect(await stub.pay(channel.pay(1n, { epoch: 3 }))).toEqual(refused('session_ended'))
  })

  test('a key of a session that is over learns no answer and no receipt', async () => {
    const { channel, stub } = await opened(100n, 50n)
    const command = channel.pay(5n, { requestId: 'mine' })
    await post(stub, paid(await stub.pay(command)).reservationId, 5n)
    await stub.endSessions(channel.ask())
    expect(await stub.pay(command)).toEqual(refused('session_ended'))
    expect(await stub.receipt({ ...channel.ask(), requestId: 'mine' })).toEqual(refused('session_ended'))
    expect(await stub.receipt({ ...channel.ask(2), requestId: 'mine' })).toEqual({ kind: 'done', receipt: 'receipt' })
  })

  test('freezing a key ends the sessions of all its channels, and lifting the freeze brings none back', async () => {
    const { channel, stub } = await opened(100n, 50n)
    await stub.setPolicy(1, channel.session, policyFor(channel))
    paid(await stub.pay(channel.pay(1n)))
    await stub.setPolicy(1, channel.session, policyFor(channel, { version: 2, status: 'frozen' }))
    expect(await stub.pay(channel.pay(1n))).toMatchObject(refused('session_key_frozen'))
    await stub.setPolicy(1, channel.session, policyFor(channel, { version: 3 }))
    expect(await stub.pay(channel.pay(1n))).toEqual(refused('session_ended'))
    expect(await stub.openSession(channel.open(50n))).toMatchObject({ kind: 'opened', epoch: 2, keyVersion: 3 })
  })
})

test('raising: a higher voucher makes room, a lower one changes nothing, a deposit is submitted', async () => {
  const { channel, stub } = await opened(100n, 10n)
  const raise = (max: bigint, deposit?: { amount: bigint }) =>
    stub.raise({ ...channel.ask(), voucher: { max, signature: channel.signature(max) }, ...(deposit && { deposit }) })
  expect(await raise(30n)).toMatchObject({ kind: 'opened', accepted: 30n, room: 30n })
  expect(await raise(20n)).toMatchObject({ kind: 'opened', accepted: 30n, room: 30n })
  expect(await raise(0n)).toMatchObject({ kind: 'corrective', voucher: { max: 30n } })
  const reply = await raise(150n, { amount: 100n })
  await stub.acknowledge(1, [channel.deposit((reply as { depositId: string }).depositId, 100n, 'mined')])
  expect(await raise(150n)).toMatchObject({ kind: 'opened', accepted: 150n, room: 150n })
})

test('receipts by id: done, in flight, unknown', async () => {
  const { channel, stub } = await opened(100n, 50n)
  const ask = (requestId: string) => stub.receipt({ ...channel.ask(), requestId })
  const { reservationId } = paid(await stub.pay(channel.pay(5n, { requestId: 'one' })))
  expect(await ask('one')).toEqual({ kind: 'in_flight' })
  await post(stub, reservationId, 5n)
  expect(await ask('one')).toEqual({ kind: 'done', receipt: 'receipt' })
  expect(await ask('two')).toEqual({ kind: 'unknown' })
})

test('an object of version 3 is brought up to date: its money is there, and sessions can be opened on it', async () => {
  const { channel, stub } = await funded(100n)
  const { reservationId } = granted(await stub.reserve(channel.reserve(5n, 5n)))
  await downgrade(stub, 3)
  await evictDurableObject(stub)
  expect(await stub.openSession(channel.open(50n))).toMatchObject({ kind: 'opened', epoch: 1, room: 45n })
  await post(stub, reservationId, 5n)
  await evictDurableObject(stub)
  expect(paid(await stub.pay(channel.pay(45n)))).toMatchObject({ room: 0n, channel: { chargedCumulative: 50n } })
  const version = await inside(stub, (_, { storage: { sql } }) => {
    return sql.exec("SELECT value FROM meta WHERE key = 'schema'").one()
  })
  expect(version).toEqual({ value: String(SCHEMA_VERSION) })
})

describe('garbage', () => {
  test('is refused and never throws', async () => {
    const { channel, stub } = await opened(100n, 50n)
    const [open, pay, ask] = [channel.open(60n), channel.pay(1n), channel.ask()]
    const wish = { isolate: 'i', perSecond: 5, price: 1n }
    const pays: unknown[] = [
      {},
      { ...pay, hold: 0n },
      { ...pay, hold: 1 },
      { ...pay, epoch: '1' },
      { ...pay, epoch: -1 },
      { ...pay, requestId: undefined },
      { ...pay, requestId: 'x'.repeat(300) },
      { ...pay, digest: 'x' },
      { ...pay, session: null },
      { ...pay, voucher: { max: -1n, signature: '0x12' } },
      { ...pay, voucher: null },
      { ...pay, settle: { amount: 0n } },
      { ...pay, lease: null },
      ...[NaN, -1, Infinity, '5'].map((perSecond) => ({ ...pay, lease: { ...wish, perSecond } })),
      ...[0n, 1, undefined].map((price) => ({ ...pay, lease: { ...wish, price } })),
    ]
    const opens: unknown[] = [
      { ...open, nonce: '0x12' },
      { ...open, nonceExpiresAt: NaN },
      { ...open, expiresAt: -1 },
      { ...open, deposit: { amount: 0n } },
      { ...open, config: {} },
      { ...open, voucher: undefined },
    ]
    const malformed = refused('malformed_payment')
    for (const each of pays)
      expect(await stub.pay({ v: 1, ...(each as object) } as never), text(each)).toEqual(malformed)
    for (const each of opens) expect(await stub.openSession(each as never), text(each)).toEqual(malformed)
    expect(await stub.raise({ ...ask } as never)).toEqual(malformed)
    expect(await stub.endSessions({ ...ask, channelId: 5 } as never)).toEqual(malformed)
    expect(await stub.receipt(ask as never)).toEqual(malformed)
    const unavailable = refused('temporarily_unavailable')
    for (const each of [undefined, { ...pay, v: 2 }]) {
      expect(await stub.pay(each as never)).toEqual(unavailable)
      expect(await stub.openSession(each as never)).toEqual(unavailable)
      expect(await stub.raise(each as never)).toEqual(unavailable)
      expect(await stub.endSessions(each as never)).toEqual(unavailable)
      expect(await stub.receipt(each as never)).toEqual(unavailable)
    }
    const report = { leaseId: `ls_${'a'.repeat(20)}`, charges: [], final: true }
    const reports = [
      ...[null, {}, { ...report, leaseId: 'x' }, { ...report, final: 1 }, { ...report, charges: {} }],
      { ...report, charges: [{ n: 0, digest: digestOf(1), amount: 1n }] },
      { ...report, charges: [{ n: 1.5, digest: digestOf(1), amount: 1n }] },
      { ...report, charges: [{ n: 1, digest: digestOf(1), amount: -1n }] },
      { ...report, kept: [{ n: 1, digest: digestOf(1), hold: 0n }] },
      report,
    ]
    expect(await stub.leased(1, reports as never)).toEqual(reports.map(() => ({ kind: 'ended', taken: 0 })))
    const other = channelOf(nextPayer()).session
    for (const reply of [stub.pay({ ...pay, session: other }), stub.endSessions({ ...ask, session: other })]) {
      expect(await reply).toEqual(refused('channel_id_mismatch'))
    }
    expect(await stub.view(1, channel.channelId)).toMatchObject({ spent: 0n, reserved: 0n, accepted: 50n })
  })
})
