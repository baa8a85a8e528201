/** Chat completions, completions, responses, embeddings: exact counts, whatever the form of the stream. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  bytes,
  chatAnswer,
  chatChunk,
  chatStream,
  event,
  json,
  responsesStream,
  type Style,
} from '../support/providers.ts'
import { cutAnywhere, read, readerOf, singles } from '../support/reading.ts'

const JSON_TYPE = 'application/json'
const USAGE = {
  prompt_tokens: 19,
  completion_tokens: 10,
  total_tokens: 29,
  prompt_tokens_details: { cached_tokens: 8, cache_write_tokens: 3, audio_tokens: 0 },
  completion_tokens_details: {
    reasoning_tokens: 4,
    audio_tokens: 0,
    accepted_prediction_tokens: 1,
    rejected_prediction_tokens: 2,
  },
}
const UNITS = { input_token: 8, cached_token: 8, cache_write_token: 3, output_token: 6, reasoning_token: 4 }
const WORDS = [' 你好', '"usage":{"prompt_tokens":1}\n\ndata: [DONE]\n\n\\']

describe('a usage object', () => {
  const units = (usage: unknown) => read('openai', [json(chatAnswer('Hello', usage))], { type: JSON_TYPE })
  test.each<[string, unknown, Record<string, number>]>([
    ['all fields', USAGE, UNITS],
    ['totals only', { prompt_tokens: 5, completion_tokens: 7, total_tokens: 12 }, { input_token: 5, output_token: 7 }],
    [
      'of responses',
      {
        input_tokens: 5,
        output_tokens: 7,
        input_tokens_details: { cached_tokens: 2 },
        output_tokens_details: { reasoning_tokens: 7 },
      },
      { input_token: 3, cached_token: 2, reasoning_token: 7 },
    ],
    ['of embeddings', { prompt_tokens: 8, total_tokens: 8 }, { input_token: 8 }],
    [
      'all from the cache',
      { prompt_tokens: 8, completion_tokens: 1, prompt_tokens_details: { cached_tokens: 8 } },
      { cached_token: 8, output_token: 1 },
    ],
    [
      'null details',
      { prompt_tokens: 8, completion_tokens: 1, prompt_tokens_details: null, completion_tokens_details: null },
      { input_token: 8, output_token: 1 },
    ],
    [
      'more in the cache than read',
      { prompt_tokens: 8, completion_tokens: 1, prompt_tokens_details: { cached_tokens: 9, cache_write_tokens: 5 } },
      { cached_token: 8, output_token: 1 },
    ],
    [
      'more written than is left',
      { prompt_tokens: 8, completion_tokens: 1, prompt_tokens_details: { cached_tokens: 5, cache_write_tokens: 5 } },
      { cached_token: 5, cache_write_token: 3, output_token: 1 },
    ],
    [
      'cache hits as DeepSeek names them',
      { prompt_tokens: 8, completion_tokens: 1, prompt_cache_hit_tokens: 6, prompt_cache_miss_tokens: 2 },
      { input_token: 2, cached_token: 6, output_token: 1 },
    ],
    [
      'more reasoning than answer',
      { prompt_tokens: 8, completion_tokens: 1, completion_tokens_details: { reasoning_tokens: 2 } },
      { input_token: 8, reasoning_token: 1 },
    ],
    [
      'reasoning beside the answer, as the total shows',
      {
        prompt_tokens: 8,
        completion_tokens: 10,
        total_tokens: 318,
        completion_tokens_details: { reasoning_tokens: 300 },
      },
      { input_token: 8, output_token: 10, reasoning_token: 300 },
    ],
    [
      'rejected predictions are in the total',
      { prompt_tokens: 1, completion_tokens: 9, completion_tokens_details: { rejected_prediction_tokens: 5 } },
      { input_token: 1, output_token: 9 },
    ],
    [
      'audio, beside',
      {
        prompt_tokens: 9,
        completion_tokens: 9,
        prompt_tokens_details: { audio_tokens: 4 },
        completion_tokens_details: { audio_tokens: 5 },
      },
      { input_token: 9, output_token: 9, 'custom.audio_input_token': 4, 'custom.audio_output_token': 5 },
    ],
    ['zeros', { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 }, {}],
    ['1e21', { prompt_tokens: 1e21, completion_tokens: 1 }, { input_token: 1e21, output_token: 1 }],
  ])('%s', (_, usage, expected) => expect(units(usage)).toMatchObject({ units: expected, source: 'reported' }))

  test('a count has a most', () => {
    expect(units({ prompt_tokens: 1e300, completion_tokens: 1 }).units).toEqual({
      input_token: 2 ** 96,
      output_token: 1,
    })
  })

  test.each<[string, unknown]>([
    ['null', null],
    ['missing', undefined],
    ['a text', 'many'],
    ['a list', [1, 2]],
    ['empty', {}],
    ['negative', { prompt_tokens: -1, completion_tokens: -2 }],
    ['texts', { prompt_tokens: '12', completion_tokens: '3' }],
    ['fractions', { prompt_tokens: 1.5, completion_tokens: 0.1 }],
    ['too large to be a number', { prompt_tokens: null, completion_tokens: [] }],
  ])('that says nothing: %s', (_, usage) => expect(units(usage)).toMatchObject({ units: {}, source: 'none' }))

  test('half of it unusable: the other half counts', () => {
    expect(units({ prompt_tokens: 12, completion_tokens: '3' })).toMatchObject({ units: { input_token: 12 } })
    expect(units({ prompt_tokens: -1, completion_tokens: 3 })).toMatchObject({ units: { output_token: 3 } })
  })

  test('numbers that JSON has no way to write are no answer', () => {
    const body = '{"usage":{"prompt_tokens":NaN,"completion_tokens":Infinity}}'
    expect(read('openai', [body], { type: JSON_TYPE })).toMatchObject({ units: {}, source: 'none', out: body })
  })
})

describe('a JSON answer', () => {
  const answer = json(chatAnswer('a \\" "usage": {"prompt_tokens": 1} 你好', USAGE))
  test('cut anywhere, counts the same and passes as it is', () => {
    expect(
      cutAnywhere('openai', answer, { type: JSON_TYPE }, { units: UNITS, out: answer, source: 'reported' }),
    ).toEqual([])
    expect(read('openai', singles(answer), { type: JSON_TYPE })).toMatchObject({ units: UNITS, out: answer })
  })

  test('usage of what is inside of the answer is not that of the answer', () => {
    const body = json({ choices: [{ usage: USAGE }], data: { usage: USAGE }, metadata: { response: { usage: USAGE } } })
    expect(read('openai', [body], { type: JSON_TYPE })).toMatchObject({ units: {}, source: 'none' })
  })

  test('usage of a response in an answer is that of the answer, whatever stood before it', () => {
    const body = json({ before: { usage: { usage: 1 } }, response: { id: 'x', usage: USAGE }, after: { usage: 2 } })
    expect(read('openai', [body], { type: JSON_TYPE })).toMatchObject({ units: UNITS, source: 'reported' })
  })

  test('the last of two counts, and a name may be written with escapes', () => {
    const body =
      '{"usage":{"prompt_tokens":1,"completion_tokens":1},"us\\u0061ge":{"prompt_tokens":2,"completion_tokens":3}}'
    expect(read('openai', [body], { type: JSON_TYPE }).units).toEqual({ input_token: 2, output_token: 3 })
  })

  test('broken off before its usage: nothing; after it: all', () => {
    const at = answer.indexOf('"service_tier"')
    expect(read('openai', [answer.slice(0, at)], { type: JSON_TYPE, cause: 'broke' }).units).toEqual(UNITS)
    expect(read('openai', [answer.slice(0, at - 3)], { type: JSON_TYPE, cause: 'broke' }).units).toEqual({})
  })

  test('its usage is waited for until it has come', () => {
    const reader = readerOf('openai', { type: JSON_TYPE })
    const at = answer.indexOf('"service_tier"')
    reader.push(bytes(answer.slice(0, at - 3)))
    expect(reader.awaitsUsage).toBe(true)
    reader.push(bytes(answer.slice(at - 3)))
    expect(reader.awaitsUsage).toBe(false)
    expect(reader.cutEvent()).toHaveLength(0)
  })

  test('embeddings of many megabytes are read without keeping them', () => {
    const reader = readerOf('openai', { type: JSON_TYPE })
    const vector = bytes(`${'0.0123456,'.repeat(6553)}1`)
    reader.push(bytes('{"object":"list","data":[{"embedding":['))
    for (let i = 0; i < 64; i++) reader.push(i === 0 ? vector : bytes(`,${'-1.5e-7,'.repeat(8000)}2`))
    reader.push(bytes(']}],"model":"text-embedding-3-large","usage":{"prompt_tokens":8,"total_tokens":8}}'))
    expect(reader.finish('end').usage).toEqual({ units: { input_token: 8n }, source: 'reported' })
  })
})

const STYLES: [string, Style][] = [
  ['LF', {}],
  ['CRLF', { end: '\r\n' }],
  ['CR', { end: '\r' }],
  ['no space', { space: '' }],
  ['spaces in JSON', { pretty: true }],
  ['byte order mark', { bom: true, end: '\r\n' }],
]

describe('a stream of chat chunks', () => {
  test.each(STYLES)('%s: cut anywhere, counts the same and passes as it is', (_, style) => {
    const stream = chatStream(WORDS, USAGE, style)
    expect(cutAnywhere('openai', stream, {}, { units: UNITS, out: stream, source: 'reported' })).toEqual([])
    expect(read('openai', singles(stream))).toMatchObject({ units: UNITS, out: stream })
  })

  test.each(STYLES)('%s: cut anywhere, the usage that was not asked for does not pass', (_, style) => {
    const stream = chatStream(WORDS, USAGE, style)
    const without = stream.replace(event(chatChunk(null, { usage: USAGE }), style), '')
    const hides = { prepared: { hides: true } }
    expect(without.length).toBeLessThan(stream.length)
    expect(cutAnywhere('openai', stream, hides, { units: UNITS, out: without, source: 'reported' })).toEqual([])
    expect(read('openai', singles(stream), hides)).toMatchObject({ units: UNITS, out: without })
  })

  test('in any chunks, between comments, the same', () => {
    const ends = fc.constantFrom('\n', '\r\n', '\r')
    const words = fc.array(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 8 }), { maxLength: 6 })
    const cuts = fc.array(fc.nat(4000), { maxLength: 12 })
    fc.assert(
      fc.property(words, ends, cuts, fc.boolean(), (text, end, at, hides) => {
        const keepAlive = `: keep-alive${end}${end}`
        const parts = [chatStream(text, undefined, { end }), event(chatChunk(null, { usage: USAGE }), { end })]
        const stream = keepAlive + parts.join(keepAlive) + keepAlive
        const whole = bytes(stream)
        const places = [0, ...at.map((place) => place % whole.length), whole.length].toSorted((a, b) => a - b)
        const chunks = places.slice(1).map((place, i) => whole.subarray(places[i], place))
        const result = read('openai', chunks, { prepared: { hides } })
        expect(result.units).toEqual(UNITS)
        expect(result.out).toBe(hides ? stream.replace(parts[1] as string, '') : stream)
        expect(result.floor).toEqual(UNITS)
      }),
      { numRuns: 200 },
    )
  })

  test('usage in a chunk with a choice counts, and passes', () => {
    const last = event(chatChunk({}, { usage: USAGE }))
    const stream = chatStream(['Hi'], undefined) + last
    expect(read('openai', [stream], { prepared: { hides: true } })).toMatchObject({ units: UNITS, out: stream })
  })

  test('usage in every chunk: the last counts, as it is', () => {
    const chunks = [1, 2, 3].map((n) =>
      event(chatChunk({ content: 'x' }, { usage: { prompt_tokens: 4, completion_tokens: n } })),
    )
    expect(read('openai', chunks)).toMatchObject({ units: { input_token: 4, output_token: 3 }, source: 'reported' })
    const down = [3, 2].map((n) => event(chatChunk(null, { usage: { prompt_tokens: 4, completion_tokens: n } })))
    const result = read('openai', down)
    expect(result.units).toEqual({ input_token: 4, output_token: 2 })
    expect(result.floor).toEqual({ input_token: 4, output_token: 3 })
  })

  test('zeros are a report at the end, and none when it broke off', () => {
    const stream = chatStream(['a', 'b'], { prompt_tokens: 0, completion_tokens: 0 })
    expect(read('openai', [stream])).toMatchObject({ units: {}, source: 'reported' })
    expect(read('openai', [stream], { cause: 'broke' })).toMatchObject({
      units: { output_token: 2 },
      source: 'counted',
    })
  })

  test('an end without an empty line is an end', () => {
    const stream = `${event(chatChunk({ content: 'x' }))}${event(chatChunk(null, { usage: USAGE })).trimEnd()}`
    expect(read('openai', [stream])).toMatchObject({ units: UNITS, out: stream })
    const hidden = read('openai', [stream], { prepared: { hides: true } })
    expect(hidden).toMatchObject({ units: UNITS, out: event(chatChunk({ content: 'x' })) })
  })

  test('what is held back and is not usage passes at the end', () => {
    const stream = 'data: {"id":"x"'
    expect(read('openai', [stream], { prepared: { hides: true } })).toMatchObject({ units: {}, out: stream })
  })

  test.each(['broke', 'left', 'cut'] as const)('%s: what went past counts', (cause) => {
    const whole = chatStream(['one', ' two', ' three', ' four'], USAGE)
    const events = whole.split('\n\n')
    const part = (count: number) => [`${events.slice(0, count).join('\n\n')}\n\n`]
    expect(read('openai', part(1), { cause })).toMatchObject({ units: {}, source: 'none' })
    expect(read('openai', part(3), { cause })).toMatchObject({ units: { output_token: 2 }, source: 'counted' })
    expect(read('openai', part(5), { cause })).toMatchObject({ units: { output_token: 4 }, source: 'counted' })
    expect(read('openai', [whole], { cause })).toMatchObject({ units: UNITS, source: 'reported' })
  })

  test('an event that broke off is not counted', () => {
    const stream = chatStream(['one', ' two'], USAGE)
    const at = stream.indexOf(' two')
    expect(read('openai', [stream.slice(0, at + 4)], { cause: 'broke' }).units).toEqual({ output_token: 1 })
  })

  test('a whole answer without usage: what went past', () => {
    expect(read('openai', [chatStream(['one', ' two'])])).toMatchObject({
      units: { output_token: 2 },
      source: 'counted',
    })
  })

  test('an error in the stream is passed on, and what went past counts', () => {
    const error = event({
      error: { message: 'The server had an error', type: 'server_error', code: null, param: null },
    })
    const stream = event(chatChunk({ content: 'x' })) + error
    expect(read('openai', [stream], { prepared: { hides: true } })).toMatchObject({
      units: { output_token: 1 },
      out: stream,
    })
  })

  test.each<[string, Record<string, unknown>, Record<string, number>]>([
    ['no text', { content: '' }, {}],
    ['null', { content: null }, {}],
    ['the role', { role: 'assistant' }, {}],
    ['refusal', { refusal: 'No' }, { output_token: 1 }],
    ['a call of a tool', { tool_calls: [{ index: 0, function: { arguments: '{"a' } }] }, { output_token: 1 }],
    [
      'the begin of a call',
      { tool_calls: [{ index: 0, id: 'c', type: 'function', function: { name: 'f', arguments: '' } }] },
      {},
    ],
    ['reasoning', { reasoning_content: 'Hm' }, { reasoning_token: 1 }],
    ['text after reasoning', { content: 'a', reasoning_content: '' }, { output_token: 1 }],
    ['text and reasoning', { content: 'a', reasoning_content: 'b' }, { output_token: 1 }],
    ['what may be a summary', { reasoning: 'Hm' }, {}],
    ['an escape', { content: '"' }, { output_token: 1 }],
  ])('a delta of %s', (_, delta, units) => {
    for (const pretty of [false, true]) {
      expect(read('openai', [event(chatChunk(delta), { pretty })]).floor).toEqual(units)
    }
  })

  test('choices without deltas are completions: their text counts', () => {
    const chunk = event({ id: 'cmpl-1', object: 'text_completion', choices: [{ text: ' word', index: 0 }], model: 'm' })
    expect(read('openai', [chunk, chunk]).floor).toEqual({ output_token: 2 })
    expect(read('openai', [event({ object: 'other', text: 'word' })]).floor).toEqual({})
  })

  test('what is likely is never less than the floor, and grows with the text', () => {
    const one = read('openai', [event(chatChunk({ content: 'abcdefghijkl' }))])
    expect(one).toMatchObject({ floor: { output_token: 1 }, likely: { output_token: 4 } })
    expect(read('openai', [event(chatChunk({ content: '你好' }))]).likely).toEqual({ output_token: 2 })
    expect(read('openai', [event(chatChunk({ reasoning: 'abcdef' }))])).toMatchObject({
      floor: {},
      likely: { output_token: 2 },
    })
    const short = Array.from({ length: 9 }, () => event(chatChunk({ content: 'a' })))
    expect(read('openai', short).likely).toEqual({ output_token: 9 })
  })

  test('of the prompt what the request allows is likely, until it is reported', () => {
    const prepared = { bounds: { input_token: 1100n } }
    expect(read('openai', [event(chatChunk({ content: 'a' }))], { prepared }).likely).toEqual({
      input_token: 1100,
      output_token: 1,
    })
    expect(read('openai', [event(chatChunk(null, { usage: USAGE }))], { prepared }).likely).toEqual(UNITS)
  })

  test('usage is waited for from the reason of the end on', () => {
    const reader = readerOf('openai')
    reader.push(bytes(event(chatChunk({ content: 'a' }))))
    expect(reader.awaitsUsage).toBe(false)
    reader.push(bytes(event(chatChunk(null, { choices: [{ delta: {}, finish_reason: 'stop' }] }))))
    expect(reader.awaitsUsage).toBe(true)
    reader.push(bytes(event(chatChunk(null, { usage: USAGE }))))
    expect(reader.awaitsUsage).toBe(false)
  })
})

describe('a stream of the responses API', () => {
  const usage = {
    input_tokens: 36,
    input_tokens_details: { cached_tokens: 30, cache_write_tokens: 2 },
    output_tokens: 87,
    output_tokens_details: { reasoning_tokens: 60 },
    total_tokens: 123,
  }
  const units = { input_token: 4, cached_token: 30, cache_write_token: 2, output_token: 27, reasoning_token: 60 }
  test.each(STYLES)('%s: cut anywhere', (_, style) => {
    const stream = responsesStream(WORDS, usage, style)
    expect(cutAnywhere('openai', stream, {}, { units, out: stream, source: 'reported' })).toEqual([])
  })

  test.each(['incomplete', 'failed'])('%s has usage too', (last) => {
    expect(read('openai', [responsesStream(['a'], usage, {}, last)])).toMatchObject({ units, source: 'reported' })
  })

  test('broken off: the deltas', () => {
    const events = responsesStream(['a', 'b', 'c'], usage).split('\n\n')
    expect(read('openai', [`${events.slice(0, 5).join('\n\n')}\n\n`], { cause: 'broke' })).toMatchObject({
      units: { output_token: 3 },
    })
  })

  test.each<[string, Record<string, number>]>([
    ['response.output_text.delta', { output_token: 1 }],
    ['response.refusal.delta', { output_token: 1 }],
    ['response.function_call_arguments.delta', { output_token: 1 }],
    ['response.custom_tool_call_input.delta', { output_token: 1 }],
    ['response.mcp_call_arguments.delta', { output_token: 1 }],
    ['response.code_interpreter_call_code.delta', { output_token: 1 }],
    ['response.reasoning_text.delta', { reasoning_token: 1 }],
    ['response.reasoning_summary_text.delta', {}],
    ['response.audio.delta', {}],
    ['', {}],
  ])('%s', (type, floor) => {
    expect(read('openai', [event({ type, delta: 'abc' })]).floor).toEqual(floor)
    expect(read('openai', [event({ type, delta: '' })]).floor).toEqual({})
  })

  test('a summary of reasoning is likely', () => {
    expect(read('openai', [event({ type: 'response.reasoning_summary_text.delta', delta: 'abcdef' })]).likely).toEqual({
      output_token: 2,
    })
  })
})
