import * as Challenge from '@pbstream/core/Challenge'
import * as Receipt from '@pbstream/core/Receipt'
import * as Room from '@pbstream/core/session/Room'
import * as Voucher from '@pbstream/core/Voucher'
import { describe, expect, it } from 'vitest'
import { ed25519Key, type Session } from '../../../test/support/SessionCaller.ts'
import { channelId, config, header, sessionKey, voucher } from './support/payer.ts'
import { NOW, openSession, problem, SESSION_MASTER, sessionWorld, signed } from './support/session.ts'
import { chain, CONTRACT, ORIGIN, quoted, route, type World } from './support/world.ts'

const PATH = '/v1/weather?city=Berlin'
const roomOf = (response: Response) => Room.parseRoom(response.headers.get('pbstream-room'))
const raiseTo = async (max: bigint) => {
  const digest = Voucher.digest(Voucher.domainSeparator(chain.chainId, CONTRACT), channelId, max)
  return Room.encodeVoucher({ max, signature: await sessionKey.sign(digest) })
}

async function withSession(
  routes = [route()],
  more: Parameters<typeof sessionWorld>[1] = {},
): Promise<{ at: World; session: Session }> {
  const at = await sessionWorld(routes, more)
  return { at, session: await openSession(at) }
}

describe('a signed request', () => {
  it('is paid without a probe: reserved, served, posted and receipted', async () => {
    const { at, session } = await withSession()
    const response = await at.handle(await signed(session, PATH, { id: 'order-1' }))
    expect([response.status, await response.text()]).toEqual([200, 'sunny'])
    await at.rest()
    expect(at.session.pays).toMatchObject([
      {
        v: 1,
        channelId,
        epoch: 1,
        hold: 1000n,
        requestId: 'order-1',
        providerId: 'acme',
        routeId: 'weather',
        rateVersion: 3,
      },
    ])
    expect(at.session.reports).toMatchObject([
      { kind: 'post', reservationId: 'p1', amount: 1000n },
      { kind: 'answer', reservationId: 'p1' },
    ])
    expect(roomOf(response)).toEqual({ room: 99_000n, accepted: 100_000n, funds: 10n ** 9n, charged: 1000n })
    const receipt = await Receipt.verify(response.headers.get('pbstream-receipt') ?? '', at.gateway.keys.verifiers)
    expect(receipt).toMatchObject({
      ok: true,
      claims: {
        scheme: 'session',
        jti: 'p1',
        request: 'order-1',
        channel: channelId,
        price: '1000',
        cumulative: '1000',
      },
    })
    expect(response.headers.get('payment-response')).toBeNull()
    expect(response.headers.get('cache-control')).toBe('private')
  })

  it('by Ed25519 is paid too', async () => {
    const at = await sessionWorld()
    const session = await openSession(at, {}, await ed25519Key())
    expect((await at.handle(await signed(session, PATH))).status).toBe(200)
  })

  it('is bound to its body, also to one that streams', async () => {
    const { at, session } = await withSession()
    const read: string[] = []
    at.state.upstream = async (request) => {
      read.push(await request.text())
      return new Response('ok')
    }
    for (const body of ['{"q":1}', 'x'.repeat(1024 * 1024 + 1)])
      expect((await at.handle(await signed(session, PATH, { method: 'POST', body }))).status).toBe(200)
    expect(read.map((text) => text.length)).toEqual([7, 1024 * 1024 + 1])
  })

  it('sends neither token, signature nor session to the upstream', async () => {
    const { at, session } = await withSession()
    const voucherHeader = await raiseTo(200_000n)
    await at.handle(await signed(session, PATH, { voucher: voucherHeader }))
    const names = [...at.seen[0]!.headers.keys()].filter((name) =>
      /session|signature|voucher|max-price|idempotency/.test(name),
    )
    expect(names).toEqual([])
    expect([...at.seen[0]!.headers.values()].join()).not.toContain(session.token)
    expect(at.seen[0]!.headers.get('pbstream-payment')).not.toBeNull()
  })

  it('is not charged for an upstream that fails, and says so in its room', async () => {
    const { at, session } = await withSession()
    at.state.upstream = () => new Response('no', { status: 500 })
    const response = await at.handle(await signed(session, PATH))
    expect([response.status, roomOf(response)?.charged]).toEqual([500, 0n])
    await at.rest()
    expect(at.session.reports).toMatchObject([{ kind: 'void', freesId: true }])
  })

  it('raises its session on the way', async () => {
    const { at, session } = await withSession()
    const response = await at.handle(await signed(session, PATH, { voucher: await raiseTo(500_000n) }))
    expect(at.session.pays).toMatchObject([{ voucher: { max: 500_000n } }])
    expect(roomOf(response)).toMatchObject({ accepted: 500_000n })
  })

  it('goes on under an older master, and not under one that is gone', async () => {
    const { session } = await withSession()
    const master = (kid: string, byte: string) => ({ kid, secret: `${byte.repeat(42)}A` })
    const [old] = JSON.parse(SESSION_MASTER) as object[]
    const next = await sessionWorld([route()], { SESSION_MASTER: JSON.stringify([master('m2', 'B'), old]) })
    next.session.paid.accepted = 100_000n
    expect((await next.handle(await signed(session, PATH))).status).toBe(200)
    const last = await sessionWorld([route()], { SESSION_MASTER: JSON.stringify([master('m2', 'C')]) })
    expect(await problem(await last.handle(await signed(session, PATH)))).toEqual([401, 'session_token_invalid'])
  })

  it('on a free route costs nothing', async () => {
    const { at, session } = await withSession([route(), route({ id: 'free', path: '/free', rate: null })])
    expect((await at.handle(await signed(session, '/free'))).status).toBe(200)
    expect(at.session.pays).toHaveLength(0)
  })

  it('of a gateway behind another name is bound to the name that callers see', async () => {
    const { at, session } = await withSession([route()], { PUBLIC_URL: ORIGIN })
    const request = await signed(session, PATH, { id: 'order-1' })
    const inside = new Request(`http://inside.example:8080${PATH}`, { headers: request.headers })
    expect((await at.handle(inside)).status).toBe(200)
    expect((await at.handle(await signed(session, PATH, { id: 'order-2' }))).status).toBe(200)
    expect(at.session.pays[0]?.digest).toBe(at.session.pays[1]?.digest)
  })
})

