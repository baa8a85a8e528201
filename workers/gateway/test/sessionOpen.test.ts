import * as Challenge from '@pbstream/core/Challenge'
import * as NobleSigner from '@pbstream/core/NobleSigner'
import * as OpenSession from '@pbstream/core/session/OpenSession'
import * as Room from '@pbstream/core/session/Room'
import * as SessionToken from '@pbstream/core/session/SessionToken'
import { describe, expect, it } from 'vitest'
import { ed25519Key } from '../../../test/support/SessionCaller.ts'
import { channelId, config } from './support/payer.ts'
import { ENDPOINT, infoOf, NOW, openBody, openSession, post, problem, sessionWorld } from './support/session.ts'
import { chain, ORIGIN, quoted, route, START, TX, world } from './support/world.ts'

const change = (body: Record<string, unknown>, member: string, value: object) => ({
  ...body,
  [member]: { ...(body[member] as object), ...value },
})

describe('sessions are offered', () => {
  it('in every 402, next to the offers of x402, in 4 KB', async () => {
    const at = await sessionWorld([route({ path: '/v1/*' })])
    const response = await at.send(`/v1/${'a'.repeat(2000)}`)
    const header = response.headers.get('payment-required') ?? ''
    expect(header.length).toBeLessThanOrEqual(Challenge.MAX_HEADER_BYTES)
    const required = Challenge.decode(header)
    const info = OpenSession.parseInfo(required?.extensions?.[OpenSession.EXTENSION]?.info)
    expect(info).toMatchObject({ gateway: ORIGIN, endpoint: ORIGIN + ENDPOINT, room: '100000' })
    // What an official client sends back of it, around the largest payload.
    const echo = {
      x402Version: 2,
      accepted: required?.accepts[0],
      resource: required?.resource,
      extensions: required?.extensions,
    }
    expect((JSON.stringify(echo).length + 1_100) * (4 / 3)).toBeLessThanOrEqual(Challenge.MAX_HEADER_BYTES)
  })

  it('by their well-known address alone, where offers on many chains leave no room for more', async () => {
    const chains = [1, 2, 3, 4].map((n) => ({ ...chain, chainId: 84_530 + n, network: `eip155:${84_530 + n}` }))
    const offered: [number, boolean][] = []
    for (let count = 1; count <= 4; count++) {
      const CHAINS = JSON.stringify(chains.slice(0, count))
      const at = await sessionWorld([route({ chainIds: chains.map(({ chainId }) => chainId) })], { CHAINS })
      const header = (await at.send('/v1/weather')).headers.get('payment-required')
      const required = Challenge.decode(header ?? '')
      if (required !== undefined) offered.push([count, OpenSession.EXTENSION in (required.extensions ?? {})])
    }
    expect(offered.filter(([, found]) => found).length).toBeGreaterThanOrEqual(1)
    expect(offered.at(-1)).toEqual([4, false])
  })

  it('at the endpoint, with a nonce that is another each time', async () => {
    const at = await sessionWorld()
    const [first, second] = [await infoOf(at), await infoOf(at)]
    expect(first.nonce).not.toBe(second.nonce)
    expect((await at.send(ENDPOINT)).headers.get('cache-control')).toBe('no-store')
    expect(await (await at.send('/.well-known/pbstream')).json()).toMatchObject({
      endpoints: { sessions: ORIGIN + ENDPOINT },
    })
  })

  it('nowhere without a master secret', async () => {
    const at = await world()
    expect(Object.keys((await quoted(at, '/v1/weather')).extensions ?? {})).not.toContain(OpenSession.EXTENSION)
    expect(await problem(await at.send(ENDPOINT))).toEqual([404, 'not_found'])
    expect(await problem(await post(at, {}))).toEqual([404, 'not_found'])
  })

  it('by no route that has their path', async () => {
    const at = await sessionWorld([
      route({ id: 'all', path: '/*', rate: null, chainIds: [] }),
      route({ id: 'own', path: `${ENDPOINT}/*`, rate: null, chainIds: [] }),
    ])
    for (const path of [ENDPOINT, `${ENDPOINT}/close`, `${ENDPOINT}/receipts/x`, `${ENDPOINT}/other`])
      await at.send(path)
    expect(at.seen).toHaveLength(0)
  })

  it('cannot be misconfigured unnoticed', async () => {
    for (const text of ['', '[]', '{}', '[{"kid":"a","secret":"short"}]', '[{"secret":"AQEB"}]'])
      await expect(world([route()], { SESSION_MASTER: text })).rejects.toMatchObject({ name: 'InvalidMasterError' })
  })
})

