/** Tiers at their ends, allowances, positions, customers, holds: by numbers. */
import * as Rate from '@pbstream/core/Rate'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { anywhere, dearest, isFree, price as priceOf } from '../../src/rate/Pricing.ts'
import { card, charge, MAX, one, prices, terms, written } from './cards.ts'

const graduated = {
  model: 'graduated',
  tiers: [
    { upTo: '10', amount: '5', flat: '3' },
    { upTo: '20', amount: '4' },
    { upTo: null, amount: '10', per: '4', flat: '7' },
  ],
}
const volume = { ...graduated, model: 'volume' }
const month = { period: { every: 'month', zone: 'UTC' } }
const images = (image: bigint) => ({ image })

describe('at the ends of tiers', () => {
  test.each([
    [graduated, [0, 0], [1, 8], [10, 53], [11, 57], [20, 93], [21, 103], [24, 110]],
    [volume, [0, 0], [1, 8], [10, 53], [11, 44], [20, 80], [21, 60], [24, 67]],
    [{ model: 'package', amount: '500', size: '10' }, [0, 0], [1, 500], [10, 500], [11, 1000], [20, 1000], [21, 1500]],
    [
      {
        model: 'stairstep',
        tiers: [
          { upTo: '10', flat: '100' },
          { upTo: '20', flat: '90' },
          { upTo: null, flat: '300' },
        ],
      },
      [0, 0],
      [1, 100],
      [10, 100],
      [11, 90],
      [20, 90],
      [21, 300],
    ],
    [{ model: 'per_unit', amount: '10', per: '3' }, [0, 0], [1, 4], [2, 7], [3, 10], [4, 14]],
  ])('%j', (price, ...points) => {
    const rate = one(price as object)
    for (const [count, cost] of points as [number, number][]) {
      expect([count, charge(rate, images(BigInt(count)))]).toEqual([count, BigInt(cost)])
    }
  })

  test('of seconds: tiers, packages and allowances are in seconds, counts in milliseconds', () => {
    const tiers = {
      model: 'graduated',
      tiers: [
        { upTo: '2', amount: '10' },
        { upTo: null, amount: '1' },
      ],
    }
    const of = (rate: Rate.Card, second: bigint) => charge(rate, { second })
    expect(of(one(tiers, {}, 'second'), 2000n)).toBe(20n)
    expect(of(one(tiers, {}, 'second'), 2001n)).toBe(21n)
    expect(of(one(tiers, {}, 'second'), 3001n)).toBe(22n)
    const packages = one({ model: 'package', amount: '10', size: '60' }, {}, 'second')
    expect([of(packages, 60_000n), of(packages, 60_001n)]).toEqual([10n, 20n])
    const free = card({ components: [{ unit: 'second', price: { model: 'per_unit', amount: '1' }, free: '60' }] })
    expect([of(free, 60_000n), of(free, 60_001n), of(free, 62_000n)]).toEqual([0n, 1n, 2n])
  })
})

