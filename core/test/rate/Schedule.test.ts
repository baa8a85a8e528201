/** Prices by the clock on the wall, in zones that change it in their own ways. */
import * as Rate from '@pbstream/core/Rate'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { calendarDay, dateText, daysSince, find, timeText } from '../../src/rate/Zone.ts'
import { card, NOON, one, terms } from './cards.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR
const utc = (text: string) => Date.parse(text)

function scheduled(zone: string, windows: object[], unit = 'image'): Rate.Card {
  return one({ model: 'per_unit', amount: '100' }, { schedule: { zone, windows } }, unit)
}

/** The price of one image at a time: 100 outside of all windows. */
function at(rate: Rate.Card, text: string): bigint {
  return Rate.charge(rate, { units: { image: 1n } }, terms({ at: utc(text) }))
}

describe('windows', () => {
  const evening = { from: '18:00', to: '23:00', multiplier: '1.5' }

  test('begin at a minute and end before one', () => {
    const rate = scheduled('UTC', [evening])
    expect(at(rate, '2026-11-23T17:59:59.999Z')).toBe(100n)
    expect(at(rate, '2026-11-23T18:00:00Z')).toBe(150n)
    expect(at(rate, '2026-11-23T22:59:59.999Z')).toBe(150n)
    expect(at(rate, '2026-11-23T23:00:00Z')).toBe(100n)
  })

  test('are told by the clock of their zone', () => {
    const rate = scheduled('Asia/Kolkata', [evening])
    expect(at(rate, '2026-11-23T12:29:59Z')).toBe(100n)
    expect(at(rate, '2026-11-23T12:30:00Z')).toBe(150n)
  })

  test('that go past midnight belong to the day on which they begin', () => {
    const rate = scheduled('UTC', [{ days: ['fri'], from: '22:00', to: '06:00', multiplier: '2' }])
    expect(at(rate, '2026-11-27T05:00:00Z')).toBe(100n) // Friday morning
    expect(at(rate, '2026-11-27T21:59:59Z')).toBe(100n)
    expect(at(rate, '2026-11-27T22:00:00Z')).toBe(200n)
    expect(at(rate, '2026-11-28T05:59:59Z')).toBe(200n) // Saturday morning
    expect(at(rate, '2026-11-28T06:00:00Z')).toBe(100n)
    expect(at(rate, '2026-11-28T22:00:00Z')).toBe(100n)
  })

  test('to 00:00 and to 24:00 end with the day', () => {
    for (const to of ['00:00', '24:00']) {
      const rate = scheduled('UTC', [{ days: ['mon'], from: '12:00', to, multiplier: '2' }])
      expect(at(rate, '2026-11-23T11:59:59Z')).toBe(100n)
      expect(at(rate, '2026-11-23T23:59:59.999Z')).toBe(200n)
      expect(at(rate, '2026-11-24T00:00:00Z')).toBe(100n)
    }
  })

  test('without times are whole days, without a begin from midnight', () => {
    const rate = scheduled('UTC', [
      { dates: ['2026-12-25'], multiplier: '3' },
      { to: '01:00', multiplier: '2' },
    ])
    expect(at(rate, '2026-12-25T00:00:00Z')).toBe(300n)
    expect(at(rate, '2026-12-25T23:59:59.999Z')).toBe(300n)
    expect(at(rate, '2026-12-26T00:00:00Z')).toBe(200n)
    expect(at(rate, '2026-12-26T01:00:00Z')).toBe(100n)
    expect(at(rate, '2027-12-25T12:00:00Z')).toBe(100n)
  })

  test('match by all that they say: day, date and month', () => {
    const months = scheduled('UTC', [{ months: [2, 12], days: ['sun', 'mon'], multiplier: '2' }])
    expect(at(months, '2026-12-07T12:00:00Z')).toBe(200n)
    expect(at(months, '2026-12-06T12:00:00Z')).toBe(200n)
    expect(at(months, '2026-12-08T12:00:00Z')).toBe(100n)
    expect(at(months, '2026-11-23T12:00:00Z')).toBe(100n)
    expect(at(months, '2026-02-02T12:00:00Z')).toBe(200n)
    const dates = scheduled('UTC', [{ dates: ['2026-12-25', '2026-12-26'], days: ['sat'], multiplier: '2' }])
    expect(at(dates, '2026-12-25T12:00:00Z')).toBe(100n)
    expect(at(dates, '2026-12-26T12:00:00Z')).toBe(200n)
    expect(at(dates, '2026-12-27T12:00:00Z')).toBe(100n)
  })

  test('are tried in order: the first that matches counts', () => {
    const rate = scheduled('UTC', [
      { days: ['mon'], multiplier: '0' },
      { from: '11:00', to: '13:00', multiplier: '2' },
    ])
    expect(at(rate, '2026-11-23T12:00:00Z')).toBe(0n)
    expect(at(rate, '2026-11-24T12:00:00Z')).toBe(200n)
    expect(Rate.explain(rate, { units: {} }, terms({ at: utc('2026-11-24T12:00:00Z') })).schedule).toEqual({
      window: 1,
      multiplier: '2',
    })
  })

  test('count for all components, exactly, with one rounding', () => {
    const rate = card({
      components: [
        { unit: 'image', price: { model: 'per_unit', amount: '1', per: '3' } },
        { unit: 'byte', price: { model: 'per_unit', amount: '1', per: '7' } },
      ],
      schedule: { zone: 'UTC', windows: [{ multiplier: '0.333333' }] },
    })
    // (1/3 + 1/7) * 0.333333 * 6300000 = 999999
    const usage = { units: { image: 6_300_000n, byte: 6_300_000n } }
    expect(Rate.charge(rate, usage, terms())).toBe(999_999n)
    expect(Rate.charge(rate, { units: { image: 6_300_001n, byte: 6_300_000n } }, terms())).toBe(1_000_000n)
  })
})

