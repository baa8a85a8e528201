import * as Base64 from '@pbstream/core/Base64'
import { sessionName } from '@pbstream/core/message/Session'
import * as SessionToken from '@pbstream/core/session/SessionToken'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { address, bytes32, chainId } from '../support/arbitrary.ts'
import { ED25519, GATEWAY, keys, masters, NOW, payload, token, tokenOf } from '../support/session.ts'

const at = { gateway: GATEWAY, now: NOW }
const encoder = new TextEncoder()
const count = fc.nat({ max: Number.MAX_SAFE_INTEGER })
const anyPayload: fc.Arbitrary<SessionToken.Payload> = fc.record({
  v: fc.constant(1 as const),
  kid: fc.stringMatching(/^[A-Za-z0-9_-]{1,32}$/),
  gw: fc.webAuthority({ withPort: true }).map((authority) => new URL(`https://${authority}`).origin),
  s: fc.record({ chainId, contract: address, payer: address, payerAuthorizer: address }).map(sessionName),
  c: bytes32,
  to: address,
  t: address,
  a: fc.oneof(fc.constant('hmac' as const), bytes32),
  e: count,
  x: count,
})
const judge = async (text: string) => {
  const decoded = SessionToken.decode(text)
  return decoded === undefined ? 'unreadable' : SessionToken.check(decoded, keys.tokenMac, at)
}

describe('a session token', () => {
  test('says what was put in, and is good until it expires, at its own gateway', async () => {
    const decoded = SessionToken.decode(token)!
    expect(decoded.payload).toEqual(payload)
    expect(decoded.signed).toEqual(SessionToken.signingBytes(payload))
    const check = (change: Partial<typeof at>) => SessionToken.check(decoded, keys.tokenMac, { ...at, ...change })
    expect(await check({})).toBeUndefined()
    expect(await check({ now: payload.x - 1 })).toBeUndefined()
    expect(await check({ now: payload.x })).toBe('session_expired')
    expect(await check({ gateway: 'https://evil.example' })).toBe('session_token_invalid')
    expect(await check({ gateway: 'https://evil.example', now: payload.x })).toBe('session_token_invalid')
  })
  test('of any payload comes back as it was', () => {
    fc.assert(
      fc.property(anyPayload, fc.uint8Array({ minLength: 32, maxLength: 32 }), (any, mac) => {
        expect(SessionToken.decode(SessionToken.encode(any, mac))).toEqual({
          payload: any,
          signed: SessionToken.signingBytes(any),
          mac,
        })
      }),
    )
  })
  test('is verified under the master that made it, as long as that is known', async () => {
    expect(masters.map(({ kid }) => kid)).toEqual(['m2', 'm1'])
    const old = await tokenOf({ kid: 'm1' })
    expect(await judge(old)).toBeUndefined()
    const decoded = SessionToken.decode(old)!
    expect(await SessionToken.check(decoded, () => undefined, at)).toBe('session_token_invalid')
    expect(await SessionToken.check(decoded, () => keys.tokenMac('m2'), at)).toBe('session_token_invalid')
  })
  test('that claims anything else than was signed is refused', async () => {
    const mac = SessionToken.decode(token)!.mac
    const changes: Partial<SessionToken.Payload>[] = [
      { kid: 'm1' },
      { gw: 'https://other.example' },
      { s: payload.s.replace('84532', '8453') },
      { c: `0x${'1'.repeat(64)}` },
      { to: `0x${'1'.repeat(40)}` },
      { t: `0x${'1'.repeat(40)}` },
      { a: ED25519.publicKey },
      { e: payload.e + 1 },
      { x: payload.x + 1 },
    ]
    for (const change of changes) {
      const forged = SessionToken.encode({ ...payload, ...change }, mac)
      expect(await judge(forged), JSON.stringify(change)).toBe('session_token_invalid')
    }
  })
  test('has one text: no other way to write it is read', () => {
    const [body, mac] = token.split('.') as [string, string]
    const rewritten = (value: unknown) => `${Base64.encodeUrl(encoder.encode(JSON.stringify(value)))}.${mac}`
    const { v, ...rest } = payload
    const json = JSON.stringify(payload)
    const others = {
      'another order': rewritten({ ...rest, v }),
      'a member more': rewritten({ ...payload, y: 1 }),
      'a member twice': `${Base64.encodeUrl(encoder.encode(`{"v":1,${json.slice(1)}`))}.${mac}`,
      spaces: `${Base64.encodeUrl(encoder.encode(json.replace('{', '{ ')))}.${mac}`,
      'an escaped character': `${Base64.encodeUrl(encoder.encode(json.replace('hmac', '\\u0068mac')))}.${mac}`,
      padding: `${token}=`,
      'standard base64': token.replaceAll('-', '+').replaceAll('_', '/'),
      'loose bits at the end': token.slice(0, -1) + String.fromCharCode(token.charCodeAt(token.length - 1) + 1),
      'a short MAC': `${body}.${mac.slice(0, -2)}`,
      'no MAC': `${body}.`,
      'no dot': body + mac,
      'a third part': `${token}.`,
      nothing: '',
    }
    for (const [what, text] of Object.entries(others)) {
      if (text !== token) expect(SessionToken.decode(text), what).toBeUndefined()
    }
  })
  test.each([
    { v: 2 },
    { kid: '' },
    { kid: 'a b' },
    { kid: 'k'.repeat(33) },
    { gw: 'api.example' },
    { gw: 'https://api.example/' },
    { gw: 'https://api.example:443' },
    { gw: 'https://user@api.example' },
    { gw: 'HTTPS://api.example' },
    { gw: 'ftp://api.example' },
    { gw: `https://${'a'.repeat(300)}.example` },
    { s: 'session' },
    { s: payload.s.toUpperCase() },
    { c: '0x12' },
    { c: payload.c.toUpperCase().replace('X', 'x') },
    { to: payload.to.toUpperCase().replace('X', 'x') },
    { t: payload.c },
    { a: 'none' },
    { a: `0x${'0'.repeat(64)}` },
    { a: ED25519.publicKey.toUpperCase().replace('X', 'x') },
    { e: -1 },
    { e: 1.5 },
    { e: '3' },
    { x: 2 ** 53 },
    { x: null },
  ])('with %j is none', (change) => {
    const text = SessionToken.encode({ ...payload, ...change } as unknown as SessionToken.Payload, new Uint8Array(32))
    expect(SessionToken.decode(text)).toBeUndefined()
  })
  test('is not found in any other text, and nothing throws', () => {
    const texts = fc.oneof(
      fc.string(),
      fc.base64String(),
      fc.tuple(fc.json(), fc.uint8Array({ minLength: 32, maxLength: 32 })).map(([json, mac]) => {
        return `${Base64.encodeUrl(encoder.encode(json))}.${Base64.encodeUrl(mac)}`
      }),
    )
    fc.assert(
      fc.property(texts, (text) => {
        expect(SessionToken.decode(text)).toBeUndefined()
      }),
      { numRuns: 500 },
    )
    expect(SessionToken.decode(undefined as never)).toBeUndefined()
    expect(SessionToken.decode('a'.repeat(100_000))).toBeUndefined()
  })
})