describe('prices of counts', () => {
  const price = prices(fc.constantFrom('graduated', 'volume'))
  const pricingOf = (given: Parameters<typeof written>[0]) => ({
    kind: given.model,
    tiers: given.tiers.map(({ upTo, amount, flat }) => ({ upTo, rate: amount, flat })),
  })
  const count = fc.nat(40).map(BigInt)

  test('the dearest count of a span is the dearest of its counts', () => {
    fc.assert(
      fc.property(price, count, count, (given, from, more) => {
        const pricing = pricingOf(given)
        let most = 0n
        for (let n = from; n <= from + more; n++) most = most > priceOf(pricing, n) ? most : priceOf(pricing, n)
        expect(dearest(pricing, from, from + more)).toBe(most)
      }),
    )
  })

  test('no counts cost more than they do anywhere', () => {
    fc.assert(
      fc.property(price, count, count, (given, from, more) => {
        const pricing = pricingOf(given)
        expect(dearest(pricing, from, from + more) - priceOf(pricing, from)).toBeLessThanOrEqual(
          anywhere(pricing, more),
        )
      }),
    )
  })

  test('of nothing: whether no count costs anything', () => {
    const free = { upTo: undefined, rate: 0n, flat: 0n }
    const first = { ...free, upTo: 1n }
    expect(isFree({ kind: 'package', amount: 0n, size: 1n })).toBe(true)
    expect(isFree({ kind: 'package', amount: 1n, size: 1n })).toBe(false)
    expect(isFree({ kind: 'volume', tiers: [first, free] })).toBe(true)
    expect(isFree({ kind: 'volume', tiers: [first, { ...free, flat: 1n }] })).toBe(false)
    expect(isFree({ kind: 'graduated', tiers: [{ ...first, rate: 1n }, free] })).toBe(false)
  })

  test('anywhere: rates of the dearest tier, and what is paid where tiers begin', () => {
    const tiers = [
      { upTo: 10n, rate: 5n, flat: 3n },
      { upTo: 20n, rate: 8n, flat: 5n },
      { upTo: undefined, rate: 2n, flat: 1n },
    ]
    expect(anywhere({ kind: 'graduated', tiers }, 4n)).toBe(32n + 9n)
    // All 10 get 3 dearer where the second tier begins, and its flat is 2 more; where the third begins all get cheaper.
    expect(anywhere({ kind: 'volume', tiers }, 4n)).toBe(32n + 3n + 32n)
    expect(anywhere({ kind: 'volume', tiers }, 0n)).toBe(0n)
    expect(anywhere({ kind: 'package', amount: 7n, size: 3n }, 4n)).toBe(14n)
    expect(anywhere({ kind: 'package', amount: 7n, size: 3n }, 0n)).toBe(0n)
  })
})

describe('an allowance', () => {
  const free = (parts: object) =>
    card({ components: [{ unit: 'image', price: { model: 'per_unit', amount: '10' }, free: '5' }], ...parts })

  test('is of each call, where the card has no period', () => {
    expect([charge(free({}), images(5n)), charge(free({}), images(6n))]).toEqual([0n, 10n])
    const position = { units: images(5n), charged: 0n }
    expect(charge(free({}), images(5n), { position })).toBe(0n)
  })

  test('is of the period otherwise', () => {
    const position = { units: images(3n), charged: 0n }
    expect(charge(free(month), images(2n), { position })).toBe(0n)
    expect(charge(free(month), images(4n), { position })).toBe(20n)
  })

  test('comes before the tiers', () => {
    const rate = card({ components: [{ unit: 'image', price: graduated, free: '2' }] })
    expect([charge(rate, images(2n)), charge(rate, images(12n)), charge(rate, images(13n))]).toEqual([0n, 53n, 57n])
  })
})

describe('a position', () => {
  const at = (image: bigint, charged: bigint) => ({ position: { units: images(image), charged } })

  test('is where the tiers are counted from', () => {
    expect(charge(one(graduated, month), images(2n), at(9n, 48n))).toBe(5n + 4n)
    expect(charge(one(graduated), images(2n), at(9n, 48n))).toBe(13n)
  })

  test('of what a maximum or a hold took off is not billed later', () => {
    expect(charge(one(graduated, month), images(1n), at(9n, 0n))).toBe(5n)
    expect(charge(one(graduated, { ...month, maximum: '50' }), images(100n), at(9n, 0n))).toBe(50n)
  })

  test('of what a dear hour put on does not pay for later calls', () => {
    expect(charge(one(graduated, month), images(1n), at(9n, 1000n))).toBe(5n)
    // The dearest of 12 images of a volume price was the tenth: 53.
    expect(charge(one(volume, month), images(8n), at(12n, 1000n))).toBe(80n - 53n)
    expect(charge(one(volume, month), images(8n), at(12n, 50n))).toBe(80n - 50n)
    expect(charge(one(volume, month), images(8n), at(12n, 1n))).toBe(80n - 48n)
  })

  test('of small parts is rounded with them: four times a third is 2', () => {
    const rate = one({ model: 'per_unit', amount: '1', per: '3' }, month)
    let position = Rate.NOWHERE
    const charges = [1, 2, 3, 4].map(() => {
      const before = position.charged
      position = Rate.after(rate, position, { units: images(1n) }, terms())
      return position.charged - before
    })
    expect(charges).toEqual([1n, 0n, 0n, 1n])
    expect(position).toEqual({ units: { image: 4n, request: 4n }, charged: 2n })
  })

  test('counts units that are priced as another one', () => {
    const rate = one(graduated, month, 'input_token')
    const position = { units: { cached_token: 8n, cache_write_1h_token: 2n }, charged: 0n }
    expect(charge(rate, { input_token: 1n, cached_token: 1n }, { position })).toBe(8n)
  })
})

