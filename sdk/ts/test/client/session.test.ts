import * as OpenSession from '@pbstream/core/session/OpenSession'
import * as SessionToken from '@pbstream/core/session/SessionToken'
import { describe, expect, test, vi } from 'vitest'
import { AnswerLostError, BudgetExceededError, memoryStorage } from '../../src/client.ts'
import {
  errorOf,
  InsufficientFundsError,
  PBStreamError,
  SessionKeyFrozenError,
  SessionRoomShortError,
} from '../../src/errors.ts'
import { FakeGateway } from './FakeGateway.ts'
import { payerAt, randomKey } from './payer.ts'

// Signatures in plain JavaScript take their time on a busy machine.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

const URL_A = 'https://api.example/a'
const lose = () => {
  throw new TypeError('fetch failed')
}

describe('a session', () => {
  test('is opened once for 100 parallel calls, and each is charged once', async () => {
    const gateway = new FakeGateway()
    const { pay, signatures } = payerAt(gateway)
    const responses = await Promise.all(Array.from({ length: 100 }, () => pay.fetch(URL_A)))
    expect(responses.map(({ status }) => status)).toEqual(Array(100).fill(200))
    expect(gateway.opened).toHaveLength(1)
    expect(gateway.channel?.chargedCumulative).toBe(20_000n)
    expect(new Set(gateway.served.map(({ id }) => id)).size).toBe(100)
    expect(signatures).toEqual(['ReceiveWithAuthorization'])
  })

  test('pays 1,000 requests with one wallet signature, at most 3 vouchers and one probe', async () => {
    const gateway = new FakeGateway()
    const { pay, signatures } = payerAt(gateway)
    for (let i = 0; i < 1_000; i++) expect((await pay.fetch(URL_A)).status).toBe(200)
    expect(signatures).toHaveLength(1)
    expect(gateway.raises.length).toBeLessThanOrEqual(3)
    expect(gateway.probes).toBe(1)
    expect(gateway.channel?.chargedCumulative).toBe(200_000n)
  })

  test('never signs for more than the exposure beyond what is spent', async () => {
    const gateway = new FakeGateway()
    gateway.price = 1_000n
    const { pay } = payerAt(gateway, { budget: { exposure: '0.01' } })
    for (let i = 0; i < 100; i++) {
      await pay.fetch(URL_A)
      expect(gateway.accepted - (gateway.channel?.chargedCumulative ?? 0n)).toBeLessThanOrEqual(10_000n)
    }
    expect(gateway.channel?.chargedCumulative).toBe(100_000n)
  })

  test('lets calls wait for room rather than sign beyond the exposure', async () => {
    const gateway = new FakeGateway()
    gateway.price = 4_000n
    const { pay } = payerAt(gateway, { budget: { exposure: '0.01' } })
    const responses = await Promise.all(Array.from({ length: 20 }, () => pay.fetch(URL_A)))
    expect(responses.map(({ status }) => status)).toEqual(Array(20).fill(200))
    expect(gateway.channel?.chargedCumulative).toBe(80_000n)
  })

  test('deposits again when the channel has run out, and only then', async () => {
    const gateway = new FakeGateway()
    gateway.price = 100_000n
    const { pay, signatures } = payerAt(gateway, { budget: { deposit: '1' } })
    for (let i = 0; i < 25; i++) expect((await pay.fetch(URL_A)).status).toBe(200)
    expect(signatures).toHaveLength(3)
    expect(gateway.channel?.balance).toBe(3_000_000n)
  })

  test('binds the body that it was given, of any kind', async () => {
    const gateway = new FakeGateway()
    const { pay } = payerAt(gateway)
    const form = new FormData()
    form.set('file', new Blob(['hello']), 'hello.txt')
    const stream = new Blob(['streamed']).stream()
    expect((await pay.fetch(URL_A, { method: 'POST', body: form })).status).toBe(200)
    expect((await pay.fetch(URL_A, { method: 'POST', body: 'text' })).status).toBe(200)
    expect((await pay.fetch(URL_A, { method: 'POST', body: stream, duplex: 'half' } as RequestInit)).status).toBe(200)
    expect((await pay.fetch(new Request(URL_A, { method: 'PUT', body: '' }))).status).toBe(200)
    expect(gateway.served.map(({ body }) => body).slice(1)).toEqual(['text', 'streamed', ''])
    expect(gateway.served[0]?.body).toContain('hello.txt')
  })

  test('signs requests with Ed25519 when asked to, with a key that never leaves', async () => {
    const gateway = new FakeGateway()
    const { pay } = payerAt(gateway, { algorithm: 'ed25519' })
    expect((await pay.fetch(URL_A)).status).toBe(200)
    expect(gateway.opened[0]?.open.publicKey).not.toBe(`0x${'0'.repeat(64)}`)
  })

  test('goes on after a restart without a probe, a signature of the wallet or a second session', async () => {
    const gateway = new FakeGateway()
    const key = randomKey()
    const storage = memoryStorage()
    await payerAt(gateway, { key, storage }).pay.fetch(URL_A)
    const { pay } = payerAt(gateway, { key, storage })
    expect((await pay.fetch(`${URL_A}?again`)).status).toBe(200)
    expect([gateway.probes, gateway.opened.length, gateway.raises.length]).toEqual([1, 1, 1])
  })

  test('finds its channel again when the store was lost, by its own signature', async () => {
    const gateway = new FakeGateway()
    gateway.price = 50_000n
    const key = randomKey()
    const first = payerAt(gateway, { key, budget: { exposure: '0.1' } }).pay
    for (let i = 0; i < 10; i++) await first.fetch(URL_A)
    const { pay } = payerAt(gateway, { key, budget: { exposure: '0.1' } })
    expect((await pay.fetch(URL_A)).status).toBe(200)
    expect(gateway.channel?.chargedCumulative).toBe(550_000n)
  })

  test('is opened again when it was ended, by many calls at once', async () => {
    const gateway = new FakeGateway()
    const { pay } = payerAt(gateway)
    await pay.fetch(URL_A)
    gateway.endSessions()
    const responses = await Promise.all(Array.from({ length: 20 }, () => pay.fetch(URL_A)))
    expect(responses.map(({ status }) => status)).toEqual(Array(20).fill(200))
    expect(gateway.opened).toHaveLength(2)
    expect(gateway.channel?.chargedCumulative).toBe(21n * 200n)
  })

  test('raises its voucher when the gateway finds too little room', async () => {
    const gateway = new FakeGateway()
    const { pay } = payerAt(gateway)
    await pay.fetch(URL_A)
    gateway.price = 900_000n
    gateway.accepted = 500_000n
    expect((await pay.fetch(URL_A)).status).toBe(200)
  })

  test('pays another receiver of the same origin from another channel', async () => {
    const gateway = new FakeGateway()
    const other = new FakeGateway('https://api.example', `0x${'cc'.repeat(20)}`)
    const fetchBoth: typeof fetch = async (input, init) => {
      const request = new Request(input as Request, init)
      const { pathname } = new URL(request.url)
      if (pathname === OpenSession.PATH) {
        const { config } = (await request.clone().json()) as { config: { receiver: string } }
        return (config.receiver === other.payTo ? other : gateway).fetch(request)
      }
      if (pathname !== '/b') return gateway.fetch(request)
      const token = SessionToken.decode(request.headers.get('pbstream-session') ?? '')
      const isWrong = token !== undefined && token.payload.to !== other.payTo
      return isWrong ? other.required('receiver_mismatch', request) : other.fetch(request)
    }
    const { pay } = payerAt({ fetch: fetchBoth })
    const paths = ['/a', '/b', '/a', '/b', '/b']
    for (const path of paths) expect((await pay.fetch(`https://api.example${path}`)).status).toBe(200)
    expect([gateway, other].map(({ served, opened }) => [served.length, opened.length])).toEqual([
      [2, 1],
      [3, 1],
    ])
  })
})

