import { expect, test } from 'vitest'
import { beforeOf, isWithdrawable, type RateCard, type Route, standingOf } from '../src/pages/rates/Cards.ts'
import { askedOf, forecastChart } from '../src/pages/rates/ForecastChart.ts'
import { pricePoints } from '../src/pages/rates/PricePoints.ts'

const now = Date.parse('2026-11-23T12:00:00Z')
const card = (version: number, effectiveAt: string, withdrawnAt: string | null = null): RateCard => ({
  routeId: 'route_1',
  version,
  rule: { v: 1, kind: 'flat', amount: '1' },
  effectiveAt,
  withdrawnAt,
  createdAt: effectiveAt,
})
const route = { rateVersion: 2 } as Route
const past = card(1, '2026-11-01T00:00:00Z')
const current = card(2, '2026-11-20T00:00:00Z')
const withdrawn = card(3, '2026-12-01T00:00:00Z', '2026-11-22T00:00:00Z')
const coming = card(4, '2026-12-02T00:00:00Z')

test('a card is past, in force, coming or withdrawn', () => {
  expect([past, current, withdrawn, coming].map((each) => standingOf(each, route, now))).toEqual([
    'past',
    'in_force',
    'withdrawn',
    'coming',
  ])
})

test('a card can be taken back until a minute before it comes', () => {
  expect(isWithdrawable(coming, route, now)).toBe(true)
  expect(isWithdrawable(coming, route, Date.parse('2026-12-01T23:59:30Z'))).toBe(false)
  expect(isWithdrawable(current, route, now)).toBe(false)
})

test('a card is held against the one before it in time, not in version, and never against a withdrawn one', () => {
  const late = card(5, '2026-11-10T00:00:00Z')
  const all = [late, coming, withdrawn, current, past]
  expect(beforeOf(coming, all)?.version).toBe(2)
  expect(beforeOf(current, all)?.version).toBe(5)
  expect(beforeOf(past, all)).toBeUndefined()
})

test('a price holds until it changes', () => {
  const drawn = pricePoints(
    [
      { at: '2026-11-23T00:00:00.000Z', charge: '100' },
      { at: '2026-11-23T01:00:00.000Z', charge: '200' },
    ],
    'price',
  )
  expect(drawn.series[0]?.values).toEqual([100, 100, 200])
  expect(drawn.x).toEqual(drawn.x.toSorted((a, b) => a - b))
})

test('a forecast that is asked for in an address is one that there is', () => {
  expect(askedOf({ metric: 'magic', step: 'year', unit: 'Not a unit', level: '2' })).toEqual({
    metric: 'usage',
    step: 'hour',
    level: 0.8,
  })
  expect(askedOf({ metric: 'revenue', unit: 'image' })).not.toHaveProperty('unit')
})

test('the band is that of the level that was chosen', () => {
  const points = [
    {
      at: '2026-11-23T00:00:00.000Z',
      value: 5,
      intervals: [
        { level: 0.8, lower: 4, upper: 6 },
        { level: 0.95, lower: 1, upper: 9 },
      ],
    },
  ]
  expect(forecastChart(points, 0.95, 'likely').series[0]?.band).toEqual([[1], [9]])
})
