import * as Base64 from '@pbstream/core/Base64'
import * as Jwk from '@pbstream/core/Jwk'
import * as Jws from '@pbstream/core/Jws'
import * as PaymentToken from '@pbstream/core/PaymentToken'
import * as Quote from '@pbstream/core/Quote'
import * as Receipt from '@pbstream/core/Receipt'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import * as Ed25519 from './support/Ed25519.ts'
import { channelId, payer, terms } from './support/payment.ts'

const NOW = 1_790_000_000
const signer = await Ed25519.signer()
const keys = await Ed25519.keys(Ed25519.key)
const digest = `0x${'cd'.repeat(32)}` as const

const quote: Quote.Claims = {
  jti: 'q1',
  rt: 'weather',
  m: 'GET',
  cv: 3,
  ih: 'h',
  max: '1000',
  iat: NOW,
  exp: NOW + 600,
}
const expected: Quote.Expected = { rt: 'weather', m: 'GET', ih: 'h' }
const receipt: Receipt.Claims = {
  jti: 'r1',
  scheme: 'batch-settlement',
  payer: payer.address,
  session: 's1',
  channel: channelId,
  network: terms.network,
  asset: terms.token,
  digest,
  route: 'weather',
  price: '1000',
  rate: 3,
  cumulative: '42000',
  iat: NOW,
}
const payment: PaymentToken.Claims = {
  aud: PaymentToken.audience('acme', 'weather'),
  payer: payer.address,
  session: 's1',
  rid: 'r1',
  m: 'GET',
  path: '/v1/weather',
  digest,
  ceiling: '1000',
  iat: NOW,
  exp: NOW + 60,
}

describe('JWS', () => {
  test('signed claims come back, under the key that its kid names', async () => {
    const token = await Jws.sign({ a: 'é', n: 1 }, 't', signer)
    expect(await Jws.verify(token, 't', keys)).toEqual({ ok: true, claims: { a: 'é', n: 1 } })
    expect(JSON.parse(Buffer.from(token.split('.')[0] as string, 'base64url').toString())).toEqual({
      alg: 'EdDSA',
      kid: 'gateway-1',
      typ: 't',
    })
  })

  test('a token that is changed anywhere is refused', async () => {
    const token = await Jws.sign({ a: 1, text: 'some claims' }, 't', signer)
    await fc.assert(
      fc.asyncProperty(fc.nat(token.length - 1), fc.constantFrom(...'AZaz09-_.=+ '), async (at, letter) => {
        fc.pre(token[at] !== letter)
        const changed = token.slice(0, at) + letter + token.slice(at + 1)
        expect(await Jws.verify(changed, 't', keys)).toMatchObject({ ok: false })
      }),
      { numRuns: 500 },
    )
  })

  test('never throws, whatever the text', async () => {
    const part = fc.oneof(
      fc.string(),
      fc.jsonValue().map((value) => Base64.encodeUrl(new TextEncoder().encode(JSON.stringify(value)))),
    )
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          fc.anything(),
          fc.array(part, { maxLength: 4 }).map((parts) => parts.join('.')),
        ),
        async (value) => {
          expect(await Jws.verify(value as string, 't', keys)).toMatchObject({ ok: false })
        },
      ),
      { numRuns: 1_000 },
    )
    expect(await Jws.verify('a'.repeat(100_000), 't', keys)).toEqual({ ok: false, code: 'malformed' })
  })

  test.each([
    ['alg none', { alg: 'none', kid: 'gateway-1', typ: 't' }, 'algorithm'],
    ['a MAC with the public key', { alg: 'HS256', kid: 'gateway-1', typ: 't' }, 'algorithm'],
    ['another type', { alg: 'EdDSA', kid: 'gateway-1', typ: 'u' }, 'type'],
    ['no type', { alg: 'EdDSA', kid: 'gateway-1' }, 'type'],
    ['an unknown key', { alg: 'EdDSA', kid: 'gateway-2', typ: 't' }, 'unknown_key'],
    ['no key', { alg: 'EdDSA', typ: 't' }, 'malformed'],
    ['critical extensions', { alg: 'EdDSA', kid: 'gateway-1', typ: 't', crit: ['b64'], b64: false }, 'malformed'],
    ['a key of its own', { alg: 'EdDSA', kid: 'gateway-1', typ: 't', jwk: Ed25519.key }, 'malformed'],
  ])('a well signed token with %s is refused', async (_, header, code) => {
    const input = [header, { a: 1 }]
      .map((part) => Base64.encodeUrl(new TextEncoder().encode(JSON.stringify(part))))
      .join('.')
    const signature = Base64.encodeUrl(await signer.sign(new TextEncoder().encode(input)))
    expect(await Jws.verify(`${input}.${signature}`, 't', keys)).toEqual({ ok: false, code })
  })

  test('no kind of token passes for another', async () => {
    const tokens = [
      await Quote.sign(quote, signer),
      await Receipt.sign(receipt, signer),
      await PaymentToken.sign(payment, signer),
    ]
    const results = await Promise.all(
      tokens.map(async (token) => [
        (await Quote.verify(token, keys, NOW, expected)).ok,
        (await Receipt.verify(token, keys)).ok,
        (await PaymentToken.verify(token, keys, NOW, payment.aud)).ok,
      ]),
    )
    expect(results).toEqual([
      [true, false, false],
      [false, true, false],
      [false, false, true],
    ])
  })
})

