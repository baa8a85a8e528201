import { describe, expect, test, vi } from 'vitest'
import {
  BudgetExceededError,
  createPayer,
  DryRunError,
  HostNotAllowedError,
  type Payment,
  PaymentDeclinedError,
} from '../../src/client.ts'
import { mayPay } from '../../src/client/Hosts.ts'
import { FakeGateway } from './FakeGateway.ts'
import { payerAt, randomKey } from './payer.ts'

// Signatures in plain JavaScript take their time on a busy machine.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

const URL_A = 'https://api.example/a'

describe('options', () => {
  test.each([
    ['neither key nor signer', {}],
    [
      'both',
      { key: randomKey(), signer: { address: randomKey().slice(0, 42), signTypedData: async () => '0x' as const } },
    ],
    ['a key that is none', { key: '0x12' as const }],
    ['a budget that is no price', { key: randomKey(), budget: { total: '1 dollar' } }],
    ['a contract on no chain', { key: randomKey(), contracts: { base: { contract: '0x', collector: '0x' } } }],
    ['a salt that is too short', { key: randomKey(), salt: '0x01' as const }],
    ['a gateway that is a page', { key: randomKey(), gateways: ['https://gateway.example/page'] }],
    ['a gateway that anybody on the way can be', { key: randomKey(), gateways: ['http://gateway.example'] }],
    ['a gateway that is a name', { key: randomKey(), gateways: ['gateway.example'] }],
  ])('%s are refused at once', (_, options) => {
    expect(() => createPayer(options)).toThrow()
  })

  test('a message about a wrong key does not hold it', () => {
    const key = `0x${'f'.repeat(64)}` as const
    expect(() => createPayer({ key })).toThrow(
      expect.not.objectContaining({ message: expect.stringContaining('ffff') }),
    )
  })
})

describe('hosts', () => {
  test.each([
    ['https://api.example.com/x', ['api.example.com'], true],
    ['https://api.example.com/x', ['*.example.com'], true],
    ['https://example.com/x', ['*.example.com'], false],
    ['https://notexample.com/x', ['*.example.com'], false],
    ['https://api.example.com:8443/x', ['api.example.com:8443'], true],
    ['https://api.example.com.evil.test/x', ['api.example.com'], false],
    ['https://anything.test/', undefined, true],
    ['http://anything.test/', undefined, false],
    ['http://anything.test/', ['anything.test'], false],
    ['http://anything.test/', ['http://anything.test'], true],
    ['http://127.0.0.1:8080/', undefined, true],
    ['http://[::1]/', undefined, true],
    ['http://127.0.0.1.evil.test/', undefined, false],
  ])('%s with %j: %s', (url, allow, expected) => {
    expect(mayPay(new URL(url), allow)).toBe(expected)
  })

  test('that are not allowed get nothing signed, and free answers pass', async () => {
    const gateway = new FakeGateway()
    gateway.free.add('/free')
    const { pay, signatures } = payerAt(gateway, { allow: ['other.example'] })
    expect((await pay.fetch('https://api.example/free')).status).toBe(200)
    await expect(pay.fetch(URL_A)).rejects.toBeInstanceOf(HostNotAllowedError)
    expect([signatures, gateway.opened]).toEqual([[], []])
  })
})

describe('guards before a signature', () => {
  test('confirm is asked for the session, not for each request, and no means no', async () => {
    const gateway = new FakeGateway()
    const asked: Payment[] = []
    const yes = payerAt(gateway, { confirm: (payment) => asked.push(payment) > 0 })
    for (let i = 0; i < 5; i++) await yes.pay.fetch(URL_A)
    expect(asked).toMatchObject([
      { mode: 'session', payTo: gateway.payTo, amount: 1_000_000n, deposit: 1_000_000n, price: 200n },
    ])
    const no = payerAt(new FakeGateway(), { confirm: () => false })
    await expect(no.pay.fetch(URL_A)).rejects.toBeInstanceOf(PaymentDeclinedError)
    expect(no.signatures).toEqual([])
  })

  test('a dry run says what would be paid and signs nothing', async () => {
    const gateway = new FakeGateway()
    const { pay, signatures } = payerAt(gateway, { dryRun: true })
    const error = await pay.fetch(URL_A).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(DryRunError)
    expect((error as DryRunError).payment).toMatchObject({ mode: 'session', price: 200n, payTo: gateway.payTo })
    expect([signatures, gateway.opened]).toEqual([[], []])
  })

  test('a price above the budget is refused by the 402 already', async () => {
    const { pay, signatures } = payerAt(new FakeGateway(), { budget: { perRequest: 199n } })
    await expect(pay.fetch(URL_A)).rejects.toBeInstanceOf(BudgetExceededError)
    expect(signatures).toEqual([])
  })

  test('a price above the exposure is refused with what to raise', async () => {
    const { pay } = payerAt(new FakeGateway(), { budget: { exposure: 100n } })
    await expect(pay.fetch(URL_A)).rejects.toMatchObject({ limit: 'exposure' })
  })

  test('hosts have their own limits beside the total, which all share', async () => {
    const [one, two] = [
      new FakeGateway('https://one.example'),
      new FakeGateway('https://two.example', `0x${'cc'.repeat(20)}`),
    ]
    const both: typeof fetch = (input, init) => {
      const request = new Request(input as Request, init)
      return request.url.startsWith(one.origin) ? one.fetch(request) : two.fetch(request)
    }
    one.price = two.price = 10_000n
    const { pay } = payerAt({ fetch: both }, { budget: { total: 50_000n, perHost: 30_000n } })
    const count = async (origin: string) => {
      let served = 0
      for (let i = 0; i < 10; i++)
        served += await pay
          .fetch(origin)
          .then(() => 1)
          .catch(() => 0)
      return served
    }
    expect([await count('https://one.example/'), await count('https://two.example/')]).toEqual([3, 2])
  })
})

