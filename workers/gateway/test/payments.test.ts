import * as PaymentResponse from '@pbstream/core/PaymentResponse'
import * as PaymentToken from '@pbstream/core/PaymentToken'
import * as Receipt from '@pbstream/core/Receipt'
import * as RequestBinding from '@pbstream/core/RequestBinding'
import { describe, expect, it } from 'vitest'
import { channelId, deposit, exact, header, payer, voucher } from './support/payer.ts'
import { offered, type Server, SITE, standalone } from './support/standalone.ts'
import { quoted, route, START, TX } from './support/world.ts'

/** A voucher's authorisation for the default request, or as `over` says. */
async function authorized(at: Server, max = 1000n, over: Record<string, unknown> = {}) {
  const { headers, ...rest } = { headers: {}, ...over }
  const required = await offered(at, rest)
  const reply = await at.ask({ ...rest, headers: { ...headers, ...header(await voucher(required, max)) } })
  expect(reply.json).toMatchObject({ kind: 'authorized' })
  return reply.json as { id: string } & Record<string, unknown>
}

describe('a request without payment', () => {
  it('is answered by the offers to relay, at the price and for the address that the server names', async () => {
    const at = await standalone()
    const { status, json, headers } = await at.ask()
    expect([status, headers.get('cache-control')]).toEqual([200, 'no-store'])
    expect(json).toMatchObject({
      kind: 'response',
      status: 402,
      headers: { 'content-type': 'application/problem+json' },
    })
    const required = await offered(at)
    expect(required.resource).toMatchObject({ url: `${SITE}/a?x=1`, serviceName: 'Acme' })
    expect(required.accepts.map(({ scheme, amount }) => [scheme, amount])).toEqual([['batch-settlement', '1000']])
  })

  it('gets offers for an agent, never a page that could not be paid on', async () => {
    const at = await standalone()
    const { json } = await at.ask({ headers: {} })
    expect(JSON.parse(json['body'] as string)).toMatchObject({
      code: 'payment_required',
      error: { type: 'payment_required' },
    })
  })
})

describe('a voucher', () => {
  it('is held for the server, which does the work: no upstream is called', async () => {
    const at = await standalone()
    const held = await authorized(at)
    expect(held).toMatchObject({
      payer: payer.address,
      network: 'eip155:84532',
      ceiling: '1000',
      expiresAt: START / 1000 + 90,
      headers: { 'pbstream-request-id': expect.any(String) },
    })
    expect(held['token']).toBeUndefined()
    expect(at.seen).toEqual([])
    const digest = RequestBinding.digest('GET', 'acme.example/a?x=1', RequestBinding.EMPTY_BODY)
    expect(at.session.reserves).toMatchObject([
      { hold: 1000n, digest, providerId: 'acme', routeId: 'acme/answers', rateVersion: 0, voucher: { max: 1000n } },
    ])
    expect(at.session.reserves[0]?.requestId).toMatch(/^own_[\w-]{22}$/)
    expect(at.session.reports).toEqual([])
  })

  it('is captured for what the work cost, with a receipt and the headers to relay', async () => {
    const at = await standalone()
    const { id } = await authorized(at)
    const { status, json } = await at.call('capture', { v: 1, id, amount: '400' })
    expect([status, json['kind'], json['amount']]).toEqual([200, 'captured', '400'])
    const headers = json['headers'] as Record<string, string>
    expect(headers['pbstream-receipt']).toBe(json['receipt'])
    expect(PaymentResponse.decode(headers['payment-response'] ?? '')).toMatchObject({
      success: true,
      amount: '400',
      extra: { channelState: { channelId, chargedCumulativeAmount: '400' } },
    })
    expect(await Receipt.verify(json['receipt'] as string, at.gateway.keys.verifiers)).toMatchObject({
      ok: true,
      claims: {
        ...{ scheme: 'batch-settlement', jti: 'r1', price: '400', cumulative: '400', channel: channelId },
        ...{ route: 'acme/answers', rate: 0, rev: 0, digest: at.session.reserves[0]?.digest },
      },
    })
    expect(at.session.reports).toMatchObject([{ kind: 'post', reservationId: 'r1', amount: 400n }])
  })

  it('is captured once: the same again has the same answer to the letter', async () => {
    const at = await standalone()
    const { id } = await authorized(at)
    const first = await at.call('capture', { v: 1, id, amount: '1000' })
    at.state.now += 5_000
    const again = await at.call('capture', { v: 1, id, amount: '1000' })
    expect(again.json).toEqual(first.json)
    expect(at.session.reports).toHaveLength(1)
  })

  it('is captured for nothing, and that again', async () => {
    const at = await standalone()
    const { id } = await authorized(at)
    expect((await at.call('capture', { v: 1, id, amount: '0' })).json).toMatchObject({ kind: 'captured', amount: '0' })
    expect((await at.call('capture', { v: 1, id, amount: '0' })).status).toBe(200)
  })

  it('is kept alive by marks while the work goes on', async () => {
    const at = await standalone()
    const { id } = await authorized(at)
    at.state.now += 30_000
    const { json } = await at.call('mark', { v: 1, id, amount: '200' })
    expect(json).toEqual({ kind: 'marked', expiresAt: START / 1000 + 120 })
    expect(at.session.reports).toEqual([{ kind: 'mark', reservationId: 'r1', amount: 200n }])
  })

  it.each([true, false])(
    'is let go when nothing was delivered (freesId %s), as often as that is said',
    async (freesId) => {
      const at = await standalone()
      const { id } = await authorized(at)
      for (let n = 0; n < 2; n++)
        expect((await at.call('void', { v: 1, id, freesId })).json).toEqual({ kind: 'voided' })
      expect(at.session.reports).toEqual([{ kind: 'void', reservationId: 'r1', freesId }])
    },
  )

  it('goes by the request id of its caller', async () => {
    const at = await standalone()
    await authorized(at, 1000n, { headers: { 'idempotency-key': 'order-1' } })
    expect(at.session.reserves[0]?.requestId).toBe('order-1')
    const { json } = await at.ask({ headers: { 'idempotency-key': 'not one' } })
    expect(json).toMatchObject({ kind: 'response', status: 400 })
  })

  it('of a served request is answered by its receipt, not held again', async () => {
    const at = await standalone()
    const required = await offered(at)
    at.session.decide = () => ({ kind: 'duplicate', receipt: 'a.b.c' })
    const headers = { 'idempotency-key': 'order-1', ...header(await voucher(required, 1000n)) }
    expect((await at.ask({ headers })).json).toMatchObject({
      kind: 'response',
      status: 409,
      headers: { 'pbstream-receipt': 'a.b.c' },
    })
  })

  it('that does not start from what is charged is corrected', async () => {
    const at = await standalone()
    const required = await offered(at)
    at.session.decide = () => ({ kind: 'corrective' })
    const { json } = await at.ask({ headers: header(await voucher(required, 1n)) })
    expect(json).toMatchObject({ kind: 'response', status: 402 })
    expect(JSON.parse(json['body'] as string)).toMatchObject({ code: 'cumulative_amount_mismatch' })
  })

  it('brings its deposit along, and the receipt names the transaction', async () => {
    const at = await standalone()
    const required = await offered(at)
    at.session.decide = (command) =>
      at.session.reserves.length === 1 ? { kind: 'deposit', depositId: 'd1' } : at.session.grant(command)
    const { json } = await at.ask({ headers: header(await deposit(required, 1000n, 100_000n)) })
    expect([json['kind'], at.settlement.log]).toEqual(['authorized', ['deposit']])
    const done = await at.call('capture', { v: 1, id: json['id'], amount: '1000' })
    const receipt = await Receipt.verify(done.json['receipt'] as string, at.gateway.keys.verifiers)
    expect(receipt).toMatchObject({ ok: true, claims: { tx: TX } })
  })
})

