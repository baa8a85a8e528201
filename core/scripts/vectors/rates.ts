import { createHash } from 'node:crypto'
import { type Case, invalid, valid, type VectorFile } from './VectorFile.ts'

const MAX = '340282366920938463463374607431768211455'
/** 2026-11-23 12:00 UTC, a Monday. */
const NOON = 1_795_435_200_000

type Counts = Record<string, string>
type Call = {
  card: unknown
  bounds?: Counts
  usage?: { units?: Counts; times?: [number, number][] }
  terms?: object
}

/** Rate cards: every amount is written here by hand. */
export function rates(): Record<string, VectorFile> {
  return {
    'rate-card': {
      description:
        'Rate cards. `bounds`: the most units the request can use, where it says so; `usage`: what it used (`second` in milliseconds, or `times` in Unix milliseconds); `terms`: when, who, and from where in the period. Output: ceiling before the call, charge after it (exact, rounded up once), inputs hash of the quote.',
      cases: [...short(), ...models(), ...periods(), ...customers(), ...times(), ...formulas(), ...refused()],
    },
  }
}

function ok(comment: string, call: Call, ceiling: string, charge: string): Case {
  const { bounds, usage = {}, terms = {} } = call
  const sorted = bounds && Object.fromEntries(Object.entries(bounds).toSorted(([a], [b]) => (a < b ? -1 : 1)))
  const inputs = JSON.stringify({ units: sorted ?? null })
  const input = { ...call, usage: { units: {}, ...usage }, terms: { at: NOON, ...terms } }
  return valid(comment, input, {
    ceiling,
    charge,
    inputsHash: createHash('sha256').update(inputs).digest('base64url'),
  })
}

const full = (parts: object) => ({ v: 2, kind: 'card', components: [], maximum: '1000000', ...parts })
const one = (price: object, parts: object = {}, unit = 'image') => full({ components: [{ unit, price }], ...parts })
const images = (count: string) => ({ units: { image: count } })

const flat = { v: 1, kind: 'flat', amount: '1000' }
const reported = { v: 1, kind: 'metered', unit: 'reported', unitAmount: '15000000', per: '1000000', max: '50000' }
const bytes = { v: 1, kind: 'metered', unit: 'byte', unitAmount: '1', per: '1024', max: '100', minimum: '10' }
const seconds = { v: 1, kind: 'metered', unit: 'second', unitAmount: '3', per: '60', max: '100' }

function short(): Case[] {
  return [
    ok('flat', { card: flat, usage: { units: { byte: '7' } } }, '1000', '1000'),
    ok('metered', { card: reported, usage: { units: { reported: '100' } } }, '50000', '1500'),
    ok('at most the maximum', { card: reported, usage: { units: { reported: '1000000' } } }, '50000', '50000'),
    ok(
      'the request bounds its units',
      { card: reported, bounds: { reported: '10' }, usage: { units: { reported: '1' } } },
      '150',
      '15',
    ),
    ok('rounded up', { card: bytes, usage: { units: { byte: '20481' } } }, '100', '21'),
    ok('at least the minimum', { card: bytes }, '100', '10'),
    ok('seconds are counted in milliseconds', { card: seconds, usage: { units: { second: '20001' } } }, '100', '2'),
    ok('or as times', { card: seconds, usage: { times: [[NOON, NOON + 20_000]] } }, '100', '1'),
  ]
}

const graduated = {
  model: 'graduated',
  tiers: [
    { upTo: '10', amount: '5' },
    { upTo: null, amount: '2', flat: '7' },
  ],
}
const volume = {
  model: 'volume',
  tiers: [
    { upTo: '10', amount: '5' },
    { upTo: null, amount: '2' },
  ],
}
const stairs = {
  model: 'stairstep',
  tiers: [
    { upTo: '10', flat: '100' },
    { upTo: null, flat: '150' },
  ],
}
const tokens = full({
  components: [
    { unit: 'input_token', price: { model: 'per_unit', amount: '3', per: '1000' } },
    { unit: 'cached_token', price: { model: 'per_unit', amount: '3', per: '10000' } },
    { unit: 'output_token', price: { model: 'per_unit', amount: '15', per: '1000' } },
  ],
})

