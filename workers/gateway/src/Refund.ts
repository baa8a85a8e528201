import type { BatchCredential } from '@pbstream/core/Credential'
import type { ChannelView, RefundReply, RefundOrder } from '@pbstream/core/message/Session'
import type { SubmitReply } from '@pbstream/core/message/Settlement'
import * as PaymentResponse from '@pbstream/core/PaymentResponse'
import { type Checked, check, open, refuse } from './BatchSettlement.ts'
import type { Gateway, PaidCall } from './Call.ts'
import { type Place, waitOn } from './Deposit.ts'
import { corrective, offer } from './Offer.ts'
import { problemResponse } from './Problem.ts'

type RefundCredential = Extract<BatchCredential, { type: 'refund' }>

/** Gives unspent money of a channel back to its payer. The upstream is not called. */
export async function refund(call: PaidCall, credential: RefundCredential): Promise<Response> {
  const checked = await check(call, credential)
  if ('code' in checked) return offer(call, checked)
  let reply = await ask(call, checked, credential)
  if (reply.kind === 'unknown_channel') {
    const seen = await call.gateway.env.SETTLEMENT.observe(1, checked.session, checked.channelId, credential.config)
    if (!seen.ok) return problemResponse('temporarily_unavailable', call.id)
    reply = await ask(call, checked, credential)
  }
  switch (reply.kind) {
    case 'granted':
      return submit(call, checked, reply.refund)
    case 'corrective':
      return corrective(call, {
        chain: checked.chain,
        price: checked.price,
        ...(reply.channel === undefined ? {} : { channel: reply.channel }),
        ...(reply.voucher === undefined ? {} : { voucher: reply.voucher }),
        ...(checked.quote === undefined ? {} : { quote: checked.quote }),
      })
    case 'refused':
      return refuse(call, reply.code)
    case 'unknown_channel':
      return problemResponse('temporarily_unavailable', call.id)
  }
}

function ask(call: PaidCall, checked: Checked, credential: RefundCredential): Promise<RefundReply> {
  const { session, channelId, name, callId } = checked
  return open(call, name).refund({
    v: 1,
    session,
    channelId,
    config: credential.config,
    voucher: { max: credential.voucher.max, signature: credential.voucher.signature },
    ...(credential.amount === undefined ? {} : { amount: credential.amount }),
    ...(callId === undefined ? {} : { callId }),
  })
}

/** Has a refund mined. The stream session is told by settlement. */
export function submitRefund({ env }: Gateway, place: Place, order: RefundOrder): Promise<SubmitReply> {
  const { session, channelId, config, chain } = place
  return env.SETTLEMENT.refund({ v: 1, session, channelId, config, ...order, waitMs: waitOn(chain) })
}

async function submit(call: PaidCall, checked: Checked, order: RefundOrder): Promise<Response> {
  const { session, channelId, chain, credential } = checked
  const { network } = chain
  const { payer } = session
  const reply = await submitRefund(call.gateway, { ...checked, config: credential.config }, order)
  if (reply.kind !== 'mined') {
    const code = reply.kind === 'pending' ? 'settlement_pending' : reply.code
    const known = reply.transaction === undefined ? {} : { transaction: reply.transaction }
    // Official clients read the reason of a refund from the offer, unless there is a transaction to look at.
    const failed = PaymentResponse.encode(PaymentResponse.failure(code, { network, payer, ...known }))
    return refuse(call, code, reply.transaction === undefined ? {} : { paymentResponse: failed })
  }
  const { transaction } = reply
  const channel = await viewAfter(call, checked, order)
  const response = PaymentResponse.refund({ network, payer, amount: order.amount, channel, transaction })
  const headers = {
    'cache-control': 'no-store',
    'pbstream-request-id': call.id,
    'payment-response': PaymentResponse.encode(response),
  }
  return Response.json(
    { refunded: order.amount.toString(), asset: chain.token, network, payer, channelId, transaction },
    { headers },
  )
}

/** The channel as it stands when the refund is mined. */
async function viewAfter(call: PaidCall, checked: Checked, order: RefundOrder): Promise<ChannelView> {
  const { channelId } = checked
  const numbers = await open(call, checked.name).view(1, channelId)
  const zero = { deposited: 0n, provisional: 0n, returned: 0n, claimed: 0n, spent: 0n, reserved: 0n }
  const { deposited, provisional, returned, claimed, spent, reserved } = numbers ?? zero
  const balance = deposited + provisional - returned
  return {
    channelId,
    balance: balance > 0n ? balance : 0n,
    totalClaimed: claimed,
    chargedCumulative: spent + reserved,
    withdrawRequestedAt: 0,
    refundNonce: order.nonce + 1n,
  }
}
