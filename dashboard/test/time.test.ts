import { afterEach, describe, expect, test } from 'vitest'
import { duration, formatDay, formatTime, relative } from '../src/format/Time.ts'
import { localText } from '../src/ui/TimeInput.tsx'
import { locale } from '../src/text.ts'

const NOON = Date.UTC(2026, 10, 23, 12, 4, 31)
const MINUTE = 60_000

afterEach(() => {
  locale.value = 'en'
})

test('a time is written with the day first, by 24 hours', () => {
  expect(formatTime(NOON, { timeZone: 'UTC' })).toBe('23 Nov 2026, 12:04:31')
  expect(formatTime('2026-11-23T00:04:31Z', { timeZone: 'UTC', seconds: false })).toBe('23 Nov 2026, 00:04')
})

test('in Chinese it is written in Chinese', () => {
  locale.value = 'zh'
  expect(formatDay(NOON, { timeZone: 'UTC' })).toBe('2026年11月23日')
})

test('what is no time is a dash', () => {
  expect([formatTime('soon'), relative('soon', NOON)]).toEqual(['–', '–'])
})

describe('how long ago', () => {
  test.each([
    [0, 'now'],
    [-59_000, '59 seconds ago'],
    [-MINUTE, '1 minute ago'],
    [-90 * MINUTE, '1 hour ago'],
    [2 * MINUTE, 'in 2 minutes'],
    [-3 * 24 * 60 * MINUTE, '3 days ago'],
  ])('%i ms from now is %s', (offset, text) => {
    expect(relative(NOON + offset, NOON)).toBe(text)
  })

  test('beyond a month it is the day', () => {
    expect(relative(NOON - 40 * 24 * 60 * MINUTE, NOON)).toBe('14 Oct 2026')
  })
})

describe('spans', () => {
  test.each([
    [-5, '0 s'],
    [0, '0 s'],
    [59.9, '59 s'],
    [60, '1 min'],
    [250, '4 min 10 s'],
    [3600, '1 h'],
    [3605, '1 h'],
    [86_400, '1 day'],
    [2 * 86_400 + 3 * 3600 + 59, '2 days 3 h'],
  ])('%d s is %s', (seconds, text) => {
    expect(duration(seconds)).toBe(text)
  })

  test('are written in Chinese too', () => {
    locale.value = 'zh'
    expect(duration(2 * 86_400 + 3 * 3600)).toBe('2 天 3 小时')
  })
})

test('an input for times takes what it gave', () => {
  const ms = new Date(2026, 0, 2, 3, 4).getTime()
  expect(localText(ms)).toBe('2026-01-02T03:04')
  expect(new Date(localText(ms)).getTime()).toBe(ms)
})
