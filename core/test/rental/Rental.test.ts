import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import * as Rate from '../../src/Rate.ts'
import * as RateClaims from '../../src/rate/Claims.ts'
import { MAX_SIZE } from '../../src/rate/Checks.ts'
import { due, isByTime, paidUntil, useOf } from '../../src/rental/Due.ts'
import * as RentalId from '../../src/rental/RentalId.ts'
import * as Schema from '../../src/rental/Schema.ts'
import * as Ed25519 from '../support/Ed25519.ts'

const HOUR = 3_600_000
/** 10 units a second; half as much again from 18:00 to 20:00 in Zurich. */
const peak = Rate.parse({
  v: 2,
  kind: 'card',
  components: [{ unit: 'second', price: { model: 'per_unit', amount: '10' } }],
  schedule: { zone: 'Europe/Zurich', windows: [{ from: '18:00', to: '20:00', multiplier: '1.5' }] },
  maximum: '1000000000',
})
const from = Date.UTC(2026, 10, 23, 16, 30)
const priced = { rule: peak, terms: { at: from } }

describe('what time costs', () => {
  test('is split exactly at the borders of peak hours', () => {
    // 16:30 to 19:30 UTC is 17:30 to 20:30 in Zurich: half an hour before the peak, all of it, and half an hour after.
    expect(due(priced, [[from, from + 3 * HOUR]])).toBe(10n * (1_800n + 10_800n + 1_800n))
    expect(due(priced, [[from, from + HOUR]], [from + HOUR, from + 3 * HOUR])).toBe(10n * 14_400n)
    // A millisecond on each side of a border, rounded up once.
    const border = from + HOUR / 2
    expect(due(priced, [[border - 1, border + 1]])).toBe(1n)
    expect(due(priced, [[border - 1_000, border + 1_000]])).toBe(25n)
  })

  test('leaves pauses out', () => {
    expect(
      due(priced, [
        [from, from + 60_000],
        [from + HOUR, from + HOUR + 60_000],
      ]),
    ).toBe(600n + 900n)
    expect(due(priced, [])).toBe(0n)
    expect(useOf([[1, 2]], [2, 2])).toEqual({ units: {}, times: [[1, 2]] })
    expect(useOf([[1, 2]], [2, 3])).toEqual({
      units: {},
      times: [
        [1, 2],
        [2, 3],
      ],
    })
  })

  test('may be cut anywhere: the sum of no more than one rounding is the price of the whole', () => {
    const cuts = fc.array(fc.nat({ max: 4 * HOUR }), { minLength: 1, maxLength: 8 })
    fc.assert(
      fc.property(cuts, (at) => {
        const sorted = [0, ...at].sort((a, b) => a - b).map((ms) => from + ms)
        const spans = sorted.slice(1).map((to, i): [number, number] => [sorted[i]!, to])
        expect(due(priced, spans)).toBe(due(priced, [[from, sorted.at(-1)!]]))
      }),
      { numRuns: 100 },
    )
  })
})

describe('how long money lasts', () => {
  test('is up to the millisecond in which one more would cost more, and no longer than asked', () => {
    expect(paidUntil(priced, [], [from, from + 60_000], 600n)).toBe(from + 60_000)
    expect(paidUntil(priced, [], [from, from + 60_000], 599n)).toBe(from + 59_900)
    expect(paidUntil(priced, [], [from, from + 60_000], 0n)).toBe(from)
    const times = [[from, from + 10_000]] as const
    expect(paidUntil(priced, times, [from + 10_000, from + HOUR], 350n)).toBe(from + 35_000)
    expect(paidUntil(priced, times, [from + 10_000, from + HOUR], 50n)).toBe(from + 10_000)
  })

  test('pays for all of it, and not for a millisecond more', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 40_000n }), fc.nat({ max: 3 * HOUR }), (hold, length) => {
        const end = paidUntil(priced, [], [from, from + length], hold)
        expect(due(priced, [], [from, end]) <= hold).toBe(true)
        if (end < from + length) expect(due(priced, [], [from, end + 1]) > hold).toBe(true)
      }),
      { numRuns: 100 },
    )
  })
})

test('time is sold by cards that count seconds, and no more than the call besides', () => {
  const card = (...units: string[]) =>
    Rate.parse({
      v: 2,
      kind: 'card',
      components: units.map((unit) => ({ unit, price: { model: 'per_unit', amount: '1' } })),
      maximum: '100',
    })
  expect(isByTime(card('second'))).toBe(true)
  expect(isByTime(card('second', 'request'))).toBe(true)
  expect(isByTime(Rate.parse({ v: 1, kind: 'metered', unit: 'second', unitAmount: '1', per: '1', max: '9' }))).toBe(
    true,
  )
  for (const units of [['request'], ['second', 'byte'], ['output_token']]) expect(isByTime(card(...units))).toBe(false)
  expect(isByTime(Rate.parse({ v: 1, kind: 'flat', amount: '5' }))).toBe(false)
})

