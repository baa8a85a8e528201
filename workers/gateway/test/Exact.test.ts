import * as Challenge from '@pbstream/core/Challenge'
import * as PaymentResponse from '@pbstream/core/PaymentResponse'
import * as Receipt from '@pbstream/core/Receipt'
import type { SubmitReply } from '@pbstream/core/message/Settlement'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { HOLD_MS } from '../src/Transfer.ts'
import { exact, header, headerV1, payer } from './support/payer.ts'
import { PAY_TO, quoted, route, START, TX, type World, world } from './support/world.ts'

const PATH = '/v1/weather'

const errorOf = (response: Response) => Challenge.decode(response.headers.get('payment-required') ?? '')?.error
const problem = async (response: Response) => ((await response.json()) as { code: string }).code

/** A payment that is new to the claim object: each call signs another nonce. */
async function pay(at: World, more: Record<string, string> = {}) {
  return at.send(PATH, { headers: { ...more, ...header(await exact(await quoted(at, PATH))) } })
}

describe('one transfer for one request', () => {
  it('is checked, the upstream called, the transfer mined, and only then the first byte leaves', async () => {
    const at = await world()
    const mined = Promise.withResolvers<SubmitReply>()
    const submitted = Promise.withResolvers<void>()
    at.settlement.exact = () => {
      submitted.resolve()
      return mined.promise
    }
    let answered = false
    const response = pay(at).finally(() => (answered = true))
    await submitted.promise
    expect([at.seen.length, answered, at.settlement.log]).toEqual([1, false, ['checkExact']])
    mined.resolve({ kind: 'mined', transaction: TX })
    const paid = await response
    expect([paid.status, await paid.text()]).toEqual([200, 'sunny'])
    expect(PaymentResponse.decode(paid.headers.get('payment-response') ?? '')).toMatchObject({
      success: true,
      transaction: TX,
      payer: payer.address,
      amount: '1000',
    })
    expect(await Receipt.verify(paid.headers.get('pbstream-receipt') ?? '', at.gateway.keys.verifiers)).toMatchObject({
      ok: true,
      claims: { scheme: 'exact', price: '1000', tx: TX, payer: payer.address },
    })
  })

  it('speaks x402 v1, by the body of the 402 and X-PAYMENT', async () => {
    const at = await world()
    const unpaid = await at.send(PATH)
    const body = (await unpaid.json()) as { x402Version: number; accepts: Record<string, unknown>[] }
    expect(body.x402Version).toBe(1)
    expect(body.accepts).toMatchObject([
      {
        scheme: 'exact',
        network: 'base-sepolia',
        maxAmountRequired: '1000',
        payTo: PAY_TO,
        resource: 'https://api.example/v1/weather',
      },
    ])
    const payment = await exact(await quoted(at, PATH))
    const response = await at.send(PATH, { headers: headerV1(payment) })
    expect(response.status).toBe(200)
    expect(PaymentResponse.decode(response.headers.get('x-payment-response') ?? '')).toMatchObject({
      success: true,
      network: 'base-sepolia',
      transaction: TX,
    })
    expect(response.headers.get('payment-response')).toBeNull()
  })

  it('is not submitted when the upstream does not answer 2xx, and can be used again', async () => {
    const at = await world()
    const headers = header(await exact(await quoted(at, PATH)))
    at.state.upstream = () => new Response('broken', { status: 500 })
    expect((await at.send(PATH, { headers })).status).toBe(500)
    expect(at.settlement.log).not.toContain('exact')
    at.state.upstream = () => new Response('sunny')
    expect((await at.send(PATH, { headers })).status).toBe(200)
  })

  it('that would not go through is refused before the upstream is called', async () => {
    const at = await world()
    at.settlement.checkExact = async () => ({ ok: false, code: 'insufficient_funds' })
    const response = await pay(at)
    expect([response.status, errorOf(response), at.seen.length]).toEqual([402, 'insufficient_funds', 0])
  })

  it('that reverts delivers nothing and says so', async () => {
    const at = await world()
    at.settlement.exact = async () => ({ kind: 'failed', code: 'transaction_reverted', transaction: TX })
    const response = await pay(at)
    expect([response.status, errorOf(response)]).toEqual([402, 'invalid_transaction_state'])
    expect(PaymentResponse.decode(response.headers.get('payment-response') ?? '')).toMatchObject({
      success: false,
      transaction: TX,
    })
    expect(await response.text()).not.toContain('sunny')
  })

  it('pays once: the same authorisation again is refused, for this request and for another', async () => {
    const at = await world([route(), route({ id: 'other', path: '/v1/other' })])
    const payment = await exact({ ...(await quoted(at, PATH)), extensions: {} })
    expect((await at.send(PATH, { headers: header(payment) })).status).toBe(200)
    for (const path of [PATH, '/v1/other', `${PATH}?more=1`]) {
      const again = await at.send(path, { headers: header(payment) })
      expect([again.status, errorOf(again)]).toEqual([402, 'invalid_transaction_state'])
    }
    expect(at.seen).toHaveLength(1)
  })

  it('is served to one of many that come at once', async () => {
    const at = await world()
    const headers = header(await exact(await quoted(at, PATH)))
    const statuses = await Promise.all(
      Array.from({ length: 10 }, () => at.send(PATH, { headers }).then((response) => response.status)),
    )
    expect(statuses.filter((status) => status === 200)).toHaveLength(1)
    expect(statuses.every((status) => [200, 402, 409].includes(status))).toBe(true)
    expect(at.seen).toHaveLength(1)
  })
})

