/** Metered calls by RPC: holds that grow, usage in the journal and in counts, and clocks of rentals. */
import type { Report } from '@pbstream/core/message/Session'
import type { Policy } from '@pbstream/core/Policy'
import { evictDurableObject, runDurableObjectAlarm } from 'cloudflare:test'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { type channelOf, digestOf } from './fixtures.ts'
import { downgrade, funded, granted, inside, later, pay, publish, report, type Stub } from './object.ts'
import { received } from './host.ts'

afterEach(() => {
  vi.useRealTimers()
})

type Channel = ReturnType<typeof channelOf>

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

/** A session with room for `max` out of a deposit, under a policy if there is to be one. */
async function opened(max = 100n, deposit = 1_000n, policy?: Partial<Policy>) {
  const { channel, stub } = await funded(deposit)
  if (policy !== undefined) await stub.setPolicy(1, channel.session, policyFor(channel, policy))
  expect(await stub.openSession(channel.open(max))).toMatchObject({ kind: 'opened' })
  return { channel, stub }
}

const grow = (stub: Stub, reservationId: string, to: bigint) => report(stub, { kind: 'grow', reservationId, to })

describe('a hold', () => {
  test('grows as far as it is asked, out of the room, and is charged up to what it has grown to', async () => {
    const { channel, stub } = await opened()
    const { reservationId } = await pay(stub, channel.pay(10n))
    expect(await grow(stub, reservationId, 40n)).toMatchObject({
      done: true,
      hold: 40n,
      channel: { chargedCumulative: 40n },
    })
    expect(await grow(stub, reservationId, 25n)).toMatchObject({ done: true, hold: 40n })
    await evictDurableObject(stub)
    expect(await stub.view(1, channel.channelId)).toMatchObject({ reserved: 40n })
    expect(await grow(stub, reservationId, 50n)).toMatchObject({ done: true, hold: 50n })
    await report(stub, { kind: 'post', reservationId, amount: 45n })
    expect(await stub.view(1, channel.channelId)).toMatchObject({ spent: 45n, reserved: 0n })
    expect(await grow(stub, reservationId, 60n)).toEqual({ done: false })
  })

  test('grows to the end of the room and no further; a higher voucher lets it go on', async () => {
    const { channel, stub } = await opened(100n, 150n)
    const { reservationId } = await pay(stub, channel.pay(10n))
    await pay(stub, channel.pay(30n))
    expect(await grow(stub, reservationId, 90n)).toMatchObject({ done: false, hold: 70n })
    expect(await grow(stub, reservationId, 90n)).not.toHaveProperty('refused')
    expect(await stub.view(1, channel.channelId)).toMatchObject({ reserved: 100n })
    await stub.raise({ ...channel.ask(), voucher: { max: 200n, signature: channel.signature(200n) } })
    expect(await grow(stub, reservationId, 90n)).toMatchObject({ done: true, hold: 90n })
    later(31_000)
    // Beyond the deposit the vouchers allow for more: its money may have come without us, and somebody has to look.
    expect(await grow(stub, reservationId, 170n)).toMatchObject({ done: false, hold: 120n, observe: channel.config })
    expect(await grow(stub, reservationId, 170n)).not.toHaveProperty('observe')
    await stub.acknowledge(1, [channel.observed(300n)])
    expect(await grow(stub, reservationId, 170n)).toMatchObject({ done: true, hold: 170n })
  })

  test('of a voucher never grows, nor one that was kept of a lease', async () => {
    const { channel, stub } = await funded(1_000n)
    const { reservationId } = granted(await stub.reserve(channel.reserve(10n, 10n)))
    expect(await grow(stub, reservationId, 11n)).toMatchObject({ done: false, hold: 10n })
    expect(await grow(stub, reservationId, 10n)).toMatchObject({ done: true, hold: 10n })
    await stub.openSession(channel.open(900n))
    const { lease } = await pay(stub, channel.pay(2n, { lease: { isolate: 'i', perSecond: 5, price: 2n } }))
    const kept = [{ n: 1, digest: digestOf(1), hold: 2n }]
    await stub.leased(1, [{ leaseId: lease!.id, charges: [], kept, final: true }])
    expect(await grow(stub, `${lease!.id}.1`, 3n)).toMatchObject({ done: false, hold: 2n })
  })

  test('does not grow when its session is over, its key stopped, or its channel closing', async () => {
    const { channel, stub } = await opened(100n, 1_000n, {})
    const one = await pay(stub, channel.pay(10n))
    await stub.endSessions(channel.ask())
    expect(await grow(stub, one.reservationId, 20n)).toMatchObject({ done: false, hold: 10n, refused: 'session_ended' })
    const epoch = 2
    const two = await pay(stub, channel.pay(10n, { epoch }))
    await stub.acknowledge(1, [channel.observed(1_000n, { withdrawRequestedAt: 5 })])
    expect((await grow(stub, two.reservationId, 20n)).hold).toBe(10n)
    await stub.acknowledge(1, [channel.observed(1_000n, { withdrawRequestedAt: 5 })])
    expect(await grow(stub, two.reservationId, 20n)).toMatchObject({ refused: 'withdrawal_pending' })
    await stub.acknowledge(1, [channel.observed(1_000n)])
    expect(await grow(stub, two.reservationId, 20n)).toMatchObject({ done: true })
    await stub.setPolicy(1, channel.session, policyFor(channel, { version: 2, status: 'frozen' }))
    expect(await grow(stub, two.reservationId, 30n)).toMatchObject({ hold: 20n, refused: 'session_key_frozen' })
    expect(await stub.view(1, channel.channelId)).toMatchObject({ reserved: 30n })
  })

  test('grows as far as each limit of its key, which then is named', async () => {
    const limits: [Partial<Policy>, bigint, string][] = [
      [{ perPaymentMax: 30n }, 30n, 'session_key_payment_max'],
      [{ spendCap: 45n }, 40n, 'session_key_spend_cap'],
      [{ periodAmount: 25n, periodDuration: 3_600 }, 20n, 'session_key_period_limit'],
      [{ perPaymentMax: 30n, spendCap: 25n }, 20n, 'session_key_spend_cap'],
    ]
    for (const [policy, most, refused] of limits) {
      const { channel, stub } = await opened(100n, 1_000n, policy)
      // Something else is held besides.
      await pay(stub, channel.pay(5n))
      const { reservationId } = await pay(stub, channel.pay(10n))
      expect(await grow(stub, reservationId, 60n), refused).toMatchObject({ done: false, hold: most, refused })
      expect(await grow(stub, reservationId, 60n), refused).toMatchObject({ done: false, hold: most, refused })
    }
  })

  test('counts as a whole in the window of the key in which it grows', async () => {
    const { channel, stub } = await opened(100n, 1_000n, { periodAmount: 30n, periodDuration: 60 })
    const { reservationId } = await pay(stub, channel.pay(20n))
    expect(await grow(stub, reservationId, 50n)).toMatchObject({ hold: 30n })
    await report(stub, { kind: 'mark', reservationId, amount: 30n })
    later(61_000)
    // A new window: the old one leaves it no head start, and it takes nothing of this one unless it grows.
    expect(await stub.policy(1)).toMatchObject({ usage: { periodSpent: 0n } })
    expect(await grow(stub, reservationId, 31n)).toMatchObject({ done: false, hold: 30n })
    await stub.setPolicy(1, channel.session, policyFor(channel, { version: 2, periodAmount: 40n, periodDuration: 60 }))
    expect((await grow(stub, reservationId, 60n)).hold).toBe(40n)
    expect(await stub.policy(1)).toMatchObject({ usage: { periodSpent: 40n, reserved: 40n } })
    await report(stub, { kind: 'post', reservationId, amount: 35n })
    expect(await stub.policy(1)).toMatchObject({ usage: { periodSpent: 35n, spent: 35n } })
  })

  test('that grows is not over for another 90 seconds, and then costs what was marked', async () => {
    const { channel, stub } = await opened()
    const { reservationId } = await pay(stub, channel.pay(10n))
    await report(stub, { kind: 'mark', reservationId, amount: 7n, usage: { output_token: '70' } })
    later(80_000)
    await grow(stub, reservationId, 20n)
    later(80_000)
    await runDurableObjectAlarm(stub)
    expect(await stub.view(1, channel.channelId)).toMatchObject({ reserved: 20n })
    later(11_000)
    await runDurableObjectAlarm(stub)
    expect(await stub.view(1, channel.channelId)).toMatchObject({ spent: 7n, reserved: 0n })
  })

  test('waits for a look at the chain when that is overdue', async () => {
    const { channel, stub } = await opened()
    const { reservationId } = await pay(stub, channel.pay(10n))
    await inside(stub, (_, { storage: { sql } }) => {
      sql.exec('UPDATE channel SET observed_at = ?', Date.now() - 43_200_000)
    })
    await evictDurableObject(stub)
    expect(await grow(stub, reservationId, 20n)).toMatchObject({ done: false, hold: 10n, observe: channel.config })
    await stub.acknowledge(1, [channel.observed(1_000n)])
    expect(await grow(stub, reservationId, 20n)).toMatchObject({ done: true, hold: 20n })
  })

  test('500 streams that grow at the same time never pass the deposit, and leave nothing held', async () => {
    const { channel, stub } = await opened(1_000n, 1_000n)
    const streams = Array.from({ length: 500 }, async () => {
      const reply = await stub.pay(channel.pay(1n))
      if (reply.kind !== 'granted') return 0n
      const { reservationId } = reply
      let hold = 1n
      for (const to of [2n, 4n, 8n]) hold = (await grow(stub, reservationId, to)).hold ?? hold
      await report(stub, { kind: 'post', reservationId, amount: hold })
      return hold
    })
    const charged = (await Promise.all(streams)).reduce((sum, each) => sum + each, 0n)
    const numbers = (await stub.view(1, channel.channelId))!
    expect(charged <= 1_000n).toBe(true)
    expect([numbers.spent, numbers.reserved]).toEqual([charged, 0n])
  })
})

