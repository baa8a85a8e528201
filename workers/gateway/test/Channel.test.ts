import * as Challenge from '@pbstream/core/Challenge'
import * as PaymentResponse from '@pbstream/core/PaymentResponse'
import * as PaymentToken from '@pbstream/core/PaymentToken'
import * as Receipt from '@pbstream/core/Receipt'
import type { Report, ReserveReply } from '@pbstream/core/message/Session'
import { describe, expect, it } from 'vitest'
import { channelId, config, deposit, header, voucher } from './support/payer.ts'
import { quoted, route, START, TX, type World, world } from './support/world.ts'

const PATH = '/v1/weather?city=Berlin'

async function pay(at: World, max: bigint, more: Record<string, string> = {}, init: RequestInit = {}) {
  const required = await quoted(at, PATH, init)
  return at.send(PATH, { ...init, headers: { ...more, ...header(await voucher(required, max)) } })
}

const problem = async (response: Response) => ((await response.json()) as { code: string }).code
const errorOf = (response: Response) => Challenge.decode(response.headers.get('payment-required') ?? '')?.error

describe('a voucher for a fixed price', () => {
  it('is reserved, served, posted and receipted', async () => {
    const at = await world()
    const response = await pay(at, 1000n)
    expect(response.status).toBe(200)
    expect(await response.text()).toBe('sunny')
    await at.rest()
    expect(at.session.reserves).toMatchObject([
      {
        v: 1,
        channelId,
        config,
        hold: 1000n,
        voucher: { max: 1000n },
        providerId: 'acme',
        routeId: 'weather',
        rateVersion: 3,
      },
    ])
    expect(at.session.reserves[0]?.callId).toMatch(/^[\w-]{22}$/)
    expect(at.session.reports).toEqual([{ kind: 'post', reservationId: 'r1', amount: 1000n }])
    expect(PaymentResponse.decode(response.headers.get('payment-response') ?? '')).toMatchObject({
      success: true,
      amount: '1000',
      extra: { chargedAmount: '1000', channelState: { channelId, chargedCumulativeAmount: '1000' } },
    })
    const receipt = await Receipt.verify(response.headers.get('pbstream-receipt') ?? '', at.gateway.keys.verifiers)
    expect(receipt).toMatchObject({
      ok: true,
      claims: {
        jti: 'r1',
        price: '1000',
        rate: 3,
        cumulative: '1000',
        channel: channelId,
        digest: at.session.reserves[0]?.digest,
      },
    })
    expect(response.headers.get('cache-control')).toBe('private')
    expect(response.headers.get('pbstream-request-id')).not.toBeNull()
  })

  it('reaches the upstream at the same path with a token for this request, and without the payment', async () => {
    const at = await world()
    await pay(at, 1000n, {
      cookie: 'a=b',
      authorization: 'Bearer x',
      'x-forwarded-for': '1.2.3.4',
      'accept-language': 'de',
    })
    const [request] = at.seen
    expect(request?.url).toBe('https://upstream.example/base/v1/weather?city=Berlin')
    expect(request?.redirect).toBe('manual')
    for (const name of ['payment-signature', 'cookie', 'authorization', 'x-forwarded-for'])
      expect(request?.headers.get(name)).toBeNull()
    expect(request?.headers.get('accept-language')).toBe('de')
    const token = request?.headers.get('pbstream-payment') ?? ''
    expect(await PaymentToken.verify(token, at.gateway.keys.verifiers, START / 1000, 'acme/weather')).toMatchObject({
      ok: true,
      claims: { rid: 'r1', m: 'GET', path: '/v1/weather', ceiling: '1000', digest: at.session.reserves[0]?.digest },
    })
  })

  it('streams: the first byte leaves while the upstream is still writing', async () => {
    const at = await world()
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>()
    const writer = writable.getWriter()
    at.state.upstream = () => new Response(readable, { headers: { 'content-type': 'text/event-stream' } })
    const response = await pay(at, 1000n, { 'idempotency-key': 'stream-1' })
    const reader = (response.body as ReadableStream<Uint8Array>).getReader()
    const first = reader.read()
    await writer.write(new TextEncoder().encode('data: 1\n\n'))
    expect(new TextDecoder().decode((await first).value)).toBe('data: 1\n\n')
    await reader.cancel()
    await at.rest()
    expect(at.session.reports.map((report) => report.kind)).toEqual(['post'])
  })

  it.each([404, 429, 500, 503])('is not charged when the upstream answers %d, which is relayed', async (status) => {
    const at = await world()
    at.state.upstream = () =>
      new Response('no', { status, headers: { 'x-ratelimit-remaining': '0', 'set-cookie': 'a=b' } })
    const response = await pay(at, 1000n)
    expect(response.status).toBe(status)
    expect(await response.text()).toBe('no')
    expect(response.headers.get('x-ratelimit-remaining')).toBe('0')
    expect(response.headers.get('set-cookie')).toBeNull()
    expect(response.headers.get('payment-response')).toBeNull()
    await at.rest()
    const failed = status >= 500 ? { failed: true } : {}
    expect(at.session.reports).toEqual([{ kind: 'void', reservationId: 'r1', freesId: true, ...failed }])
  })

  it('relays a redirect uncharged, without the name of the origin', async () => {
    const at = await world()
    at.state.upstream = () =>
      new Response(null, { status: 302, headers: { location: 'https://upstream.example/base/v1/new?x=1' } })
    const response = await pay(at, 1000n)
    expect([response.status, response.headers.get('location')]).toEqual([302, 'https://api.example/v1/new?x=1'])
    await at.rest()
    expect(at.session.reports).toEqual([{ kind: 'void', reservationId: 'r1', freesId: true }])
  })

  it('is not charged when the upstream cannot be reached; a request id stays taken', async () => {
    const at = await world()
    at.state.upstream = () => {
      throw new TypeError('connection lost')
    }
    const response = await pay(at, 1000n)
    expect([response.status, await problem(response)]).toEqual([502, 'upstream_unreachable'])
    await at.rest()
    expect(at.session.reports).toEqual([{ kind: 'void', reservationId: 'r1', freesId: false, failed: true }])
  })
})

