/** The stream of events itself: huge ones, hostile ones, what is held back, and how a stream is cut. */
import { describe, expect, test } from 'vitest'
import { bytes, chatChunk, chatStream, event, messagesStream, responsesStream } from '../support/providers.ts'
import { join, plain, read, readerOf, singles } from '../support/reading.ts'

const decoder = new TextDecoder()
const text = (pieces: readonly Uint8Array[] | Uint8Array) =>
  decoder.decode(pieces instanceof Uint8Array ? pieces : join(pieces))
const count = (...chunks: string[]) => read('events', chunks).units['custom.event'] ?? 0
const MIB = 1024 * 1024
const USAGE = { prompt_tokens: 3, completion_tokens: 4 }
const extra = event(chatChunk(null, { usage: USAGE }))
const hides = { prepared: { hides: true } }

describe('what is an event', () => {
  test.each<[string, number]>([
    ['', 0],
    ['\n\n\n', 0],
    ['data: a\n\n', 1],
    ['data: a', 0],
    ['data: a\n', 0],
    ['data\n\n', 1],
    ['data:\n\n', 1],
    ['data:a\ndata:b\n\n', 1],
    ['data: a\r\n\r\ndata: b\r\rdata: c\n\n', 3],
    ['data: a\r\n\rdata: b\n\r\n', 2],
    [': data: a\n\n', 0],
    [':\n:\n\ndata: a\n\n', 1],
    ['event: x\nid: 1\nretry: 5\n\n', 0],
    ['event: x\ndata: a\nid: 1\n\n', 1],
    ['database: a\n\n', 0],
    ['Data: a\n\n', 0],
    [' data: a\n\n', 0],
    ['\ufeffdata: a\n\n', 1],
    ['data: a\n\n\ufeffdata: b\n\n', 1],
    ['\ufeff\ndata: a\n\n', 1],
  ])('%j has %i', (stream, expected) => {
    expect(count(stream)).toBe(expected)
    expect(read('events', singles(stream))).toMatchObject({
      out: stream,
      units: expected === 0 ? {} : { 'custom.event': expected },
    })
  })

  test('lines of data are joined with a line feed', () => {
    const chunk = (end: string) =>
      `data: {"choices":[],"usage":${end}data: {"prompt_tokens":1${end}data:2,"completion_tokens":4}}${end}${end}`
    // In JSON a line feed may stand between tokens, but a number does not go over it.
    for (const end of ['\n', '\r\n', '\r']) expect(read('openai', [chunk(end)]).units).toEqual({})
    const split = 'data: {"choices":[],\ndata: "usage":{"prompt_tokens":12,\ndata:"completion_tokens":4}}\n\n'
    expect(read('openai', [split]).units).toEqual({ input_token: 12, output_token: 4 })
    expect(read('openai', singles(split), hides)).toMatchObject({
      units: { input_token: 12, output_token: 4 },
      out: '',
    })
  })

  test('what no UTF-8 is, is no error', () => {
    const chunk = join([
      bytes('data: {"choices":[{"delta":{"content":"'),
      Uint8Array.of(0xff, 0xc0),
      bytes('"}}]}\n\n'),
    ])
    expect(read('openai', [chunk]).floor).toEqual({ output_token: 1 })
  })
})

