import { errors } from '@pbstream/core/Errors'
import type { SessionReply, SessionReserve } from '@pbstream/core/message/PaidSession'
import { isBody } from '@pbstream/core/session/SignedRequest'
import { replay } from '../Answer.ts'
import { refuse } from '../BatchSettlement.ts'
import { UNNAMED } from '../Body.ts'
import { type Call, chainsOf, type PaidCall, seconds } from '../Call.ts'
import { deliver, type Grant } from '../Delivery.ts'
import { told } from '../Limits.ts'
import { offer } from '../Offer.ts'
import { problemResponse } from '../Problem.ts'
import { pay } from '../Reporter.ts'
import { settlementOf } from '../Terms.ts'
import type { Authorised, Refusal, SessionCall } from './Call.ts'
import type { LeaseKey } from './Leases.ts'
import { raise } from './Raise.ts'
import { dated } from './Replies.ts'
import { setRoom, withRoom } from './Room.ts'

type Granted = Extract<SessionReply, { kind: 'granted' }>

/** Pays a call in session mode: from the lease that it names, or by asking its stream session. */
export async function payFromSession(call: PaidCall, authorised: Authorised | Refusal): Promise<Response> {
  if ('code' in authorised)
    return errors[authorised.code].status === 402 ? offer(call, authorised) : notAuthorised(call, authorised)
  const refusal = checkCall(call, authorised)
  if (refusal !== undefined) return refuse(call, refusal.code, details(refusal))
  const paid: SessionCall = { ...call, requestId: authorised.requestId, session: authorised }
  const response = authorised.lease === undefined ? await payStrictly(paid) : await payLeased(paid, authorised.lease)
  const lease = call.granted === undefined ? call.gateway.leases.header(keyOf(paid)) : undefined
  if (lease !== undefined) response.headers.set('pbstream-lease', lease)
  return response
}

/** A request that its session has not signed so. It says what time it is: a caller's clock may be the reason. */
export function notAuthorised(call: Call, { code, detail }: Refusal): Response {
  return dated(problemResponse(code, call.id, detail), call.gateway.ports.now())
}

/** What the stream session need not be asked about: who is paid, for what, and how much. */
function checkCall(call: PaidCall, session: Authorised): Refusal | undefined {
  if (session.receiver !== call.route.payTo) return { code: 'receiver_mismatch' }
  if (!chainsOf(call).includes(session.chain)) return { code: 'network_mismatch' }
  const { digest } = call.body
  if (digest === UNNAMED)
    return { code: 'payload_too_large', detail: 'a body over 1 MiB needs a Content-Digest header with sha-256' }
  if (!isBody(session.digest, digest))
    return { code: 'body_digest_mismatch', detail: 'the signed Content-Digest is not that of the body' }
  if (call.price > session.maxPrice) return { code: 'price_above_maximum', detail: `the price is ${call.price}` }
  return undefined
}

/** No question to the stream session: its lease is the reservation. */
async function payLeased(call: SessionCall, lease: string): Promise<Response> {
  const { leases } = call.gateway
  const { name, ref, chain, requestId, voucher } = call.session
  // A provider's own server may tell another isolate what became of the call: no lease can be kept track of so.
  if (call.granted !== undefined) return problemResponse('lease_elsewhere', call.id)
  if (voucher !== undefined) {
    const raised = await raise(call.gateway, call.session, { voucher })
    if (raised.kind === 'refused') return refuse(call, raised.code)
  }
  const taken = leases.take(keyOf(call), { lease, requestId, digest: call.digest, hold: call.price }, call.keep)
  if (taken.kind === 'refused') {
    const response = problemResponse(taken.code, call.id)
    if (taken.receipt !== undefined) response.headers.set('pbstream-receipt', taken.receipt)
    return response
  }
  const { keyVersion, standing, send } = taken
  const paid = { request: requestId, lease: taken.lease }
  const by = { payer: ref.payer, chain, session: name, rid: requestId, paid }
  const grant: Grant = {
    by: keyVersion === undefined ? by : { ...by, keyVersion },
    reservationId: requestId,
    channel: standing.channel,
    hold: call.price,
    rate: call.rate,
    send,
  }
  const response = await deliver(call, grant)
  setRoom(response.headers, leases.standing(keyOf(call)) ?? standing)
  return response
}

async function payStrictly(call: SessionCall): Promise<Response> {
  const { gateway } = call
  const { name } = call.session
  let reply = await ask(call, true)
  // Nothing is refused that the channel can pay: what this isolate holds for other calls goes back first.
  if (reply.kind === 'short' && (await gateway.leases.giveBack(keyOf(call), call.keep))) reply = await ask(call, false)
  gateway.cache.keys.saw(name, reply, call.keep)
  return answer(call, reply)
}

/** Asks the stream session for the price; `mayLease`: and perhaps for a lease along with it. */
async function ask(call: SessionCall, mayLease: boolean): Promise<SessionReply> {
  const { gateway } = call
  const { name } = call.session
  let reply: SessionReply | undefined
  try {
    reply = await pay(name, () => gateway.env.STREAM_SESSION.getByName(name), command(call, mayLease))
    return reply
  } finally {
    gateway.leases.replied(keyOf(call), reply, call.keep)
  }
}

function command(call: SessionCall, mayLease: boolean): SessionReserve {
  const { ref, channelId, epoch, requestId, voucher } = call.session
  const wish = mayLease && isLeasable(call) ? call.gateway.leases.wish(keyOf(call), call.price) : undefined
  return {
    v: 1,
    session: ref,
    channelId,
    epoch,
    hold: call.price,
    requestId,
    digest: call.digest,
    providerId: call.route.providerId,
    routeId: call.route.id,
    rateVersion: call.rate.version,
    ...(voucher === undefined ? {} : { voucher }),
    ...settlementOf(call.route),
    ...(wish === undefined ? {} : { lease: wish }),
  }
}

/** What flows may go on for longer than a lease lasts; and see `payLeased`. */
function isLeasable({ granted, rate: { rule } }: SessionCall): boolean {
  return granted === undefined && (rule.kind === 'flat' || rule.unit === 'reported')
}

/** What the answer of the stream session means for the caller. */
async function answer(call: SessionCall, reply: SessionReply): Promise<Response> {
  switch (reply.kind) {
    case 'granted':
      return withRoom(await deliver(call, grantOf(call, reply)), reply, call.price)
    case 'short': {
      const response = await refuse(call, 'session_room_short')
      setRoom(response.headers, reply, call.price)
      return response
    }
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
      return refuse(call, reply.code, told(reply.code, reply.facts ?? {}, seconds(call)))
    case 'unknown_channel':
      // Sessions are opened on channels that are known: what knew this one is gone, and its sessions with it.
      return refuse(call, 'session_ended')
  }
}

function grantOf(call: SessionCall, { reservationId, channel, keyVersion }: Granted): Grant {
  const { ref, name, chain, requestId } = call.session
  const by = { payer: ref.payer, chain, session: name, rid: reservationId, paid: { request: requestId } }
  return {
    by: keyVersion === undefined ? by : { ...by, keyVersion },
    reservationId,
    channel,
    hold: call.price,
    rate: call.rate,
  }
}

function keyOf(call: SessionCall): LeaseKey {
  const { name, channelId, epoch } = call.session
  return { session: name, channelId, epoch, routeId: call.route.id, rateVersion: call.rate.version }
}

function details({ detail }: Refusal): { detail?: string } {
  return detail === undefined ? {} : { detail }
}
