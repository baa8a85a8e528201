/** Money back: sessions are closed, and what a channel holds beyond what was charged returns to the wallet. */
import * as Amount from '@pbstream/core/Amount'
import * as Challenge from '@pbstream/core/Challenge'
import * as PaymentResponse from '@pbstream/core/PaymentResponse'
import * as Bodies from '@pbstream/core/session/Bodies'
import * as Base64 from '@pbstream/core/Base64'
import { problemOf } from '../errors/Problem.ts'
import { isSame, payloadOf } from './BatchSettlement.ts'
import type { Channel } from './Channel.ts'
import { adopt, adoptChain, saidIn } from './ChannelState.ts'
import { type Context, errorOf, waitFor } from './Context.ts'
import * as Endpoint from './Endpoint.ts'
import type { Session } from './Session.ts'
import type { Sessions } from './Sessions.ts'

/** How a channel stands after it was closed or refunded. Amounts are atomic units. */
export type Closed = {
  origin: string
  channelId: string
  /** All that was charged on the channel; after a close without a refund also what leases still hold for a moment. */
  charged: bigint
  /** What went back, if anything did, and the transaction that moved it. */
  refunded?: bigint
  transaction?: string
}

const TRIES = 30

/** Ends all sessions of a channel: on every machine that has one. */
export async function closeSession(context: Context, sessions: Sessions, session: Session): Promise<Closed> {
  const { record, channel } = session
  const sign = await session.signer()
  const response = await Endpoint.call(context, { record, sign }, 'POST', '/close', Bodies.closeJson({}))
  const said = response.ok ? ((await response.json()) as { channel?: Record<string, unknown> }).channel : undefined
  if (!response.ok) {
    const error = await errorOf(response)
    // It has ended already: there is nothing left to do.
    if (!['session_ended', 'session_expired', 'session_token_invalid'].includes(error.code)) throw error
  }
  await sessions.drop(session)
  const charged = Amount.tryParse(said?.['charged'])
  const funds = Amount.tryParse(said?.['balance'])
  const numbers = await channel.update(({ signed }) => ({
    ...(charged === undefined ? {} : { charged: Amount.min(charged, signed) }),
    ...(funds === undefined ? {} : { funds }),
  }))
  return { origin: record.origin, channelId: channel.id, charged: numbers.charged }
}

/**
 * Asks for what is left of a channel, or for `amount` of it: x402's refund, with a voucher for exactly what is charged.
 *
 * @throws {PBStreamError} with the reason, when there is no refund.
 */
export async function refundChannel(context: Context, channel: Channel, amount?: bigint): Promise<Closed> {
  const { origin, method, url } = channel.record
  let accepted = channel.record.offer
  for (let tries = 1; ; tries++) {
    const { charged } = await channel.numbers()
    const voucher = { max: charged, signature: await channel.signature(charged) }
    const payload = {
      ...payloadOf(channel, voucher),
      type: 'refund',
      ...(amount === undefined ? {} : { amount: Amount.toString(amount) }),
    }
    const payment = { x402Version: 2, resource: { url }, accepted, payload }
    const response = await context.send(url, { method, headers: { 'PAYMENT-SIGNATURE': Base64.encodeJson(payment) } })
    const settled = PaymentResponse.decode(response.headers.get('payment-response') ?? '')
    if (response.ok && settled?.success === true) {
      const said = saidIn(settled.extra ?? {}, channel.id)
      const refunded = Amount.tryParse(settled.amount) ?? 0n
      await channel.update(({ funds }) => ({ funds: said?.funds ?? Amount.max(funds - refunded, 0n) }))
      return { origin, channelId: channel.id, charged, refunded, transaction: settled.transaction }
    }
    const offer = offerIn(response, channel)
    // Servers that compare the offer to the character may have another price by now.
    if (offer !== undefined && offer.amount !== accepted.amount) accepted = offer
    else if (tries === TRIES || !(await correct(context, channel, response))) throw await errorOf(response)
  }
}

function offerIn(response: Response, channel: Channel): Challenge.Offer | undefined {
  const required = Challenge.decode(response.headers.get('payment-required') ?? '')
  return required?.accepts.find((each) => isSame(each, channel.record.terms))
}

/** Does what a refused refund asks for. False when nothing helps. */
async function correct(context: Context, channel: Channel, response: Response): Promise<boolean> {
  const required = Challenge.decode(response.headers.get('payment-required') ?? '')
  const problem = await problemOf(response)
  const reason = problem?.code ?? required?.error ?? ''
  if (['session_leases_out', 'settlement_pending', 'temporarily_unavailable'].includes(reason)) {
    await waitFor(response)
    return true
  }
  if (!reason.endsWith('cumulative_amount_mismatch')) return false
  const said = required?.accepts.map(({ extra }) => saidIn(extra, channel.id)).find((each) => each !== undefined)
  const before = await channel.numbers()
  if (said === undefined) await adoptChain(channel, context.rpc)
  else await adopt(channel, said, context.rpc)
  return (await channel.numbers()).charged !== before.charged
}
