/** Explanations, word by word. */
import * as Rate from '@pbstream/core/Rate'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { exact } from '../../src/rate/Explain.ts'
import { card, NOON, one, terms } from './cards.ts'

const images = (image: bigint) => ({ units: { image } })
const NOW = { unix: NOON, date: '2026-11-23', time: '12:00:00', weekday: 1 }
const graduated = {
  model: 'graduated',
  tiers: [
    { upTo: '10', amount: '5' },
    { upTo: '20', amount: '4', flat: '3' },
    { upTo: null, amount: '10', per: '3', flat: '0' },
  ],
}

test('a metered card', () => {
  const rate = Rate.parse({
    v: 1,
    kind: 'metered',
    unit: 'second',
    unitAmount: '3',
    per: '2',
    max: '100',
    minimum: '5',
  })
  expect(Rate.explain(rate, { units: { second: 1500n, byte: 3n } }, terms())).toEqual({
    charge: '5',
    kind: 'metered',
    at: NOW,
    components: [
      {
        unit: 'second',
        model: 'per_unit',
        counts: { second: '1.5' },
        used: '1.5',
        steps: [{ from: '0', to: '1.5', units: '1.5', amount: '3', per: '2', price: '2.25' }],
        price: '2.25',
      },
    ],
    sum: '2.25',
    price: '3',
    minimum: { amount: '5', applied: true },
    maximum: { amount: '100', applied: false },
  })
})

test('tiers in a period, an allowance, a window, a customer, a maximum', () => {
  const rate = card({
    components: [{ unit: 'input_token', price: graduated, free: '2' }],
    period: { every: 'month', zone: 'UTC' },
    schedule: {
      zone: 'Europe/Zurich',
      windows: [{ from: '00:00', to: '01:00', multiplier: '9' }, { multiplier: '1.5' }],
    },
    levels: { vip: { multiplier: '0.9' } },
    minimum: '5',
    maximum: '90',
  })
  const usage = { units: { input_token: 14n, cached_token: 3n, image: 1n } }
  const position = { units: { input_token: 6n, cache_write_token: 3n }, charged: 7n }
  const given = terms({ level: 'vip', multiplier: '2', position })
  expect(Rate.explain(rate, usage, given)).toEqual({
    charge: '90',
    kind: 'card',
    at: { unix: NOON, date: '2026-11-23', time: '13:00:00', weekday: 1 },
    period: {
      id: '2026-11',
      units: { input_token: '6', cache_write_token: '3' },
      charged: '7',
      price: '52.5',
      already: '95',
    },
    schedule: { window: 1, multiplier: '1.5' },
    components: [
      {
        unit: 'input_token',
        model: 'graduated',
        counts: { input_token: '14', cached_token: '3' },
        used: '17',
        before: '9',
        free: { allowance: '2', used: '0' },
        steps: [
          {
            tier: 0,
            from: '7',
            to: '10',
            units: '3',
            amount: '5',
            per: '1',
            multiplier: '1.5',
            window: 1,
            price: '22.5',
          },
          {
            tier: 1,
            from: '10',
            to: '20',
            units: '10',
            amount: '4',
            per: '1',
            flat: '3',
            multiplier: '1.5',
            window: 1,
            price: '64.5',
          },
          {
            tier: 2,
            from: '20',
            to: '24',
            units: '4',
            amount: '10',
            per: '3',
            multiplier: '1.5',
            window: 1,
            price: '20',
          },
        ],
        price: '107',
      },
    ],
    sum: '107',
    level: { name: 'vip', multiplier: '0.9' },
    multiplier: '2',
    // (52.5 + 107) * 0.9 * 2 = 287.1
    price: '193',
    minimum: { amount: '5', applied: false },
    maximum: { amount: '90', applied: true },
  })
})