describe('an answer that is lost', () => {
  test('is asked for under the same id, and is never paid twice', async () => {
    const gateway = new FakeGateway()
    const { pay } = payerAt(gateway)
    await pay.fetch(URL_A)
    gateway.after = [lose]
    await expect(pay.fetch(URL_A)).rejects.toBeInstanceOf(AnswerLostError)
    expect(gateway.served).toHaveLength(2)
    expect(gateway.channel?.chargedCumulative).toBe(400n)
  })

  test('costs nothing when the request never arrived', async () => {
    const gateway = new FakeGateway()
    const { pay } = payerAt(gateway)
    await pay.fetch(URL_A)
    gateway.before = [lose]
    expect((await pay.fetch(URL_A)).status).toBe(200)
    expect(gateway.served).toHaveLength(2)
  })

  test('is said to be lost when nothing arrives any more, with the id to ask for it later', async () => {
    const gateway = new FakeGateway()
    const { pay } = payerAt(gateway)
    await pay.fetch(URL_A)
    gateway.before = [lose, lose, lose]
    const error = await pay.fetch(URL_A).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(AnswerLostError)
    expect(error).toMatchObject({ requestId: expect.any(String), cause: { message: 'fetch failed' } })
    expect((await pay.fetch(URL_A)).status).toBe(200)
    expect(gateway.served).toHaveLength(2)
  })

  test('is not looked for when the caller has left', async () => {
    const gateway = new FakeGateway()
    const { pay } = payerAt(gateway)
    await pay.fetch(URL_A)
    const leaving = new AbortController()
    gateway.after = [
      () => {
        leaving.abort()
        throw leaving.signal.reason
      },
    ]
    await expect(pay.fetch(URL_A, { signal: leaving.signal })).rejects.toMatchObject({ name: 'AbortError' })
    expect(gateway.served).toHaveLength(2)
  })
})

