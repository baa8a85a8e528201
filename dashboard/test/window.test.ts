import { describe, expect, test } from 'vitest'
import { isNearEnd, windowOf } from '../src/ui/Window.ts'

const table = (over: object = {}) => ({ total: 100_000, rowHeight: 40, scrollTop: 0, height: 800, ...over })

describe('which rows are drawn', () => {
  test('at the start: those that are seen, and some beyond', () => {
    expect(windowOf(table())).toEqual({ from: 0, to: 44 })
  })

  test('in the middle: the seen ones are among them, and few others', () => {
    const scrollTop = 50_000 * 40
    const { from, to } = windowOf(table({ scrollTop }))
    expect(from).toBeLessThanOrEqual(50_000)
    expect(to).toBeGreaterThanOrEqual(50_020)
    expect(to - from).toBeLessThan(60)
  })

  test('at the end, and when the list got shorter meanwhile: its last rows', () => {
    expect(windowOf(table({ scrollTop: 99_980 * 40 })).to).toBe(100_000)
    const { from, to } = windowOf(table({ total: 200, scrollTop: 99_980 * 40 }))
    expect([from <= 180, to]).toEqual([true, 200])
  })

  test('of nothing none; of rows without a height all', () => {
    expect(windowOf(table({ total: 0 }))).toEqual({ from: 0, to: 0 })
    expect(windowOf(table({ total: 5, rowHeight: 0 }))).toEqual({ from: 0, to: 5 })
  })

  test('overscrolled upwards it is the start', () => {
    expect(windowOf(table({ scrollTop: -300 })).from).toBe(0)
  })
})

test('more is loaded when the end is near, not before', () => {
  expect(isNearEnd(table({ total: 100, scrollTop: 0 }))).toBe(false)
  expect(isNearEnd(table({ total: 100, scrollTop: 2800 }))).toBe(true)
})