describe('the id of a rental', () => {
  const position = { units: { second: 5_000n }, charged: 50n }
  const terms: Rate.Terms = { at: from, level: 'vip', multiplier: '0.9', signals: { load: '7' }, position }
  const claims: RentalId.Claims = {
    own: 'owner',
    mod: 'test',
    rt: 'gpu',
    rev: 3,
    cv: 2,
    card: peak,
    tm: RateClaims.ofTerms(terms),
    dg: `0x${'1'.repeat(64)}`,
    rq: 'own_1',
    max: '1000',
    grows: true,
    net: 84532,
    by: { payer: `0x${'2'.repeat(40)}`, session: 's', rid: 'r1' },
    iat: 100,
    exp: 200,
  }

  test('brings its card and terms back as they were, until it is too old', async () => {
    const [signer, keys] = [await Ed25519.signer(), await Ed25519.keys(Ed25519.key)]
    const id = await RentalId.sign(claims, signer)
    expect(await RentalId.read(id, keys, 199)).toEqual({ ...claims, priced: { rule: peak, terms } })
    expect(await RentalId.read(id, keys, 200)).toBeUndefined()
    const bare = await RentalId.sign({ ...claims, tm: RateClaims.ofTerms({ at: 5 }) }, signer)
    expect((await RentalId.read(bare, keys, 100))?.priced.terms).toEqual({ at: 5 })
  })

  test('may hold a card as large as there are', async () => {
    const [signer, keys] = [await Ed25519.signer(), await Ed25519.keys(Ed25519.key)]
    const components = [{ unit: 'second', price: { model: 'per_unit', amount: '1' } }]
    const dates = Array.from({ length: 366 }, (_, day) =>
      new Date(Date.UTC(2028, 0, 1 + day)).toISOString().slice(0, 10),
    )
    const schedule = { zone: 'UTC', windows: Array.from({ length: 6 }, () => ({ dates, multiplier: '2' })) }
    const levels = Object.fromEntries(
      Array.from({ length: 100 }, (_, i) => [`${i}`.padStart(13, 'x'), { multiplier: '0.5' }]),
    )
    const card = Rate.parse({ v: 2, kind: 'card', components, schedule, levels, maximum: '1000' })
    expect(JSON.stringify(card).length).toBeGreaterThan(MAX_SIZE - 200)
    const id = await RentalId.sign({ ...claims, card }, signer)
    expect(id.length).toBeLessThan(RentalId.MAX_ID)
    expect((await RentalId.read(id, keys, 100))?.priced.rule).toEqual(card)
    expect(await RentalId.read('x'.repeat(RentalId.MAX_ID + 1), keys, 100)).toBeUndefined()
  })

  test('of another key, another kind or another shape is none', async () => {
    const [signer, keys] = [await Ed25519.signer(), await Ed25519.keys(Ed25519.key)]
    const other = await Ed25519.keys({ ...Ed25519.key, kid: 'other' })
    const id = await RentalId.sign(claims, signer)
    expect(await RentalId.read(id, other, 100)).toBeUndefined()
    expect(await RentalId.read(`${id}x`, keys, 100)).toBeUndefined()
    expect(await RentalId.read('', keys, 100)).toBeUndefined()
    for (const over of [{ max: '-1' }, { by: {} }, { tm: { at: 5, pos: { u: { A: '1' }, c: '0' } } }, { own: '' }]) {
      const bad = await RentalId.sign({ ...claims, ...over } as never, signer)
      expect(await RentalId.read(bad, keys, 100), JSON.stringify(over)).toBeUndefined()
    }
  })
})

describe('a body', () => {
  const start = { v: 1, route: 'gpu', method: 'POST', url: 'https://a.example/', headers: {} }

  test('is read as it is documented', () => {
    expect(Schema.read('start', start)).toEqual({ ok: true, value: start })
    const full = { ...start, provider: 'p', seconds: 60, bodyDigest: `0x${'A'.repeat(64)}`, token: true }
    expect(Schema.read('start', full)).toMatchObject({ ok: true, value: { bodyDigest: `0x${'a'.repeat(64)}` } })
    expect(Schema.read('rental', { v: 1, id: 'x' })).toEqual({ ok: true, value: { v: 1, id: 'x' } })
    expect(Schema.read('start', { ...start, seconds: 604_800 }).ok).toBe(true)
  })

  test('that is not says which member cannot be used', () => {
    const cases: [object, string][] = [
      [{ v: 2 }, 'v cannot be used'],
      [{ route: '' }, 'route cannot be used'],
      [{ seconds: 0 }, 'seconds cannot be used'],
      [{ seconds: 1.5 }, 'seconds cannot be used'],
      [{ seconds: 604_801 }, 'seconds cannot be used'],
      [{ headers: { cookie: 'x' } }, 'headers cannot be used'],
      [{ bodyDigest: '0x12' }, 'bodyDigest cannot be used'],
    ]
    for (const [over, detail] of cases)
      expect(Schema.read('start', { ...start, ...over })).toEqual({ ok: false, detail })
    expect(Schema.read('rental', { v: 1, id: 'x'.repeat(RentalId.MAX_ID + 1) })).toEqual({
      ok: false,
      detail: 'id cannot be used',
    })
    for (const bad of [null, 'x', { ...start, price: '1' }]) {
      expect(Schema.read('start', bad)).toEqual({ ok: false, detail: 'not the documented object' })
    }
  })
})
