// What `pbstream validate` says of servers that do one thing wrong each.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import * as Base64 from '@pbstream/core/Base64'
import { afterEach, describe, expect, test } from 'vitest'
import { asker } from '../src/validate/Ask.ts'
import { type Check, Checks } from '../src/validate/Checks.ts'
import { bodyV1Flaws, offerFlaws, requiredFlaws } from '../src/validate/Offers.ts'
import { ours } from '../src/validate/Ours.ts'
import { unpaid } from '../src/validate/Unpaid.ts'
import { wrongPayments } from '../src/validate/Wrong.ts'

const address = (byte: string) => `0x${byte.repeat(20)}`
const exact = {
  scheme: 'exact',
  network: 'eip155:84532',
  asset: address('03'),
  amount: '1000',
  payTo: address('ca'),
  maxTimeoutSeconds: 60,
  extra: { name: 'USDC', version: '2' },
}
const channel = {
  ...exact,
  scheme: 'batch-settlement',
  extra: { ...exact.extra, receiverAuthorizer: address('ab'), withdrawDelay: 900, minDeposit: '1000000' },
}
const required = { x402Version: 2, resource: { url: '/' }, accepts: [channel, exact] }

type Answer = { status?: number; headers?: Record<string, string>; body?: string }
const open: Server[] = []
afterEach(() => {
  for (const server of open.splice(0)) server.close()
})

