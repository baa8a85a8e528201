/** What a request allows, and the order to report usage in it. */
import * as Usage from '@pbstream/core/Usage'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { bytes } from '../support/providers.ts'
import { plain } from '../support/reading.ts'

const decoder = new TextDecoder()
const openai: Usage.Adapter = { kind: 'openai' }
const anthropic: Usage.Adapter = { kind: 'anthropic' }
const JSON_TYPE = 'application/json'

const prepare = (adapter: Usage.Adapter | undefined, body: string) => Usage.prepare(adapter, bytes(body), JSON_TYPE)
const sent = (body: string) => {
  const prepared = prepare(openai, body)
  return decoder.decode(prepared.body)
}
const bounds = (adapter: Usage.Adapter | undefined, body: string) => plain(prepare(adapter, body).bounds)
const CHAT = '"model":"gpt-5.2","messages":[{"role":"user","content":"Hi"}]'

describe('the order to report usage', () => {
  test.each<[string, string, string]>([
    ['is added', `{${CHAT},"stream":true}`, `{${CHAT},"stream":true,"stream_options":{"include_usage":true}}`],
    [
      'behind everything',
      `{"stream":true, "messages":[] \n}`,
      `{"stream":true, "messages":[] \n,"stream_options":{"include_usage":true}}`,
    ],
    [
      'to other options',
      `{"messages":[],"stream":true,"stream_options":{"include_obfuscation":false}}`,
      `{"messages":[],"stream":true,"stream_options":{"include_usage":true,"include_obfuscation":false}}`,
    ],
    [
      'to no options',
      `{"messages":[],"stream":true,"stream_options":{ }}`,
      `{"messages":[],"stream":true,"stream_options":{"include_usage":true }}`,
    ],
    [
      'in the place of null',
      `{"messages":[],"stream":true,"stream_options":null}`,
      `{"messages":[],"stream":true,"stream_options":{"include_usage":true}}`,
    ],
    [
      'in the place of false',
      `{"messages":[],"stream":true,"stream_options":{"include_usage": false }}`,
      `{"messages":[],"stream":true,"stream_options":{"include_usage": true }}`,
    ],
    [
      'of a text',
      `{"messages":[],"stream":true,"stream_options":{"include_usage":"no"}}`,
      `{"messages":[],"stream":true,"stream_options":{"include_usage":true}}`,
    ],
    [
      'to completions',
      `{"prompt":"a","stream":true}`,
      `{"prompt":"a","stream":true,"stream_options":{"include_usage":true}}`,
    ],
    [
      'to completions of many',
      `{"prompt":["a","b"],"stream":true}`,
      `{"prompt":["a","b"],"stream":true,"stream_options":{"include_usage":true}}`,
    ],
    [
      'for servers that read names in any case',
      `{"Messages":[],"STREAM":true,"Stream_Options":{"Include_Usage":false}}`,
      `{"Messages":[],"STREAM":true,"Stream_Options":{"include_usage":true,"Include_Usage":true},"stream_options":{"include_usage":true}}`,
    ],
    [
      'for servers that fold names as Unicode does',
      `{"messages":[],"ſtream":true,"ſtream_optionſ":{"include_uſage":false}}`,
      `{"messages":[],"ſtream":true,"ſtream_optionſ":{"include_usage":true,"include_uſage":true},"stream_options":{"include_usage":true}}`,
    ],
    [
      'to both of two',
      `{"messages":[],"stream":true,"stream_options":{"include_usage":false},"stream_options":{}}`,
      `{"messages":[],"stream":true,"stream_options":{"include_usage":true},"stream_options":{"include_usage":true}}`,
    ],
    [
      'behind escapes',
      `{"messages":[],"stream":true,"stream\\u005foptions":{"include_usage":false}}`,
      `{"messages":[],"stream":true,"stream\\u005foptions":{"include_usage":true}}`,
    ],
    [
      'when one of two asks for a stream',
      `{"messages":[],"stream":true,"stream":false}`,
      `{"messages":[],"stream":true,"stream":false,"stream_options":{"include_usage":true}}`,
    ],
    [
      'and a dummy input does not help',
      `{"messages":[],"input":"x","stream":true}`,
      `{"messages":[],"input":"x","stream":true,"stream_options":{"include_usage":true}}`,
    ],
  ])('%s', (_, body, expected) => {
    expect(sent(body)).toBe(expected)
    expect(prepare(openai, body)).toMatchObject({ rewritten: true, stream: true, hides: true })
  })

  test.each(['1', '"true"', '"1"', '"yes"', '"on"', '[0]', '{}'])('stream: %s is a stream for some server', (value) => {
    expect(prepare(openai, `{"messages":[],"stream":${value}}`)).toMatchObject({ rewritten: true, stream: true })
  })

  test.each(['false', 'null', '0', '""', '"false"', '" FALSE "', '"0"', '"off"', '"no"', '"n"', '"f"'])(
    'stream: %s is none',
    (value) => {
      const body = `{"messages":[],"stream":${value}}`
      expect(prepare(openai, body)).toMatchObject({ rewritten: false, stream: false, hides: false })
      expect(sent(body)).toBe(body)
    },
  )

  test.each<[string, string]>([
    ['without a stream', `{${CHAT}}`],
    ['of the responses API, which always reports', '{"input":"Hi","stream":true}'],
    ['of the responses API with a stored prompt', '{"prompt":{"id":"pmpt_1"},"stream":true}'],
    ['of images, which do too', '{"model":"gpt-image-2","prompt":"a cat","stream":true}'],
    ['of DALL-E', '{"model":"dall-e-3","prompt":"a cat","stream":true}'],
    ['that is asked for already', '{"messages":[],"stream":true,"stream_options":{"include_usage":true}}'],
  ])('is not given to a request %s', (_, body) => {
    const prepared = prepare(openai, body)
    expect(prepared).toMatchObject({ rewritten: false, hides: false })
    expect(prepared.body).toEqual(bytes(body))
  })

  test('who asked for usage in one of two places gets it', () => {
    const body = '{"messages":[],"stream":true,"stream_options":{"include_usage":true},"Stream_Options":{}}'
    expect(prepare(openai, body)).toMatchObject({ rewritten: true, hides: false })
  })

  test('options that are none are refused', () => {
    for (const value of ['5', '"x"', '[]', 'true']) {
      const prepared = prepare(openai, `{"messages":[],"stream":true,"stream_options":${value}}`)
      expect(prepared).toMatchObject({ refused: 'stream_options is not an object', rewritten: false })
    }
  })

  test('changes nothing else, whatever stands there', () => {
    const value = fc.jsonValue({ maxDepth: 3 })
    const name = fc
      .string({ unit: 'grapheme', maxLength: 8 })
      .filter((text) => !/^(stream|prompt|messages|stream_options)$/i.test(text.normalize()))
    fc.assert(
      fc.property(fc.dictionary(name, value, { maxKeys: 6 }), fc.constantFrom(undefined, 1, 2), (others, space) => {
        const request = { ...others, messages: [], stream: true }
        const body = JSON.stringify(request, null, space)
        const changed = sent(body)
        expect(JSON.parse(changed)).toEqual({
          ...(JSON.parse(body) as object),
          stream_options: { include_usage: true },
        })
        expect(changed.replace(',"stream_options":{"include_usage":true}', '')).toBe(body)
      }),
      { numRuns: 300 },
    )
  })

  test('is not for Anthropic, nor for a plain route', () => {
    const body = `{${CHAT},"stream":true}`
    expect(prepare(anthropic, body)).toMatchObject({ rewritten: false, stream: true, hides: false })
    for (const adapter of [undefined, { kind: 'header' }, { kind: 'events' }] as const) {
      expect(prepare(adapter, body)).toMatchObject({ rewritten: false, stream: false, hides: false })
    }
  })
})

