import * as ChannelConfig from '@pbstream/core/ChannelConfig'
import type { ErrorCode } from '@pbstream/core/Errors'
import { errors } from '@pbstream/core/Errors'
import * as Answers from '@pbstream/core/session/Answers'
import * as Bodies from '@pbstream/core/session/Bodies'
import { submitRefund } from '../Refund.ts'
import { isVoucher } from './Authorise.ts'
import type { Authorised, EndpointCall, Refusal } from './Call.ts'
import { json, refused } from './Replies.ts'

type Refund = NonNullable<Bodies.Close['refund']>
type Refunded = Pick<Answers.CloseAnswer, 'refund' | 'refused'>

/** Ends all sessions of the channel; with a voucher for exactly what is charged, what is left goes back at once. */
export async function close(call: EndpointCall, session: Authorised, body: unknown): Promise<Response> {
  const asked = Bodies.parseClose(body ?? {})
  if (Bodies.isFailure(asked)) return refused(call, { code: asked.error, detail: asked.detail })
  const { refund } = asked
  const wrong = refund === undefined ? undefined : checkRefund(call, session, refund)
  if (wrong !== undefined) return refused(call, wrong)
  const { name, ref, channelId, epoch } = session
  const object = () => call.gateway.env.STREAM_SESSION.getByName(name)
  const reply = await object().endSessions({ v: 1, session: ref, channelId, epoch })
  if (reply.kind === 'refused') return refused(call, { code: reply.code })
  if (reply.kind === 'unknown_channel') return refused(call, { code: 'session_ended' })
  const { channel, accepted } = reply
  const back = refund === undefined ? {} : await giveBack(call, session, refund)
  const closed: Answers.CloseAnswer = {
    v: 1,
    epoch: reply.epoch,
    channel: Answers.channelJson(channel, accepted),
    ...back,
  }
  return json(call, closed, { channel, accepted })
}

function checkRefund(
  { gateway }: EndpointCall,
  { chain, channelId, ref }: Authorised,
  { config, voucher }: Refund,
): Refusal | undefined {
  if (ChannelConfig.id(config, chain.voucherDomain) !== channelId) return { code: 'channel_id_mismatch' }
  const signer = ref.payerAuthorizer
  return isVoucher(gateway, { chain, channelId, signer }, voucher) ? undefined : { code: 'voucher_signature_invalid' }
}

/** The sessions have ended already: a refund that does not go through leaves the money where it is, and says why. */
async function giveBack(call: EndpointCall, session: Authorised, refund: Refund): Promise<Refunded> {
  const { gateway } = call
  const { name, ref, channelId, chain } = session
  const { config, voucher, amount } = refund
  const reply = await gateway.env.STREAM_SESSION.getByName(name).refund({
    v: 1,
    session: ref,
    channelId,
    config,
    voucher,
    ...(amount === undefined ? {} : { amount }),
  })
  if (reply.kind === 'corrective') return notRefunded('cumulative_amount_mismatch')
  if (reply.kind === 'unknown_channel') return notRefunded('temporarily_unavailable')
  if (reply.kind === 'refused') return notRefunded(reply.code)
  const submitted = await submitRefund(gateway, { session: ref, channelId, config, chain }, reply.refund)
  if (submitted.kind === 'failed') return notRefunded(submitted.code)
  return { refund: { amount: reply.refund.amount.toString(), transaction: submitted.transaction } }
}

function notRefunded(code: ErrorCode): Refunded {
  const { title, hint, retryable } = errors[code]
  return { refused: { code, title, hint, retryable } }
}
