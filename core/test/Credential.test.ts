import * as Base64 from '@pbstream/core/Base64'
import * as Challenge from '@pbstream/core/Challenge'
import * as Credential from '@pbstream/core/Credential'
import { errors } from '@pbstream/core/Errors'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { channelId, config, deposit, exact, resource, terms, voucher } from './support/payment.ts'

type Json = { [member: string]: Json | unknown }

const required = Challenge.paymentRequired({ resource, accepts: Challenge.offers(terms), quote: 'a.b.c' })
const [batchOffer, exactOffer] = required.accepts as [Challenge.Offer, Challenge.Offer]
const envelope = { x402Version: 2, resource, extensions: required.extensions }
const payments: Record<string, Json> = {
  voucher: {
    ...envelope,
    accepted: batchOffer,
    payload: { type: 'voucher', channelConfig: config, voucher: await voucher(1_000n) },
  },
  deposit: {
    ...envelope,
    accepted: batchOffer,
    payload: {
      type: 'deposit',
      channelConfig: config,
      voucher: await voucher(1_000n),
      deposit: await deposit(1_000_000n, 1_790_000_000n),
    },
  },
  refund: {
    ...envelope,
    accepted: batchOffer,
    payload: { type: 'refund', channelConfig: config, voucher: await voucher(1_000n), amount: '500' },
  },
  exact: { ...envelope, accepted: exactOffer, payload: await exact(1_000n, 1_790_000_000n) },
  exactV1: { x402Version: 1, scheme: 'exact', network: 'base-sepolia', payload: await exact(1_000n, 1_790_000_000n) },
}

describe('payments that are in order', () => {
  test('a voucher', () => {
    expect(Credential.decode(Base64.encodeJson(payments['voucher']))).toMatchObject({
      scheme: 'batch-settlement',
      type: 'voucher',
      network: 'eip155:84532',
      accepted: batchOffer,
      quote: 'a.b.c',
      config,
      voucher: { channelId, max: 1_000n },
    })
  })

  test('a deposit', () => {
    expect(Credential.decode(Base64.encodeJson(payments['deposit']))).toMatchObject({
      type: 'deposit',
      deposit: { amount: 1_000_000n, authorization: { validAfter: 0n, validBefore: 1_790_000_000n } },
    })
  })

  test('a refund, of part or all', () => {
    expect(Credential.from(payments['refund'])).toMatchObject({ type: 'refund', amount: 500n })
    const all = Credential.from(replaced('refund', ['payload', 'amount'], undefined))
    expect(all).toMatchObject({ type: 'refund' })
    expect(all).not.toHaveProperty('amount')
  })

  test('a transfer, in v2 and v1', () => {
    expect(Credential.from(payments['exact'])).toMatchObject({
      scheme: 'exact',
      version: 2,
      authorization: { value: 1_000n },
    })
    expect(Credential.from(payments['exactV1'])).toMatchObject({ scheme: 'exact', version: 1, network: 'eip155:84532' })
  })

  test('in base64 and base64url, padded and not', () => {
    const standard = Base64.encodeJson({ ...payments['voucher'], resource: { url: 'https://é.example/???>>>' } })
    const forms = [standard, standard.replace(/=+$/, ''), standard.replaceAll('+', '-').replaceAll('/', '_')]
    for (const form of forms) expect(Credential.decode(form)).toMatchObject({ type: 'voucher' })
  })

  test('hex in any case comes out in lower case, v of 0 and 1 as 27 and 28', async () => {
    const { signature } = await voucher(1_000n)
    const raw = `0x${signature.slice(2, 130).toUpperCase()}${signature.endsWith('1b') ? '00' : '01'}`
    expect(Credential.from(replaced('voucher', ['payload', 'voucher', 'signature'], raw))).toMatchObject({
      voucher: { signature },
    })
    const loud = `0x${config.payer.slice(2).toUpperCase()}`
    expect(Credential.from(replaced('voucher', ['payload', 'channelConfig', 'payer'], loud))).toMatchObject({ config })
  })

  test('a payment-identifier is given out', () => {
    const extensions = { 'payment-identifier': { info: { required: false, id: 'pay_0123456789ab' }, schema: {} } }
    expect(Credential.from({ ...payments['voucher'], extensions })).toMatchObject({
      paymentIdentifier: 'pay_0123456789ab',
    })
  })
})

