/** Anthropic's messages: cumulative counts, caches, thinking, tools of the server, rounds that are not in the totals. */
import { describe, expect, test } from 'vitest'
import {
  event,
  json,
  messageAnswer,
  messageDelta,
  messagesStream,
  messageStart,
  type Style,
} from '../support/providers.ts'
import { cutAnywhere, read, readerOf, singles } from '../support/reading.ts'

const JSON_TYPE = 'application/json'
const START = {
  input_tokens: 2679,
  cache_creation_input_tokens: 500,
  cache_read_input_tokens: 40,
  cache_creation: { ephemeral_5m_input_tokens: 300, ephemeral_1h_input_tokens: 200 },
  output_tokens: 3,
  service_tier: 'standard',
  inference_geo: 'global',
}
const DELTA = {
  input_tokens: 10682,
  cache_creation_input_tokens: 900,
  cache_read_input_tokens: 45,
  output_tokens: 510,
  output_tokens_details: { thinking_tokens: 110 },
  server_tool_use: { web_search_requests: 2, web_fetch_requests: 1 },
}
const UNITS = {
  input_token: 10682,
  cached_token: 45,
  cache_write_token: 700,
  cache_write_1h_token: 200,
  output_token: 400,
  reasoning_token: 110,
  'custom.web_search': 2,
  'custom.web_fetch': 1,
}
const WORDS = ['Hel', ' 你好 "usage":{"output_tokens":1}\n\nevent: message_delta']
const stream = messagesStream(WORDS, START, DELTA)

