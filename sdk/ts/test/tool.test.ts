// Parts of the command-line tool: options, requests, traces, what was paid.
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import * as Base64 from '@pbstream/core/Base64'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { costOf } from '../src/Cost.ts'
import { explained } from '../src/Explain.ts'
import * as HttpOptions from '../src/HttpOptions.ts'
import * as KeyStore from '../src/KeyStore.ts'
import * as Options from '../src/Options.ts'
import { trace } from '../src/Trace.ts'

let home: string
const at: Options.Environment = { env: {}, stdin: Readable.from([]) }
const url = new URL('https://api.example/v1?x=1#part')

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'pbstream-tool-test-'))
})
afterAll(() => rm(home, { recursive: true, force: true }))
afterEach(() => vi.unstubAllGlobals())

describe('a price', () => {
  test.each([
    ['$0.01', 10_000n],
    ['0.01', 10_000n],
    ['1.0', 1_000_000n],
    // What has neither a sign nor a point is the smaller of the two meanings.
    ['1', 1n],
    ['$1', 1_000_000n],
  ])('of %s is %s atomic units', (text, units) => expect(Options.price('--max-price', text)).toBe(units))

  test.each(['', 'free', '-1', '$', '1e3', '0.0000001', '1,5'])('is not %j', (text) => {
    expect(() => Options.price('--max-price', text)).toThrow('--max-price is not a price')
  })
})

describe('a problem', () => {
  const headers = { 'content-type': 'application/problem+json', 'retry-after': '90' }
  const body = {
    code: 'sentinel_throttled',
    title: 'A rule slows this session key down',
    hint: 'Wait for Retry-After.',
  }

  test('is told in words, with the stop to release and when to come again', async () => {
    const sentinel = { scope: 'owner', decision: 'dec_1', stop: 'st_1' }
    const response = new Response(JSON.stringify({ ...body, sentinel }), { status: 429, headers })
    expect(await explained(response)).toEqual([
      'sentinel_throttled: A rule slows this session key down. Wait for Retry-After. The stop is st_1.',
      'Try again in 1 min 30 s.',
    ])
    // Its body is still there to be shown.
    expect(await response.json()).toMatchObject({ code: 'sentinel_throttled' })
  })

  test('moves no cursor of the terminal', async () => {
    const [line] = await explained(
      new Response(JSON.stringify({ ...body, title: 'a\u001b[2Jb' }), { status: 429, headers }),
    )
    expect(line).not.toContain('\u001b')
  })

  test('of somebody else, and an answer that is none, are not explained', async () => {
    expect(await explained(new Response('no', { status: 500 }))).toEqual([])
    expect(await explained(Response.json(body))).toEqual([])
  })
})

describe('a request', () => {
  test('is a GET without a body, and knows no fragment', async () => {
    const { method, body, url: asked } = await HttpOptions.request(url, {}, at)
    expect([method, body, asked.href]).toEqual(['GET', undefined, 'https://api.example/v1?x=1'])
  })

  test.each([
    ['{"a":1}', 'application/json'],
    ['a=1&b=2', 'application/x-www-form-urlencoded'],
  ])('with %s is a POST of %s', async (data, type) => {
    const { method, headers, body } = await HttpOptions.request(url, { data }, at)
    expect([method, headers.get('content-type'), new TextDecoder().decode(body)]).toEqual(['POST', type, data])
  })

  test('takes bodies from files and stdin, and headers from files', async () => {
    const file = join(home, 'headers')
    await writeFile(file, 'authorization: Bearer secret\nx-two: 2\n')
    const stdin = { env: {}, stdin: Readable.from([Buffer.from([0, 255])]) }
    const { headers, body } = await HttpOptions.request(url, { data: '@-', header: [`@${file}`, 'X-One: 1'] }, stdin)
    expect([headers.get('authorization'), headers.get('x-one'), headers.get('x-two')]).toEqual([
      'Bearer secret',
      '1',
      '2',
    ])
    expect([...body!]).toEqual([0, 255])
  })

  test.each([
    'Payment-Signature: x',
    'X-PAYMENT: x',
    'pbstream-session: x',
    'Host: other.example',
    'Content-Length: 1',
  ])('is not given the header %s', (header) =>
    expect(HttpOptions.request(url, { header: [header] }, at)).rejects.toThrow('is set by the tool'),
  )

  test('quotes no value of a header that is wrong', async () => {
    await expect(HttpOptions.request(url, { header: ['authorization Bearer secret'] }, at)).rejects.toThrow(
      /^(?!.*secret).*Name: value/,
    )
  })
})

describe('the trace', () => {
  test('shows requests and answers, and never what pays, proves or lets in', async () => {
    const lines: string[] = []
    vi.stubGlobal('fetch', async () => new Response('', { headers: { 'set-cookie': 'session=secret', server: 'x' } }))
    const wire = trace((line) => lines.push(line))
    const secrets = ['authorization', 'payment-signature', 'pbstream-session', 'pbstream-voucher', 'signature']
    const headers = { ...Object.fromEntries(secrets.map((name) => [name, 'secret'])), 'idempotency-key': 'id-1' }
    await wire.fetch('https://api.example/a', { headers })
    expect(lines.join('\n')).not.toContain('secret')
    expect(lines).toEqual(expect.arrayContaining(['> GET /a', '> authorization: (6 characters)', '< server: x']))
    expect([wire.lastId(), wire.requests()]).toEqual(['id-1', 1])
  })
})

describe('the cost', () => {
  const response = {
    success: true,
    transaction: '',
    network: 'eip155:84532',
    amount: '1000',
    extra: { chargedAmount: '900' },
  }

  test('is what the receipt says', () => {
    const payload = Base64.encodeUrl(new TextEncoder().encode(JSON.stringify({ price: '7', scheme: 'session' })))
    const headers = new Headers({
      'pbstream-receipt': `e30.${payload}.e30`,
      'payment-response': Base64.encodeJson(response),
    })
    expect(costOf(headers)).toMatchObject({ amount: 7n, scheme: 'session' })
  })

  test('is else what PAYMENT-RESPONSE says, charged before offered', () => {
    expect(costOf(new Headers({ 'payment-response': Base64.encodeJson(response) }))).toMatchObject({ amount: 900n })
  })

  test('is nothing for a payment that failed, and for none', () => {
    const failed = { ...response, success: false }
    expect(costOf(new Headers({ 'payment-response': Base64.encodeJson(failed) }))).toBeUndefined()
    expect(costOf(new Headers())).toBeUndefined()
  })
})

describe('the key store', () => {
  test('gives back the key that it made', async () => {
    const made = await KeyStore.create(home, 'agent')
    const { stored, key } = await KeyStore.read(home, 'agent')
    expect(stored).toMatchObject({ name: 'agent', address: made.address, file: made.file })
    expect(key).toMatch(/^0x[0-9a-f]{64}$/)
    expect((await KeyStore.list(home)).map(({ name }) => name)).toEqual(['agent'])
  })

  test('refuses a file that others can read, and one that holds no key', async () => {
    const { file } = await KeyStore.create(home, 'open')
    await chmod(file, 0o640)
    await expect(KeyStore.read(home, 'open')).rejects.toThrow(`chmod 600 ${file}`)
    await chmod(file, 0o600)
    await writeFile(file, 'not a key')
    await expect(KeyStore.read(home, 'open')).rejects.toThrow('holds no key')
    await rm(file)
  })

  test('makes one of two that are made at once', async () => {
    const made = await Promise.allSettled([KeyStore.create(home, 'twin'), KeyStore.create(home, 'twin')])
    expect(made.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected'])
  })
})
