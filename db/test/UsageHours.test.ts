/** What routes sold by the hour: exact, the same however often it is counted, and complete after a pause. */
import { describe, expect, test } from 'vitest'
import { countDue, countHour, HOUR_MS, hoursDue, hoursOf } from '../src/UsageHours.ts'
import { db, emptyBeforeEach } from './database.ts'

emptyBeforeEach()

const T0 = Date.UTC(2026, 10, 23, 5)
const hour = (n: number) => new Date(T0 + n * HOUR_MS)
let seq = 0

type Charge = typeof db.tables.microPayment.$inferInsert

function charge(at: number, over: Partial<Charge> = {}): Charge {
  return {
    session: 's',
    seq: ++seq,
    channelId: '0x01',
    routeId: 'route_a',
    debit: 'payer:x',
    credit: 'provider:y',
    amount: '10',
    at: new Date(at),
    ...over,
  }
}

async function charged(...rows: Charge[]): Promise<void> {
  for (const row of rows) await db.orm.insert(db.tables.microPayment).values(row)
}

const all = (routeId = 'route_a') => hoursOf(db, routeId, hour(-1_000), hour(1_000))

describe('an hour', () => {
  test('is summed by route, whatever the size of amounts and counts', async () => {
    const large = (2n ** 120n).toString()
    await charged(
      charge(T0, { amount: large, usage: { input_token: '5', second: '1500' } }),
      charge(T0 + HOUR_MS - 1, { amount: large, usage: { input_token: (2n ** 90n).toString() } }),
      charge(T0 + 5, { amount: '7' }),
      charge(T0 + 6, { amount: '7' }),
      charge(T0 + 5, { routeId: 'route_b', amount: '3' }),
      // Not of this hour, or of no route.
      charge(T0 - 1),
      charge(T0 + HOUR_MS),
      charge(T0 + 5, { routeId: null }),
    )
    await countHour(db, hour(0))
    const units = { input_token: (2n ** 90n + 5n).toString(), second: '1500' }
    expect(await all()).toEqual([
      { routeId: 'route_a', hour: hour(0), payments: 4, amount: (2n ** 121n + 14n).toString(), units },
    ])
    expect(await all('route_b')).toEqual([{ routeId: 'route_b', hour: hour(0), payments: 1, amount: '3', units: {} }])
  })

  test('is the same when it is counted again, and has what came late', async () => {
    await charged(charge(T0))
    await countHour(db, hour(0))
    const [once] = await all()
    await countHour(db, hour(0))
    expect(await all()).toEqual([once])
    await charged(charge(T0 + 1, { amount: '5', usage: { image: '2' } }))
    await countHour(db, hour(0))
    expect(await all()).toMatchObject([{ payments: 2, amount: '15', units: { image: '2' } }])
  })

  test('of many amounts is read in parts', async () => {
    const count = 40
    await charged(...Array.from({ length: count }, (_, i) => charge(T0 + i * 90_000, { amount: String(i) })))
    // Three of one millisecond cannot be parted.
    await charged(...['100', '200', '300'].map((amount) => charge(T0 + 1, { amount, routeId: 'route_b' })))
    await countHour(db, hour(0), 2)
    expect(await all('route_b')).toMatchObject([{ payments: 3, amount: '600' }])
    expect(await all()).toMatchObject([{ payments: count, amount: String((count * (count - 1)) / 2) }])
  })

  test('in which nothing was sold has no row', async () => {
    await countHour(db, hour(0))
    expect(await all()).toEqual([])
  })
})

describe('what is due', () => {
  const at = (minute: number) => new Date(T0 + minute * 60_000 + 1)

  test('is the hour before at every second minute, and each of the 31 before within an hour', async () => {
    const dues = await Promise.all(Array.from({ length: 60 }, (_, minute) => hoursDue(db, at(minute))))
    const backs = dues.map(([due]) => (T0 - due!.getTime()) / HOUR_MS)
    expect(backs.filter((_, minute) => minute % 2 === 0).every((back) => back === 1)).toBe(true)
    expect(backs.filter((_, minute) => minute % 2 === 1)).toEqual(Array.from({ length: 30 }, (_, i) => i + 2))
  })

  test('after a pause is every hour with a charge, oldest first, and never the one that goes on', async () => {
    await charged(charge(T0 - 60 * HOUR_MS), charge(T0 - 40 * HOUR_MS), charge(T0 - HOUR_MS), charge(T0))
    expect(await hoursDue(db, at(0))).toEqual([hour(-60), hour(-1)])
    await countDue(db, at(0))
    expect((await all()).map((row) => row.hour)).toEqual([hour(-60), hour(-40), hour(-1)])
    expect(await hoursDue(db, at(0))).toEqual([hour(-1)])
  })

  test('is done in bounded runs', async () => {
    await charged(...Array.from({ length: 30 }, (_, i) => charge(T0 - (i + 10) * HOUR_MS)))
    await countDue(db, at(0))
    expect(await all()).toHaveLength(24)
    await countDue(db, at(2))
    expect(await all()).toHaveLength(30)
  })

  test('of a charge that came a day late is found', async () => {
    await charged(charge(T0 - 25 * HOUR_MS))
    await countDue(db, at(0))
    await charged(charge(T0 - 25 * HOUR_MS))
    for (let minute = 0; minute < 60; minute++) await countDue(db, at(minute))
    expect(await all()).toMatchObject([{ payments: 2 }])
  })
})

test('the hours of a route are those asked for, oldest first', async () => {
  await charged(...[3, 1, 2, 0].map((n) => charge(T0 + n * HOUR_MS)))
  for (const n of [2, 0, 3, 1]) await countHour(db, hour(n))
  const rows = await hoursOf(db, 'route_a', hour(1), hour(3))
  expect(rows.map((row) => row.hour)).toEqual([hour(1), hour(2)])
})