/** A server whose answers a test writes; `paid` for requests with a payment. */
async function serve(unpaidAnswer: Answer, paid: Answer | ((header: string) => Answer) = unpaidAnswer): Promise<URL> {
  const server = createServer((request: IncomingMessage, response: ServerResponse) => {
    const header = request.headers['payment-signature']
    if (request.url !== '/') return void response.writeHead(404).end()
    const {
      status = 402,
      headers = {},
      body = '{"error":"payment_required"}',
    } = typeof header !== 'string' ? unpaidAnswer : typeof paid === 'function' ? paid(header) : paid
    response.writeHead(status, headers).end(body)
  })
  open.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`)
}

const good = (over: object = {}): Answer => ({
  headers: { 'payment-required': Base64.encodeJson({ ...required, ...over }), 'cache-control': 'no-store' },
})

async function look(url: URL): Promise<Check[]> {
  const checks = new Checks()
  const request = { url, method: 'GET', headers: new Headers(), body: undefined }
  const ask = asker(request, 5_000)
  const terms = await unpaid(checks, request, ask)
  if (terms !== undefined) {
    await ours(checks, terms, { url, method: 'GET', now: 1_800_000_000, read: async () => undefined })
    const random = (n: number) => new Uint8Array(n).fill(7)
    await wrongPayments(checks, ask, terms, { random, now: () => 1_800_000_000 })
  }
  return checks.all
}

const faults = (checks: Check[]) => checks.filter(({ status }) => status === 'warn' || status === 'fail')
const named = (checks: Check[]) => faults(checks).map(({ status, name }) => `${status} ${name}`)

test('a server that does all right has no faults', async () => {
  expect(named(await look(await serve(good())))).toEqual([])
})

test('every fault says what to do', async () => {
  const worst: Answer = { headers: { 'payment-required': Base64.encodeJson({}), 'cache-control': 'public' }, body: '' }
  const checks = await look(await serve(worst, { status: 500 }))
  expect(faults(checks).length).toBeGreaterThanOrEqual(5)
  expect(faults(checks).filter(({ advice }) => advice === undefined || advice === '')).toEqual([])
})

describe('a server is told that', () => {
  test.each<[string, Answer, string]>([
    ['it asks for nothing', { status: 200 }, 'fail status'],
    ['it leads elsewhere', { status: 302, headers: { location: '/other' } }, 'fail status'],
    ['it breaks without payment', { status: 500 }, 'fail status'],
    ['it offers nothing', {}, 'fail offer'],
    ['its header is no base64', { headers: { 'payment-required': '%%%' } }, 'fail offer'],
    [
      'its 402 may be stored',
      { headers: { ...good().headers, 'cache-control': 'public, max-age=60' } },
      'fail cache-unpaid',
    ],
    [
      'it says nothing of caches',
      { headers: { 'payment-required': good().headers!['payment-required']! } },
      'warn cache-unpaid',
    ],
    [
      'pages cannot read its offers',
      { headers: { ...good().headers, 'access-control-allow-origin': '*' } },
      'warn browsers',
    ],
    ['its body says nothing', { ...good(), body: '' }, 'warn body'],
    ['its header is long', good({ error: 'x'.repeat(4_000) }), 'warn size'],
    ['its header is too long', good({ error: 'x'.repeat(8_000) }), 'fail size'],
    ['its resource is elsewhere', good({ resource: { url: 'https://elsewhere.example/' } }), 'warn resource'],
    ['it has v1 only', { body: JSON.stringify({ x402Version: 1, accepts: [] }) }, 'warn offer'],
  ])('%s', async (_, answer, fault) => {
    expect(named(await look(await serve(answer)))).toContain(fault)
  })

  test.each<[string, Answer | ((header: string) => Answer), string]>([
    ['it serves whoever sends a payment header', { status: 200 }, 'fail wrong-garbage'],
    ['it breaks at a payment that is none', { status: 500 }, 'fail wrong-empty'],
    ['it leaves a client without offers', { status: 402 }, 'warn wrong-long'],
  ])('%s', async (_, paid, fault) => {
    expect(named(await look(await serve(good(), paid)))).toContain(fault)
  })

  test('it believes a signature of somebody else, or a wallet without money', async () => {
    const believes = (header: string): Answer =>
      header.length > 200 && !header.startsWith('AAAA') ? { status: 200 } : good()
    const checks = named(await look(await serve(good(), believes)))
    expect(checks).toEqual(['fail wrong-forged', 'fail wrong-unfunded'])
  })

  test('its prices change from one request to the next', async () => {
    let price = 0
    const answers = {
      get headers() {
        return good({ accepts: [{ ...exact, amount: `${++price}` }] }).headers!
      },
    }
    expect(named(await look(await serve(answers)))).toContain('warn steady')
  })

  test('its quote cannot be verified', async () => {
    const extensions = { 'pbstream-quote': { info: { quote: 'e30.e30.e30' }, schema: {} } }
    expect(named(await look(await serve(good({ extensions }))))).toContain('fail quote')
  })

  test('its session endpoint is not that of its gateway', async () => {
    const info = { v: 1, endpoint: 'https://a.example/s', gateway: 'https://b.example', algorithms: ['ed25519'] }
    const extensions = { 'pbstream-session': { info, schema: {} } }
    expect(named(await look(await serve(good({ extensions }))))).toContain('fail session')
  })

  test('nobody answers', async () => {
    const url = await serve(good())
    await new Promise((resolve) => open.pop()!.close(resolve))
    expect(named(await look(url))).toEqual(['fail reachable'])
  })
})

describe('an offer', () => {
  test.each([exact, channel, { ...exact, network: 'solana:mainnet', asset: 'mint', payTo: 'account', extra: {} }])(
    'of $scheme on $network is good',
    (offer) => expect(offerFlaws(offer)).toEqual([]),
  )

  test.each<[object, string]>([
    [{ scheme: '' }, 'scheme is missing'],
    [{ network: 'base' }, 'network is not CAIP-2'],
    [{ amount: 1000 }, 'amount is no decimal string of atomic units'],
    [{ amount: '0.001' }, 'amount is no decimal string of atomic units'],
    [{ amount: '0' }, 'amount is 0'],
    [{ asset: 'USDC' }, 'asset is no address'],
    [{ payTo: undefined }, 'payTo is no address'],
    [{ payTo: address('00') }, 'payTo is the zero address'],
    [{ maxTimeoutSeconds: 0 }, 'maxTimeoutSeconds is no positive whole number'],
    [{ maxTimeoutSeconds: 86_400 }, 'maxTimeoutSeconds is 86400'],
    [{ extra: {} }, 'extra.name or extra.version is missing'],
  ])('with %j has one flaw', (over, found) => {
    expect(offerFlaws({ ...exact, ...over }).map((flaw) => flaw.found)).toEqual([found])
  })

  test.each<[object, string]>([
    [{ receiverAuthorizer: address('00') }, 'extra.receiverAuthorizer is no address'],
    [{ withdrawDelay: 60 }, 'extra.withdrawDelay is not 900 to 2592000'],
    [{ minDeposit: 1 }, 'extra.minDeposit is no decimal string'],
  ])('from a channel with %j has one flaw', (over, found) => {
    const extra = { ...channel.extra, ...over }
    expect(offerFlaws({ ...channel, extra }).map((flaw) => flaw.found)).toEqual([found])
  })

  test('of v1 that differs from its twin of v2 is found', () => {
    const v1 = { ...exact, network: 'base-sepolia', maxAmountRequired: '1000', resource: 'https://a.example/' }
    expect(bodyV1Flaws({ accepts: [v1] }, [exact])).toEqual([])
    expect(bodyV1Flaws({ accepts: [{ ...v1, maxAmountRequired: '999' }] }, [exact])).toHaveLength(1)
  })

  test('is refused by some clients for a name that is too long', () => {
    const resource = { url: '/', serviceName: 'x'.repeat(33) }
    expect(requiredFlaws({ ...required, resource }).map(({ status }) => status)).toEqual(['warn'])
  })
})

test('what a server says cannot steer the terminal', () => {
  const checks = new Checks()
  checks.pass('name', 'red \u001b[31m\nline')
  expect(checks.all[0]?.found).toBe('red ?[31m?line')
})