function models(): Case[] {
  const used = {
    input_token: '1000',
    cached_token: '1000',
    cache_write_token: '500',
    reasoning_token: '60',
    output_token: '1',
  }
  return [
    ok('graduated, at the end of a tier', { card: one(graduated), usage: images('10') }, '1000000', '50'),
    ok('graduated, the tier behind it begins', { card: one(graduated), usage: images('11') }, '1000000', '59'),
    ok('volume, at the end of a tier', { card: one(volume), usage: images('10') }, '1000000', '50'),
    ok(
      'volume, all units cheaper; the dearest is held',
      { card: one(volume), bounds: { image: '11' }, usage: images('11') },
      '50',
      '22',
    ),
    ok(
      'packages that were begun',
      { card: one({ model: 'package', amount: '500', size: '1000' }), usage: images('1001') },
      '1000000',
      '1000',
    ),
    ok('stairs', { card: one(stairs), usage: images('11') }, '1000000', '150'),
    ok('nothing used, nothing paid', { card: one(stairs) }, '1000000', '0'),
    ok(
      'tokens: one rounding of the sum; reasoning is output, a cache write input',
      { card: tokens, usage: { units: used } },
      '1000000',
      '6',
    ),
    ok(
      'a bound of tokens is for all of their kind, and the dearest is held',
      {
        card: tokens,
        bounds: { input_token: '2000', output_token: '100' },
        usage: { units: { cached_token: '2000' } },
      },
      '8',
      '1',
    ),
    ok('a call is a request', { card: one({ model: 'per_unit', amount: '9' }, {}, 'request') }, '9', '9'),
    ok(
      'a count that no call has costs the maximum',
      { card: one({ model: 'per_unit', amount: MAX }, { maximum: MAX }), usage: images('9'.repeat(90)) },
      MAX,
      MAX,
    ),
  ]
}

const month = { period: { every: 'month', zone: 'UTC' } }

function periods(): Case[] {
  const at = (count: string, charged: string) => ({ position: { units: { image: count }, charged } })
  return [
    ok(
      'the next tier of the period',
      { card: one(graduated, month), usage: images('2'), terms: at('9', '45') },
      '1000000',
      '14',
    ),
    ok(
      'what a maximum took off is not billed later',
      { card: one(graduated, month), usage: images('1'), terms: at('9', '0') },
      '1000000',
      '5',
    ),
    ok(
      'a volume price that fell charges nothing',
      { card: one(volume, month), usage: images('1'), terms: at('10', '50') },
      '1000000',
      '0',
    ),
    ok(
      'until it has risen again',
      { card: one(volume, month), usage: images('14'), terms: at('12', '50') },
      '1000000',
      '2',
    ),
    ok(
      'a dear hour pays for no cheap one',
      { card: one(volume, month), usage: images('40'), terms: at('12', '9000') },
      '1000000',
      '54',
    ),
    ok(
      'an allowance',
      {
        card: full({
          components: [{ unit: 'image', price: { model: 'per_unit', amount: '5' }, free: '10' }],
          ...month,
        }),
        bounds: { image: '4' },
        usage: images('4'),
        terms: at('8', '0'),
      },
      '10',
      '10',
    ),
    ok(
      'without a position: held as if it were used up',
      {
        card: full({
          components: [{ unit: 'image', price: { model: 'per_unit', amount: '5' }, free: '10' }],
          ...month,
        }),
        bounds: { image: '4' },
        usage: images('4'),
      },
      '20',
      '0',
    ),
  ]
}

