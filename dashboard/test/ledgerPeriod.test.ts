import { describe, expect, it } from 'vitest'
import { dayOf, periodOf, presetOf } from '../src/pages/ledger/Period.ts'

const now = new Date(2026, 10, 23, 15, 30).getTime()

describe('usual periods', () => {
  it.each([
    ['7d', '2026-11-17', '2026-11-23'],
    ['30d', '2026-10-25', '2026-11-23'],
    ['month', '2026-11-01', '2026-11-23'],
    ['last_month', '2026-10-01', '2026-10-31'],
  ] as const)('%s', (preset, from, until) => {
    expect(presetOf(preset, now)).toEqual({ from, until })
  })

  it('last month in January is December of the year before', () => {
    expect(presetOf('last_month', new Date(2026, 0, 5).getTime())).toEqual({ from: '2025-12-01', until: '2025-12-31' })
  })

  it('all has no ends', () => {
    expect(presetOf('all', now)).toEqual({})
  })
})

describe('what the API is asked', () => {
  it('from the first moment of the first day to the last of the last', () => {
    expect(periodOf({ from: '2026-11-01', until: '2026-11-30' })).toEqual({
      since: new Date(2026, 10, 1).toISOString(),
      until: new Date(2026, 11, 1).toISOString(),
    })
  })

  it.each(['', 'yesterday', '2026-11', '2026-11-01T00:00'])('%j is no day and is left out', (day) => {
    expect(periodOf({ from: day, until: day })).toEqual({})
  })
})

it('a day is that of the time zone here', () => {
  expect(dayOf(new Date(2026, 0, 9, 23, 59).getTime())).toBe('2026-01-09')
})