describe('usage', () => {
  const usageOf = async (stub: Stub) =>
    inside(stub, (_, { storage: { sql } }) =>
      sql.exec<{ amount: string; usage: string | null }>("SELECT * FROM journal WHERE kind = 'charge'").toArray(),
    )

  test('is in the journal row of its charge, and of none that has not any', async () => {
    const { channel, stub } = await opened()
    const posts: [bigint, Record<string, string> | undefined][] = [
      [3n, { output_token: '12', input_token: '5' }],
      [2n, undefined],
      [0n, { output_token: '7' }],
      [0n, undefined],
    ]
    for (const [amount, usage] of posts) {
      const { reservationId } = await pay(stub, channel.pay(5n))
      await report(stub, { kind: 'post', reservationId, amount, ...(usage === undefined ? {} : { usage }) })
    }
    expect((await usageOf(stub)).map(({ amount, usage }) => [amount, usage])).toEqual([
      ['3', '{"output_token":"12","input_token":"5"}'],
      ['2', null],
      // Nothing was charged, and what was used is told all the same.
      ['0', '{"output_token":"7"}'],
    ])
    const version = await inside(stub, (_, { storage: { sql } }) => sql.exec('SELECT * FROM usage_count').toArray())
    expect(version, 'without a period nothing is counted').toEqual([])
  })

  test('of a charge in a period is counted, and the next grant tells it', async () => {
    const { channel, stub } = await opened()
    const period = '2026-11'
    const post = async (amount: bigint, usage: Record<string, string>, over: { routeId?: string } = {}) => {
      const { reservationId, position } = await pay(stub, channel.pay(10n, { period, ...over }))
      await report(stub, { kind: 'post', reservationId, amount, usage })
      return position
    }
    expect(await post(3n, { output_token: '12' })).toEqual({ units: {}, charged: '0' })
    expect(await post(4n, { output_token: '8', image: '1' })).toEqual({ units: { output_token: '12' }, charged: '3' })
    await evictDurableObject(stub)
    expect(await post(0n, { image: '1' })).toEqual({ units: { output_token: '20', image: '1' }, charged: '7' })
    expect(await post(0n, {}, { routeId: 'another' })).toEqual({ units: {}, charged: '0' })
    const voucher = await stub.reserve(channel.reserve(200n, 5n, { period }))
    expect(granted(voucher).position).toEqual({ units: { output_token: '20', image: '2' }, charged: '7' })
    expect(granted(await stub.reserve(channel.reserve(300n, 5n)))).not.toHaveProperty('position')
  })

  test('of what was voided is not counted, of what has expired as far as it was marked', async () => {
    const { channel, stub } = await opened()
    const period = '2026-11-23'
    const one = await pay(stub, channel.pay(10n, { period }))
    await report(stub, { kind: 'mark', reservationId: one.reservationId, amount: 5n, usage: { second: '5000' } })
    await report(stub, { kind: 'void', reservationId: one.reservationId, freesId: true })
    const two = await pay(stub, channel.pay(10n, { period }))
    const mark = (amount: bigint, second: string): Report => ({
      kind: 'mark',
      reservationId: two.reservationId,
      amount,
      usage: { second },
    })
    await stub.report(1, [mark(6n, '6000'), mark(4n, '4000')])
    later(91_000)
    await runDurableObjectAlarm(stub)
    const { position } = await pay(stub, channel.pay(1n, { period }))
    expect(position).toEqual({ units: { second: '6000' }, charged: '6' })
    expect(await usageOf(stub)).toMatchObject([{ amount: '6', usage: '{"second":"6000"}' }])
  })

  test('is kept for the three periods of a route that were counted in last', async () => {
    const { channel, stub } = await opened()
    const count = async (period: string) => {
      const { reservationId, position } = await pay(stub, channel.pay(1n, { period }))
      await report(stub, { kind: 'post', reservationId, amount: 1n, usage: { request: '1' } })
      return position!.charged
    }
    for (const period of ['2026-11-20', '2026-11-21', '2026-11-22']) expect(await count(period)).toBe('0')
    expect(await count('2026-11-20')).toBe('1')
    expect(await count('2026-11-23')).toBe('0')
    await evictDurableObject(stub)
    // The 21st was the one to go.
    expect(await count('2026-11-22')).toBe('1')
    expect(await count('2026-11-20')).toBe('2')
    const rows = await inside(stub, (_, { storage: { sql } }) =>
      sql.exec('SELECT period, charged FROM usage_count ORDER BY period').toArray(),
    )
    expect(rows).toEqual([
      { period: '2026-11-20', charged: '3' },
      { period: '2026-11-22', charged: '2' },
      { period: '2026-11-23', charged: '1' },
    ])
  })

  test('goes out with its row, and its total once a message', async () => {
    const { channel, stub } = await opened()
    for (const amount of [2n, 3n]) {
      const { reservationId } = await pay(stub, channel.pay(5n, { period: '2026-11' }))
      await report(stub, { kind: 'post', reservationId, amount, usage: { output_token: '4' } })
    }
    const sent = () => received.events.filter(({ session }) => session.payer === channel.session.payer)
    const charges = () => sent().flatMap(({ rows }) => rows.filter(({ kind }) => kind === 'charge'))
    await publish(stub)
    await vi.waitUntil(() => charges().length >= 2)
    expect(sent().findLast(({ usage }) => usage !== undefined)?.usage).toEqual([
      { routeId: 'route', period: '2026-11', units: { output_token: '8' }, charged: '5', revision: 3 },
    ])
    expect(charges().map((row) => row.usage)).toEqual([{ output_token: '4' }, { output_token: '4' }])
    const { reservationId } = await pay(stub, channel.pay(5n))
    await report(stub, { kind: 'post', reservationId, amount: 1n })
    await publish(stub)
    await vi.waitUntil(() => charges().length === 3)
    expect(sent().at(-1), 'what has not changed is not told again').not.toHaveProperty('usage')
  })
})