describe('a customer', () => {
  const levels = { vip: { multiplier: '0.9' }, late: { multiplier: '1.5' } }
  const rate = one({ model: 'per_unit', amount: '10' }, { levels })
  const stepped = one({ model: 'package', amount: '10', size: '1' }, { levels })

  test.each([
    [{}, 30n],
    [{ level: 'vip' }, 27n],
    [{ level: 'late' }, 45n],
    [{ level: 'other' }, 30n],
    [{ multiplier: '0.5' }, 15n],
    [{ level: 'vip', multiplier: '0.5' }, 14n], // 13.5
    [{ multiplier: '0' }, 0n],
    [{ multiplier: 'x' }, 30n],
    [{ multiplier: '0.0000001' }, 30n],
    [{ multiplier: '0.000001' }, 1n],
  ])('%j pays %d for 30', (who, cost) => {
    for (const each of [rate, stepped]) {
      expect(charge(each, images(3n), who)).toBe(cost)
      expect(Rate.ceiling(each, { bounds: images(3n) }, terms(who))).toBe(cost)
    }
  })

  test('gets no less than the minimum, and no more than the maximum', () => {
    const between = one({ model: 'per_unit', amount: '10' }, { levels, minimum: '28', maximum: '40' })
    expect(charge(between, images(3n), { level: 'vip' })).toBe(28n)
    expect(charge(between, images(3n), { level: 'late' })).toBe(40n)
    expect(charge(between, {}, {})).toBe(28n)
  })
})