describe('the answers of a stream session', () => {
  it('without room: 402 with the offers and the numbers', async () => {
    const { at, session } = await withSession()
    at.session.paid.charged = 99_500n
    const response = await at.handle(await signed(session, PATH))
    expect(roomOf(response)).toEqual({
      room: 500n,
      accepted: 100_000n,
      funds: 10n ** 9n,
      charged: 99_500n,
      needed: 1000n,
    })
    expect(Challenge.decode(response.headers.get('payment-required') ?? '')?.accepts).toHaveLength(2)
    expect([response.status, await response.json()]).toMatchObject([
      402,
      { code: 'session_room_short', signAgain: true },
    ])
    expect(at.seen).toHaveLength(0)
  })

  it('to an id that was served: the answer of then, or the receipt, or wait', async () => {
    const { at, session } = await withSession()
    const request = () => signed(session, PATH, { id: 'order-1' })
    const answer = {
      status: 200,
      headers: [['pbstream-receipt', 'r']] as [string, string][],
      body: new Uint8Array([65]),
    }
    at.session.decidePaid = () => ({ kind: 'replay', answer, receipt: 'r' })
    const replayed = await at.handle(await request())
    expect([replayed.status, await replayed.text(), replayed.headers.get('idempotent-replayed')]).toEqual([
      200,
      'A',
      'true',
    ])
    at.session.decidePaid = () => ({ kind: 'duplicate', receipt: 'r' })
    const used = await at.handle(await request())
    expect([used.headers.get('pbstream-receipt'), ...(await problem(used))]).toEqual(['r', 409, 'request_id_used'])
    at.session.decidePaid = () => ({ kind: 'in_flight' })
    expect(await problem(await at.handle(await request()))).toEqual([409, 'request_in_flight'])
    expect(at.seen).toHaveLength(0)
  })

  it('a limit of the key: with its numbers', async () => {
    const { at, session } = await withSession()
    at.session.decidePaid = () => ({ kind: 'refused', code: 'session_key_spend_cap', facts: { left: 7n } })
    const response = await at.handle(await signed(session, PATH))
    expect([response.status, await response.json()]).toMatchObject([
      402,
      { code: 'session_key_spend_cap', limit: { left: '7' } },
    ])
  })

  it('of another epoch, or that has lost the channel: the session is over', async () => {
    const { at, session } = await withSession()
    at.session.paid.epoch = 2
    expect(await problem(await at.handle(await signed(session, PATH)))).toEqual([401, 'session_ended'])
    at.session.decidePaid = () => ({ kind: 'unknown_channel' })
    expect(await problem(await at.handle(await signed(session, PATH)))).toEqual([401, 'session_ended'])
  })
})

