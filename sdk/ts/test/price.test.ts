// `pbstream price` against servers that are honest, and others.
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import * as Base64 from '@pbstream/core/Base64'
import * as Jwk from '@pbstream/core/Jwk'
import * as Quote from '@pbstream/core/Quote'
import * as Rate from '@pbstream/core/Rate'
import { ofBounds, ofList } from '@pbstream/core/rate/Claims'
import { afterEach, describe, expect, test } from 'vitest'
import * as Ed25519 from '../../../core/test/support/Ed25519.ts'
import { priceCommand } from '../src/priceCommand.ts'

const NOW = Math.floor(Date.now() / 1_000)
const signer = await Ed25519.signer()
const rule = {
  v: 2,
  kind: 'card',
  components: [{ unit: 'output_token', price: { model: 'per_unit', amount: '10' }, free: '20' }],
  formula: 'base * (100 + signal.load) / 100',
  signals: { load: { oracle: 'o', min: '0', max: '100', fallback: '0' } },
  maximum: '100000',
}
const terms = { at: NOW * 1_000, signals: { load: '50' } }
const bounds = { output_token: 120n }
const claims: Quote.Claims = {
  jti: 'q',
  rt: 'chat',
  m: 'POST',
  cv: 4,
  ih: Rate.inputsHash({ bounds }),
  max: `${Rate.ceiling(Rate.parse(rule), { bounds }, terms)}`,
  bd: ofBounds(bounds),
  tm: ofList(terms),
  iat: NOW,
  exp: NOW + 300,
}

const open: Server[] = []
afterEach(() => {
  for (const server of open.splice(0)) server.close()
})

type Site = { status?: number; quote?: string; card?: unknown; keys?: unknown; extensions?: object }