describe('a caller that leaves before the first byte', () => {
  async function leave(chargeOnAbandon: boolean, answered: boolean) {
    const at = await world([route({ chargeOnAbandon })])
    const required = await quoted(at, PATH)
    const hangUp = new AbortController()
    const reached = Promise.withResolvers<void>()
    const answer = Promise.withResolvers<Response>()
    at.state.upstream = (request) => {
      reached.resolve()
      request.signal.addEventListener('abort', () => answer.reject(new Error('aborted')))
      return answer.promise
    }
    const headers = header(await voucher(required, 1000n))
    const response = at.handle(new Request('https://api.example' + PATH, { headers, signal: hangUp.signal }))
    await reached.promise
    hangUp.abort()
    if (answered) answer.resolve(new Response('late'))
    await response
    await at.rest()
    return at.session.reports.map((report) => report.kind)
  }

  it('is charged when the upstream answers', async () => {
    expect(await leave(true, true)).toEqual(['post'])
  })

  it('is not charged on a route that says so, and the upstream is told to stop', async () => {
    expect(await leave(false, false)).toEqual(['void'])
  })
})

describe('what a session answers', () => {
  async function answered(reply: ReserveReply) {
    const at = await world()
    at.session.decide = () => reply
    return { at, response: await pay(at, 1000n, { 'idempotency-key': 'id-1' }) }
  }

  it('corrective: one accept with the numbers, and no extension but the quote that was echoed', async () => {
    const at = await world()
    const channel = {
      channelId,
      balance: 9n,
      totalClaimed: 1n,
      chargedCumulative: 5n,
      withdrawRequestedAt: 0,
      refundNonce: 0n,
    }
    at.session.decide = () => ({ kind: 'corrective', channel, voucher: { max: 5n, signature: '0x12' } })
    const required = await quoted(at, PATH)
    const response = await at.send(PATH, { headers: header(await voucher(required, 1000n)) })
    const again = Challenge.decode(response.headers.get('payment-required') ?? '')
    expect(response.status).toBe(402)
    expect(again?.error).toBe('invalid_batch_settlement_evm_cumulative_amount_mismatch')
    expect(again?.accepts).toHaveLength(1)
    expect(again?.accepts[0]?.extra).toMatchObject({
      channelState: { chargedCumulativeAmount: '5' },
      voucherState: { signedMaxClaimable: '5', signature: '0x12' },
    })
    expect(again?.extensions).toEqual({ 'pbstream-quote': required.extensions?.['pbstream-quote'] })
    expect(response.headers.get('payment-response')).toBeNull()
  })

  it('replay: the same bytes and headers, under an id of its own', async () => {
    const answer = {
      status: 201,
      headers: [
        ['content-type', 'text/x'],
        ['pbstream-request-id', 'old'],
      ] as [string, string][],
      body: new Uint8Array([1, 2]),
    }
    const { at, response } = await answered({ kind: 'replay', answer })
    expect([
      response.status,
      response.headers.get('content-type'),
      response.headers.get('idempotent-replayed'),
    ]).toEqual([201, 'text/x', 'true'])
    expect([...new Uint8Array(await response.arrayBuffer())]).toEqual([1, 2])
    expect(response.headers.get('pbstream-request-id')).not.toBe('old')
    expect(at.seen).toHaveLength(0)
  })

  it('duplicate: 409 with the receipt', async () => {
    const { response } = await answered({ kind: 'duplicate', receipt: 'a.b.c' })
    expect([response.status, response.headers.get('pbstream-receipt'), await problem(response)]).toEqual([
      409,
      'a.b.c',
      'request_id_used',
    ])
  })

  it('in flight: 409, to be tried again', async () => {
    const { response } = await answered({ kind: 'in_flight' })
    expect([response.status, response.headers.get('retry-after'), response.headers.get('x-should-retry')]).toEqual([
      409,
      '1',
      'true',
    ])
  })

  it('refused: with offers when paying otherwise helps, and by its status when not', async () => {
    const busy = await answered({ kind: 'refused', code: 'channel_busy' })
    expect([busy.response.status, errorOf(busy.response)]).toEqual([402, 'invalid_batch_settlement_evm_channel_busy'])
    const mismatch = await answered({ kind: 'refused', code: 'request_id_mismatch' })
    expect([mismatch.response.status, mismatch.response.headers.get('payment-required')]).toEqual([422, null])
  })

  it('a limit of the session key: 402 with offers, and numbers for people and programs', async () => {
    const at_ = START / 1000 + 90
    const { at, response } = await answered({
      kind: 'refused',
      code: 'session_key_period_limit',
      facts: { left: 12n, at: at_ },
    })
    expect([response.status, errorOf(response)]).toEqual([402, 'session_key_period_limit'])
    expect([response.headers.get('retry-after'), response.headers.get('x-should-retry')]).toEqual(['90', 'false'])
    const body = (await response.json()) as { detail: string; limit: object; retryable: boolean }
    expect(body.retryable).toBe(true)
    expect(body.limit).toEqual({ left: '12', at: at_ })
    const ends = new Date(at_ * 1000).toISOString()
    expect(body.detail).toBe(`12 atomic units are left in this period, which ends at ${ends}`)
    expect(Challenge.decode(response.headers.get('payment-required') ?? '')?.accepts.length).toBeGreaterThan(0)
    expect(at.seen).toHaveLength(0)
  })

  it('a window that ends in a minute is worth a try of the client itself; one without room for the price never', async () => {
    const at_ = START / 1000 + 60
    const soon = await answered({ kind: 'refused', code: 'session_key_period_limit', facts: { left: 1n, at: at_ } })
    expect(soon.response.headers.get('x-should-retry')).toBe('true')
    const never = await answered({ kind: 'refused', code: 'session_key_period_limit', facts: { left: 1n } })
    expect(never.response.headers.get('x-should-retry')).toBe('false')
    expect(await never.response.json()).toMatchObject({ retryable: false })
  })

  const told: [Extract<ReserveReply, { kind: 'refused' }>, string | undefined][] = [
    [{ kind: 'refused', code: 'session_key_frozen', facts: {} }, undefined],
    [{ kind: 'refused', code: 'session_key_payee', facts: {} }, undefined],
    [
      { kind: 'refused', code: 'session_key_payment_max', facts: { left: 5n } },
      'one payment may cost at most 5 atomic units',
    ],
    [{ kind: 'refused', code: 'session_key_spend_cap', facts: { left: 0n } }, '0 atomic units are left'],
    [
      { kind: 'refused', code: 'session_key_period_limit', facts: { left: 3n } },
      '3 atomic units are left in this period, and no later period has room for this price',
    ],
    [{ kind: 'refused', code: 'session_key_not_started', facts: { at: 4e9 } }, 'it starts at 2096-10-02T07:06:40.000Z'],
    [{ kind: 'refused', code: 'session_key_expired', facts: { at: 1e9 } }, 'it expired at 2001-09-09T01:46:40.000Z'],
  ]
  for (const [reply, detail] of told) {
    it(`${reply.code}: says what there is to say${detail === undefined ? '' : `: ${detail}`}`, async () => {
      const { response } = await answered(reply)
      expect(response.status).toBe(402)
      expect(((await response.json()) as { detail?: string }).detail).toBe(detail)
      expect(response.headers.has('retry-after')).toBe(reply.code === 'session_key_not_started')
    })
  }

  it('a bare corrective, which a public voucher gets, says nothing of channel or key', async () => {
    const { response } = await answered({ kind: 'corrective' })
    expect(errorOf(response)).toBe('invalid_batch_settlement_evm_cumulative_amount_mismatch')
    expect(await response.text()).not.toContain('session_key')
  })

  it('granted to a managed key: the receipt names the version of its policy and the revision of the route', async () => {
    const at = await world()
    at.session.decide = (command) => ({ ...at.session.grant(command), keyVersion: 4 }) as ReserveReply
    const managed = await pay(at, 1000n)
    at.session.decide = undefined
    const unmanaged = await pay(at, 2000n)
    const receipts = [managed, unmanaged].map((response) => response.headers.get('pbstream-receipt') ?? '')
    const [first, second] = await Promise.all(receipts.map((jws) => Receipt.verify(jws, at.gateway.keys.verifiers)))
    expect(first).toMatchObject({ ok: true, claims: { key: 4, rev: 7 } })
    expect(second).toMatchObject({ ok: true, claims: { rev: 7 } })
    expect(second).not.toHaveProperty('claims.key')
  })

  it('unknown channel: settlement reads the chain, then the session is asked again', async () => {
    const at = await world()
    at.session.decide = (command) =>
      at.settlement.log.length === 0 ? { kind: 'unknown_channel' } : at.session.grant(command)
    expect((await pay(at, 1000n)).status).toBe(200)
    expect(at.settlement.log).toEqual(['observe'])
    expect(at.session.reserves).toHaveLength(2)
  })

  it('nothing at all: 503, and the upstream is not called', async () => {
    const at = await world()
    at.session.decide = () => {
      throw new Error('object reset')
    }
    const response = await pay(at, 1000n)
    expect([response.status, await problem(response), at.seen.length]).toEqual([503, 'temporarily_unavailable', 0])
  })
})

