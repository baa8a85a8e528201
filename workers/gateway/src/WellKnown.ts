import * as Amount from '@pbstream/core/Amount'
import { errors } from '@pbstream/core/Errors'
import { RATES_PATH } from '@pbstream/core/Quote'
import type * as Rate from '@pbstream/core/Rate'
import * as OpenSession from '@pbstream/core/session/OpenSession'
import type { CatalogRoute } from '@pbstream/db/CatalogRoute'
import type { Gateway } from './Call.ts'
import type { Snapshot } from './Catalog.ts'

/** USDC, the only kind of token that is taken now, has this many decimals. */
const DECIMALS = 6

/** What is sold here, for what, and on which chains: `/.well-known/pbstream`. */
export async function describe(gateway: Gateway, snapshot: Snapshot, origin: string): Promise<Response> {
  const receiverAuthorizer = await gateway.receiverAuthorizer()
  const networks = [...gateway.chains.values()].map((chain) => ({
    network: chain.network,
    asset: chain.token,
    name: chain.tokenName,
    version: chain.tokenVersion,
    contract: chain.contract,
    collector: chain.collector,
    receiverAuthorizer,
    withdrawDelay: chain.withdrawDelay,
    maxTimeoutSeconds: chain.maxTimeoutSeconds,
  }))
  const routes = snapshot.routes.filter((route) => route.enabled).map((route) => describeRoute(gateway, route))
  const sessions = gateway.masters === undefined ? {} : { sessions: OpenSession.endpoint(origin) }
  const endpoints = { keys: `${origin}/.well-known/jwks.json`, health: `${origin}/healthz`, ...sessions }
  const body = {
    x402Version: 2,
    catalogVersion: snapshot.version,
    schemes: ['batch-settlement', 'exact'],
    networks,
    routes,
    endpoints,
    errors: Object.keys(errors),
  }
  return Response.json(body, { headers: { 'cache-control': 'public, max-age=30' } })
}

/** The public keys that verify quotes, receipts and tokens: `/.well-known/jwks.json`. */
export function keySet(gateway: Gateway): Response {
  return Response.json(gateway.keys.published, { headers: { 'cache-control': 'public, max-age=300' } })
}

/**
 * Whether this isolate can decide on requests: its configuration is read and its catalog is young enough. What its cache
 * did since it began is counted without naming anybody.
 */
export function health(gateway: Gateway, snapshot: Snapshot): Response {
  const catalog = gateway.catalog.status(gateway.ports.now())
  return Response.json(
    {
      status: 'ok',
      catalogVersion: snapshot.version,
      catalogAgeMs: catalog?.ageMs ?? 0,
      cache: gateway.cache.counts(),
    },
    { headers: { 'cache-control': 'no-store' } },
  )
}

function describeRoute(gateway: Gateway, route: CatalogRoute) {
  const { id, path, methods, providerId, providerName, payTo, rate } = route
  const networks = route.chainIds.flatMap((chainId) => gateway.chains.get(chainId)?.network ?? [])
  return {
    id,
    methods,
    path,
    provider: { id: providerId, name: providerName },
    payTo,
    networks,
    price: rate === null ? null : describeRate(id, rate),
  }
}

/** `card` is where the whole of it is; what fits in a line is here too. */
function describeRate(routeId: string, rate: NonNullable<CatalogRoute['rate']>) {
  const { version, rule } = rate
  const most = mostOf(rule)
  const { v: _, ...short } = rule.kind === 'card' ? { v: rule.v, kind: rule.kind } : rule
  const card = `${RATES_PATH}/${routeId}/${version}`
  return { version, ...short, most: { amount: most.toString(), text: `${Amount.format(most, DECIMALS)} USDC` }, card }
}

/** Of any call, at any time. */
function mostOf(rule: Rate.Card): bigint {
  if (rule.kind === 'flat') return Amount.parse(rule.amount)
  return Amount.parse(rule.kind === 'metered' ? rule.max : rule.maximum)
}
