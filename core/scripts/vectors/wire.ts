import * as Base64 from '@pbstream/core/Base64'
import * as Challenge from '@pbstream/core/Challenge'
import * as PaymentResponse from '@pbstream/core/PaymentResponse'
import { channel, config, deposit, exact, payer, resource, terms, voucher } from '../../test/support/payment.ts'
import { type Case, invalid, valid, type VectorFile } from './VectorFile.ts'

type Json = Record<string, unknown>

/** The x402 headers. */
export async function wire(): Promise<Record<string, VectorFile>> {
  return {
    'challenge-header': { description: 'PAYMENT-REQUIRED headers. Output: what they hold.', cases: await challenges() },
    credential: {
      description:
        'PAYMENT-SIGNATURE (v2) and X-PAYMENT (v1) headers. Output: what they hold, or the error code and the member at fault.',
      cases: await credentials(),
    },
    'payment-response': { description: 'PAYMENT-RESPONSE headers. Output: what they hold.', cases: responses() },
  }
}

async function challenges(): Promise<Case[]> {
  const accepts = Challenge.offers(terms)
  const required = Challenge.paymentRequired({ resource, accepts, quote: 'quote.of.call', paymentIdentifier: true })
  const { signature } = await voucher(41_000n)
  const corrective = Challenge.corrective({ resource, terms, channel, voucher: { max: 41_000n, signature } })
  const header = (value: unknown) => ({ header: Base64.encodeJson(value) })
  const withOffer = (change: Json) => header({ ...required, accepts: [{ ...accepts[0], ...change }] })
  const ok = (value: Challenge.PaymentRequired): [unknown, unknown] => [{ header: Challenge.encode(value) }, value]
  return [
    valid('two offers with a quote', ...ok(required)),
    valid('a corrective', ...ok(corrective)),
    valid('a corrective for a public voucher', ...ok(Challenge.corrective({ resource, terms }))),
    invalid('empty', { header: '' }),
    invalid('no base64', { header: '{}' }),
    invalid('no JSON', { header: Base64.encode(new TextEncoder().encode('{"x402Version":2')) }),
    invalid('version 1', header({ ...required, x402Version: 1 })),
    invalid('no offers', header({ ...required, accepts: [] })),
    invalid('no resource', header({ ...required, resource: undefined })),
    invalid('an amount in a number', withOffer({ amount: 1000 })),
    invalid('a negative amount', withOffer({ amount: '-1000' })),
    invalid('a timeout of zero', withOffer({ maxTimeoutSeconds: 0 })),
  ]
}

