/** A gateway's keys by WebCrypto, and a session on the channel of `payment.ts`: for tests and vectors only. */
import type { ErrorCode } from '@pbstream/core/Errors'
import { fromBytes, type Hex, toBytes } from '@pbstream/core/Hex'
import type { VerifyBytes } from '@pbstream/core/Jws'
import { sessionName } from '@pbstream/core/message/Session'
import * as HttpSignature from '@pbstream/core/session/HttpSignature'
import * as Lease from '@pbstream/core/session/Lease'
import * as Master from '@pbstream/core/session/Master'
import * as Room from '@pbstream/core/session/Room'
import * as SessionToken from '@pbstream/core/session/SessionToken'
import * as SignedRequest from '@pbstream/core/session/SignedRequest'
import * as RequestBinding from '@pbstream/core/RequestBinding'
import * as Voucher from '@pbstream/core/Voucher'
import * as payment from './payment.ts'

export const GATEWAY = 'https://api.example'
/** Unix seconds. */
export const NOW = 1_800_000_000
export const MASTERS =
  '[{"kid":"m2","secret":"AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI"},{"kid":"m1","secret":"AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE"}]'
export const masters = Master.parse(MASTERS)
/** The key pair of RFC 8032, section 7.1, test 2: public knowledge, so that nobody takes it for a secret. */
export const ED25519: { secret: Hex; publicKey: Hex } = {
  secret: '0x4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb',
  publicKey: '0x3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c',
}
const { subtle } = crypto
type Bytes = Uint8Array<ArrayBuffer>
const owned = (bytes: Uint8Array): Bytes => Uint8Array.from(bytes)

/** HKDF-SHA256 with an empty salt: 32 bytes. */
export async function derive(secret: Bytes, info: Bytes): Promise<Bytes> {
  const key = await subtle.importKey('raw', secret, 'HKDF', false, ['deriveBits'])
  const hkdf = { name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(), info }
  return new Uint8Array(await subtle.deriveBits(hkdf, key, 256))
}

export async function mac(key: Bytes): Promise<Master.Mac> {
  const hmac = await subtle.importKey('raw', key, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign', 'verify'])
  return {
    sign: async (bytes) => new Uint8Array(await subtle.sign('HMAC', hmac, owned(bytes))),
    verify: (bytes, signature) => subtle.verify('HMAC', hmac, owned(signature), owned(bytes)),
  }
}

export function ed25519(publicKey: Bytes): VerifyBytes {
  return async (bytes, signature) => {
    const key = await subtle.importKey('raw', publicKey, 'Ed25519', false, ['verify'])
    return subtle.verify('Ed25519', key, owned(signature), owned(bytes))
  }
}

const secretOf = (kid: string): Bytes | undefined => masters.find((master) => master.kid === kid)?.secret
const tokenMacs = new Map<string, Master.Mac>()
for (const { kid, secret } of masters) tokenMacs.set(kid, await mac(await derive(secret, Master.TOKEN_KEY)))
export const nonceMacs = await Promise.all(
  masters.map(async ({ secret }) => mac(await derive(secret, Master.NONCE_KEY))),
)

/** The keys of a gateway: of tokens by the master's name, and of the requests of one session. */
export const keys = {
  tokenMac: (kid: string): Master.Mac | undefined => tokenMacs.get(kid),
  verifier: async ({ payload: { kid, a }, signed }: SessionToken.Decoded): Promise<SignedRequest.Verifier> =>
    a === 'hmac' ? (await mac(await requestKey(kid, signed))).verify : ed25519(toBytes(a)),
}

/** As a gateway checks a request: token first, then time and signature. */
export async function check(
  request: SignedRequest.SignedRequest,
  at: { gateway: string; now: number },
  from = keys,
): Promise<ErrorCode | undefined> {
  const failure = await SessionToken.check(request.token, from.tokenMac, at)
  return failure ?? SignedRequest.check(request, await from.verifier(request.token), at.now)
}

export function requestKey(kid: string, payload: Uint8Array): Promise<Bytes> {
  return derive(secretOf(kid)!, Master.requestKey(payload))
}

export const payload: SessionToken.Payload = {
  v: 1,
  kid: 'm2',
  gw: GATEWAY,
  s: sessionName({
    chainId: payment.CHAIN_ID,
    contract: Voucher.BATCH_SETTLEMENT.contract,
    payer: payment.payer.address,
    payerAuthorizer: payment.session.address,
  }),
  c: payment.channelId,
  to: payment.terms.payTo,
  t: payment.terms.token,
  a: 'hmac',
  e: 3,
  x: NOW + 3_600,
}

export const tokenOf = (change: Partial<SessionToken.Payload> = {}): Promise<string> => {
  const changed = { ...payload, ...change }
  return SessionToken.sign(changed, tokenMacs.get(changed.kid)!)
}
export const token = await tokenOf()
export const ed25519Token = await tokenOf({ a: ED25519.publicKey })

/** Signs as the caller does: with the request key of the token, or with the Ed25519 key. */
export async function signatureOf(parts: HttpSignature.Parts, parameters: HttpSignature.Parameters): Promise<Bytes> {
  const bytes = HttpSignature.base(parts, parameters)
  if (parameters.algorithm === 'hmac-sha256') {
    const decoded = SessionToken.decode(parts.session)!
    const key = await mac(await requestKey(decoded.payload.kid, decoded.signed))
    return owned(await key.sign(bytes))
  }
  const jwk = { kty: 'OKP', crv: 'Ed25519', x: url(ED25519.publicKey), d: url(ED25519.secret) }
  const key = await subtle.importKey('jwk', jwk, 'Ed25519', false, ['sign'])
  return new Uint8Array(await subtle.sign('Ed25519', key, bytes))
}

const url = (hex: Hex): string => Buffer.from(toBytes(hex)).toString('base64url')

export const BODY = new TextEncoder().encode('{"q":"weather"}')
export const LEASE = 'ls_AAECAwQFBgcICQoLDA0ODw'
export const voucherText = Room.encodeVoucher({
  max: 1_000_000n,
  signature: await payment.session.sign(Voucher.digest(payment.separator, payment.channelId, 1_000_000n)),
})

/** A POST with everything that a request can have. */
export const parts: HttpSignature.Parts = {
  method: 'POST',
  targetUri: `${GATEWAY}/v1/weather?city=Berlin`,
  contentDigest: HttpSignature.contentDigest(RequestBinding.bodyDigest(BODY)),
  idempotencyKey: Lease.requestId({ id: LEASE, n: 7 }),
  maxPrice: '1000',
  session: token,
  lease: Lease.encodeNamed(LEASE),
  voucher: voucherText,
}
/** A GET with nothing that it need not have. */
export const plain: HttpSignature.Parts = {
  method: 'GET',
  targetUri: `${GATEWAY}/v1/weather?city=Berlin`,
  idempotencyKey: 'call-1',
  maxPrice: '1000',
  session: token,
}
export const parameters: HttpSignature.Parameters = { created: NOW, expires: NOW + 60, algorithm: 'hmac-sha256' }
export const ed25519Parameters: HttpSignature.Parameters = { ...parameters, algorithm: 'ed25519' }

export async function headersOf(from: HttpSignature.Parts, by = parameters): Promise<Record<string, string>> {
  return HttpSignature.headers(from, by, await signatureOf(from, by))
}

export const hexOf = (bytes: Uint8Array): Hex => fromBytes(bytes)
