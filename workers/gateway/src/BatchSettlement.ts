import * as ChannelConfig from '@pbstream/core/ChannelConfig'
import type { BatchCredential } from '@pbstream/core/Credential'
import { type ErrorCode, errors } from '@pbstream/core/Errors'
import { type Hex, zeroAddress } from '@pbstream/core/Hex'
import { type Reserve, type ReserveReply, type SessionRef, sessionName } from '@pbstream/core/message/Session'
import type { SubmitReply } from '@pbstream/core/message/Settlement'
import * as PaymentResponse from '@pbstream/core/PaymentResponse'
import type * as Rate from '@pbstream/core/Rate'
import * as Voucher from '@pbstream/core/Voucher'
import { replay } from './Answer.ts'
import { chainsOf, delayOn, type PaidCall, seconds } from './Call.ts'
import type { Chain } from './Chains.ts'
import { deliver } from './Delivery.ts'
import { checkDeposit, submitDeposit } from './Deposit.ts'
import { Lru } from './Lru.ts'
import { told } from './Limits.ts'
import { corrective, offer, type Refusal } from './Offer.ts'
import { reserve } from './Reporter.ts'
import { problemResponse, problemWith } from './Problem.ts'
import { type Pinned, pinned } from './Pinned.ts'
import * as Pricing from './Pricing.ts'
import { Governed, refusedBefore } from './sentinel/Governed.ts'
import { barred } from './sentinel/Pass.ts'
import { settlementOf } from './Terms.ts'

/** A voucher that this gateway has checked, and the price it is to pay. */
export type Checked = {
  chain: Chain
  credential: BatchCredential
  session: SessionRef
  name: string
  channelId: Hex
  price: bigint
  rate: { version: number; rule: Rate.Card }
  terms: Rate.Terms
  /** The quote's id: it names the call in turns. */
  callId?: string
  /** The quote as the caller echoed it. */
  quote?: string
}

/** Pays a call from a channel: check, reserve (with a deposit first, if one is wanted), deliver. */
export async function payFromChannel(call: PaidCall, credential: BatchCredential): Promise<Response> {
  const checked = await check(call, credential)
  if ('code' in checked) return offer(call, checked)
  const early = credential.type === 'deposit' ? checkDeposit(credential.deposit, seconds(call)) : undefined
  if (early !== undefined) return offer(call, early)
  const stopped = knownRefusal(call, checked.name)
  if (stopped !== undefined) return refuse(call, stopped)
  const barredBy = barred({ call, caller: checked.name }) ?? refusedBefore(call, checked.name)
  if (barredBy !== undefined) return barredBy
  const standing = standingOf(call, checked)
  const rules = new Governed(call, checked.session)
  let observed = false
  let transaction: Hex | undefined
  for (;;) {
    const reply = await reserve(checked.name, () => open(call, checked.name), {
      ...command(call, checked),
      ...rules.named,
    })
    call.gateway.cache.keys.saw(checked.name, reply, call.keep)
    call.gateway.refusedCalls.saw(checked.name, call.route.providerId, reply)
    if (reply.kind === 'rules' && (await rules.push(reply.wanted))) continue
    if (reply.kind === 'unknown_channel' && !observed) {
      observed = true
      const seen = await call.gateway.env.SETTLEMENT.observe(
        1,
        checked.session,
        checked.channelId,
        checked.credential.config,
      )
      if (!seen.ok) return problemResponse('temporarily_unavailable', call.id)
      continue
    }
    if (reply.kind === 'deposit' && transaction === undefined) {
      if (credential.type !== 'deposit') throw new Error('a deposit was asked for and none was sent')
      const { config, deposit } = credential
      const submitted = await submitDeposit(call.gateway, { ...checked, config }, reply.depositId, deposit)
      if (submitted.kind !== 'mined') return notMined(call, checked, submitted)
      transaction = submitted.transaction
      continue
    }
    return answer(call, checked, { reply, transaction, standing })
  }
}

