/** What a provider sold, how often callers were answered 402, and what happened on a channel: exact, from any events. */
import type { ChallengesEvent, PbEvent } from '@pbstream/core/message/Event'
import { describe, expect, test } from 'vitest'
import { challengesOf, pruneChallenges } from '../src/Challenges.ts'
import { channelOf, timelineOf, type Place, timesOf } from '../src/ChannelTimeline.ts'
import { project } from '../src/Projection.ts'
import { lagsOf, soldByHour, soldByRoute, unsettledOf } from '../src/ProviderSummary.ts'
import { countHour, HOUR_MS } from '../src/UsageHours.ts'
import { db, emptyBeforeEach } from './database.ts'
import { hex } from './events.ts'

emptyBeforeEach()

const T0 = Date.UTC(2026, 10, 23, 5)
const at = (hours: number, ms = 0) => new Date(T0 + hours * HOUR_MS + ms)
const LARGE = 2n ** 120n
const channelId = hex('c1', 32)
let seq = 0

type Charge = typeof db.tables.microPayment.$inferInsert
type Movement = typeof db.tables.movement.$inferInsert

const common = () => ({ session: 's', seq: ++seq, channelId, debit: 'a', credit: 'b' })

async function charged(time: Date, over: Partial<Charge> = {}): Promise<void> {
  const row = { ...common(), providerId: 'p1', routeId: 'r1', amount: '10', at: time, ...over }
  await db.orm.insert(db.tables.microPayment).values(row)
}

async function moved(kind: Movement['kind'], time: Date, over: Partial<Movement> = {}): Promise<void> {
  await db.orm.insert(db.tables.movement).values({ ...common(), kind, amount: '5', at: time, ...over })
}

async function shop(): Promise<void> {
  const { provider, route, providerChannel, channel } = db.tables
  const times = { createdAt: at(0), updatedAt: at(0) }
  for (const id of ['p1', 'p2']) {
    await db.orm.insert(provider).values({ id, name: id, payTo: hex('ac', 20), enabled: true, ...times })
  }
  const of = {
    methods: ['*'],
    origin: { kind: 'url', url: 'https://x.example/' },
    chainIds: [1],
    enabled: true,
  } as const
  const more = { bodyPriced: false, maxBodyBytes: 1, chargeOnAbandon: true, audience: 'x', ...times }
  for (const [id, providerId] of [
    ['r1', 'p1'],
    ['r2', 'p1'],
    ['r3', 'p2'],
  ] as const) {
    const row = { ...of, methods: ['*'], chainIds: [1], ...more, id, providerId, path: `/${id}`, rateVersion: null }
    await db.orm.insert(route).values(row)
  }
  const numbers = {
    provisional: '0',
    deposited: '9',
    returned: '0',
    accepted: '9',
    claimed: '0',
    lost: '1',
    revision: 1,
  }
  const parties = { session: 's', chainId: 1, receiver: hex('ac', 20), token: hex('7c', 20) }
  for (const [id, spent, settled] of [
    [channelId, LARGE, 4n],
    [hex('c2', 32), 20n, 5n],
  ] as const) {
    const row = { ...numbers, ...parties, id, spent: String(spent), settled: String(settled) }
    await db.orm.insert(channel).values(row)
    await db.orm.insert(providerChannel).values({ providerId: 'p1', channelId: id })
  }
}

describe('what was sold', () => {
  test('is the same whether an hour was counted before or is read from its charges', async () => {
    await shop()
    await charged(at(0), { amount: String(LARGE) })
    await charged(at(0, 1), { amount: String(LARGE) })
    await charged(at(1), { routeId: 'r2', amount: '7' })
    await charged(at(4, 5))
    // Of another provider, and outside.
    await charged(at(1), { routeId: 'r3', providerId: 'p2' })
    await charged(at(5))
    for (const hour of [0, 1]) await countHour(db, at(hour))
    const period = { since: at(0), until: at(5) }
    const now = at(4, 10)
    expect(await soldByRoute(db, 'p1', period, now)).toEqual(
      new Map([
        ['r1', { revenue: 2n * LARGE + 10n, requests: 3 }],
        ['r2', { revenue: 7n, requests: 1 }],
      ]),
    )
    expect(await soldByHour(db, 'p1', period, now)).toEqual(
      new Map([
        [T0, { revenue: 2n * LARGE, requests: 2 }],
        [T0 + HOUR_MS, { revenue: 7n, requests: 1 }],
        [T0 + 4 * HOUR_MS, { revenue: 10n, requests: 1 }],
      ]),
    )
    // None of these hours is over: all of it comes from charges.
    expect(await soldByHour(db, 'p1', period, at(1))).toEqual(await soldByHour(db, 'p1', period, now))
    expect((await soldByRoute(db, 'p1', { since: at(7), until: at(9) }, at(20))).size).toBe(0)
  })

  test('and is not paid out is what its channels owe', async () => {
    await shop()
    expect(await unsettledOf(db, 'p1')).toBe(LARGE - 4n - 1n + 20n - 5n - 1n)
    expect(await unsettledOf(db, 'p2')).toBe(0n)
  })

  test('had waited, at its payout, since the first charge after the payout before', async () => {
    await shop()
    for (const ms of [1_000, 2_000]) await charged(at(0, ms))
    await moved('settle', at(0, 61_000))
    await charged(at(0, 70_000))
    await moved('settle', at(0, 80_000))
    // Paid out, but not of a charge that is known.
    await moved('settle', at(0, 90_000), { channelId: hex('c2', 32) })
    expect(await lagsOf(db, 'p1', { since: at(0), until: at(1) })).toEqual([10_000, 60_000])
    expect(await lagsOf(db, 'p1', { since: at(0, 75_000), until: at(1) })).toEqual([10_000])
    expect(await lagsOf(db, 'p2', { since: at(0), until: at(1) })).toEqual([])
  })
})

