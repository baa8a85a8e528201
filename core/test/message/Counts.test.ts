import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { sessionEvent } from '../../src/message/Event.ts'
import * as Counts from '../../src/message/Counts.ts'
import * as Journal from '../../src/Journal.ts'

describe('counts', () => {
  test('are decimal strings by unit', () => {
    for (const good of [
      {},
      { request: '0' },
      { output_token: '12', 'custom.gpu-hour': '1' },
      { second: '9'.repeat(29) },
    ]) {
      expect(Counts.isCounts(good), JSON.stringify(good)).toBe(true)
    }
    const wrong: unknown[] = [
      null,
      undefined,
      'x',
      5,
      [],
      ['1'],
      { a: 1 },
      { a: '' },
      { a: '-1' },
      { a: '01' },
      { a: '1.5' },
    ]
    const names = ['', 'A', '1a', 'a b', 'a.', '.a', 'a.b.c', 'a'.repeat(33), `a.${'b'.repeat(33)}`, '_a']
    for (const bad of [...wrong, { a: '9'.repeat(30) }, ...names.map((name) => ({ [name]: '1' }))]) {
      expect(Counts.isCounts(bad), JSON.stringify(bad)).toBe(false)
    }
    const many = (n: number) => Object.fromEntries(Array.from({ length: n }, (_, i) => [`custom.u${i}`, '1']))
    expect([Counts.isCounts(many(32)), Counts.isCounts(many(33))]).toEqual([true, false])
    expect([Counts.isUnit('a'.repeat(32)), Counts.isUnit(`a.${'b'.repeat(32)}`)]).toEqual([true, true])
  })

  test('add up by unit, and a unit that only one has is kept', () => {
    expect(Counts.add({ a: '1', b: '2' }, { b: '3', c: '4' })).toEqual({ a: '1', b: '5', c: '4' })
    const some = { a: '1' }
    expect(Counts.add(some, {})).toBe(some)
    expect(Counts.add({}, some)).toEqual(some)
    expect(some).toEqual({ a: '1' })
  })

  test('stop at the most there is', () => {
    const most = String(2n ** 96n)
    expect(Counts.add({ a: most }, { a: '1' })).toEqual({ a: most })
    expect(Counts.add({ a: String(2n ** 96n - 1n) }, { a: '1' })).toEqual({ a: most })
    expect(Counts.fromUnits({ a: 2n ** 200n })).toEqual({ a: most })
    expect(Counts.isCounts({ a: most })).toBe(true)
  })

  test('leave out units beyond those that came first, and go on counting these', () => {
    const full = Object.fromEntries(Array.from({ length: 32 }, (_, i) => [`u${i}`, '1']))
    expect(Counts.add(full, { u0: '1', other: '5' })).toEqual({ ...full, u0: '2' })
    const { u31: _, ...almost } = full
    expect(Counts.add(almost, { other: '5', more: '6' })).toEqual({ ...almost, other: '5' })
  })

  test('are calculated with as bigint, and come back without what is none', () => {
    expect(Counts.toUnits({ a: '1', b: '0' })).toEqual({ a: 1n, b: 0n })
    expect(Counts.fromUnits({ a: 1n, b: 0n, c: -1n })).toEqual({ a: '1' })
    const units = fc.dictionary(fc.constantFrom('a', 'b', 'c'), fc.bigInt({ min: 1n, max: 2n ** 90n }))
    const property = fc.property(units, units, (one, two) => {
      expect(Counts.toUnits(Counts.fromUnits(one))).toEqual({ ...one })
      const sum = Counts.toUnits(Counts.add(Counts.fromUnits(one), Counts.fromUnits(two)))
      for (const unit of ['a', 'b', 'c']) expect(sum[unit] ?? 0n).toBe((one[unit] ?? 0n) + (two[unit] ?? 0n))
    })
    fc.assert(property, { numRuns: 200 })
  })

  test('belong to a month or a day', () => {
    for (const good of ['2026-11', '2026-11-23']) expect(Counts.isPeriod(good)).toBe(true)
    for (const bad of ['', '2026', '2026-1', '2026-11-', '2026-11-23T', 'x2026-11', 202611, null]) {
      expect(Counts.isPeriod(bad), String(bad)).toBe(false)
    }
  })
})

describe('the event of a session', () => {
  const session = { chainId: 1, contract: '0x01', payer: '0x02', payerAuthorizer: '0x03' }
  const event = { v: 1, kind: 'session', session, channels: [], rows: [] }
  const total = { routeId: 'r', period: '2026-11', units: { output_token: '8' }, charged: '5', revision: 3 }
  const row = { seq: 1, kind: 'charge', channelId: '0x04', debit: 'escrow', credit: 'earned', amount: '0', at: 5 }

  test('may tell totals and the usage of its rows, and need not', () => {
    expect(sessionEvent.parse(event)).not.toHaveProperty('usage')
    const full = { ...event, rows: [{ ...row, usage: { output_token: '8' } }], usage: [total] }
    expect(sessionEvent.parse(full)).toEqual(full)
  })
  test('tells nothing that is no count, no period and no amount', () => {
    for (const over of [{ units: { A: '1' } }, { period: 'always' }, { charged: '-1' }, { revision: -1 }]) {
      const { success, error } = sessionEvent.safeParse({ ...event, usage: [{ ...total, ...over }] })
      expect(success, JSON.stringify(over)).toBe(false)
      expect(error?.issues[0]?.path.slice(0, 2)).toEqual(['usage', 0])
    }
    expect(sessionEvent.safeParse({ ...event, rows: [{ ...row, usage: { a: 'x' } }] }).success).toBe(false)
    const period = sessionEvent.safeParse({ ...event, usage: [{ ...total, period: 'always' }] })
    expect(period.error?.issues[0]?.message).toBe('not a period')
    const units = sessionEvent.safeParse({ ...event, usage: [{ ...total, units: { A: '1' } }] })
    expect(units.error?.issues[0]?.message).toBe('not counts of units')
  })
})

test('a charge of nothing moves nothing between the accounts of any other charge', () => {
  expect(Journal.uncharged).toEqual({ kind: 'charge', debit: 'escrow', credit: 'earned', amount: 0n })
})