describe('a rental', () => {
  const time = (stub: Stub, reservationId: string, op: 'beat' | 'pause' | 'resume' | 'stop') =>
    report(stub, { kind: 'time', reservationId, op })

  test('runs by the clock of the object, from its start to its last report, and a restart changes nothing', async () => {
    const { channel, stub } = await opened()
    const { reservationId } = await pay(stub, channel.pay(10n))
    expect(await time(stub, reservationId, 'beat')).toMatchObject({ done: false, times: [], running: false })
    vi.useFakeTimers({ toFake: ['Date'] })
    const start = Date.now()
    const at = (ms: number): void => void vi.setSystemTime(start + ms)
    expect(await time(stub, reservationId, 'resume')).toMatchObject({
      done: true,
      running: true,
      times: [[start, start]],
    })
    at(30_000)
    await time(stub, reservationId, 'beat')
    await evictDurableObject(stub)
    at(50_000)
    expect(await time(stub, reservationId, 'pause')).toMatchObject({
      done: true,
      running: false,
      times: [[start, start + 50_000]],
    })
    at(80_000)
    await time(stub, reservationId, 'beat')
    at(100_000)
    await time(stub, reservationId, 'resume')
    at(130_500)
    expect(await time(stub, reservationId, 'stop')).toMatchObject({
      done: true,
      running: false,
      hold: 10n,
      times: [
        [start, start + 50_000],
        [start + 100_000, start + 130_500],
      ],
    })
    expect(await time(stub, reservationId, 'resume')).toMatchObject({ done: false, running: false })
    expect(await report(stub, { kind: 'post', reservationId, amount: 8n })).toMatchObject({ done: true })
    expect(await time(stub, reservationId, 'stop')).toEqual({ done: false })
  })

  test('that nobody reports for 90 seconds is over, with what was marked, before the alarm too', async () => {
    const { channel, stub } = await opened()
    const { reservationId } = await pay(stub, channel.pay(10n))
    await time(stub, reservationId, 'resume')
    await report(stub, { kind: 'mark', reservationId, amount: 4n, usage: { second: '20000' } })
    later(90_000)
    expect(await time(stub, reservationId, 'beat')).toEqual({ done: false })
    expect(await stub.view(1, channel.channelId)).toMatchObject({ spent: 4n, reserved: 0n })
  })

  test('ends with its session or its key: what is proven stays, and the clock stops', async () => {
    const { channel, stub } = await opened(100n, 1_000n, {})
    const one = await pay(stub, channel.pay(10n))
    await time(stub, one.reservationId, 'resume')
    await stub.endSessions(channel.ask())
    const over = { done: false, running: false, refused: 'session_ended' }
    expect(await time(stub, one.reservationId, 'beat')).toMatchObject(over)
    expect(await time(stub, one.reservationId, 'stop')).toMatchObject({ done: true, refused: 'session_ended' })
    const two = granted(await stub.reserve(channel.reserve(300n, 10n)))
    await time(stub, two.reservationId, 'resume')
    await stub.setPolicy(1, channel.session, policyFor(channel, { version: 2, status: 'frozen' }))
    expect(await time(stub, two.reservationId, 'beat')).toMatchObject({ ...over, refused: 'session_key_frozen' })
    expect(await report(stub, { kind: 'post', reservationId: two.reservationId, amount: 9n })).toMatchObject({
      done: true,
    })
  })
})

