/** What is a card and what is not, and what is said about it. */
import * as Rate from '@pbstream/core/Rate'
import { MAX_SIZE } from '@pbstream/core/rate/Checks'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { card, one, terms } from './cards.ts'

const price = { model: 'per_unit', amount: '1' }
const tier = (upTo: string | null) => ({ upTo, amount: '1' })
const window = { multiplier: '2' }
const schedule = (parts: object) => ({ schedule: { zone: 'UTC', windows: [{ ...window, ...parts }] } })
const signal = { oracle: 'o', min: '-5', max: '5', fallback: '0' }

function refusal(value: () => unknown): string {
  try {
    value()
    return 'nothing was refused'
  } catch (error) {
    if (!(error instanceof Rate.InvalidRateError)) throw error
    return error.message
  }
}

describe('a refusal says where and why', () => {
  const components = (...units: string[]) => ({ components: units.map((unit) => ({ unit, price })) })
  const cases: [string, object, string][] = [
    ['components', {}, '✖ no component and no formula\n  → at components'],
    [
      'unit',
      components('token'),
      '✖ unknown unit; there are request, input_token, cached_token, cache_write_token, cache_write_1h_token, output_token, reasoning_token, second, byte, image, reported and custom.<name>\n  → at components[0].unit',
    ],
    ['custom unit', components('custom.Page'), 'unknown unit'],
    ['custom unit too long', components(`custom.${'a'.repeat(33)}`), 'unknown unit'],
    ['custom unit with more before it', components('my.custom.page'), 'unknown unit'],
    ['custom word of CEL', components('custom.in'), 'unknown unit'],
    [
      'unit twice',
      components('byte', 'byte'),
      '✖ byte has a price already: one component a unit\n  → at components[1].unit',
    ],
    ['minimum', { ...components('byte'), minimum: '11', maximum: '10' }, '✖ minimum is above maximum\n  → at minimum'],
    ['no amount', { ...components('byte'), maximum: 'x' }, '✖ not an amount in atomic units\n  → at maximum'],
    ['maximum', { ...components('byte'), maximum: '0' }, '✖ must not be 0\n  → at maximum'],
    [
      'period',
      { ...components('byte'), period: { every: 'day', zone: 'Mars' } },
      '✖ not an IANA time zone such as "Europe/Zurich"\n  → at period.zone',
    ],
    [
      'zone',
      { ...components('byte'), schedule: { zone: 'x y', windows: [window] } },
      '✖ not an IANA time zone such as "Europe/Zurich"\n  → at schedule.zone',
    ],
    [
      'window',
      { ...components('byte'), ...schedule({ from: '08:00', to: '08:00' }) },
      '✖ from and to are the same: leave both out for a whole day\n  → at schedule.windows[0].to',
    ],
    ['whole day', { ...components('byte'), ...schedule({ from: '00:00', to: '00:00' }) }, 'leave both out'],
    ['whole day to its end', { ...components('byte'), ...schedule({ to: '00:00' }) }, 'leave both out'],
    [
      'begin at the end',
      { ...components('byte'), ...schedule({ from: '24:00', to: '02:00' }) },
      '✖ a window begins at 00:00 of the next day\n  → at schedule.windows[0].from',
    ],
    [
      'date',
      { ...components('byte'), ...schedule({ dates: ['2026-01-31', '2026-02-29'] }) },
      '✖ there is no such day\n  → at schedule.windows[0].dates[1]',
    ],
    ['date form', { ...components('byte'), ...schedule({ dates: ['2026-13-01'] }) }, 'not a date such as "2026-12-25"'],
    ['no dates', { ...components('byte'), ...schedule({ dates: [] }) }, 'dates'],
    ['no days', { ...components('byte'), ...schedule({ days: [] }) }, 'days'],
    ['no months', { ...components('byte'), ...schedule({ months: [] }) }, 'months'],
    ['month', { ...components('byte'), ...schedule({ months: [13] }) }, 'months'],
    ['month 0', { ...components('byte'), ...schedule({ months: [0] }) }, 'months'],
    ['time', { ...components('byte'), ...schedule({ from: '8:00' }) }, 'not a time such as "18:00"'],
    ['time behind', { ...components('byte'), ...schedule({ to: '24:01' }) }, 'not a time such as "18:00"'],
    [
      'multiplier',
      { ...components('byte'), ...schedule({ multiplier: '1.1234567' }) },
      '✖ not a multiplier such as "1.5": below a million, at most 6 decimals\n  → at schedule.windows[0].multiplier',
    ],
    ['level', { ...components('byte'), levels: { 'a b': { multiplier: '1' } } }, 'levels'],
    [
      'levels',
      {
        ...components('byte'),
        levels: Object.fromEntries(Array.from({ length: 101 }, (_, i) => [`l${i}`, { multiplier: '1' }])),
      },
      '✖ more than 100 levels\n  → at levels',
    ],
    [
      'signals',
      {
        ...components('byte'),
        signals: Object.fromEntries(Array.from({ length: 17 }, (_, i) => [`s${i}`, signal])),
      },
      '✖ more than 16 signals\n  → at signals',
    ],
    [
      'signal',
      { ...components('byte'), signals: { Load: signal } },
      '✖ a name is small letters, digits and _\n  → at signals.Load',
    ],
    ['signal too long', { ...components('byte'), signals: { ['a'.repeat(33)]: signal } }, 'a name is'],
    ['signal with more before it', { ...components('byte'), signals: { '1a': signal } }, 'a name is'],
    ['signal word of CEL', { ...components('byte'), signals: { in: signal } }, 'a name is'],
    [
      'bounds',
      { ...components('byte'), signals: { a: { ...signal, min: '6', fallback: '6' } } },
      '✖ max is below min\n  → at signals.a.max',
    ],
    [
      'fallback below',
      { ...components('byte'), signals: { a: { ...signal, fallback: '-6' } } },
      '✖ not between min and max\n  → at signals.a.fallback',
    ],
    ['fallback above', { ...components('byte'), signals: { a: { ...signal, fallback: '6' } } }, 'not between min and'],
    [
      'integer',
      { ...components('byte'), signals: { a: { ...signal, max: '1.5' } } },
      '✖ not an integer of at most 18 digits\n  → at signals.a.max',
    ],
    ['minus 0', { ...components('byte'), signals: { a: { ...signal, min: '-0' } } }, 'not an integer'],
    [
      'formula',
      { ...components('byte'), formula: 'base +\n  signal.load' },
      '✖ there is no signal.load; there are base, units.request,',
    ],
    [
      'size',
      { ...components('byte'), formula: `base + ${' '.repeat(MAX_SIZE)}1` },
      `✖ a card is at most ${MAX_SIZE} characters of JSON`,
    ],
    ['place in a formula', { ...components('byte'), formula: 'base +\n  x' }, '(line 2, column 3)\n  → at formula'],
    ['type of a formula', { ...components('byte'), formula: 'base > 1' }, 'the result is bool, not int'],
  ]
  test.each(cases)('%s', (_, parts, message) => expect(refusal(() => card(parts))).toContain(message))

  test.each([
    [
      'no multiple',
      card2('99999999999999999989', '100000000000000000000'),
      '✖ the `per` of the prices have no common multiple below 10^36: use powers of 10\n  → at components',
    ],
    [
      'last tier',
      { model: 'volume', tiers: [tier('3')] },
      '✖ the last tier has no end: write null\n  → at components[0].price.tiers[0].upTo',
    ],
    [
      'tier without end',
      { model: 'graduated', tiers: [tier(null), tier(null)] },
      '✖ only the last tier has no end: upTo is null too early\n  → at components[0].price.tiers[0].upTo',
    ],
    [
      'tiers that do not rise',
      { model: 'graduated', tiers: [tier('5'), tier('5'), tier(null)] },
      '✖ not above the tier before it, which ends at 5\n  → at components[0].price.tiers[1].upTo',
    ],
    [
      'stairs that do not rise',
      {
        model: 'stairstep',
        tiers: [
          { upTo: '5', flat: '1' },
          { upTo: '4', flat: '1' },
          { upTo: null, flat: '1' },
        ],
      },
      'which ends at 5\n',
    ],
    ['no amount in a tier', { model: 'volume', tiers: [{ upTo: 'x', amount: '1' }, tier(null)] }, 'not an amount'],
    ['no size', { model: 'package', amount: '1', size: '0' }, 'must not be 0'],
    ['too many tiers', { model: 'volume', tiers: Array.from({ length: 33 }, (_, i) => tier(`${i}`)) }, 'tiers'],
    ['unit without per', { model: 'per_unit', amount: '1', per: '0' }, 'must not be 0'],
  ])('%s', (_, given, message) => {
    const components = 'components' in given ? given.components : [{ unit: 'image', price: given }]
    expect(refusal(() => card({ components }))).toContain(message)
  })

  function card2(a: string, b: string): { components: object[] } {
    return {
      components: [
        { unit: 'image', price: { ...price, per: a } },
        { unit: 'byte', price: { ...price, per: b } },
      ],
    }
  }
})