describe('what is not known is refused', () => {
  const offering = (change: (offer: FakeGateway['offer']) => object): typeof fetch => {
    const gateway = new FakeGateway()
    const { offer } = gateway
    Object.defineProperty(gateway, 'offer', { get: () => ({ ...offer, ...change(offer) }) })
    return gateway.fetch
  }

  test.each([
    ['a chain', () => ({ network: 'eip155:5' })],
    ['a token', () => ({ asset: `0x${'99'.repeat(20)}` })],
    ['an escrow', ({ extra }: FakeGateway['offer']) => ({ extra: { ...extra, contract: `0x${'99'.repeat(20)}` } })],
  ])('%s', async (_, change) => {
    const { pay, signatures } = payerAt({ fetch: offering(change) })
    await expect(pay.fetch(URL_A)).rejects.toMatchObject({ code: 'unknown_contract' })
    expect(signatures).toEqual([])
  })

  test('code at the contract that is not the pinned one, when a node is asked', async () => {
    const gateway = new FakeGateway()
    const node: typeof fetch = async (input, init) => {
      const request = new Request(input as Request, init)
      if (request.url !== 'https://node.example/') return gateway.fetch(request)
      const { method } = (await request.json()) as { method: string }
      return Response.json({ result: method === 'eth_chainId' ? '0x14a34' : '0x6001' })
    }
    const contract = '0x4020074e9df2ce1dee5a9c1b5c3f541d02a10003'
    const pin = { contract, collector: '0x4020806089470a89826cb9fb1f4059150b550004' }
    const strict = { 'eip155:84532': { ...pin, codeHashes: [`0x${'00'.repeat(32)}`] } }
    const wrong = payerAt({ fetch: node }, { rpc: 'https://node.example/', contracts: strict })
    await expect(wrong.pay.fetch(URL_A)).rejects.toMatchObject({ code: 'unknown_contract' })
    expect(wrong.signatures).toEqual([])
    const any = payerAt({ fetch: node }, { rpc: 'https://node.example/' })
    expect((await any.pay.fetch(URL_A)).status).toBe(200)
  })

  test('a way to pay', async () => {
    const { pay } = payerAt({ fetch: offering(() => ({ scheme: 'upto' })) })
    await expect(pay.fetch(URL_A)).rejects.toMatchObject({ code: 'no_usable_offer' })
  })
})

describe('what costs nothing', () => {
  test('data URLs are left to the global fetch, as the official SDKs try them', async () => {
    const { pay } = payerAt({ fetch: (input, init) => fetch(input, init) })
    expect(await (await pay.fetch('data:,hello')).text()).toBe('hello')
  })

  test('a request that is paid already is sent as it is', async () => {
    const gateway = new FakeGateway()
    const { pay } = payerAt(gateway)
    expect((await pay.fetch(URL_A, { headers: { 'PAYMENT-SIGNATURE': 'x' } })).status).toBe(402)
    expect(gateway.opened).toEqual([])
  })

  test('a 402 that is not of x402 comes as it is', async () => {
    const { pay } = payerAt({ fetch: async () => new Response('pay by card', { status: 402 }) })
    expect(await (await pay.fetch(URL_A)).text()).toBe('pay by card')
  })

  test('a redirect of a paid request is paid where it leads, and carries no signature there', async () => {
    const gateway = new FakeGateway()
    gateway.respond = (request) =>
      new URL(request.url).pathname === '/a'
        ? new Response(null, { status: 307, headers: { location: '/b' } })
        : Response.json({ at: 'b' })
    const { pay } = payerAt(gateway)
    expect(await (await pay.fetch(URL_A, { method: 'POST', body: 'x' })).json()).toEqual({ at: 'b' })
    expect(gateway.served.map(({ path, body }) => [path, body])).toEqual([
      ['/a', 'x'],
      ['/b', 'x'],
    ])
  })
})