describe('leases', () => {
  test('are named by the next requests, each number once', async () => {
    const gateway = new FakeGateway()
    gateway.leaseCount = 10
    const { pay } = payerAt(gateway)
    for (let i = 0; i < 30; i++) expect((await pay.fetch(URL_A)).status).toBe(200)
    expect(gateway.served.filter(({ lease }) => lease !== undefined).length).toBeGreaterThan(20)
    expect(gateway.channel?.chargedCumulative).toBe(30n * 200n)
  })

  test('that are elsewhere send the request again under an id of its own', async () => {
    const gateway = new FakeGateway()
    gateway.leaseCount = 10
    const { pay } = payerAt(gateway)
    await pay.fetch(URL_A)
    gateway.loseLease()
    expect((await pay.fetch(URL_A)).status).toBe(200)
    expect(gateway.served[1]?.lease).toBeUndefined()
    expect(gateway.channel?.chargedCumulative).toBe(400n)
  })

  test('whose number another process has taken are left', async () => {
    const gateway = new FakeGateway()
    gateway.leaseCount = 1
    const { pay } = payerAt(gateway)
    await pay.fetch(URL_A)
    gateway.before = [() => gateway.refused('request_id_mismatch')]
    expect((await pay.fetch(URL_A)).status).toBe(200)
    expect(gateway.served[1]?.lease).toBeUndefined()
  })

  test('that are over when an answer was lost: the receipt is asked for, and tells', async () => {
    const gateway = new FakeGateway()
    gateway.leaseCount = 10
    const { pay } = payerAt(gateway)
    await pay.fetch(URL_A)
    gateway.after = [
      () => {
        vi.setSystemTime(Date.now() + 6_000)
        throw new TypeError('fetch failed')
      },
    ]
    vi.useFakeTimers({ toFake: ['Date'] })
    try {
      const lost = await pay.fetch(URL_A).catch((error: unknown) => error)
      expect(lost).toBeInstanceOf(AnswerLostError)
      expect((lost as AnswerLostError).receipt).toMatch(/^e30\./)
      expect(gateway.channel?.chargedCumulative).toBe(400n)
    } finally {
      vi.useRealTimers()
    }
  })

  test('that are over when a request never arrived: it is sent again, once', async () => {
    const gateway = new FakeGateway()
    gateway.leaseCount = 10
    const { pay } = payerAt(gateway)
    await pay.fetch(URL_A)
    gateway.before = [
      () => {
        vi.setSystemTime(Date.now() + 6_000)
        throw new TypeError('fetch failed')
      },
    ]
    vi.useFakeTimers({ toFake: ['Date'] })
    try {
      expect((await pay.fetch(URL_A)).status).toBe(200)
      expect(gateway.served).toHaveLength(2)
    } finally {
      vi.useRealTimers()
    }
  })
})