describe('a body that servers could read otherwise than we', () => {
  const utf16 = Uint8Array.from(`{${CHAT},"stream":true}`.split('').flatMap((char) => [char.charCodeAt(0), 0]))
  const marked = bytes(`\ufeff{${CHAT},"stream":true}`)
  test.each<[string, Uint8Array]>([
    ['UTF-16', utf16],
    ['with a byte order mark', marked],
    ['a list', bytes('[]')],
    ['a text', bytes('"x"')],
    ['null', bytes('null')],
    ['white space', bytes(' ')],
    ['broken', bytes('{"messages":[],"stream":true')],
    ['with NaN', bytes('{"messages":[],"stream":true,"top_p":NaN}')],
    ['no UTF-8', Uint8Array.of(123, 34, 0xff, 34, 58, 49, 125)],
    ['too deep', bytes('['.repeat(1_000_000))],
  ])('%s is refused', (_, body) => {
    for (const adapter of [openai, anthropic]) {
      expect(Usage.prepare(adapter, body, JSON_TYPE)).toMatchObject({
        refused: 'the body is not a JSON object in UTF-8',
        bounds: {},
        rewritten: false,
      })
      expect(Usage.prepare(adapter, body, 'multipart/form-data; boundary=x').refused).toBeDefined()
    }
    expect(Usage.prepare(undefined, body, JSON_TYPE)).toEqual({
      body,
      bounds: {},
      rewritten: false,
      stream: false,
      hides: false,
    })
  })

  test('a form is none of these', () => {
    const body = bytes('--x\r\nContent-Disposition: form-data; name="model"\r\n\r\nwhisper-1\r\n--x--\r\n')
    expect(Usage.prepare(openai, body, 'multipart/form-data; boundary=x')).toEqual({
      body,
      bounds: {},
      rewritten: false,
      stream: false,
      hides: false,
    })
    expect(Usage.prepare(openai, body, null).refused).toBeDefined()
    expect(Usage.prepare(openai, body, 'application/json').refused).toBeDefined()
  })

  test('no body is fine', () => {
    expect(Usage.prepare(openai, undefined, null)).toEqual({
      bounds: {},
      rewritten: false,
      stream: false,
      hides: false,
    })
  })
})

