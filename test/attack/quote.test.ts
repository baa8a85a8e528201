import { publishRateCard, upsertProvider, upsertRoute } from '@pbstream/db/Catalog'
import { Chain } from '@pbstream/local/Chain'
import { chargeOf } from '@pbstream/local/Payer'
import { createPrivateKey, sign as signBytes } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Payment, headerOf, paymentOf } from '../support/payment.ts'
import { type Stack, startStack } from '../support/Stack.ts'
import { createHoldback } from '../support/signedRequest.ts'
import { until } from '../support/until.ts'

let stack: Stack
const tokens = { v: 1, kind: 'metered', unit: 'reported', unitAmount: '1', per: '1', max: '64000' } as const
const other = `0x${'0b'.repeat(20)}`

beforeAll(async () => {
  stack = await startStack({
    routes: [
      { path: '/cheap', rate: { v: 1, kind: 'flat', amount: '10' } },
      { path: '/dear', rate: { v: 1, kind: 'flat', amount: '500000' } },
      { path: '/get-or-post', methods: ['GET', 'POST'] },
      { path: '/chat', bodyPriced: true, rate: tokens },
    ],
  })
  const by = { actor: 'test', at: 0 }
  await upsertProvider(stack.system.database, { id: 'other', name: 'Other', payTo: other }, by)
  await upsertRoute(
    stack.system.database,
    {
      id: 'theirs',
      providerId: 'other',
      path: '/theirs',
      chainIds: [Chain.id],
      origin: { kind: 'url', url: stack.upstream.url },
      rate: { v: 1, kind: 'flat', amount: '1000' },
    },
    by,
  )
})
afterAll(() => stack.stop())

/** The offer of a route, as its 402 says it. */
async function offerOf(path: string, init?: RequestInit) {
  const response = await fetch(stack.gateway + path, init)
  return JSON.parse(atob(response.headers.get('PAYMENT-REQUIRED') ?? '')) as {
    accepts: Payment['accepted'][]
    extensions: Payment['extensions']
  }
}

async function expectUnpaid(path: string, payment: unknown, init: RequestInit = {}) {
  const calls = stack.upstream.received.length
  const response = await fetch(stack.gateway + path, { ...init, headers: headerOf(payment) })
  const text = await response.text()
  expect(response.status, text).toBe(402)
  expect(stack.upstream.received.length).toBe(calls)
  return JSON.parse(text) as { code: string }
}

test('the quote of a cheap route does not pay for a dear one, another method or another provider', async () => {
  const { pay, sign } = await createHoldback(stack)
  await pay(`${stack.gateway}/cheap`)
  const cheap = paymentOf(await sign(`${stack.gateway}/cheap`))
  expect((await expectUnpaid('/dear', cheap)).code).toBe('quote_invalid')
  const get = paymentOf(await sign(`${stack.gateway}/get-or-post`))
  expect((await expectUnpaid('/get-or-post', get, { method: 'POST' })).code).toBe('quote_invalid')
  // Nor a channel toward one provider for another's route, under that one's own offer.
  const { accepts, extensions } = await offerOf('/theirs')
  expect((await expectUnpaid('/theirs', { ...get, accepted: accepts[0], extensions })).code).toBe('receiver_mismatch')
})

