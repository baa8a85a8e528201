import * as Base64 from '@pbstream/core/Base64'
import * as Jwk from '@pbstream/core/Jwk'
import * as Jws from '@pbstream/core/Jws'
import * as PaymentToken from '@pbstream/core/PaymentToken'
import * as Quote from '@pbstream/core/Quote'
import * as Rate from '@pbstream/core/Rate'
import { ofBounds } from '@pbstream/core/rate/Claims'
import * as Receipt from '@pbstream/core/Receipt'
import * as RequestBinding from '@pbstream/core/RequestBinding'
import * as Ed25519 from '../../test/support/Ed25519.ts'
import { channelId, payer, terms } from '../../test/support/payment.ts'
import { type Case, invalid, valid, type VectorFile } from './VectorFile.ts'

const NOW = 1_790_000_000
const signer = await Ed25519.signer()
const keys = [Jwk.toPublic(Ed25519.key)]
const digest = RequestBinding.digest('GET', 'api.example/v1/weather?city=Berlin', RequestBinding.EMPTY_BODY)

type Claims = Record<string, unknown>

/** What the gateway signs. The key is that of RFC 8037, appendix A. */
export async function tokens(): Promise<Record<string, VectorFile>> {
  return {
    'quote-jws': { description: 'Signed quotes, checked at `now` for the request at hand.', cases: await quotes() },
    'receipt-jws': { description: 'Receipts: they verify offline and for ever.', cases: await receipts() },
    'payment-token-jws': {
      description: 'PBStream-Payment tokens, checked at `now` by the origin that `audience` names.',
      cases: await payments(),
    },
  }
}

async function quotes(): Promise<Case[]> {
  const claims: Quote.Claims = {
    jti: 'kd3Wq0cTjJ3jqkPq6oTgBA',
    rt: 'weather',
    m: 'GET',
    cv: 3,
    ih: Rate.inputsHash(),
    max: '1000',
    iat: NOW,
    exp: NOW + 600,
  }
  const expected = { rt: 'weather', m: 'GET', ih: Rate.inputsHash() }
  const input = { token: await Quote.sign(claims, signer), keys, now: NOW, expected }
  const signed = async (change: Claims) => ({
    ...input,
    token: await Jws.sign({ ...claims, ...change }, Quote.TYPE, signer),
  })
  const bounds = { output_token: 500n }
  const made = { ih: Rate.inputsHash({ bounds }), bd: ofBounds(bounds), tm: { at: NOW * 1_000, sg: { load: '30' } } }
  const { iat, exp, ...front } = claims
  const inOrder = (change: Claims) => ({ ...front, ...change, iat, exp })
  const metered = async (change: Claims = {}) => ({
    ...(await signed({ ...made, ...change })),
    expected: { ...expected, ih: made.ih },
  })
  return [
    valid('fresh', input, { claims }),
    valid('of bounds, a moment and signals', await metered(), { claims: inOrder(made) }),
    valid('of one price for every call', await signed({ fx: true }), { claims: inOrder({ fx: true }) }),
    invalid('with a bound in a number', await metered({ bd: { output_token: 500 } }), { code: 'quote_invalid' }),
    invalid('with a moment in a text', await metered({ tm: { at: `${NOW * 1_000}` } }), { code: 'quote_invalid' }),
    invalid('with a signal in a number', await metered({ tm: { at: NOW, sg: { load: 30 } } }), {
      code: 'quote_invalid',
    }),
    invalid('that is not fixed, and says so', await signed({ fx: false }), { code: 'quote_invalid' }),
    valid('in its last second', { ...input, now: NOW + 599 }, { claims }),
    valid('on a clock that is 60 s behind', { ...input, now: NOW - 60 }, { claims }),
    invalid('expired', { ...input, now: NOW + 600 }, { code: 'quote_expired' }),
    invalid('for another route', { ...input, expected: { ...expected, rt: 'tides' } }, { code: 'quote_invalid' }),
    invalid('for another method', { ...input, expected: { ...expected, m: 'POST' } }, { code: 'quote_invalid' }),
    invalid('for other inputs', {
      ...input,
      expected: { ...expected, ih: Rate.inputsHash({ bounds: { output_token: 64_000n } }) },
    }),
    invalid('from the future', { ...input, now: NOW - 61 }, { code: 'quote_invalid' }),
    invalid('with a maximum in a number', await signed({ max: 1000 }), { code: 'quote_invalid' }),
    invalid('without an id', await signed({ jti: undefined }), { code: 'quote_invalid' }),
    ...(await forgeries(claims, Quote.TYPE)).map(([comment, token]) =>
      invalid(comment, { ...input, token }, { code: 'quote_invalid' }),
    ),
  ]
}

