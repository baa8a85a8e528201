import type { ErrorCode } from '@pbstream/core/Errors'
import type { Hex } from '@pbstream/core/Hex'
import type { Held, TakeReply } from '@pbstream/core/message/ExactClaim'
import type { StoredAnswer } from '@pbstream/core/message/Session'
import type { Authorization, SubmitReply } from '@pbstream/core/message/Settlement'
import * as Network from '@pbstream/core/Network'
import * as PaymentResponse from '@pbstream/core/PaymentResponse'
import { answerHeaders, isKeepable, relay, replay, split, stored } from './Answer.ts'
import { refuse } from './BatchSettlement.ts'
import { type PaidCall, seconds } from './Call.ts'
import { HOLD_MS, open, type Transfer } from './Transfer.ts'
import { HeldBody } from './HeldBody.ts'
import { problemResponse } from './Problem.ts'
import { type Payer, signReceipt, signToken } from './Receipts.ts'
import { callUpstream, type Outcome, UPSTREAM_MS } from './Upstream.ts'

type Taken = Extract<TakeReply, { kind: 'taken' }>

/** What is kept of `maxTimeoutSeconds` for everything but the block. */
const MARGIN_MS = 5_000
/** A transfer that is not submitted this many seconds before it runs out would only waste gas. */
const LEAST_VALIDITY = 6

/** The caller is the one that serves it: upstream first, then the transfer, then the first byte. */
export async function deliverTaken(call: PaidCall, transfer: Transfer, held: Taken): Promise<Response> {
  const { promise: work, resolve: finish } = Promise.withResolvers<void>()
  // Registered before anything starts: a caller that hangs up must not leave the authorisation half used.
  call.keep(work)
  try {
    return await serve(call, transfer, held, finish)
  } catch (error) {
    finish()
    throw error
  }
}

/** Somebody has submitted it and stopped waiting: wait with it, then deliver what is kept, or ask the upstream once more. */
export async function join(
  call: PaidCall,
  transfer: Transfer,
  taken: Extract<TakeReply, { kind: 'submitted' }>,
): Promise<Response> {
  const held = { nonce: taken.nonce, attempt: taken.attempt }
  const claim = () => open(call, transfer.name)
  await claim().hold(1, held, waitMs(transfer) + HOLD_MS)
  const reply = await settle(call, transfer, taken.authorization)
  if (reply.kind === 'failed') {
    await claim().release(1, held, false)
    return notMined(call, transfer, reply)
  }
  const kept = await claim().submitted(1, held, reply.transaction, reply.kind === 'mined')
  if (reply.kind === 'pending') return notMined(call, transfer, reply)
  if (kept === undefined) return redeliver(call, transfer, held, reply.transaction)
  return deliverKept(call, transfer, held, reply.transaction, kept)
}

/** It was paid and its answer is kept: this caller gets it. */
export async function deliverKept(
  call: PaidCall,
  transfer: Transfer,
  held: Held,
  transaction: Hex,
  kept: StoredAnswer,
): Promise<Response> {
  const receipt = await receiptOf(call, transfer, held, transaction)
  if (!(await open(call, transfer.name).delivered(1, held, receipt)))
    return problemResponse('request_in_flight', call.id)
  return replay(call, { ...kept, headers: withPayment(kept.headers, transfer, transaction, receipt) })
}

/** It was paid and nothing was delivered: the upstream is called once more, at no further charge. */
export async function redeliver(call: PaidCall, transfer: Transfer, held: Held, transaction: Hex): Promise<Response> {
  const { promise: work, resolve: finish } = Promise.withResolvers<void>()
  call.keep(work)
  const outcome = await upstream(call, transfer, held, UPSTREAM_MS)
  if (outcome.kind !== 'answered' || !outcome.response.ok) {
    await open(call, transfer.name).release(1, held, false)
    finish()
    return notServed(call, outcome)
  }
  return hand(call, transfer, held, transaction, outcome, undefined).finally(finish)
}

async function serve(call: PaidCall, transfer: Transfer, held: Taken, finish: () => void): Promise<Response> {
  const claim = () => open(call, transfer.name)
  const { authorization } = transfer
  const checked = transfer.checked && held.beside === 0n
  const refusal = checked ? undefined : await checkOnChain(call, transfer, held)
  if (refusal !== undefined) {
    finish()
    return refuse(call, refusal)
  }
  const timeLeft = (Number(authorization.validBefore) - seconds(call) - LEAST_VALIDITY) * 1000
  const outcome = await upstream(call, transfer, held, Math.max(1000, Math.min(UPSTREAM_MS, timeLeft)))
  if (outcome.kind !== 'answered' || !outcome.response.ok) {
    await claim().release(1, held, outcome.kind === 'answered' || outcome.kind === 'body')
    finish()
    return notServed(call, outcome)
  }
  const body = new HeldBody(outcome.response.body)
  if (!(await claim().submitting(1, held, waitMs(transfer) + HOLD_MS))) {
    body.drop()
    finish()
    return problemResponse('request_in_flight', call.id)
  }
  const reply = await settle(call, transfer, authorization)
  if (reply.kind === 'mined') {
    await claim().submitted(1, held, reply.transaction, true)
    return hand(call, transfer, held, reply.transaction, outcome, body).finally(finish)
  }
  if (reply.kind === 'pending')
    void keepForLater(call, transfer, held, reply.transaction, outcome, body).finally(finish)
  else {
    body.drop()
    // The upstream has done its work for this id: it is not called for it again.
    await claim().release(1, held, false)
    finish()
  }
  return notMined(call, transfer, reply)
}

