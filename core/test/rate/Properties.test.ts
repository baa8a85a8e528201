/** What holds for every card, whatever is used. */
import * as Rate from '@pbstream/core/Rate'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  add,
  anyCard,
  anyTerms,
  anyUnits,
  byUnit,
  card,
  type Fraction,
  one,
  prices,
  terms,
  up,
  UNITS,
  written,
} from './cards.ts'

const nowhere = Rate.NOWHERE

describe('graduated and volume prices', () => {
  const count = fc.nat(40)

  test('are those of each unit by its tier', () => {
    fc.assert(
      fc.property(prices(fc.constantFrom('graduated', 'volume')), count, (price, used) => {
        expect(Rate.charge(one(written(price)), { units: { image: BigInt(used) } }, terms())).toBe(
          up(byUnit(price, used)),
        )
      }),
    )
  })

  test('of two components are summed before they are rounded', () => {
    const pair = fc.tuple(prices(fc.constant('graduated')), prices(fc.constant('volume')))
    fc.assert(
      fc.property(pair, count, count, ([a, b], images, bytes) => {
        const both = card({
          components: [
            { unit: 'image', price: written(a) },
            { unit: 'byte', price: written(b) },
          ],
        })
        const usage = { units: { image: BigInt(images), byte: BigInt(bytes) } }
        expect(Rate.charge(both, usage, terms())).toBe(up(add(byUnit(a, images), byUnit(b, bytes))))
      }),
    )
  })
})

describe('graduated prices, and those per unit', () => {
  const period = { period: { every: 'month', zone: 'UTC' } }
  const parts = fc.array(fc.nat(20), { maxLength: 8 })

  test('never fall as use grows', () => {
    fc.assert(
      fc.property(prices(fc.constant('graduated')), fc.nat(40), fc.nat(40), (price, used, more) => {
        const of = (count: number) => Rate.charge(one(written(price)), { units: { image: BigInt(count) } }, terms())
        expect(of(used + more)).toBeGreaterThanOrEqual(of(used))
      }),
    )
  })

  test('of the parts of a stream are in a period exactly that of the whole', () => {
    fc.assert(
      fc.property(prices(fc.constant('graduated')), parts, (price, used) => {
        const rate = one(written(price), period)
        let position = nowhere
        for (const count of used) position = Rate.after(rate, position, { units: { image: BigInt(count) } }, terms())
        const whole = used.reduce((a, b) => a + b, 0)
        expect(position.charged).toBe(up(byUnit(price, whole)))
        expect(position.units['image'] ?? 0n).toBe(BigInt(whole))
      }),
    )
  })

  test('per unit, of calls by themselves: one atomic unit more a part at most', () => {
    fc.assert(
      fc.property(fc.bigInt(0n, 50n), fc.bigInt(1n, 1000n), parts, (amount, per, used) => {
        const rate = one({ model: 'per_unit', amount: `${amount}`, per: `${per}` })
        const of = (count: number) => Rate.charge(rate, { units: { image: BigInt(count) } }, terms())
        const whole = of(used.reduce((a, b) => a + b, 0))
        const split = used.reduce((total, count) => total + of(count), 0n)
        expect(split).toBeGreaterThanOrEqual(whole)
        expect(split - whole).toBeLessThanOrEqual(BigInt(used.length))
      }),
    )
  })
})