describe('a deposit', () => {
  async function paid(prepare: (at: World) => void) {
    const at = await world()
    prepare(at)
    const required = await quoted(at, PATH)
    return { at, response: await at.send(PATH, { headers: header(await deposit(required, 1000n, 1_000_000n)) }) }
  }
  const wanted = (at: World) => {
    at.session.decide = (command) =>
      at.settlement.log.includes('deposit') ? at.session.grant(command) : { kind: 'deposit', depositId: 'd1' }
  }

  it('is mined before the upstream is called, and named in PAYMENT-RESPONSE', async () => {
    const { at, response } = await paid((fresh) => {
      wanted(fresh)
      fresh.state.upstream = () => new Response(fresh.settlement.log.join())
    })
    expect([response.status, await response.text()]).toEqual([200, 'deposit'])
    expect(PaymentResponse.decode(response.headers.get('payment-response') ?? '')?.transaction).toBe(TX)
    expect(at.session.reserves.map((command) => command.callId)).toEqual([
      at.session.reserves[0]?.callId,
      at.session.reserves[0]?.callId,
    ])
    expect(at.session.reserves[0]?.deposit).toEqual({ amount: 1_000_000n })
  })

  it('that is pending when time is up is 402 settlement_pending with its hash', async () => {
    const { at, response } = await paid((fresh) => {
      wanted(fresh)
      fresh.settlement.deposit = async () => ({ kind: 'pending', transaction: TX })
    })
    expect([response.status, errorOf(response), at.seen.length]).toEqual([402, 'settlement_pending', 0])
    expect(PaymentResponse.decode(response.headers.get('payment-response') ?? '')).toMatchObject({
      success: false,
      transaction: TX,
    })
  })

  it('that fails is 402 with its code, and offers to go on with', async () => {
    const { at, response } = await paid((fresh) => {
      wanted(fresh)
      fresh.settlement.deposit = async () => ({ kind: 'failed', code: 'deposit_failed' })
    })
    expect([response.status, errorOf(response), at.seen.length]).toEqual([
      402,
      'invalid_batch_settlement_evm_deposit_transaction_failed',
      0,
    ])
  })
})

