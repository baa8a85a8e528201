import { describe, expect, test, vi } from 'vitest'
import { createStandalone, StandaloneError, type StandaloneOptions } from '../../src/server/Standalone.ts'

const apiKey = `pb_test_${'k'.repeat(49)}`
const gateway = 'https://gateway.example'
const ask = { route: 'answers', method: 'GET', url: 'https://acme.example/a', price: 2_000n, headers: {} }
const authorized = {
  kind: 'authorized',
  id: 'a.b.c',
  payer: '0xaa',
  session: 's',
  network: 'eip155:1',
  ceiling: '2000',
  expiresAt: 7,
  headers: { 'pbstream-room': 'room="1"' },
}
const captured = { kind: 'captured', amount: '5', receipt: 'r.r.r', headers: { 'pbstream-receipt': 'r.r.r' } }
const problem = (code: string, status: number, retryable: boolean) => Response.json({ code, retryable }, { status })

/** A gateway that gives these answers, one after the other. */
function against(answers: (() => Response | Promise<Response>)[], over: Partial<StandaloneOptions> = {}) {
  const sent: { url: string; init: RequestInit; body: Record<string, unknown> }[] = []
  const send: typeof fetch = async (input, init = {}) => {
    sent.push({ url: String(input), init, body: JSON.parse(String(init.body)) })
    const answer = answers[Math.min(sent.length, answers.length) - 1]
    if (answer === undefined) throw new Error('nothing was to be sent')
    return answer()
  }
  return { sent, gate: createStandalone({ gateway, apiKey, fetch: send, ...over }) }
}

describe('authorize', () => {
  test('sends what pays and nothing else of the caller, with the key, to the gateway', async () => {
    const { sent, gate } = against([() => Response.json(authorized)], { provider: 'prov_1' })
    const headers = {
      'payment-signature': 'p',
      cookie: 'c',
      authorization: 'b',
      'Idempotency-Key': 'order-1',
      signature: ['a', 'b'],
    }
    const verdict = await gate.authorize({ ...ask, headers, token: true })
    expect(verdict).toEqual({ ...authorized, ceiling: 2_000n })
    expect(sent[0]?.url).toBe('https://gateway.example/.well-known/pbstream/payments/authorize')
    expect(new Headers(sent[0]?.init.headers).get('authorization')).toBe(`Bearer ${apiKey}`)
    expect(sent[0]?.body).toEqual({
      ...{ v: 1, route: 'answers', method: 'GET', url: ask.url, price: '2000', provider: 'prov_1', token: true },
      headers: { 'payment-signature': 'p', 'idempotency-key': 'order-1', signature: 'a, b' },
    })
  })

  test('reads headers of the platform in any spelling', async () => {
    const { sent, gate } = against([() => Response.json(authorized)])
    await gate.authorize({ ...ask, headers: new Headers({ 'Payment-Signature': 'p', cookie: 'c' }) })
    expect(sent[0]?.body['headers']).toEqual({ 'payment-signature': 'p' })
  })

  test('passes on what the caller is to be answered', async () => {
    const response = { kind: 'response', status: 402, headers: { 'payment-required': 'x' }, body: '{}' }
    const { gate } = against([() => Response.json(response)])
    expect(await gate.authorize(ask)).toEqual(response)
  })

  test('is not tried again: a hold whose answer got lost would be paid for by a second voucher', async () => {
    const { sent, gate } = against([() => problem('temporarily_unavailable', 503, true)])
    await expect(gate.authorize(ask)).rejects.toMatchObject({
      code: 'temporarily_unavailable',
      status: 503,
      retryable: true,
    })
    expect(sent).toHaveLength(1)
  })

  test('sends no more headers than a payment can have', async () => {
    const { sent, gate } = against([])
    const headers = { 'payment-signature': 'x'.repeat(30_000) }
    await expect(gate.authorize({ ...ask, headers })).rejects.toMatchObject({ code: 'header_too_large', status: 431 })
    expect(sent).toEqual([])
  })

  test.each([
    ['no connection', () => Promise.reject(new TypeError('fetch failed')), 'gateway_unreachable'],
    ['no JSON', () => new Response('<html>', { status: 502 }), 'gateway_unreachable'],
    ['JSON of somebody else', () => Response.json({ error: 'x' }, { status: 500 }), 'gateway_unreadable'],
    ['a redirect', () => Response.json({}, { status: 302 }), 'gateway_unreadable'],
    ['a word', () => Response.json('yes'), 'gateway_unreadable'],
    ['an unknown kind', () => Response.json({ kind: 'perhaps' }), 'gateway_unreadable'],
    ['a ceiling that is none', () => Response.json({ ...authorized, ceiling: 'much' }), 'gateway_unreadable'],
  ])('with %s nothing is authorised', async (_, answer, code) => {
    const { gate } = against([answer as () => Promise<Response>])
    const failed = gate.authorize(ask)
    await expect(failed).rejects.toBeInstanceOf(StandaloneError)
    await expect(failed).rejects.toMatchObject({ code })
  })

  test('ends in its time, or with its caller', async () => {
    const never = (init: RequestInit) =>
      new Promise<Response>((_, reject) => init.signal?.addEventListener('abort', () => reject(new Error('aborted'))))
    const send: typeof fetch = (_, init = {}) => never(init)
    const quick = createStandalone({ gateway, apiKey, fetch: send, timeoutMs: { authorize: 1 } })
    await expect(quick.authorize(ask)).rejects.toMatchObject({ code: 'gateway_unreachable' })
    const left = new AbortController()
    const gate = createStandalone({ gateway, apiKey, fetch: send })
    const asked = gate.authorize({ ...ask, signal: left.signal })
    left.abort()
    await expect(asked).rejects.toMatchObject({ code: 'gateway_unreachable' })
  })
})

describe('capture, mark and void', () => {
  test('are tried three times by id, and then fail', async () => {
    vi.useFakeTimers()
    try {
      const lost = () => Promise.reject(new TypeError('fetch failed'))
      const busy = () => problem('temporarily_unavailable', 503, true)
      const { sent, gate } = against([lost, busy, () => Response.json(captured)])
      const [done] = await Promise.all([gate.capture('a.b.c', 5n), vi.runAllTimersAsync()])
      expect(done).toEqual({ amount: 5n, receipt: 'r.r.r', headers: captured.headers })
      expect(sent.map(({ body }) => body)).toEqual(
        Array.from({ length: 3 }, () => ({ v: 1, id: 'a.b.c', amount: '5' })),
      )
      const dead = against([busy])
      const failed = expect(dead.gate.void('a.b.c', true)).rejects.toMatchObject({ code: 'temporarily_unavailable' })
      await Promise.all([failed, vi.runAllTimersAsync()])
      expect(dead.sent).toHaveLength(3)
    } finally {
      vi.useRealTimers()
    }
  })

  test('are not tried again where that changes nothing', async () => {
    const { sent, gate } = against([() => problem('payment_ended', 409, false)])
    await expect(gate.mark('a.b.c', 1n)).rejects.toMatchObject({ code: 'payment_ended' })
    expect(sent).toHaveLength(1)
  })
})

test.each([
  ['a key that is none', { apiKey: 'secret' }],
  ['an address that is none', { gateway: 'gateway' }],
])('%s is said at once, without its text', (_, over) => {
  expect(() => createStandalone({ gateway, apiKey, ...over })).toThrow(TypeError)
  expect(() => createStandalone({ gateway, apiKey, ...over })).not.toThrow(/secret/)
})
