/** `authorize`: the payment that a caller brought to a provider's own server is held for it, or answered. */
import type { Hex } from '@pbstream/core/Hex'
import * as Path from '@pbstream/core/Path'
import * as RequestBinding from '@pbstream/core/RequestBinding'
import type { Read } from '@pbstream/core/standalone/Schema'
import * as PaymentId from '@pbstream/core/standalone/PaymentId'
import { AUTHORIZED_SECONDS, type AuthorizeReply } from '@pbstream/core/standalone/Wire'
import type { CatalogRoute } from '@pbstream/db/CatalogRoute'
import type { KeyProvider, ProviderKey } from '@pbstream/db/ProviderKeys'
import * as Base64 from '@pbstream/core/Base64'
import { type PaidCall, seconds } from '../Call.ts'
import type { Grant } from '../Delivery.ts'
import { charge, means } from '../Paywall.ts'
import { problemResponse } from '../Problem.ts'
import { signToken } from '../Receipts.ts'
import { type Ask, json, read } from './Ask.ts'
import { routeFor } from './Sold.ts'

/** Methods that a request cannot have. */
const METHOD = /^(?!(?:CONNECT|TRACE|TRACK)$)[!#$%&'*+.^_`|~0-9A-Za-z-]{1,32}$/i
const VALUE = /^[\x21-\x7e](?:[\x20-\x7e\t]*[\x21-\x7e])?$/
const MAX_URL = 4096

export async function authorize(ask: Ask, key: ProviderKey, body: unknown): Promise<Response> {
  const asked = read(ask, 'authorize', body)
  if (asked instanceof Response) return asked
  const provider = providerOf(key, asked.provider)
  if (provider === undefined) {
    return problemResponse('malformed_body', ask.id, 'provider names none of the owner of this key, in its mode')
  }
  const route = routeFor(ask, key, provider, asked.route, asked.price)
  if (route === undefined) return problemResponse('not_found', ask.id, 'the provider or the route is switched off')
  if (route.chainIds.length === 0) return problemResponse('chain_not_permitted', ask.id)
  const call = callOf(ask, route, asked)
  if (call instanceof Response) return json(ask, await relayed(call))
  const given = means(call)
  if (given instanceof Response) return json(ask, await relayed(given))
  let held: { call: PaidCall; grant: Grant } | undefined
  const granted = async (paid: PaidCall, grant: Grant) => {
    held = { call: paid, grant }
    // What the session has to say to its caller is written on this one.
    return new Response(null, { headers: { 'pbstream-request-id': ask.id } })
  }
  const { requestId } = given
  const response = await charge({ ...call, ...(requestId === undefined ? {} : { requestId }), granted }, given)
  return json(ask, held === undefined ? await relayed(response) : await authorized(key, held, response, asked.token))
}

/** The one that is named, or the only one; undefined: there is none such, or more. */
export function providerOf({ providers }: ProviderKey, id: string | undefined): KeyProvider | undefined {
  if (id !== undefined) return providers.find((each) => each.id === id)
  const inUse = providers.filter(({ enabled }) => enabled)
  return inUse.length === 1 ? inUse[0] : undefined
}

/** The caller's request as the paywall sees those that come through it; a response when it cannot be one. */
export function callOf(
  ask: Ask,
  route: CatalogRoute & { rate: PaidCall['rate'] },
  asked: Read['authorize'],
): PaidCall | Response {
  const { id, gateway } = ask
  const target = Path.normalise(asked.url)
  if (!target.ok || asked.url.length > MAX_URL) return problemResponse('non_canonical_path', id)
  const url = new URL(asked.url)
  if (url.username !== '' || url.password !== '') return problemResponse('non_canonical_path', id)
  if (!METHOD.test(asked.method)) return problemResponse('method_not_allowed', id)
  const given = Object.entries(asked.headers).filter((entry): entry is [string, string] => entry[1] !== undefined)
  if (given.some(([, value]) => !VALUE.test(value))) return problemResponse('malformed_payment', id)
  const request = new Request(url, { method: asked.method, headers: given })
  const body: Hex = asked.bodyDigest ?? RequestBinding.EMPTY_BODY
  const digest = RequestBinding.digest(request.method, url.host + target.path + target.search, body)
  return {
    gateway,
    request,
    keep: ask.keep,
    id,
    origin: url.origin,
    home: ask.origin,
    host: url.host,
    path: target.path,
    search: target.search,
    route,
    signals: {},
    sentinel: ask.snapshot.sentinel,
    rate: route.rate,
    // The provider's server has it, and says what it is.
    body: { kind: 'none', digest: body },
    digest,
    // A quote is for this price of this request: only the server knows what else its prices follow.
    inputs: { only: `${asked.price} ${digest}` },
    terms: { at: gateway.ports.now() },
    price: asked.price,
    ownId: `own_${Base64.encodeUrl(gateway.ports.random(16))}`,
  }
}

export async function relayed(response: Response): Promise<Extract<AuthorizeReply, { kind: 'response' }>> {
  return {
    kind: 'response',
    status: response.status,
    headers: Object.fromEntries(response.headers),
    body: await response.text(),
  }
}

async function authorized(
  key: ProviderKey,
  { call, grant }: { call: PaidCall; grant: Grant },
  response: Response,
  wantsToken = false,
): Promise<AuthorizeReply> {
  const now = seconds(call)
  const { chain, ...by } = grant.by
  const { channelId, balance, totalClaimed, chargedCumulative, withdrawRequestedAt, refundNonce } = grant.channel
  const claims: PaymentId.Claims = {
    own: key.owner,
    mod: key.mode,
    rt: call.route.id,
    rev: call.route.revision,
    cv: grant.rate.version,
    dg: call.digest,
    rq: call.requestId ?? '',
    max: grant.hold.toString(),
    net: chain.chainId,
    by,
    ch: {
      id: channelId,
      bal: balance.toString(),
      cl: totalClaimed.toString(),
      cc: chargedCumulative.toString(),
      wd: withdrawRequestedAt,
      rn: refundNonce.toString(),
    },
    ...(grant.transaction === undefined ? {} : { tx: grant.transaction }),
    iat: now,
    exp: now + PaymentId.MAX_AGE,
  }
  return {
    kind: 'authorized',
    id: await PaymentId.sign(claims, call.gateway.keys.signer),
    payer: by.payer,
    session: by.session,
    network: chain.network,
    ceiling: claims.max,
    expiresAt: now + AUTHORIZED_SECONDS,
    headers: Object.fromEntries(response.headers),
    ...(wantsToken ? { token: await signToken(call, grant.by, grant.hold) } : {}),
  }
}
