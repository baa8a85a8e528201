/** How a rental ends: its proven time is charged, once, as far as money is set aside for it. */
import type { ChannelView } from '@pbstream/core/message/Session'
import * as PaymentResponse from '@pbstream/core/PaymentResponse'
import { useOf } from '@pbstream/core/rental/Due'
import type { RentalState } from '@pbstream/core/rental/Wire'
import { bill, countsOf } from '../Bill.ts'
import { payerOf, priceOf, signReceipt } from '../Receipts.ts'
import { problemResponse } from '../Problem.ts'
import type { Ask } from '../standalone/Ask.ts'
import { type Heard, type Rental, say } from './Rental.ts'

/** Charges a rental whose clock has stopped. A problem: it could not be told, and the server asks again. */
export async function charge(ask: Ask, rental: Rental, known: Heard, reason: string): Promise<RentalState | Response> {
  const { times, hold } = known
  const { amount, usage } = bill(rental.priced, useOf(times), hold)
  // The channel counted what was set aside.
  const channel = { ...known.channel, chargedCumulative: known.channel.chargedCumulative - hold + amount }
  const receipt = await receiptOf(ask, rental, { amount, usage, channel })
  const reservationId = rental.claims.by.rid
  const posted = await say(ask, rental, { kind: 'post', reservationId, amount, receipt, usage: countsOf(usage) })
  if (posted === undefined) return problemResponse('temporarily_unavailable', ask.id)
  if (!posted.done) return ended(ask, rental)
  const spans = usage.times ?? []
  const milliseconds = spans.reduce((sum, [from, to]) => sum + to - from, 0)
  const state = { kind: 'ended', reason, amount: amount.toString(), milliseconds, times: spans, receipt } as const
  return { ...state, headers: headersOf(rental, receipt, { amount, channel }) }
}

/** One that is over: with its receipt, if it was stopped; else its silence has ended it, with what was marked. */
export async function ended({ gateway, id }: Ask, { claims }: Rental): Promise<RentalState | Response> {
  const { session, rid } = claims.by
  const outcome = await gateway.env.STREAM_SESSION.getByName(session).outcome(1, rid, claims.rq)
  if (outcome.kind === 'open') return problemResponse('temporarily_unavailable', id)
  if (outcome.kind === 'ended' || outcome.receipt === undefined) return problemResponse('payment_ended', id)
  const { receipt } = outcome
  const amount = String(priceOf(receipt) ?? 0n)
  const headers = { 'pbstream-receipt': receipt }
  return { kind: 'ended', reason: 'stopped', amount, receipt, headers }
}

type Charged = { amount: bigint; usage: ReturnType<typeof useOf>; channel: ChannelView }

function receiptOf({ gateway }: Ask, rental: Rental, { amount, usage, channel }: Charged): Promise<string> {
  const { claims, chain, priced } = rental
  const call = { gateway, digest: claims.dg, route: { id: claims.rt, revision: claims.rev } }
  return signReceipt(call, payerOf(claims.by, chain), {
    price: amount,
    rateVersion: claims.cv,
    usage,
    terms: priced.terms,
    channel: { id: channel.channelId, cumulative: channel.chargedCumulative },
    ...(claims.tx === undefined ? {} : { transaction: claims.tx }),
  })
}

/** A session's callers look at PBStream-Room for what x402 says in PAYMENT-RESPONSE. */
function headersOf(
  { claims, chain }: Rental,
  receipt: string,
  { amount, channel }: Pick<Charged, 'amount' | 'channel'>,
): Record<string, string> {
  const { by, tx } = claims
  if (by.paid !== undefined) return { 'pbstream-receipt': receipt }
  const paid = { network: chain.network, payer: by.payer, charged: amount, channel }
  const response = PaymentResponse.voucher({ ...paid, ...(tx === undefined ? {} : { transaction: tx }) })
  return { 'payment-response': PaymentResponse.encode(response), 'pbstream-receipt': receipt }
}