describe('opening a session', () => {
  it('takes the signature of the channel key, and answers a token, a key and where the channel stands', async () => {
    const at = await sessionWorld()
    const response = await post(at, await openBody(at))
    expect(response.headers.get('cache-control')).toBe('no-store')
    const room = Room.parseRoom(response.headers.get('pbstream-room'))
    expect(room).toEqual({ room: 100_000n, accepted: 100_000n, funds: 10n ** 9n, charged: 0n })
    const answer = (await response.json()) as Record<string, unknown>
    expect(answer).toMatchObject({
      v: 1,
      algorithm: 'hmac-sha256',
      epoch: 1,
      expires: NOW + 3600,
      channel: { channelId, accepted: '100000', charged: '0' },
      room: '100000',
    })
    expect(answer['key']).toMatch(/^[\w-]{43}$/)
    const { payload } = SessionToken.decode(String(answer['token']))!
    expect(payload).toMatchObject({ gw: ORIGIN, c: channelId, to: config.receiver, t: config.token, a: 'hmac', e: 1 })
    expect(at.session.openings).toMatchObject([
      { channelId, config, voucher: { max: 100_000n }, expiresAt: (NOW + 3600) * 1000, nonceExpiresAt: START + 60_000 },
    ])
  })

  it('with a key of the caller hands out none', async () => {
    const at = await sessionWorld()
    const { answer } = await openSession(at, {}, await ed25519Key())
    expect(answer.algorithm).toBe('ed25519')
    expect(answer).not.toHaveProperty('key')
  })

  it('lasts no longer than the key of the channel', async () => {
    const at = await sessionWorld()
    at.session.decideOpening = (command) => ({
      ...at.session.opened(command),
      stopsAt: NOW + 100,
    })
    expect((await openSession(at)).answer.expires).toBe(NOW + 100)
  })

  it('reads a channel from the chain that nobody has seen, and has a deposit mined, each once', async () => {
    const at = await sessionWorld()
    const steps: unknown[] = []
    at.session.decideOpening = (command) => {
      steps.push(command.deposit)
      if (steps.length === 1) return { kind: 'unknown_channel' }
      return steps.length === 2 ? { kind: 'deposit', depositId: 'd1' } : undefined
    }
    const authorization = {
      validAfter: 0n,
      validBefore: BigInt(NOW + 60),
      salt: `0x${'0d'.repeat(32)}` as const,
      signature: `0x${'11'.repeat(64)}1b` as const,
    }
    await openSession(at, { deposit: { amount: 5_000_000n, authorization } })
    expect(steps).toEqual([{ amount: 5_000_000n }, { amount: 5_000_000n }, undefined])
    expect(at.settlement.log).toEqual(['observe', 'deposit'])
  })

  it('says why a deposit did not go through', async () => {
    const at = await sessionWorld()
    at.session.decideOpening = () => ({ kind: 'deposit', depositId: 'd1' })
    at.settlement.deposit = async () => ({ kind: 'pending', transaction: TX })
    const authorization = {
      validAfter: 0n,
      validBefore: BigInt(NOW + 60),
      salt: `0x${'0d'.repeat(32)}` as const,
      signature: `0x${'11'.repeat(64)}1b` as const,
    }
    const deposit = { amount: 5_000_000n, authorization }
    const response = await post(at, await openBody(at, { deposit }))
    expect([response.status, await response.json()]).toMatchObject([
      402,
      { code: 'settlement_pending', transaction: TX },
    ])
    at.settlement.deposit = async () => ({ kind: 'failed', code: 'insufficient_funds' })
    expect(await problem(await post(at, await openBody(at, { deposit })))).toEqual([402, 'insufficient_funds'])
    const early = { amount: 1n, authorization: { ...authorization, validBefore: BigInt(NOW) } }
    expect(await problem(await post(at, await openBody(at, { deposit: early })))).toEqual([
      402,
      'deposit_authorization_invalid',
    ])
  })

  it('tells a voucher without room what the next one has to start from', async () => {
    const at = await sessionWorld()
    const held = { max: 5000n, signature: `0x${'12'.repeat(65)}` as const }
    at.session.decideOpening = (command) => ({
      kind: 'corrective',
      channel: at.session.opened(command).channel,
      voucher: held,
    })
    at.session.paid.charged = 7000n
    const response = await post(at, await openBody(at))
    expect(Room.parseRoom(response.headers.get('pbstream-room'))).toMatchObject({ charged: 7000n, room: 0n })
    expect([response.status, await response.json()]).toMatchObject([
      402,
      {
        code: 'cumulative_amount_mismatch',
        channel: { channelId, charged: '7000', accepted: '5000' },
        voucher: { maxClaimableAmount: '5000', signature: held.signature },
      },
    ])
  })
})