describe('a long event', () => {
  const image = 'A'.repeat(MIB + 10)
  const usage = { input_tokens: 5, output_tokens: 4000 }
  const completed = `event: response.completed\ndata: {"type":"response.completed","response":{"output":[{"result":"${image}"}],"usage":${JSON.stringify(usage)}}}\n\n`

  test('is not kept, its usage is found', () => {
    for (const size of [MIB * 2, 65_536, 1013]) {
      const chunks: Uint8Array[] = []
      const whole = bytes(completed)
      for (let at = 0; at < whole.length; at += size) chunks.push(whole.subarray(at, at + size))
      const result = read('openai', chunks)
      expect(result.units).toEqual({ input_token: 5, output_token: 4000 })
      expect(result.out).toBe(completed)
    }
  })

  test('of many lines: what came until it was too long is read, and the next event as any', () => {
    const lines = `data: {"usage":{"prompt_tokens":1,"completion_tokens":2},\n${'data: \n'.repeat(MIB / 7 + 10)}data: "usage":{"prompt_tokens":9}}\n\n`
    expect(read('openai', [lines]).units).toEqual({ input_token: 1, output_token: 2 })
    expect(read('openai', [lines, extra]).units).toEqual({ input_token: 3, output_token: 4 })
    expect(read('openai', [lines.slice(0, 1_000_000), lines.slice(1_000_000) + extra]).units).toEqual({
      input_token: 3,
      output_token: 4,
    })
  })

  test('with a name or a comment without an end', () => {
    expect(count(`id: ${image}\ndata: a\n\n`, 'data: b\n\n')).toBe(2)
    expect(count('id: ', image, '\ndata: a\n\n', 'data: b\n\n')).toBe(2)
    expect(count(': ', image, image, '\ndata: a\n\n')).toBe(1)
  })

  test('is counted when it is long, as any', () => {
    expect(count('data: ', image, '\n\n', 'data: b\n\n')).toBe(2)
    expect(count('data: ', image, '\ndata: x', 'y\nid: ', '1\n\n', 'data: b\n\n')).toBe(2)
  })

  test('of Anthropic', () => {
    const start = `data: {"type":"message_start","message":{"pad":"${image}","usage":{"input_tokens":7,"output_tokens":1}}}\n\n`
    const delta = `data: {"type":"message_delta","pad":"${image}","usage":{"output_tokens":70}}\n\n`
    expect(read('anthropic', [start])).toMatchObject({ units: { input_token: 7, output_token: 1 }, source: 'counted' })
    expect(read('anthropic', [start, delta])).toMatchObject({
      units: { input_token: 7, output_token: 70 },
      source: 'reported',
    })
  })

  test('that broke off gives what was found in it', () => {
    expect(read('openai', [completed.slice(0, -4)], { cause: 'broke' }).units).toEqual({
      input_token: 5,
      output_token: 4000,
    })
  })
})

describe('what is held back', () => {
  const passed = (...chunks: string[]) => {
    const reader = readerOf('openai', hides)
    return chunks.map((chunk) => text(reader.push(bytes(chunk))))
  }

  test('is an unfinished event, and nothing before it', () => {
    expect(passed('data: {"id":1}\n\ndata: {"ch', 'oices":[{}]}\n', '\n')).toEqual([
      'data: {"id":1}\n\n',
      'data: {"choices":[{}]}\n',
      '\n',
    ])
  })

  test('not a comment', () => {
    expect(passed(': keep-al', 'ive\n', '\n')).toEqual([': keep-al', 'ive\n', '\n'])
    expect(passed('data: a\n\n: keep-al', 'ive\n\n')).toEqual(['data: a\n\n: keep-al', 'ive\n\n'])
  })

  test('not an event that has a choice', () => {
    expect(passed('data: {"choices" : [ {"delta"', ':{}}]}\n\n')).toEqual([
      'data: {"choices" : [ {"delta"',
      ':{}}]}\n\n',
    ])
    expect(passed('data: {"choices":[ ', ']}\n\n')).toEqual(['', 'data: {"choices":[ ]}\n\n'])
  })

  test('after an event that was let go, the next one again', () => {
    const [one, two] = [event(chatChunk({ content: 'a' })), extra]
    const reader = readerOf('openai', hides)
    const out = singles(one + two + one + two).map((byte) => text(reader.push(byte)))
    expect(out.join('')).toBe(one + one)
  })

  test('no more than 16 KiB', () => {
    const long = `data: {"pad":"${'x'.repeat(16 * 1024)}`
    expect(passed(long, '"}\n\n')).toEqual([long, '"}\n\n'])
    const short = `data: {"pad":"${'x'.repeat(16 * 1024 - 14)}`
    expect(passed(short, '"}\n\n')).toEqual(['', `${short}"}\n\n`])
  })

  test('a line feed that belongs to what was left out', () => {
    const crlf = extra.replaceAll('\n', '\r\n')
    for (let at = 1; at <= crlf.length; at++) {
      expect(passed(crlf.slice(0, at), `${crlf.slice(at)}data: b\r\n\r\n`).join('')).toBe('data: b\r\n\r\n')
    }
    expect(passed(extra.replaceAll('\n', '\r'), '', 'data: b\n\n')).toEqual(['', '', 'data: b\n\n'])
  })

  test('an empty chunk is no matter', () => {
    expect(passed('', 'data: a\n\n', '')).toEqual(['', 'data: a\n\n', ''])
  })

  test('what has no usage in it, or no list of choices, or an empty usage of null', () => {
    for (const chunk of [
      chatChunk(null),
      chatChunk(null, { usage: null }),
      { usage: USAGE },
      { usage: USAGE, choices: {} },
    ]) {
      expect(passed(event(chunk))).toEqual([event(chunk)])
    }
  })
})