const told = (source: string, count: number, over: Partial<ChallengesEvent['counts'][number]> = {}): PbEvent => ({
  ...{ v: 1, kind: 'challenges', source },
  counts: [{ providerId: 'p1', routeId: 'r1', hour: T0, count, ...over }],
})

describe('answers 402', () => {
  test('are the sum of the largest counts of isolates, whatever comes twice, late or out of order', async () => {
    const events = [
      told('a', 3),
      told('a', 7),
      told('b', 2),
      told('a', 5, { hour: T0 + HOUR_MS }),
      told('a', 1, { routeId: 'r2' }),
      told('a', 9, { providerId: 'p2' }),
    ]
    const expected = [
      { routeId: 'r1', hour: at(0), count: 9 },
      { routeId: 'r2', hour: at(0), count: 1 },
      { routeId: 'r1', hour: at(1), count: 5 },
    ]
    await project(db, events)
    expect(await challengesOf(db, 'p1', at(0), at(2))).toEqual(expected)
    for (const event of events.toReversed()) await project(db, [event, event])
    expect(await challengesOf(db, 'p1', at(0), at(2))).toEqual(expected)
    expect(await challengesOf(db, 'p1', at(1), at(2))).toEqual(expected.slice(2))
  })

  test('are thrown away when they are old', async () => {
    await project(db, [told('a', 3), told('b', 2), told('a', 5, { hour: T0 + HOUR_MS })])
    expect(await pruneChallenges(db, at(1), 1)).toBe(1)
    expect(await pruneChallenges(db, at(1), 10)).toBe(1)
    expect(await challengesOf(db, 'p1', at(0), at(2))).toEqual([{ routeId: 'r1', hour: at(1), count: 5 }])
  })
})

describe('the timeline of a channel', () => {
  const of = { providerId: 'p1', channel: { id: channelId, session: 's' } }

  async function stopped(id: string, over: Partial<typeof db.tables.sentinelStop.$inferInsert> = {}): Promise<void> {
    const by = { kind: 'frozen', rule: 'r', version: 1, decisionId: 'd', scope: 'provider:p1' } as const
    const key = { session: 's', chainId: 1, payer: hex('a1', 20), key: hex('5e', 20) }
    await db.orm.insert(db.tables.sentinelStop).values({ ...by, ...key, id, at: at(0, 30_000), ...over })
  }

  test('has money on chain, the provider’s own charges by the minute, and what its rules stopped', async () => {
    await shop()
    await moved('deposit', at(0), { transaction: hex('11', 32) })
    await charged(at(0, 61_000), { amount: String(LARGE) })
    await charged(at(0, 62_000))
    await charged(at(0, 63_000), { providerId: 'p2', routeId: 'r3' })
    await charged(at(0, 125_000))
    await moved('settle', at(0, 130_000))
    await stopped('st_1', { releasedAt: at(0, 200_000), releasedBy: 'person', reason: 'ours' } as object)
    await stopped('st_2', { scope: 'owner' })
    await moved('claim', at(0, 1), { channelId: hex('c2', 32) })
    const entries = await timelineOf(db, of, undefined, 20)
    const shown = entries.map((entry) => [
      entry.kind,
      entry.at.getTime() - T0,
      'payments' in entry ? entry.payments : null,
      'amount' in entry ? entry.amount : null,
    ])
    expect(shown).toEqual([
      ['release', 200_000, null, null],
      ['settle', 130_000, null, 5n],
      ['charges', 120_000, 1, 10n],
      ['charges', 60_000, 2, LARGE + 10n],
      ['stop', 30_000, null, null],
      ['deposit', 0, null, 5n],
    ])
    expect(await timesOf(db, 'p1', channelId)).toEqual({ openedAt: at(0), lastChargeAt: at(0, 125_000) })
  })

  test('is the same in pages of any size, with many entries of one moment', async () => {
    await shop()
    for (let i = 0; i < 12; i++) await moved('claim', at(0, 60_000))
    for (let i = 0; i < 30; i++) await charged(at(0, 20_000 * i))
    await stopped('st_1', { at: at(0, 60_000) })
    const whole = await timelineOf(db, of, undefined, 100)
    expect(whole).toHaveLength(12 + 10 + 1)
    for (const size of [1, 2, 5]) {
      const paged: string[] = []
      for (let place: Place | undefined; ;) {
        const page = await timelineOf(db, of, place, size)
        paged.push(...page.map(({ id }) => id))
        place = page.at(-1)
        if (page.length < size || place === undefined) break
      }
      expect(paged).toEqual(whole.map(({ id }) => id))
    }
  })

  test('is for providers that sold on the channel', async () => {
    await shop()
    expect(await channelOf(db, 'p1', channelId)).toMatchObject({ id: channelId })
    expect(await channelOf(db, 'p2', channelId)).toBeUndefined()
    expect(await channelOf(db, 'p1', hex('99', 32))).toBeUndefined()
  })
})
