/** What a provider's own server does with rentals: it starts one, and says how it goes on and that it ends. */
import * as Rate from '@pbstream/core/Rate'
import * as RateClaims from '@pbstream/core/rate/Claims'
import type { TimeOp } from '@pbstream/core/message/Session'
import { due, isByTime } from '@pbstream/core/rental/Due'
import * as RentalId from '@pbstream/core/rental/RentalId'
import * as Schema from '@pbstream/core/rental/Schema'
import { AHEAD_MS, type EndReason, LONGEST_MS, type RentalState, type StartReply } from '@pbstream/core/rental/Wire'
import type { CatalogRoute } from '@pbstream/db/CatalogRoute'
import type { KeyProvider, ProviderKey } from '@pbstream/db/ProviderKeys'
import { type PaidCall, seconds } from '../Call.ts'
import type { Grant } from '../Delivery.ts'
import * as Paywall from '../Paywall.ts'
import { listTerms } from '../Pricing.ts'
import { problemResponse } from '../Problem.ts'
import { signToken } from '../Receipts.ts'
import { type Ask, json, type Operation } from '../standalone/Ask.ts'
import { callOf, providerOf, relayed } from '../standalone/Authorize.ts'
import { chainsOf } from '../standalone/Sold.ts'
import { charge, ended } from './Charge.ts'
import { find, heard, look, type Rental, say } from './Rental.ts'
import { isTooLong, standing, stop } from './Standing.ts'

/** So long after the longest rental its id can still be asked about, in seconds: for a day, as after any other. */
const AFTERWARDS_S = 86_400

type Sold = CatalogRoute & { rate: NonNullable<CatalogRoute['rate']> }

/** The payment that a caller brought pays for a rental, which runs from now; or what the caller is answered instead. */
export async function start(ask: Ask, key: ProviderKey, body: unknown): Promise<Response> {
  const read = Schema.read('start', body)
  if (!read.ok) return problemResponse('malformed_body', ask.id, read.detail)
  const asked = read.value
  const provider = providerOf(key, asked.provider)
  if (provider === undefined) {
    return problemResponse('malformed_body', ask.id, 'provider names none of the owner of this key, in its mode')
  }
  const route = routeOf(ask, key, provider, asked.route)
  if (typeof route === 'string') return problemResponse('malformed_body', ask.id, route)
  if (route === undefined) return problemResponse('not_found', ask.id, 'the provider or the route is switched off')
  if (route.chainIds.length === 0) return problemResponse('chain_not_permitted', ask.id)
  const call = pricedCall(ask, route, asked)
  if (call instanceof Response) return json(ask, await relayed(call))
  const given = Paywall.means(call)
  if (given instanceof Response) return json(ask, await relayed(given))
  let held: { call: PaidCall; grant: Grant } | undefined
  const granted = async (paid: PaidCall, grant: Grant) => {
    held = { call: paid, grant }
    // What the session has to say to its caller is written on this one.
    return new Response(null, { headers: { 'pbstream-request-id': ask.id } })
  }
  const { requestId } = given
  const response = await Paywall.charge({ ...call, ...(requestId === undefined ? {} : { requestId }), granted }, given)
  return held === undefined ? json(ask, await relayed(response)) : begin(ask, key, held, response, asked.token === true)
}

/** Hears of a rental: that it goes on, pauses, goes on again, or ends. */
export function tell(op: TimeOp): Operation {
  return async (ask, key, body) => {
    const read = Schema.read('rental', body)
    if (!read.ok) return problemResponse('malformed_body', ask.id, read.detail)
    const rental = await find(ask, key, read.value.id)
    if (rental === undefined) return problemResponse('payment_unknown', ask.id)
    const state = await told(ask, rental, op)
    return state instanceof Response ? state : json(ask, state)
  }
}

async function told(ask: Ask, rental: Rental, op: TimeOp): Promise<RentalState | Response> {
  if (op !== 'stop' && isTooLong(ask, rental)) return stop(ask, rental, 'too_long' satisfies EndReason)
  const reply = await say(ask, rental, { kind: 'time', reservationId: rental.claims.by.rid, op })
  if (reply === undefined) return problemResponse('temporarily_unavailable', ask.id)
  // The next heartbeat hears what was seen.
  ask.keep(look(ask, rental, reply).catch(() => {}))
  const known = heard(reply)
  if (known === undefined) return ended(ask, rental)
  if (op === 'stop') return charge(ask, rental, known, known.refused ?? ('stopped' satisfies EndReason))
  if (known.done) return standing(ask, rental, known)
  // Its session or key is over, which has stopped its clock; or it was stopped before, and its charge is still to come.
  return stop(ask, rental, known.refused ?? (op === 'resume' ? 'paused_too_often' : 'stopped'))
}

