import { expect, test } from 'vitest'
import { check } from '../src/pages/rates/Check.ts'
import type { CardDraft } from '../src/pages/rates/Draft.ts'
import { ending } from '../src/pages/rates/FormulaField.tsx'
import { chineseOf } from '../src/said/Said.ts'

const card: CardDraft = {
  kind: 'card',
  components: [{ unit: 'image', price: { model: 'per_unit', amount: '500' } }],
  levels: [],
  signals: [],
  maximum: '10000',
}

test('a card that is right has no finding', () => {
  expect(check(card)).toMatchObject({ findings: [], card: { kind: 'card', maximum: '10000' } })
})

test('a mistake in a formula has its place in the text', () => {
  const { card: made, findings } = check({ ...card, formula: 'base +\n  unknown * 2' })
  expect(made).toBeUndefined()
  expect(findings).toHaveLength(1)
  expect(findings[0]).toMatchObject({ path: '/formula', position: 9, line: 2, column: 3 })
  expect(findings[0]?.message).not.toContain('line')
})

test('the mark covers the word at the place', () => {
  expect(ending('base +\n  unknown * 2', 9)).toBe(16)
  expect(ending('base +', 6)).toBe(6)
})

test('each finding points into the card', () => {
  const { findings } = check({
    ...card,
    components: [
      {
        unit: 'image',
        price: {
          model: 'volume',
          tiers: [
            { upTo: '10', amount: 'x' },
            { upTo: '5', amount: '1' },
          ],
        },
      },
    ],
    minimum: '20000',
    schedule: { zone: 'Mars/Base', windows: [{ multiplier: '1.5' }] },
  })
  expect(findings.map(({ path }) => path)).toEqual(
    expect.arrayContaining([
      '/components/0/price/tiers/0/amount',
      '/components/0/price/tiers/1/upTo',
      '/minimum',
      '/schedule/zone',
    ]),
  )
})

test('a name that stands twice is found before one of the two is lost', () => {
  const levels = [
    { name: 'vip', multiplier: '0.9' },
    { name: 'vip', multiplier: '0.8' },
  ]
  const { card: made, findings } = check({ ...card, levels })
  expect(made).toBeUndefined()
  expect(findings[0]).toEqual({ path: '/levels/vip', message: 'this name stands twice' })
})

test('what core finds is said in Chinese', () => {
  const said = check({
    ...card,
    formula: 'bas',
    maximum: '0',
    signals: [{ name: 'x', oracle: 'o', min: '5', max: '1', fallback: '2' }],
  })
  for (const { message } of said.findings) expect(chineseOf(message)).toMatch(/\p{Script=Han}/u)
})