describe('a request that its session has not signed so is refused before it costs anything', () => {
  const other = { 'pbstream-max-price': '2000000', 'idempotency-key': 'another' }
  it.each(Object.entries(other))('another %s', async (name, value) => {
    const { at, session } = await withSession()
    const request = await signed(session, PATH, { headers: { [name]: value } })
    expect(await problem(await at.handle(request))).toEqual([401, 'session_signature_invalid'])
    expect([at.session.pays.length, at.seen.length]).toEqual([0, 0])
  })

  it.each([
    ['method', PATH, { method: 'DELETE' }],
    ['path', '/v1/weather/x?city=Berlin', {}],
    ['query', '/v1/weather?city=Paris', {}],
    ['host', `https://other.example${PATH}`, {}],
    ['scheme', `http://api.example${PATH}`, {}],
  ])('another %s', async (_, path, init) => {
    const { at, session } = await withSession([
      route({ methods: ['*'] }),
      route({ id: 'b', path: '/v1/weather/*', methods: ['*'] }),
    ])
    const { headers } = await signed(session, PATH)
    const response = await at.send(path, { ...init, headers })
    expect(response.status).toBe(401)
    expect([at.session.pays.length, at.seen.length]).toEqual([0, 0])
  })

  it('another body, one that was not there, or none', async () => {
    const { at, session } = await withSession()
    const { headers } = await signed(session, PATH, { method: 'POST', body: '{"q":1}' })
    const send = (body?: string, of = headers) =>
      at.send(PATH, { method: 'POST', headers: of, ...(body === undefined ? {} : { body }) })
    expect(await problem(await send('{"q":2}'))).toEqual([400, 'body_digest_mismatch'])
    expect(await problem(await send())).toEqual([400, 'body_digest_mismatch'])
    const bare = (await signed(session, PATH, { method: 'POST' })).headers
    expect(await problem(await send('{"q":1}', bare))).toEqual([400, 'body_digest_mismatch'])
    expect(at.session.pays).toHaveLength(0)
  })

  it('a large body that turns out to be another: the hold goes back', async () => {
    const { at, session } = await withSession()
    const body = 'x'.repeat(1024 * 1024 + 1)
    const { headers } = await signed(session, PATH, { method: 'POST', body })
    at.state.upstream = async (request) => new Response(await request.text())
    const response = await at.send(PATH, { method: 'POST', headers, body: `y${body.slice(1)}` })
    expect(await problem(response)).toEqual([400, 'body_digest_mismatch'])
    await at.rest()
    expect(at.session.reports).toMatchObject([{ kind: 'void', freesId: true }])
  })

  it('a voucher taken away, put in, or signed by another key', async () => {
    const { at, session } = await withSession()
    const raise = await raiseTo(500_000n)
    const request = await signed(session, PATH, { voucher: raise })
    request.headers.delete('pbstream-voucher')
    expect((await problem(await at.handle(request)))[1]).toBe('session_signature_invalid')
    const added = await signed(session, PATH, { headers: { 'pbstream-voucher': raise } })
    expect((await problem(await at.handle(added)))[1]).toBe('session_signature_invalid')
    const forged = await signed(session, PATH, { voucher: raise.replace('500000', '600000') })
    expect((await problem(await at.handle(forged)))[1]).toBe('voucher_signature_invalid')
    expect(at.session.pays).toHaveLength(0)
  })

  it('a signature of the past, of the future, or good for too long', async () => {
    const { at, session } = await withSession()
    const code = async (created: number, lifetime?: number) => {
      const request = await signed(session, PATH, { created, ...(lifetime === undefined ? {} : { lifetime }) })
      const response = await at.handle(request)
      return response.status === 200 ? 200 : (await problem(response))[1]
    }
    const stale = 'session_signature_expired'
    expect([await code(NOW - 60), await code(NOW + 6), await code(NOW, 61), await code(NOW, 0)]).toEqual([
      stale,
      stale,
      stale,
      stale,
    ])
    expect([await code(NOW - 59), await code(NOW + 5)]).toEqual([200, 200])
    const told = await at.handle(await signed(session, PATH, { created: NOW - 100 }))
    expect(Date.parse(told.headers.get('date') ?? '')).toBe(NOW * 1000)
  })

  it('the same request under another algorithm', async () => {
    const at = await sessionWorld()
    const session = await openSession(at)
    const ed = await openSession(at, {}, await ed25519Key())
    const crossed = [
      { token: session.token, key: ed.key },
      { token: ed.token, key: session.key },
    ]
    for (const each of crossed)
      expect((await problem(await at.handle(await signed(each as Session, PATH))))[1]).toBe('session_signature_invalid')
  })

  it('a price above what the caller pays, with the offers', async () => {
    const { at, session } = await withSession()
    const response = await at.handle(await signed(session, PATH, { maxPrice: 999n }))
    expect(Challenge.decode(response.headers.get('payment-required') ?? '')?.accepts).toHaveLength(2)
    expect(await problem(response)).toEqual([402, 'price_above_maximum'])
  })

  it('a route of another payee, or of no chain of the session', async () => {
    const other = `0x${'77'.repeat(20)}` as const
    const { at, session } = await withSession([route(), route({ id: 'b', path: '/b', payTo: other })])
    expect(await problem(await at.handle(await signed(session, '/b')))).toEqual([402, 'receiver_mismatch'])
    expect(at.session.pays).toHaveLength(0)
  })

  it('a session that has run out', async () => {
    const { at, session } = await withSession()
    await at.handle(await signed(session, PATH))
    at.state.now += 3_600_000
    const late = await signed(session, PATH, { created: NOW + 3600 })
    expect(await problem(await at.handle(late))).toEqual([401, 'session_expired'])
  })
})

