import * as ChannelConfig from '@pbstream/core/ChannelConfig'
import { type Address, type Hex, zeroAddress } from '@pbstream/core/Hex'
import { sessionName, type SettlementPolicy } from '@pbstream/core/message/Session'
import * as Answers from '@pbstream/core/session/Answers'
import * as Bodies from '@pbstream/core/session/Bodies'
import * as OpenSession from '@pbstream/core/session/OpenSession'
import { isUsable } from '@pbstream/core/session/PublicKey'
import * as SessionNonce from '@pbstream/core/session/SessionNonce'
import type { Gateway } from '../Call.ts'
import type { Chain } from '../Chains.ts'
import { checkDeposit } from '../Deposit.ts'
import { settlementOf } from '../Terms.ts'
import { isVoucher } from './Authorise.ts'
import type { Authorised, EndpointCall, Refusal } from './Call.ts'
import type { Masters } from './Masters.ts'
import { type Opening, takeVoucher } from './Opening.ts'
import { json, notOpened, refused } from './Replies.ts'

type Opened = Extract<Opening, { kind: 'opened' }>
type Place = Pick<Authorised, 'ref' | 'name' | 'chain' | 'channelId'> & { config: ChannelConfig.ChannelConfig }
type Terms = { settle?: SettlementPolicy }

/** Opens a session: the key of the channel has signed for this gateway, this nonce and a voucher that leaves room. */
export async function open(call: EndpointCall, masters: Masters, body: unknown): Promise<Response> {
  const asked = Bodies.parseOpen(body)
  if (Bodies.isFailure(asked)) return refused(call, { code: asked.error, detail: asked.detail })
  const { gateway } = call
  const chain = gateway.chains.get(asked.chainId)
  if (chain === undefined) return refused(call, { code: 'network_mismatch' })
  const now = Math.floor(gateway.ports.now() / 1000)
  const early = checkTimes(asked, now)
  if (early !== undefined) return refused(call, early)
  const terms = await termsOf(call, chain, asked.config)
  if ('code' in terms) return refused(call, terms)
  const { payer, payerAuthorizer } = asked.config
  const ref = { chainId: chain.chainId, contract: chain.contract, payer, payerAuthorizer }
  const channelId = ChannelConfig.id(asked.config, chain.voucherDomain)
  const place = { ref, name: sessionName(ref), chain, channelId, config: asked.config }
  const unsigned = await checkSignatures(call, masters, asked, place)
  if (unsigned !== undefined) return refused(call, unsigned)
  const stopped = gateway.cache.keys.refusal(place.name)
  if (stopped !== undefined) return refused(call, { code: stopped })
  const reply = await ask(call, asked, place, terms)
  return reply.kind === 'opened' ? answer(call, masters, asked, place, reply) : notOpened(call, reply)
}

/** What needs neither the catalog nor a key. */
function checkTimes({ open: signed, deposit }: Bodies.Open, now: number): Refusal | undefined {
  if (signed.expires <= now || signed.expires > now + OpenSession.MAX_LIFETIME)
    return { code: 'session_expiry_invalid' }
  if (signed.publicKey !== OpenSession.HMAC_PUBLIC_KEY && !isUsable(signed.publicKey))
    return { code: 'malformed_body', detail: 'open.publicKey is no Ed25519 key that can be used' }
  return deposit === undefined ? undefined : checkDeposit(deposit, now)
}

/** Whether the channel is one that something sold here can be paid from, and when its provider wants it claimed. */
async function termsOf(
  { gateway, snapshot }: EndpointCall,
  chain: Chain,
  config: ChannelConfig.ChannelConfig,
): Promise<Terms | Refusal> {
  const sold = snapshot.routes.filter(
    ({ enabled, rate, payTo, chainIds }) =>
      enabled && rate !== null && payTo === config.receiver && chainIds.includes(chain.chainId),
  )
  if (sold.length === 0 && !(await isStandalone(gateway, chain, config.receiver))) return { code: 'receiver_mismatch' }
  if (config.receiverAuthorizer !== (await gateway.receiverAuthorizer()))
    return { code: 'receiver_authorizer_mismatch' }
  if (config.token !== chain.token) return { code: 'token_mismatch' }
  if (config.payerAuthorizer === zeroAddress) return { code: 'payer_authorizer_missing' }
  if (sold.length === 0) return config.withdrawDelay === chain.withdrawDelay ? {} : { code: 'withdraw_delay_mismatch' }
  const route = sold.find(({ withdrawDelay }) => (withdrawDelay ?? chain.withdrawDelay) === config.withdrawDelay)
  return route === undefined ? { code: 'withdraw_delay_mismatch' } : settlementOf(route)
}

/** Whether a provider is paid there that sells with servers of its own, and needs no route for that. */
async function isStandalone({ providerKeys }: Gateway, { testnet }: Chain, receiver: Address): Promise<boolean> {
  return testnet !== undefined && providerKeys.isReceiver(receiver, testnet ? 'test' : 'live')
}

/** The nonce, which costs least; then what the key of the channel has signed. */
async function checkSignatures(
  { gateway, origin }: EndpointCall,
  masters: Masters,
  { voucher, open: signed }: Bodies.Open,
  { chain, channelId, ref }: Place,
): Promise<Refusal | undefined> {
  const { nonce, expires, publicKey, signature } = signed
  if (!(await SessionNonce.isGood(nonce, origin, gateway.ports.now(), masters.nonces)))
    return { code: 'session_nonce_invalid' }
  const message = { channelId, gateway: origin, nonce, expires, publicKey }
  const signer = ref.payerAuthorizer
  if (gateway.recover(OpenSession.digest(chain.sessionDomain, message), signature) !== signer)
    return { code: 'session_open_signature_invalid' }
  return isVoucher(gateway, { chain, channelId, signer }, voucher) ? undefined : { code: 'voucher_signature_invalid' }
}

async function ask(call: EndpointCall, asked: Bodies.Open, place: Place, terms: Terms): Promise<Opening> {
  const { gateway, keep } = call
  const { config, voucher, deposit, open: signed } = asked
  const reply = await takeVoucher(gateway, place, deposit, (object, money) =>
    object.openSession({
      v: 1,
      session: place.ref,
      channelId: place.channelId,
      config,
      voucher,
      nonce: signed.nonce,
      nonceExpiresAt: SessionNonce.expiresAt(signed.nonce),
      expiresAt: signed.expires * 1000,
      ...money,
      ...terms,
    }),
  )
  gateway.cache.keys.saw(place.name, reply, keep)
  return reply
}

async function answer(
  call: EndpointCall,
  masters: Masters,
  { config, open: signed }: Bodies.Open,
  { name, channelId }: Place,
  { epoch, stopsAt, channel, accepted }: Opened,
): Promise<Response> {
  const { publicKey } = signed
  const expires = Math.min(signed.expires, stopsAt ?? signed.expires)
  const a: 'hmac' | Hex = publicKey === OpenSession.HMAC_PUBLIC_KEY ? 'hmac' : publicKey
  const { receiver: to, token: t } = config
  const { kid } = masters
  const session = await masters.issue({
    v: 1,
    kid,
    gw: call.origin,
    s: name,
    c: channelId,
    to,
    t,
    a,
    e: epoch,
    x: expires,
  })
  const algorithm = OpenSession.algorithm(publicKey)
  const opened = Answers.openAnswer({ ...session, algorithm, epoch, expires, channel, accepted })
  return json(call, opened, { channel, accepted })
}
