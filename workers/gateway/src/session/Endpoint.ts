/** `/.well-known/pbstream/session`: sessions are opened, raised and closed here, and receipts are had by request id. */
import * as Base64 from '@pbstream/core/Base64'
import * as ChannelConfig from '@pbstream/core/ChannelConfig'
import type { Hex } from '@pbstream/core/Hex'
import * as Answers from '@pbstream/core/session/Answers'
import * as Bodies from '@pbstream/core/session/Bodies'
import { PATH } from '@pbstream/core/session/OpenSession'
import { isBody } from '@pbstream/core/session/SignedRequest'
import { EMPTY_BODY } from '@pbstream/core/RequestBinding'
import * as Body from '../Body.ts'
import { checkDeposit } from '../Deposit.ts'
import { problemResponse } from '../Problem.ts'
import { authorise, isVoucher, targetOf } from './Authorise.ts'
import type { Authorised, EndpointCall, Refusal } from './Call.ts'
import { close } from './Close.ts'
import { info } from './Info.ts'
import { open } from './Open.ts'
import { raise } from './Raise.ts'
import { json, notOpened, refused } from './Replies.ts'

/** More than any body has that is sent here. */
const MAX_BODY = 16 * 1024
const RECEIPTS = '/receipts/'

/** Answers a request to the endpoint or below it. */
export async function answer(call: EndpointCall): Promise<Response> {
  const { masters } = call.gateway
  if (masters === undefined) return problemResponse('not_found', call.id)
  const { method } = call.request
  const below = call.path.slice(PATH.length)
  if (below === '') {
    if (method === 'POST') {
      const body = await bodyOf(call)
      return 'code' in body ? refused(call, body) : open(call, masters, body.json)
    }
    if (method === 'GET' || method === 'HEAD') return json(call, await info(call.gateway, masters, call.origin))
    return notAllowed(call, 'GET, HEAD, POST')
  }
  if (below === '/voucher') return method === 'POST' ? signed(call, raised) : notAllowed(call, 'POST')
  if (below === '/close') return method === 'POST' ? signed(call, close) : notAllowed(call, 'POST')
  if (!below.startsWith(RECEIPTS) || below === RECEIPTS) return problemResponse('not_found', call.id)
  return method === 'GET' ? signed(call, receipt) : notAllowed(call, 'GET')
}

/** A request that its session has signed, as paid ones are. It costs nothing, and its id is not taken. */
async function signed(
  call: EndpointCall,
  then: (call: EndpointCall, session: Authorised, body: unknown) => Promise<Response>,
): Promise<Response> {
  const { gateway, request, origin } = call
  if (request.headers.has('payment-signature')) return problemResponse('session_payment_conflict', call.id)
  const targetUri = targetOf(request, origin)
  const asked = { method: request.method, targetUri, headers: request.headers, home: origin }
  const session = await authorise(gateway, asked)
  if ('code' in session) return refused(call, session)
  const body = await bodyOf(call)
  if ('code' in body) return refused(call, body)
  if (!isBody(session.digest, body.digest))
    return refused(call, { code: 'body_digest_mismatch', detail: 'the signed Content-Digest is not that of the body' })
  return then(call, session, body.json)
}

async function raised(call: EndpointCall, session: Authorised, body: unknown): Promise<Response> {
  const asked = Bodies.parseRaise(body)
  if (Bodies.isFailure(asked)) return refused(call, { code: asked.error, detail: asked.detail })
  const { gateway } = call
  const { chain, channelId, ref } = session
  if (asked.deposit !== undefined) {
    const wrong = checkDeposit(asked.deposit, Math.floor(gateway.ports.now() / 1000))
    if (wrong !== undefined) return refused(call, wrong)
    if (ChannelConfig.id(asked.config, chain.voucherDomain) !== channelId)
      return refused(call, { code: 'channel_id_mismatch' })
  }
  if (!isVoucher(gateway, { chain, channelId, signer: ref.payerAuthorizer }, asked.voucher))
    return refused(call, { code: 'voucher_signature_invalid' })
  const reply = await raise(gateway, session, asked)
  if (reply.kind !== 'opened') return notOpened(call, reply)
  return json(call, Answers.raiseAnswer(reply.channel, reply.accepted), reply)
}

async function receipt(call: EndpointCall, session: Authorised): Promise<Response> {
  const { name, ref, channelId, epoch } = session
  // `Path` has let it through: its encoding is sound.
  const requestId = decodeURIComponent(call.path.slice(PATH.length + RECEIPTS.length))
  const object = call.gateway.env.STREAM_SESSION.getByName(name)
  const reply = await object.receipt({ v: 1, session: ref, channelId, epoch, requestId })
  switch (reply.kind) {
    case 'done':
      return reply.receipt === undefined
        ? refused(call, { code: 'receipt_unknown', detail: 'it was charged, and its receipt is not kept' })
        : json(call, { v: 1, request: requestId, receipt: reply.receipt })
    case 'in_flight':
      return problemResponse('request_in_flight', call.id)
    case 'unknown':
      return problemResponse('receipt_unknown', call.id)
    case 'refused':
      return refused(call, { code: reply.code })
  }
}

/** The JSON that was sent; undefined for an empty body. */
async function bodyOf({ request }: EndpointCall): Promise<{ digest: Hex; json: unknown } | Refusal> {
  const body = await Body.read(request, MAX_BODY)
  if (typeof body === 'string') return { code: body }
  if (body.kind !== 'whole' || body.bytes.length === 0) return { digest: EMPTY_BODY, json: undefined }
  return { digest: body.digest, json: Base64.parseJson(body.bytes) }
}

function notAllowed(call: EndpointCall, allow: string): Response {
  const response = problemResponse('method_not_allowed', call.id)
  response.headers.set('allow', allow)
  return response
}
