/**
 * A request of a session, as the gateway reads and checks it: first its form, which needs nothing but the headers; then,
 * with keys, its token, time and signature. What is left to ask is what only the stream session knows: epoch,
 * room, and whether the request id was seen before.
 */
import * as Amount from '../Amount.ts'
import type { ErrorCode } from '../Errors.ts'
import type { Hex } from '../Hex.ts'
import type { Failure } from '../Reader.ts'
import { EMPTY_BODY } from '../RequestBinding.ts'
import * as HttpSignature from './HttpSignature.ts'
import * as Lease from './Lease.ts'
import * as Room from './Room.ts'
import * as SessionToken from './SessionToken.ts'

/** A request that is well formed. Nothing of it is verified. */
export type SignedRequest = {
  parts: HttpSignature.Parts
  parameters: HttpSignature.Parameters
  signature: Uint8Array<ArrayBuffer>
  token: SessionToken.Decoded
  requestId: string
  /** The most that it may cost, in atomic units. */
  maxPrice: bigint
  /** What Content-Digest names; absent: the body is to be empty. */
  digest?: Hex
  /** The lease that it names, and which of its requests it is. */
  lease?: Lease.Numbered
  /** A raise. */
  voucher?: { max: bigint; signature: Hex }
}

/** Verifies signatures of the requests of one session: HMAC under its request key, or Ed25519 under its public key. */
export type Verifier = (bytes: Uint8Array<ArrayBuffer>, signature: Uint8Array<ArrayBuffer>) => Promise<boolean>

/** Idempotency-Key as everywhere: 1 to 255 visible ASCII characters. */
const REQUEST_ID = /^[\x21-\x7e]{1,255}$/
const TARGET = /^[\x21-\x7e]+$/

/**
 * Reads the headers of a request with `PBStream-Session`. `targetUri`: the URL that the caller asked for, absolute, in
 * the form that is matched and forwarded. `decode` may remember what it has read. Never throws.
 */
export function read(
  method: string,
  targetUri: string,
  headers: HttpSignature.HeaderReader,
  decode = SessionToken.decode,
): SignedRequest | Failure {
  const parts = HttpSignature.partsOf(method, targetUri, headers)
  if (typeof parts === 'string') return refused('session_headers_invalid', `${parts} is missing`)
  if (!TARGET.test(method) || !TARGET.test(targetUri))
    return refused('session_headers_invalid', 'the target cannot be read')
  const fields = readFields(parts)
  if (typeof fields === 'string') return refused('session_headers_invalid', `${fields} cannot be read`)
  const token = decode(parts.session)
  if (token === undefined) return refused('session_token_invalid', 'pbstream-session is no session token')
  const input = headers.get('signature-input')
  const signatureText = headers.get('signature')
  if (input === null) return refused('session_headers_invalid', 'signature-input is missing')
  if (signatureText === null) return refused('session_headers_invalid', 'signature is missing')
  const parameters = HttpSignature.parseSignatureInput(input, parts)
  if (parameters === undefined)
    return refused('session_signature_invalid', 'signature-input is not what is to be signed')
  if (parameters.algorithm !== SessionToken.algorithm(token.payload)) {
    return refused('session_signature_invalid', 'alg is not that of the session')
  }
  const signature = HttpSignature.parseSignature(signatureText, parameters.algorithm)
  if (signature === undefined) return refused('session_signature_invalid', 'signature cannot be read')
  return { parts, parameters, signature, token, ...fields }
}

/**
 * Whether the session has signed this request, and it is good at `now` (Unix seconds); undefined: it is. The token is
 * checked before (`SessionToken.check`), the body when its digest is known (`isBody`).
 */
export async function check(
  { parts, parameters, signature }: SignedRequest,
  verifier: Verifier,
  now: number,
): Promise<'session_signature_expired' | 'session_signature_invalid' | undefined> {
  if (!HttpSignature.isFresh(parameters, now)) return 'session_signature_expired'
  const isSigned = await verifier(HttpSignature.base(parts, parameters), signature)
  return isSigned ? undefined : 'session_signature_invalid'
}

/** Whether a body with this SHA-256 is the one that was signed (`digest`): one that is empty has no Content-Digest. */
export function isBody(digest: Hex | undefined, bodyDigest: Hex): boolean {
  return digest === undefined ? bodyDigest === EMPTY_BODY : digest === bodyDigest && digest !== EMPTY_BODY
}

type Fields = Pick<SignedRequest, 'requestId' | 'maxPrice' | 'digest' | 'lease' | 'voucher'>

/** What the headers say; the name of the first that cannot be read. */
function readFields(parts: HttpSignature.Parts): Fields | string {
  const { idempotencyKey: requestId, contentDigest } = parts
  if (!REQUEST_ID.test(requestId)) return 'idempotency-key'
  const maxPrice = Amount.tryParse(parts.maxPrice)
  if (maxPrice === undefined) return 'pbstream-max-price'
  const digest = contentDigest === undefined ? undefined : HttpSignature.parseContentDigest(contentDigest)
  if (contentDigest !== undefined && digest === undefined) return 'content-digest'
  const voucher = parts.voucher === undefined ? undefined : Room.parseVoucher(parts.voucher)
  if (parts.voucher !== undefined && voucher === undefined) return 'pbstream-voucher'
  const named = parts.lease === undefined ? undefined : Lease.parseNamed(parts.lease)
  const lease = Lease.parseRequestId(requestId)
  if (parts.lease !== undefined && (named === undefined || named !== lease?.id)) return 'pbstream-lease'
  // Without the header the id is refused too, but by those who know what it means: `lease_elsewhere`.
  return {
    requestId,
    maxPrice,
    ...(digest === undefined ? {} : { digest }),
    ...(voucher === undefined ? {} : { voucher }),
    ...(named === undefined || lease === undefined ? {} : { lease }),
  }
}

function refused(error: ErrorCode, detail: string): Failure {
  return { error, detail }
}
