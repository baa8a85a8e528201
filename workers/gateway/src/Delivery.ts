import type { ErrorCode } from '@pbstream/core/Errors'
import type { Counts } from '@pbstream/core/message/Counts'
import * as PaymentResponse from '@pbstream/core/PaymentResponse'
import * as Rate from '@pbstream/core/Rate'
import type { Hex } from '@pbstream/core/Hex'
import type { ChannelView, Report, ReportReply, StoredAnswer } from '@pbstream/core/message/Session'
import * as Usage from '@pbstream/core/Usage'
import { answerHeaders, isKeepable, KEEP_LIMIT, relay, split, stored } from './Answer.ts'
import { type Bill, bill, countsOf } from './Bill.ts'
import type { Body } from './Body.ts'
import type { PaidCall } from './Call.ts'
import { adapterOf, isMetered } from './Inputs.ts'
import { meter, type Used } from './Meter.ts'
import { isBounded } from './Pricing.ts'
import { problemResponse } from './Problem.ts'
import * as ReceiptEvent from './ReceiptEvent.ts'
import { type Charge, type Payer, signReceipt, signToken } from './Receipts.ts'
import { LATER_MS, report, SOON_MS, tell } from './Reporter.ts'
import { begin, hasFailed } from './sentinel/Pass.ts'
import { callUpstream, type Outcome, UPSTREAM_MS } from './Upstream.ts'

/** How routes are read that name no adapter. */
const HEADER: Usage.Adapter = { kind: 'header' }
const NOTHING_PREPARED: Usage.Prepared = { rewritten: false, bounds: {}, stream: false, hides: false }
const DECODED = /^(?:gzip|x-gzip|br)$/i

/** A reservation that pays for a call. */
export type Grant = {
  by: Payer
  reservationId: string
  /** After the reservation: `chargedCumulative` counts it. */
  channel: ChannelView
  hold: bigint
  /** The card that the price is made by, and what it depends on beside use. */
  rate: { version: number; rule: Rate.Card }
  terms: Rate.Terms
  /** Asks for a hold of so much; answers what is held then. Absent: the hold stays as it is. */
  grow?: (to: bigint) => Promise<bigint>
  /** The hold never grows beyond. */
  ceiling?: bigint
  /** Of the deposit that came with the call. */
  transaction?: Hex
  /** Where it is told what became of the reservation, if that is not the session's object. */
  send?: (what: Report, patienceMs?: number) => Promise<ReportReply | undefined>
}

