import type { Hex } from '@pbstream/core/Hex'
import { parseSessionName } from '@pbstream/core/message/Session'
import type * as SessionToken from '@pbstream/core/session/SessionToken'
import * as SignedRequest from '@pbstream/core/session/SignedRequest'
import * as Voucher from '@pbstream/core/Voucher'
import { type Call, type Gateway, homeOf } from '../Call.ts'
import type { Authorised, Refusal } from './Call.ts'

/** More than any of these has. */
const MAX_HEADER = 2048
const HEADERS = ['pbstream-session', 'signature-input', 'signature', 'content-digest', 'pbstream-voucher']
const ORIGIN = /^https?:\/\/[^/?#\\]+/i

/** A request that may be signed by a session. `home`: the origin of the gateway, which its token has to name. */
export type Asked = { method: string; targetUri: string; headers: Headers; home: string }

/** As `authorise`, for a call of a route. */
export function authoriseCall(call: Call): Promise<Authorised | Refusal> {
  const { gateway, request, origin, home, path, search } = call
  // A call that a provider's own server tells of has its address in parts only.
  const targetUri = home === undefined ? targetOf(request, origin) : origin + path + search
  return authorise(gateway, { method: request.method, targetUri, headers: request.headers, home: homeOf(call) })
}

/** The URL of a request as its caller sees it, to the character. */
export function targetOf(request: Request, origin: string): string {
  return origin + (request.url.replace(ORIGIN, '') || '/')
}

/**
 * Checks what a request says of its session: its form first, then the token's MAC and times, then the signature, and
 * last the voucher if one comes along. Neither is its body read nor the stream session asked.
 */
export async function authorise(
  { masters, ports, chains, recover }: Gateway,
  { method, targetUri, headers, home }: Asked,
): Promise<Authorised | Refusal> {
  if (masters === undefined) return { code: 'session_token_invalid', detail: 'no sessions are offered here' }
  const long = HEADERS.find((name) => (headers.get(name)?.length ?? 0) > MAX_HEADER)
  if (long !== undefined) return { code: 'header_too_large', detail: `${long} is longer than ${MAX_HEADER} bytes` }
  const asked = SignedRequest.read(method, targetUri, headers, (token) => masters.decode(token))
  if ('error' in asked) return { code: asked.error, detail: asked.detail }
  const now = Math.floor(ports.now() / 1000)
  const known = await masters.session(asked.parts.session, asked.token, { gateway: home, now })
  if ('code' in known) return known
  const failure = await SignedRequest.check(asked, known.verify, now)
  if (failure === 'session_signature_expired') return { code: failure, detail: `here it is ${now}` }
  if (failure !== undefined) return { code: failure }
  const authorised = toAuthorised(chains, known.decoded.payload, asked)
  if ('code' in authorised || authorised.voucher === undefined) return authorised
  const { chain, channelId, ref, voucher } = authorised
  return isVoucher({ recover }, { chain, channelId, signer: ref.payerAuthorizer }, voucher)
    ? authorised
    : { code: 'voucher_signature_invalid' }
}

/** Whether a voucher for a channel is signed by its key: what takes most of the time, where there is one. */
export function isVoucher(
  { recover }: Pick<Gateway, 'recover'>,
  { chain, channelId, signer }: Pick<Authorised, 'chain' | 'channelId'> & { signer: Hex },
  { max, signature }: { max: bigint; signature: Hex },
): boolean {
  return recover(Voucher.digest(chain.voucherDomain, channelId, max), signature) === signer
}

function toAuthorised(
  chains: Gateway['chains'],
  { s: name, c: channelId, to: receiver, t: token, e: epoch }: SessionToken.Payload,
  { parts, requestId, maxPrice, digest, voucher }: SignedRequest.SignedRequest,
): Authorised | Refusal {
  const ref = parseSessionName(name)
  const chain = ref === undefined ? undefined : chains.get(ref.chainId)
  // A token of ours for a chain that this deployment works on no more, or under other addresses.
  if (ref === undefined || chain === undefined || chain.contract !== ref.contract || chain.token !== token)
    return { code: 'session_ended' }
  return {
    ref,
    name,
    chain,
    channelId,
    receiver,
    epoch,
    requestId,
    maxPrice,
    ...(digest === undefined ? {} : { digest }),
    ...(parts.lease === undefined ? {} : { lease: parts.lease }),
    ...(voucher === undefined ? {} : { voucher }),
  }
}