/** Asks the chain before anyone works; whatever it cannot vouch for is let go. */
async function checkOnChain(call: PaidCall, transfer: Transfer, held: Taken): Promise<ErrorCode | undefined> {
  const { chain, authorization } = transfer
  let passed = false
  try {
    const { chainId, token } = chain
    const { beside } = held
    const result = await call.gateway.env.SETTLEMENT.checkExact({ v: 1, chainId, token, authorization, beside })
    passed = result.ok
    return result.ok ? undefined : result.code
  } finally {
    if (!passed) await open(call, transfer.name).release(1, held, true)
  }
}

type Answered = Extract<Outcome, { kind: 'answered' }>

/** Mined: the answer leaves, if nobody else has delivered it. */
async function hand(
  call: PaidCall,
  transfer: Transfer,
  held: Held,
  transaction: Hex,
  answered: Answered,
  body: HeldBody | undefined,
): Promise<Response> {
  const { response, url } = answered
  const receipt = await receiptOf(call, transfer, held, transaction)
  if (!(await open(call, transfer.name).delivered(1, held, receipt))) {
    body?.drop()
    return problemResponse('request_in_flight', call.id)
  }
  const headers = new Headers(
    withPayment([...answerHeaders(call, response, url, true)], transfer, transaction, receipt),
  )
  const stream = body === undefined ? response.body : response.body === null ? null : body.stream()
  if (call.requestId === undefined || !isKeepable(response)) return relay(response, headers, stream)
  const { body: first, copy } = split(stream)
  const answer = stored(response, headers, new Uint8Array())
  call.keep(
    copy.then((bytes) =>
      bytes === undefined ? undefined : open(call, transfer.name).keep(1, held.nonce, { ...answer, body: bytes }),
    ),
  )
  return relay(response, headers, first)
}

/** Not mined in time: a small answer is kept for the call that joins; then the next one may. */
async function keepForLater(
  call: PaidCall,
  transfer: Transfer,
  held: Held,
  transaction: Hex,
  answered: Answered,
  body: HeldBody,
): Promise<void> {
  const { response, url } = answered
  const claim = () => open(call, transfer.name)
  const bytes = isKeepable(response) ? await body.whole() : undefined
  if (bytes === undefined) body.drop()
  else {
    const headers = answerHeaders(call, response, url, true)
    await claim().submitting(1, held, HOLD_MS, stored(response, headers, bytes))
  }
  await claim().submitted(1, held, transaction, false)
}

async function upstream(call: PaidCall, transfer: Transfer, held: Held, timeoutMs: number): Promise<Outcome> {
  const token = await signToken(call, payerOf(transfer, held), transfer.authorization.value)
  const alive = () => open(call, transfer.name).hold(1, held, HOLD_MS)
  return callUpstream(call, call.body, { timeoutMs, chargeOnAbandon: call.route.chargeOnAbandon, alive }, token)
}

/** Submits the transfer and waits for its block; asking again joins the one under way. */
function settle(call: PaidCall, transfer: Transfer, authorization: Authorization): Promise<SubmitReply> {
  const { chainId, token } = transfer.chain
  return call.gateway.env.SETTLEMENT.exact({ v: 1, chainId, token, authorization, waitMs: waitMs(transfer) })
}

function notServed(call: PaidCall, outcome: Outcome): Response {
  if (outcome.kind === 'answered')
    return relay(outcome.response, answerHeaders(call, outcome.response, outcome.url, false))
  return problemResponse(outcome.kind === 'body' ? outcome.code : 'upstream_unreachable', call.id)
}

function notMined(
  call: PaidCall,
  transfer: Transfer,
  reply: Exclude<SubmitReply, { kind: 'mined' }>,
): Promise<Response> | Response {
  const code = reply.kind === 'pending' ? 'settlement_pending' : reply.code
  const { network } = transfer.chain
  const known = reply.transaction === undefined ? {} : { transaction: reply.transaction }
  const response = PaymentResponse.failure(code, { network, payer: transfer.authorization.from, ...known })
  return refuse(call, code, { paymentResponse: PaymentResponse.encode(response) })
}

function receiptOf(call: PaidCall, transfer: Transfer, held: Held, transaction: Hex): Promise<string> {
  const { value: price } = transfer.authorization
  return signReceipt(call, payerOf(transfer, held), { price, rateVersion: transfer.rate.version, transaction })
}

/** An answer's headers with what was paid: PAYMENT-RESPONSE, or X-PAYMENT-RESPONSE for x402 v1, and the receipt. */
function withPayment(
  headers: StoredAnswer['headers'],
  transfer: Transfer,
  transaction: Hex,
  receipt: string,
): [string, string][] {
  const { network } = transfer.chain
  const { from: payer, value: amount } = transfer.authorization
  const v1 = transfer.version === 1
  const named = v1 ? (Network.toV1(network) ?? network) : network
  const paid = PaymentResponse.encode(PaymentResponse.exact({ network: named, payer, amount, transaction }))
  return [...headers, [v1 ? 'x-payment-response' : 'payment-response', paid], ['pbstream-receipt', receipt]]
}

function payerOf(transfer: Transfer, held: Held): Payer {
  return { payer: transfer.authorization.from, chain: transfer.chain, session: transfer.name, rid: held.nonce }
}

function waitMs(transfer: Transfer): number {
  return Math.max(1_000, transfer.chain.maxTimeoutSeconds * 1000 - MARGIN_MS)
}
