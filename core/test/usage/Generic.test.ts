/** Adapters for everything else: a header, a place in JSON, events; and which reader an answer gets. */
import * as Usage from '@pbstream/core/Usage'
import { describe, expect, test } from 'vitest'
import { bytes, event } from '../support/providers.ts'
import { cutAnywhere, NOTHING, read, readerOf, singles } from '../support/reading.ts'

const JSON_TYPE = 'application/json'

describe('what a route names', () => {
  test.each<[string | null, Usage.Adapter | undefined]>([
    [null, undefined],
    ['', undefined],
    ['OpenAI', undefined],
    ['openai', { kind: 'openai' }],
    ['anthropic', { kind: 'anthropic' }],
    ['events', { kind: 'events' }],
    ['pbstream-usage', { kind: 'header' }],
    ['json:usage', { kind: 'json', path: ['usage'] }],
    ['json:a.0.b_-C', { kind: 'json', path: ['a', '0', 'b_-C'] }],
    ['json:a.b.c.d.e.f.g.h', { kind: 'json', path: [...'abcdefgh'] }],
    ['json:a.b.c.d.e.f.g.h.i', undefined],
    ['json:', undefined],
    ['json:a..b', undefined],
    ['json:$.a', undefined],
    [`json:${'a'.repeat(65)}`, undefined],
    ['json', undefined],
    ['xjson:a', undefined],
  ])('%j', (text, adapter) => expect(Usage.parseAdapter(text)).toEqual(adapter))

  test('models need their request read', () => {
    const needs = (text: string) => Usage.needsBody(Usage.parseAdapter(text))
    expect(['openai', 'anthropic', 'events', 'pbstream-usage', 'json:a', 'nothing'].map(needs)).toEqual([
      true,
      true,
      false,
      false,
      false,
      false,
    ])
  })
})

describe('the header', () => {
  test.each<[string, Record<string, number>]>([
    ['0', {}],
    ['12', { reported: 12 }],
    [`1${'0'.repeat(38)}`, { reported: 2 ** 96 }],
    ['input_token=12, output_token=5', { input_token: 12, output_token: 5 }],
    ['custom.page=3,image=1', { 'custom.page': 3, image: 1 }],
    ['second=1.5', { second: 1500 }],
    ['second=2', { second: 2000 }],
    ['a=1,\ta=2 ', { a: 2 }],
    ['a=-1, b=2', { b: 2 }],
    ['a=1.5, b=2.0', { b: 2 }],
    ['*=1, a.b.c=2, a-b=3, b=4', { b: 4 }],
  ])('%j', (header, units) => {
    expect(read('pbstream-usage', ['body'], { header })).toMatchObject({
      units,
      floor: units,
      source: 'reported',
      out: 'body',
    })
  })

  test.each([
    '',
    ' ',
    '01',
    '-1',
    '1.5',
    '+1',
    '1e3',
    `1${'0'.repeat(39)}`,
    'a',
    'a=',
    'a=x',
    'A=1',
    'a=1,',
    'a=1;b=2',
    'a="1"',
    'a=1 b=2',
    `a=${'1'.repeat(16)}`,
    `${'a=1,'.repeat(1025)}b=1`,
  ])('%j says nothing', (header) =>
    expect(read('pbstream-usage', ['body'], { header })).toMatchObject({ units: {}, source: 'none' }),
  )

  test('no header says nothing', () => {
    expect(read('pbstream-usage', ['body'])).toMatchObject({ units: {}, source: 'none', out: 'body' })
  })

  test('no more than 32 units', () => {
    const header = Array.from({ length: 40 }, (_, i) => `custom.u${i}=1`).join(',')
    expect(Object.keys(read('pbstream-usage', [], { header }).units)).toHaveLength(32)
  })

  test('counts whatever the body is, and there is nothing to wait for', () => {
    const reader = readerOf('pbstream-usage', { header: '3', type: 'image/png', coding: 'gzip' })
    expect(reader.floor).toEqual({ reported: 3n })
    expect(reader.awaitsUsage).toBe(false)
    expect(reader.finish('left').usage).toEqual({ units: { reported: 3n }, source: 'reported' })
    expect(reader.cutEvent()).toHaveLength(0)
  })
})

