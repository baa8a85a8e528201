import type { Address } from '@pbstream/core/Hex'
import type { Origin } from '@pbstream/core/message/Sentinel'
import type * as Rate from '@pbstream/core/Rate'
import type { Hex } from '@pbstream/core/Hex'
import type { Recover } from '@pbstream/core/Signature'
import type { Prepared } from '@pbstream/core/Usage'
import type { CatalogRoute } from '@pbstream/db/CatalogRoute'
import type { Body } from './Body.ts'
import type { Cache } from './cache/Cache.ts'
import type { CardBook } from './Cards.ts'
import type { CatalogCache, Snapshot } from './Catalog.ts'
import type { Chain, Chains } from './Chains.ts'
import type { Challenges } from './Challenges.ts'
import type { Customers } from './Customers.ts'
import type { Grant } from './Delivery.ts'
import type { Env, Ports } from './Env.ts'
import type { Keys } from './Keys.ts'
import type { Breakers } from './sentinel/Breakers.ts'
import type { Places } from './sentinel/Places.ts'
import type { RefusedCalls } from './sentinel/RefusedCalls.ts'
import type { RuleBook } from './sentinel/RuleBook.ts'
import type { LeaseBook } from './session/Leases.ts'
import type { Masters } from './session/Masters.ts'
import type { ProviderKeys } from './standalone/ProviderKeys.ts'

/** What a gateway isolate works with, whatever the request. */
export type Gateway = {
  env: Env
  ports: Ports
  chains: Chains
  keys: Keys
  catalog: CatalogCache
  cache: Cache
  /** Of providers that take payments with servers of their own. */
  providerKeys: ProviderKeys
  /** Keys of session mode; absent: no sessions are offered. */
  masters?: Masters
  leases: LeaseBook
  customers: Customers
  cards: CardBook
  /** Absent: answers 402 are not counted. */
  challenges?: Challenges
  /** Sentinel, as far as it is here: where calls come from, the rules that objects are given, upstreams that fail. */
  places: Places
  rules: RuleBook
  breakers: Breakers
  refusedCalls: RefusedCalls
  recover: Recover
  /** The key that signs claims and refunds, as offers name it. */
  receiverAuthorizer(): Promise<Address>
}

/** One request on a route, from its match to its answer. */
export type Call = {
  gateway: Gateway
  request: Request
  /** Work that goes on when the caller has gone. */
  keep(work: Promise<unknown>): void
  /** `PBStream-Request-Id`: names this call in logs and problems. */
  id: string
  /** The origin that the caller sees. */
  origin: string
  /** The gateway's own origin, when `origin` is that of a provider's own server: see `homeOf`. */
  home?: string
  host: string
  /** The one path that is matched, priced and forwarded. */
  path: string
  /** With its `?`, or empty. */
  search: string
  route: CatalogRoute
  /** What oracles say, by their ids. */
  signals: Snapshot['signals']
  /** Revisions of rules, and breakers that are open. */
  sentinel: Snapshot['sentinel']
  /** Where it came from; absent: a provider's own server tells of it. */
  from?: Origin
}

/** A call on a route that costs money. */
export type PaidCall = Call & {
  rate: { version: number; rule: Rate.Card }
  body: Body
  /** SHA-256 over method, target and content: what a request id, an authorisation and a receipt stand for. */
  digest: Hex
  /** What the price was derived from, and the price: the most that the call costs. */
  inputs: Rate.Inputs
  /** What it depends on beside them, of this moment and for everybody. */
  terms: Rate.Terms
  price: bigint
  /** Where usage is metered: the body for the upstream, and what of the answer is the caller's. */
  prepared?: Prepared
  /** `Idempotency-Key`; a `payment-identifier` joins it when the credential is read. */
  requestId?: string
  /** The request id when the caller names none: that of a call whose charge comes in a request of its own. */
  ownId?: string
  /** What is done with money that was granted, in place of calling the upstream: a provider's own server does the work. */
  granted?(call: PaidCall, grant: Grant): Promise<Response>
  /** With `granted`: what is set aside first, of a hold that grows all the same. */
  firstStep?(terms: Rate.Terms): bigint
}

/** The origin of the gateway, where its own endpoints are. */
export function homeOf(call: Call): string {
  return call.home ?? call.origin
}

/** The chains on which the route takes payment and this gateway works, best first. */
export function chainsOf(call: Call): Chain[] {
  return call.route.chainIds.flatMap((id) => call.gateway.chains.get(id) ?? [])
}

/** Seconds that channels of the route's provider give it to claim: its own choice, else the chain's. */
export function delayOn({ route }: Call, chain: Chain): number {
  return route.withdrawDelay ?? chain.withdrawDelay
}

/** Unix seconds. */
export function seconds(call: Pick<Call, 'gateway'>): number {
  return Math.floor(call.gateway.ports.now() / 1000)
}
