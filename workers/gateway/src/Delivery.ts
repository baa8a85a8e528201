import type { ErrorCode } from '@pbstream/core/Errors'
import * as PaymentResponse from '@pbstream/core/PaymentResponse'
import * as Rate from '@pbstream/core/Rate'
import type { Hex } from '@pbstream/core/Hex'
import type { ChannelView, Report, ReportReply } from '@pbstream/core/message/Session'
import { answerHeaders, isKeepable, relay, split, stored } from './Answer.ts'
import type { PaidCall } from './Call.ts'
import { USAGE_HEADER } from './Headers.ts'
import { type FlowCard, meter } from './Meter.ts'
import { problemResponse } from './Problem.ts'
import * as ReceiptEvent from './ReceiptEvent.ts'
import { type Payer, signReceipt, signToken } from './Receipts.ts'
import { LATER_MS, report, SOON_MS } from './Reporter.ts'
import { callUpstream, type Outcome, UPSTREAM_MS } from './Upstream.ts'

/** A reservation that pays for a call. */
export type Grant = {
  by: Payer
  reservationId: string
  /** After the reservation: `chargedCumulative` counts it. */
  channel: ChannelView
  hold: bigint
  /** The card that the price was made by. */
  rate: { version: number; rule: Rate.Card }
  /** Of the deposit that came with the call. */
  transaction?: Hex
  /** Where it is told what became of the reservation, if that is not the session's object. */
  send?: (what: Report, patienceMs?: number) => Promise<ReportReply | undefined>
}

/** Calls the upstream on a reservation and ends the reservation: posted for a 2xx, voided otherwise. */
export async function deliver(call: PaidCall, grant: Grant): Promise<Response> {
  if (call.granted !== undefined) return call.granted(call, grant)
  const { promise: work, resolve: finish } = Promise.withResolvers<void>()
  // Registered before the upstream is called: hanging up must not undo what is reported at the end.
  call.keep(work)
  try {
    return await serve(call, grant, finish)
  } catch (error) {
    // Whatever it was, nothing was delivered. After a post this void changes nothing.
    const { reservationId } = grant
    void send(call, grant, { kind: 'void', reservationId, freesId: false }).finally(finish)
    throw error
  }
}

async function serve(call: PaidCall, grant: Grant, finish: () => void): Promise<Response> {
  const { rule } = grant.rate
  const token = await signToken(call, grant.by, grant.hold)
  // A flat price is known already: its receipt is signed while the upstream works, and leaves only with a 2xx.
  const early =
    rule.kind === 'flat' ? receiptOf(call, grant, grant.hold, grant.channel.chargedCumulative) : Promise.resolve('')
  early.catch(() => {})
  const outcome = await callUpstream(
    call,
    call.body,
    {
      timeoutMs: UPSTREAM_MS,
      chargeOnAbandon: call.route.chargeOnAbandon,
      // A mark of nothing keeps the reservation from expiring under a slow upstream.
      alive: async () =>
        (await send(call, grant, { kind: 'mark', reservationId: grant.reservationId, amount: 0n }))?.done !== false,
    },
    token,
  )
  if (outcome.kind !== 'answered') {
    void send(call, grant, {
      kind: 'void',
      reservationId: grant.reservationId,
      freesId: outcome.kind === 'body',
    }).finally(finish)
    const code: ErrorCode = outcome.kind === 'body' ? outcome.code : 'upstream_unreachable'
    return problemResponse(code, call.id)
  }
  const { response, url } = outcome
  if (!response.ok) {
    void send(call, grant, { kind: 'void', reservationId: grant.reservationId, freesId: true }).finally(finish)
    return relay(response, answerHeaders(call, response, url, false))
  }
  if (isFlow(rule)) return flowing(call, grant, response, url, rule, finish)
  if (rule.kind === 'flat') return fixed(call, grant, outcome, grant.hold, early, finish)
  const amount = reported(rule, response, grant.hold)
  const receipt = receiptOf(call, grant, amount, grant.channel.chargedCumulative - grant.hold + amount)
  return fixed(call, grant, outcome, amount, receipt, finish)
}