describe('quotes', () => {
  const verify = async (changes: Record<string, unknown>, now = NOW, want: Quote.Expected = expected) =>
    Quote.verify(await Jws.sign({ ...quote, ...changes }, Quote.TYPE, signer), keys, now, want)

  test('hold until they expire, also on an isolate whose clock is behind', async () => {
    expect(await verify({})).toEqual({ ok: true, claims: quote })
    expect(await verify({}, NOW + 599)).toMatchObject({ ok: true })
    expect(await verify({}, NOW - 60)).toMatchObject({ ok: true })
    expect(await verify({}, NOW + 600)).toEqual({ ok: false, code: 'quote_expired' })
  })

  test.each([
    ['another route', {}, { ...expected, rt: 'other' }],
    ['another method', {}, { ...expected, m: 'POST' }],
    ['other inputs', {}, { ...expected, ih: 'i' }],
    ['another network', { net: 'eip155:1' }, { ...expected, net: 'eip155:84532' }],
    ['a signature from the future', { iat: NOW + 61, exp: NOW + 600 }, expected],
    ['an end before its beginning', { exp: NOW }, expected],
    ['a number as maximum', { max: 1000 }, expected],
    ['a negative maximum', { max: '-1' }, expected],
    ['no id', { jti: undefined }, expected],
    ['a fractional time', { exp: NOW + 0.5 }, expected],
  ])('are refused for %s', async (_, changes, want) => {
    expect(await verify(changes, NOW, want)).toEqual({ ok: false, code: 'quote_invalid' })
  })
})

