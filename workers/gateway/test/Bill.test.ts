import * as Rate from '@pbstream/core/Rate'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bill, countsOf } from '../src/Bill.ts'
import { Gauge } from '../src/Gauge.ts'
import { START } from './support/world.ts'

const terms = { at: START }
const tokens = Rate.parse({
  v: 2,
  kind: 'card',
  components: [
    { unit: 'request', price: { model: 'per_unit', amount: '7' } },
    { unit: 'input_token', price: { model: 'per_unit', amount: '3', per: '10' } },
    { unit: 'output_token', price: { model: 'per_unit', amount: '15', per: '10' } },
  ],
  maximum: '100000',
})
const seconds = Rate.parse({ v: 1, kind: 'metered', unit: 'second', unitAmount: '100', per: '1', max: '100000' })
const tiers = Rate.parse({
  v: 2,
  kind: 'card',
  components: [
    {
      unit: 'output_token',
      price: {
        model: 'volume',
        tiers: [
          { upTo: '100', amount: '10' },
          { upTo: null, amount: '2' },
        ],
      },
    },
  ],
  maximum: '100000',
})

describe('a bill', () => {
  it('is the charge and all that was used while that is within the hold', () => {
    const usage = { units: { input_token: 100n, output_token: 20n } }
    expect(bill({ rule: tokens, terms }, usage, 67n)).toEqual({ amount: 67n, usage })
  })

  it('leaves out what the hold does not pay for: first what comes last', () => {
    const usage = { units: { input_token: 100n, output_token: 20n } }
    // 7 + 30 + 1.5 a token: 18 tokens are 64.
    expect(bill({ rule: tokens, terms }, usage, 65n)).toEqual({
      amount: 64n,
      usage: { units: { input_token: 100n, output_token: 18n } },
    })
    expect(bill({ rule: tokens, terms }, usage, 25n)).toEqual({
      amount: 25n,
      usage: { units: { input_token: 60n, output_token: 0n } },
    })
  })

  it('is never above the hold, whatever a call costs without any use', () => {
    expect(bill({ rule: tokens, terms }, { units: { input_token: 1n } }, 5n)).toEqual({
      amount: 5n,
      usage: { units: { input_token: 0n } },
    })
  })

  it('shortens time from its end, over all spans', () => {
    const usage = {
      units: {},
      times: [
        [0, 1000],
        [5000, 7000],
      ] as const,
    }
    expect(bill({ rule: seconds, terms }, usage, 150n)).toEqual({
      amount: 150n,
      usage: {
        units: {},
        times: [
          [0, 1000],
          [5000, 5500],
        ],
      },
    })
    expect(bill({ rule: seconds, terms }, usage, 90n)).toMatchObject({ amount: 90n, usage: { times: [[0, 900]] } })
    expect(bill({ rule: seconds, terms }, usage, 300n)).toEqual({ amount: 300n, usage })
  })

  it('is the price of its use, exactly, and within the hold, for any use and hold', () => {
    const count = fc.bigInt({ min: 0n, max: 2n ** 100n })
    const cards = fc.constantFrom(tokens, tiers)
    fc.assert(
      fc.property(cards, count, count, fc.bigInt({ min: 7n, max: 200_000n }), (rule, input, output, hold) => {
        const asked = { units: { input_token: input, output_token: output } }
        const { amount, usage } = bill({ rule, terms }, asked, hold)
        expect(amount).toBe(Rate.charge(rule, usage, terms))
        expect(amount).toBeLessThanOrEqual(hold)
        for (const [unit, least] of Object.entries(usage.units))
          expect(least).toBeLessThanOrEqual(asked.units[unit as keyof typeof asked.units])
      }),
    )
  })
})

describe('a use in rows', () => {
  it('names every unit that was used, time in milliseconds', () => {
    expect(countsOf({ units: { output_token: 3n, byte: 0n }, times: [[10, 1510]] })).toEqual({
      request: '1',
      output_token: '3',
      second: '1500',
    })
  })

  it('has no room for names that are none, nor for more than there are units', () => {
    const many = Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`custom.u${i}`, 1n]))
    expect(countsOf({ units: { 'Custom Unit': 1n, __proto__: 1n } })).toEqual({ request: '1' })
    expect(Object.keys(countsOf({ units: many }))).toHaveLength(32)
  })
})

describe('a gauge', () => {
  it('agrees with the charge however the use grows', () => {
    const step = fc.record({ input: fc.integer({ min: 0, max: 30 }), output: fc.integer({ min: 0, max: 30 }) })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 20 }), fc.bigInt({ min: 0n, max: 500n }), (steps, hold) => {
        const gauge = new Gauge({ rule: tokens, terms }, hold)
        let [input, output] = [0n, 0n]
        for (const each of steps) {
          input += BigInt(each.input)
          output += BigInt(each.output)
          const usage = { units: { input_token: input, output_token: output } }
          expect(gauge.isWithin(usage)).toBe(Rate.charge(tokens, usage, terms) <= hold)
        }
      }),
    )
  })

  it('does not give away what is above the maximum of the card', () => {
    const gauge = new Gauge({ rule: tokens, terms }, 100_000n)
    const output = (count: bigint) => ({ units: { output_token: count } })
    // (100000 - 7) / 1.5
    expect(gauge.isWithin(output(66_662n))).toBe(true)
    expect(gauge.isWithin(output(66_663n))).toBe(false)
    const fresh = new Gauge({ rule: tokens, terms }, 100_000n)
    expect(fresh.isWithin(output(66_662n))).toBe(true)
    expect(new Gauge({ rule: tokens, terms }, 100_000n).isWithin(output(70_000n))).toBe(false)
    const time = (to: number) => ({ units: {}, times: [[0, to]] as const })
    expect(new Gauge({ rule: seconds, terms }, 100_000n).isWithin(time(1_000_000))).toBe(true)
    expect(new Gauge({ rule: seconds, terms }, 100_000n).isWithin(time(1_000_001))).toBe(false)
  })
})