describe('what a payer does not do', () => {
  test('believe a price above the budget: nothing is signed for it', async () => {
    const gateway = new FakeGateway()
    const { pay } = payerAt(gateway, { budget: { perRequest: '0.001' } })
    await pay.fetch(URL_A)
    gateway.price = 1_001n
    await expect(pay.fetch(URL_A)).rejects.toMatchObject({ limit: 'perRequest', allowed: 1_000n, wanted: 1_001n })
    expect(gateway.served).toHaveLength(1)
  })

  test('sign past the total, whatever is asked for in parallel', async () => {
    const gateway = new FakeGateway()
    gateway.price = 10_000n
    const { pay } = payerAt(gateway, { budget: { total: '0.1' } })
    const outcomes = await Promise.allSettled(Array.from({ length: 30 }, () => pay.fetch(URL_A)))
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(10)
    const refused = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason as unknown] : []))
    expect(refused.every((error) => error instanceof BudgetExceededError)).toBe(true)
    expect(gateway.accepted).toBe(100_000n)
  })

  test('believe charges that it never signed for', async () => {
    const gateway = new FakeGateway()
    const { pay } = payerAt(gateway)
    await pay.fetch(URL_A)
    gateway.endSessions()
    const channel = gateway.channel!
    channel.chargedCumulative = 5_000_000n
    channel.balance = 50_000_000n
    gateway.accepted = 5_000_000n
    gateway.acceptedSignature = `0x${'11'.repeat(65)}`
    await expect(pay.fetch(URL_A)).rejects.toMatchObject({ code: 'channel_state_unproven' })
    expect(gateway.raises.every((max) => max <= 1_000_000n)).toBe(true)
  })

  test('open a session that a server offers for another gateway', async () => {
    const gateway = new FakeGateway()
    const thief = new FakeGateway('https://thief.example')
    const relaying: typeof fetch = (input, init) => {
      const request = new Request(input as Request, init)
      return new URL(request.url).host === 'thief.example'
        ? Promise.resolve(gateway.required('payment_required', request))
        : gateway.fetch(request)
    }
    const { pay } = payerAt({ fetch: relaying }, { modes: ['session'] })
    await expect(pay.fetch('https://thief.example/a')).rejects.toMatchObject({ code: 'no_usable_offer' })
    expect([gateway.opened, thief.opened]).toEqual([[], []])
  })

  test('open a session that is refused: the reason is thrown, and is of its class', async () => {
    const gateway = new FakeGateway()
    const refusing: typeof fetch = (input, init) => {
      const request = new Request(input as Request, init)
      const isOpen = request.url.endsWith(OpenSession.PATH)
      return isOpen ? Promise.resolve(gateway.refused('insufficient_funds')) : gateway.fetch(request)
    }
    const error = await payerAt({ fetch: refusing })
      .pay.fetch(URL_A)
      .catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(InsufficientFundsError)
    expect(error).toBeInstanceOf(PBStreamError)
    expect(error).not.toBeInstanceOf(SessionKeyFrozenError)
    expect(error).toMatchObject({ status: 402, hint: 'Fund the payer and sign again.' })
  })

  test('hide what the gateway says: its problem comes as it is, and as a class', async () => {
    const gateway = new FakeGateway()
    const { pay } = payerAt(gateway)
    await pay.fetch(URL_A)
    gateway.before = [(request) => gateway.required('session_key_frozen', request)]
    const response = await pay.fetch(URL_A)
    expect(response.status).toBe(402)
    const error = await errorOf(response)
    expect(error).toBeInstanceOf(SessionKeyFrozenError)
    expect(error).not.toBeInstanceOf(SessionRoomShortError)
    expect(error).toMatchObject({ code: 'session_key_frozen', status: 402, retryable: false })
    expect(await response.json()).toMatchObject({ code: 'session_key_frozen' })
  })
})

describe('sessions, close and receipts', () => {
  test('are listed, closed for good, and their receipts had by id', async () => {
    const gateway = new FakeGateway()
    const { pay } = payerAt(gateway)
    await pay.fetch(URL_A, { headers: { 'idempotency-key': 'order-1' } })
    expect(gateway.served[0]?.id).toBe('order-1')
    const [session] = await pay.sessions()
    expect(session).toMatchObject({
      origin: 'https://api.example',
      payTo: gateway.payTo,
      charged: 200n,
      signed: 1_000_000n,
    })
    expect(await pay.receipt('https://api.example', 'order-1')).toMatch(/^e30\./)
    expect(await pay.receipt('https://api.example', 'order-2')).toBeUndefined()
    expect(await pay.close()).toMatchObject([{ origin: 'https://api.example', charged: 200n }])
    expect(await pay.sessions()).toEqual([])
    expect(gateway.epoch).toBe(2)
  })
})