/**
 * Checks what can be checked without the session: the offer, the quote, the channel's terms and the signature.
 *
 * Cheap comparisons come first; the signature is last.
 */
export async function check(call: PaidCall, credential: BatchCredential): Promise<Checked | Refusal> {
  const { accepted, config, voucher } = credential
  const chain = chainsOf(call).find((each) => each.network === credential.network)
  if (chain === undefined) return { code: 'network_mismatch' }
  const { payTo } = call.route
  if (accepted.asset !== chain.token || accepted.payTo !== payTo)
    return { code: 'offer_mismatch', detail: 'another asset or payTo' }
  const quoted = await pinned(call, credential.quote, chain.network)
  // A refund has no price: a quote that has run out must not keep anyone's money.
  const list: Pinned = { amount: call.price, rate: call.rate, terms: call.terms }
  const price = 'code' in quoted && credential.type === 'refund' ? list : quoted
  if ('code' in price) return price
  if (credential.type !== 'refund' && BigInt(accepted.amount) < price.amount)
    return { code: 'offer_mismatch', detail: 'the amount is below the price' }
  if (config.receiver !== payTo) return { code: 'receiver_mismatch' }
  if (config.receiverAuthorizer !== (await call.gateway.receiverAuthorizer()))
    return { code: 'receiver_authorizer_mismatch' }
  if (config.token !== chain.token) return { code: 'token_mismatch' }
  if (config.withdrawDelay !== delayOn(call, chain)) return { code: 'withdraw_delay_mismatch' }
  if (config.payerAuthorizer === zeroAddress) return { code: 'payer_authorizer_missing' }
  const channelId = channelIdOf(config, chain)
  if (channelId !== voucher.channelId) return { code: 'channel_id_mismatch' }
  const signer = call.gateway.recover(Voucher.digest(chain.voucherDomain, channelId, voucher.max), voucher.signature)
  if (signer !== config.payerAuthorizer) return { code: 'voucher_signature_invalid' }
  const session = {
    chainId: chain.chainId,
    contract: chain.contract,
    payer: config.payer,
    payerAuthorizer: config.payerAuthorizer,
  }
  return {
    chain,
    credential,
    session,
    name: sessionName(session),
    channelId,
    price: price.amount,
    rate: price.rate,
    terms: price.terms,
    ...(price.callId === undefined ? {} : { callId: price.callId }),
    ...(credential.quote === undefined ? {} : { quote: credential.quote }),
  }
}

/** A refusal that is certain without the session. With a request id it is asked: the call may have been served before. */
function knownRefusal(call: PaidCall, name: string): ErrorCode | undefined {
  return call.requestId === undefined ? call.gateway.cache.keys.refusal(name) : undefined
}

/** Ids of channels seen lately: hashing one takes three rounds of Keccak. */
const channelIds = new Lru<string, Hex>(4096)

function channelIdOf(config: ChannelConfig.ChannelConfig, chain: Chain): Hex {
  const { payer, payerAuthorizer, receiver, receiverAuthorizer, token, withdrawDelay, salt } = config
  const key = [chain.network, payer, payerAuthorizer, receiver, receiverAuthorizer, token, withdrawDelay, salt].join()
  const known = channelIds.get(key)
  if (known !== undefined) return known
  const id = ChannelConfig.id(config, chain.voucherDomain)
  channelIds.set(key, id)
  return id
}

/** The object of this key; a fresh stub each time, since one that has failed stays broken. */
export function open(call: PaidCall, name: string) {
  return call.gateway.env.STREAM_SESSION.getByName(name)
}

/** What the price depends on of who pays, beside what its session has counted. */
type Standing = { terms: Rate.Terms; others: Rate.Position | undefined }

/** Looked up while money is set aside: it changes what is charged, and not what is held. Never rejects. */
async function standingOf(call: PaidCall, { rate: { rule }, terms, session, name }: Checked): Promise<Standing> {
  const { payer } = session
  const [own, others] = await Promise.all([
    Pricing.ownTerms(call, rule, terms, payer),
    Pricing.elsewhere(call, { rule, at: terms.at }, { payer, session: name }),
  ])
  return { terms: own, others }
}