describe('every card', () => {
  test('charges no more than the ceiling of what bounds the use, and that is at most the maximum', () => {
    fc.assert(
      fc.property(anyCard, anyUnits, anyUnits, anyTerms, (rate, units, more, given) => {
        const bounds = boundsOf(units, more)
        const ceiling = Rate.ceiling(rate, { bounds }, given)
        expect(Rate.charge(rate, { units }, given)).toBeLessThanOrEqual(ceiling)
        expect(ceiling).toBeLessThanOrEqual(BigInt((rate as { maximum: string }).maximum))
      }),
      { numRuns: 200 },
    )
  })

  test('charges at any position no more than the ceiling of a call whose position is not known', () => {
    fc.assert(
      fc.property(anyCard, anyUnits, anyUnits, anyTerms, (rate, units, more, given) => {
        const { position: _, ...unknown } = given
        const ceiling = Rate.ceiling(rate, { bounds: boundsOf(units, more) }, unknown)
        expect(Rate.charge(rate, { units }, given)).toBeLessThanOrEqual(ceiling)
      }),
      { numRuns: 200 },
    )
  })

  test('explains the charge that it makes, by steps that add up, in JSON', () => {
    fc.assert(
      fc.property(anyCard, anyUnits, anyTerms, (rate, units, given) => {
        const explained = Rate.explain(rate, { units }, given)
        expect(BigInt(explained.charge)).toBe(Rate.charge(rate, { units }, given))
        expect(JSON.parse(JSON.stringify(explained))).toEqual(explained)
        for (const component of explained.components) {
          const total = component.steps.reduce<Fraction>((sum, step) => add(sum, fraction(step.price)), [0n, 1n])
          expect(same(total, fraction(component.price))).toBe(true)
        }
        const total = explained.components.reduce<Fraction>((sum, part) => add(sum, fraction(part.price)), [0n, 1n])
        expect(same(total, fraction(explained.sum))).toBe(true)
        if (explained.formula === undefined) expect(BigInt(explained.price)).toBe(recomputed(explained))
      }),
      { numRuns: 150 },
    )
  })

  test('lets a sum never fall, and remembers each unit', () => {
    fc.assert(
      fc.property(anyCard, fc.array(anyUnits, { maxLength: 4 }), anyTerms, (rate, calls, given) => {
        let position = nowhere
        for (const units of calls) {
          const next = Rate.after(rate, position, { units }, given)
          expect(next.charged - position.charged).toBe(Rate.charge(rate, { units }, { ...given, position }))
          expect(next.charged).toBeGreaterThanOrEqual(position.charged)
          for (const unit of UNITS) {
            const count = units[unit] ?? (unit === 'request' ? 1n : 0n)
            expect(next.units[unit] ?? 0n).toBe((position.units[unit] ?? 0n) + count)
          }
          position = next
        }
      }),
    )
  })

  test('charges at every count within a hold no more than it', () => {
    const unit = fc.constantFrom('output_token', 'image', 'second')
    fc.assert(
      fc.property(anyCard, unit, anyUnits, fc.bigInt(0n, 300n), anyTerms, (rate, name, units, hold, given) => {
        const within = Rate.within(rate, { units }, name, hold, given)
        if (within === undefined && Rate.counted(rate).has(name)) {
          expect(Rate.charge(rate, { units: { ...units, [name]: 500n } }, given)).toBeLessThanOrEqual(hold)
        }
        if (within === undefined || within === 0n) return
        for (const count of [within, within / 2n, within - 1n]) {
          expect(Rate.charge(rate, { units: { ...units, [name]: count } }, given)).toBeLessThanOrEqual(hold)
        }
      }),
      { numRuns: 150 },
    )
  })

  test('never throws and never exceeds its maximum, whatever it is given', () => {
    const huge = fc.dictionary(fc.constantFrom(...UNITS, 'other'), fc.bigInt(-(1n << 300n), 1n << 300n))
    const odd = fc.record(
      {
        at: fc.double(),
        level: fc.string(),
        multiplier: fc.string(),
        signals: fc.dictionary(fc.constantFrom('load', 'other'), fc.string()),
        position: fc.record({ units: huge, charged: fc.bigInt(0n, 1n << 128n) }),
      },
      { requiredKeys: ['at'] },
    )
    fc.assert(
      fc.property(anyCard, huge, huge, odd, (rate, units, bounds, given) => {
        const maximum = BigInt((rate as { maximum: string }).maximum)
        for (const amount of [
          Rate.charge(rate, { units }, given),
          Rate.ceiling(rate, { bounds }, given),
          BigInt(Rate.explain(rate, { units }, given).charge),
        ]) {
          expect(amount).toBeGreaterThanOrEqual(0n)
          expect(amount).toBeLessThanOrEqual(maximum)
        }
        Rate.within(rate, { units }, 'image', maximum, given)
        Rate.after(rate, given.position ?? nowhere, { units }, given)
      }),
    )
  })
})

/** Bounds that `units` are within: of the input and the output together, and of the rest one by one. */
function boundsOf(units: Record<string, bigint>, more: Record<string, bigint>): Record<string, bigint> {
  const bounds: Record<string, bigint> = { request: units['request'] ?? 1n }
  for (const unit of UNITS) if (unit !== 'request') bounds[unit] = (units[unit] ?? 0n) + (more[unit] ?? 0n)
  bounds['input_token'] = (bounds['input_token'] ?? 0n) + (units['cached_token'] ?? 0n)
  bounds['output_token'] = (bounds['output_token'] ?? 0n) + (units['reasoning_token'] ?? 0n)
  return bounds
}

function fraction(text: string): Fraction {
  const [whole = '', denominator] = text.split('/')
  if (denominator !== undefined) return [BigInt(whole), BigInt(denominator)]
  const [digits = '', decimals = ''] = text.split('.')
  return [BigInt(digits + decimals), 10n ** BigInt(decimals.length)]
}

function same([a, b]: Fraction, [c, d]: Fraction): boolean {
  return a * d === c * b
}

/** The price, from what the explanation says and nothing else. */
function recomputed({ period, sum, level, multiplier }: Rate.Explanation): bigint {
  let [n, d] = add(fraction(period?.price ?? '0'), fraction(sum))
  for (const text of [level?.multiplier, multiplier]) {
    const [a, b] = fraction(text ?? '1')
    ;[n, d] = [n * a, d * b]
  }
  const price = up([n, d]) - BigInt(period?.already ?? '0')
  return price > 0n ? price : 0n
}
