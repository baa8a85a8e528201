import { request as httpRequest } from 'node:http'
import { batchSettlementAbi } from '@pbstream/core/abi/BatchSettlement'
import * as ChannelConfig from '@pbstream/core/ChannelConfig'
import { type Hex, toBytes } from '@pbstream/core/Hex'
import * as NobleSigner from '@pbstream/core/NobleSigner'
import type { Policy } from '@pbstream/core/Policy'
import * as OpenSession from '@pbstream/core/session/OpenSession'
import * as SessionToken from '@pbstream/core/session/SessionToken'
import { upsertProvider, upsertRoute } from '@pbstream/db/Catalog'
import { Chain } from '@pbstream/local/Chain'
import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { headerOf, paymentOf } from '../support/payment.ts'
import { type Caller, chargedOf, infoOf, openOn, post, seconds, signedRequest } from '../support/openOn.ts'
import { ed25519Key, hmacKey, type Session } from '../support/SessionCaller.ts'
import { type Stack, startStack } from '../support/Stack.ts'
import { createHoldback, sendAtOnce, statuses } from '../support/signedRequest.ts'
import { until } from '../support/until.ts'

let stack: Stack
/** An honest caller, whose requests are stolen. */
let victim: Caller
let session: Session
let charged: bigint

const PRICE = 1000n
const contract = { address: Chain.addresses.batchSettlement, abi: batchSettlementAbi } as const

beforeAll(async () => {
  stack = await startStack({
    routes: ['/cheap', '/other', '/big', '/settled'].map((path) => ({ path, maxBodyBytes: 4_000_000 })),
    vars: { SETTLE_COUNT: '1' },
    system: { gateways: 2 },
  })
  const by = { actor: 'test', at: Date.now() }
  const { database } = stack.system
  await upsertProvider(database, { id: 'second', name: 'Second', payTo: `0x${'5e'.repeat(20)}` }, by)
  const origin = { kind: 'url', url: stack.upstream.url } as const
  const rate = { v: 1, kind: 'flat', amount: '1000' } as const
  const own = {
    id: 'second',
    providerId: 'second',
    path: '/second',
    methods: ['*'],
    origin,
    rate,
    chainIds: [Chain.id],
  }
  await upsertRoute(database, own, by)
  ;({ caller: victim, session } = await openOn(stack, { path: '/cheap' }))
})
afterAll(() => stack.stop())
beforeEach(async () => {
  stack.upstream.received.length = 0
  charged = await chargedOf(stack, victim)
})

const signed = (
  path: string,
  ask: Parameters<typeof signedRequest>[3] = {},
  by: Pick<Session, 'token' | 'key'> = session,
) => signedRequest(stack.gateway, by, path, ask)
const codeOf = async (response: Response) => ((await response.json()) as { code: string }).code

/** The answer was a problem of the 4xx, nothing was served, and nothing charged. */
async function expectNothing(response: Response): Promise<string> {
  const text = await response.text()
  expect(response.status, text).toBeGreaterThanOrEqual(400)
  expect(response.status, text).toBeLessThan(500)
  expect(stack.upstream.received).toHaveLength(0)
  expect(await chargedOf(stack, victim)).toBe(charged)
  return (JSON.parse(text) as { code: string }).code
}

/** When all is reported, and what leases held is free again. */
async function expectSpent(caller: Caller, amount: bigint): Promise<void> {
  const object = await stack.system.session(caller.name)
  const spent = await until('nothing is set aside', async () => {
    const numbers = await object.view(1, caller.channelId)
    return numbers?.reserved === 0n && { amount: numbers.spent }
  })
  expect(spent.amount).toBe(amount)
}