type Answered = { reply: ReserveReply; transaction: Hex | undefined; standing: Promise<Standing> }

/** What the session's answer means for the caller. */
async function answer(call: PaidCall, checked: Checked, { reply, transaction, standing }: Answered): Promise<Response> {
  switch (reply.kind) {
    case 'granted': {
      const { reservationId, channel, keyVersion, position } = reply
      const payer = { payer: checked.session.payer, chain: checked.chain, session: checked.name, rid: reservationId }
      const by = keyVersion === undefined ? payer : { ...payer, keyVersion }
      const { terms, others } = await standing
      const grant = {
        by,
        reservationId,
        channel,
        hold: checked.price,
        rate: checked.rate,
        terms: Pricing.standing(terms, position, others),
      }
      return deliver(call, transaction === undefined ? grant : { ...grant, transaction })
    }
    case 'corrective':
      return corrective(call, {
        chain: checked.chain,
        price: checked.price,
        ...(reply.channel === undefined ? {} : { channel: reply.channel }),
        ...(reply.voucher === undefined ? {} : { voucher: reply.voucher }),
        ...(checked.quote === undefined ? {} : { quote: checked.quote }),
      })
    case 'replay':
      return replay(call, reply.answer)
    case 'duplicate': {
      const response = problemResponse('request_id_used', call.id)
      if (reply.receipt !== undefined) response.headers.set('pbstream-receipt', reply.receipt)
      return response
    }
    case 'in_flight':
      return problemResponse('request_in_flight', call.id)
    case 'refused':
      return refuse(call, reply.code, {
        ...told(reply.code, reply.facts ?? {}, seconds(call)),
        ...(reply.sentinel === undefined ? {} : { sentinel: reply.sentinel }),
      })
    case 'rules':
    case 'unknown_channel':
    case 'deposit':
      // It was observed, or the deposit was mined, and the object does not know yet: its report is still on the way.
      return problemResponse('temporarily_unavailable', call.id)
  }
}

/** A refusal by the session or by settlement: with offers when paying otherwise would help. */
export function refuse(
  call: PaidCall,
  code: ErrorCode,
  more: Omit<Refusal, 'code'> = {},
): Promise<Response> | Response {
  return errors[code].status === 402 ? offer(call, { code, ...more }) : problemWith(code, call.id, more)
}

function command(call: PaidCall, checked: Checked): Reserve {
  const { credential, session, channelId, price, callId } = checked
  return {
    v: 1,
    session,
    channelId,
    config: credential.config,
    voucher: { max: credential.voucher.max, signature: credential.voucher.signature },
    hold: price,
    ...(credential.type === 'deposit' ? { deposit: { amount: credential.deposit.amount } } : {}),
    ...(callId === undefined ? {} : { callId }),
    ...(call.requestId === undefined ? {} : { requestId: call.requestId }),
    digest: call.digest,
    providerId: call.route.providerId,
    routeId: call.route.id,
    rateVersion: checked.rate.version,
    ...Pricing.period(checked.rate.rule, checked.terms),
    ...settlementOf(call.route),
    ...(call.from === undefined ? {} : { origin: call.from }),
  }
}

function notMined(
  call: PaidCall,
  checked: Checked,
  reply: Exclude<SubmitReply, { kind: 'mined' }>,
): Promise<Response> | Response {
  const code = reply.kind === 'pending' ? 'settlement_pending' : reply.code
  const { network } = checked.chain
  const { payer } = checked.session
  const known = reply.transaction === undefined ? {} : { transaction: reply.transaction }
  // With a transaction to look at, official clients stop; without one they may go on by the error of the offer.
  const response =
    reply.transaction === undefined
      ? undefined
      : PaymentResponse.encode(PaymentResponse.failure(code, { network, payer, ...known }))
  return refuse(call, code, response === undefined ? {} : { paymentResponse: response })
}