describe('seconds', () => {
  const evening = [{ from: '18:00', to: '19:00', multiplier: '2' }]
  const rate = scheduled('UTC', evening, 'second')
  const from = utc('2026-11-23T17:59:50Z')

  test('are split exactly where another window begins and where it ends', () => {
    const cost = (ms: number) => Rate.charge(rate, { units: {}, times: [[from, from + ms]] }, terms({ at: from }))
    expect(cost(10_000)).toBe(1000n)
    expect(cost(10_001)).toBe(1001n) // a millisecond at 0.2, rounded up
    expect(cost(10_005)).toBe(1001n)
    expect(cost(11_000)).toBe(1200n)
    expect(cost(10_000 + HOUR)).toBe(1000n + 720_000n)
    expect(cost(11_000 + HOUR)).toBe(1000n + 720_000n + 100n)
  })

  test('are from the begin of the call where no times are said', () => {
    expect(Rate.charge(rate, { units: { second: 11_000n } }, terms({ at: from }))).toBe(1200n)
    expect(Rate.charge(rate, { units: { second: 999n }, times: [[from, from + 11_000]] }, terms({ at: 0 }))).toBe(1200n)
  })

  test('of several times are counted together; one that runs backwards is none', () => {
    const times: [number, number][] = [
      [from, from + 10_000],
      [from + 20_000, from + 15_000],
      [from + 30_000, from + 31_000],
    ]
    expect(Rate.charge(rate, { units: {}, times }, terms())).toBe(1200n)
    expect(Rate.tally({ units: { second: 1n }, times })).toEqual({ request: 1n, second: 11_000n })
    expect(Rate.charge(rate, { units: {}, times: [] }, terms())).toBe(0n)
  })

  test('count by tiers in the order of time', () => {
    const tiers = one(
      {
        model: 'graduated',
        tiers: [
          { upTo: '10', amount: '100' },
          { upTo: null, amount: '10' },
        ],
      },
      { schedule: { zone: 'UTC', windows: evening } },
      'second',
    )
    // 10 s at 100, then 10 s at 10 times 2.
    expect(Rate.charge(tiers, { units: { second: 20_000n } }, terms({ at: from }))).toBe(1200n)
    // 5 s before the window, 5 s in it, then the cheaper tier in it.
    expect(Rate.charge(tiers, { units: { second: 20_000n } }, terms({ at: from + 5000 }))).toBe(500n + 1000n + 200n)
  })

  test('are held at the dearest window, since nobody knows when the clock will start', () => {
    const bounds = { second: 2000n }
    expect(Rate.ceiling(rate, { bounds }, terms({ at: utc('2026-11-23T03:00:00Z') }))).toBe(400n)
    const cheap = scheduled('UTC', [{ from: '18:00', to: '19:00', multiplier: '0.5' }], 'second')
    expect(Rate.ceiling(cheap, { bounds }, terms({ at: utc('2026-11-23T18:30:00Z') }))).toBe(200n)
  })

  test('within a hold are found across a border', () => {
    const within = (hold: bigint) => Rate.within(rate, { units: {} }, 'second', hold, terms({ at: from }))
    expect(within(500n)).toBe(5000n)
    expect(within(1000n)).toBe(10_000n)
    expect(within(1200n)).toBe(11_000n)
    expect(within(1201n)).toBe(11_005n)
    const gone: [number, number][] = [
      [from - 60_000, from - 52_000],
      [from + 9000, from + 9500],
    ]
    const resumed = Rate.within(rate, { units: {}, times: gone }, 'second', 1200n, terms({ at: from - 60_000 }))
    // 8 s before the pause and 1 s after it cost 900; the rest is dear.
    expect(resumed).toBe(10_500n)
    expect(Rate.within(rate, { units: {}, times: [] }, 'second', 500n, terms({ at: from }))).toBe(5000n)
    const free = scheduled('UTC', [{ multiplier: '0' }], 'second')
    expect(Rate.within(free, { units: {} }, 'second', 0n, terms())).toBeUndefined()
  })

  test('of a call without end are 400 days', () => {
    const cost = Rate.charge(rate, { units: { second: 1n << 200n } }, terms({ at: 0 }))
    expect(cost).toBe(400n * 100n * (86_400n + 3600n))
  })
})

