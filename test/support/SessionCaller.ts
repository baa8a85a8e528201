/** The parts of a session as its caller makes them, each of which a test may spoil. By WebCrypto, for Node and workerd. */
import * as TokenAuthorization from '@pbstream/core/Authorization'
import * as Base64 from '@pbstream/core/Base64'
import * as ChannelConfig from '@pbstream/core/ChannelConfig'
import { fromBytes, type Address, type Hex } from '@pbstream/core/Hex'
import type { Signer } from '@pbstream/core/NobleSigner'
import * as Answers from '@pbstream/core/session/Answers'
import * as Bodies from '@pbstream/core/session/Bodies'
import * as HttpSignature from '@pbstream/core/session/HttpSignature'
import * as OpenSession from '@pbstream/core/session/OpenSession'
import * as Voucher from '@pbstream/core/Voucher'

/** What signs the requests of a session. */
export type RequestKey = {
  algorithm: OpenSession.Algorithm
  /** As `OpenSession` names it. */
  publicKey: Hex
  sign(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array>
}

export async function hmacKey(secret: Uint8Array<ArrayBuffer>): Promise<RequestKey> {
  const key = await crypto.subtle.importKey('raw', secret, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign'])
  return {
    algorithm: 'hmac-sha256',
    publicKey: OpenSession.HMAC_PUBLIC_KEY,
    sign: async (bytes) => new Uint8Array(await crypto.subtle.sign('HMAC', key, bytes)),
  }
}

export async function ed25519Key(): Promise<RequestKey> {
  const pair = (await crypto.subtle.generateKey({ name: 'Ed25519' }, true, ['sign', 'verify'])) as CryptoKeyPair
  const raw = (await crypto.subtle.exportKey('raw', pair.publicKey)) as ArrayBuffer
  return {
    algorithm: 'ed25519',
    publicKey: fromBytes(new Uint8Array(raw)),
    sign: async (bytes) => new Uint8Array(await crypto.subtle.sign({ name: 'Ed25519' }, pair.privateKey, bytes)),
  }
}

export type Opening = {
  chainId: number
  contract: Address
  config: ChannelConfig.ChannelConfig
  /** Signs `OpenSession` and the voucher. */
  signer: Signer
  gateway: string
  nonce: Hex
  expires: number
  publicKey: Hex
  max: bigint
  deposit?: Bodies.Open['deposit']
}

/** What is posted to open a session. */
export async function opening(o: Opening): Promise<Record<string, unknown>> {
  const separator = Voucher.domainSeparator(o.chainId, o.contract)
  const channelId = ChannelConfig.id(o.config, separator)
  const { gateway, nonce, expires, publicKey, deposit } = o
  const message = { channelId, gateway, nonce, expires, publicKey }
  const digest = OpenSession.digest(OpenSession.domainSeparator(o.chainId, o.contract), message)
  return Bodies.openJson({
    network: `eip155:${o.chainId}`,
    config: o.config,
    voucher: { max: o.max, signature: await o.signer.sign(Voucher.digest(separator, channelId, o.max)) },
    ...(deposit === undefined ? {} : { deposit }),
    open: { nonce, expires, publicKey, signature: await o.signer.sign(digest) },
  })
}

export type Session = { token: string; key: RequestKey; answer: Answers.OpenAnswer }

/** The session that an answer has opened. `key`: the one that was named, unless it is HMAC. */
export async function opened(response: Response, key?: RequestKey): Promise<Session> {
  const text = await response.text()
  const answer = response.status === 200 ? Answers.parseOpenAnswer(JSON.parse(text)) : undefined
  if (answer === undefined) throw new Error(`no session: ${response.status} ${text}`)
  const secret = Base64.decodeUrl(answer.key ?? '') ?? new Uint8Array()
  return { token: answer.token, key: key ?? (await hmacKey(secret)), answer }
}

export type Asked = {
  url: string
  method?: string
  body?: string
  id: string
  maxPrice?: bigint
  /** Unix seconds. */
  created: number
  lifetime?: number
  voucher?: string
  lease?: string
}

/** The headers of a signed request. */
export async function signedHeaders({ token, key }: Pick<Session, 'token' | 'key'>, asked: Asked) {
  const { body = '' } = asked
  const bytes = new TextEncoder().encode(body)
  const digest = fromBytes(new Uint8Array(await crypto.subtle.digest('SHA-256', bytes)))
  const parts: HttpSignature.Parts = {
    method: asked.method ?? 'GET',
    targetUri: asked.url,
    ...(body === '' ? {} : { contentDigest: HttpSignature.contentDigest(digest) }),
    idempotencyKey: asked.id,
    maxPrice: (asked.maxPrice ?? 1_000_000n).toString(),
    session: token,
    ...(asked.lease === undefined ? {} : { lease: asked.lease }),
    ...(asked.voucher === undefined ? {} : { voucher: asked.voucher }),
  }
  const { created, lifetime = 60 } = asked
  const parameters = { created, expires: created + lifetime, algorithm: key.algorithm }
  return HttpSignature.headers(parts, parameters, await key.sign(HttpSignature.base(parts, parameters)))
}

/** A deposit into the channel of `config`, signed by its payer. `now` in Unix seconds. */
export async function depositOf(o: {
  chainId: number
  contract: Address
  collector: Address
  config: ChannelConfig.ChannelConfig
  payer: Signer
  amount: bigint
  tokenName: string
  tokenVersion: string
  now: number
}): Promise<NonNullable<Bodies.Open['deposit']>> {
  const channelId = ChannelConfig.id(o.config, Voucher.domainSeparator(o.chainId, o.contract))
  const salt = fromBytes(crypto.getRandomValues(new Uint8Array(32)))
  const [validAfter, validBefore] = [0n, BigInt(o.now + 600)]
  const domain = TokenAuthorization.domainSeparator({ ...o, token: o.config.token })
  const digest = TokenAuthorization.receiveDigest(domain, {
    from: o.config.payer,
    to: o.collector,
    value: o.amount,
    validAfter,
    validBefore,
    nonce: TokenAuthorization.depositNonce(channelId, salt),
  })
  return { amount: o.amount, authorization: { validAfter, validBefore, salt, signature: await o.payer.sign(digest) } }
}