describe('request ids', () => {
  it('keep a small answer for replay, after its post', async () => {
    const at = await world()
    const response = await pay(at, 1000n, { 'idempotency-key': 'id-1' })
    expect(await response.text()).toBe('sunny')
    await at.rest()
    const [post, answer] = at.session.reports as [
      Extract<Report, { kind: 'post' }>,
      Extract<Report, { kind: 'answer' }>,
    ]
    expect(at.session.reserves[0]?.requestId).toBe('id-1')
    expect(post).toMatchObject({ kind: 'post', receipt: response.headers.get('pbstream-receipt') })
    expect([answer.kind, answer.answer.status, new TextDecoder().decode(answer.answer.body)]).toEqual([
      'answer',
      200,
      'sunny',
    ])
    expect(answer.answer.headers).toContainEqual(['payment-response', response.headers.get('payment-response')])
  })

  it.each([
    [
      'streamed',
      () => new Response('data: x\n\n', { headers: { 'content-type': 'text/event-stream; charset=utf-8' } }),
    ],
    ['over 256 KiB', () => new Response(new Uint8Array(256 * 1024 + 1))],
  ])('do not keep an answer that is %s, which arrives whole', async (_, upstream) => {
    const at = await world()
    at.state.upstream = upstream
    const response = await pay(at, 1000n, { 'idempotency-key': 'id-1' })
    expect((await response.arrayBuffer()).byteLength).toBe((await upstream().arrayBuffer()).byteLength)
    await at.rest()
    expect(at.session.reports.map((report) => report.kind)).toEqual(['post'])
  })

  it('come from payment-identifier too, and must agree with Idempotency-Key', async () => {
    const at = await world()
    const required = await quoted(at, PATH)
    const payment = await voucher(required, 1000n)
    const identified = {
      ...payment,
      extensions: {
        ...required.extensions,
        'payment-identifier': { info: { required: false, id: 'pay_0123456789abcdef' }, schema: {} },
      },
    }
    expect((await at.send(PATH, { headers: header(identified) })).status).toBe(200)
    expect(at.session.reserves[0]?.requestId).toBe('pay_0123456789abcdef')
    const differing = await at.send(PATH, { headers: { ...header(identified), 'idempotency-key': 'other' } })
    expect([differing.status, await problem(differing)]).toEqual([400, 'malformed_request_id'])
  })
})

