/** The comparison on a real D1, with a settlement Worker that says what a test tells it. */
import { beforeEach, describe, expect, test, vi } from 'vitest'
import { project } from '@pbstream/db/Projection'
import { channelsById } from '@pbstream/db/Reconciliation'
import { chain, channelId, db, empty, hex, metrics, minute, sessionEvent, settlement, standing } from './support.ts'

beforeEach(async () => {
  vi.spyOn(console, 'error').mockImplementation(() => {})
  await empty()
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
