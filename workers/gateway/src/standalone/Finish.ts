/** How an authorised payment goes on and ends: marked, captured or voided, by its id, as often as the server likes. */
import type { ReportReply, Report } from '@pbstream/core/message/Session'
import * as PaymentId from '@pbstream/core/standalone/PaymentId'
import { AUTHORIZED_SECONDS, type CaptureReply, type MarkReply, type VoidReply } from '@pbstream/core/standalone/Wire'
import type { ProviderKey } from '@pbstream/db/ProviderKeys'
import { seconds } from '../Call.ts'
import type { Chain } from '../Chains.ts'
import * as PaymentResponse from '@pbstream/core/PaymentResponse'
import { problemResponse } from '../Problem.ts'
import { payerOf, priceOf, signReceipt } from '../Receipts.ts'
import { report } from '../Reporter.ts'
import { type Ask, json, read } from './Ask.ts'

/** A payment that this owner had authorised on a chain that is still served. */
type Payment = { claims: PaymentId.Claims; chain: Chain }

/** Charges it. Once: the same again has the same answer. */
export async function capture(ask: Ask, key: ProviderKey, body: unknown): Promise<Response> {
  const asked = read(ask, 'capture', body)
  if (asked instanceof Response) return asked
  const payment = await find(ask, key, asked.id)
  if (payment === undefined) return problemResponse('payment_unknown', ask.id)
  const { claims } = payment
  const { amount } = asked
  if (amount > BigInt(claims.max)) return problemResponse('payment_above_ceiling', ask.id)
  const receipt = await receiptOf(ask, payment, amount)
  const posted = await send(ask, payment, { kind: 'post', reservationId: claims.by.rid, amount, receipt })
  if (posted === undefined) return problemResponse('temporarily_unavailable', ask.id)
  if (posted.done) return json(ask, captured(payment, amount, receipt))
  const outcome = await outcomeOf(ask, payment)
  if (outcome.kind !== 'charged') {
    return problemResponse(outcome.kind === 'open' ? 'temporarily_unavailable' : 'payment_ended', ask.id)
  }
  // It was captured before; perhaps by this request, and its answer got lost.
  const known = outcome.receipt ?? ''
  return priceOf(known) === amount
    ? json(ask, captured(payment, amount, known))
    : problemResponse('payment_captured', ask.id)
}

/** Keeps it from ending while the work goes on; should nothing more be heard, so much is charged. */
export async function mark(ask: Ask, key: ProviderKey, body: unknown): Promise<Response> {
  const asked = read(ask, 'mark', body)
  if (asked instanceof Response) return asked
  const payment = await find(ask, key, asked.id)
  if (payment === undefined) return problemResponse('payment_unknown', ask.id)
  const { claims } = payment
  if (asked.amount > BigInt(claims.max)) return problemResponse('payment_above_ceiling', ask.id)
  const marked = await send(ask, payment, { kind: 'mark', reservationId: claims.by.rid, amount: asked.amount })
  if (marked === undefined) return problemResponse('temporarily_unavailable', ask.id)
  if (!marked.done) return problemResponse('payment_ended', ask.id)
  const reply: MarkReply = { kind: 'marked', expiresAt: seconds(ask) + AUTHORIZED_SECONDS }
  return json(ask, reply)
}

/** Lets the money go: nothing was delivered. */
export async function release(ask: Ask, key: ProviderKey, body: unknown): Promise<Response> {
  const asked = read(ask, 'void', body)
  if (asked instanceof Response) return asked
  const payment = await find(ask, key, asked.id)
  if (payment === undefined) return problemResponse('payment_unknown', ask.id)
  const { freesId } = asked
  const voided = await send(ask, payment, { kind: 'void', reservationId: payment.claims.by.rid, freesId })
  if (voided === undefined) return problemResponse('temporarily_unavailable', ask.id)
  const outcome = voided.done ? undefined : await outcomeOf(ask, payment)
  if (outcome?.kind === 'charged') return problemResponse('payment_captured', ask.id)
  if (outcome?.kind === 'open') return problemResponse('temporarily_unavailable', ask.id)
  const reply: VoidReply = { kind: 'voided' }
  return json(ask, reply)
}

/** What is another owner's, or of the other mode, is answered like what never was. */
async function find({ gateway }: Ask, { owner, mode }: ProviderKey, id: string): Promise<Payment | undefined> {
  const claims = await PaymentId.read(id, gateway.keys.verifiers, seconds({ gateway }))
  if (claims === undefined || claims.own !== owner || claims.mod !== mode) return undefined
  const chain = gateway.chains.get(claims.net)
  return chain === undefined ? undefined : { claims, chain }
}

function send({ gateway }: Ask, { claims }: Payment, what: Report): Promise<ReportReply | undefined> {
  const { session } = claims.by
  return report(session, () => gateway.env.STREAM_SESSION.getByName(session), what)
}

function outcomeOf({ gateway }: Ask, { claims }: Payment) {
  return gateway.env.STREAM_SESSION.getByName(claims.by.session).outcome(1, claims.by.rid, claims.rq)
}

function receiptOf({ gateway }: Ask, { claims, chain }: Payment, price: bigint): Promise<string> {
  const call = { gateway, digest: claims.dg, route: { id: claims.rt, revision: claims.rev } }
  return signReceipt(call, payerOf(claims.by, chain), {
    price,
    rateVersion: claims.cv,
    channel: { id: claims.ch.id, cumulative: chargedAfter(claims, price) },
    ...(claims.tx === undefined ? {} : { transaction: claims.tx }),
  })
}

/** The reservation counted the ceiling. */
function chargedAfter({ ch, max }: PaymentId.Claims, amount: bigint): bigint {
  return BigInt(ch.cc) - BigInt(max) + amount
}

function captured({ claims, chain }: Payment, amount: bigint, receipt: string): CaptureReply {
  const { ch, by, tx } = claims
  const channel = {
    channelId: ch.id,
    balance: BigInt(ch.bal),
    totalClaimed: BigInt(ch.cl),
    chargedCumulative: chargedAfter(claims, amount),
    withdrawRequestedAt: ch.wd,
    refundNonce: BigInt(ch.rn),
  }
  const charge = { network: chain.network, payer: by.payer, charged: amount, channel }
  const paid = PaymentResponse.voucher({ ...charge, ...(tx === undefined ? {} : { transaction: tx }) })
  return {
    kind: 'captured',
    amount: amount.toString(),
    receipt,
    headers: {
      // A session's answers say in PBStream-Room what this one says in the words of x402.
      ...(by.paid === undefined ? { 'payment-response': PaymentResponse.encode(paid) } : {}),
      'pbstream-receipt': receipt,
    },
  }
}
