import * as Claims from '@pbstream/core/rate/Claims'
import type * as Rate from '@pbstream/core/Rate'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

const count = fc.bigInt({ min: 1n, max: 2n ** 96n })
const unit = fc.constantFrom('request', 'input_token', 'output_token', 'second', 'custom.page')
const units = fc.dictionary(unit, count)
const text = fc.constantFrom('vip1', '0.9', '1', '-7')
const optional = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined })
const time = fc.integer({ min: 0, max: 2 ** 45 })
const terms = fc
  .record({
    at: time,
    level: optional(text),
    multiplier: optional(text),
    signals: optional(fc.dictionary(fc.constantFrom('load', 'price'), text)),
    position: optional(fc.record({ units, charged: fc.bigInt({ min: 0n, max: 2n ** 127n }) })),
  })
  .map((all) => Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)) as Rate.Terms)
const times = fc.array(fc.tuple(time, time), { maxLength: 3 })

/** As it is signed, sent and read. */
const sent = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T

describe('claims of a charge', () => {
  test('say all that it depended on', () => {
    fc.assert(
      fc.property(terms, optional(times), (given, spans) => {
        const claim = Claims.terms.parse(sent(Claims.ofTerms(given, spans)))
        expect(Claims.toTerms(claim)).toEqual(given)
        expect(Claims.toUsage({ input_token: '3' }, claim)).toEqual(
          spans === undefined ? { units: { input_token: 3n } } : { units: { input_token: 3n }, times: spans },
        )
      }),
    )
  })

  test('are as short as can be', () => {
    expect(Claims.ofTerms({ at: 5 })).toEqual({ at: 5 })
    expect(Claims.ofTerms({ at: 5, position: { units: { byte: 0n, second: 2n }, charged: 0n } })).toEqual({
      at: 5,
      pos: { u: { second: '2' }, c: '0' },
    })
    const all = { at: 5, signals: { load: '1' }, level: 'a', multiplier: '2' }
    expect(Claims.ofTerms(all, [[1, 2]])).toEqual({ at: 5, sg: { load: '1' }, lv: 'a', mu: '2', ts: [[1, 2]] })
    expect(Claims.toUsage({})).toEqual({ units: {} })
  })

  test.each([
    {},
    { at: -1 },
    { at: 1.5 },
    { at: '1' },
    { at: 1, sg: { load: 1 } },
    { at: 1, sg: { load: '1'.repeat(41) } },
    { at: 1, lv: 'x'.repeat(65) },
    { at: 1, mu: 2 },
    { at: 1, mu: '1'.repeat(17) },
    { at: 1, pos: { u: {} } },
    { at: 1, pos: { u: { byte: 1 }, c: '0' } },
    { at: 1, pos: { u: {}, c: '-1' } },
    { at: 1, ts: [[1]] },
    { at: 1, ts: [[1, -2]] },
    { at: 1, ts: Array.from({ length: 1_001 }, () => [1, 2]) },
  ])('are not %j', (claim) => expect(Claims.terms.safeParse(claim).success).toBe(false))
})

describe('claims of a quote', () => {
  test('have the bounds exactly, whatever their size', () => {
    const bounds = { output_token: 2n ** 106n, reported: 0n }
    const claim = Claims.ofBounds(bounds)
    expect(claim).toEqual({ output_token: String(2n ** 106n), reported: '0' })
    expect(Claims.bounds.parse(claim)).toEqual(claim)
  })

  test.each([{ 'Output token': '1' }, { output_token: 1 }, { output_token: '01' }, { output_token: '-1' }, ['1'], 'x'])(
    'have no bounds like %j',
    (claim) => expect(Claims.bounds.safeParse(claim).success).toBe(false),
  )

  test('have the moment and the signals, and nothing of the customer', () => {
    const given = { at: 5, signals: { load: '1' }, level: 'vip1', multiplier: '0.5' }
    expect(Claims.ofList(given)).toEqual({ at: 5, sg: { load: '1' } })
    expect(Claims.ofList({ at: 5 })).toEqual({ at: 5 })
    expect(Claims.listTerms.parse({ at: 5, lv: 'vip1' })).toEqual({ at: 5 })
  })
})