test('an allowance that is used up on the way, and tiers that were entered before', () => {
  const rate = card({
    components: [{ unit: 'image', price: graduated, free: '2' }],
    period: { every: 'day', zone: 'UTC' },
  })
  const [part] = Rate.explain(rate, images(3n), terms({ position: { units: { image: 1n }, charged: 0n } })).components
  expect(part).toMatchObject({ before: '1', free: { allowance: '2', used: '1' }, used: '3', price: '10' })
  expect(part?.steps).toEqual([{ tier: 0, from: '0', to: '2', units: '2', amount: '5', per: '1', price: '10' }])
  const later = terms({ position: { units: { image: 15n }, charged: 0n } })
  expect(Rate.explain(rate, images(1n), later).components[0]?.steps).toEqual([
    { tier: 1, from: '13', to: '14', units: '1', amount: '4', per: '1', price: '4' },
  ])
  const none = Rate.explain(rate, images(0n), later).components[0]
  expect(none).toMatchObject({ used: '0', steps: [], price: '0', free: { used: '0' } })
})

describe('a volume price that falls', () => {
  const volume = {
    model: 'volume',
    tiers: [
      { upTo: '10', amount: '5', flat: '1' },
      { upTo: null, amount: '2' },
    ],
  }

  test('is told with the highest price and what it fell to', () => {
    const [part] = Rate.explain(one(volume), images(11n), terms()).components
    expect(part).toMatchObject({
      steps: [{ tier: 1, from: '0', to: '11', units: '11', amount: '2', per: '1', price: '22' }],
      price: '22',
      drops: [{ tier: 0, end: '10', highest: '51', price: '22' }],
    })
  })

  test('takes back what the units before had cost, and charges nothing', () => {
    const rate = one(volume, { period: { every: 'day', zone: 'UTC' } })
    const explained = Rate.explain(rate, images(1n), terms({ position: { units: { image: 10n }, charged: 51n } }))
    expect(explained).toMatchObject({
      charge: '0',
      price: '0',
      sum: '-29',
      period: { price: '51', already: '51' },
      components: [
        {
          steps: [
            { tier: 1, from: '0', to: '11', units: '11', amount: '2', per: '1', price: '22' },
            { tier: 0, from: '0', to: '10', units: '10', amount: '5', per: '1', flat: '1', price: '-51' },
          ],
          price: '-29',
          drops: [{ tier: 0, end: '10', highest: '51', price: '22' }],
        },
      ],
    })
  })

  test('is no drop at the end of a tier, nor where it has risen again', () => {
    for (const count of [0n, 10n, 26n, 100n]) {
      expect(Rate.explain(one(volume), images(count), terms()).components[0]).not.toHaveProperty('drops')
    }
    expect(Rate.explain(one(volume), images(25n), terms()).components[0]).toHaveProperty('drops')
    expect(Rate.explain(one(graduated), images(25n), terms()).components[0]).not.toHaveProperty('drops')
  })
})

test('packages and stairs', () => {
  const packages = one({ model: 'package', amount: '500', size: '10' }, { period: { every: 'day', zone: 'UTC' } })
  const position = { units: { image: 5n }, charged: 500n }
  expect(Rate.explain(packages, images(16n), terms({ position })).components[0]).toMatchObject({
    model: 'package',
    steps: [{ from: '5', to: '21', units: '20', amount: '500', per: '10', price: '1000' }],
  })
  const stairs = one({
    model: 'stairstep',
    tiers: [
      { upTo: '5', flat: '7' },
      { upTo: null, flat: '9' },
    ],
  })
  expect(Rate.explain(stairs, images(6n), terms()).components[0]).toMatchObject({
    model: 'stairstep',
    steps: [{ tier: 1, from: '0', to: '6', units: '6', amount: '0', per: '1', flat: '9', price: '9' }],
  })
})