describe('tokens', () => {
  const price = (amount: string) => ({ model: 'per_unit', amount, per: '10' })
  const of = (...parts: [string, string][]) =>
    card({ components: parts.map(([unit, amount]) => ({ unit, price: price(amount) })) })
  const all = { input_token: 10n, cached_token: 10n, cache_write_token: 10n, cache_write_1h_token: 10n }

  test('without a price of their own are priced as the next of their kind', () => {
    expect(charge(of(['input_token', '3']), all)).toBe(12n)
    expect(charge(of(['input_token', '3'], ['cached_token', '1']), all)).toBe(10n)
    expect(charge(of(['input_token', '3'], ['cache_write_token', '4']), all)).toBe(3n + 3n + 4n + 4n)
    expect(charge(of(['input_token', '3'], ['cache_write_1h_token', '6']), all)).toBe(9n + 6n)
    expect(charge(of(['cached_token', '1']), all)).toBe(1n)
    expect(charge(of(['output_token', '5']), { output_token: 10n, reasoning_token: 10n, image: 5n })).toBe(10n)
    expect(charge(of(['reasoning_token', '5']), { output_token: 10n, reasoning_token: 10n })).toBe(5n)
  })

  test('are held by the bound of their kind, spent where it is dearest', () => {
    const rate = of(['input_token', '3'], ['cached_token', '1'], ['cache_write_token', '4'], ['output_token', '20'])
    const ceiling = (bounds: Rate.Units) => Rate.ceiling(rate, { bounds }, terms())
    expect(ceiling({ input_token: 100n, output_token: 10n })).toBe(40n + 20n)
    // Some of them have a bound of their own.
    expect(ceiling({ input_token: 100n, cache_write_token: 10n, cache_write_1h_token: 0n, output_token: 10n })).toBe(
      4n + 27n + 20n,
    )
    expect(ceiling({ input_token: 0n, output_token: 0n })).toBe(0n)
    expect(ceiling({ input_token: 100n })).toBe(BigInt(MAX))
    expect(ceiling({ output_token: 100n })).toBe(BigInt(MAX))
    expect(ceiling({ input_token: -5n, output_token: 10n })).toBe(20n)
  })

  test('in packages are held for each kind by itself', () => {
    const packages = card({
      components: ['input_token', 'cached_token'].map((unit) => ({
        unit,
        price: { model: 'package', amount: '10', size: '100' },
      })),
    })
    expect(Rate.ceiling(packages, { bounds: { input_token: 100n } }, terms())).toBe(20n)
    expect(Rate.ceiling(packages, { bounds: { input_token: 100n, cached_token: 0n } }, terms())).toBe(10n)
  })

  test('bounded one by one need no bound of all', () => {
    const rate = of(['cached_token', '1'], ['cache_write_token', '4'])
    const bounds = { cached_token: 20n, cache_write_token: 10n, cache_write_1h_token: 10n }
    expect(Rate.ceiling(rate, { bounds }, terms())).toBe(2n + 8n)
    expect(Rate.ceiling(rate, { bounds: { ...bounds, input_token: 15n } }, terms())).toBe(6n)
  })
})

describe('a ceiling', () => {
  test('is the maximum where something that costs has no bound', () => {
    const rate = (amount: string) =>
      card({
        components: [
          { unit: 'image', price: { model: 'per_unit', amount: '10' } },
          { unit: 'custom.page', price: { model: 'per_unit', amount } },
        ],
        maximum: '5000',
        minimum: '7',
      })
    const bounds = { image: 2n }
    expect(Rate.ceiling(rate('1'), { bounds }, terms())).toBe(5000n)
    expect(Rate.ceiling(rate('0'), { bounds }, terms())).toBe(20n)
    expect(Rate.ceiling(rate('0'), { bounds: { image: 0n } }, terms())).toBe(7n)
    expect(Rate.ceiling(rate('1'), { bounds: { image: 2n, 'custom.page': 3n } }, terms())).toBe(23n)
    expect(Rate.ceiling(rate('1'), { bounds: { image: 2n, 'custom.page': 1n << 300n } }, terms())).toBe(5000n)
    expect(Rate.ceiling(rate('1'), {}, terms())).toBe(5000n)
  })

  test('counts one request, unless more are said', () => {
    const rate = one({ model: 'per_unit', amount: '10' }, {}, 'request')
    expect(Rate.ceiling(rate, {}, terms())).toBe(10n)
    expect(Rate.ceiling(rate, { bounds: { request: 3n } }, terms())).toBe(30n)
    expect([charge(rate, {}), charge(rate, { request: 3n }), charge(rate, { request: 0n })]).toEqual([10n, 30n, 0n])
  })

  test('of a volume price holds for the dearest count on the way', () => {
    expect(Rate.ceiling(one(volume), { bounds: images(11n) }, terms())).toBe(53n)
    expect(Rate.ceiling(one(volume), { bounds: images(24n) }, terms())).toBe(80n)
    expect(Rate.ceiling(one(volume), { bounds: images(9n) }, terms())).toBe(48n)
  })

  test('is exact where the position is known', () => {
    const at = (image: bigint, charged: bigint) => terms({ position: { units: images(image), charged } })
    expect(Rate.ceiling(one(graduated, month), { bounds: images(2n) }, at(9n, 48n))).toBe(9n)
    expect(Rate.ceiling(one(volume, month), { bounds: images(2n) }, at(10n, 53n))).toBe(0n)
    expect(Rate.ceiling(one(volume, month), { bounds: images(10n) }, at(12n, 50n))).toBe(30n)
    expect(Rate.ceiling(one(graduated, month), { bounds: images(2n) }, terms())).toBe(10n + 10n)
  })
})

