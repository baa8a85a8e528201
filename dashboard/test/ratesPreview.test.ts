import { parse } from '@pbstream/core/Rate'
import { expect, test } from 'vitest'
import { overDay, overQuantity, reach } from '../src/pages/rates/CurvePoints.ts'
import { linesOf } from '../src/pages/rates/Lines.ts'
import { type Asked, countOf, NOTHING, preview, unitsOf } from '../src/pages/rates/Preview.ts'

const at = Date.parse('2026-11-23T17:00:00Z')
const asked = (change: Partial<Asked> = {}): Asked => ({ ...NOTHING, at, ...change })

const timed = parse({
  v: 2,
  kind: 'card',
  components: [
    { unit: 'request', price: { model: 'per_unit', amount: '1000' } },
    { unit: 'second', price: { model: 'per_unit', amount: '60' } },
  ],
  schedule: { zone: 'Europe/Zurich', windows: [{ from: '18:00', to: '23:00', multiplier: '1.5' }] },
  maximum: '1000000',
})
const tiered = parse({
  v: 2,
  kind: 'card',
  components: [
    {
      unit: 'image',
      price: {
        model: 'volume',
        tiers: [
          { upTo: '10', amount: '500' },
          { upTo: null, amount: '200', flat: '50' },
        ],
      },
    },
  ],
  maximum: '1000000',
})

test('seconds are typed as seconds and counted in milliseconds', () => {
  expect(countOf('second', '0.5')).toBe(500n)
  expect(countOf('image', '1,000')).toBe(1000n)
  expect(countOf('image', '1.5')).toBeUndefined()
})

test('a price is that of core, with what is held', () => {
  const made = preview(timed, asked({ use: { second: '10' } }))
  expect(made).toMatchObject({ ok: true, ceiling: 2400n, explanation: { charge: '2400' } })
})

test('inputs that are none are named', () => {
  expect(preview(timed, asked({ use: { second: 'x' }, multiplier: 'much' }))).toEqual({
    ok: false,
    wrong: ['multiplier', 'use.second'].toSorted((a, b) => (a < b ? 1 : -1)),
  })
})

test('the units of a card are those of its components and of its formula', () => {
  const card = parse({
    v: 2,
    kind: 'card',
    components: [{ unit: 'request', price: { model: 'per_unit', amount: '1' } }],
    formula: 'base + units.millisecond + units.custom.page',
    maximum: '100',
  })
  expect(unitsOf(card).toSorted()).toEqual(['custom.page', 'second'])
})

test('an explanation ends with the charge and warns where the next tier is cheaper', () => {
  const made = preview(tiered, asked({ use: { image: '11' } }))
  if (!made.ok) throw new Error('no price')
  const lines = linesOf(made.explanation)
  expect(lines.at(-1)).toEqual({ level: 0, text: 'Charged', amount: '0.00225' })
  expect(lines.filter(({ tone }) => tone === 'warn')).toHaveLength(1)
})

test('a curve over a quantity has both sides of the end of a tier', () => {
  const most = reach(tiered, 'image', 3n)
  expect(most).toBe(20n)
  const points = overQuantity(tiered, 'image', most, { units: {} }, { at })
  expect(points.find(({ x }) => x === 10)?.price).toBe(5000n)
  expect(points.find(({ x }) => x === 11)?.price).toBe(2250n)
  expect(points.map(({ x }) => x)).toEqual(points.map(({ x }) => x).toSorted((a, b) => a - b))
})

test('a curve over the day goes by the clock of the card', () => {
  const points = overDay(timed, { units: {} }, { at })
  expect(new Date(points[0]?.x ?? 0).toISOString()).toBe('2026-11-22T23:00:00.000Z')
  expect(points[71]?.price).toBe(1000n)
  expect(points[72]?.price).toBe(1500n)
})