describe('an opening that does not do is refused before the stream session is asked', () => {
  const stranger = NobleSigner.create(`0x${'31'.repeat(32)}`)
  const other = `0x${'99'.repeat(20)}` as const
  it.each([
    ['another receiver', { receiver: other }, 'receiver_mismatch'],
    ['another receiver authorizer', { receiverAuthorizer: other }, 'receiver_authorizer_mismatch'],
    ['another token', { token: other }, 'token_mismatch'],
    ['another withdraw delay', { withdrawDelay: 900 }, 'withdraw_delay_mismatch'],
    ['no payer authorizer', { payerAuthorizer: `0x${'00'.repeat(20)}` as const }, 'payer_authorizer_missing'],
    ['another payer authorizer', { payerAuthorizer: other }, 'session_open_signature_invalid'],
  ])('a channel with %s', async (_, terms, code) => {
    const at = await sessionWorld()
    const response = await post(at, await openBody(at, { config: { ...config, ...terms } }))
    expect((await problem(response))[1]).toBe(code)
    expect(at.session.openings).toHaveLength(0)
  })

  it('signatures by somebody else, over other words, or over another gateway', async () => {
    const at = await sessionWorld()
    const codes: unknown[] = []
    const good = await openBody(at)
    const tried = [
      await openBody(at, { signer: stranger }),
      await openBody(at, { gateway: 'https://other.example' }),
      change(good, 'open', { expires: NOW + 3601 }),
      change(good, 'open', { publicKey: (await ed25519Key()).publicKey }),
      change(good, 'voucher', { maxClaimableAmount: '100001' }),
      change(good, 'voucher', { signature: (good['open'] as { signature: string }).signature }),
    ]
    for (const body of tried) codes.push((await problem(await post(at, body))).join(' '))
    const open = '401 session_open_signature_invalid'
    expect(codes).toEqual([open, open, open, open, '402 voucher_signature_invalid', '402 voucher_signature_invalid'])
    expect(at.session.openings).toHaveLength(0)
  })

  it('nonces that are made up, of another origin, of another master, or older than a minute', async () => {
    const at = await sessionWorld()
    const elsewhere = await sessionWorld([route()], { PUBLIC_URL: 'https://other.example' })
    const others = await sessionWorld([route()], {
      SESSION_MASTER: JSON.stringify([{ kid: 'm2', secret: 'AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI' }]),
    })
    const nonces = [`0x${'ab'.repeat(32)}` as const, (await infoOf(elsewhere)).nonce, (await infoOf(others)).nonce]
    for (const nonce of nonces)
      expect(await problem(await post(at, await openBody(at, { nonce })))).toEqual([401, 'session_nonce_invalid'])
    const body = await openBody(at)
    at.state.now += 60_000
    expect(await problem(await post(at, body))).toEqual([401, 'session_nonce_invalid'])
    expect(at.session.openings).toHaveLength(0)
  })

  it.each([
    ['of the past', NOW],
    ['over a day ahead', NOW + 86_401],
  ])('an end %s', async (_, expires) => {
    const at = await sessionWorld()
    expect(await problem(await post(at, await openBody(at, { expires })))).toEqual([400, 'session_expiry_invalid'])
  })

  it.each([
    ['the neutral element', `0x01${'00'.repeat(31)}`],
    ['order 2', `0xec${'ff'.repeat(30)}7f`],
    ['order 4, with y of 0 and its sign', `0x${'00'.repeat(31)}80`],
    ['order 8', '0x26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05'],
    ['a y of p', `0xed${'ff'.repeat(30)}7f`],
    ['a y of p + 1', `0xee${'ff'.repeat(30)}7f`],
    ['no point', `0x02${'00'.repeat(31)}`],
  ])('a public key that is %s', async (_, publicKey) => {
    const at = await sessionWorld()
    const body = await openBody(at, { publicKey: publicKey as `0x${string}` })
    expect(await problem(await post(at, body))).toEqual([400, 'malformed_body'])
  })

  it('bodies that are too long, no JSON, or of another shape', async () => {
    const at = await sessionWorld()
    const good = await openBody(at)
    expect(await problem(await post(at, ''))).toEqual([400, 'malformed_body'])
    expect(await problem(await post(at, 'x'.repeat(16 * 1024 + 1)))).toEqual([413, 'payload_too_large'])
    for (const body of ['{', '[]', 'null', '1', JSON.stringify({ ...good, v: 2 })])
      expect(await problem(await post(at, body))).toEqual([400, 'malformed_body'])
    for (const member of ['network', 'config', 'voucher', 'open'])
      for (const value of [undefined, null, 7, {}, 'x']) {
        const [status] = await problem(await post(at, { ...good, [member]: value }))
        expect([400, 402]).toContain(status)
      }
    expect(await problem(await post(at, { ...good, network: 'eip155:1' }))).toEqual([402, 'network_mismatch'])
    expect(await problem(await at.send(ENDPOINT, { method: 'PUT' }))).toEqual([405, 'method_not_allowed'])
    expect(at.session.openings).toHaveLength(0)
  })

  it('for a route that is switched off or free', async () => {
    const at = await sessionWorld([route({ enabled: false }), route({ id: 'free', path: '/free', rate: null })])
    expect((await problem(await post(at, await openBody(at))))[1]).toBe('receiver_mismatch')
  })
})