describe('a member that is wrong is named, and its value is not repeated', () => {
  const amounts = [
    '-1',
    '1.5',
    '0x10',
    '1e3',
    '01',
    '',
    ' 1',
    (1n << 128n).toString(),
    1000,
    null,
    undefined,
    {},
    '9'.repeat(5_000),
  ]
  const addresses = ['0x', `0x${'1'.repeat(39)}`, `0x${'g'.repeat(40)}`, '1'.repeat(42), 5, null, undefined]
  const words = ['0x', `0x${'1'.repeat(63)}`, '1'.repeat(66), 7, null, undefined]
  const times = ['-1', '1.5', '0x10', '01', (1n << 256n).toString(), 1_790_000_000, null, undefined]
  const objects = [null, undefined, [], 'x', 3]
  const cases: [payment: string, path: string[], wrong: unknown[]][] = [
    ['voucher', ['payload'], objects],
    ['voucher', ['payload', 'voucher'], objects],
    ['voucher', ['payload', 'voucher', 'maxClaimableAmount'], amounts],
    ['voucher', ['payload', 'voucher', 'channelId'], words],
    [
      'voucher',
      ['payload', 'voucher', 'signature'],
      ['0x', `0x${'1'.repeat(128)}`, `0x${'g'.repeat(130)}`, 5, undefined],
    ],
    ['voucher', ['payload', 'channelConfig'], objects],
    ['voucher', ['payload', 'channelConfig', 'payerAuthorizer'], addresses],
    ['voucher', ['payload', 'channelConfig', 'salt'], words],
    ['voucher', ['payload', 'channelConfig', 'withdrawDelay'], ['900', 1.5, -1, 2 ** 41, null, undefined]],
    ['voucher', ['payload', 'type'], ['claim', 'settle', 1, null, undefined, '__proto__']],
    ['voucher', ['accepted'], objects],
    ['voucher', ['accepted', 'amount'], amounts],
    ['voucher', ['accepted', 'asset'], addresses],
    ['voucher', ['accepted', 'payTo'], addresses],
    ['voucher', ['accepted', 'maxTimeoutSeconds'], ['300', 0, -1, 1.5, null, undefined]],
    ['voucher', ['accepted', 'extra'], [[], 'x', 3]],
    ['voucher', ['extensions'], [[], 'x', 3]],
    ['deposit', ['payload', 'deposit'], objects],
    ['deposit', ['payload', 'deposit', 'amount'], amounts],
    ['deposit', ['payload', 'deposit', 'authorization', 'erc3009Authorization'], objects],
    ['deposit', ['payload', 'deposit', 'authorization', 'erc3009Authorization', 'validBefore'], times],
    ['deposit', ['payload', 'deposit', 'authorization', 'erc3009Authorization', 'salt'], words],
    ['refund', ['payload', 'amount'], ['-1', '1.5', 5, {}]],
    ['exact', ['payload', 'authorization', 'from'], addresses],
    ['exact', ['payload', 'authorization', 'value'], amounts],
    ['exact', ['payload', 'authorization', 'validAfter'], times],
    ['exact', ['payload', 'authorization', 'nonce'], words],
    ['exact', ['payload', 'signature'], ['0x', `0x${'1'.repeat(131)}`, `0x${'11'.repeat(1_025)}`, 5, undefined]],
    ['exactV1', ['payload', 'authorization', 'to'], addresses],
  ]
  test.each(cases)('%s: %j', (payment, path, wrong) => {
    for (const value of wrong) {
      const result = Credential.decode(Base64.encodeJson(replaced(payment, path, value)))
      expect(result).toEqual({
        error: 'malformed_payment',
        detail: expect.stringContaining(`${path.join('.')} is`) as string,
      })
      if (typeof value === 'string' && value.length > 6)
        expect((result as Credential.Failure).detail).not.toContain(value)
    }
  })
})

