/** docs/rates.md: each card in it is parsed, and each line of the table behind it is priced. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as Rate from '@pbstream/core/Rate'
import { describe, expect, test } from 'vitest'

const text = readFileSync(join(import.meta.dirname, '../../../docs/rates.md'), 'utf8')
const EXAMPLE = /```json\n((?:(?!```)[^])*)\n```\n\n((?:\|.*\n)+)/g
const examples = [...text.matchAll(EXAMPLE)].map(([, card = '', table = '']) => ({ card, lines: linesOf(table) }))

/** Without the head of the table. */
function linesOf(table: string): { used: string; given: string; charge: string }[] {
  const lines = table.trim().split('\n').slice(2)
  return lines.map((line) => {
    const [used = '', given = '', charge = ''] = line
      .split('|')
      .slice(1, 4)
      .map((cell) => cell.trim().replaceAll('`', ''))
    return { used, given, charge }
  })
}

function counts(given: Record<string, number>): Rate.Units {
  return Object.fromEntries(Object.entries(given).map(([unit, count]) => [unit, BigInt(count)]))
}

function termsOf(given: string): Rate.Terms {
  const {
    at = '2026-11-23T12:00:00Z',
    position,
    ...rest
  } = JSON.parse(given === '' ? '{}' : given) as {
    at?: string
    position?: { units: Record<string, number>; charged: number }
  }
  const where = position && { position: { units: counts(position.units), charged: BigInt(position.charged) } }
  return { at: Date.parse(at), ...rest, ...where }
}

test('every card of the page is an example that is priced', () => {
  expect(examples.length).toBe([...text.matchAll(/```json/g)].length)
  expect(examples.length).toBeGreaterThan(7)
})

describe.each(examples)('$card', ({ card, lines }) => {
  test.each(lines)('$used $given: $charge', ({ used, given, charge }) => {
    const rate = Rate.parse(JSON.parse(card))
    const usage = { units: counts(JSON.parse(used) as Record<string, number>) }
    expect(`${Rate.charge(rate, usage, termsOf(given))}`).toBe(charge)
    expect(Rate.explain(rate, usage, termsOf(given)).charge).toBe(charge)
  })
})
