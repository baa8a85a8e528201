/**
 * x402 `batch-settlement`: vouchers from a channel, as the official wire has them. Servers want each voucher to start
 * from what is charged, so one request at a time pays from a channel: the next is signed when the answer is there.
 */
import * as Amount from '@pbstream/core/Amount'
import * as Challenge from '@pbstream/core/Challenge'
import type { Deposit } from '@pbstream/core/Credential'
import type { VerifiedVoucher } from '@pbstream/core/message/Session'
import * as PaymentResponse from '@pbstream/core/PaymentResponse'
import { problemOf } from '../errors/Problem.ts'
import { type Channel, type ChannelTerms } from './Channel.ts'
import { adopt, adoptChain, saidIn } from './ChannelState.ts'
import { type Context, waitFor } from './Context.ts'
import { depositAmount, signDeposit } from './Deposit.ts'
import type { Choice } from './Offers.ts'
import type { Outgoing } from './Outgoing.ts'
import { attempt, type Attempt, header, sendPaid } from './X402.ts'

/** Corrections, and waits for a busy channel, of one request. */
const TRIES = 6

/**
 * Pays and sends, in turn with every other request on the channel.
 *
 * @throws {BudgetExceededError}; {ChannelStateError} when the server's numbers of the channel cannot be believed.
 */
export async function payBatch(
  context: Context,
  outgoing: Outgoing,
  required: Challenge.PaymentRequired,
  { offer }: Choice,
): Promise<Response> {
  const trusted = context.pins.of(offer)
  await context.pins.verify(trusted)
  const at = { origin: outgoing.url.origin, method: outgoing.method, url: outgoing.url.href }
  const channel = await context.book.open(offer, trusted, at)
  return context.turns.run(channel.id, () => inTurn(context, channel, outgoing, attempt(outgoing, required, offer)))
}

async function inTurn(context: Context, channel: Channel, outgoing: Outgoing, first: Attempt): Promise<Response> {
  let paid = first
  for (let tries = 1; ; tries++) {
    outgoing.signal.throwIfAborted()
    const price = Amount.parse(paid.offer.amount)
    context.budget.checkRequest(price)
    const { voucher, deposit } = await signed(context, channel, outgoing, price)
    const headers = header(outgoing, paid, payloadOf(channel, voucher, deposit))
    const response = await sendPaid(context, outgoing, headers, paid)
    await learn(channel, response, deposit)
    if (response.status !== 402 || tries === TRIES) return response
    const next = await follow(context, channel, outgoing, paid, response)
    if (next === undefined) return response
    paid = next
  }
}

/** A voucher for what is charged and the price, with a deposit where the channel has too little. */
async function signed(context: Context, channel: Channel, outgoing: Outgoing, price: bigint) {
  const { budget, clock, wallet, rpc } = context
  const { terms } = channel.record
  let numbers = await channel.numbers()
  // Nothing is known of it: it may be an old channel whose store was lost.
  if (numbers.signed === 0n && numbers.funds === 0n && rpc !== undefined) numbers = await adoptChain(channel, rpc)
  const max = numbers.charged + price
  const left = await budget.left(channel.host)
  const missing = max > numbers.funds ? depositAmount(terms, max - numbers.funds, budget, left) : undefined
  const amount = max > numbers.signed ? max - numbers.signed : 0n
  if (amount > 0n || missing !== undefined) {
    await budget.check(channel.host, amount)
    const { network, asset, payTo } = terms
    const what = { mode: 'batch-settlement', url: outgoing.url.href, network, asset, payTo, price, amount } as const
    await context.confirm(missing === undefined ? what : { ...what, deposit: missing })
  }
  const voucher = await channel.exactly(max)
  const deposit = missing === undefined ? undefined : await signDeposit(channel, wallet, missing, clock.now())
  return { voucher, deposit }
}

/** What to pay with after a 402; `undefined` when paying again does not help. */
async function follow(
  context: Context,
  channel: Channel,
  outgoing: Outgoing,
  paid: Attempt,
  response: Response,
): Promise<Attempt | undefined> {
  const required = Challenge.decode(response.headers.get('payment-required') ?? '')
  const reason = (await problemOf(response))?.code ?? required?.error ?? ''
  if (reason.endsWith('channel_busy') || reason === 'channel_closing') {
    await waitFor(response, outgoing.signal)
    return paid
  }
  if (!reason.endsWith('cumulative_amount_mismatch')) return undefined
  const offer = required?.accepts.find((each) => isSame(each, channel.record.terms))
  if (required === undefined || offer === undefined) return undefined
  const said = saidIn(offer.extra, channel.id)
  if (said === undefined) await adoptChain(channel, context.rpc)
  else await adopt(channel, said, context.rpc)
  const { channelState: _, voucherState: __, ...extra } = offer.extra
  const extensions = { ...paid.required.extensions, ...required.extensions }
  return { ...paid, offer: { ...offer, extra }, required: { ...required, extensions } }
}

/** Takes over what the answer says was charged; an answer without a word leaves that to the next 402. */
async function learn(channel: Channel, response: Response, deposit: Deposit | undefined): Promise<void> {
  const settled = PaymentResponse.decode(response.headers.get('payment-response') ?? '')
  const said = settled?.success === true ? saidIn(settled.extra ?? {}, channel.id) : undefined
  if (said !== undefined) {
    await channel.update(({ signed: most }) => ({ charged: Amount.min(said.charged, most), funds: said.funds }))
  } else if (response.ok && deposit !== undefined) {
    await channel.update(({ funds }) => ({ funds: funds + deposit.amount }))
  }
}

/** The payload of a payment. */
export function payloadOf(channel: Channel, { max, signature }: VerifiedVoucher, deposit?: Deposit): object {
  const voucher = { channelId: channel.id, maxClaimableAmount: Amount.toString(max), signature }
  const payload = { type: 'voucher', channelConfig: channel.record.config, voucher }
  if (deposit === undefined) return payload
  const { validAfter, validBefore, salt, signature: order } = deposit.authorization
  const erc3009Authorization = {
    ...{ validAfter: validAfter.toString(), validBefore: validBefore.toString(), salt, signature: order },
  }
  const money = { amount: Amount.toString(deposit.amount), authorization: { erc3009Authorization } }
  return { ...payload, type: 'deposit', deposit: money }
}

/** Whether an offer is for the channel with these terms. */
export function isSame(offer: Challenge.Offer, terms: ChannelTerms): boolean {
  const { scheme, network, asset, payTo } = offer
  return (
    scheme === 'batch-settlement' &&
    network === terms.network &&
    asset.toLowerCase() === terms.asset.toLowerCase() &&
    payTo.toLowerCase() === terms.payTo.toLowerCase()
  )
}