describe('a payment of a kind that is not taken says so', () => {
  test.each([
    ['another scheme', replaced('exact', ['accepted', 'scheme'], 'upto'), 'unsupported_scheme'],
    ['a channel in v1', { ...payments['exactV1'], scheme: 'batch-settlement' }, 'unsupported_scheme'],
    [
      'a chain without EVM',
      replaced('voucher', ['accepted', 'network'], 'solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp'),
      'network_mismatch',
    ],
    ['an unknown v1 network', { ...payments['exactV1'], network: 'base-goerli' }, 'network_mismatch'],
    [
      'a Permit2 deposit',
      replaced('deposit', ['payload', 'deposit', 'authorization'], { permit2Authorization: {} }),
      'deposit_authorization_invalid',
    ],
    [
      'a Permit2 transfer',
      replaced('exact', ['payload'], { signature: '0x', permit2Authorization: {} }),
      'unsupported_scheme',
    ],
    ['a refund of nothing', replaced('refund', ['payload', 'amount'], '0'), 'refund_amount_invalid'],
    [
      'a quote that is no string',
      replaced('voucher', ['extensions', 'pbstream-quote', 'info', 'quote'], 5),
      'quote_invalid',
    ],
    ['an id that is too short', withId('short'), 'malformed_request_id'],
    ['an id with a space', withId('0123456789 abcdef'), 'malformed_request_id'],
    ['an id that is a number', withId(1234567890123456), 'malformed_request_id'],
    ['another version', { ...payments['voucher'], x402Version: 3 }, 'malformed_payment'],
    ['a version in a string', { ...payments['voucher'], x402Version: '2' }, 'malformed_payment'],
  ])('%s', (_, value, error) => expect(Credential.from(value)).toMatchObject({ error }))
})

describe('never throws', () => {
  const check = (result: Credential.Credential | Credential.Failure) => {
    if ('error' in result) expect(errors).toHaveProperty(result.error)
    else expect(['batch-settlement', 'exact']).toContain(result.scheme)
  }

  test('on 10,000 texts and values of any shape', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.base64String()), (text) => check(Credential.decode(text))),
      { numRuns: 4_000 },
    )
    fc.assert(
      fc.property(fc.jsonValue(), (value) => check(Credential.decode(Base64.encodeJson(value)))),
      { numRuns: 2_000 },
    )
    fc.assert(
      fc.property(fc.anything(), (value) => check(Credential.from(value))),
      { numRuns: 2_000 },
    )
    fc.assert(
      fc.property(fc.anything(), (value) => check(Credential.decode(value as string))),
      { numRuns: 2_000 },
    )
  })

  test('on 10,000 real payments with one member replaced by anything', () => {
    const spots = Object.entries(payments).flatMap(([name, value]) => paths(value).map((path) => [name, path] as const))
    fc.assert(
      fc.property(fc.constantFrom(...spots), fc.anything({ maxDepth: 2 }), ([name, path], value) =>
        check(Credential.from(replaced(name, path, value))),
      ),
      { numRuns: 10_000 },
    )
  })

  test('on deep and wide JSON', () => {
    check(Credential.decode(Base64.encode(new TextEncoder().encode('['.repeat(100_000)))))
    check(
      Credential.decode(Base64.encode(new TextEncoder().encode(`${'{"payload":'.repeat(5_000)}1${'}'.repeat(5_000)}`))),
    )
    check(Credential.decode('A'.repeat(1_000_000)))
  })
})

/** A copy of a payment with one member replaced, or removed for `undefined`. */
function replaced(payment: string, path: readonly string[], value: unknown): Json {
  const copy = structuredClone(payments[payment]) as Json
  let holder = copy
  for (const member of path.slice(0, -1)) holder = holder[member] as Json
  const last = path.at(-1) as string
  if (value === undefined) delete holder[last]
  else holder[last] = value
  return copy
}

function withId(id: unknown): Json {
  return { ...payments['voucher'], extensions: { 'payment-identifier': { info: { required: false, id }, schema: {} } } }
}

function paths(value: unknown, prefix: string[] = []): string[][] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([member, inner]) => [[...prefix, member], ...paths(inner, [...prefix, member])])
}