describe('a usage object', () => {
  test.each<[string, unknown, Record<string, number>]>([
    ['totals', { input_tokens: 10, output_tokens: 20 }, { input_token: 10, output_token: 20 }],
    [
      'caches are beside the input',
      { input_tokens: 10, cache_creation_input_tokens: 30, cache_read_input_tokens: 50, output_tokens: 20 },
      { input_token: 10, cache_write_token: 30, cached_token: 50, output_token: 20 },
    ],
    [
      'null fields',
      {
        input_tokens: 10,
        cache_creation_input_tokens: null,
        cache_read_input_tokens: null,
        cache_creation: null,
        output_tokens: 20,
        server_tool_use: null,
        output_tokens_details: null,
        iterations: null,
      },
      { input_token: 10, output_token: 20 },
    ],
    [
      'the split of what was written',
      {
        input_tokens: 0,
        cache_creation_input_tokens: 30,
        cache_creation: { ephemeral_5m_input_tokens: 10, ephemeral_1h_input_tokens: 20 },
        output_tokens: 1,
      },
      { cache_write_token: 10, cache_write_1h_token: 20, output_token: 1 },
    ],
    [
      'a split without its total',
      {
        input_tokens: 0,
        cache_creation: { ephemeral_5m_input_tokens: 10, ephemeral_1h_input_tokens: 20 },
        output_tokens: 1,
      },
      { cache_write_token: 10, cache_write_1h_token: 20, output_token: 1 },
    ],
    [
      'half a split',
      { input_tokens: 0, cache_creation: { ephemeral_1h_input_tokens: 20 }, output_tokens: 1 },
      { cache_write_1h_token: 20, output_token: 1 },
    ],
    [
      'a split of less than the total: the rest lasts five minutes',
      {
        input_tokens: 0,
        cache_creation_input_tokens: 100,
        cache_creation: { ephemeral_5m_input_tokens: 10, ephemeral_1h_input_tokens: 20 },
        output_tokens: 1,
      },
      { cache_write_token: 80, cache_write_1h_token: 20, output_token: 1 },
    ],
    [
      'a split of more than the total',
      {
        input_tokens: 0,
        cache_creation_input_tokens: 15,
        cache_creation: { ephemeral_5m_input_tokens: 10, ephemeral_1h_input_tokens: 20 },
        output_tokens: 1,
      },
      { cache_write_1h_token: 15, output_token: 1 },
    ],
    [
      'more thinking than output',
      { input_tokens: 1, output_tokens: 5, output_tokens_details: { thinking_tokens: 9 } },
      { input_token: 1, reasoning_token: 5 },
    ],
    [
      'tools that nobody knew',
      {
        input_tokens: 1,
        output_tokens: 1,
        server_tool_use: { code_execution_requests: 4, 'Bad-Name_requests': 1, other: 3, web_search_requests: -1 },
      },
      { input_token: 1, output_token: 1, 'custom.code_execution': 4 },
    ],
    [
      'compaction is not in the totals',
      {
        input_tokens: 10,
        output_tokens: 20,
        iterations: [
          { type: 'compaction', input_tokens: 100, cache_read_input_tokens: 7, output_tokens: 200 },
          { type: 'message', input_tokens: 10, output_tokens: 20 },
        ],
      },
      { input_token: 110, cached_token: 7, output_token: 220 },
    ],
    [
      'an advisor is another model',
      {
        input_tokens: 10,
        output_tokens: 20,
        iterations: [
          { type: 'advisor_message', input_tokens: 100, cache_creation_input_tokens: 5, output_tokens: 200 },
          { type: 'fallback_message', input_tokens: 10, output_tokens: 20 },
          null,
          'x',
        ],
      },
      { input_token: 10, output_token: 20, 'custom.advisor_input_token': 105, 'custom.advisor_output_token': 200 },
    ],
    [
      'iterations that are none',
      { input_tokens: 10, output_tokens: 20, iterations: { type: 'compaction' } },
      { input_token: 10, output_token: 20 },
    ],
    [
      'unusable fields',
      { input_tokens: 'x', cache_read_input_tokens: 4, output_tokens: 20 },
      { cached_token: 4, output_token: 20 },
    ],
  ])('%s', (_, usage, units) => {
    expect(read('anthropic', [json(messageAnswer('Hi', usage))], { type: JSON_TYPE })).toMatchObject({
      units,
      source: 'reported',
    })
  })

  test.each<[string, unknown]>([
    ['null', null],
    ['empty', {}],
    ['a list', [{ output_tokens: 1 }]],
    ['lies', { input_tokens: -1, output_tokens: 1.5, cache_read_input_tokens: '3', cache_creation: 'x' }],
  ])('that says nothing: %s', (_, usage) => {
    expect(read('anthropic', [json(messageAnswer('Hi', usage))], { type: JSON_TYPE })).toMatchObject({
      units: {},
      source: 'none',
    })
  })

  test('no more than eight tools are counted, nor more than 256 rounds', () => {
    const tools = Object.fromEntries(Array.from({ length: 12 }, (_, i) => [`tool_${'abcdefghijkl'[i]}_requests`, 1]))
    const iterations = Array.from({ length: 300 }, () => ({ type: 'compaction', input_tokens: 1, output_tokens: 1 }))
    const usage = { input_tokens: 0, output_tokens: 0, server_tool_use: tools, iterations }
    const { units } = read('anthropic', [json(messageAnswer('', usage))], { type: JSON_TYPE })
    expect(Object.keys(units).filter((unit) => unit.startsWith('custom.'))).toHaveLength(8)
    expect(units).toMatchObject({ input_token: 256, output_token: 256 })
  })
})

