import * as Challenge from '@pbstream/core/Challenge'
import { fromBytes } from '@pbstream/core/Hex'
import * as OpenSession from '@pbstream/core/session/OpenSession'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { hashTypedData } from 'viem'
import { address, bytes32, chainId } from '../support/arbitrary.ts'
import { resource, terms } from '../support/payment.ts'
import { ED25519, GATEWAY } from '../support/session.ts'

const nonce = `0x${'9a'.repeat(32)}` as const
const info = OpenSession.info(GATEWAY, nonce, 1_000_000n)

describe('OpenSession', () => {
  const open = fc.record({
    channelId: bytes32,
    gateway: fc.string(),
    nonce: bytes32,
    expires: fc.nat({ max: Number.MAX_SAFE_INTEGER }),
    publicKey: bytes32,
  })
  test('has the digest that wallets sign', () => {
    fc.assert(
      fc.property(open, chainId, address, (message, chain, contract) => {
        const expected = hashTypedData({
          domain: OpenSession.domain(chain, contract),
          types: OpenSession.TYPES,
          primaryType: 'OpenSession',
          message: { ...message, expires: BigInt(message.expires) },
        })
        expect(fromBytes(OpenSession.digest(OpenSession.domainSeparator(chain, contract), message))).toBe(expected)
      }),
    )
  })
  test('names its algorithm by the public key', () => {
    expect(OpenSession.algorithm(OpenSession.HMAC_PUBLIC_KEY)).toBe('hmac-sha256')
    expect(OpenSession.algorithm(ED25519.publicKey)).toBe('ed25519')
  })
})

describe('the extension', () => {
  test('comes back from a 402 as it was put in, and the 402 keeps within its 4 KB', () => {
    const required = Challenge.paymentRequired({
      resource: { ...resource, url: `${resource.url}&long=${'x'.repeat(3_000)}` },
      accepts: Challenge.offers(terms, { ...terms, network: 'eip155:8453' }),
      quote: 'q'.repeat(300),
      paymentIdentifier: true,
      extensions: OpenSession.extension(info),
    })
    const header = Challenge.encode(required)
    expect(header.length).toBeLessThanOrEqual(Challenge.MAX_HEADER_BYTES)
    expect(OpenSession.parseInfo(Challenge.decode(header)?.extensions?.[OpenSession.EXTENSION]?.info)).toEqual(info)
    expect(info.endpoint).toBe('https://api.example/.well-known/pbstream/session')
  })
  test('is read also when it says more than is known', () => {
    const algorithms = ['ml-dsa', 'ed25519']
    expect(OpenSession.parseInfo({ ...info, algorithms, later: 1 })).toEqual({ ...info, algorithms: ['ed25519'] })
  })
  test.each([
    undefined,
    null,
    'info',
    [],
    {},
    { ...info, v: 2 },
    { ...info, v: '1' },
    { ...info, endpoint: 'https://evil.example/.well-known/pbstream/session' },
    { ...info, endpoint: `${info.endpoint}/` },
    { ...info, gateway: 'https://evil.example' },
    { ...info, gateway: undefined },
    { ...info, gateway: 7 },
    { ...info, nonce: '0x12' },
    { ...info, nonce: 7 },
    { ...info, room: 1_000_000 },
    { ...info, room: '-1' },
    { ...info, algorithms: 'hmac-sha256' },
    { ...info, algorithms: [] },
    { ...info, algorithms: ['rsa-pss-sha512'] },
  ])('that says %j cannot be used', (value) => {
    expect(OpenSession.parseInfo(value)).toBeUndefined()
  })
  test('of any JSON never throws', () => {
    fc.assert(fc.property(fc.jsonValue(), (value) => OpenSession.parseInfo(value) === undefined))
  })
})

test('an origin is what URL.origin says, and nothing that only looks like it', () => {
  for (const origin of [GATEWAY, 'http://localhost:8787', 'http://[::1]:81', 'https://xn--bcher-kva.example']) {
    expect(OpenSession.isOrigin(origin), origin).toBe(true)
  }
  const others = [
    `${GATEWAY}/`,
    `${GATEWAY}:443`,
    'http://localhost:80',
    'https://A.example',
    'https://a.example?',
    'https://a.example#',
    'https://u:p@a.example',
    'wss://a.example',
    'https://',
    'https:// a',
    'null',
    '',
    undefined,
    7,
    'https://bücher.example',
    `https://${'a.'.repeat(150)}example`,
  ]
  for (const other of others) expect(OpenSession.isOrigin(other), String(other)).toBe(false)
})
