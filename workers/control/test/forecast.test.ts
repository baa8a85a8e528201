/** Forecasts of routes over HTTP: what they are made from, how they are shown, and who may see them. */
import * as Forecast from '@pbstream/core/Forecast'
import { HOUR_MS, type UsageHour } from '@pbstream/db/UsageHours'
import { beforeEach, describe, expect, test, vi } from 'vitest'
import { historyOf, windowOf } from '../src/forecast/History.ts'
import worker from '../src/index.ts'
import { api, apiEnv, keyOf } from './people.ts'
import { alice, bob, call, openShop, provider, route } from './shop.ts'
import { db } from './support.ts'

/** A Wednesday, 12:30. */
const NOW = Date.UTC(2026, 10, 25, 12, 30)
const HOUR = Date.UTC(2026, 10, 25, 12)
const DAY_MS = 24 * HOUR_MS

// Before anybody signs in: a session ends by the clock.
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'], now: NOW })
  return () => void vi.useRealTimers()
})
openShop()

beforeEach(async () => {
  await db.orm.delete(db.tables.usageHour)
})

const busy = (h: number) => 100 + Math.round(50 * Math.sin((2 * Math.PI * h) / 24)) + ((h * 7919) % 11)

/** Hours up to now, the newest last; `over` of the hour that is `back` ago. */
function hours(routeId: string, count: number, over: (back: number) => Partial<UsageHour> = () => ({})): UsageHour[] {
  return Array.from({ length: count }, (_, i) => {
    const back = count - i
    const hour = new Date(HOUR - back * HOUR_MS)
    return { routeId, hour, payments: busy(i), amount: String(3 * busy(i)), units: {}, ...over(back) }
  })
}

async function sold(rows: UsageHour[]): Promise<void> {
  for (let from = 0; from < rows.length; from += 20) {
    await db.orm.insert(db.tables.usageHour).values(rows.slice(from, from + 20))
  }
}

async function shop(): Promise<string> {
  const { id } = await provider()
  return (await route(id)).id
}

type Body = {
  history: { from: string | null; until: string; values: number }
  points: { at: string; value: number; intervals: { level: number; lower: number; upper: number }[] }[]
  folds: ({ at: string } & Forecast.Accuracy)[]
  mean: Forecast.Accuracy | null
  [name: string]: unknown
}

async function get(id: string, query: string, as: Parameters<typeof call>[0] = alice, what = 'forecast') {
  const { status, json, text } = await api('GET', `/routes/${id}/${what}?${query}`, call(as))
  expect([status, text]).toEqual([200, text])
  return json as Body
}

describe('a forecast', () => {
  test('is that of the whole hours that are over, with times and intervals', async () => {
    const id = await shop()
    const rows = hours(id, 400)
    await sold([...rows, { ...rows[0]!, hour: new Date(HOUR), payments: 1_000_000 }])
    const body = await get(id, 'metric=usage&horizon=30')
    expect(body).toMatchObject({
      routeId: id,
      metric: 'usage',
      unit: null,
      step: 'hour',
      history: { from: new Date(HOUR - 400 * HOUR_MS).toISOString(), until: new Date(HOUR).toISOString(), values: 400 },
    })
    const values = rows.map(({ payments }) => payments)
    const { points, intervals, models, origins } = Forecast.forecast(values, { season: 24, cycle: 168, horizon: 30 })
    expect(body.points.map(({ value }) => value)).toEqual(points)
    expect(body.points.map(({ at }) => Date.parse(at))).toEqual(points.map((_, h) => HOUR + h * HOUR_MS))
    expect(body.points[5]!.intervals).toEqual(
      intervals.map(({ level, lower, upper }) => ({ level, lower: lower[5], upper: upper[5] })),
    )
    expect(body).toMatchObject({ models, origins })
  })

  test('is of revenue, price, units, days; by 48 hours or 14 days where nothing is said', async () => {
    const id = await shop()
    await sold(hours(id, 24 * 30, (back) => ({ units: { output_token: String(back % 24 === 0 ? 240 : 24) } })))
    const revenue = await get(id, 'metric=revenue')
    expect(revenue.points).toHaveLength(48)
    expect(revenue.points[0]!.value).toBeGreaterThan(150)
    const price = await get(id, 'metric=price')
    for (const { value } of price.points) expect(value).toBeCloseTo(3, 6)
    const tokens = await get(id, 'metric=usage&unit=output_token&horizon=24')
    expect(tokens.unit).toBe('output_token')
    expect(tokens.points[0]!.value).toBeGreaterThan(120)
    expect(tokens.points[1]!.value).toBeLessThan(60)
    const days = await get(id, 'metric=usage&step=day')
    expect(days.points).toHaveLength(14)
    // Thirty days of hours until noon: the day that began without the route and the one that goes on are left out.
    expect(days.history).toEqual({ from: '2026-10-27T00:00:00.000Z', until: '2026-11-25T00:00:00.000Z', values: 29 })
    for (const { value } of days.points) expect(Math.abs(value - 24 * 105)).toBeLessThan(150)
  })

  test('of a route that sold nothing has no points', async () => {
    const id = await shop()
    const until = new Date(HOUR).toISOString()
    const none = { history: { from: null, until, values: 0 }, points: [], models: [], origins: 0 }
    expect(await get(id, 'metric=revenue')).toMatchObject(none)
    await sold([{ routeId: id, hour: new Date(HOUR - HOUR_MS), payments: 4, amount: '40', units: {} }])
    expect(await get(id, 'metric=price&unit=image')).toMatchObject(none)
    expect((await get(id, 'metric=price')).points[0]!.value).toBe(10)
    expect(await get(id, 'metric=usage&step=day')).toMatchObject({ points: [] })
  })

  test('of a unit named like a member of every object is of nothing', async () => {
    const id = await shop()
    await sold(hours(id, 60))
    for (const unit of ['constructor', 'valueof', '__proto__']) {
      const { status, json } = await api('GET', `/routes/${id}/forecast?metric=usage&unit=${unit}`, call(alice))
      const largest = Math.max(...((json as Body).points ?? []).map(({ value }) => value), 0)
      expect([unit, status, largest]).toEqual([unit, unit === '__proto__' ? 400 : 200, 0])
    }
  })

  test('is nobody else’s, needs the scope, and takes only what it documents', async () => {
    const id = await shop()
    const path = (query: string) => `/routes/${id}/forecast${query}`
    expect((await api('GET', path('?metric=usage'), call(bob))).status).toBe(404)
    expect((await api('GET', path('?metric=usage'), { ...call(alice), mode: 'live' })).status).toBe(404)
    const { text: other } = await keyOf(alice.owner, 'test', ['audit:read'])
    expect((await api('GET', path('?metric=usage'), { as: other })).json['code']).toBe('scope_missing')
    const { text: reader } = await keyOf(alice.owner, 'test', ['providers:read'])
    expect((await api('GET', path('?metric=usage'), { as: reader })).status).toBe(200)
    const wrong = ['', '?metric=all', '?metric=usage&step=week', '?metric=usage&horizon=0', '?metric=usage&horizon=337']
    for (const query of [...wrong, '?metric=usage&horizon=1.5', '?metric=usage&unit=A', '?metric=usage&season=5']) {
      const { status, json } = await api('GET', path(query), call(alice))
      expect([query, status, json['code']]).toEqual([query, 400, 'validation_failed'])
    }
    const folds = await api('GET', `/routes/${id}/forecast/backtest?metric=usage&folds=11`, call(alice))
    expect(folds.status).toBe(400)
  })
})