test('seconds, split where another window begins', () => {
  const windows = [{ from: '18:00', to: '19:00', multiplier: '2' }]
  const rate = one({ model: 'per_unit', amount: '10' }, { schedule: { zone: 'UTC', windows } }, 'second')
  const from = NOON + 6 * 3_600_000 - 1500
  const explained = Rate.explain(rate, { units: {}, times: [[from, from + 2000]] }, terms({ at: from }))
  expect(explained.schedule).toEqual({ multiplier: '1' })
  expect(explained.components[0]).toMatchObject({
    counts: { second: '2' },
    used: '2',
    steps: [
      { from: '0', to: '1.5', units: '1.5', multiplier: '1', begin: from, end: from + 1500, price: '15' },
      {
        from: '1.5',
        to: '2',
        units: '0.5',
        multiplier: '2',
        window: 0,
        begin: from + 1500,
        end: from + 2000,
        price: '10',
      },
    ],
    price: '25',
  })
  expect(explained.components[0]?.steps[0]).not.toHaveProperty('window')
})

describe('a formula', () => {
  const signals = { load: { oracle: 'o', min: '0', max: '100', fallback: '5' } }
  const made = (formula: string) =>
    one({ model: 'per_unit', amount: '1', per: '3' }, { formula, signals, maximum: '99' })

  test('with what it saw, each step, and its result', () => {
    const explained = Rate.explain(made('base * signal.load'), images(4n), terms({ signals: { load: '7' } }))
    expect(explained).toMatchObject({ sum: '4/3', price: '14', charge: '14' })
    expect(explained.formula).toEqual({
      text: 'base * signal.load',
      inputs: { base: '2', 'signal.load': '7' },
      steps: [
        { text: 'base', start: 0, end: 4, type: 'int', value: '2' },
        { text: 'signal.load', start: 7, end: 18, type: 'int', value: '7' },
        { text: 'base * signal.load', start: 0, end: 18, type: 'int', value: '14' },
      ],
      result: '14',
    })
  })

  test('that failed, with the reason, and the sum of the components instead', () => {
    const explained = Rate.explain(made('base / (signal.load - 5)'), images(4n), terms())
    expect(explained).toMatchObject({ price: '2', charge: '2' })
    expect(explained.formula).toMatchObject({
      failed: 'formula_failed',
      reason: 'division by 0 (line 1, column 1)',
      inputs: { base: '2', 'signal.load': '5' },
    })
    expect(explained.formula).not.toHaveProperty('result')
  })
})

test('a level that the card does not have and a multiplier that is none are not told', () => {
  const rate = one(graduated, { levels: { vip: { multiplier: '0.9' } } })
  const explained = Rate.explain(rate, images(1n), terms({ level: 'x', multiplier: 'y' }))
  for (const key of ['level', 'multiplier', 'period', 'schedule', 'formula', 'minimum']) {
    expect(explained).not.toHaveProperty(key)
  }
  const short = Rate.parse({ v: 1, kind: 'metered', unit: 'byte', unitAmount: '1', per: '1', max: '9' })
  const customer = Rate.explain(short, images(1n), terms({ level: 'vip', multiplier: '2' }))
  expect(customer).not.toHaveProperty('multiplier')
})

describe('exact numbers', () => {
  test.each([
    [0n, 5n, '0'],
    [12n, 1n, '12'],
    [12n, 4n, '3'],
    [1n, 2n, '0.5'],
    [-1n, 8n, '-0.125'],
    [-5n, 1n, '-5'],
    [1n, 3n, '1/3'],
    [-4n, 6n, '-2/3'],
    [7n, 20n, '0.35'],
    [1005n, 100n, '10.05'],
    [1n, 10n ** 40n, `0.${'0'.repeat(39)}1`],
    [1n, 10n ** 41n, `1/1${'0'.repeat(41)}`],
  ])('%d / %d is %s', (n, d, text) => expect(exact(n, d)).toBe(text))

  test('are decimals where they end', () => {
    fc.assert(
      fc.property(fc.bigInt(-(10n ** 12n), 10n ** 12n), fc.integer({ min: 0, max: 9 }), (n, places) => {
        const text = exact(n, 10n ** BigInt(places))
        const [whole = '', fraction = ''] = text.split('.')
        expect(BigInt(whole + fraction.padEnd(places, '0'))).toBe(n)
        expect(fraction.endsWith('0')).toBe(false)
      }),
    )
  })
})
