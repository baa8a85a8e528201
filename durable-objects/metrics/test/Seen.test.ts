import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import * as Lag from '../src/Lag.ts'
import * as Seen from '../src/Seen.ts'

function all(positions: number[]): { seen: Seen.Seen; fresh: number } {
  let seen: Seen.Seen = []
  let fresh = 0
  for (const position of positions) {
    const next = Seen.add(seen, position)
    if (next !== undefined) fresh++
    seen = next ?? seen
  }
  return { seen, fresh }
}

describe('positions that were seen', () => {
  test('are new once each, and end as one range when none is missing', () => {
    const positions = fc.uniqueArray(fc.integer({ min: 1, max: 60 }), { minLength: 1 })
    fc.assert(
      fc.property(positions, fc.infiniteStream(fc.nat()), (once, picks) => {
        const mixed = [...once, ...once.map((_, i) => once[(picks.next().value + i) % once.length] ?? 1)]
        const { seen, fresh } = all(mixed)
        expect(fresh).toBe(once.length)
        const inside = seen.flatMap(([first, last]) => Array.from({ length: last - first + 1 }, (_, i) => first + i))
        expect(inside).toEqual([...once].sort((a, b) => a - b))
        for (const [i, [first]] of seen.entries()) expect(first).toBeGreaterThan((seen[i - 1]?.[1] ?? -1) + 1)
      }),
    )
  })

  test('remember so many gaps and close the oldest, so that nothing is counted twice', () => {
    const odd = Array.from({ length: 300 }, (_, i) => 2 * i + 1)
    const { seen } = all(odd)
    expect(seen.length).toBe(Seen.GAPS_MAX + 1)
    expect(Seen.add(seen, 2)).toBeUndefined()
    expect(Seen.add(seen, 598)).toBeDefined()
  })
})

describe('marks', () => {
  test('survive being written down', () => {
    const marks = Lag.charged(Lag.charged([], 2n ** 90n, 5), 3n, 6)
    expect(Lag.decode(Lag.encode(marks))).toEqual(marks)
    expect(marks.map(({ cumulative }) => cumulative)).toEqual([3n, 2n ** 90n])
  })

  test('merged, stand for every charge and for its oldest time', () => {
    let marks: Lag.Marks = []
    for (let n = 1; n <= 500; n++) marks = Lag.charged(marks, BigInt(n), n)
    expect(marks.length).toBe(Lag.MARKS_MAX)
    expect(marks.reduce((sum, { count }) => sum + count, 0)).toBe(500)
    expect(Lag.oldest(marks, 0n)).toBe(1)
    expect(Lag.oldest(marks, 500n)).toBeUndefined()
  })
})
