/** The comparison on a real D1, with a settlement Worker that says what a test tells it. */
import type { JournalRow, SessionEvent } from '@pbstream/core/message/Event'
import { and, eq, gt } from 'drizzle-orm'
import { beforeEach, describe, expect, test, vi } from 'vitest'
import { project } from '@pbstream/db/Projection'
import { channelsById } from '@pbstream/db/Reconciliation'
import {
  chain,
  channelId,
  db,
  empty,
  hex,
  metrics,
  minute,
  session,
  sessionEvent,
  settlement,
  standing,
} from './support.ts'

beforeEach(async () => {
  vi.spyOn(console, 'error').mockImplementation(() => {})
  await empty()
  for (const table of [db.tables.microPayment, db.tables.movement, db.tables.streamSession]) await db.orm.delete(table)
  await settlement.say({})
  return () => vi.restoreAllMocks()
})

const agree = { session: standing(), chain: chain() }
const incidents = () => db.orm.select().from(db.tables.sentinelEvent)
const open = async () => (await incidents()).filter(({ resolvedAt }) => resolvedAt === null).map(({ what }) => what)
const numbers = async () => (await channelsById(db, [channelId]))[0]

describe('a row behind its session', () => {
  const ahead = { session: standing({ spent: '95', revision: 9 }), chain: chain() }

  test('is suspected first, then projected, and an incident until it is seen to be right', async () => {
    await project(db, [sessionEvent()])
    await settlement.say({ channels: { [channelId]: ahead } })
    await minute()
    expect([await incidents(), (await numbers())?.spent]).toEqual([[], '90'])
    await minute()
    expect(await incidents()).toMatchObject([
      { what: 'projection_behind', subject: channelId, detail: { 'database.spent': '90', repaired: 'projected' } },
    ])
    expect(await numbers()).toMatchObject({ spent: '95', revision: 9 })
    await minute()
    expect(await open()).toEqual([])
    expect(await incidents()).toHaveLength(1)
    expect(await db.orm.select().from(db.tables.suspicion)).toEqual([])
  })

  test('that moves meanwhile is only late', async () => {
    await project(db, [sessionEvent()])
    await settlement.say({ channels: { [channelId]: ahead } })
    await minute()
    await project(db, [sessionEvent({ spent: '92', revision: 8 })])
    await minute()
    expect(await incidents()).toEqual([])
  })

  test('within its grace is only late', async () => {
    await project(db, [sessionEvent()])
    await settlement.say({ channels: { [channelId]: ahead } })
    await minute()
    await minute({ RECONCILE_GRACE_MS: '60000' })
    expect(await incidents()).toEqual([])
  })
})

describe('a row that says more than its session', () => {
  test('is one incident, is left as it is, and holds until it is mended', async () => {
    await project(db, [sessionEvent({ settled: '90', revision: 8 })])
    await settlement.say({ channels: { [channelId]: agree } })
    await minute()
    await minute()
    expect(await incidents()).toMatchObject([
      { what: 'projection_differs', detail: { repaired: 'no' }, resolvedAt: null },
    ])
    expect((await numbers())?.settled).toBe('90')
    expect(await metrics()).toContain('pbstream_incidents_open{what="projection_differs"} 1')
    await settlement.say({
      channels: { [channelId]: { session: standing({ settled: '90', revision: 8 }), chain: chain() } },
    })
    await minute()
    expect(await open()).toEqual([])
    expect(await metrics()).toContain('pbstream_incidents_open{what="projection_differs"} 0')
  })

  test('a difference that comes back holds again, and another one is another incident', async () => {
    await project(db, [sessionEvent({ settled: '90', revision: 8 })])
    const wrong = { channels: { [channelId]: agree } }
    const right = { channels: { [channelId]: { session: standing({ settled: '90', revision: 8 }), chain: chain() } } }
    await settlement.say(wrong)
    await minute()
    await settlement.say(right)
    await minute()
    await settlement.say(wrong)
    await minute()
    expect([await open(), (await incidents()).length]).toEqual([['projection_differs'], 1])
    await db.orm.update(db.tables.channel).set({ settled: '91' })
    await minute()
    expect([await open(), (await incidents()).length]).toEqual([['projection_differs'], 2])
  })
})