describe('within a hold', () => {
  const rate = one(graduated)
  const within = (of: Rate.Card, hold: bigint, usage: Rate.Usage = { units: {} }, more: Partial<Rate.Terms> = {}) =>
    Rate.within(of, usage, 'image', hold, terms(more))

  test('is the largest count that costs no more', () => {
    const counts = [0n, 7n, 8n, 52n, 53n, 57n, 93n, 102n, 103n].map((hold) => within(rate, hold))
    expect(counts).toEqual([0n, 0n, 1n, 9n, 10n, 11n, 20n, 20n, 21n])
    expect(within(one({ model: 'per_unit', amount: '10', per: '3' }), 100n)).toBe(30n)
    expect(within(one({ model: 'per_unit', amount: '10', per: '3' }), 100n, { units: {} }, { multiplier: '3' })).toBe(
      10n,
    )
    expect(within(one({ model: 'per_unit', amount: '10' }), 100n, { units: {} }, { multiplier: '0' })).toBeUndefined()
  })

  test('ends before a peak that costs more, even when counts behind it cost less', () => {
    expect(within(one(volume), 48n)).toBe(9n)
    expect(within(one(volume), 52n)).toBe(9n)
    expect(within(one(volume), 53n)).toBe(13n)
  })

  test('has room left by the other units only', () => {
    const both = card({
      components: [
        { unit: 'image', price: { model: 'per_unit', amount: '10' } },
        { unit: 'byte', price: { model: 'per_unit', amount: '1' } },
      ],
    })
    expect(within(both, 100n, { units: { byte: 55n, image: 77n } })).toBe(4n)
    expect(within(both, 100n, { units: { byte: 100n } })).toBe(0n)
    expect(within(both, 100n, { units: { byte: 101n } })).toBe(0n)
    const tiers = card({
      components: [
        { unit: 'image', price: graduated },
        { unit: 'byte', price: { model: 'per_unit', amount: '1' } },
      ],
    })
    expect(within(tiers, 60n, { units: { byte: 7n, image: 77n } })).toBe(10n)
    expect(within(tiers, 60n, { units: { byte: 61n } })).toBe(0n)
  })

  test('counts beside what is priced as the same', () => {
    const tokens = one(graduated, {}, 'input_token')
    const usage = { units: { cached_token: 9n, input_token: 50n } }
    expect(Rate.within(tokens, usage, 'input_token', 57n, terms())).toBe(2n)
  })

  test('is no limit where the unit costs nothing', () => {
    expect(Rate.within(rate, { units: {} }, 'byte', 0n, terms())).toBeUndefined()
    expect(within(one({ model: 'stairstep', tiers: [{ upTo: null, flat: '5' }] }), 5n)).toBeUndefined()
    expect(within(one({ model: 'stairstep', tiers: [{ upTo: null, flat: '5' }] }), 4n)).toBe(0n)
  })

  test('goes no further than the maximum would pay for', () => {
    expect(within(one(graduated, { maximum: '53' }), 53n)).toBe(10n)
    expect(within(one({ model: 'per_unit', amount: '10' }, { maximum: '53' }), 53n)).toBe(5n)
  })

  test('is nothing below the minimum', () => {
    expect(within(one(graduated, { minimum: '20' }), 19n)).toBe(0n)
    expect(within(one(graduated, { minimum: '20' }), 20n)).toBe(3n)
    expect(within(one({ model: 'per_unit', amount: '10' }, { minimum: '20' }), 19n)).toBe(0n)
  })

  test('begins at the position', () => {
    const position = { units: images(9n), charged: 48n }
    expect(within(one(graduated, month), 9n, { units: {} }, { position })).toBe(2n)
  })
})