describe('a stolen request', () => {
  test('sent 30 times at once and again later is served once and charged once', async () => {
    const { caller, session: own } = await openOn(stack, { path: '/cheap' })
    stack.upstream.received.length = 0
    const request = await signed('/cheap', {}, own)
    const responses = await sendAtOnce(request, 30)
    const counts = statuses(responses)
    expect((counts[200] ?? 0) + (counts[409] ?? 0)).toBe(30)
    expect([200, 409]).toContain((await fetch(request.clone())).status)
    expect(stack.upstream.calls('/cheap')).toBe(1)
    await expectSpent(caller, PRICE)
  })

  test('is worth nothing when its minute is over, or before it began', async () => {
    for (const created of [seconds() - 60, seconds() + 60])
      expect(await expectNothing(await fetch(await signed('/cheap', { created })))).toBe('session_signature_expired')
    expect(await expectNothing(await fetch(await signed('/cheap', { lifetime: 3600 })))).toBe(
      'session_signature_expired',
    )
  })

  test('of a clock that goes wrong is told the time', async () => {
    const response = await fetch(await signed('/cheap', { created: seconds() - 3600 }))
    expect(Math.abs(Date.parse(response.headers.get('date') ?? '') - Date.now())).toBeLessThan(5_000)
    expect(await expectNothing(response)).toBe('session_signature_expired')
  })

  test.each<[string, string, { method?: string; body?: string }]>([
    ['method', '/cheap', { method: 'DELETE' }],
    ['path', '/other', {}],
    ['query', '/cheap?more=1', {}],
    ['body', '/cheap', { method: 'POST', body: 'of another' }],
  ])('does not pay for another %s', async (_, path, init) => {
    const { headers } = await signed('/cheap', { method: init.method === 'POST' ? 'POST' : 'GET' })
    const code = await expectNothing(await fetch(stack.gateway + path, { ...init, headers }))
    expect(['session_signature_invalid', 'body_digest_mismatch']).toContain(code)
  })

  test.each([
    ['pbstream-max-price', '999999999'],
    ['idempotency-key', 'mine'],
    ['content-digest', 'sha-256=:RBNvo1WzZ4oRRq0W9+hknpT7T8If536DEMBg9hyq/4o=:'],
    ['pbstream-lease', '"ls_0123456789abcdef"'],
    ['pbstream-voucher', undefined],
    ['signature-input', undefined],
    ['signature', undefined],
  ])('does not pay with another %s', async (name, value) => {
    const request = await signed('/cheap', { voucher: await victim.raise(1_000_000n) })
    const { headers } = request
    if (value !== undefined) headers.set(name, value)
    else if (name === 'pbstream-voucher') headers.delete(name)
    else headers.set(name, (await signed('/other')).headers.get(name) ?? '')
    await expectNothing(await fetch(stack.gateway + '/cheap', { headers }))
  })

  test('is not taken by another gateway, nor under another Host', async () => {
    const { headers } = await signed('/cheap')
    expect(await expectNothing(await fetch(`${stack.system.gateways[1]}/cheap`, { headers }))).toBe(
      'session_token_invalid',
    )
    const { port } = new URL(stack.gateway)
    const status = await new Promise<number | undefined>((resolve, reject) => {
      const sent = {
        host: '127.0.0.1',
        port,
        path: '/cheap',
        headers: { ...Object.fromEntries(headers), host: 'api.example' },
      }
      httpRequest(sent, (answer) => resolve(answer.resume().statusCode))
        .on('error', reject)
        .end()
    })
    expect(status).toBe(401)
    expect(stack.upstream.received).toHaveLength(0)
  })

  test('is not moved to another session, of the same channel or of another', async () => {
    // With an end of its own: a token says nothing else that would differ, and equal terms are the same session.
    const again = await victim.open({ max: 1_000_000n, expires: session.answer.expires + 60 })
    const { session: foreign } = await openOn(stack, { path: '/cheap' })
    for (const { token } of [again, foreign]) {
      const { headers } = await signed('/cheap')
      headers.set('pbstream-session', token)
      expect(await expectNothing(await fetch(`${stack.gateway}/cheap`, { headers }))).toBe('session_signature_invalid')
    }
  })

  test('with a body over 1 MiB does not pay for another one', async () => {
    const body = 'a'.repeat(1_200_000)
    const { headers } = await signed('/big', { method: 'POST', body })
    const response = await fetch(`${stack.gateway}/big`, { method: 'POST', headers, body: `b${body.slice(1)}` })
    expect([response.status, await codeOf(response)]).toEqual([400, 'body_digest_mismatch'])
    await until('the hold is back', async () => (await chargedOf(stack, victim)) === charged)
    expect((await fetch(`${stack.gateway}/big`, { method: 'POST', headers, body })).status).toBe(200)
  })
})