describe('quotes', () => {
  it('are honoured until they expire, whatever the list price becomes', async () => {
    const at = await world()
    const required = await quoted(at, PATH)
    at.state.routes = [route({ rate: { version: 4, rule: { v: 1, kind: 'flat', amount: '9999' } } })]
    at.state.version = 2
    at.state.now += 20_000
    const response = await at.send(PATH, { headers: header(await voucher(required, 1000n)) })
    expect(response.status).toBe(200)
    expect(at.session.reserves).toMatchObject([{ hold: 1000n, rateVersion: 3 }])
    at.state.now += 300_000
    const late = await at.send(PATH, { headers: header(await voucher(required, 1000n)) })
    expect([late.status, errorOf(late)]).toEqual([402, 'quote_expired'])
  })

  it('are good for their own route and method, and only when we signed them', async () => {
    const at = await world([route(), route({ id: 'other', path: '/v1/other' })])
    const required = await quoted(at, '/v1/other')
    const stolen = await at.send(PATH, { headers: header(await voucher(required, 1000n)) })
    expect([stolen.status, errorOf(stolen)]).toEqual([402, 'quote_invalid'])
    const own = await quoted(at, PATH)
    const posted = await at.send(PATH, { method: 'POST', headers: header(await voucher(own, 1000n)) })
    expect(errorOf(posted)).toBe('quote_invalid')
    const token = String(own.extensions?.['pbstream-quote']?.info['quote'])
    const forged = {
      ...own,
      extensions: { 'pbstream-quote': { info: { quote: `${token.slice(0, -4)}AAAA` }, schema: {} } },
    }
    expect(errorOf(await at.send(PATH, { headers: header(await voucher(forged, 1000n)) }))).toBe('quote_invalid')
    expect(at.session.reserves).toHaveLength(0)
  })

  it('are not needed: without one the list price holds', async () => {
    const at = await world()
    const required = { ...(await quoted(at, PATH)), extensions: {} }
    expect((await at.send(PATH, { headers: header(await voucher(required, 1000n)) })).status).toBe(200)
    expect(at.session.reserves[0]).not.toHaveProperty('callId')
  })
})