describe('bounds of the answer', () => {
  test.each<[string, string, number | undefined]>([
    ['max_tokens', '{"max_tokens":100}', 100],
    ['max_completion_tokens', '{"max_completion_tokens":100}', 100],
    ['max_output_tokens', '{"max_output_tokens":100}', 100],
    ['the largest', '{"max_tokens":100,"max_completion_tokens":300,"max_output_tokens":200}', 300],
    ['in any case', '{"max_tokens":1,"MAX_TOKENS":9}', 9],
    ['folded', '{"max_tokens":1,"max_tokenſ":9,"maX_toKens":8}', 9],
    ['times n', '{"max_tokens":100,"n":3}', 300],
    ['times the larger of n and best_of', '{"max_tokens":100,"n":3,"best_of":5}', 500],
    ['times the prompts', '{"max_tokens":100,"prompt":["a","b"],"n":3}', 600],
    ['one prompt of tokens', '{"max_tokens":100,"prompt":[1,2,3]}', 100],
    ['prompts of tokens', '{"max_tokens":100,"prompt":[[1,2],[3]]}', 200],
    ['no prompts at all', '{"max_tokens":100,"prompt":[]}', undefined],
    ['null is not given', '{"max_tokens":null,"max_output_tokens":7,"n":null}', 7],
    ['none', '{"n":4}', undefined],
    ['zero', '{"max_tokens":0}', undefined],
    ['negative', '{"max_tokens":-1}', undefined],
    ['a fraction', '{"max_tokens":1.5}', undefined],
    ['a text', '{"max_tokens":"100"}', undefined],
    ['too large', '{"max_tokens":9007199254740992}', undefined],
    ['one of them no number', '{"max_tokens":10,"max_output_tokens":"10"}', undefined],
    ['copies that are no number', '{"max_tokens":10,"n":"2"}', undefined],
    ['twice', '{"max_tokens":10,"max_tokens":10}', undefined],
    ['something else twice, deep inside', '{"max_tokens":10,"a":[{"b":{"c":1,"c":2}}]}', undefined],
    ['colons in texts are no members', '{"max_tokens":10,"a":"::","b:":[{"c\\":":1}]}', 10],
    ['lists in lists', '{"max_tokens":10,"a":[[[{"b":[]}]],null,1]}', 10],
  ])('%s', (_, body, expected) => {
    const of = (adapter: Usage.Adapter | undefined) => prepare(adapter, body).bounds['output_token']
    const most = expected === undefined ? undefined : BigInt(expected)
    expect([of(openai), of(anthropic), of(undefined), of({ kind: 'header' })]).toEqual([most, most, most, most])
    expect(prepare(undefined, body).bounds['reported']).toEqual(most)
    expect(prepare(openai, body).bounds['reported']).toBeUndefined()
  })
})

