import { afterEach, expect, test } from 'vitest'
import { changes, describe } from '../src/pages/rates/Describe.ts'
import type { CardDraft } from '../src/pages/rates/Draft.ts'
import { atomic, perMillion, typed, usdc } from '../src/pages/rates/Exact.ts'
import { locale } from '../src/text.ts'

const card: CardDraft = {
  kind: 'card',
  components: [{ unit: 'output_token', price: { model: 'per_unit', amount: '15' } }],
  levels: [{ name: 'vip', multiplier: '0.9' }],
  signals: [],
  maximum: '100000',
}

afterEach(() => {
  locale.value = 'en'
})

test('exact amounts in USDC', () => {
  expect(usdc('6001.5')).toBe('0.0060015')
  expect(usdc('-0.5')).toBe('-0.0000005')
  expect(usdc('12000000')).toBe('12')
  expect(usdc('1/3')).toBe('≈ 0.000000333333')
})

test('what is typed in USDC is kept in atomic units and back', () => {
  expect(atomic('0.001')).toBe('1000')
  expect(atomic('0.0000001')).toBeUndefined()
  expect(typed('1000')).toBe('0.001')
  expect(typed('much')).toBe('much')
})

test('prices of tokens read by the million', () => {
  expect(perMillion('3')).toBe('3')
  expect(perMillion('3', '10')).toBe('0.3')
  expect(perMillion('300000', '1000000')).toBe('0.3')
  expect(perMillion('3', '0')).toBeUndefined()
})

test('only what is different is a change, and what is gone comes last', () => {
  const after: CardDraft = {
    ...card,
    components: [{ unit: 'output_token', price: { model: 'per_unit', amount: '20' } }],
    levels: [],
    formula: 'base',
  }
  expect(changes(card, after).map(({ key, before, after: now }) => [key, before, now])).toEqual([
    ['price:output_token', '15 USDC per million', '20 USDC per million'],
    ['formula', undefined, 'base'],
    ['level:vip', '× 0.9', undefined],
  ])
})

test('a card that is the same has no change, and a free route another kind', () => {
  expect(changes(card, { ...card })).toEqual([])
  expect(changes(null, card)[0]).toMatchObject({ key: 'kind', before: 'free', after: 'Full rate card' })
})

test('every line has words in Chinese too', () => {
  locale.value = 'zh'
  for (const { label } of describe(card)) expect(label).toMatch(/\p{Script=Han}/u)
})
