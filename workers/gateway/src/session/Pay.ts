import { errors } from '@pbstream/core/Errors'
import type { CountedPosition } from '@pbstream/core/message/Counts'
import type { SessionReply, SessionReserve } from '@pbstream/core/message/PaidSession'
import * as Rate from '@pbstream/core/Rate'
import { isBody } from '@pbstream/core/session/SignedRequest'
import { replay } from '../Answer.ts'
import { refuse } from '../BatchSettlement.ts'
import { UNNAMED } from '../Body.ts'
import { type Call, chainsOf, type PaidCall, seconds } from '../Call.ts'
import { deliver, type Grant } from '../Delivery.ts'
import { told } from '../Limits.ts'
import { offer } from '../Offer.ts'
import { problemResponse } from '../Problem.ts'
import * as Pricing from '../Pricing.ts'
import { pay, report } from '../Reporter.ts'
import { Governed, refusedBefore } from '../sentinel/Governed.ts'
import { barred } from '../sentinel/Pass.ts'
import { nowhere } from '../sentinel/Places.ts'
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
  const paid = await priceFor(call, authorised)
  const refusal = checkCall(paid, authorised)
  if (refusal !== undefined) return refuse(call, refusal.code, details(refusal))
  const stopped = barred({ call, caller: authorised.name }) ?? refusedBefore(call, authorised.name)
  if (stopped !== undefined) return dated(stopped, call.gateway.ports.now())
  const response = authorised.lease === undefined ? await payStrictly(paid) : await payLeased(paid, authorised.lease)
  const lease = call.granted === undefined ? call.gateway.leases.header(keyOf(paid)) : undefined
  if (lease !== undefined) response.headers.set('pbstream-lease', lease)
  return response
}

/** A request that its session has not signed so. It says what time it is: a caller's clock may be the reason. */
export function notAuthorised(call: Call, { code, detail }: Refusal): Response {
  return dated(problemResponse(code, call.id, detail), call.gateway.ports.now())
}

/** The call at the prices of who pays. What it is offered at stays the price for everybody. */
async function priceFor(call: PaidCall, session: Authorised): Promise<SessionCall> {
  const { rate, inputs, terms, price } = call
  const isListed = !Rate.needsTerms(rate.rule)
  const own = isListed ? terms : await Pricing.ownTerms(call, rate.rule, terms, session.ref.payer)
  const ceiling = isListed ? price : Rate.ceiling(rate.rule, inputs, own)
  const hold = firstHold(call, own, ceiling)
  return { ...call, requestId: session.requestId, session, own, ceiling, hold }
}

/** What another server does with the money cannot be followed from here, nor what a lease pays for; but for a rental. */
function firstHold(call: PaidCall, terms: Rate.Terms, ceiling: bigint): bigint {
  if (call.firstStep !== undefined) {
    const first = call.firstStep(terms)
    return first < ceiling ? first : ceiling
  }
  return call.granted === undefined && !isLeasable(call) ? Pricing.firstStep(call, terms, ceiling) : ceiling
}

/** What the stream session need not be asked about: who is paid, for what, and how much. */
function checkCall(call: SessionCall, session: Authorised): Refusal | undefined {
  if (session.receiver !== call.route.payTo) return { code: 'receiver_mismatch' }
  if (!chainsOf(call).includes(session.chain)) return { code: 'network_mismatch' }
  const { digest } = call.body
  if (digest === UNNAMED)
    return { code: 'payload_too_large', detail: 'a body over 1 MiB needs a Content-Digest header with sha-256' }
  if (!isBody(session.digest, digest))
    return { code: 'body_digest_mismatch', detail: 'the signed Content-Digest is not that of the body' }
  if (call.ceiling > session.maxPrice) return { code: 'price_above_maximum', detail: `the price is ${call.ceiling}` }
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
    if (raised.kind === 'refused')
      return refuse(call, raised.code, raised.sentinel === undefined ? {} : { sentinel: raised.sentinel })
  }
  const taken = leases.take(keyOf(call), { lease, requestId, digest: call.digest, hold: call.ceiling }, call.keep)
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
    hold: call.ceiling,
    rate: call.rate,
    terms: call.own,
    send,
  }
  const response = await deliver(call, grant)
  setRoom(response.headers, leases.standing(keyOf(call)) ?? standing)
  return response
}

async function payStrictly(call: SessionCall): Promise<Response> {
  const { gateway, rate, own } = call
  const { name, ref } = call.session
  const others = Pricing.elsewhere(call, { rule: rate.rule, at: own.at }, { payer: ref.payer, session: name })
  const rules = new Governed(call, ref)
  let reply = await ask(call, rules, true)
  // Nothing is refused that the channel can pay: what this isolate holds for other calls goes back first.
  if (reply.kind === 'short' && (await gateway.leases.giveBack(keyOf(call), call.keep)))
    reply = await ask(call, rules, false)
  gateway.cache.keys.saw(name, reply, call.keep)
  gateway.refusedCalls.saw(name, call.route.providerId, reply)
  return answer(call, reply, others)
}

