import { randomBytes, randomUUID } from 'node:crypto'
import * as Challenge from '@pbstream/core/Challenge'
import * as ChannelConfig from '@pbstream/core/ChannelConfig'
import { fromBytes, type Hex, lower } from '@pbstream/core/Hex'
import { type SessionRef, sessionName } from '@pbstream/core/message/Session'
import * as NobleSigner from '@pbstream/core/NobleSigner'
import * as OpenSession from '@pbstream/core/session/OpenSession'
import * as Room from '@pbstream/core/session/Room'
import * as Voucher from '@pbstream/core/Voucher'
import { Chain } from '@pbstream/local/Chain'
import {
  type Asked,
  depositOf,
  opened,
  opening,
  type Opening,
  type RequestKey,
  type Session,
  signedHeaders,
} from './SessionCaller.ts'
import type { Stack } from './Stack.ts'

const contract = lower(Chain.addresses.batchSettlement)
const separator = Voucher.domainSeparator(Chain.id, contract)
export const seconds = (): number => Math.floor(Date.now() / 1000)

/** A caller with a channel of its own on a running system, and whatever it needs to open sessions on it. */
export type Caller = {
  config: ChannelConfig.ChannelConfig
  channelId: Hex
  ref: SessionRef
  /** `sessionName`. */
  name: string
  /** Signs vouchers and `OpenSession`. */
  signer: NobleSigner.Signer
  gateway: string
  /** The body that opens a session, with a fresh nonce. */
  body(more?: Partial<Opening>): Promise<Record<string, unknown>>
  /** Opens a session; `key` signs its requests, where it is not to be HMAC. */
  open(more?: Partial<Opening>, key?: RequestKey): Promise<Session>
  voucher(max: bigint): Promise<{ max: bigint; signature: Hex }>
  /** `PBStream-Voucher`. */
  raise(max: bigint): Promise<string>
}

export type CallerOptions = {
  /** A paid path of the provider that is to be paid. */
  path: string
  deposit?: bigint
  max?: bigint
  gateway?: string
  /** Where the path is, if not at the gateway: a provider's own server. */
  site?: string
}

/** Funds a wallet, opens a channel with the first session, and answers both. */
export async function openOn(
  stack: Stack,
  { path, deposit = 10_000_000n, max = 1_000_000n, gateway = stack.gateway, site = gateway }: CallerOptions,
  key?: RequestKey,
): Promise<{ caller: Caller; session: Session }> {
  const wallet = await stack.payer()
  const required = Challenge.decode((await fetch(site + path)).headers.get('payment-required') ?? '')
  const offer = required?.accepts.find(({ scheme }) => scheme === 'batch-settlement')
  if (offer === undefined) throw new Error('channels are not offered')
  const extra = offer.extra as { receiverAuthorizer: Hex; withdrawDelay: number; name: string; version: string }
  const signer = NobleSigner.create(fromBytes(randomBytes(32)))
  const config = ChannelConfig.parse({
    payer: wallet.address,
    payerAuthorizer: signer.address,
    receiver: offer.payTo,
    receiverAuthorizer: extra.receiverAuthorizer,
    token: offer.asset,
    withdrawDelay: extra.withdrawDelay,
    salt: fromBytes(randomBytes(32)),
  })
  const caller = callerOf(config, signer, gateway, max)
  const money = await depositOf({
    chainId: Chain.id,
    contract,
    collector: lower(Chain.addresses.erc3009Collector),
    config,
    payer: NobleSigner.create(wallet.key),
    amount: deposit,
    tokenName: extra.name,
    tokenVersion: extra.version,
    now: seconds(),
  })
  return { caller, session: await caller.open({ deposit: money }, key) }
}

function callerOf(
  config: ChannelConfig.ChannelConfig,
  signer: NobleSigner.Signer,
  gateway: string,
  first: bigint,
): Caller {
  const channelId = ChannelConfig.id(config, separator)
  const { payer, payerAuthorizer } = config
  const ref = { chainId: Chain.id, contract, payer, payerAuthorizer }
  const voucher = async (max: bigint) => ({
    max,
    signature: await signer.sign(Voucher.digest(separator, channelId, max)),
  })
  const body = async (more: Partial<Opening> = {}) => {
    const { nonce, gateway: named } = await infoOf(gateway)
    const publicKey = OpenSession.HMAC_PUBLIC_KEY
    const usual = { chainId: Chain.id, contract, config, signer, gateway: named, nonce, publicKey, max: first }
    return opening({ ...usual, expires: seconds() + 3600, ...more })
  }
  return {
    config,
    channelId,
    ref,
    name: sessionName(ref),
    signer,
    gateway,
    body,
    open: async (more = {}, key) =>
      opened(await post(gateway, await body(key === undefined ? more : { publicKey: key.publicKey, ...more })), key),
    voucher,
    raise: async (max) => Room.encodeVoucher(await voucher(max)),
  }
}

export async function infoOf(gateway: string): Promise<OpenSession.Info> {
  const info = OpenSession.parseInfo(await (await fetch(gateway + OpenSession.PATH)).json())
  if (info === undefined) throw new Error('no sessions are offered')
  return info
}

export function post(gateway: string, body: unknown): Promise<Response> {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  return fetch(gateway + OpenSession.PATH, {
    method: 'POST',
    body: text,
    headers: { 'content-type': 'application/json' },
  })
}

/** A signed request, to be sent once, often, or changed. */
export async function signedRequest(
  gateway: string,
  session: Pick<Session, 'token' | 'key'>,
  path: string,
  ask: Partial<Asked> = {},
): Promise<Request> {
  const asked: Asked = { url: gateway + path, id: randomUUID(), created: seconds(), ...ask }
  return new Request(gateway + path, {
    method: asked.method ?? 'GET',
    headers: await signedHeaders(session, asked),
    ...(asked.body === undefined ? {} : { body: asked.body }),
  })
}

/** What the channel was charged so far. */
export async function chargedOf(stack: Stack, { name, channelId }: Caller): Promise<bigint> {
  const numbers = await (await stack.system.session(name)).view(1, channelId)
  return (numbers?.spent ?? 0n) + (numbers?.reserved ?? 0n)
}