test('a quote that nobody signed, or that was signed as something else, is refused', async () => {
  const { pay, sign } = await createHoldback(stack)
  await pay(`${stack.gateway}/dear`)
  const payment = paymentOf(await sign(`${stack.gateway}/dear`))
  const [header = '', claims = '', signature = ''] = payment.extensions['pbstream-quote'].info.quote.split('.')
  const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const decoded = JSON.parse(Buffer.from(claims, 'base64url').toString()) as object
  const { kid } = JSON.parse(Buffer.from(header, 'base64url').toString()) as { kid: string }
  const free = encode({ ...decoded, max: '1' })
  const key = createPrivateKey({ key: JSON.parse(stack.keys.gateway) as JsonWebKey, format: 'jwk' } as never)
  const signed = (head: object) => {
    const input = `${encode(head)}.${free}`
    return `${input}.${signBytes(null, Buffer.from(input), key).toString('base64url')}`
  }
  const forged = [
    `${header}.${free}.${signature}`,
    `${encode({ alg: 'none', kid, typ: 'pb-quote' })}.${free}.`,
    `${encode({ alg: 'HS256', kid, typ: 'pb-quote' })}.${free}.${signature}`,
    // Right signatures under wrong heads: a receipt, another algorithm, a key that the token brings along.
    signed({ alg: 'EdDSA', kid, typ: 'pb-receipt' }),
    signed({ alg: 'none', kid, typ: 'pb-quote' }),
    signed({ alg: 'EdDSA', kid: '__proto__', typ: 'pb-quote' }),
    signed({ alg: 'EdDSA', kid, typ: 'pb-quote', jwk: {} }),
    signed({ alg: 'EdDSA', kid, typ: 'pb-quote', crit: ['exp'] }),
  ]
  for (const quote of forged) {
    const spoiled = {
      ...payment,
      accepted: { ...payment.accepted, amount: '1' },
      extensions: { 'pbstream-quote': { info: { quote } } },
    }
    expect((await expectUnpaid('/dear', spoiled)).code).toBe('quote_invalid')
  }
})

test('a higher accepted amount does not raise the charge, a lower one buys nothing', async () => {
  const { pay, sign } = await createHoldback(stack)
  await pay(`${stack.gateway}/dear`)
  const payment = paymentOf(await sign(`${stack.gateway}/dear`))
  const amount = (value: string) => ({ ...payment, accepted: { ...payment.accepted, amount: value } })
  expect((await expectUnpaid('/dear', amount('499999'))).code).toBe('offer_mismatch')
  const response = await fetch(`${stack.gateway}/dear`, { headers: headerOf(amount('900000')) })
  expect(response.status).toBe(200)
  expect(chargeOf(response)?.amount).toBe(500_000n)
})

test('a rate that rose is not undercut by leaving out the quote', async () => {
  const { pay, sign } = await createHoldback(stack)
  await pay(`${stack.gateway}/dear`)
  const { extensions: _, ...bare } = paymentOf(await sign(`${stack.gateway}/dear`))
  const by = { actor: 'test', at: 1 }
  const { catalogVersion } = (await (await fetch(`${stack.gateway}/healthz`)).json()) as { catalogVersion: number }
  await publishRateCard(stack.system.database, 'dear', { v: 1, kind: 'flat', amount: '500001' }, by)
  await until('the gateway knows the new rate', async () => {
    const health = (await (await fetch(`${stack.gateway}/healthz`)).json()) as { catalogVersion: number }
    return health.catalogVersion > catalogVersion
  })
  expect((await expectUnpaid('/dear', bare)).code).toBe('offer_mismatch')
})

test.each([
  ['another bound beside the cheap one', '{"max_tokens":1,"max_completion_tokens":64000}'],
  ['the bound in another case', '{"max_tokens":1,"MAX_TOKENS":64000}'],
  ['the bound twice', '{"max_tokens":1,"max_tokens":64000}'],
  ['a bound that is text', '{"max_tokens":1,"max_output_tokens":"64000"}'],
  ['many answers', '{"max_tokens":1,"n":64000}'],
  ['a bound that is no number', '{"max_tokens":1e999}'],
  ['a negative bound', '{"max_tokens":-1}'],
])('%s is priced as what it allows', async (_, body) => {
  const { accepts } = await offerOf('/chat', { method: 'POST', body })
  expect(accepts[0]?.amount).toBe('64000')
  const small = await offerOf('/chat', { method: 'POST', body: '{"max_tokens":1}' })
  expect(small.accepts[0]?.amount).toBe('1')
})

test('the quote of a small request does not pay for a large one', async () => {
  const { pay, sign } = await createHoldback(stack)
  const small = { method: 'POST', body: '{"max_tokens":1}' }
  await pay(`${stack.gateway}/chat`, small)
  const payment = paymentOf(await sign(`${stack.gateway}/chat`, small))
  expect((await expectUnpaid('/chat', payment, { method: 'POST', body: '{"max_tokens":64000}' })).code).toBe(
    'quote_invalid',
  )
})