test('what is at its limits is a card', () => {
  const levels = Object.fromEntries(
    Array.from({ length: 100 }, (_, i) => [`Level-${i}`, { multiplier: '999999.999999' }]),
  )
  const signals = Object.fromEntries(
    Array.from({ length: 16 }, (_, i) => [`s_${i}`, { ...signal, min: '0', max: '0' }]),
  )
  const tiers = Array.from({ length: 32 }, (_, i) => tier(i === 31 ? null : `${i + 1}`))
  const windows = Array.from({ length: 24 }, () => ({ to: '24:00', from: '23:59', multiplier: '0' }))
  const components = Array.from({ length: 24 }, (_, i) => ({
    unit: `custom.u_${i}`,
    price: { model: 'volume', tiers },
  }))
  const zone = 'America/Argentina/ComodRivadavia'
  const parts = { levels, signals, components, schedule: { zone, windows }, minimum: '7', maximum: '7' }
  expect(Rate.charge(card(parts), { units: {} }, terms())).toBe(7n)
})

test('the largest common multiple is 10^36', () => {
  const components = [{ unit: 'image', price: { model: 'per_unit', amount: '1', per: `1${'0'.repeat(36)}` } }]
  expect(Rate.charge(card({ components }), { units: { image: 1n } }, terms())).toBe(1n)
  // Seconds are counted in milliseconds, which a thousand times more of are in a unit.
  const seconds = components.map((component) => ({ ...component, unit: 'second' }))
  expect(refusal(() => card({ components: seconds }))).toContain('no common multiple')
})

