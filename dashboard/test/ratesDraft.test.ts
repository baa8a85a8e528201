import { expect, test } from 'vitest'
import { type CardJson, fromJson, repeated, toJson } from '../src/pages/rates/Draft.ts'
import { ofDraft, ofText } from '../src/pages/rates/Editing.ts'
import { asKind, asModel, FIRST } from '../src/pages/rates/Start.ts'

const full: CardJson = {
  v: 2,
  kind: 'card',
  components: [{ unit: 'output_token', price: { model: 'per_unit', amount: '15' }, free: '10' }],
  formula: 'base * (100 + signal.load) / 100',
  period: { every: 'month', zone: 'Asia/Shanghai' },
  schedule: { zone: 'Europe/Zurich', windows: [{ from: '18:00', to: '23:00', multiplier: '1.5' }] },
  levels: { vip1: { multiplier: '0.9' } },
  signals: { load: { oracle: 'orc_1', min: '0', max: '100', fallback: '20' } },
  minimum: '500',
  maximum: '100000',
}

test('a card is the same after it was in the form', () => {
  expect(toJson(fromJson(full))).toEqual(full)
})

test('names that stand twice are told', () => {
  expect(repeated([{ name: 'a' }, { name: 'b' }, { name: 'a' }])).toEqual(['a'])
})

test('a flat price becomes a card of components that costs the same', () => {
  expect(toJson(asKind(FIRST, 'card'))).toEqual({
    v: 2,
    kind: 'card',
    components: [{ unit: 'request', price: { model: 'per_unit', amount: '1000' } }],
    maximum: '1000',
  })
})

test('another model keeps the tiers and the amount', () => {
  const tiers = [
    { upTo: '10', amount: '500' },
    { upTo: null, amount: '200', flat: '50' },
  ]
  expect(asModel({ model: 'graduated', tiers }, 'volume')).toEqual({ model: 'volume', tiers })
  expect(asModel({ model: 'graduated', tiers }, 'per_unit')).toEqual({ model: 'per_unit', amount: '500' })
  expect(asModel({ model: 'graduated', tiers }, 'stairstep')).toEqual({
    model: 'stairstep',
    tiers: [
      { upTo: '10', flat: '500' },
      { upTo: null, flat: '500' },
    ],
  })
})

test('JSON that is a card becomes the draft, and stays as it was typed', () => {
  const text = `{"v":1,   "kind":"flat","amount":"7"}`
  expect(ofText(text, FIRST)).toEqual({ draft: { kind: 'flat', amount: '7' }, text })
})

test('text that is no JSON leaves the draft and says the line', () => {
  const { draft, problem } = ofText('{\n  "v": 1,\n  oops\n}', FIRST)
  expect(draft).toBe(FIRST)
  expect(problem?.message).toBe('syntax')
  expect(problem?.line).toBe(3)
})

test('JSON that is no card says where', () => {
  const { problem } = ofText('{"v":1,"kind":"flat","amount":"7","extra":1}', FIRST)
  expect(problem?.message).toMatch(/extra/)
  const wrong = ofText(JSON.stringify({ ...full, components: [{ unit: 'image', price: { model: 'magic' } }] }), FIRST)
  expect(wrong.problem?.path).toBe('/components/0/price/model')
})

test('the form writes JSON that reads back', () => {
  const { text, draft } = ofDraft(fromJson(full))
  expect(ofText(text, FIRST).draft).toEqual(draft)
})
