/**
 * The server behind the gateway: every request has to bring a `PBStream-Payment` token that the gateway signed for it,
 * for this server, in the last minute. What is charged is the gateway's to say; usage is told to it in a header.
 */
import * as Base64 from '@pbstream/core/Base64'
import type { Hex } from '@pbstream/core/Hex'
import * as Path from '@pbstream/core/Path'
import * as PaymentToken from '@pbstream/core/PaymentToken'
import * as RequestBinding from '@pbstream/core/RequestBinding'
import type { Binding, Deployment, Facts, Grant, Hold, Refusal, Resource } from './Deployment.ts'
import type { KeySet } from './KeySet.ts'
import { namedDigest, UNNAMED } from './Named.ts'
import { READ_LIMIT } from './Deployment.ts'
import type { Terms } from './Price.ts'
import { refuse } from './Refuse.ts'
import type { ReplayStore } from './Replays.ts'

export type BehindGatewayOptions = {
  /** The origin of the gateway, as refusals name it. */
  gateway: string
  keys: Pick<KeySet, 'keys' | 'renew'>
  /** Whose tokens are taken: `provider/route`, or `provider/*` for all routes of one provider. */
  audiences: readonly string[]
  /** Hosts under which callers reach the gateway: a token's digest names one. */
  hosts: readonly string[]
  /** The path of the route's upstream URL, which callers do not see; empty, or begins with a slash and ends without. */
  basePath: string
  replays: ReplayStore
  /** Unix milliseconds. */
  now(): number
}

const USAGE_HEADER = 'pbstream-usage'

/** What can be wrong with a token, as a developer has to read it. */
const REASONS: { readonly [code in PaymentToken.Failure]: string } = {
  malformed: 'it cannot be read',
  algorithm: 'it is not signed with EdDSA',
  type: 'it is a token of another kind',
  unknown_key: 'its key is not one of the gateway',
  signature: 'its signature is not right',
  claims: 'a claim is missing',
  audience: 'it is for another server or route',
  expired: 'it has expired',
  not_yet: 'it is from the future; check the clock',
  lifetime: 'it lives for too long',
}

export function behindGateway(options: BehindGatewayOptions): Deployment {
  return { admit: (facts, terms, resource) => admit(options, facts, terms, resource) }
}

async function admit(
  options: BehindGatewayOptions,
  facts: Facts,
  terms: Terms,
  resource: Resource,
): Promise<Grant | Refusal> {
  const token = facts.header('pbstream-payment')
  if (token === null) return refuse('payment_required', `this server is paid for through ${options.gateway}`)
  const target = Path.normalise(facts.url)
  if (!target.ok) return refuse('non_canonical_path')
  const verified = await verify(options, token, resource)
  if ('kind' in verified) return verified
  const { claims } = verified
  if (claims.m !== facts.method) return invalid('it is for another method')
  if (options.basePath + claims.path !== target.path) return invalid('it is for another path')
  const ceiling = BigInt(claims.ceiling)
  const isShort = terms.card.kind === 'flat' ? ceiling < terms.most : ceiling < leastOf(terms)
  if (isShort) return refuse('origin_price_mismatch', `the route of the gateway covers ${claims.ceiling} atomic units`)
  const content = await bindingOf(options, facts, claims, claims.path + target.search)
  if (typeof content !== 'string') return content
  // Last: only a call that would be served uses its token up.
  const isNew = await noted(options.replays, claims)
  if (isNew === undefined) return refuse('temporarily_unavailable', 'the store of used tokens does not answer')
  if (!isNew) return refuse('payment_token_replayed')
  return {
    kind: 'granted',
    payer: claims.payer as Hex,
    session: claims.session,
    id: claims.rid,
    ceiling,
    content,
    headers: [],
    hold: holdOf(terms),
  }
}

type Verified = { claims: PaymentToken.Claims }