async function credentials(): Promise<Case[]> {
  const [batchOffer, exactOffer] = Challenge.offers(terms) as [Challenge.Offer, Challenge.Offer]
  const extensions = Challenge.quoteExtension('quote.of.call')
  const payload = { type: 'voucher', channelConfig: config, voucher: await voucher(42_000n) }
  const paid = { x402Version: 2, resource, accepted: batchOffer, payload, extensions }
  const transfer = await exact(1_000n, 1_790_000_600n)
  const v1 = { x402Version: 1, scheme: 'exact', network: 'base-sepolia', payload: transfer }
  const depositPayload = { ...payload, type: 'deposit', deposit: await deposit(1_000_000n, 1_790_000_600n) }
  const id = { 'payment-identifier': { info: { required: false, id: 'pay_0123456789abcdef' }, schema: {} } }
  const header = (value: unknown) => ({ header: Base64.encodeJson(value) })
  const changed = (change: Json) => header({ ...paid, payload: { ...payload, ...change } })
  const withMax = (max: unknown) => changed({ voucher: { ...payload.voucher, maxClaimableAmount: max } })
  return [
    valid('a voucher', header(paid)),
    valid('a voucher in base64url without padding', {
      header: Base64.encodeUrl(new TextEncoder().encode(JSON.stringify(paid))),
    }),
    valid('a voucher with a payment-identifier', header({ ...paid, extensions: { ...extensions, ...id } })),
    valid('a deposit', header({ ...paid, payload: depositPayload })),
    valid('a refund of part', changed({ type: 'refund', amount: '500' })),
    valid('a refund of all', changed({ type: 'refund' })),
    valid('a transfer', header({ ...paid, accepted: exactOffer, payload: transfer })),
    valid('a transfer in v1', header(v1)),
    invalid('empty', { header: '' }),
    invalid('no base64', { header: 'a*b=' }),
    invalid('two headers joined', { header: 'e30=, e30=' }),
    invalid('no JSON', { header: Base64.encode(Uint8Array.of(0x7b)) }),
    invalid('bytes that are no UTF-8', { header: Base64.encode(Uint8Array.of(0x22, 0xff, 0x22)) }),
    invalid('JSON null', header(null)),
    invalid('another version', header({ ...paid, x402Version: 3 })),
    invalid('another scheme', header({ ...paid, accepted: { ...batchOffer, scheme: 'upto' } })),
    invalid('a chain without EVM', header({ ...paid, accepted: { ...batchOffer, network: 'solana:mainnet' } })),
    invalid('a channel payment in v1', header({ ...v1, scheme: 'batch-settlement' })),
    invalid('a v1 network nobody knows', header({ ...v1, network: 'base-goerli' })),
    invalid('a maximum in a number', withMax(42000)),
    invalid('a negative maximum', withMax('-42000')),
    invalid('a maximum in hex', withMax('0xa410')),
    invalid('a fractional maximum', withMax('42000.5')),
    invalid('a maximum of 2^128', withMax((1n << 128n).toString())),
    invalid('a signature of 64 bytes', changed({ voucher: { ...payload.voucher, signature: `0x${'11'.repeat(64)}` } })),
    invalid('a payer that is no address', changed({ channelConfig: { ...config, payer: '0x12' } })),
    invalid('a delay in a string', changed({ channelConfig: { ...config, withdrawDelay: '900' } })),
    invalid('an unknown payload', changed({ type: 'claim' })),
    invalid(
      'a Permit2 deposit',
      changed({ type: 'deposit', deposit: { amount: '1', authorization: { permit2Authorization: {} } } }),
    ),
    invalid('a refund of zero', changed({ type: 'refund', amount: '0' })),
    invalid('a quote that is no string', header({ ...paid, extensions: { 'pbstream-quote': { info: { quote: 1 } } } })),
    invalid(
      'a payment-identifier that is too short',
      header({ ...paid, extensions: { 'payment-identifier': { info: { id: 'x' } } } }),
    ),
  ]
}

function responses(): Case[] {
  const { network } = terms
  const transaction = `0x${'ab'.repeat(32)}` as const
  const charge = PaymentResponse.voucher({ network, payer: payer.address, charged: 1_000n, channel })
  const ok = (value: PaymentResponse.SettleResponse): [unknown, unknown] => [
    { header: PaymentResponse.encode(value) },
    value,
  ]
  const header = (value: unknown) => ({ header: Base64.encodeJson(value) })
  return [
    valid('a charge by voucher', ...ok(charge)),
    valid(
      'a refund',
      ...ok(PaymentResponse.refund({ network, payer: payer.address, amount: 5n, channel, transaction })),
    ),
    valid('a transfer', ...ok(PaymentResponse.exact({ network, payer: payer.address, amount: 1_000n, transaction }))),
    valid('a transfer under way', ...ok(PaymentResponse.failure('settlement_pending', { network, transaction }))),
    invalid('empty', { header: '' }),
    invalid('no JSON', { header: 'AAAA' }),
    invalid('no success', header({ ...charge, success: undefined })),
    invalid('success in a string', header({ ...charge, success: 'true' })),
    invalid('no transaction', header({ ...charge, transaction: undefined })),
    invalid('a fractional amount', header({ ...charge, amount: '0.001' })),
  ]
}