describe('a cut', () => {
  const chat = event({
    error: {
      message: 'the amount set aside for this call is used up',
      type: 'billing_error',
      param: null,
      code: 'amount_used_up',
    },
  })
  test('at the border of events is the error', () => {
    const reader = readerOf('openai')
    reader.push(bytes(event(chatChunk({ content: 'a' }))))
    expect(text(reader.cutEvent())).toBe(chat)
    expect(text(reader.cutEvent(true))).toBe(chat)
    expect(text(readerOf('openai').cutEvent())).toBe(chat)
  })

  test('within an event: its rest, then the error, in the place of what came last', () => {
    const [one, two] = [event(chatChunk({ content: 'a' })), event(chatChunk({ content: 'b' }))]
    for (let at = 1; at < one.length; at++) {
      const reader = readerOf('openai')
      reader.push(bytes(one.slice(0, at)))
      reader.push(bytes(one.slice(at) + two))
      expect(text(reader.cutEvent())).toBe(one.slice(at) + chat)
      expect(text(reader.cutEvent(true))).toBe(chat)
    }
  })

  test('within an event that does not end: it is ended', () => {
    const reader = readerOf('openai')
    reader.push(bytes('data: {"a'))
    expect(text(reader.cutEvent())).toBe(chat)
    expect(text(reader.cutEvent(true))).toBe(`\n\n${chat}`)
    reader.push(bytes('bc'))
    expect(text(reader.cutEvent())).toBe(`\n\n${chat}`)
  })

  test('what is held back has not gone out', () => {
    const reader = readerOf('openai', hides)
    reader.push(bytes('data: {"a'))
    reader.push(bytes('bc'))
    expect(text(reader.cutEvent())).toBe(chat)
    expect(text(reader.cutEvent(true))).toBe(chat)
  })

  test('in the words of each protocol', () => {
    const message = 'the amount set aside for this call is used up'
    const responses = readerOf('openai')
    responses.push(bytes(responsesStream(['a'], null)))
    expect(text(responses.cutEvent())).toBe(
      `event: error\n${event({ type: 'error', code: 'amount_used_up', message, param: null })}`,
    )
    const claude = readerOf('anthropic')
    claude.push(bytes(messagesStream(['a'], {}, {})))
    expect(text(claude.cutEvent())).toBe(
      `event: error\n${event({ type: 'error', error: { type: 'billing_error', message } })}`,
    )
    for (const adapter of ['events', 'json:a']) {
      expect(text(readerOf(adapter).cutEvent())).toBe(
        `event: error\n${event({ error: { message, code: 'amount_used_up' } })}`,
      )
    }
  })
})

test('a stream in one piece costs what it says, however often it is asked', () => {
  const reader = readerOf('openai')
  reader.push(bytes(chatStream(['a', 'b'], USAGE)))
  expect([plain(reader.floor), plain(reader.floor), plain(reader.likely)]).toEqual(
    Array(3).fill({ input_token: 3, output_token: 4 }),
  )
})

test('hostile bytes are no error, and pass', () => {
  const hostile = [
    'data: {"usage":{',
    'data: {"usage":{}}\n\n',
    'data: "usage":{\n\n',
    `data: ${'['.repeat(100_000)}"usage":{\n\n`,
    'data: {"response":{"usage":{"input_tokens":{}}}}\n\n',
    'data: {"__proto__":{"usage":{"prompt_tokens":7}},"usage":{"__proto__":{"prompt_tokens":8}}}\n\n',
    'data: {"choices":[{"delta":{"content":"\n\n',
    'data: {"type":"message_delta","usage":{"__proto__":{"output_tokens":5}}}\n\n',
    '\u0000\n\r\n\u0000\r\r',
  ]
  for (const adapter of ['openai', 'anthropic', 'events', 'json:usage.0']) {
    for (const each of hostile) {
      const result = read(adapter, [each, ...singles(each.slice(0, 200))])
      expect(result.out).toBe(each + each.slice(0, 200))
      expect(Object.keys(result.units).filter((unit) => unit !== 'custom.event' && unit !== 'output_token')).toEqual([])
    }
  }
})
