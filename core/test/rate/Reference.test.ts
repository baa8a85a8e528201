/**
 * Comparison with an independent implementation, `calcPrice` of `@pydantic/genai-prices`. It computes dollars in floats;
 * a charge is that in millionths, exact and rounded up.
 */
import { calcPrice } from '@pydantic/genai-prices'
import * as Rate from '@pbstream/core/Rate'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { card } from './cards.ts'

/** Dollars for a million tokens are atomic units for one: with 4 decimals, for ten thousand. */
function tokens(prices: Record<string, number>, parts: object = {}): Rate.Card {
  const components = Object.entries(prices).map(([unit, price]) => ({
    unit,
    price: { model: 'per_unit', amount: `${Math.round(price * 10_000)}`, per: '10000' },
  }))
  return card({ components, ...parts })
}

/** Half price in the night, by UTC. */
const schedule = { zone: 'UTC', windows: [{ from: '00:30', to: '16:30', multiplier: '2' }] }
const models: [provider: string, model: string, rate: Rate.Card][] = [
  [
    'anthropic',
    'claude-sonnet-4-5',
    tokens({
      input_token: 3,
      cached_token: 0.3,
      cache_write_token: 3.75,
      cache_write_1h_token: 6,
      output_token: 15,
    }),
  ],
  ['openai', 'gpt-4o', tokens({ input_token: 2.5, cached_token: 1.25, output_token: 10 })],
  ['deepseek', 'deepseek-chat', tokens({ input_token: 0.135, cached_token: 0.035, output_token: 0.55 }, { schedule })],
]

const count = fc.nat(60_000)
// Prices of a model change; these are of one spring.
const DAY = Date.parse('2025-06-01T00:00:00Z')

test.each(models)('%s %s', (providerId, model, rate) => {
  const moment = fc.integer({ min: 0, max: 86_399 }).map((second) => DAY + second * 1000)
  fc.assert(
    fc.property(count, count, count, count, moment, (input, cached, writes, output, at) => {
      const written = providerId === 'anthropic' ? writes : 0
      const usage = {
        input_tokens: input + cached + written,
        cache_read_tokens: cached,
        cache_write_tokens: written,
        output_tokens: output,
      }
      const dollars = calcPrice(usage, model, { providerId, timestamp: new Date(at) })?.total_price ?? Number.NaN
      const units = {
        input_token: BigInt(input),
        cached_token: BigInt(cached),
        cache_write_token: BigInt(written),
        output_token: BigInt(output),
      }
      const charge = Number(Rate.charge(rate, { units }, { at }))
      const expected = dollars * 1e6
      expect(charge).toBeGreaterThanOrEqual(expected - 1e-6)
      expect(charge).toBeLessThan(expected + 1 + 1e-6)
    }),
  )
})