test('an object of version 4 is brought up to date: what it holds may be posted and counted, and does not grow', async () => {
  const { channel, stub } = await opened()
  const { reservationId } = await pay(stub, channel.pay(5n))
  await downgrade(stub, 4)
  await evictDurableObject(stub)
  expect(await grow(stub, reservationId, 9n)).toMatchObject({ done: false, hold: 5n })
  expect(await report(stub, { kind: 'post', reservationId, amount: 5n })).toMatchObject({ done: true })
  const next = await pay(stub, channel.pay(5n, { period: '2026-11' }))
  expect(await grow(stub, next.reservationId, 9n)).toMatchObject({ done: true, hold: 9n })
  await report(stub, { kind: 'post', reservationId: next.reservationId, amount: 2n, usage: { request: '1' } })
  await evictDurableObject(stub)
  const { position } = await pay(stub, channel.pay(5n, { period: '2026-11' }))
  expect(position).toEqual({ units: { request: '1' }, charged: '2' })
})

test('reports and periods that cannot be are refused, and change nothing', async () => {
  const { channel, stub } = await opened()
  const { reservationId } = await pay(stub, channel.pay(5n))
  const post = { kind: 'post', reservationId, amount: 1n }
  const many = Object.fromEntries(Array.from({ length: 33 }, (_, i) => [`custom.u${i}`, '1']))
  const usages: unknown[] = [
    null,
    [],
    'x',
    { 'a b': '1' },
    { A: '1' },
    { a: 1 },
    { a: '-1' },
    { a: '01' },
    { a: '' },
    many,
  ]
  const bad: unknown[] = [
    ...usages.map((usage) => ({ ...post, usage })),
    ...[0n, -1n, 5, undefined, 2n ** 128n].map((to) => ({ kind: 'grow', reservationId, to })),
    ...['start', '', undefined, 1].map((op) => ({ kind: 'time', reservationId, op })),
  ]
  expect(await stub.report(1, bad as never)).toEqual(bad.map(() => ({ done: false })))
  for (const period of ['', '2026', '2026-1', '2026-11-1', 'x'.repeat(7), 5, null]) {
    const refused = { kind: 'refused', code: 'malformed_payment' }
    expect(await stub.pay(channel.pay(1n, { period: period as never })), String(period)).toEqual(refused)
    expect(await stub.reserve(channel.reserve(200n, 1n, { period: period as never }))).toEqual(refused)
  }
  expect(await stub.view(1, channel.channelId)).toMatchObject({ spent: 0n, reserved: 5n })
})