describe('a card that is nothing but rates', () => {
  const rate = card({
    components: [
      { unit: 'second', price: { model: 'per_unit', amount: '60' } },
      { unit: 'image', price: { model: 'per_unit', amount: '10' } },
    ],
  })

  test('counts times instead of a number of seconds', () => {
    const of = (usage: Rate.Usage) => Rate.charge(rate, usage, terms())
    expect(of({ units: { second: 1500n, image: 1n } })).toBe(100n)
    const times: [number, number][] = [
      [0, 1000],
      [5000, 7000],
    ]
    expect(of({ units: { second: 99_000n, image: 1n }, times })).toBe(190n)
    expect(of({ units: { image: 1n }, times: [] })).toBe(10n)
    expect(charge(one({ model: 'per_unit', amount: '10' }), { second: 1n })).toBe(0n)
    expect(Rate.charge(one({ model: 'per_unit', amount: '10' }), { units: {}, times }, terms())).toBe(0n)
  })

  test('leaves room for seconds beside the rest, whatever their times are', () => {
    const usage: Rate.Usage = { units: { image: 4n }, times: [[0, 9000]] }
    expect(Rate.within(rate, usage, 'second', 100n, terms())).toBe(1000n)
    expect(Rate.within(rate, usage, 'image', 600n, terms())).toBe(6n)
  })

  test('of the short form is for every customer alike', () => {
    const metered = Rate.parse({ v: 1, kind: 'metered', unit: 'byte', unitAmount: '10', per: '1', max: '1000' })
    expect(charge(metered, { byte: 3n }, { level: 'vip', multiplier: '0.5' })).toBe(30n)
    expect(Rate.within(metered, { units: {} }, 'byte', 30n, terms({ multiplier: '0.5' }))).toBe(3n)
  })

  test('is priced as the long way prices it', () => {
    const counts = fc.record({ image: fc.bigInt(0n, 99n), second: fc.bigInt(0n, 9999n) }, { requiredKeys: [] })
    const span = fc.tuple(fc.nat(9999), fc.nat(9999))
    const usage = fc.record({ units: counts, times: fc.array(span, { maxLength: 3 }) }, { requiredKeys: ['units'] })
    fc.assert(
      fc.property(usage, fc.constantFrom('1', '0.3', '2'), (used, multiplier) => {
        const given = terms({ multiplier })
        expect(`${Rate.charge(rate, used, given)}`).toBe(Rate.explain(rate, used, given).charge)
      }),
    )
  })
})

test('counts beyond all bounds cost the maximum, negative ones nothing', () => {
  for (const price of [graduated, volume, { model: 'package', amount: MAX, size: '1' }]) {
    const rate = one(price, { maximum: '1000' })
    expect(charge(rate, images(1n << 400n))).toBe(1000n)
    expect(charge(rate, images(-1n))).toBe(0n)
  }
  const huge = one({ model: 'per_unit', amount: MAX, per: '1' })
  expect(charge(huge, images(1n))).toBe(BigInt(MAX))
  expect(charge(huge, images(2n))).toBe(BigInt(MAX))
})

test('what is counted is added up', () => {
  expect(Rate.tally({ units: { image: 2n, byte: -1n } })).toEqual({ request: 1n, image: 2n, byte: 0n })
  expect(Rate.tally({ units: { request: 0n } })).toEqual({ request: 0n })
  const rate = one(graduated, month)
  const position = { units: { byte: 4n, image: 1n }, charged: 8n }
  expect(Rate.after(rate, position, { units: { image: 2n }, times: [[5, 9]] }, terms())).toEqual({
    units: { byte: 4n, image: 3n, request: 1n, second: 4n },
    charged: 18n,
  })
})