describe('receipts', () => {
  test('verify offline with the public keys, for channels and transfers', async () => {
    expect(await Receipt.verify(await Receipt.sign(receipt, signer), keys)).toEqual({ ok: true, claims: receipt })
    const named: Receipt.Claims = { ...receipt, rev: 7, key: 1 } as Receipt.Claims
    expect(await Receipt.verify(await Receipt.sign(named, signer), keys)).toEqual({ ok: true, claims: named })
    const {
      session: _s,
      channel: _c,
      cumulative: _t,
      ...common
    } = receipt as Extract<Receipt.Claims, { scheme: 'batch-settlement' }>
    const transfer: Receipt.Claims = { ...common, scheme: 'exact', tx: digest, rev: 0 }
    expect(await Receipt.verify(await Receipt.sign(transfer, signer), keys)).toEqual({ ok: true, claims: transfer })
  })

  test('of a session name the request that was signed; under a lease there is no channel total', async () => {
    const { cumulative, ...rest } = receipt as Extract<Receipt.Claims, { scheme: 'batch-settlement' }>
    const strict: Receipt.Claims = { ...rest, scheme: 'session', request: 'call-1', cumulative, key: 2 }
    const leased: Receipt.Claims = { ...rest, scheme: 'session', request: 'ls_1.7', lease: 'ls_1' }
    for (const claims of [strict, leased]) {
      expect(await Receipt.verify(await Receipt.sign(claims, signer), keys)).toEqual({ ok: true, claims })
    }
    const anonymous = { ...strict, request: '' }
    expect(await Receipt.verify(await Receipt.sign(anonymous, signer), keys)).toMatchObject({ code: 'claims' })
  })

  test.each([
    ['no price', { price: undefined }],
    ['a price in a float', { price: 0.001 }],
    ['an address in upper case', { payer: `0x${'AB'.repeat(20)}` }],
    ['an unknown scheme', { scheme: 'upto' }],
    ['a channel payment without its total', { cumulative: undefined }],
    ['a revision that is none', { rev: -1 }],
    ['half a revision', { rev: 1.5 }],
    ['a version of a key from before the first', { key: 0 }],
  ])('are refused for %s', async (_, changes) => {
    const token = await Jws.sign({ ...receipt, ...changes }, Receipt.TYPE, signer)
    expect(await Receipt.verify(token, keys)).toEqual({ ok: false, code: 'claims' })
  })
})

describe('tokens for origins', () => {
  const verify = async (changes: Record<string, unknown>, now = NOW, aud = payment.aud) =>
    PaymentToken.verify(await Jws.sign({ ...payment, ...changes }, PaymentToken.TYPE, signer), keys, now, aud)

  test('hold for their audience until they expire', async () => {
    expect(await verify({})).toEqual({ ok: true, claims: payment })
    expect(await verify({}, NOW + 59)).toMatchObject({ ok: true })
    expect(await verify({}, NOW + 60)).toEqual({ ok: false, code: 'expired' })
    expect(await verify({}, NOW - 6)).toEqual({ ok: false, code: 'not_yet' })
    expect(await verify({}, NOW, PaymentToken.audience('acme', 'other'))).toEqual({ ok: false, code: 'audience' })
  })

  test.each([
    ['a life of more than 60 seconds', { exp: NOW + 61 }, 'lifetime'],
    ['an end before its beginning', { exp: NOW }, 'lifetime'],
    ['no request id', { rid: undefined }, 'claims'],
    ['a ceiling that is no amount', { ceiling: '1e3' }, 'claims'],
  ])('are refused for %s', async (_, changes, code) => {
    expect(await verify(changes)).toEqual({ ok: false, code })
  })
})

describe('keys', () => {
  test('a private key parses, and what is published of it holds no private part', () => {
    const parsed = Jwk.parsePrivate(JSON.stringify({ ...Ed25519.key, use: 'sig' }))
    expect(parsed).toEqual(Ed25519.key)
    expect(JSON.stringify(Jwk.keySet(parsed))).not.toContain(Ed25519.key.d)
    expect(Jwk.parsePublic(Jwk.keySet(parsed).keys[0])).toEqual(Jwk.toPublic(Ed25519.key))
  })

  test.each([
    ['no JSON', '{'],
    ['no object', '5'],
    ['a public key', JSON.stringify(Jwk.toPublic(Ed25519.key))],
    ['another curve', JSON.stringify({ ...Ed25519.key, crv: 'X25519' })],
    ['no kid', JSON.stringify({ ...Ed25519.key, kid: undefined })],
    ['a short key', JSON.stringify({ ...Ed25519.key, d: 'nWGxne_9' })],
  ])('%s is refused without a word of it', (_, json) => {
    expect(() => Jwk.parsePrivate(json)).toThrow(/^not a private Ed25519 JWK with a kid$/)
  })
})