describe('a voucher that others have seen', () => {
  const stranger = NobleSigner.create(`0x${'77'.repeat(32)}`)

  test('from the chain opens no session', async () => {
    const { pay, sign } = await createHoldback(stack)
    await pay(`${stack.gateway}/settled`)
    const request = await sign(`${stack.gateway}/settled`)
    expect((await fetch(request.clone())).status).toBe(200)
    const { channelConfig, voucher } = paymentOf(request).payload
    const { channelId, maxClaimableAmount, signature } = voucher
    await until('it is public', async () => {
      const args = [channelId] as const
      const [, claimed] = await stack.chain.client.readContract({ ...contract, functionName: 'channels', args })
      return claimed === BigInt(maxClaimableAmount)
    })
    stack.upstream.received.length = 0
    const config = ChannelConfig.parse(channelConfig)
    const forged = await victim.body({ config, signer: stranger, max: BigInt(maxClaimableAmount) })
    const known = { maxClaimableAmount, signature }
    const tried = [
      { ...forged, voucher: known },
      // The signature of the voucher in the place of the one over OpenSession.
      { ...forged, voucher: known, open: { ...(forged['open'] as object), signature } },
    ]
    for (const body of tried) {
      const response = await post(stack.gateway, body)
      expect([response.status, await codeOf(response)]).toEqual([401, 'session_open_signature_invalid'])
    }
    expect(stack.upstream.received).toHaveLength(0)
  })

  test('pays nothing in x402 while a session is open that has accepted as much', async () => {
    const payment = await x402Of(victim, 1_000_000n)
    expect(await expectNothing(await fetch(`${stack.gateway}/cheap`, { headers: headerOf(payment) }))).toBe(
      'cumulative_amount_mismatch',
    )
  })
})

/** A payment of x402 with a voucher of this caller. */
async function x402Of(caller: Caller, max: bigint): Promise<object> {
  const response = await fetch(`${stack.gateway}/cheap`)
  const required = JSON.parse(atob(response.headers.get('payment-required') ?? '')) as {
    accepts: object[]
    extensions: object
  }
  const { signature } = await caller.voucher(max)
  const voucher = { channelId: caller.channelId, maxClaimableAmount: `${max}`, signature }
  return {
    x402Version: 2,
    accepted: required.accepts[0],
    extensions: required.extensions,
    payload: { type: 'voucher', channelConfig: caller.config, voucher },
  }
}

describe('OpenSession', () => {
  test('opens one session: the same bytes again, also ten times at once, open none', async () => {
    const body = await victim.body()
    const responses = await Promise.all(Array.from({ length: 10 }, () => post(stack.gateway, body)))
    expect(statuses(responses)).toEqual({ 200: 1, 409: 9 })
    const again = await post(stack.gateway, body)
    expect([again.status, await codeOf(again)]).toEqual([409, 'session_nonce_used'])
  })

  test('for another gateway, with a nonce of another, or changed, opens none', async () => {
    const other = stack.system.gateways[1]!
    const good = await victim.body()
    const tried: [string, unknown, string][] = [
      [other, good, 'session_nonce_invalid'],
      [stack.gateway, await victim.body({ nonce: (await infoOf(other)).nonce }), 'session_nonce_invalid'],
      [stack.gateway, await victim.body({ gateway: other }), 'session_open_signature_invalid'],
      [
        stack.gateway,
        { ...good, open: { ...(good['open'] as object), expires: seconds() + 7200 } },
        'session_open_signature_invalid',
      ],
      [stack.gateway, await victim.body({ expires: seconds() - 1 }), 'session_expiry_invalid'],
      [stack.gateway, await victim.body({ expires: seconds() + 90_000 }), 'session_expiry_invalid'],
    ]
    for (const [gateway, body, code] of tried) expect(await codeOf(await post(gateway, body))).toBe(code)
  })

  test('names no key of small order and no second form of one', async () => {
    for (const publicKey of [
      `0x01${'00'.repeat(31)}`,
      `0xec${'ff'.repeat(30)}7f`,
      `0xee${'ff'.repeat(30)}7f`,
    ] as Hex[]) {
      const response = await post(stack.gateway, await victim.body({ publicKey }))
      expect([response.status, await codeOf(response)]).toEqual([400, 'malformed_body'])
    }
  })

  test('that announces more than its voucher leaves gets the numbers, and no token', async () => {
    await fetch(await signed('/cheap'))
    const { signature } = await victim.voucher(1n)
    const body = { ...(await victim.body()), voucher: { maxClaimableAmount: '1', signature } }
    const response = await post(stack.gateway, body)
    const answer = (await response.json()) as Record<string, unknown>
    expect([response.status, answer['code'], answer['token']]).toEqual([402, 'cumulative_amount_mismatch', undefined])
  })
})