test('a formula alone is a card', () => {
  const rate = card({ formula: 'units.custom.page * 3 + units.image' })
  expect(Rate.charge(rate, { units: { 'custom.page': 2n, image: 1n } }, terms())).toBe(7n)
  expect([...Rate.counted(rate)].toSorted()).toEqual(['custom.page', 'image'])
  expect(Rate.isFree(rate)).toBe(false)
})

describe('what has to be known for a price', () => {
  test('units: those that are priced, those that count as them, and those that the formula reads', () => {
    const counted = (parts: object) => [...Rate.counted(card(parts))].toSorted()
    const components = (...units: string[]) => ({ components: units.map((unit) => ({ unit, price })) })
    expect(counted(components('input_token'))).toEqual([
      'cache_write_1h_token',
      'cache_write_token',
      'cached_token',
      'input_token',
    ])
    expect(counted(components('output_token', 'request'))).toEqual(['output_token', 'reasoning_token', 'request'])
    expect(counted(components('cache_write_token'))).toEqual(['cache_write_1h_token', 'cache_write_token'])
    expect(counted(components('reasoning_token'))).toEqual(['reasoning_token'])
    expect(counted({ ...components('custom.page'), formula: 'base + units.millisecond + at.hour' })).toEqual([
      'custom.page',
      'second',
    ])
  })

  test('terms, of every card of components', () => {
    const rate = one(price)
    expect([Rate.needsTerms(rate), Rate.fixed(rate)]).toEqual([true, undefined])
  })

  test('that nothing costs anything', () => {
    const nothing = { ...price, amount: '0' }
    expect(Rate.isFree(one(nothing))).toBe(true)
    expect(Rate.isFree(one(nothing, { minimum: '1' }))).toBe(false)
    expect(Rate.isFree(one(nothing, { formula: 'base' }))).toBe(false)
    expect(Rate.isFree(one({ model: 'package', amount: '0', size: '1' }))).toBe(true)
    expect(Rate.isFree(one({ model: 'package', amount: '1', size: '1' }))).toBe(false)
    expect(
      Rate.isFree(
        one({
          model: 'stairstep',
          tiers: [
            { upTo: '1', flat: '0' },
            { upTo: null, flat: '1' },
          ],
        }),
      ),
    ).toBe(false)
    expect(
      Rate.isFree(
        card({
          components: [
            { unit: 'byte', price: nothing },
            { unit: 'image', price },
          ],
        }),
      ),
    ).toBe(false)
  })
})

test.each([
  ['0', true],
  ['1.5', true],
  ['999999.999999', true],
  ['1000000', false],
  ['01', false],
  ['1.', false],
  ['.5', false],
  ['-1', false],
  ['1.0000001', false],
  ['1e3', false],
  [' 1', false],
  ['1 ', false],
])('a multiplier: %j, %j', (text, is) => expect(Rate.isMultiplier(text)).toBe(is))

test.each([
  ['vip-1_A', true],
  ['a'.repeat(64), true],
  ['a'.repeat(65), false],
  ['', false],
  ['a b', false],
])('a level: %j, %j', (text, is) => expect(Rate.isLevel(text)).toBe(is))

test('nothing but an InvalidRateError is thrown', () => {
  const good = JSON.parse(
    JSON.stringify(one(price, { levels: { a: window }, ...schedule({}), signals: { a: signal } })),
  )
  const paths = ['components', 'period', 'schedule', 'levels', 'signals', 'formula', 'minimum', 'maximum']
  fc.assert(
    fc.property(fc.constantFrom(...paths), fc.anything(), (path, value) => {
      try {
        Rate.parse({ ...good, [path]: value })
      } catch (error) {
        expect(error).toBeInstanceOf(Rate.InvalidRateError)
        expect((error as Error).name).toBe('InvalidRateError')
      }
    }),
  )
})