describe('headers', () => {
  it.each(['pbstream-session', 'pbstream-max-price', 'idempotency-key', 'signature-input', 'signature'])(
    '%s twice, joined, cut, in other words or much too long',
    async (name) => {
      const { at, session } = await withSession()
      const { headers } = await signed(session, PATH)
      const good = headers.get(name)!
      for (const value of [
        `${good}, ${good}`,
        `${good},${good}`,
        good.slice(0, -2),
        `${good} `.repeat(2),
        `${good};a=1`,
        'x',
        'x'.repeat(20_000),
      ]) {
        const spoilt = new Headers(headers)
        spoilt.set(name, value)
        const { status } = await at.send(PATH, { headers: spoilt })
        expect([400, 401, 402, 431], `${name}: ${value.slice(0, 60)}`).toContain(status)
      }
      const without = new Headers(headers)
      without.delete(name)
      const { status } = await at.send(PATH, { headers: without })
      expect([400, 401, 402]).toContain(status)
      expect(at.session.pays).toHaveLength(0)
    },
  )

  it('another label, more labels, fewer or more components, another order, tag or parameter', async () => {
    const { at, session } = await withSession()
    const { headers } = await signed(session, PATH)
    const input = headers.get('signature-input')!
    const tried = [
      input.replace('pbs=', 'sig1='),
      `${input}, sig2=${input.slice(4)}`,
      `sig2=${input.slice(4)}, ${input}`,
      input.replace('"@method" ', ''),
      input.replace('"@method" "@target-uri"', '"@target-uri" "@method"'),
      input.replace('("@method"', '("@authority" "@method"'),
      input.replace('"@method"', '"@method";req'),
      input.replace('pbstream-session"', 'other"'),
      input.replace('tag="pbstream-session"', 'tag="web-bot-auth"'),
      `${input};nonce="1"`,
      input.replace(/created=\d+/, 'created=0'),
      input.replace(/created=(\d+)/, 'created=0$1'),
    ]
    for (const value of tried) {
      const spoilt = new Headers(headers)
      spoilt.set('signature-input', value)
      expect((await at.send(PATH, { headers: spoilt })).status, value).toBe(401)
    }
  })

  it('beside a payment of x402 pay in two ways', async () => {
    const { at, session } = await withSession()
    const payment = header(await voucher(await quoted(at, PATH), 1000n))
    const request = await signed(session, PATH, { headers: payment })
    expect(await problem(await at.handle(request))).toEqual([400, 'session_payment_conflict'])
    expect([at.session.pays.length, at.session.reserves.length]).toEqual([0, 0])
  })

  it('of any bytes at all are refused', async () => {
    const { at, session } = await withSession()
    const { headers } = await signed(session, PATH)
    const names = [
      'pbstream-session',
      'signature-input',
      'signature',
      'pbstream-max-price',
      'idempotency-key',
      'content-digest',
      'pbstream-lease',
      'pbstream-voucher',
    ]
    for (let round = 0; round < 200; round++) {
      const bytes = crypto.getRandomValues(new Uint8Array(1 + (round % 60)))
      const text = String.fromCharCode(...bytes.map((byte) => 0x21 + (byte % 94)))
      const spoilt = new Headers(headers)
      spoilt.set(names[round % names.length]!, text)
      expect([400, 401, 402, 431]).toContain((await at.send(PATH, { headers: spoilt })).status)
    }
    expect(at.session.pays).toHaveLength(0)
  })

  it('of a deployment without sessions say that the token is none of its own', async () => {
    const { session } = await withSession()
    const { world } = await import('./support/world.ts')
    const at = await world()
    expect(await problem(await at.handle(await signed(session, PATH)))).toEqual([401, 'session_token_invalid'])
  })
})