describe('a backtest', () => {
  test('has the figures of each fold and their mean', async () => {
    const id = await shop()
    const rows = hours(id, 300)
    await sold(rows)
    const body = await get(id, 'metric=usage&folds=3&horizon=12', alice, 'forecast/backtest')
    const options = { season: 24, cycle: 168, horizon: 12, folds: 3 }
    const expected = Forecast.backtest(
      rows.map(({ payments }) => payments),
      options,
    )
    expect(body.folds.map(({ at }) => Date.parse(at))).toEqual([36, 24, 12].map((back) => HOUR - back * HOUR_MS))
    expect(body.folds.map(({ mase }) => mase)).toEqual(expected.folds.map(({ mase }) => mase))
    expect(body.mean).toEqual(expected.mean)
    expect(body['needs']).toBe(60)
  })

  test('says how much it needs where the history is too short, and null where nothing ever changed', async () => {
    const id = await shop()
    await sold(hours(id, 71, () => ({ payments: 5, amount: '5' })))
    const short = await get(id, 'metric=usage', alice, 'forecast/backtest')
    expect(short).toMatchObject({ needs: 72, folds: [], mean: null })
    await sold([{ routeId: id, hour: new Date(HOUR - 72 * HOUR_MS), payments: 5, amount: '5', units: {} }])
    const still = await get(id, 'metric=usage', alice, 'forecast/backtest')
    expect(still.mean).toMatchObject({ mase: null, smape: 0, naive: { mase: null, smape: 0 } })
    expect(still.folds).toHaveLength(1)
  })
})

describe('the history', () => {
  const row = (back: number, payments: number, amount: number): UsageHour => {
    return { routeId: 'r', hour: new Date(HOUR - back * HOUR_MS), payments, amount: String(amount), units: {} }
  }

  test('has no gaps: nothing was used and earned, and the price stayed', () => {
    const rows = [row(5, 0, 0), row(4, 2, 10), row(2, 1, 8)]
    const of = (metric: 'usage' | 'revenue' | 'price') => historyOf(rows, { metric, step: 'hour' }, HOUR)
    expect(of('usage')).toEqual({ from: HOUR - 5 * HOUR_MS, values: [0, 2, 0, 1, 0] })
    expect(of('revenue').values).toEqual([0, 10, 0, 8, 0])
    expect(of('price')).toEqual({ from: HOUR - 4 * HOUR_MS, values: [5, 5, 8, 8] })
  })

  test('ends five minutes late, with whole steps, eight weeks or a year back', () => {
    expect(windowOf('hour', HOUR + 5 * 60_000)).toEqual({ from: HOUR - 1_344 * HOUR_MS, until: HOUR })
    expect(windowOf('hour', HOUR + 5 * 60_000 - 1).until).toBe(HOUR - HOUR_MS)
    const midnight = Date.UTC(2026, 10, 25)
    expect(windowOf('day', NOW)).toEqual({ from: midnight - 365 * DAY_MS, until: midnight })
  })
})

test('the minute’s job counts the hour that is over', async () => {
  const id = await shop()
  const charge = { session: 's', channelId: '0x01' as const, routeId: id, debit: 'a', credit: 'b', amount: '7' }
  const { microPayment, usageHour } = db.tables
  await db.orm.insert(microPayment).values([
    { ...charge, seq: 1, at: new Date(HOUR - 5), usage: { image: '2' } },
    { ...charge, seq: 2, at: new Date(HOUR + 5) },
  ])
  await worker.scheduled({} as ScheduledController, apiEnv())
  const hour = new Date(HOUR - HOUR_MS)
  expect(await db.orm.select().from(usageHour)).toEqual([
    { routeId: id, hour, payments: 1, amount: '7', units: { image: '2' } },
  ])
})