describe('the rows of charges', () => {
  const payments = () => db.tables.microPayment
  /** The journal of the session up to a row: a deposit, then charges of 10. What was spent is 90 with the tenth row. */
  const rows = (last: number): JournalRow[] =>
    Array.from({ length: last }, (_, i) => ({
      ...{ seq: i + 1, channelId, at: 1_800_000_000_000 + i },
      ...(i === 0
        ? { kind: 'deposit', debit: 'payer', credit: 'escrow', amount: '1000' }
        : { kind: 'charge', debit: 'escrow', credit: 'earned', amount: '10', cumulative: String(10 * i) }),
    }))
  const events = (last: number, some = rows(last)): SessionEvent[] => {
    const parts = Array.from({ length: Math.ceil(some.length / 100) }, (_, i) => some.slice(100 * i, 100 * (i + 1)))
    const spent = { spent: String(10 * (last - 1)), accepted: '100000', revision: last }
    return parts.map((part) => ({ ...sessionEvent(spent), rows: part }))
  }
  /** The session agrees with its row: only the charges are in question. */
  const agreed = async (last: number) => {
    const spent = { spent: String(10 * (last - 1)), accepted: '100000', revision: last }
    await settlement.say({ channels: { [channelId]: { session: standing(spent), chain: chain() } } })
  }
  const differ = async () =>
    (await incidents()).map(({ what, subject, detail, resolvedAt }) => ({
      what,
      subject,
      ...detail,
      open: resolvedAt === null,
    }))

  test('that are all there are added up once, and none of it is an incident', async () => {
    await project(db, events(1_450))
    await agreed(1_450)
    await minute()
    await minute()
    expect(await incidents()).toEqual([])
    const known = await db.orm.select().from(db.tables.reconciliation)
    expect(known.map(({ cursor }) => cursor).sort()).toEqual(['', '1450', '1450:14490'])
    // What is behind may be thrown away: it was counted.
    await db.orm.delete(payments())
    await project(db, events(1_452, rows(1_452).slice(1_450)))
    await agreed(1_452)
    await minute()
    await minute()
    expect(await incidents()).toEqual([])
  })

  test('one of which is lost: an incident that names it and what it was worth, until it is there again', async () => {
    await project(
      db,
      events(
        10,
        rows(10).filter(({ seq }) => seq !== 6),
      ),
    )
    await agreed(10)
    await minute()
    expect(await incidents(), 'it may come yet').toEqual([])
    await minute()
    const lost = {
      what: 'charges_differ',
      subject: channelId,
      'journal.missing': '6',
      'charges.recorded': '50',
      'charges.spent': '60',
      repaired: 'no',
    }
    expect(await differ()).toMatchObject([{ ...lost, open: true }])
    // It holds while the session goes on, and as the same.
    await project(db, events(30, rows(30).slice(10)))
    await agreed(30)
    await minute()
    expect(await differ()).toMatchObject([{ ...lost, open: true }])
    await project(db, events(30, rows(30).slice(5, 6)))
    await minute()
    expect(await differ()).toMatchObject([{ ...lost, open: false }])
    expect(await db.orm.select().from(db.tables.suspicion)).toEqual([])
  })

  test('the last of which are lost', async () => {
    await project(db, events(10))
    await db.orm.delete(payments()).where(gt(payments().seq, 8))
    await agreed(10)
    await minute()
    await minute()
    expect(await differ()).toMatchObject([
      { 'journal.missing': '9-10', 'charges.recorded': '70', 'charges.spent': '90', open: true },
    ])
  })

  test('all of an event lost, of which only the numbers were brought up to date', async () => {
    await project(db, events(8))
    await agreed(10)
    for (let i = 0; i < 4; i++) await minute()
    const found = (await differ()).filter(({ what }) => what === 'charges_differ')
    expect(found).toMatchObject([{ 'charges.recorded': '70', 'charges.spent': '90', open: true }])
  })

  test('that are all there while the numbers are not: nothing is said of them', async () => {
    await project(db, events(10))
    await db.orm.update(db.tables.channel).set({ spent: '30', revision: 3 })
    await agreed(10)
    for (let i = 0; i < 3; i++) await minute()
    expect((await differ()).map(({ what, open: holds }) => [what, holds])).toEqual([['projection_behind', false]])
  })

  test.each([
    ['a charge of another amount', { amount: '11' }, { 'charges.recorded': '51', 'charges.spent': '50' }],
    [
      'another charge once more in its place',
      { cumulative: '40' },
      { 'charges.recorded': '50', 'charges.spent': '40' },
    ],
  ])('%s', async (_, wrong, found) => {
    await project(db, events(10))
    await db.orm
      .update(payments())
      .set(wrong)
      .where(and(eq(payments().channelId, channelId), eq(payments().seq, 6)))
    await agreed(10)
    await minute()
    await minute()
    expect(await differ()).toMatchObject([{ what: 'charges_differ', ...found, repaired: 'no', open: true }])
  })

  test('a charge that is there a second time, beyond the journal of its session', async () => {
    await project(db, events(10))
    const [one] = await db.orm.select().from(payments()).where(eq(payments().seq, 10))
    await db.orm.insert(payments()).values({ ...one!, seq: 11 })
    await project(db, events(12, rows(12).slice(10)))
    await agreed(12)
    await minute()
    await minute()
    expect(await differ()).toMatchObject([{ 'charges.recorded': '100', 'charges.spent': '90', open: true }])
  })

  test('that come late, each time others, are only late', async () => {
    for (let last = 10; last < 60; last += 10) {
      // All but three, which come with the next.
      await project(db, events(last, rows(last).slice(last - 13 < 0 ? 0 : last - 13, last - 3)))
      await project(db, events(last, rows(last).slice(last - 1)))
      await agreed(last)
      await minute()
    }
    expect((await incidents()).filter(({ what }) => what === 'charges_differ')).toEqual([])
  })

  test('of a session that others share the database with are its own', async () => {
    await project(db, events(10))
    const theirs = hex('02', 32)
    const other = { ...session, payer: hex('b2', 20) }
    const [first] = events(
      10,
      rows(10)
        .map((row) => ({ ...row, channelId: theirs }))
        .filter(({ seq }) => seq !== 3),
    )
    await project(db, [
      { ...first!, session: other, channels: first!.channels.map((each) => ({ ...each, channelId: theirs })) },
    ])
    const spent = { spent: '90', accepted: '100000', revision: 10 }
    const says = (id: typeof channelId) => ({ session: standing({ ...spent, channelId: id }), chain: chain() })
    await settlement.say({ channels: { [channelId]: says(channelId), [theirs]: says(theirs) } })
    await minute()
    await minute()
    expect(await differ()).toMatchObject([{ subject: theirs, 'journal.missing': '3' }])
  })
})