function customers(): Case[] {
  const card = one(
    { model: 'per_unit', amount: '10' },
    { levels: { vip1: { multiplier: '0.9' } }, minimum: '5', maximum: '100' },
  )
  const call = { card, bounds: { image: '3' }, usage: images('3') }
  return [
    ok('a level', { ...call, terms: { level: 'vip1' } }, '27', '27'),
    ok(
      'a level and a multiplier, rounded up once',
      { ...call, terms: { level: 'vip1', multiplier: '0.333333' } },
      '9',
      '9',
    ),
    ok('a level that the card does not have', { ...call, terms: { level: 'vip2' } }, '30', '30'),
    ok('the minimum is for everybody', { ...call, terms: { multiplier: '0' } }, '5', '5'),
  ]
}

function times(): Case[] {
  const schedule = { zone: 'Europe/Zurich', windows: [{ from: '18:00', to: '02:00', multiplier: '1.5' }] }
  const image = one({ model: 'per_unit', amount: '10' }, { schedule })
  const second = one({ model: 'per_unit', amount: '2' }, { schedule }, 'second')
  const HOUR = 3_600_000
  const AUTUMN = 1_792_886_400_000 // 2026-10-25 00:00 UTC; clocks go back at 01:00 UTC
  const SPRING = 1_774_738_800_000 // 2026-03-28 23:00 UTC; clocks go forward on 29 March at 01:00 UTC
  return [
    ok('outside of all windows', { card: image, usage: images('1') }, '1000000', '10'),
    ok('in a window', { card: image, usage: images('1'), terms: { at: NOON + 5 * HOUR } }, '1000000', '15'),
    ok('just before it', { card: image, usage: images('1'), terms: { at: NOON + 5 * HOUR - 1 } }, '1000000', '10'),
    ok('past midnight', { card: image, usage: images('1'), terms: { at: NOON + 12 * HOUR } }, '1000000', '15'),
    ok('its end is outside', { card: image, usage: images('1'), terms: { at: NOON + 13 * HOUR } }, '1000000', '10'),
    ok(
      'seconds are split at the border',
      {
        card: second,
        bounds: { second: '20000' },
        usage: { units: { second: '20000' } },
        terms: { at: NOON + 5 * HOUR - 10_000 },
      },
      '60',
      '50',
    ),
    // Local 02:00 is 00:00 UTC; the hour from 02:00 comes twice and is outside.
    ok(
      'the clock goes back',
      { card: second, usage: { times: [[AUTUMN - HOUR, AUTUMN + 2 * HOUR]] } },
      '1000000',
      '25200',
    ),
    // The window ends at 02:00, the instant at which the clock shows 03:00.
    ok(
      'the clock goes forward',
      { card: second, usage: { times: [[SPRING + HOUR, SPRING + 3 * HOUR]] } },
      '1000000',
      '18000',
    ),
  ]
}

function formulas(): Case[] {
  const signals = { load: { oracle: 'o1', min: '0', max: '100', fallback: '50' } }
  const card = one(
    { model: 'per_unit', amount: '10' },
    { formula: 'base * (100 + signal.load) / 100', signals, maximum: '1000' },
  )
  const call = { card, bounds: { image: '10' }, usage: images('3') }
  return [
    ok('a formula over a signal', { ...call, terms: { signals: { load: '20' } } }, '120', '36'),
    ok('its fallback', call, '150', '45'),
    ok('within its bounds', { ...call, terms: { signals: { load: '2000' } } }, '200', '60'),
    ok(
      'one that fails is the sum of the components',
      {
        ...call,
        card: one({ model: 'per_unit', amount: '10' }, { formula: 'base / (units.image - 3)', maximum: '1000' }),
      },
      '100',
      '30',
    ),
  ]
}