/** Asks the stream session for the price; `mayLease`: and perhaps for a lease along with it. */
async function ask(call: SessionCall, rules: Governed, mayLease: boolean): Promise<SessionReply> {
  const { gateway } = call
  const { name } = call.session
  const wanted = command(call, mayLease)
  let reply: SessionReply | undefined
  try {
    do reply = await pay(name, () => gateway.env.STREAM_SESSION.getByName(name), { ...wanted, ...rules.named })
    while (reply.kind === 'rules' && (await rules.push(reply.wanted)))
    return reply
  } finally {
    gateway.leases.replied(keyOf(call), reply, call.keep)
  }
}

function command(call: SessionCall, mayLease: boolean): SessionReserve {
  const { ref, channelId, epoch, requestId, voucher } = call.session
  const wish = mayLease && isLeasable(call) ? call.gateway.leases.wish(keyOf(call), call.ceiling) : undefined
  return {
    v: 1,
    session: ref,
    channelId,
    epoch,
    hold: call.hold,
    requestId,
    digest: call.digest,
    providerId: call.route.providerId,
    routeId: call.route.id,
    rateVersion: call.rate.version,
    ...Pricing.period(call.rate.rule, call.own),
    ...(voucher === undefined ? {} : { voucher }),
    ...settlementOf(call.route),
    ...(call.from === undefined ? {} : { origin: call.from }),
    ...(wish === undefined ? {} : { lease: wish }),
  }
}

/** What flows may go on for longer than a lease lasts; and see `payLeased`. */
function isLeasable({ granted, rate: { rule } }: PaidCall): boolean {
  if (granted !== undefined) return false
  return Rate.fixed(rule) !== undefined || (rule.kind === 'metered' && rule.unit === 'reported')
}

/** What the answer of the stream session means for the caller. */
async function answer(call: SessionCall, reply: SessionReply, others: Promise<Others>): Promise<Response> {
  switch (reply.kind) {
    case 'granted':
      return withRoom(await deliver(call, grantOf(call, reply, await others)), reply, call.hold)
    case 'short': {
      const response = await refuse(call, 'session_room_short')
      setRoom(response.headers, reply, call.hold)
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
      return refuse(call, reply.code, {
        ...told(reply.code, reply.facts ?? {}, seconds(call)),
        ...(reply.sentinel === undefined ? {} : { sentinel: reply.sentinel }),
      })
    case 'rules':
      // It was given them, and wants them again: its object was exchanged for an older one in between.
      return refuse(call, 'temporarily_unavailable')
    case 'unknown_channel':
      // Sessions are opened on channels that are known: what knew this one is gone, and its sessions with it.
      return refuse(call, 'session_ended')
  }
}

type Others = Rate.Position | undefined

function grantOf(call: SessionCall, granted: Granted, others: Others): Grant {
  const { reservationId, channel, keyVersion, position } = granted
  const { ref, name, chain, requestId } = call.session
  const by = { payer: ref.payer, chain, session: name, rid: reservationId, paid: { request: requestId } }
  return {
    by: keyVersion === undefined ? by : { ...by, keyVersion },
    reservationId,
    channel,
    hold: call.hold,
    rate: call.rate,
    terms: Pricing.standing(call.own, position, others),
    ...growth(call, reservationId, position, others),
  }
}

/** How a hold grows while the answer flows: up to what the request may cost where its payer stands, and no higher than it signed for. */
function growth(
  call: SessionCall,
  reservationId: string,
  position: CountedPosition | undefined,
  others: Others,
): Pick<Grant, 'grow' | 'ceiling'> {
  if ((call.granted !== undefined && call.firstStep === undefined) || isLeasable(call)) return {}
  const { gateway, inputs, rate, session } = call
  const { name, ref, channelId, maxPrice } = session
  const most = Rate.ceiling(rate.rule, inputs, Pricing.standing(call.own, position, others))
  const ceiling = most < call.hold ? call.hold : most < maxPrice ? most : maxPrice
  const ask = (to: bigint) =>
    report(name, () => gateway.env.STREAM_SESSION.getByName(name), { kind: 'grow', reservationId, to })
  const grow = async (to: bigint) => {
    const reply = await ask(to)
    if (reply?.observe === undefined) return reply?.hold ?? 0n
    await gateway.env.SETTLEMENT.observe(1, ref, channelId, reply.observe)
    return ((reply.done ? undefined : await ask(to)) ?? reply).hold ?? 0n
  }
  return { ceiling, grow }
}

function keyOf(call: SessionCall): LeaseKey {
  const { name, channelId, epoch } = call.session
  const { country, place } = call.from ?? nowhere
  return { session: name, channelId, epoch, routeId: call.route.id, rateVersion: call.rate.version, country, place }
}

function details({ detail }: Refusal): { detail?: string } {
  return detail === undefined ? {} : { detail }
}