describe('a token', () => {
  const decode = () => SessionToken.decode(session.token)!

  test.each([
    ['another epoch', { e: 7 }],
    ['a later end', { x: 4_000_000_000 }],
    ['another receiver', { to: `0x${'5e'.repeat(20)}` as Hex }],
    ['another channel', { c: `0x${'11'.repeat(32)}` as Hex }],
    ['another master', { kid: 'other' }],
    ['another key', { a: `0x${'22'.repeat(32)}` as Hex }],
  ])('that says %s is not one of this gateway', async (_, change) => {
    const { payload, mac } = decode()
    const token = SessionToken.encode({ ...payload, ...change }, mac)
    const key = 'a' in change ? await ed25519Key() : session.key
    expect(await expectNothing(await fetch(await signed('/cheap', {}, { token, key })))).toBe('session_token_invalid')
  })

  test('is not made with the request key, which the caller has', async () => {
    const { payload } = decode()
    const longer = { ...payload, x: payload.x + 1 }
    const token = SessionToken.encode(longer, await session.key.sign(SessionToken.signingBytes(longer)))
    expect(await expectNothing(await fetch(await signed('/cheap', {}, { token, key: session.key })))).toBe(
      'session_token_invalid',
    )
  })

  test('alone, or with a key of a guess, pays nothing', async () => {
    const bare = await fetch(`${stack.gateway}/cheap`, { headers: { 'pbstream-session': session.token } })
    expect(await expectNothing(bare)).toBe('session_headers_invalid')
    for (const guess of ['\0'.repeat(32), session.token]) {
      const key = await hmacKey(Uint8Array.from(Buffer.from(guess)))
      const guessed = await signed('/cheap', {}, { token: session.token, key })
      expect(await expectNothing(await fetch(guessed))).toBe('session_signature_invalid')
    }
  })

  test('of Ed25519 takes no HMAC, not even under its own public key', async () => {
    const key = await ed25519Key()
    const { token } = await victim.open({}, key)
    const downgraded = await hmacKey(toBytes(key.publicKey))
    expect(await expectNothing(await fetch(await signed('/cheap', {}, { token, key: downgraded })))).toBe(
      'session_signature_invalid',
    )
    // And the other way round: the algorithm is the token's, whatever the request says.
    const crossed = await signed('/cheap', {}, { token: session.token, key })
    expect(await expectNothing(await fetch(crossed))).toBe('session_signature_invalid')
  })

  test('spends for its own payee only', async () => {
    expect(await expectNothing(await fetch(await signed('/second')))).toBe('receiver_mismatch')
  })
})

describe('a leaked request key', () => {
  test('is worth nothing once the sessions of the channel are closed, for all of their tokens', async () => {
    const { caller, session: first } = await openOn(stack, { path: '/cheap' })
    const second = await caller.open({}, await ed25519Key())
    expect((await fetch(await signed('/cheap', {}, first))).status).toBe(200)
    expect((await fetch(await signed('/cheap', {}, second))).status).toBe(200)
    const closed = await fetch(await signed(`${OpenSession.PATH}/close`, { method: 'POST', maxPrice: 0n }, first))
    expect(closed.status).toBe(200)
    for (const each of [first, second]) {
      const response = await fetch(await signed('/cheap', {}, each))
      expect([response.status, await codeOf(response)]).toEqual([401, 'session_ended'])
    }
    await expectSpent(caller, 2n * PRICE)
    const next = await caller.open()
    expect((await fetch(await signed('/cheap', {}, next))).status).toBe(200)
  })

  test('is worth nothing once its key is frozen, also when it is let go again', async () => {
    const { caller, session: leaked } = await openOn(stack, { path: '/cheap' })
    expect((await fetch(await signed('/cheap', {}, leaked))).status).toBe(200)
    const object = await stack.system.session(caller.name)
    const policy = (version: number, status: Policy['status']): Policy => ({
      version,
      status,
      token: caller.config.token,
      payees: [caller.config.receiver],
      spendCap: 10n ** 12n,
      periodAmount: 0n,
      periodDuration: 0,
      perPaymentMax: 0n,
      start: 0,
      expiry: seconds() + 86_400,
      routes: null,
    })
    await object.setPolicy(1, caller.ref, policy(1, 'frozen'))
    const code = await codeOf(await fetch(await signed('/cheap', {}, leaked)))
    expect(['session_ended', 'session_key_frozen']).toContain(code)
    expect((await post(stack.gateway, await caller.body())).status).toBe(402)
    await object.setPolicy(1, caller.ref, policy(2, 'active'))
    expect(await codeOf(await fetch(await signed('/cheap', {}, leaked)))).toBe('session_ended')
    await expectSpent(caller, PRICE)
  })
})

