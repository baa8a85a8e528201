/**
 * Comparison with an independent implementation, `extractUsage` of `@pydantic/genai-prices`. It counts parts inside of
 * totals, we count parts that do not overlap; so what is compared is: our parts add up to its totals, and each part that
 * both know is the same.
 *
 * Where they differ by intent, and what is generated leaves it out:
 * - parts that are larger than their total: it refuses or passes them on, we take as much as the total has;
 * - reasoning beside the answer (`total_tokens` shows it): it takes it for a part of the answer;
 * - compaction and advisor rounds of Anthropic: it does not count them;
 * - one-hour writes that are said without a total: it needs the total.
 */
import { extractUsage, findProvider } from '@pydantic/genai-prices'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { chatAnswer, chatStream, json, messageAnswer, messagesStream, responsesStream } from '../support/providers.ts'
import { read } from '../support/reading.ts'

const count = fc.nat(2 ** 40)
const maybe = (part: fc.Arbitrary<number>) => fc.option(part, { nil: undefined })

/** Their counts, without those that are absent. */
function theirs(provider: string, answer: unknown, flavor?: string): Record<string, number> {
  const found = findProvider({ providerId: provider })
  if (found === undefined) throw new Error(`no provider ${provider}`)
  const { usage } = extractUsage(found, answer, flavor)
  return Object.fromEntries(Object.entries(usage).filter((entry): entry is [string, number] => entry[1] !== undefined))
}

/** Ours in their words. */
function totals(units: Record<string, number>): Record<string, number> {
  const at = (unit: string) => units[unit] ?? 0
  return {
    input: at('input_token') + at('cached_token') + at('cache_write_token') + at('cache_write_1h_token'),
    output: at('output_token') + at('reasoning_token'),
    cached: at('cached_token'),
    written: at('cache_write_token') + at('cache_write_1h_token'),
    reasoning: at('reasoning_token'),
  }
}

function totalsOf(usage: Record<string, number>): Record<string, number> {
  return {
    input: usage['input_tokens'] ?? 0,
    output: usage['output_tokens'] ?? 0,
    cached: usage['cache_read_tokens'] ?? 0,
    written: usage['cache_write_tokens'] ?? 0,
    reasoning: usage['output_reasoning_tokens'] ?? 0,
  }
}

/** Every combination of fields, with parts that fit into their totals. */
const openAi = fc
  .record({ fresh: count, cached: maybe(count), written: maybe(count), text: count, reasoning: maybe(count) })
  .map(({ fresh, cached, written, text, reasoning }) => ({
    prompt: fresh + (cached ?? 0) + (written ?? 0),
    completion: text + (reasoning ?? 0),
    promptDetails: { cached_tokens: cached, cache_write_tokens: written },
    completionDetails: { reasoning_tokens: reasoning },
  }))

describe('the same as the reference', () => {
  test('chat completions, as JSON and as a stream', () => {
    fc.assert(
      fc.property(openAi, ({ prompt, completion, promptDetails, completionDetails }) => {
        const usage = {
          prompt_tokens: prompt,
          completion_tokens: completion,
          total_tokens: prompt + completion,
          prompt_tokens_details: promptDetails,
          completion_tokens_details: completionDetails,
        }
        const answer = JSON.parse(json(chatAnswer('x', usage))) as unknown
        const expected = totalsOf(theirs('openai', answer, 'chat'))
        expect(totals(read('openai', [json(answer)], { type: 'application/json' }).units)).toEqual(expected)
        expect(totals(read('openai', [chatStream(['x'], usage)]).units)).toEqual(expected)
      }),
      { numRuns: 200 },
    )
  })

  test('responses, as JSON and as a stream', () => {
    fc.assert(
      fc.property(openAi, ({ prompt, completion, promptDetails, completionDetails }) => {
        const usage = {
          input_tokens: prompt,
          input_tokens_details: promptDetails,
          output_tokens: completion,
          output_tokens_details: completionDetails,
          total_tokens: prompt + completion,
        }
        const answer = JSON.parse(json({ object: 'response', model: 'gpt-5.2', usage })) as unknown
        const expected = totalsOf(theirs('openai', answer, 'responses'))
        expect(totals(read('openai', [json(answer)], { type: 'application/json' }).units)).toEqual(expected)
        expect(totals(read('openai', [responsesStream(['x'], usage)]).units)).toEqual(expected)
      }),
      { numRuns: 200 },
    )
  })

  test('embeddings', () => {
    const answer = {
      object: 'list',
      data: [],
      model: 'text-embedding-3-small',
      usage: { prompt_tokens: 8, total_tokens: 8 },
    }
    const expected = theirs('openai', answer, 'embeddings')
    expect(read('openai', [json(answer)], { type: 'application/json' }).units).toEqual({
      input_token: expected['input_tokens'],
    })
  })

  const anthropic = fc.record({
    input: count,
    cached: maybe(count),
    short: count,
    hour: maybe(count),
    text: count,
    thinking: maybe(count),
    searches: maybe(fc.nat(99)),
  })
  test('messages, as JSON and as a stream', () => {
    fc.assert(
      fc.property(anthropic, ({ input, cached, short, hour, text, thinking, searches }) => {
        const created = short + (hour ?? 0)
        const usage = {
          input_tokens: input,
          cache_creation_input_tokens: created,
          cache_read_input_tokens: cached ?? null,
          ...(hour === undefined
            ? {}
            : { cache_creation: { ephemeral_5m_input_tokens: short, ephemeral_1h_input_tokens: hour } }),
          output_tokens: text + (thinking ?? 0),
          ...(thinking === undefined ? {} : { output_tokens_details: { thinking_tokens: thinking } }),
          ...(searches === undefined
            ? {}
            : { server_tool_use: { web_search_requests: searches, web_fetch_requests: 0 } }),
        }
        const answer = JSON.parse(json(messageAnswer('x', usage))) as unknown
        const reference = theirs('anthropic', answer, 'default')
        for (const { units } of [
          read('anthropic', [json(answer)], { type: 'application/json' }),
          read('anthropic', [messagesStream(['x'], { ...usage, output_tokens: 1 }, usage)]),
        ]) {
          expect(totals(units)).toEqual(totalsOf(reference))
          expect(units['custom.web_search'] ?? 0).toBe(reference['web_searches'] ?? 0)
          expect(units['cache_write_1h_token'] ?? 0).toBe(reference['cache_write_1h_tokens'] ?? 0)
        }
      }),
      { numRuns: 200 },
    )
  })
})