describe('a stream', () => {
  const styles: [string, Style][] = [
    ['LF', {}],
    ['CRLF', { end: '\r\n' }],
    ['spaces in JSON', { pretty: true, space: '' }],
  ]
  test.each(styles)('%s: cut anywhere, counts the same and passes as it is', (_, style) => {
    const text = messagesStream(WORDS, START, DELTA, style)
    expect(cutAnywhere('anthropic', text, {}, { units: UNITS, out: text, source: 'reported' })).toEqual([])
    expect(read('anthropic', singles(text))).toMatchObject({ units: UNITS, out: text })
  })

  test('a delta replaces what it says, and leaves what it does not say', () => {
    const nulls = {
      input_tokens: null,
      cache_creation_input_tokens: null,
      cache_read_input_tokens: null,
      output_tokens: 9,
      output_tokens_details: null,
      server_tool_use: null,
    }
    expect(read('anthropic', [messagesStream(['a'], START, nulls)]).units).toEqual({
      input_token: 2679,
      cached_token: 40,
      cache_write_token: 300,
      cache_write_1h_token: 200,
      output_token: 9,
    })
    expect(read('anthropic', [messagesStream(['a'], START, { output_tokens: 9 })]).units).toMatchObject({
      input_token: 2679,
      output_token: 9,
    })
  })

  test('a delta whose total outgrows the split of the start: the rest lasts five minutes', () => {
    const { units } = read('anthropic', [
      messagesStream([], START, { cache_creation_input_tokens: 1500, output_tokens: 1 }),
    ])
    expect(units).toMatchObject({ cache_write_token: 1300, cache_write_1h_token: 200 })
  })

  test('of several deltas each field counts as it was said last', () => {
    const text = [
      event(messageStart(START)),
      event(messageDelta({ output_tokens: 100, server_tool_use: { web_search_requests: 1 } })),
      event(messageDelta({ output_tokens: 90 })),
    ].join('')
    const { units, floor } = read('anthropic', [text])
    expect(units).toMatchObject({ output_token: 90, 'custom.web_search': 1 })
    expect(floor).toMatchObject({ output_token: 100 })
  })

  test('a field that becomes unusable keeps what it was', () => {
    const text =
      event(messageStart(START)) +
      event(messageDelta({ output_tokens: 100 })) +
      event(messageDelta({ output_tokens: '7', input_tokens: -3 }))
    expect(read('anthropic', [text])).toMatchObject({
      units: { input_token: 2679, output_token: 100 },
      source: 'reported',
    })
  })

  const events = stream.split('\n\n')
  const first = (count: number) => [`${events.slice(0, count).join('\n\n')}\n\n`]
  const read1 = { input_token: 2679, cached_token: 40, cache_write_token: 300, cache_write_1h_token: 200 }
  test.each(['broke', 'left', 'cut', 'end'] as const)(
    '%s before the counts of the answer: the prompt, and what went past',
    (cause) => {
      const many = messagesStream(
        Array.from({ length: 9 }, () => 'x'),
        START,
        undefined,
      )
      expect(read('anthropic', first(1), { cause })).toMatchObject({
        units: { ...read1, output_token: 3 },
        source: 'counted',
      })
      expect(read('anthropic', first(4), { cause })).toMatchObject({
        units: { ...read1, output_token: 3 },
        source: 'counted',
      })
      expect(read('anthropic', [many], { cause })).toMatchObject({
        units: { ...read1, output_token: 9 },
        source: 'counted',
      })
    },
  )

  test('an error in the stream: the prompt, and what went past', () => {
    const error = event({ type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } }, {}, true)
    const text = `${first(4)[0]}${error}`
    expect(read('anthropic', [text], { cause: 'end' })).toMatchObject({
      units: { ...read1, output_token: 3 },
      source: 'counted',
      out: text,
    })
  })

  test('zeros at the end are a report', () => {
    expect(
      read('anthropic', [messagesStream(['a', 'b'], { input_tokens: 0, output_tokens: 0 }, { output_tokens: 0 })]),
    ).toMatchObject({ units: {}, source: 'reported' })
  })

  test.each<[Record<string, unknown>, Record<string, number>]>([
    [{ type: 'text_delta', text: 'a' }, { output_token: 1 }],
    [{ type: 'text_delta', text: '' }, {}],
    [{ type: 'input_json_delta', partial_json: '{"a' }, { output_token: 1 }],
    [{ type: 'input_json_delta', partial_json: '' }, {}],
    [{ type: 'thinking_delta', thinking: 'Hm' }, { reasoning_token: 1 }],
    [{ type: 'signature_delta', signature: 'EqQB' }, {}],
    [{ type: 'citations_delta', citation: { cited_text: 'x' } }, {}],
  ])('%j', (delta, floor) => {
    expect(read('anthropic', [event({ type: 'content_block_delta', index: 0, delta })]).floor).toEqual(floor)
  })

  test('the text of a block that begins is not counted twice, nor are pings', () => {
    const text =
      event({ type: 'content_block_start', index: 0, content_block: { type: 'text', text: 'x' } }) +
      event({ type: 'ping' })
    expect(read('anthropic', [text]).floor).toEqual({})
  })

  test('what is likely grows with the text', () => {
    const text =
      event(messageStart({ input_tokens: 9, output_tokens: 1 })) +
      event({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'abcdefghi' } })
    expect(read('anthropic', [text])).toMatchObject({
      floor: { input_token: 9, output_token: 1 },
      likely: { input_token: 9, output_token: 3 },
    })
  })

  test('is never waited for', () => {
    expect(readerOf('anthropic').awaitsUsage).toBe(false)
  })
})