describe('a transfer that is pending when time is up', () => {
  async function pending(upstream: () => Response = () => new Response('sunny')) {
    const at = await world()
    at.state.upstream = upstream
    at.settlement.exact = async () => ({ kind: 'pending', transaction: TX })
    const headers = header(await exact(await quoted(at, PATH)))
    const response = await at.send(PATH, { headers })
    expect([response.status, errorOf(response)]).toEqual([402, 'settlement_pending'])
    expect(PaymentResponse.decode(response.headers.get('payment-response') ?? '')).toMatchObject({
      success: false,
      transaction: TX,
      errorReason: 'settlement_pending',
    })
    await at.rest()
    return { at, headers }
  }

  it('gives the kept answer to the call that joins it, without a second upstream call', async () => {
    const { at, headers } = await pending()
    at.settlement.exact = async () => ({ kind: 'mined', transaction: TX })
    const joined = await at.send(PATH, { headers })
    expect([joined.status, await joined.text(), at.seen.length]).toEqual([200, 'sunny', 1])
    expect(PaymentResponse.decode(joined.headers.get('payment-response') ?? '')).toMatchObject({
      success: true,
      transaction: TX,
    })
    expect(await Receipt.verify(joined.headers.get('pbstream-receipt') ?? '', at.gateway.keys.verifiers)).toMatchObject(
      { ok: true, claims: { tx: TX } },
    )
    expect(errorOf(await at.send(PATH, { headers }))).toBe('invalid_transaction_state')
  })

  it('asks the upstream once more when nothing is kept', async () => {
    const { at, headers } = await pending(
      () => new Response('data: 1\n\n', { headers: { 'content-type': 'text/event-stream' } }),
    )
    at.settlement.exact = async () => ({ kind: 'mined', transaction: TX })
    const joined = await at.send(PATH, { headers })
    expect([joined.status, await joined.text(), at.seen.length]).toEqual([200, 'data: 1\n\n', 2])
  })

  it('can be joined after the authorisation has run out', async () => {
    const { at, headers } = await pending()
    at.settlement.exact = async () => ({ kind: 'mined', transaction: TX })
    at.state.now = START + 100_000
    expect((await at.send(PATH, { headers })).status).toBe(200)
  })

  it('can be joined after the quote has run out too', async () => {
    const { at, headers } = await pending()
    at.settlement.exact = async () => ({ kind: 'mined', transaction: TX })
    at.state.now = START + 3_600_000
    expect((await at.send(PATH, { headers })).status).toBe(200)
  })

  it('stays pending for the call that joins it too early', async () => {
    const { at, headers } = await pending()
    expect(errorOf(await at.send(PATH, { headers }))).toBe('settlement_pending')
    at.settlement.exact = async () => ({ kind: 'mined', transaction: TX })
    expect((await at.send(PATH, { headers })).status).toBe(200)
  })
})