/** A gateway as far as prices go. */
async function serve({
  status = 402,
  quote,
  card,
  keys = [Jwk.toPublic(Ed25519.key)],
  extensions,
}: Site): Promise<string> {
  const asked = { 'pbstream-quote': { info: { quote }, schema: {} } }
  const offer = { scheme: 'exact', network: 'eip155:84532', asset: `0x${'03'.repeat(20)}`, amount: claims.max }
  const required = {
    x402Version: 2,
    resource: { url: '/' },
    accepts: [{ ...offer, payTo: `0x${'ca'.repeat(20)}`, maxTimeoutSeconds: 60, extra: {} }],
    extensions: extensions ?? (quote === undefined ? {} : asked),
  }
  const pages: Record<string, unknown> = {
    '/.well-known/jwks.json': { keys },
    [`${Quote.RATES_PATH}/chat/4`]: card,
  }
  const server = createServer((request, response) => {
    const page = pages[request.url ?? '']
    if (page !== undefined) return void response.writeHead(200).end(JSON.stringify(page))
    if (request.url !== '/v1') return void response.writeHead(404).end('{}')
    response.writeHead(status, { 'payment-required': Base64.encodeJson(required) }).end('{}')
  })
  open.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`
}

async function run(...args: string[]) {
  const out: string[] = []
  const screen = { out: (line: string) => void out.push(line), note: () => {}, write: async () => {} }
  const code = await priceCommand(args, { env: {}, stdin: Readable.from([]) }, screen)
  return { code, text: out.join('\n') }
}

const quote = (change: Partial<Quote.Claims> = {}) => Quote.sign({ ...claims, ...change }, signer)
const published = { routeId: 'chat', version: 4, card: rule }

describe('pbstream price', () => {
  test('says what a call costs at most, and why', async () => {
    const { code, text } = await run(await serve({ quote: await quote(), card: published }), '-d', '{}')
    expect(code).toBe(0)
    expect(text).toContain('at most 0.0015 USDC (1500 atomic units), until ')
    expect(text).toContain('verified: the quote is signed, and follows from version 4 of the card of chat')
    expect(text).toContain('the request allows output_token 120')
    expect(text).toContain('signals: load 50')
    expect(text).toContain('all of it costs 0.0015 USDC (1500 atomic units)')
    expect(text).toContain('  output_token: 120, 20 of them free = 1000')
    expect(text).toContain('  base * (100 + signal.load) / 100 = 1500')
  })

  test('explains the use that it is asked for, as data too', async () => {
    const url = await serve({ quote: await quote(), card: published })
    const { text } = await run(url, '--use', 'output_token=30')
    expect(text).toContain('that use costs 0.00015 USDC (150 atomic units)')
    const { code, text: json } = await run(url, '--use', 'output_token=30', '--use', 'input_token=5', '--json')
    expect(code).toBe(0)
    expect(JSON.parse(json)).toMatchObject({
      url,
      max: '1500',
      verified: true,
      quote: { cv: 4, rt: 'chat' },
      card: published,
      explanation: { charge: '150', formula: { result: '150' } },
    })
  })

  test.each<[string, () => Promise<Site>, string]>([
    [
      'a price above its card',
      async () => ({ quote: await quote({ max: '1501' }), card: published }),
      'the card makes 1500',
    ],
    ['a card that is not there', async () => ({ quote: await quote() }), 'not a card that this release can read'],
    ['another card', async () => ({ quote: await quote(), card: { ...published, version: 5 } }), 'the card is another'],
    ['no keys', async () => ({ quote: await quote(), card: published, keys: [] }), 'no Ed25519 key'],
    [
      'a quote of somebody else',
      async () => ({ quote: `${(await quote()).slice(0, -4)}AAAA`, card: published }),
      'no quote',
    ],
    [
      'a quote that has run out',
      async () => ({ quote: await quote({ iat: NOW - 10, exp: NOW }), card: published }),
      'has expired',
    ],
    ['garbage', async () => ({ quote: '.%.', card: published }), 'no quote of this gateway'],
  ])('does not believe %s', async (_, site, why) => {
    const { code, text } = await run(await serve(await site()))
    expect(code).toBe(1)
    expect(text).toContain('at most 0.0015 USDC')
    expect(text).toContain('not verified: ')
    expect(text).toContain(why)
  })

  test('says when nothing has to be paid, or nothing is answered', async () => {
    expect(await run(await serve({ status: 200 }))).toEqual({ code: 0, text: 'Answered 200 without asking for money.' })
    const missing = await run(await serve({ status: 404 }), '--json')
    expect([missing.code, JSON.parse(missing.text)]).toMatchObject([1, { max: null, verified: false }])
  })

  test('takes the keys and the card from the gateway that is asked for payments', async () => {
    const gateway = new URL(await serve({ card: published })).origin
    const extensions = {
      'pbstream-quote': { info: { quote: await quote() }, schema: {} },
      'pbstream-session': { info: { gateway }, schema: {} },
    }
    expect((await run(await serve({ extensions, keys: [] }))).code).toBe(0)
  })

  test.each([
    [['ftp://x'], 'an http(s) URL'],
    [['http://127.0.0.1:9/', '--use', 'output_token'], '--use is not UNIT=COUNT'],
    [['http://127.0.0.1:9/', '--use', 'output_token=-1'], '--use is not UNIT=COUNT'],
    [['http://127.0.0.1:9/', '--use', '__proto__=1'], '--use is not UNIT=COUNT'],
    [['http://127.0.0.1:9/', '--timeout', '0'], '--timeout is not a number of seconds above 0'],
    [['http://127.0.0.1:9/', '--pay'], '--pay is not understood'],
  ])('called as %j says what is wrong', async (args, message) => {
    await expect(run(...args)).rejects.toThrow(message)
  })

  test('a server without a quote, and none at all', async () => {
    await expect(run(await serve({}))).rejects.toThrow('signs no quote')
    await expect(run(await serve({ extensions: { 'pbstream-quote': 7 } }))).rejects.toThrow('signs no quote')
    const url = await serve({})
    open.pop()?.close()
    await expect(run(url)).rejects.toThrow('does not answer')
    expect((await run('--help')).text).toContain('Usage: pbstream price URL')
  })
})
