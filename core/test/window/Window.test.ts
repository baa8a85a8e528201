import { Distinct, Sums } from '@pbstream/core/Window'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

type Event = { at: number; amount: bigint; count: number; name: string }

const window = fc.constantFrom(
  { length: 60_000, parts: 60 },
  { length: 3_600_000, parts: 12 },
  { length: 10, parts: 10 },
  { length: 7, parts: 1 },
)

/** In any order, some far apart, some taken back. */
const events = (length: number): fc.Arbitrary<Event[]> =>
  fc.array(
    fc.record({
      at: fc.oneof(fc.integer({ min: 0, max: 6 * length }), fc.integer({ min: 0, max: 500 * length })),
      amount: fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }),
      count: fc.constantFrom(1, 1, 1, -1),
      name: fc.constantFrom(...'abcdefghij'),
    }),
    { maxLength: 60 },
  )

/** The definition, by brute force: all events whose part is the newest time's or one of the `parts` before it. */
function inWindow(all: readonly Event[], now: number, { length, parts }: { length: number; parts: number }): Event[] {
  const part = (at: number): number => Math.floor(at / (length / parts))
  const last = Math.max(part(now), ...all.map(({ at }) => part(at)))
  return all.filter(({ at }) => part(at) >= last - parts)
}

const run = fc
  .record({ window, queries: fc.array(fc.nat(), { maxLength: 3 }) })
  .chain(({ window: cut, queries }) =>
    fc.record({ cut: fc.constant(cut), queries: fc.constant(queries), all: events(cut.length), restoreAt: fc.nat(60) }),
  )

describe('sums', () => {
  test('are those of brute force in whatever order events come, at every time, also after a restart', () => {
    fc.assert(
      fc.property(run, ({ cut, all, queries, restoreAt }) => {
        let sums = new Sums(cut)
        for (const [i, { at, amount, count }] of all.entries()) {
          if (i === restoreAt) sums = new Sums(cut, JSON.parse(JSON.stringify(sums)))
          sums.add(at, amount, count)
          const so = all.slice(0, i + 1)
          for (const now of [at, at + cut.length, ...queries.map((query) => query % (520 * cut.length))]) {
            const expected = inWindow(so, now, cut)
            expect(sums.count(now)).toBe(expected.reduce((sum, each) => sum + each.count, 0))
            expect(sums.sum(now)).toBe(expected.reduce((sum, each) => sum + each.amount, 0n))
          }
        }
      }),
      { numRuns: 300 },
    )
  })

  test('cover their length at least, and one part more at most', () => {
    const sums = new Sums({ length: 60_000, parts: 60 })
    sums.add(999, 5n)
    expect([sums.count(60_999), sums.sum(60_999)], 'a minute later').toEqual([1, 5n])
    expect([sums.count(61_000), sums.sum(61_000)], 'a part later').toEqual([0, 0n])
  })

  test('a reservation that is voided is out of the window from then on, and one that has left it is not subtracted', () => {
    const sums = new Sums({ length: 100, parts: 10 })
    sums.add(50, 7n)
    sums.add(60, 3n)
    sums.add(50, -7n, -1)
    expect([sums.count(60), sums.sum(60)]).toEqual([1, 3n])
    sums.add(500, 1n)
    sums.add(60, -3n, -1)
    expect([sums.count(500), sums.sum(500)]).toEqual([1, 1n])
  })

  test('time does not go back: an earlier question is answered as of the newest event', () => {
    const sums = new Sums({ length: 100, parts: 10 })
    sums.add(1_000, 7n)
    expect(sums.count(0)).toBe(1)
    sums.add(-5, 7n)
    expect(sums.count(1_000), 'older than time').toBe(1)
  })

  test('are of bounded size, whatever comes, and empty parts take none', () => {
    const sums = new Sums({ length: 60_000, parts: 60 })
    for (let i = 0; i < 100_000; i++) sums.add(i * 37, 10n ** 30n)
    expect(JSON.stringify(sums).length).toBeLessThan(61 * 64)
    sums.add(10 ** 12, 0n, 0)
    expect(sums.toJSON()).toEqual({ newest: 10 ** 9, parts: [] })
  })

  test.each([
    { length: 0, parts: 1 },
    { length: 10, parts: 0 },
    { length: 10, parts: 3 },
    { length: 10, parts: 2.5 },
    { length: -10, parts: 5 },
    { length: Infinity, parts: 5 },
  ])('refuses a window of $length ms in $parts parts', (cut) => {
    const message = `window: ${cut.length} ms cannot be cut into ${cut.parts} parts of whole milliseconds`
    expect(() => new Sums(cut)).toThrow(new RangeError(message))
    expect(() => new Distinct({ ...cut, most: 1 })).toThrow(new RangeError(message))
  })
})

describe('distinct names', () => {
  test('are those of brute force up to the most, in whatever order events come, also after a restart', () => {
    fc.assert(
      fc.property(run, fc.integer({ min: 1, max: 12 }), ({ cut, all, queries, restoreAt }, most) => {
        let distinct = new Distinct({ ...cut, most })
        for (const [i, { at, name }] of all.entries()) {
          if (i === restoreAt) distinct = new Distinct({ ...cut, most }, JSON.parse(JSON.stringify(distinct)))
          distinct.add(at, name)
          const so = all.slice(0, i + 1)
          for (const now of [at, at + cut.length, ...queries.map((query) => query % (520 * cut.length))]) {
            const expected = new Set(inWindow(so, now, cut).map((each) => each.name))
            expect(distinct.count(now)).toBe(Math.min(most, expected.size))
            if (expected.size <= most)
              for (const each of 'abcdefghij') expect(distinct.has(now, each)).toBe(expected.has(each))
          }
        }
      }),
      { numRuns: 300 },
    )
  })

  test('never keep more names than the most, and forget the one that was seen longest ago', () => {
    const distinct = new Distinct({ length: 100, parts: 10, most: 2 })
    distinct.add(10, 'a')
    distinct.add(20, 'b')
    distinct.add(30, 'a')
    distinct.add(40, 'c')
    expect(['a', 'b', 'c'].map((name) => distinct.has(40, name))).toEqual([true, false, true])
    expect(distinct.toJSON().names).toHaveLength(2)
  })

  test.each([0, -1, 1.5, Infinity])('refuse a most of %d', (most) => {
    const message = `window: the most is a whole number from 1, not ${most}`
    expect(() => new Distinct({ length: 10, parts: 10, most })).toThrow(new RangeError(message))
  })
})
