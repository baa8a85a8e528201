import * as Base64 from '@pbstream/core/Base64'
import * as Challenge from '@pbstream/core/Challenge'
import type { Hex } from '@pbstream/core/Hex'
import * as Quote from '@pbstream/core/Quote'
import * as Rate from '@pbstream/core/Rate'
import { decodePaymentRequiredHeader } from '@x402/core/http'
import { PaymentRequiredV1Schema, PaymentRequiredV2Schema } from '@x402/core/schemas'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import * as Ed25519 from './support/Ed25519.ts'
import { channel, config, deposit, resource, terms, voucher } from './support/payment.ts'

async function quote(): Promise<string> {
  const claims: Quote.Claims = {
    jti: 'kd3Wq0cTjJ3jqkPq6oTgBA',
    rt: 'weather-by-city',
    m: 'GET',
    cv: 12,
    ih: Rate.inputsHash(),
    max: '1000',
    iat: 1_790_000_000,
    exp: 1_790_000_600,
  }
  return Quote.sign(claims, await Ed25519.signer())
}

const base = Challenge.paymentRequired({ resource, accepts: Challenge.offers(terms) })

describe('PAYMENT-REQUIRED', () => {
  test('is what the official client decodes and validates', async () => {
    const required = Challenge.paymentRequired({
      resource,
      accepts: Challenge.offers(terms),
      quote: await quote(),
      paymentIdentifier: true,
      error: 'quote_expired',
    })
    const decoded = decodePaymentRequiredHeader(Challenge.encode(required))
    expect(PaymentRequiredV2Schema.parse(decoded)).toEqual(JSON.parse(JSON.stringify(required)))
    expect(Challenge.decode(Challenge.encode(required))).toEqual(required)
  })

  test('offers channels before transfers, on every network', () => {
    const other = { ...terms, network: 'eip155:8453' }
    const schemes = Challenge.offers(terms, other).map(({ scheme, network }) => `${scheme} ${network}`)
    expect(schemes).toEqual([
      'batch-settlement eip155:84532',
      'batch-settlement eip155:8453',
      'exact eip155:84532',
      'exact eip155:8453',
    ])
  })

  test('advises a deposit of one USDC or a hundred calls, whichever is more', () => {
    expect([0n, 10_000n, 10_001n].map(Challenge.minDeposit)).toEqual([1_000_000n, 1_000_000n, 1_000_100n])
    expect(Challenge.minDeposit((1n << 128n) - 1n)).toBe((1n << 128n) - 1n)
  })

  test('stays within 4 KB for any URL a caller can send, and keeps all but the URL', async () => {
    const signed = await quote()
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 20_000 }), fc.integer({ min: 0, max: 20_000 }), (path, query) => {
        const url = `https://api.example/${'p'.repeat(path)}?${'q'.repeat(query)}`
        const header = Challenge.encode(
          Challenge.paymentRequired({ resource: { ...resource, url }, accepts: base.accepts, quote: signed }),
        )
        expect(header.length).toBeLessThanOrEqual(Challenge.MAX_HEADER_BYTES)
        const decoded = Challenge.decode(header)
        expect(decoded).toMatchObject({ accepts: base.accepts, extensions: Challenge.quoteExtension(signed) })
        expect(url.startsWith(decoded?.resource.url as string)).toBe(true)
      }),
    )
  })

  test('offers that cannot fit are a fault of the configuration, named as such', () => {
    const accepts = Challenge.offers(
      ...Array.from({ length: 12 }, (_, i) => ({ ...terms, network: `eip155:${i + 1}` })),
    )
    expect(() => Challenge.encode({ ...base, accepts })).toThrow(Challenge.HeaderTooLargeError)
  })

  test('decode is undefined, never an exception, for anything else', () => {
    const damaged = fc.constantFrom('x402Version', 'resource', 'accepts')
    fc.assert(
      fc.property(
        fc.oneof(fc.string(), fc.base64String(), fc.jsonValue().map(Base64.encodeJson)),
        (text) => void expect(Challenge.decode(text)).toBeUndefined(),
      ),
    )
    fc.assert(
      fc.property(
        damaged,
        fc.oneof(fc.jsonValue(), fc.constant([{}])).filter((value) => value !== 2),
        (member, value) =>
          void expect(Challenge.decode(Base64.encodeJson({ ...base, [member]: value }))).toBeUndefined(),
      ),
    )
  })
})