/** A route of the provider's catalog that sells time; a text: what is wrong with it. Undefined: it is switched off. */
function routeOf(
  { gateway, snapshot }: Ask,
  { mode }: ProviderKey,
  provider: KeyProvider,
  name: string,
): Sold | string | undefined {
  const route = snapshot.routes.find((each) => each.id === name && each.providerId === provider.id)
  if (!provider.enabled || route?.enabled === false) return undefined
  if (route === undefined) return 'route names none of this provider'
  if (route.rate === null || !isByTime(route.rate.rule)) return 'the card of this route has no price for time alone'
  const chainIds = chainsOf(gateway, mode)
  return { ...route, rate: route.rate, chainIds: route.chainIds.filter((each) => chainIds.includes(each)) }
}

/** The caller's request at the price of the longest rental that it can be. */
function pricedCall(ask: Ask, route: Sold, asked: Schema.Read['start']): PaidCall | Response {
  const { seconds: longest, ...rest } = asked
  const { rule } = route.rate
  const bound = longest === undefined ? LONGEST_MS : longest * 1_000
  const inputs: Rate.Inputs = { bounds: { second: BigInt(bound) } }
  const now = ask.gateway.ports.now()
  const terms = listTerms({ signals: ask.snapshot.signals }, rule, now)
  const price = Rate.ceiling(rule, inputs, terms)
  if (price === 0n) return problemResponse('malformed_body', ask.id, 'what is free needs no payment')
  const call = callOf(ask, route, { ...rest, price })
  if (call instanceof Response) return call
  const firstStep = (own: Rate.Terms): bigint => {
    const first = due({ rule, terms: own }, [], [now, now + AHEAD_MS])
    return first > 0n ? first : 1n
  }
  return { ...call, signals: ask.snapshot.signals, inputs, terms, firstStep }
}

/** Starts the clock of a rental that is paid for. */
async function begin(
  ask: Ask,
  key: ProviderKey,
  { call, grant }: { call: PaidCall; grant: Grant },
  response: Response,
  wantsToken: boolean,
): Promise<Response> {
  const claims = claimsOf(call, key, grant)
  const rental: Rental = { claims, priced: { rule: grant.rate.rule, terms: grant.terms }, chain: grant.by.chain }
  const reservationId = grant.by.rid
  const reply = await say(ask, rental, { kind: 'time', reservationId, op: 'resume' })
  const known = reply === undefined ? undefined : heard(reply)
  if (known === undefined || !known.running) {
    await say(ask, rental, { kind: 'void', reservationId, freesId: true })
    return problemResponse(known?.refused ?? 'temporarily_unavailable', ask.id)
  }
  const state = await standing(ask, rental, known)
  if (state instanceof Response) return state
  const started: StartReply = {
    kind: 'started',
    id: await RentalId.sign(claims, call.gateway.keys.signer),
    payer: claims.by.payer,
    session: claims.by.session,
    network: rental.chain.network,
    ceiling: claims.max,
    headers: Object.fromEntries(response.headers),
    ...(wantsToken ? { token: await signToken(call, grant.by, BigInt(claims.max)) } : {}),
    state,
  }
  return json(ask, started)
}

function claimsOf(call: PaidCall, key: ProviderKey, grant: Grant): RentalId.Claims {
  const now = seconds(call)
  const { chain, ...by } = grant.by
  return {
    own: key.owner,
    mod: key.mode,
    rt: call.route.id,
    rev: call.route.revision,
    cv: grant.rate.version,
    card: grant.rate.rule,
    tm: RateClaims.ofTerms(grant.terms),
    dg: call.digest,
    rq: call.requestId ?? '',
    max: (grant.ceiling ?? grant.hold).toString(),
    grows: grant.grow !== undefined,
    net: chain.chainId,
    by,
    ...(grant.transaction === undefined ? {} : { tx: grant.transaction }),
    iat: now,
    exp: now + LONGEST_MS / 1_000 + AFTERWARDS_S,
  }
}