describe('request ids', () => {
  let ids = 0
  const id = () => ({ 'idempotency-key': `exact-${++ids}` })

  it('replay the answer to a call with a new authorisation, which is not used', async () => {
    const at = await world()
    const named = id()
    expect(await (await pay(at, named)).text()).toBe('sunny')
    await at.rest()
    const again = await pay(at, named)
    expect([again.status, await again.text(), again.headers.get('idempotent-replayed')]).toEqual([200, 'sunny', 'true'])
    expect([at.seen.length, at.settlement.log.filter((what) => what === 'exact').length]).toEqual([1, 1])
  })

  it('join the first transfer with a new authorisation', async () => {
    const at = await world()
    const named = id()
    at.settlement.exact = async () => ({ kind: 'pending', transaction: TX })
    expect(errorOf(await pay(at, named))).toBe('settlement_pending')
    await at.rest()
    const nonces: string[] = []
    at.settlement.exact = async (order) => (nonces.push(order.authorization.nonce), { kind: 'mined', transaction: TX })
    const again = await pay(at, named)
    expect([again.status, await again.text(), at.seen.length]).toEqual([200, 'sunny', 1])
    expect(nonces).toHaveLength(1)
  })

  it('stand for one request', async () => {
    const at = await world()
    const named = id()
    await pay(at, named)
    const other = await at.send(`${PATH}?b`, {
      headers: { ...named, ...header(await exact(await quoted(at, `${PATH}?b`))) },
    })
    expect([other.status, await problem(other)]).toEqual([422, 'request_id_mismatch'])
  })

  it('stay taken when it is not known what the upstream did', async () => {
    const at = await world()
    const named = id()
    at.state.upstream = () => {
      throw new TypeError('connection lost')
    }
    expect((await pay(at, named)).status).toBe(502)
    at.state.upstream = () => new Response('sunny')
    const again = await pay(at, named)
    expect([again.status, await problem(again), at.seen.length]).toEqual([409, 'request_id_used', 1])
  })

  it('stay taken when who serves it is not heard of: nobody has paid, and the upstream is not called again', async () => {
    const at = await world()
    const named = id()
    const called = Promise.withResolvers<void>()
    const answered = Promise.withResolvers<Response>()
    at.state.upstream = () => (called.resolve(), answered.promise)
    vi.useFakeTimers({ toFake: ['Date'] })
    onTestFinished(() => void vi.useRealTimers())
    const first = pay(at, named)
    await called.promise
    vi.setSystemTime(Date.now() + HOLD_MS)
    const again = await pay(at, named)
    expect([again.status, await problem(again), at.seen.length]).toEqual([409, 'request_id_used', 1])
    expect(at.settlement.log).not.toContain('exact')
    // It was only slow: the call that it serves is paid and answered.
    answered.resolve(new Response('sunny'))
    expect(await (await first).text()).toBe('sunny')
    expect(at.settlement.log.filter((what) => what === 'exact')).toHaveLength(1)
  })
})

describe('an authorisation that does not do', () => {
  it.each([
    ['to another receiver', { to: `0x${'99'.repeat(20)}` as const }, 'invalid_exact_evm_payload_recipient_mismatch'],
    ['of too little', { value: 999n }, 'invalid_exact_evm_payload_authorization_value_mismatch'],
    ['of too much', { value: 1001n }, 'invalid_exact_evm_payload_authorization_value_mismatch'],
    [
      'that is not valid yet',
      { validAfter: BigInt(START / 1000 + 1) },
      'invalid_exact_evm_payload_authorization_valid_after',
    ],
    [
      'that is valid for too long',
      { validBefore: BigInt(START / 1000 + 121) },
      'invalid_exact_evm_payload_authorization_valid_before',
    ],
    [
      'that is about to run out',
      { validBefore: BigInt(START / 1000 + 6) },
      'invalid_exact_evm_payload_authorization_valid_before',
    ],
    ['of another payer', { from: `0x${'99'.repeat(20)}` as const }, 'invalid_exact_evm_payload_signature'],
  ])('%s is refused, and nothing is called', async (_, more, reason) => {
    const at = await world()
    const response = await at.send(PATH, { headers: header(await exact(await quoted(at, PATH), more)) })
    expect([response.status, errorOf(response)]).toEqual([402, reason])
    expect([at.seen.length, at.settlement.log]).toEqual([0, []])
  })

  it('on a metered route is not offered and not taken', async () => {
    const at = await world()
    const payment = await exact(await quoted(at, PATH))
    const metered = await world([
      route({
        rate: { version: 1, rule: { v: 1, kind: 'metered', unit: 'byte', unitAmount: '1', per: '1', max: '1000' } },
      }),
    ])
    expect((await quoted(metered, PATH)).accepts.map((offer) => offer.scheme)).toEqual(['batch-settlement'])
    expect(errorOf(await metered.send(PATH, { headers: header(payment) }))).toBe('unsupported_scheme')
  })
})