describe('nothing that is sent ends in a 500', () => {
  test('headers that are huge, doubled or joined', async () => {
    const { headers } = await signed('/cheap')
    const { port } = new URL(stack.gateway)
    const send = (lines: Record<string, string | string[]>) =>
      new Promise<number | undefined>((resolve, reject) => {
        httpRequest({ host: '127.0.0.1', port, path: '/cheap', headers: lines }, (answer) =>
          resolve(answer.resume().statusCode),
        )
          .on('error', reject)
          .end()
      })
    const all = Object.fromEntries(headers) as Record<string, string | string[]>
    for (const name of ['pbstream-session', 'signature-input', 'signature', 'idempotency-key', 'pbstream-max-price']) {
      const value = headers.get(name)!
      expect([400, 401], `${name} twice`).toContain(await send({ ...all, [name]: [value, value] }))
      expect([400, 401], `${name} joined`).toContain(await send({ ...all, [name]: `${value},${value}` }))
      expect([400, 401, 431], `${name} huge`).toContain(await send({ ...all, [name]: 'x'.repeat(12_000) }))
    }
    expect(stack.upstream.received).toHaveLength(0)
  })

  test('bodies of an opening with one value of another kind', async () => {
    const good = await victim.body()
    const paths = [
      'v',
      'network',
      'config',
      'config.salt',
      'config.withdrawDelay',
      'voucher',
      'voucher.signature',
      'voucher.maxClaimableAmount',
      'open',
      'open.expires',
      'open.nonce',
      'open.publicKey',
      'open.signature',
      'deposit',
    ]
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...paths), fc.jsonValue({ maxDepth: 2 }), async (path, value) => {
        const copy = structuredClone(good)
        const keys = path.split('.')
        const last = keys.pop()!
        keys.reduce((at, key) => at[key] as Record<string, unknown>, copy)[last] = value
        const response = await post(stack.gateway, copy)
        const text = await response.text()
        if (response.status === 200) return
        expect(response.status, text).toBeGreaterThanOrEqual(400)
        expect(response.status, text).toBeLessThan(500)
      }),
      { numRuns: 150 },
    )
  })

  test('values of the headers of a request', async () => {
    const { headers } = await signed('/cheap')
    const names = [
      'pbstream-session',
      'signature-input',
      'signature',
      'idempotency-key',
      'pbstream-max-price',
      'content-digest',
      'pbstream-lease',
      'pbstream-voucher',
    ]
    const text = fc.string({
      unit: fc.integer({ min: 0x21, max: 0x7e }).map((code) => String.fromCharCode(code)),
      minLength: 1,
      maxLength: 200,
    })
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...names), text, async (name, value) => {
        const spoilt = new Headers(headers)
        spoilt.set(name, value)
        const { status } = await fetch(`${stack.gateway}/cheap`, { headers: spoilt })
        expect(status).toBeGreaterThanOrEqual(400)
        expect(status).toBeLessThan(500)
      }),
      { numRuns: 150 },
    )
    expect(stack.upstream.received).toHaveLength(0)
  })
})

test('no token, key, voucher or master is in the logs', () => {
  const text = stack.logs.join('\n')
  const { secret } = (JSON.parse(stack.keys.sessionMaster) as { secret: string }[])[0]!
  for (const word of [session.token, session.token.split('.')[0]!, secret]) expect(text).not.toContain(word)
  expect(text).not.toMatch(/0x[0-9a-f]{130}|eyJ|signature-input/i)
})