async function verify(options: BehindGatewayOptions, token: string, resource: Resource): Promise<Verified | Refusal> {
  const audience = audienceOf(options.audiences, token, resource)
  if (audience === undefined) return invalid(REASONS.audience)
  const keys = await options.keys.keys()
  if (keys === undefined) return refuse('temporarily_unavailable', 'the keys of the gateway cannot be read')
  const now = Math.floor(options.now() / 1000)
  let result = await PaymentToken.verify(token, (kid) => keys.get(kid), now, audience)
  if (!result.ok && result.code === 'unknown_key' && (await options.keys.renew())) {
    const newer = await options.keys.keys()
    result = await PaymentToken.verify(token, (kid) => newer?.get(kid), now, audience)
  }
  return result.ok ? { claims: result.claims } : invalid(REASONS[result.code])
}

/**
 * Which of our audiences a token says it is for; verification holds it to that. A token that cannot be read is given
 * the first, so that it is refused for what it is.
 */
function audienceOf(audiences: readonly string[], token: string, { route }: Resource): string | undefined {
  const named = audienceIn(token)
  if (named === undefined) return audiences[0]
  const isOurs = audiences.some((each) =>
    each.endsWith('/*') ? named.startsWith(each.slice(0, -1)) && named.length > each.length - 1 : named === each,
  )
  if (!isOurs) return undefined
  return route === undefined || named === route || named.endsWith(`/${route}`) ? named : undefined
}

function audienceIn(token: string): string | undefined {
  const part = token.length > 8192 ? undefined : token.split('.')[1]
  const bytes = part === undefined ? undefined : Base64.decodeUrl(part)
  const claims = bytes === undefined ? undefined : Base64.parseJson(bytes)
  const aud = (claims as { aud?: unknown } | null | undefined)?.aud
  return typeof aud === 'string' ? aud : undefined
}

/** The content that the token's digest stands for: held against the bytes where they can be had. */
async function bindingOf(
  { hosts }: BehindGatewayOptions,
  facts: Facts,
  claims: PaymentToken.Claims,
  tail: string,
): Promise<Binding | Refusal> {
  const isOf = (body: Hex) =>
    hosts.some((host) => RequestBinding.digest(facts.method, host + tail, body) === claims.digest)
  const content = await facts.content()
  if (content.kind === 'broken') return refuse('malformed_body')
  if (content.kind === 'bytes') {
    if (isOf(content.digest)) return 'verified'
    // The gateway reads bodies up to the limit, so that only larger ones can be without a digest.
    if (content.length > READ_LIMIT && isOf(UNNAMED)) return 'unbound'
    return mismatch()
  }
  const named = namedDigest(facts)
  if (named !== undefined) return isOf(named) ? 'named' : mismatch()
  if (isEmpty(facts) && isOf(RequestBinding.EMPTY_BODY)) return 'verified'
  if ((content.kind === 'large' || mayBeLarge(facts)) && isOf(UNNAMED)) return 'unbound'
  return content.kind === 'gone' ? refuse('origin_body_unavailable') : mismatch()
}

function mismatch(): Refusal {
  return invalid('it is for another host, query or body')
}

/** How the length is declared: what a framework has consumed can only be judged by that. */
function isEmpty(facts: Facts): boolean {
  return facts.header('content-length') === '0'
}

function mayBeLarge(facts: Facts): boolean {
  const length = facts.header('content-length')
  return length === null || Number(length) > READ_LIMIT
}

function leastOf({ card }: Terms): bigint {
  return BigInt(card.kind === 'flat' ? card.amount : (card.minimum ?? '0'))
}

/** A reservation pays one call, but an `exact` authorisation that paid for nothing may come again with a newer token. */
async function noted(replays: ReplayStore, { rid, iat, exp }: PaymentToken.Claims): Promise<boolean | undefined> {
  try {
    return await replays.add(`${rid} ${iat}`, exp)
  } catch {
    return undefined
  }
}

/** A flat price is the gateway's own knowledge; use is told in units of its rate card. */
function holdOf({ card }: Terms): Hold {
  const isFlat = card.kind === 'flat'
  return { kind: 'reported', report: (units) => (isFlat ? [] : [[USAGE_HEADER, units.toString()]]) }
}

function invalid(reason: string): Refusal {
  return refuse('payment_token_invalid', reason)
}
