/** `/payments`: what the caller's keys paid. Read from the projections; a receipt from the session, while it has it. */
import { parseSessionName } from '@pbstream/core/message/Session'
import { fromChainId } from '@pbstream/core/Network'
import { covering, type Move, movesQuery, progressOf } from '@pbstream/db/PayerClaims'
import * as Payments from '@pbstream/db/PayerPayments'
import { operation } from '../api/Operation.ts'
import { type Key, page, pageOf } from '../api/Page.ts'
import { answer, idParam, type z } from '../api/Parts.ts'
import { type Api, type ApiContext } from '../api/Types.ts'
import { Refusal } from '../Problem.ts'
import { kindOf, namesOf, payerOf, sessionAsked, TAGS } from './Payer.ts'
import * as Schemas from './PayerSchemas.ts'
import { parsePaymentId, printPaymentId } from './PaymentId.ts'
import { signedReceipt } from './SignedReceipt.ts'

const list = operation({
  method: 'get',
  path: '/payments',
  operationId: 'listPaidCharges',
  summary: 'What your keys paid, newest first',
  tags: TAGS,
  access: 'session_keys:read',
  request: { query: Schemas.paymentsQuery },
  responses: { 200: answer(pageOf(Schemas.PaidCharge), 'A page of charges.') },
})

const get = operation({
  method: 'get',
  path: '/payments/{id}',
  operationId: 'getPaidCharge',
  summary: 'One charge with all that its receipt says, and how its money moved on chain',
  tags: TAGS,
  access: 'session_keys:read',
  request: { params: idParam },
  responses: { 200: answer(Schemas.PaidChargeDetail, 'The charge.') },
})

export function paymentRoutes(api: Api): void {
  api.openapi(list, async (c) => {
    const query = c.req.valid('query')
    const { route, provider, from, to } = query
    const session = await sessionAsked(c, query.key)
    const since = from === undefined ? undefined : new Date(from)
    const until = to === undefined ? undefined : new Date(to)
    const filter = { session, route, provider, since, until }
    const found = await page(
      c,
      query,
      (after, limit) => Payments.paymentsOf(c.var.database, payerOf(c), filter, placeOf(after), limit),
      ({ payment }) => [payment.at.getTime(), payment.session, payment.seq],
      (row) => row,
    )
    const beside = await besideOf(c, found.data)
    return c.json({ ...found, data: found.data.map((row) => show(c, row, beside)) }, 200)
  })

  api.openapi(get, async (c) => {
    const place = parsePaymentId(c.req.valid('param').id)
    if (place === undefined) throw new Refusal('not_found')
    const [row] = await Payments.paymentQuery(c.var.database, payerOf(c), place.session, place.seq)
    if (row === undefined) throw new Refusal('not_found')
    return c.json(await detail(c, row), 200)
  })
}

function placeOf(after: Key | undefined): Payments.PaymentPlace | undefined {
  return after && { at: new Date(Number(after[0])), session: String(after[1]), seq: Number(after[2]) }
}

type Moves = ReadonlyMap<string, readonly Move[]>
/** What is looked up for a page of charges: paths by route, moves by channel. */
type Beside = { paths: ReadonlyMap<string, string>; moves: Moves }

async function besideOf(c: ApiContext, rows: readonly Payments.PaidRow[]): Promise<Beside> {
  const routes = new Set(rows.flatMap(({ payment }) => (payment.routeId === null ? [] : [payment.routeId])))
  const [paths, moves] = await Promise.all([Payments.pathsOf(c.var.database, [...routes]), movesOf(c, rows)])
  return { paths, moves }
}

/** What moved on the channels of some charges since the oldest of them; nothing of channels that have none to show. */
async function movesOf(c: ApiContext, rows: readonly Payments.PaidRow[]): Promise<Moves> {
  const since = new Map<Payments.PaidRow['payment']['channelId'], Date>()
  for (const { payment, channel } of rows) {
    if (progressOf(channel, payment.cumulative) === 'unsettled') continue
    const oldest = since.get(payment.channelId)
    if (oldest === undefined || payment.at < oldest) since.set(payment.channelId, payment.at)
  }
  const found = Array.from(since, async ([id, at]) => [id, await movesQuery(c.var.database, id, at)] as const)
  return new Map(await Promise.all(found))
}

function show(c: ApiContext, row: Payments.PaidRow, { paths, moves }: Beside): z.infer<typeof Schemas.PaidCharge> {
  const { payment, channel, key, provider } = row
  const { session, seq, at, channelId, providerId, routeId, amount, cumulative, rateVersion, requestId } = payment
  const { chainId, contract } = refOf(session)
  const { claim, payout } = movedBy(row, moves)
  return {
    id: printPaymentId({ session, seq }),
    at: at.toISOString(),
    seq,
    session,
    ...namesOf(c, key),
    chainId,
    contract,
    kind: kindOf(c, chainId, contract),
    channel: channelId,
    token: channel?.token ?? null,
    provider: providerId,
    service: provider,
    route: routeId,
    path: routeId === null ? null : (paths.get(routeId) ?? null),
    price: amount,
    cumulative,
    rateVersion,
    requestId,
    status: progressOf(channel, cumulative),
    transaction: payout?.transaction ?? claim?.transaction ?? null,
  }
}

async function detail(c: ApiContext, row: Payments.PaidRow): Promise<z.infer<typeof Schemas.PaidChargeDetail>> {
  const { payment, channel } = row
  const { chainId, payer, payerAuthorizer } = refOf(payment.session)
  const beside = await besideOf(c, [row])
  const { claim, payout } = movedBy(row, beside.moves)
  return {
    ...show(c, row, beside),
    network: fromChainId(chainId),
    payer,
    key: payerAuthorizer,
    receiver: channel?.receiver ?? null,
    reservationId: payment.reservationId,
    usage: payment.usage,
    claim: showMove(claim),
    payout: showMove(payout),
    receipt: await signedReceipt(c.env, payment),
  }
}

function movedBy({ payment, channel }: Payments.PaidRow, moves: Moves): { claim?: Move; payout?: Move } {
  const { channelId, cumulative, seq } = payment
  const found = moves.get(channelId)
  if (found === undefined || channel === null || cumulative === null) return {}
  const claim = covering(channel, found, 'claim', { cumulative, seq })
  const payout = covering(channel, found, 'settle', { cumulative, seq })
  return { ...(claim && { claim }), ...(payout && { payout }) }
}

function showMove(move: Move | undefined): { transaction: string | null; at: string } | null {
  return move === undefined ? null : { transaction: move.transaction, at: move.at.toISOString() }
}

function refOf(session: string) {
  const ref = parseSessionName(session)
  if (ref === undefined) throw new TypeError('not the name of a session')
  return ref
}