test('a session behind the chain is sent to look, and settlement to confirm a claim that nobody reported', async () => {
  await project(db, [sessionEvent()])
  const seen = { session: standing(), chain: chain({ totalClaimed: 60n, finalClaimed: 60n }) }
  await settlement.say({ channels: { [channelId]: seen } })
  await minute()
  expect(await settlement.done()).toEqual([])
  await minute()
  expect(await settlement.done()).toEqual([`observe ${channelId}`, `drain ${channelId}`])
  expect(await incidents()).toMatchObject([{ what: 'session_behind', detail: { repaired: 'observed' } }])
})

test('a session that does not answer leaves everything as it is', async () => {
  await project(db, [sessionEvent({ settled: '90', revision: 8 })])
  await settlement.say({ channels: { [channelId]: agree } })
  await minute()
  await settlement.say({ channels: { [channelId]: { answered: false } } })
  await minute()
  expect(await open()).toEqual(['projection_differs'])
})

test('every channel is come to, page by page, and the round is said to be over when the last one was', async () => {
  const ids = ['01', '02', '03', '04', '05'].map((byte) => hex(byte, 32))
  await project(
    db,
    ids.map((id) => sessionEvent({ channelId: id, settled: '90', revision: 8 })),
  )
  await settlement.say({ channels: Object.fromEntries(ids.map((id) => [id, agree])) })
  const found = async () => (await incidents()).map(({ subject }) => `${subject}`).toSorted((a, b) => (a < b ? -1 : 1))
  await minute({ RECONCILE_PAGE: '2' })
  expect(await found()).toEqual(ids.slice(0, 2))
  await minute({ RECONCILE_PAGE: '2' })
  expect(await found()).toEqual(ids.slice(0, 4))
  expect((await db.orm.select().from(db.tables.reconciliation))[0]?.finishedAt).toBeNull()
  await minute({ RECONCILE_PAGE: '2' })
  expect(await found()).toEqual(ids)
  expect((await db.orm.select().from(db.tables.reconciliation))[0]).toMatchObject({ cursor: '' })
  expect(await metrics()).toMatch(/^pbstream_reconciled_timestamp_seconds [0-9.]+$/m)
})

test('while settlement is away nothing is judged, and the rest of the minute’s work is done', async () => {
  await project(db, [sessionEvent({ settled: '90', revision: 8 })])
  await settlement.say({ down: true, deadLetters: { letters: [], depth: 3, settled: [] } })
  await minute()
  expect(await incidents()).toEqual([])
  expect(await metrics()).toContain('pbstream_dead_letters{queue="claims"} 3')
})

test('a counter that was told nothing learns of every channel from the comparison', async () => {
  const id = hex('77', 32)
  await project(db, [sessionEvent({ channelId: id })])
  const token = hex('66', 20)
  await settlement.say({ channels: { [id]: { session: standing({ channelId: id, token }), chain: chain() } } })
  await minute()
  expect(await metrics()).toContain(`pbstream_metered_atomic_total{chain_id="84532",token="${token}"} 90`)
})