async function receipts(): Promise<Case[]> {
  const transfer: Receipt.Claims = {
    jti: 'r-1',
    scheme: 'exact',
    payer: payer.address,
    network: terms.network,
    asset: terms.token,
    digest,
    route: 'weather',
    price: '1000',
    rate: 3,
    tx: `0x${'ab'.repeat(32)}`,
    iat: NOW,
  }
  const { tx: _, ...common } = transfer
  const claims: Receipt.Claims = {
    ...common,
    scheme: 'batch-settlement',
    session: 'acme-session',
    channel: channelId,
    cumulative: '42000',
  }
  const paid = { session: 'acme-session', key: 2, channel: channelId, cumulative: '42000' }
  const ofSession: Receipt.Claims = { ...common, scheme: 'session', ...paid, request: 'call-1' }
  const { cumulative: __, ...rest } = ofSession
  const lease = 'ls_AAECAwQFBgcICQoLDA0ODw'
  const ofLease: Receipt.Claims = { ...rest, request: `${lease}.7`, lease }
  const input = { token: await Receipt.sign(claims, signer), keys }
  const made = {
    at: NOW * 1_000,
    sg: { load: '30' },
    lv: 'vip1',
    mu: '0.9',
    pos: { u: { output_token: '7' }, c: '12' },
  }
  const signed = async (change: Claims) => ({
    ...input,
    token: await Jws.sign({ ...claims, ...change }, Receipt.TYPE, signer),
  })
  return [
    valid('of a channel', input),
    valid('of a transfer', { ...input, token: await Receipt.sign(transfer, signer) }),
    valid('of a session', { ...input, token: await Receipt.sign(ofSession, signer) }),
    valid('of a lease', { ...input, token: await Receipt.sign(ofLease, signer) }),
    valid('of a metered charge', await signed({ use: { request: '1', output_token: '80' }, tm: made })),
    valid('of spans of time', await signed({ use: { second: '2000' }, tm: { at: NOW * 1_000, ts: [[1, 1_001]] } })),
    invalid('a count in a number', await signed({ use: { output_token: 80 } }), { code: 'claims' }),
    invalid('a count below 0', await signed({ use: { output_token: '-1' } }), { code: 'claims' }),
    invalid('a position in a number', await signed({ tm: { ...made, pos: { u: {}, c: 5 } } }), { code: 'claims' }),
    invalid('no moment', await signed({ tm: { lv: 'vip1' } }), { code: 'claims' }),
    invalid('of a session, no request', await signed({ ...ofSession, request: undefined }), { code: 'claims' }),
    invalid('of a session, a channel total in a number', await signed({ ...ofSession, cumulative: 42_000 })),
    invalid('of an unknown scheme', await signed({ scheme: 'escrow' }), { code: 'claims' }),
    invalid('a price in a float', await signed({ price: 0.001 }), { code: 'claims' }),
    invalid('no channel total', await signed({ cumulative: undefined }), { code: 'claims' }),
    invalid('an address in upper case', await signed({ payer: `0x${'AB'.repeat(20)}` }), { code: 'claims' }),
    ...(await forgeries(claims, Receipt.TYPE)).map(([comment, token]) => invalid(comment, { ...input, token })),
  ]
}

async function payments(): Promise<Case[]> {
  const audience = PaymentToken.audience('acme', 'weather')
  const claims: PaymentToken.Claims = {
    aud: audience,
    payer: payer.address,
    session: 'acme-session',
    rid: 'r-1',
    m: 'GET',
    path: '/v1/weather',
    digest,
    ceiling: '1000',
    iat: NOW,
    exp: NOW + 60,
  }
  const input = { token: await PaymentToken.sign(claims, signer), keys, now: NOW, audience }
  const signed = async (change: Claims) => ({
    ...input,
    token: await Jws.sign({ ...claims, ...change }, PaymentToken.TYPE, signer),
  })
  return [
    valid('fresh', input, { claims }),
    valid('in its last second', { ...input, now: NOW + 59 }, { claims }),
    invalid('expired', { ...input, now: NOW + 60 }, { code: 'expired' }),
    invalid('not valid yet', { ...input, now: NOW - 6 }, { code: 'not_yet' }),
    invalid(
      'for another origin',
      { ...input, audience: PaymentToken.audience('evil', 'weather') },
      { code: 'audience' },
    ),
    invalid('too long a life', await signed({ exp: NOW + 61 }), { code: 'lifetime' }),
    invalid('no request id', await signed({ rid: undefined }), { code: 'claims' }),
    ...(await forgeries(claims, PaymentToken.TYPE)).map(([comment, token]) => invalid(comment, { ...input, token })),
  ]
}

/** What nobody may take for a token, whatever it claims. */
async function forgeries(claims: Claims, typ: string): Promise<[comment: string, token: string][]> {
  const encode = (value: unknown) => Base64.encodeUrl(new TextEncoder().encode(JSON.stringify(value)))
  const [header, body, signature] = (await Jws.sign(claims, typ, signer)).split('.') as [string, string, string]
  const unsigned = `${encode({ alg: 'none', kid: signer.kid, typ })}.${body}.`
  const critical = `${encode({ alg: 'EdDSA', kid: signer.kid, typ, crit: ['b64'], b64: false })}.${body}`
  const critSignature = Base64.encodeUrl(await signer.sign(new TextEncoder().encode(critical)))
  return [
    ['another key', `${encode({ alg: 'EdDSA', kid: 'gateway-2', typ })}.${body}.${signature}`],
    ['changed claims', `${header}.${encode({ ...claims, iat: NOW - 1 })}.${signature}`],
    ['algorithm none', unsigned],
    ['another kind of token', await Jws.sign(claims, 'pb-other', signer)],
    ['a critical extension', `${critical}.${critSignature}`],
    ['a padded signature', `${header}.${body}.${signature}==`],
    ['two parts', `${header}.${body}`],
    ['empty', ''],
  ]
}