/** The charge is known when the headers are: posted at once, and the body passes through without us. */
async function fixed(
  call: PaidCall,
  grant: Grant,
  answered: Extract<Outcome, { kind: 'answered' }>,
  amount: bigint,
  signed: Promise<string>,
  finish: () => void,
): Promise<Response> {
  const { response: upstream, url } = answered
  const channel = { ...grant.channel, chargedCumulative: grant.channel.chargedCumulative - grant.hold + amount }
  const receipt = await signed
  const headers = answerHeaders(call, upstream, url, true)
  // A session's answers say in PBStream-Room what this one says in the words of x402.
  if (grant.by.paid === undefined) {
    const charge = { network: grant.by.chain.network, payer: grant.by.payer, charged: amount, channel }
    const response = PaymentResponse.voucher({
      ...charge,
      ...(grant.transaction === undefined ? {} : { transaction: grant.transaction }),
    })
    headers.set('payment-response', PaymentResponse.encode(response))
  }
  headers.set('pbstream-receipt', receipt)
  const { reservationId } = grant
  const withId = call.requestId !== undefined
  // What the next voucher starts from counts the hold already: only a smaller charge changes it.
  const patience = amount === grant.hold ? LATER_MS : SOON_MS
  const posted = send(call, grant, { kind: 'post', reservationId, amount, ...(withId ? { receipt } : {}) }, patience)
  // Under a lease nothing but money is reported: a repeat gets the receipt.
  const isKept = withId && grant.by.paid?.lease === undefined && isKeepable(upstream)
  if (!isKept) {
    void posted.finally(finish)
    return ReceiptEvent.isWanted(call.request, upstream)
      ? withReceipt(upstream, headers, upstream.body, signed)
      : relay(upstream, headers)
  }
  const { body, copy } = split(upstream.body)
  void keepAnswer(call, grant, posted, copy, upstream, headers).finally(finish)
  return relay(upstream, headers, body)
}

/** After the post, so that the object knows what the answer belongs to. */
async function keepAnswer(
  call: PaidCall,
  grant: Grant,
  posted: Promise<ReportReply | undefined>,
  copy: Promise<Uint8Array | undefined>,
  upstream: Response,
  headers: Headers,
): Promise<void> {
  const answer = stored(upstream, headers, new Uint8Array())
  const [, body] = await Promise.all([posted, copy])
  if (body === undefined) return
  await send(call, grant, { kind: 'answer', reservationId: grant.reservationId, answer: { ...answer, body } })
}

/** The charge grows while the body flows: marked on the way, cut when the hold is used up, posted at the end. */
function flowing(
  call: PaidCall,
  grant: Grant,
  upstream: Response,
  url: URL,
  card: FlowCard,
  finish: () => void,
): Response {
  const headers = answerHeaders(call, upstream, url, true)
  const { reservationId } = grant
  if (upstream.body === null) {
    void post(call, grant, Rate.charge(card, { units: 0n })).finally(finish)
    return relay(upstream, headers)
  }
  const { readable, used } = meter(upstream.body, {
    card,
    hold: grant.hold,
    now: call.gateway.ports.now,
    left: call.request.signal,
    mark: async (amount) => (await send(call, grant, { kind: 'mark', reservationId, amount }))?.done !== false,
  })
  if (!ReceiptEvent.isWanted(call.request, upstream)) {
    void used.then((amount) => post(call, grant, amount)).finally(finish)
    return relay(upstream, headers, readable)
  }
  const receipt = used.then((amount) => receiptAfter(call, grant, amount))
  void used.then((amount) => post(call, grant, amount, receipt)).finally(finish)
  return withReceipt(upstream, headers, readable, receipt)
}

/** The events of the upstream, and the receipt as the last one. */
function withReceipt(
  upstream: Response,
  headers: Headers,
  body: ReadableStream<Uint8Array> | null,
  receipt: Promise<string>,
): Response {
  // It is that of the events without ours.
  headers.delete('content-digest')
  return relay(upstream, headers, body === null ? null : ReceiptEvent.append(body, receipt))
}

async function post(call: PaidCall, grant: Grant, amount: bigint, signed?: Promise<string>): Promise<void> {
  const { reservationId } = grant
  const receipt = call.requestId === undefined ? undefined : await (signed ?? receiptAfter(call, grant, amount))
  await send(call, grant, { kind: 'post', reservationId, amount, ...(receipt === undefined ? {} : { receipt }) })
}

/** Of a charge that is known after the reservation. */
function receiptAfter(call: PaidCall, grant: Grant, amount: bigint): Promise<string> {
  return receiptOf(call, grant, amount, grant.channel.chargedCumulative - grant.hold + amount)
}

function receiptOf(call: PaidCall, grant: Grant, price: bigint, cumulative: bigint): Promise<string> {
  return signReceipt(call, grant.by, {
    price,
    rateVersion: grant.rate.version,
    channel: { id: grant.channel.channelId, cumulative },
    ...(grant.transaction === undefined ? {} : { transaction: grant.transaction }),
  })
}

/** Reports to the session; it never rejects. */
function send(call: PaidCall, grant: Grant, what: Report, patienceMs?: number): Promise<ReportReply | undefined> {
  if (grant.send !== undefined) return grant.send(what, patienceMs)
  const { session } = grant.by
  return report(session, () => call.gateway.env.STREAM_SESSION.getByName(session), what, patienceMs)
}

function isFlow(rule: Rate.Card): rule is FlowCard {
  return rule.kind === 'metered' && rule.unit !== 'reported'
}

/** What the upstream says was used. Without a word from it nothing is: usage is never made up. */
function reported(rule: Rate.Card, upstream: Response, hold: bigint): bigint {
  const text = upstream.headers.get(USAGE_HEADER) ?? ''
  const units = /^(?:0|[1-9][0-9]{0,38})$/.test(text) ? BigInt(text) : 0n
  const charge = Rate.charge(rule, { units })
  return charge < hold ? charge : hold
}