describe('what is sold', () => {
  it('may be a route of the catalog: its chains, revision and audience hold, the price is the server’s', async () => {
    const at = await standalone()
    const held = await authorized(at, 250n, { route: 'weather', price: '250', token: true })
    expect(at.session.reserves).toMatchObject([{ routeId: 'weather', hold: 250n }])
    const token = await PaymentToken.verify(
      held['token'] as string,
      at.gateway.keys.verifiers,
      START / 1000,
      'acme/weather',
    )
    expect(token).toMatchObject({ ok: true, claims: { path: '/a', m: 'GET', ceiling: '250', rid: 'r1' } })
  })

  it('is not sold when the route, or the provider, is switched off', async () => {
    const off = await standalone({}, [route({ enabled: false })])
    expect((await off.ask({ route: 'weather' })).json.code).toBe('not_found')
    const at = await standalone()
    const [row] = at.rows.values()
    const key = await at.keyOf({ providers: row?.providers.map((each) => ({ ...each, enabled: false })) ?? [] })
    expect((await at.ask({ provider: 'acme' }, key)).json.code).toBe('not_found')
  })

  it('is of the provider that is named, where there are several', async () => {
    const at = await standalone()
    const [row] = at.rows.values()
    const [first] = row?.providers ?? []
    const key = await at.keyOf({ providers: [first!, { ...first!, id: 'other', name: 'Other' }] })
    expect((await at.ask({}, key)).json.code).toBe('malformed_body')
    expect((await at.ask({ provider: 'other' }, key)).json).toMatchObject({ kind: 'response', status: 402 })
    expect((await at.ask({ provider: 'strange' }, key)).json.code).toBe('malformed_body')
  })

  it('is not paid by exact, whose transfer would go before anybody works', async () => {
    const at = await standalone()
    const proxied = await quoted(at, '/v1/weather')
    const { json } = await at.ask({ headers: header(await exact(proxied)) })
    expect(JSON.parse(json['body'] as string)).toMatchObject({ code: 'unsupported_scheme' })
    expect(at.settlement.log).toEqual([])
  })
})

describe('a quote', () => {
  it.each([
    ['price', { price: '1001' }],
    ['price that fell', { price: '999' }],
    ['address', { url: `${SITE}/b?x=1` }],
    ['query', { url: `${SITE}/a?x=2` }],
    ['host', { url: 'https://acme.other/a?x=1' }],
    ['method', { method: 'POST' }],
    ['body', { bodyDigest: `0x${'11'.repeat(32)}` }],
    ['label', { route: 'other' }],
  ])('pays for no other %s', async (_, other) => {
    const at = await standalone()
    const required = await offered(at)
    const { json } = await at.ask({ ...other, headers: header(await voucher(required, 5000n)) })
    expect([json['kind'], json['status']]).toEqual(['response', 402])
    expect(JSON.parse(json['body'] as string).code).toMatch(/^(?:quote_invalid|offer_mismatch)$/)
    expect(at.session.reserves).toEqual([])
  })

  it('of the catalog’s route pays for nothing that the server sells, nor the other way', async () => {
    const at = await standalone()
    const proxied = await quoted(at, '/v1/weather')
    const { json } = await at.ask({ route: 'weather', headers: header(await voucher(proxied, 1000n)) })
    expect(JSON.parse(json['body'] as string).code).toBe('quote_invalid')
    const own = await offered(at, { route: 'weather', price: '1' })
    const response = await at.send('/v1/weather', { headers: header(await voucher(own, 1000n)) })
    expect(((await response.json()) as { code: string }).code).toBe('quote_invalid')
  })
})