describe('bounds of what is read', () => {
  const unused = { 'custom.web_search': 0, 'custom.web_fetch': 0, 'custom.audio_input_token': 0 }
  const closed = (body: string) => ({ input_token: bytes(body).length + 1024, ...unused })

  test.each<string>([
    `{${CHAT}}`,
    '{"model":"m","messages":[{"role":"system","content":[{"type":"text","text":"你好"}]},{"role":"assistant","content":null,"tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"{}"}}]},{"role":"tool","tool_call_id":"c","content":"4"}],"tools":[{"type":"function","function":{"name":"f","parameters":{"type":"object","properties":{"image_url":{"type":"string"}}}}}]}',
    '{"model":"m","prompt":["a","b"]}',
    '{"model":"m","prompt":[[1,2],[3]],"suffix":"x","stop":null}',
    '{"model":"text-embedding-3-small","input":["a","b"],"dimensions":256}',
    '{"model":"m","input":[{"role":"user","content":[{"type":"input_text","text":"a"}],"type":"message"},{"type":"function_call","call_id":"c","name":"f","arguments":"{}"},{"type":"function_call_output","call_id":"c","output":"4"}],"instructions":"x"}',
    '{"model":"claude-opus-4-6","system":[{"type":"text","text":"x","cache_control":{"type":"ephemeral","ttl":"1h"}}],"messages":[{"role":"user","content":[{"type":"tool_result","tool_use_id":"t","content":[{"type":"text","text":"4"}]},{"type":"text","text":"a"}]},{"role":"assistant","content":[{"type":"thinking","thinking":"a","signature":"b"},{"type":"tool_use","id":"t","name":"f","input":{"type":"image"}}]}],"tools":[{"name":"f","input_schema":{"type":"object"}}]}',
    '{"tools":[{"type":"custom","name":"f","format":{"type":"text"}},{"type":"custom","custom":{"name":"f"}},{"type":"function","name":"f","parameters":{},"strict":true}]}',
  ])('all text: no more tokens than bytes: %s', (body) => {
    for (const adapter of [openai, anthropic]) expect(bounds(adapter, body)).toEqual(closed(body))
    expect(bounds(undefined, body)).toEqual({})
  })

  test.each<[string, string]>([
    [
      'an image',
      '{"messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"https://x.example/a.png"}}]}]}',
    ],
    [
      'an image in the data',
      '{"messages":[{"role":"user","content":[{"type":"image","source":{"type":"base64","data":"iVBORw0K"}}]}]}',
    ],
    [
      'an image in what a tool gave',
      '{"messages":[{"role":"user","content":[{"type":"tool_result","tool_use_id":"t","content":[{"type":"image","source":{}}]}]}]}',
    ],
    [
      'a document',
      '{"messages":[{"role":"user","content":[{"type":"document","source":{"type":"url","url":"https://x.example"}}]}]}',
    ],
    ['a file', '{"input":[{"role":"user","content":[{"type":"input_file","file_id":"file-1"}]}]}'],
    [
      'something with its text',
      '{"messages":[{"role":"user","content":[{"type":"text","text":"a","image_url":"x"}]}]}',
    ],
    ['an earlier answer', '{"input":"a","previous_response_id":"resp_1"}'],
    ['a conversation', '{"input":"a","conversation":"conv_1"}'],
    ['a reference', '{"input":[{"type":"item_reference","id":"msg_1"}]}'],
    ['a stored prompt', '{"prompt":{"id":"pmpt_1"},"input":"a"}'],
    ['earlier audio', '{"messages":[{"role":"assistant","audio":{"id":"audio_1"}}]}'],
    ['a search', '{"messages":[],"tools":[{"type":"web_search_20250305","name":"web_search"}]}'],
    ['a search option', '{"messages":[],"web_search_options":{}}'],
    ['a tool of a server', '{"input":"a","tools":[{"type":"mcp","server_url":"https://x.example"}]}'],
    ['servers', '{"messages":[],"mcp_servers":[{"url":"https://x.example"}]}'],
    ['a template of the caller', '{"messages":[],"chat_template":"{% for i in range(999999) %}x{% endfor %}"}'],
    ['a name in another case', '{"Messages":[]}'],
    ['a thread', '{"messages":[],"thread":"t"}'],
    ['a prediction', '{"messages":[],"prediction":{"type":"content","content":"a"}}'],
    ['a prototype', '{"messages":[],"__proto__":{}}'],
    ['a constructor', '{"messages":[],"constructor":{}}'],
    ['messages that are none', '{"messages":{"0":"a"}}'],
    ['a message that is none', '{"messages":[5]}'],
    ['two contents', '{"messages":[{"role":"user","content":[{"type":"image_url"}],"content":"a"}]}'],
  ])('not with %s', (_, body) => {
    for (const adapter of [openai, anthropic]) expect(bounds(adapter, body)).toEqual({})
  })
})