/** Calls the upstream on a reservation and ends the reservation: posted for a 2xx, voided otherwise. */
export async function deliver(call: PaidCall, grant: Grant): Promise<Response> {
  const barred = begin({ call, caller: grant.by.session })
  if (barred !== undefined) {
    call.keep(send(call, grant, { kind: 'void', reservationId: grant.reservationId, freesId: true }))
    return barred
  }
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

/**
 * When the charge of an answer is known: before it, by what its headers say, or when it has passed. A card that counts
 * nothing but the request needs no answer to be read.
 */
type Known = 'before' | 'headers' | 'after'

function knownOf(call: PaidCall, { rate: { rule } }: Grant): Known {
  if (!isMetered(rule)) return 'before'
  const counted = Rate.counted(rule)
  const flows = counted.has('byte') || counted.has('second')
  return flows || !readsHeaders(call) ? 'after' : 'headers'
}

/** Whether the usage of an answer is in its headers, and not in its body. */
function readsHeaders({ route }: PaidCall): boolean {
  const adapter = adapterOf(route)
  return adapter === undefined || adapter.kind === 'header'
}

async function serve(call: PaidCall, grant: Grant, finish: () => void): Promise<Response> {
  const known = knownOf(call, grant)
  const token = await signToken(call, grant.by, grant.ceiling ?? grant.hold)
  const plain = known === 'before' ? billOf(grant, { units: {} }) : undefined
  // A price that is known already: its receipt is signed while the upstream works, and leaves only with a 2xx.
  const early = plain === undefined ? Promise.resolve('') : receiptOf(call, grant, plain)
  early.catch(() => {})
  const outcome = await callUpstream(
    call,
    sentBody(call),
    {
      timeoutMs: UPSTREAM_MS,
      chargeOnAbandon: call.route.chargeOnAbandon,
      // A mark of nothing keeps the reservation from expiring under a slow upstream.
      alive: async () => (await mark(call, grant, { reservationId: grant.reservationId, amount: 0n }))?.done !== false,
    },
    token,
  )
  if (outcome.kind !== 'answered') {
    void send(call, grant, {
      kind: 'void',
      reservationId: grant.reservationId,
      freesId: outcome.kind === 'body',
      ...(hasFailed(outcome) ? { failed: true as const } : {}),
    }).finally(finish)
    const code: ErrorCode = outcome.kind === 'body' ? outcome.code : 'upstream_unreachable'
    return problemResponse(code, call.id)
  }
  const { response, url } = outcome
  if (!response.ok) {
    const { reservationId } = grant
    const failed = hasFailed(outcome) ? { failed: true as const } : {}
    void send(call, grant, { kind: 'void', reservationId, freesId: true, ...failed }).finally(finish)
    return relay(response, answerHeaders(call, response, url, false))
  }
  if (known === 'after') return flowing(call, grant, response, url, finish)
  if (plain !== undefined) return fixed(call, grant, outcome, plain, early, finish)
  const billed = billOf(grant, { units: toldBy(call, response) })
  return fixed(call, grant, outcome, billed, receiptOf(call, grant, billed), finish)
}

/** The charge is known when the headers are: posted at once, and the body passes through without us. */
async function fixed(
  call: PaidCall,
  grant: Grant,
  answered: Extract<Outcome, { kind: 'answered' }>,
  billed: Bill,
  signed: Promise<string>,
  finish: () => void,
): Promise<Response> {
  const { response: upstream, url } = answered
  const { amount } = billed
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
  const what = { reservationId, amount, ...usageOf(grant, billed), ...(withId ? { receipt } : {}) }
  const posted = send(call, grant, { kind: 'post', ...what }, patience)
  // Under a lease nothing but money is reported: a repeat gets the receipt.
  const isKept = withId && grant.by.paid?.lease === undefined && isKeepable(upstream)
  if (!isKept) {
    void posted.finally(finish)
    return ReceiptEvent.isWanted(call.request, upstream)
      ? withReceipt(upstream, headers, upstream.body, signed)
      : relay(upstream, headers)
  }
  const { body, copy } = split(upstream.body)
  void keepAnswer(call, grant, posted, copy, stored(upstream, headers, new Uint8Array())).finally(finish)
  return relay(upstream, headers, body)
}

/** After the post, so that the object knows what the answer belongs to. */
async function keepAnswer(
  call: PaidCall,
  grant: Grant,
  posted: Promise<unknown>,
  copy: Promise<Uint8Array | undefined>,
  answer: StoredAnswer,
): Promise<void> {
  const [, body] = await Promise.all([posted, copy])
  if (body === undefined) return
  await send(call, grant, { kind: 'answer', reservationId: grant.reservationId, answer: { ...answer, body } })
}

/** The charge is known when the answer has passed: marked on the way, cut when the hold is used up, posted at the end. */
function flowing(call: PaidCall, grant: Grant, upstream: Response, url: URL, finish: () => void): Response {
  const headers = answerHeaders(call, upstream, url, true)
  const told = readsHeaders(call) ? toldBy(call, upstream) : undefined
  const reader = told === undefined ? readerOf(call, upstream) : undefined
  if (upstream.body === null) {
    const billed = billOf(grant, { units: told ?? reader?.finish('end').usage.units ?? {} })
    void post(call, grant, billed).finally(finish)
    return relay(upstream, headers)
  }
  // It is that of the answer with all that is not for the caller.
  if (call.prepared?.hides === true) headers.delete('content-digest')
  const isKept = mayKeep(call, grant, upstream)
  const { readable, used } = meter(upstream.body, {
    ...meteringOf(call, grant),
    ...(told === undefined ? {} : { told }),
    ...(reader === undefined ? {} : { reader }),
    ...(isKept ? { keep: KEEP_LIMIT } : {}),
  })
  const sign = async () => receiptOf(call, grant, await used)
  if (ReceiptEvent.isWanted(call.request, upstream)) {
    const receipt = sign()
    void used.then((what) => post(call, grant, what, receipt)).finally(finish)
    return withReceipt(upstream, headers, readable, receipt)
  }
  const answer = stored(upstream, headers, new Uint8Array())
  void (isKept ? postKept(call, grant, used, sign(), answer) : used.then((what) => post(call, grant, what))).finally(
    finish,
  )
  return relay(upstream, headers, readable)
}

/** Whoever asks again gets the receipt with the answer: it was not known yet when the headers left. */
async function postKept(
  call: PaidCall,
  grant: Grant,
  used: Promise<Used>,
  signed: Promise<string>,
  answer: StoredAnswer,
): Promise<void> {
  const posted = used.then((what) => post(call, grant, what, signed))
  const headers: StoredAnswer['headers'] = [...answer.headers, ['pbstream-receipt', await signed]]
  const copy = used.then((what) => what.copy)
  await keepAnswer(call, grant, posted, copy, { ...answer, headers })
}

/** A small answer that was read as a whole, and is no stream: kept for a caller that may ask again. */
function mayKeep(call: PaidCall, grant: Grant, upstream: Response): boolean {
  const { rule } = grant.rate
  if (call.requestId === undefined || grant.by.paid?.lease !== undefined || !isKeepable(upstream)) return false
  return !Rate.counted(rule).has('byte') && !Rate.counted(rule).has('second')
}

function meteringOf(call: PaidCall, grant: Grant) {
  const { reservationId, rate, terms, hold, grow, ceiling } = grant
  const counted = Rate.counted(rate.rule)
  return {
    rule: rate.rule,
    terms,
    hold,
    ...(grow === undefined ? {} : { grow }),
    ...(ceiling === undefined ? {} : { ceiling }),
    isBounded: isBounded(rate.rule, call.inputs),
    counts: { byte: counted.has('byte'), second: counted.has('second') },
    now: call.gateway.ports.now,
    left: call.request.signal,
    mark: async (used: Bill) => {
      const what = { reservationId, amount: used.amount, ...usageOf(grant, used) }
      return (await mark(call, grant, what))?.done !== false
    },
  }
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

async function post(call: PaidCall, grant: Grant, billed: Bill, signed?: Promise<string>): Promise<void> {
  const { reservationId } = grant
  const receipt = call.requestId === undefined ? {} : { receipt: await (signed ?? receiptOf(call, grant, billed)) }
  await send(call, grant, {
    kind: 'post',
    reservationId,
    amount: billed.amount,
    ...usageOf(grant, billed),
    ...receipt,
  })
}

/** The body for the upstream: the caller's, or what an adapter has made of it. */
function sentBody({ body, prepared }: PaidCall): Body {
  if (body.kind !== 'whole' || prepared?.rewritten !== true || prepared.body === undefined) return body
  return { kind: 'whole', digest: body.digest, bytes: prepared.body as Uint8Array<ArrayBuffer>, isRewritten: true }
}

/** What is charged for a use, within the hold. */
function billOf({ rate, terms, hold }: Grant, usage: Rate.Usage): Bill {
  return bill({ rule: rate.rule, terms }, usage, hold)
}

/** What a metered charge is the price of, for the journal. */
function usageOf({ rate }: Grant, { usage }: Bill): { usage?: Counts } {
  if (Rate.fixed(rate.rule) !== undefined) return {}
  return { usage: countsOf(usage) }
}

function receiptOf(call: PaidCall, grant: Grant, billed: Bill): Promise<string> {
  const { rate, terms, channel, hold, transaction } = grant
  // The reservation counted the hold that it began with.
  const cumulative = channel.chargedCumulative - hold + billed.amount
  const metered = Rate.fixed(rate.rule) === undefined ? { usage: billed.usage, terms } : {}
  const charge: Charge = {
    price: billed.amount,
    rateVersion: rate.version,
    channel: { id: channel.channelId, cumulative },
    ...metered,
    ...(transaction === undefined ? {} : { transaction }),
  }
  return signReceipt(call, grant.by, charge)
}

/** What the headers of an answer say was used. */
function toldBy(call: PaidCall, upstream: Response): Usage.Units {
  return readerOf(call, upstream)?.finish('end').usage.units ?? {}
}

/** Reads the usage of an answer. The runtime has undone the encodings that it knows, whatever the headers say. */
function readerOf({ route, prepared }: PaidCall, { headers }: Response): Usage.Reader | undefined {
  const adapter = adapterOf(route) ?? HEADER
  const encoding = headers.get('content-encoding')
  return Usage.reader(adapter, {
    contentType: headers.get('content-type'),
    contentEncoding: encoding !== null && DECODED.test(encoding) ? null : encoding,
    header: (name) => headers.get(name),
    prepared: prepared ?? NOTHING_PREPARED,
  })
}

type Mark = Extract<Report, { kind: 'mark' }>

/** Says how far a call has come; a reply of not done means that its reservation is over, or is to end now. Never rejects. */
function mark(call: PaidCall, grant: Grant, so: Omit<Mark, 'kind'>): Promise<ReportReply | undefined> {
  const what: Mark = { kind: 'mark', ...so }
  if (grant.send !== undefined) return grant.send(what)
  const { session } = grant.by
  return report(session, () => call.gateway.env.STREAM_SESSION.getByName(session), what)
}

/** Tells the session how a call went: what the caller is answered does not depend on the reply. Never rejects. */
async function send(call: PaidCall, grant: Grant, what: Report, patienceMs?: number): Promise<void> {
  if (grant.send !== undefined) return void (await grant.send(what, patienceMs))
  const { session } = grant.by
  return tell(session, () => call.gateway.env.STREAM_SESSION.getByName(session), what, patienceMs)
}