describe('a place in JSON', () => {
  const body =
    '{"a":[{"n":1},{"b":{"n": 42 ,"x":"}"}}],"n":7,"u":{"input_token":3,"output_token":4,"x-y":5,"second":0.25}} '
  test.each<[string, Record<string, number>]>([
    ['json:n', { reported: 7 }],
    ['json:a.1.b.n', { reported: 42 }],
    ['json:a.0.n', { reported: 1 }],
    ['json:u', { input_token: 3, output_token: 4, second: 250 }],
    ['json:a.2.n', {}],
    ['json:a.1.b.x', {}],
    ['json:a', {}],
    ['json:a.n', {}],
    ['json:length', {}],
  ])('%s', (adapter, units) => {
    const source = Object.keys(units).length === 0 ? 'none' : 'reported'
    expect(cutAnywhere(adapter, body, { type: JSON_TYPE }, { units, out: body, source })).toEqual([])
    expect(read(adapter, singles(body), { type: JSON_TYPE })).toMatchObject({ units })
    expect(read(adapter, [event(body)])).toMatchObject({ units, source })
  })

  test('of a stream the last event that has it counts', () => {
    const stream = event({ n: 1 }) + event({ n: 5 }) + event({ m: 6 }) + event({ n: '7' }) + event('[DONE]')
    expect(read('json:n', [stream])).toMatchObject({ units: { reported: 5 }, out: stream })
    expect(read('json:0', [event('[3]') + event('x')])).toMatchObject({ units: { reported: 3 } })
  })

  test.each<[string, string]>([
    ['broken off in it', '{"n":12'],
    ['no JSON', '<n>12</n>'],
    ['closed wrongly', '{"a":[1},"n":12}'],
    ['closed too often', '}{"n":12}'],
    ['too deep', `{"a":${'['.repeat(600)}${']'.repeat(600)},"n":12}`],
    ['a comma before all', ',{"n":12}'],
    ['a long name', `{"${'n'.repeat(70_000)}":12}`],
    ['of an inner object', '{"a":{"n":12},"b":[{"n":12}]}'],
    ['a text', '{"n":"12"}'],
    ['negative', '{"n":-12}'],
    ['no number', '{"n":12x}'],
    ['NaN', '{"n":NaN}'],
    ['the value of a name', '{"a":"n","b":12}'],
    ['a name without a value', '{"n"}'],
  ])('%s: nothing', (_, text) => {
    expect(read('json:n', [text], { type: JSON_TYPE })).toMatchObject({ units: {}, source: 'none', out: text })
    expect(read('json:n', singles(text.slice(0, 2000)), { type: JSON_TYPE }).units).toEqual({})
  })

  test('no list of units is too long to be passed over', () => {
    const text = `{"n":[${'1,'.repeat(40_000)}1],"n":5}`
    expect(read('json:n', [text], { type: JSON_TYPE }).units).toEqual({ reported: 5 })
    expect(read('json:n', [text.replace(',"n":5', '')], { type: JSON_TYPE }).units).toEqual({})
  })

  test('as deep as 512', () => {
    const text = `{"a":${'['.repeat(511)}${']'.repeat(511)},"n":12}`
    expect(read('json:n', [text], { type: JSON_TYPE }).units).toEqual({ reported: 12 })
  })
})

describe('which answers are read', () => {
  const has = (adapter: string, contentType: string | null, contentEncoding: string | null = null, stream = false) => {
    const parsed = Usage.parseAdapter(adapter)
    if (parsed === undefined) throw new Error('no adapter')
    return (
      Usage.reader(parsed, { contentType, contentEncoding, header: () => null, prepared: { ...NOTHING, stream } }) !==
      undefined
    )
  }
  test('JSON and events; others only where a stream was asked for', () => {
    for (const type of [
      JSON_TYPE,
      'application/json; charset=utf-8',
      'application/vnd.api+json',
      ' Application/JSON',
      'text/event-stream',
      'Text/Event-Stream;charset=x',
    ]) {
      expect([type, has('openai', type), has('json:n', type)]).toEqual([type, true, true])
    }
    for (const type of [
      null,
      '',
      'audio/mpeg',
      'text/plain',
      'application/jsonl',
      'application/octet-stream',
      'x text/event-stream',
    ]) {
      expect([type, has('openai', type), has('openai', type, null, true)]).toEqual([type, false, true])
    }
    expect(has('events', JSON_TYPE)).toBe(false)
    expect(has('events', 'text/event-stream')).toBe(true)
  })

  test('a JSON answer to a request for a stream is read as one document', () => {
    const body = '{"usage":{"prompt_tokens":1,"completion_tokens":2}}'
    expect(read('openai', [body], { type: JSON_TYPE, prepared: { hides: true, stream: true } })).toMatchObject({
      units: { input_token: 1, output_token: 2 },
      out: body,
    })
  })

  test('what is compressed is not', () => {
    for (const coding of ['gzip', 'br', 'GZIP', 'gzip, identity']) expect(has('openai', JSON_TYPE, coding)).toBe(false)
    for (const coding of [null, '', 'identity', ' Identity ']) expect(has('openai', JSON_TYPE, coding)).toBe(true)
  })

  test('events are counted as they come', () => {
    const reader = readerOf('events')
    reader.push(bytes('data: a\n\ndata: b\n'))
    expect(reader.floor).toEqual({ 'custom.event': 1n })
    expect(reader.likely).toEqual({ 'custom.event': 1n })
    expect(reader.finish('broke').usage).toEqual({ units: { 'custom.event': 1n }, source: 'counted' })
  })
})