describe('a voucher that does not do', () => {
  const other = `0x${'99'.repeat(20)}`
  it.each([
    ['receiver', { channelConfig: { ...config, receiver: other } }, 'receiver_mismatch'],
    [
      'receiver authorizer',
      { channelConfig: { ...config, receiverAuthorizer: other } },
      'receiver_authorizer_mismatch',
    ],
    ['token', { channelConfig: { ...config, token: other } }, 'token_mismatch'],
    ['withdraw delay', { channelConfig: { ...config, withdrawDelay: 900 } }, 'withdraw_delay_mismatch'],
    [
      'payer authorizer of zero',
      { channelConfig: { ...config, payerAuthorizer: `0x${'00'.repeat(20)}` } },
      'authorizer_not_configured',
    ],
    ['session key that did not sign', { channelConfig: { ...config, payerAuthorizer: other } }, 'voucher_signature'],
  ])('by its %s is refused before the session is asked', async (_, payload, reason) => {
    const at = await world()
    const response = await at.send(PATH, { headers: header(await voucher(await quoted(at, PATH), 1000n, payload)) })
    expect([response.status, errorOf(response)]).toEqual([402, `invalid_batch_settlement_evm_${reason}`])
    expect(at.session.reserves).toHaveLength(0)
  })

  it('by its channel id, its amount, its network or its asset is refused too', async () => {
    const at = await world()
    const required = await quoted(at, PATH)
    const good = await voucher(required, 1000n)
    const foreign = { ...(good.payload['voucher'] as object), channelId: `0x${'12'.repeat(32)}` }
    const wrong = async (payment: unknown) => errorOf(await at.send(PATH, { headers: header(payment) }))
    expect(await wrong({ ...good, payload: { ...good.payload, voucher: foreign } })).toBe(
      'invalid_batch_settlement_evm_channel_id_mismatch',
    )
    expect(await wrong({ ...good, accepted: { ...good.accepted, amount: '999' } })).toBe('invalid_payment_requirements')
    expect(await wrong({ ...good, accepted: { ...good.accepted, network: 'eip155:1' } })).toBe('invalid_network')
    expect(await wrong({ ...good, accepted: { ...good.accepted, asset: other } })).toBe('invalid_payment_requirements')
    expect(await wrong({ ...good, accepted: { ...good.accepted, scheme: 'upto' } })).toBe('unsupported_scheme')
    expect(at.session.reserves).toHaveLength(0)
  })
})

