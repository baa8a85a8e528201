/** Cards for tests, and prices computed in another way: unit by unit, in fractions. */
import * as Rate from '@pbstream/core/Rate'
import fc from 'fast-check'

export const MAX = `${(1n << 128n) - 1n}`

/** Noon of 2026-11-23, a Monday, in UTC. */
export const NOON = 1_795_435_200_000

export function card(parts: object): Rate.Card {
  return Rate.parse({ v: 2, kind: 'card', components: [], maximum: MAX, ...parts })
}

/** A card of one component. */
export function one(price: object, parts: object = {}, unit = 'image'): Rate.Card {
  return card({ components: [{ unit, price }], ...parts })
}

export function terms(more: Partial<Rate.Terms> = {}): Rate.Terms {
  return { at: NOON, ...more }
}

export function charge(of: Rate.Card, units: Record<string, bigint>, more: Partial<Rate.Terms> = {}): bigint {
  return Rate.charge(of, { units }, terms(more))
}

export type Tier = { upTo: bigint | undefined; amount: bigint; per: bigint; flat: bigint }
export type Price = { model: 'graduated' | 'volume'; tiers: Tier[] }

/** A fraction. */
export type Fraction = readonly [bigint, bigint]

export const add = ([a, b]: Fraction, [c, d]: Fraction): Fraction => [a * d + c * b, b * d]
export const up = ([a, b]: Fraction): bigint => a / b + (a % b > 0n ? 1n : 0n)

/** Each unit by the tier that it is in, or all by the tier of the last. For small counts. */
export function byUnit({ model, tiers }: Price, count: number): Fraction {
  let total: Fraction = [0n, 1n]
  const tierOf = (n: number) => tiers.findIndex(({ upTo }) => upTo === undefined || BigInt(n) <= upTo)
  const entered = new Set<number>()
  for (let n = 1; n <= count; n++) {
    const index = model === 'volume' ? tierOf(count) : tierOf(n)
    const { amount, per, flat } = tiers[index] as Tier
    total = add(total, [amount, per])
    if (!entered.has(index)) total = add(total, [flat, 1n])
    entered.add(index)
  }
  return total
}

export function written({ model, tiers }: Price): object {
  return {
    model,
    tiers: tiers.map(({ upTo, amount, per, flat }) => ({
      upTo: upTo === undefined ? null : `${upTo}`,
      amount: `${amount}`,
      per: `${per}`,
      flat: `${flat}`,
    })),
  }
}

const per = fc.constantFrom(1n, 3n, 7n, 10n, 1000n)
const tier = fc.record({
  width: fc.bigInt(1n, 9n),
  amount: fc.bigInt(0n, 50n),
  per,
  flat: fc.oneof(fc.constant(0n), fc.bigInt(0n, 30n)),
})

/** Few units a tier, so that counts cross many ends. */
export function prices(model: fc.Arbitrary<Price['model']>): fc.Arbitrary<Price> {
  return fc.tuple(model, fc.array(tier, { minLength: 1, maxLength: 4 })).map(([kind, list]) => {
    let end = 0n
    const tiers = list.map(({ width, ...rest }, index) => {
      end += width
      return { ...rest, upTo: index === list.length - 1 ? undefined : end }
    })
    return { model: kind, tiers }
  })
}

const multiplier = fc.constantFrom('0', '0.5', '0.333333', '1', '1.5', '2')
const anyPrice: fc.Arbitrary<object> = fc.oneof(
  prices(fc.constantFrom('graduated', 'volume')).map(written),
  fc.record({ model: fc.constant('per_unit'), amount: fc.nat(50).map(String), per: per.map(String) }),
  fc.record({
    model: fc.constant('package'),
    amount: fc.nat(50).map(String),
    size: fc.integer({ min: 1, max: 9 }).map(String),
  }),
  fc.array(fc.nat(50), { minLength: 1, maxLength: 4 }).map((flats) => ({
    model: 'stairstep',
    tiers: flats.map((flat, index) => ({
      upTo: index === flats.length - 1 ? null : `${(index + 1) * 4}`,
      flat: `${flat}`,
    })),
  })),
)

export const UNITS = ['input_token', 'cached_token', 'output_token', 'reasoning_token', 'image', 'request', 'second']
const FORMULAS = [
  'base',
  'base * (100 + signal.load) / 100',
  'max(base, units.output_token * 2)',
  'level == "vip" ? base / 2 : base + at.hour',
  '50 - base',
  'base / (units.image - 3)',
  'units.input_token % 7 * signal.load',
  'signal.load < 0 ? min(base, 20) : divUp(base * 3, 2)',
]

/** Cards of all kinds. */
export const anyCard: fc.Arbitrary<Rate.Card> = fc
  .record(
    {
      components: fc.uniqueArray(
        fc.record(
          { unit: fc.constantFrom(...UNITS), price: anyPrice, free: fc.nat(9).map(String) },
          { requiredKeys: ['unit', 'price'] },
        ),
        { selector: ({ unit }) => unit, minLength: 1, maxLength: 4 },
      ),
      period: fc.constant({ every: 'month', zone: 'Asia/Shanghai' }),
      schedule: fc.record({
        zone: fc.constantFrom('Europe/Zurich', 'America/New_York'),
        windows: fc.array(
          fc.record({
            from: fc.constantFrom('11:59', '13:00', '22:00'),
            to: fc.constantFrom('12:01', '13:01', '02:00'),
            multiplier,
          }),
          {
            minLength: 1,
            maxLength: 2,
          },
        ),
      }),
      levels: fc.constant({ vip: { multiplier: '0.9' }, late: { multiplier: '1.25' } }),
      minimum: fc.nat(20).map(String),
      maximum: fc.oneof(fc.integer({ min: 20, max: 200 }).map(String), fc.constant(MAX)),
      formula: fc.constantFrom(...FORMULAS),
    },
    { requiredKeys: ['components', 'maximum'] },
  )
  .map((parts) => card({ ...parts, signals: { load: { oracle: 'o', min: '-50', max: '100', fallback: '0' } } }))

const small = fc.bigInt(0n, 40n)
export const anyUnits: fc.Arbitrary<Record<string, bigint>> = fc
  .uniqueArray(fc.constantFrom(...UNITS))
  .chain((units) =>
    fc
      .tuple(...units.map((unit) => (unit === 'second' ? fc.bigInt(0n, 7_200_000n) : small)))
      .map((counts) => Object.fromEntries(units.map((unit, index) => [unit, counts[index] ?? 0n]))),
  )

export const anyTerms: fc.Arbitrary<Rate.Terms> = fc.record(
  {
    at: fc.integer({ min: NOON - 7_200_000, max: NOON + 7_200_000 }),
    level: fc.constantFrom('vip', 'late', 'none'),
    multiplier: fc.constantFrom('0.8', '1', '1.1', 'x'),
    signals: fc.record({ load: fc.constantFrom('-50', '0', '17', '100', '1000', 'x') }),
    position: fc.record({ units: anyUnits, charged: fc.bigInt(0n, 400n) }),
  },
  { requiredKeys: ['at'] },
)
