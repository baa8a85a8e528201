/** What is done with the input of the vector files of session mode. Keys are derived from the masters of the input. */
import { type Address, fromBytes, type Hex, toBytes } from '@pbstream/core/Hex'
import * as NobleRecover from '@pbstream/core/NobleRecover'
import * as HttpSignature from '@pbstream/core/session/HttpSignature'
import * as Lease from '@pbstream/core/session/Lease'
import * as Master from '@pbstream/core/session/Master'
import * as OpenSession from '@pbstream/core/session/OpenSession'
import * as Room from '@pbstream/core/session/Room'
import * as SessionNonce from '@pbstream/core/session/SessionNonce'
import * as SessionToken from '@pbstream/core/session/SessionToken'
import * as SignedRequest from '@pbstream/core/session/SignedRequest'
import { check, derive, ed25519, mac } from './session.ts'

type Outcome = { result: 'valid'; output: unknown } | { result: 'invalid'; output?: unknown }
type OpenInput = {
  chainId: number
  contract: Address
  open: OpenSession.OpenSession
  signature: Hex
  signer: Address
}
type TokenInput = { masters: string; gateway: string; now: number; token: string }
type NonceInput = { masters: string; gateway: string; now: number; nonce: string }
type RequestInput = {
  masters: string
  gateway: string
  now: number
  method: string
  url: string
  headers: Record<string, string>
}

const valid = (output: unknown): Outcome => ({ result: 'valid', output })
const invalid = (output?: unknown): Outcome => ({ result: 'invalid', ...(output === undefined ? {} : { output }) })

/** `parse` and `encode` of each header, by its name and who sends it. */
const HEADERS: Record<string, (text: string) => object | undefined> = {
  'PBStream-Room': Room.parseRoom,
  'PBStream-Voucher': Room.parseVoucher,
  'PBStream-Lease of an answer': Lease.parseOffered,
  'PBStream-Lease of a request': (text) => {
    const id = Lease.parseNamed(text)
    return id === undefined ? undefined : { id }
  },
  'Idempotency-Key under a lease': Lease.parseRequestId,
  'Content-Digest': (text) => {
    const digest = HttpSignature.parseContentDigest(text)
    return digest === undefined ? undefined : { digest }
  },
}

export const sessionRunners = {
  'session-open-eip712': ({ chainId, contract, open, signature, signer }: OpenInput): Outcome => {
    const digest = OpenSession.digest(OpenSession.domainSeparator(chainId, contract), open)
    const output = { digest: fromBytes(digest) }
    return NobleRecover.recover(digest, signature) === signer ? valid(output) : invalid(output)
  },

  'session-token': async ({ masters, token, ...at }: TokenInput): Promise<Outcome> => {
    const decoded = SessionToken.decode(token)
    if (decoded === undefined) return invalid({ code: 'session_token_invalid' })
    const keys = await keysOf(masters)
    const code = await SessionToken.check(decoded, keys.tokenMac, at)
    if (code !== undefined) return invalid({ code })
    return valid({ payload: decoded.payload, requestKey: fromBytes(await keys.requestKey(decoded)) })
  },

  'session-nonce': async ({ masters, gateway, now, nonce }: NonceInput): Promise<Outcome> => {
    const keys = Master.parse(masters).map(async ({ secret }) => mac(await derive(secret, Master.NONCE_KEY)))
    const isGood = await SessionNonce.isGood(nonce, gateway, now, await Promise.all(keys))
    return isGood ? valid({ expiresAt: SessionNonce.expiresAt(nonce as Hex) }) : invalid()
  },

  'session-request': async ({ masters, method, url, headers, ...at }: RequestInput): Promise<Outcome> => {
    const request = SignedRequest.read(method, url, new Headers(headers))
    if ('error' in request) return invalid({ code: request.error })
    const code = await check(request, at, await keysOf(masters))
    if (code !== undefined) return invalid({ code })
    return valid({ base: new TextDecoder().decode(HttpSignature.base(request.parts, request.parameters)) })
  },

  'session-headers': ({ header, text }: { header: string; text: string }): Outcome => {
    const read = HEADERS[header]?.(text)
    return read === undefined ? invalid() : valid(plain(read))
  },
}

async function keysOf(text: string) {
  const masters = new Map(Master.parse(text).map(({ kid, secret }) => [kid, secret]))
  const tokenMacs = new Map<string, Master.Mac>()
  for (const [kid, secret] of masters) tokenMacs.set(kid, await mac(await derive(secret, Master.TOKEN_KEY)))
  const requestKey = ({ payload, signed }: SessionToken.Decoded) =>
    derive(masters.get(payload.kid)!, Master.requestKey(signed))
  return {
    requestKey,
    tokenMac: (kid: string) => tokenMacs.get(kid),
    verifier: async (token: SessionToken.Decoded): Promise<SignedRequest.Verifier> =>
      token.payload.a === 'hmac' ? (await mac(await requestKey(token))).verify : ed25519(toBytes(token.payload.a)),
  }
}

function plain(value: object): object {
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [name, typeof inner === 'bigint' ? inner.toString() : inner]),
  )
}