describe('a refund', () => {
  it('is submitted and answered with what it moved; the upstream is not called', async () => {
    const at = await world()
    at.session.refund = async () => ({ kind: 'granted', refund: { refundId: 'f1', amount: 1000n, nonce: 4n } })
    const response = await at.send(PATH, {
      headers: header(await voucher(await quoted(at, PATH), 4000n, { type: 'refund' })),
    })
    expect(response.status).toBe(200)
    expect(await response.json()).toMatchObject({ refunded: '1000', transaction: TX, channelId })
    expect(PaymentResponse.decode(response.headers.get('payment-response') ?? '')).toMatchObject({
      success: true,
      transaction: TX,
      amount: '1000',
      extra: { channelState: { balance: '4000', chargedCumulativeAmount: '4000', refundNonce: '5' } },
    })
    expect([at.seen.length, at.settlement.log]).toEqual([0, ['refund']])
  })

  it('that is refused says why in the offer, where official clients look', async () => {
    const at = await world()
    const response = await at.send(PATH, {
      headers: header(await voucher(await quoted(at, PATH), 4000n, { type: 'refund' })),
    })
    expect([response.status, errorOf(response)]).toEqual([402, 'invalid_batch_settlement_evm_refund_no_balance'])
    expect(response.headers.get('payment-response')).toBeNull()
  })

  it('does not need a quote that still holds', async () => {
    const at = await world()
    const required = await quoted(at, PATH)
    at.session.refund = async () => ({ kind: 'granted', refund: { refundId: 'f1', amount: 1000n, nonce: 0n } })
    at.state.now += 3_600_000
    expect((await at.send(PATH, { headers: header(await voucher(required, 4000n, { type: 'refund' })) })).status).toBe(
      200,
    )
  })
})

describe('what the provider wants of its channels', () => {
  it('is in the offer, in the check and in the reservation', async () => {
    const at = await world([route({ withdrawDelay: 3_600, settle: { amount: '5000000', ageMs: 600_000 } })])
    const required = await quoted(at, PATH)
    expect(required.accepts[0]).toMatchObject({ extra: { withdrawDelay: 3_600 } })
    const old = await pay(at, 1000n)
    expect([old.status, errorOf(old)]).toEqual([402, 'invalid_batch_settlement_evm_withdraw_delay_mismatch'])
    const same = await world([
      route({ withdrawDelay: config.withdrawDelay, settle: { amount: '5000000', ageMs: null } }),
    ])
    expect((await pay(same, 1000n)).status).toBe(200)
    expect(same.session.reserves[0]?.settle).toEqual({ amount: 5_000_000n })
  })

  it('left open is as the chain and the deployment say', async () => {
    const at = await world()
    await pay(at, 1000n)
    expect(at.session.reserves[0]).not.toHaveProperty('settle')
  })
})

describe('an upstream that the gate refuses', () => {
  it.each([
    'http://upstream.example',
    'https://127.0.0.1',
    'https://169.254.169.254',
    'https://localhost',
    'https://db.internal',
    'https://upstream.example:6379',
    'https://user@upstream.example',
    'https://a.own.example',
  ])('%s is not called, though the catalog names it', async (url) => {
    const at = await world([route({ origin: { kind: 'url', url } })], { OWN_ZONES: 'own.example' })
    const response = await pay(at, 1000n)
    expect([response.status, at.seen.length]).toEqual([502, 0])
    await at.rest()
    expect(at.session.reports).toMatchObject([{ kind: 'void' }])
  })
})