describe('the corrective 402', () => {
  test('has one accept with both states, the code clients act on, and no extension but the quote', async () => {
    const signature = (await voucher(42_000n)).signature
    const required = Challenge.corrective({
      resource,
      terms,
      channel,
      voucher: { max: 42_000n, signature },
      quote: await quote(),
    })
    expect(required.error).toBe('invalid_batch_settlement_evm_cumulative_amount_mismatch')
    expect(required.accepts).toHaveLength(1)
    expect(required.accepts[0]?.extra).toMatchObject({
      channelState: { chargedCumulativeAmount: '41000', balance: '1000000', totalClaimed: '20000', refundNonce: '0' },
      voucherState: { signedMaxClaimable: '42000', signature },
    })
    expect(Object.keys(required.extensions ?? {})).toEqual(['pbstream-quote'])
  })

  test('for a public voucher says nothing about the channel', () => {
    const extra = Challenge.corrective({ resource, terms }).accepts[0]?.extra
    expect(extra).not.toHaveProperty('channelState')
    expect(extra).not.toHaveProperty('voucherState')
  })
})

test('the largest payment that answers one of our 402s fits in 4 KB, whatever URL was asked for', async () => {
  const largest = (1n << 128n) - 1n
  const signature = (await voucher(largest)).signature
  const signed = await quote()
  const payload = {
    type: 'deposit',
    channelConfig: { ...config, withdrawDelay: 2_592_000 },
    voucher: await voucher(largest),
    deposit: await deposit(largest, 1_790_000_600n),
  }
  fc.assert(
    fc.property(
      fc.nat(4_000),
      fc.nat(4_000),
      fc.string({ unit: 'grapheme', maxLength: 400 }),
      (path, query, description) => {
        const required = Challenge.corrective({
          resource: { ...resource, description, url: `https://api.example/${'p'.repeat(path)}?${'q'.repeat(query)}` },
          terms: { ...terms, price: largest / 200n },
          channel: { ...channel, balance: largest, totalClaimed: largest, chargedCumulative: largest },
          voucher: { max: largest, signature },
          quote: signed,
        })
        const { extensions, resource: sold, accepts } = decodePaymentRequiredHeader(Challenge.encode(required))
        const payment = Base64.encodeJson({ x402Version: 2, payload, extensions, resource: sold, accepted: accepts[0] })
        expect(payment.length).toBeLessThanOrEqual(4096)
      },
    ),
  )
})

describe('x402 v1', () => {
  test('the body of the 402 is what official v1 clients validate', () => {
    const body = Challenge.bodyV1(resource, [terms])
    expect(PaymentRequiredV1Schema.parse(body)).toMatchObject({
      x402Version: 1,
      accepts: [{ scheme: 'exact', network: 'base-sepolia', maxAmountRequired: '1000', asset: terms.token }],
    })
  })

  test('networks without a v1 name are left out', () => {
    expect(Challenge.bodyV1(resource, [{ ...terms, network: 'eip155:31337' }]).accepts).toEqual([])
  })
})

test('signatures in voucherState are sent as they are stored', () => {
  const signature: Hex = `0x${'11'.repeat(64)}1b`
  expect(Challenge.batchOffer(terms, { voucher: { max: 5n, signature } }).extra['voucherState']).toEqual({
    signedMaxClaimable: '5',
    signature,
  })
})
