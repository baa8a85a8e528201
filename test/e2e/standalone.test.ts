/** A provider without any route: its own server is the paywall, and is paid by the official x402 client. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chargeOf } from '@pbstream/local/Payer'
import { verifyReceipt } from '@pbstream/local/Receipt'
import { createPayer } from '@pbstream/sdk/client'
import { createStandalone } from '@pbstream/sdk/server/Standalone'
import { decodeJwt } from '../support/decodeJwt.ts'
import { chargedOf, openOn, signedRequest } from '../support/openOn.ts'
import { type Merchant, merchant, Shop } from '../support/standalone.ts'
import { type Stack, startStack } from '../support/Stack.ts'
import { Example } from './support/Example.ts'
import { until } from '../support/until.ts'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

let stack: Stack
let seller: Merchant
let shop: Shop
let directory: string

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'pbstream-e2e-standalone-'))
  stack = await startStack({
    routes: [{ path: '/seeded' }],
    vars: { SETTLE_COUNT: '4' },
    directory,
    system: { gateways: 2 },
  })
  seller = await merchant(stack)
  shop = await Shop.open(seller.gate)
})
afterAll(async () => {
  await shop?.close()
  await stack?.stop()
  await rm(directory, { recursive: true, force: true })
})

test('sells to an unmodified client: deposit, vouchers, charges below the ceiling, settlement on chain', async () => {
  const payer = await stack.payer({ scheme: 'batch-settlement', deposit: 100_000n })
  const first = await payer.fetch(`${shop.url}/item?n=1`)
  expect([first.status, await first.text()]).toEqual([200, 'sold'])
  expect(chargeOf(first)).toMatchObject({ amount: 2_000n, total: 2_000n, transaction: expect.stringMatching(/^0x/) })
  const jwks = (await (await fetch(`${stack.gateway}/.well-known/jwks.json`)).json()) as { keys: JsonWebKey[] }
  const receipt = verifyReceipt(first.headers.get('pbstream-receipt') ?? '', jwks)
  expect(receipt).toMatchObject({ route: `${seller.provider}/goods`, price: '2000' })

  shop.work = () => ({ status: 200, body: 'a part', cost: 500n })
  const second = await payer.fetch(`${shop.url}/item?n=2`)
  expect(chargeOf(second)).toMatchObject({ amount: 500n, total: 2_500n, transaction: '' })

  shop.work = () => ({ status: 404, body: 'sold out', cost: 0n })
  const third = await payer.fetch(`${shop.url}/item?n=3`)
  expect([third.status, await third.text(), chargeOf(third)]).toEqual([404, 'sold out', undefined])

  shop.work = () => ({ status: 200, body: 'sold', cost: 2_000n })
  for (let n = 4; n <= 6; n++) expect((await payer.fetch(`${shop.url}/item?n=${n}`)).status).toBe(200)
  expect(chargeOf(await payer.fetch(`${shop.url}/item?n=7`))?.total).toBe(10_500n)
  // The receiver has earned it like any provider that the gateway calls.
  await until('it is settled', async () => (await stack.usdc(seller.owner.address)) >= 6_500n)
  expect(stack.upstream.received).toEqual([])
})

test('serves 30 calls of one channel at once, each charged once', async () => {
  const payer = await stack.payer({ scheme: 'batch-settlement', deposit: 1_000_000n })
  await payer.fetch(`${shop.url}/first`)
  const before = shop.served.length
  const answers = await Promise.all(Array.from({ length: 30 }, (_, n) => payer.fetch(`${shop.url}/at-once?n=${n}`)))
  expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 30 }, () => 200))
  expect(new Set(shop.served).size - before).toBe(30)
  const totals = answers.map((answer) => decodeJwt(answer.headers.get('pbstream-receipt') ?? '')['cumulative'])
  expect(new Set(totals).size).toBe(30)
})

describe('the quick start for Hono, without a gateway in front', () => {
  let example: Example

  beforeAll(async () => {
    example = await Example.start('hono', { PB_GATEWAY_URL: stack.gateway, PB_SECRET_KEY: seller.apiKey })
  })
  afterAll(() => example?.stop())

  const post = (text: string) => ({
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ text }),
  })

  test('is paid by the official client: a flat price, and one by the word', async () => {
    const payer = await stack.payer({ scheme: 'batch-settlement', deposit: 100_000n })
    const sunny = await payer.fetch(`${example.url}/weather`)
    expect([sunny.status, await sunny.json()]).toMatchObject([200, { weather: 'sunny' }])
    expect(chargeOf(sunny)?.amount).toBe(2_000n)
    const loud = await payer.fetch(`${example.url}/shout`, post('three small words'))
    expect([loud.status, await loud.json()]).toEqual([200, { text: 'THREE SMALL WORDS' }])
    const next = await payer.fetch(`${example.url}/weather`)
    // Three words at 3 units between the two flat prices.
    expect(chargeOf(next)?.total).toBe(4_009n)
    expect(example.printed).toEqual([])
  })

  test('is paid in a session, opened once at the gateway: 40 requests at once, bodies signed', async () => {
    const { caller, session } = await openOn(stack, { path: '/weather', site: example.url })
    const requests = await Promise.all(
      Array.from({ length: 40 }, async (_, n) =>
        n % 2 === 0
          ? signedRequest(example.url, session, `/weather?n=${n}`)
          : signedRequest(example.url, session, '/shout', { method: 'POST', body: post(`word ${n}`).body }),
      ),
    )
    const answers = await Promise.all(requests.map((request) => fetch(request.clone())))
    expect(answers.map(({ status }) => status)).toEqual(Array(40).fill(200))
    expect(await answers[1]?.json()).toEqual({ text: 'WORD 1' })
    const receipt = decodeJwt(answers[0]?.headers.get('pbstream-receipt') ?? '')
    expect(receipt).toMatchObject({ scheme: 'session', price: '2000', route: `${seller.provider}/api` })
    expect(answers[0]?.headers.get('pbstream-room')).toMatch(/accepted="1000000"/)
    // 20 flat prices, and 20 calls of two words.
    const total = 20n * 2_000n + 20n * 6n
    await until('all is charged', async () => (await chargedOf(stack, caller)) === total)

    // Sent again, to another address, or with another body: never a second charge.
    const again = await fetch(requests[0]!.clone())
    expect([again.status, again.headers.get('pbstream-receipt')]).toEqual([
      409,
      answers[0]?.headers.get('pbstream-receipt'),
    ])
    const { headers } = await signedRequest(example.url, session, '/weather')
    expect((await fetch(`${example.url}/weather?n=1`, { headers })).status).toBeGreaterThanOrEqual(400)
    expect((await fetch(`${example.url}/shout`, { ...post('more'), headers })).status).toBeGreaterThanOrEqual(400)
    expect(await chargedOf(stack, caller)).toBe(total)
    expect(example.printed).toEqual([])
  })
})

test('our client pays it in a session of a gateway that it trusts, and by voucher where it trusts none', async () => {
  const example = await Example.start('hono', { PB_GATEWAY_URL: stack.gateway, PB_SECRET_KEY: seller.apiKey })
  try {
    const { key } = await stack.payer({})
    const pay = createPayer({ key, gateways: [stack.gateway] })
    const calls = Array.from({ length: 20 }, (_, n) => pay.fetch(`${example.url}/weather?n=${n}`))
    expect((await Promise.all(calls)).map(({ status }) => status)).toEqual(Array(20).fill(200))
    const last = await pay.fetch(`${example.url}/weather`)
    expect(decodeJwt(last.headers.get('pbstream-receipt') ?? '')).toMatchObject({ scheme: 'session', price: '2000' })
    expect(await pay.sessions()).toMatchObject([{ origin: stack.gateway, charged: 21n * 2_000n }])
    expect(await pay.close({ refund: true })).toMatchObject([{ charged: 21n * 2_000n }])

    const { key: other } = await stack.payer({})
    const wary = createPayer({ key: other })
    const sold = await wary.fetch(`${example.url}/weather`)
    expect(decodeJwt(sold.headers.get('pbstream-receipt') ?? '')).toMatchObject({ scheme: 'batch-settlement' })
    expect(await wary.sessions()).toEqual([])
  } finally {
    await example.stop()
  }
})

test('serves nobody who cannot be charged: a gateway that does not answer is a 503', async () => {
  const payer = await stack.payer({ scheme: 'batch-settlement' })
  const lonely = await Shop.open(createStandalone({ gateway: 'http://127.0.0.1:1', apiKey: seller.apiKey }))
  const response = await payer.fetch(`${lonely.url}/item`)
  expect([response.status, await response.text()]).toEqual([503, 'gateway_unreachable'])
  expect(lonely.served).toEqual([])
  await lonely.close()
})

test('the key says to its owner when it was used', async () => {
  const { json } = await seller.owner.asPerson('GET', `/api-keys/${seller.keyId}`)
  expect(json['lastUsedAt']).toMatch(/^\d{4}-/)
})

test('what one gateway has authorised another one captures, also after all of them were stopped', async () => {
  const payer = await stack.payer({ scheme: 'batch-settlement', deposit: 100_000n })
  const gateOf = (gateway: string) => createStandalone({ gateway, apiKey: seller.apiKey })
  const [, second] = stack.system.gateways
  const captured: string[] = []
  const held: string[] = []
  // Of each pair of calls the second gateway captures one; the other stays open.
  shop.work = async () => {
    const id = shop.served.at(-1)!
    if (held.length === captured.length) held.push(id)
    else captured.push((await gateOf(second!).capture(id, 2_000n)).receipt)
    return { status: 503, body: 'kept by the test', cost: 0n }
  }
  shop.keeps = true
  for (let n = 0; n < 4; n++) await payer.fetch(`${shop.url}/held?n=${n}`)
  expect([held.length, captured.length]).toEqual([2, 2])
  await stack.restart(async () => {})
  const gate = gateOf(stack.gateway)
  for (const id of held) {
    const { amount, receipt } = await gate.capture(id, 1_500n)
    expect([amount, decodeJwt(receipt)['price']]).toEqual([1_500n, '1500'])
    expect((await gate.capture(id, 1_500n)).receipt).toBe(receipt)
    await expect(gate.capture(id, 1_000n)).rejects.toMatchObject({ code: 'payment_captured' })
  }
})