function refused(): Case[] {
  const price = { model: 'per_unit', amount: '1' }
  const tier = (upTo: string | null) => ({ upTo, amount: '1' })
  const window = { multiplier: '2' }
  const cards: Record<string, unknown> = {
    'no kind': { v: 1, amount: '1' },
    'another version': { ...flat, v: 2 },
    'a number as amount': { ...flat, amount: 1000 },
    'a fraction': { ...flat, amount: '0.5' },
    'an unknown member': { ...flat, currency: 'USDC' },
    'an unknown unit of a metered card': { ...reported, unit: 'token' },
    'a division by zero': { ...reported, per: '0' },
    'nothing to hold': { ...reported, max: '0' },
    'a minimum above the maximum': { ...bytes, minimum: '101' },
    'a card without anything': full({}),
    'a card without a maximum': full({ components: [{ unit: 'image', price }], maximum: undefined }),
    'a card with a maximum of 0': one(price, { maximum: '0' }),
    'a card with a minimum above it': one(price, { minimum: '1000001' }),
    'an unknown unit': one(price, {}, 'token'),
    'a custom unit without a name': one(price, {}, 'custom.'),
    'a custom unit in capitals': one(price, {}, 'custom.Page'),
    'a unit twice': full({
      components: [
        { unit: 'image', price },
        { unit: 'image', price },
      ],
    }),
    'an unknown model': one({ model: 'tiered', amount: '1' }),
    'no tiers': one({ model: 'volume', tiers: [] }),
    'a last tier with an end': one({ model: 'volume', tiers: [tier('5')] }),
    'an end in the middle': one({ model: 'graduated', tiers: [tier(null), tier(null)] }),
    'tiers that do not rise': one({ model: 'graduated', tiers: [tier('5'), tier('5'), tier(null)] }),
    'stairs with an amount': one({ model: 'stairstep', tiers: [tier(null)] }),
    'packages of nothing': one({ model: 'package', amount: '1', size: '0' }),
    'no common multiple': full({
      components: [
        { unit: 'image', price: { ...price, per: '9999999999999999999' } },
        { unit: 'byte', price: { ...price, per: '10000000000000000000' } },
      ],
    }),
    'a period of a week': one(price, { period: { every: 'week', zone: 'UTC' } }),
    'a zone that is none': one(price, { period: { every: 'day', zone: 'Mars/Base' } }),
    'an offset as zone': one(price, { schedule: { zone: '+01:00', windows: [window] } }),
    'a schedule without windows': one(price, { schedule: { zone: 'UTC', windows: [] } }),
    'a time that is none': one(price, { schedule: { zone: 'UTC', windows: [{ ...window, from: '25:00' }] } }),
    'a window of no length': one(price, {
      schedule: { zone: 'UTC', windows: [{ ...window, from: '08:00', to: '08:00' }] },
    }),
    'a day that is none': one(price, { schedule: { zone: 'UTC', windows: [{ ...window, dates: ['2026-02-29'] }] } }),
    'a negative multiplier': one(price, { levels: { a: { multiplier: '-1' } } }),
    'a multiplier of seven decimals': one(price, { levels: { a: { multiplier: '0.0000001' } } }),
    'a number as multiplier': one(price, { levels: { a: { multiplier: 2 } } }),
    'a fallback outside of its bounds': one(price, {
      signals: { a: { oracle: 'o', min: '0', max: '1', fallback: '2' } },
    }),
    'a signal with a point in its name': one(price, {
      signals: { 'a.b': { oracle: 'o', min: '0', max: '1', fallback: '1' } },
    }),
    'a formula with a fraction': one(price, { formula: 'base * 1.5' }),
    'a formula that is no number': one(price, { formula: 'base > 1' }),
    'a formula that matches': one(price, { formula: 'level.matches("a+") ? 1 : 2' }),
    'a formula of an unknown signal': one(price, { formula: 'base + signal.load' }),
    'a formula that breaks off': one(price, { formula: 'base * (' }),
  }
  return Object.entries(cards).map(([comment, card]) => {
    // What is left out is left out of the JSON.
    return invalid(comment, JSON.parse(JSON.stringify({ card, usage: { units: {} }, terms: { at: NOON } })))
  })
}