describe('the receipt as the last event', () => {
  const events = (chunks: string[]) => () => {
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        for (const chunk of chunks) controller.enqueue(new TextEncoder().encode(chunk))
        controller.close()
      },
    })
    return new Response(body, { headers: { 'content-type': 'text/event-stream', 'content-digest': 'sha-256=:x:' } })
  }
  const asking = { headers: { 'pbstream-receipt-event': 'true' } }
  const metered = route({
    rate: { version: 3, rule: { v: 1, kind: 'metered', unit: 'byte', unitAmount: '1', per: '1', max: '5000' } },
  })

  it.each([
    ['a flat price', route(), '1000'],
    ['bytes', metered, '22'],
  ])('of %s comes when it is asked for', async (_, sold, price) => {
    const { at, session } = await withSession([sold])
    at.state.upstream = events(['data: one\n\n', 'data: two\n\n'])
    const response = await at.handle(await signed(session, PATH, asking))
    const text = await response.text()
    expect(text.startsWith('data: one\n\ndata: two\n\nevent: pbstream-receipt\ndata: ')).toBe(true)
    expect(text.endsWith('\n\n')).toBe(true)
    const jws = /data: (\S+)\n\n$/.exec(text)?.[1] ?? ''
    const receipt = await Receipt.verify(jws, at.gateway.keys.verifiers)
    expect(receipt).toMatchObject({ ok: true, claims: { scheme: 'session', price } })
    expect(response.headers.get('content-digest')).toBeNull()
    await at.rest()
    expect(at.session.reports).toMatchObject([{ kind: 'post', amount: BigInt(price), receipt: jws }])
  })

  it.each([
    ['data: one', '\n\n'],
    ['data: one\n', '\n'],
    ['data: one\r\n\r\n', ''],
    ['data: one\r', '\n'],
    ['', ''],
  ])('begins a line of its own after %j', async (sent, gap) => {
    const { at, session } = await withSession()
    at.state.upstream = events([sent])
    const text = await (await at.handle(await signed(session, PATH, asking))).text()
    expect(text.startsWith(`${sent}${gap}event: pbstream-receipt\ndata: `)).toBe(true)
  })

  it('does not come unasked, nor in an answer of another type', async () => {
    const { at, session } = await withSession()
    at.state.upstream = events(['data: one\n\n'])
    expect(await (await at.handle(await signed(session, PATH))).text()).toBe('data: one\n\n')
    at.state.upstream = () => new Response('sunny')
    expect(await (await at.handle(await signed(session, PATH, asking))).text()).toBe('sunny')
  })

  it('holds nothing back: the first event is there before the second is sent', async () => {
    const { at, session } = await withSession([metered])
    const sent = Promise.withResolvers<void>()
    at.state.upstream = () => {
      const body = new ReadableStream<Uint8Array>({
        async start(controller) {
          controller.enqueue(new TextEncoder().encode('data: one\n\n'))
          await sent.promise
          controller.enqueue(new TextEncoder().encode('data: two\n\n'))
          controller.close()
        },
      })
      return new Response(body, { headers: { 'content-type': 'text/event-stream' } })
    }
    const reader = (await at.handle(await signed(session, PATH, asking))).body!.getReader()
    expect(new TextDecoder().decode((await reader.read()).value)).toBe('data: one\n\n')
    sent.resolve()
    expect(new TextDecoder().decode((await reader.read()).value)).toBe('data: two\n\n')
    expect(new TextDecoder().decode((await reader.read()).value)).toMatch(/^event: pbstream-receipt\n/)
  })

  it('does not come when the stream is cut: it would pass for complete', async () => {
    const cut = route({
      rate: { version: 3, rule: { v: 1, kind: 'metered', unit: 'byte', unitAmount: '1', per: '1', max: '5' } },
    })
    const { at, session } = await withSession([cut])
    at.state.upstream = events(['data: one\n\n'])
    const response = await at.handle(await signed(session, PATH, asking))
    await expect(response.text()).rejects.toThrow()
    await at.rest()
    expect(at.session.reports).toMatchObject([{ kind: 'post', amount: 5n }])
  })
})

it('keeps what is given to it: neither a token, a key nor a voucher is in a log', async () => {
  const { at, session } = await withSession()
  expect(config.payerAuthorizer).toBe(sessionKey.address)
  const lines: string[] = []
  const { error } = console
  console.error = (line: string) => void lines.push(line)
  try {
    at.session.decidePaid = () => {
      throw new Error(`failed: ${session.token}`)
    }
    expect((await at.handle(await signed(session, PATH))).status).toBe(503)
  } finally {
    console.error = error
  }
  expect(lines.join()).toContain('gateway_failure')
  expect(lines.join()).not.toContain(session.token)
})