describe('a window of 02:00 to 03:00 where clocks are changed', () => {
  const night = [{ from: '02:00', to: '03:00', multiplier: '2' }]
  const night1 = [{ from: '01:00', to: '02:00', multiplier: '2' }]
  // In milliseconds: how long the window is, on the day of the change in UTC.
  test.each([
    ['Europe/Zurich', night, '2026-03-28T12:00:00Z', 0],
    ['Europe/Zurich', night, '2026-10-24T12:00:00Z', 2 * HOUR],
    ['Europe/Zurich', night, '2026-06-24T12:00:00Z', HOUR],
    ['Europe/Zurich', [{ from: '01:00', to: '05:00', multiplier: '2' }], '2026-03-28T12:00:00Z', 3 * HOUR],
    ['Europe/Zurich', [{ from: '01:00', to: '05:00', multiplier: '2' }], '2026-10-24T12:00:00Z', 5 * HOUR],
    ['Europe/London', night1, '2026-03-28T12:00:00Z', 0],
    ['Europe/London', night1, '2026-10-24T12:00:00Z', 2 * HOUR],
    ['America/New_York', night, '2026-03-07T12:00:00Z', 0],
    ['America/New_York', night1, '2026-10-31T12:00:00Z', 2 * HOUR],
    ['Australia/Lord_Howe', night, '2026-10-03T06:00:00Z', HOUR / 2],
    ['Australia/Lord_Howe', night1, '2026-04-04T06:00:00Z', 1.5 * HOUR],
    ['Asia/Kolkata', night, '2026-10-24T12:00:00Z', HOUR],
    ['America/Santiago', [{ to: '01:00', multiplier: '2' }], '2026-09-05T12:00:00Z', 0],
    ['America/Santiago', [{ from: '23:00', multiplier: '2' }], '2026-04-04T12:00:00Z', 2 * HOUR],
  ])('%s %j from %s: %d ms', (zone, windows, day, length) => {
    const from = utc(day)
    const rate = scheduled(zone, windows, 'second')
    const cost = Rate.charge(rate, { units: {}, times: [[from, from + DAY]] }, terms())
    expect(cost).toBe(BigInt(DAY + length) / 10n)
    // Minute by minute, each asked for itself.
    const single = scheduled(zone, windows)
    let dear = 0
    for (let time = from; time < from + DAY; time += 60_000) {
      if (Rate.charge(single, { units: { image: 1n } }, terms({ at: time })) === 200n) dear += 60_000
    }
    expect(dear).toBe(length)
  })

  test('a time is priced alike whole and in any pieces, across both changes', () => {
    const zones = fc.constantFrom('Europe/Zurich', 'America/New_York', 'Australia/Lord_Howe', 'America/Santiago', 'UTC')
    const starts = fc.constantFrom('2026-03-28T18:00:00Z', '2026-10-24T18:00:00Z', '2026-04-04T06:00:00Z').map(utc)
    const pieces = fc.array(fc.integer({ min: 0, max: 9 * HOUR }), { minLength: 1, maxLength: 5 })
    const windows = [
      { from: '22:15', to: '02:30', multiplier: '2' },
      { days: ['sun'], multiplier: '0.5' },
    ]
    fc.assert(
      fc.property(zones, starts, pieces, (zone, start, lengths) => {
        // 1000 a second: no piece is rounded.
        const rate = one({ model: 'per_unit', amount: '2000' }, { schedule: { zone, windows } }, 'second')
        const cost = (times: [number, number][]) => Rate.charge(rate, { units: {}, times }, terms({ at: start }))
        const times: [number, number][] = []
        let end = start
        for (const length of lengths) times.push([end, (end += length)])
        expect(cost(times)).toBe(cost([[start, end]]))
        expect(times.reduce((total, time) => total + cost([time]), 0n)).toBe(cost([[start, end]]))
      }),
    )
  })
})

describe('periods', () => {
  const of = (every: string, zone: string) => one({ model: 'per_unit', amount: '1' }, { period: { every, zone } })

  test.each([
    ['month', 'UTC', '2026-11-30T23:59:59.999Z', '2026-11'],
    ['month', 'UTC', '2026-12-01T00:00:00Z', '2026-12'],
    ['month', 'Asia/Shanghai', '2026-11-30T15:59:59Z', '2026-11'],
    ['month', 'Asia/Shanghai', '2026-11-30T16:00:00Z', '2026-12'],
    ['day', 'America/New_York', '2026-11-24T04:59:59Z', '2026-11-23'],
    ['day', 'America/New_York', '2026-11-24T05:00:00Z', '2026-11-24'],
    ['day', 'UTC', '2028-02-29T12:00:00Z', '2028-02-29'],
  ])('%s in %s at %s: %s', (every, zone, time, period) => {
    expect(Rate.periodOf(of(every, zone), utc(time))).toBe(period)
  })

  test('of cards without one are none', () => {
    expect(Rate.periodOf(one({ model: 'per_unit', amount: '1' }), NOON)).toBeUndefined()
  })
})

describe('the calendar', () => {
  test('is that of JavaScript', () => {
    fc.assert(
      fc.property(fc.integer({ min: -800_000, max: 2_900_000 }), (day) => {
        const date = new Date(day * DAY)
        const here = calendarDay(day)
        expect(here).toEqual({
          year: date.getUTCFullYear(),
          month: date.getUTCMonth() + 1,
          day: date.getUTCDate(),
          weekday: date.getUTCDay() || 7,
        })
        expect(daysSince(here.year, here.month, here.day)).toBe(day)
        if (here.year >= 1000 && here.year <= 9999) expect(dateText(day)).toBe(date.toISOString().slice(0, 10))
      }),
    )
    const wrong: number[] = []
    for (let day = -1000; day < 40_000; day += 1) {
      const { year, month, day: number } = calendarDay(day)
      if (Date.UTC(year, month - 1, number) !== day * DAY) wrong.push(day)
    }
    expect(wrong).toEqual([])
  })

  test('offsets are those of Intl, asked in any order', () => {
    const zones = ['Europe/Zurich', 'Africa/Casablanca', 'Pacific/Apia', 'Africa/Monrovia', 'Asia/Kathmandu']
    const time = fc.integer({ min: 0, max: utc('2040-01-01T00:00:00Z') })
    fc.assert(
      fc.property(fc.constantFrom(...zones), time, fc.nat(40_000_000), (name, first, more) => {
        for (const at of [first, first + more, first]) {
          const { day, time: ms } = find(name)?.local(at) ?? { day: 0, time: 0 }
          const expected = new Date(at).toLocaleString('sv-SE', { timeZone: name })
          expect(`${dateText(day)} ${timeText(ms)}`).toBe(expected)
        }
      }),
    )
  })

  test('a change of the clock within a quarter of an hour is found to the millisecond', () => {
    // Liberia went from 44:30 behind to UTC at 00:44:30.
    const change = utc('1972-01-07T00:44:30Z')
    const zone = find('Africa/Monrovia')
    expect(zone?.offset(change - 1)).toBe(-2_670_000)
    expect(zone?.offset(change)).toBe(0)
    expect(zone?.nextChange(change - HOUR, change + HOUR)).toBe(change)
    expect(zone?.nextChange(change, change + HOUR)).toBe(change + HOUR)
  })

  test('what is no time is the nearest that is one', () => {
    const zone = find('UTC')
    const last = utc('9999-12-31T23:59:59.999Z')
    for (const odd of [-1, NaN, -Infinity]) expect(zone?.local(odd)).toEqual({ day: 0, time: 0 })
    for (const odd of [last + 1, Infinity, 1e300]) expect(zone?.local(odd).day).toBe(Math.floor(last / DAY))
    expect(zone?.local(1.9)).toEqual({ day: 0, time: 1 })
  })

  test.each(['', 'Mars/Base', '+01:00', '-1', 'Europe/Zurich ', 'a'.repeat(65), '../etc'])('%j is no zone', (name) => {
    expect(find(name)).toBeUndefined()
  })

  test('a zone is made once', () => expect(find('Europe/Paris')).toBe(find('Europe/Paris')))
})
