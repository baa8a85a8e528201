/**
 * What the gateway knows of a route: the snapshot type of `Catalog.loadCatalog`. Plain data, no behaviour, so that a
 * Worker can import it without the database driver.
 */
import type { Address } from '@pbstream/core/Hex'
import type { Signal } from '@pbstream/core/Oracle'
import type { Card } from '@pbstream/core/Rate'

/** Where a route's requests go. */
export type Origin =
  /** An absolute http(s) URL; the matched path is appended to its path. */
  | { kind: 'url'; url: string }
  /** A service binding of the gateway; its name begins with `UPSTREAM_`. */
  | { kind: 'service'; binding: string }
  /** The zone that the Worker route stands in front of: the request goes on as it is. */
  | { kind: 'zone' }

/** A price rule as a rate card holds it: JSON, amounts are decimal strings of atomic units. */
export type RateRule = Card

/** A header that the gateway adds on the way to the upstream; its value sealed with the gateway's UPSTREAM_SECRET. */
export type SealedCredential = { header: string; sealed: string }

export type CatalogRoute = {
  id: string
  providerId: string
  /** The provider's name for people. */
  providerName: string
  /** Upper-case HTTP methods; `*` stands for every method. */
  methods: string[]
  /** A canonical path: exact (`/v1/chat`), or a prefix that ends in `/*` (`/v1/*` matches `/v1/` and all below it). */
  path: string
  origin: Origin
  /** Who is paid, lower case. */
  payTo: Address
  /** The chains on which the route takes payment, best first. */
  chainIds: number[]
  /** The card in force and its version; null: the route is free. See `coming`. */
  rate: { version: number; rule: RateRule } | null
  /** Cards that follow it, in the order in which they do. Some may have come by now: `CatalogTime` says which. */
  coming: readonly ComingCard[]
  /** The price depends on the request body: the body is read (up to `maxBodyBytes`) before it is quoted. */
  bodyPriced: boolean
  maxBodyBytes: number
  /** Charge a caller who leaves before the first byte, if the upstream answers 2xx within 30 s. */
  chargeOnAbandon: boolean
  credential: SealedCredential | null
  /** False when the route or its provider is switched off. It still matches, and is answered 404, so that a wider route does not take its place. */
  enabled: boolean
  /** The `aud` of PBStream-Payment tokens for this route. */
  audience: string
  /** Rises with every change of the route; receipts name it. */
  revision: number
  /** How usage that the upstream reports is read; null: `PBStream-Usage`. */
  adapter: string | null
  /** Seconds that channels of the provider give it to claim; null: the default of the chain. */
  withdrawDelay: number | null
  /** When channels of the provider are settled, where it is not as the deployment says. */
  settle: SettlementPolicy
}

/** Unclaimed atomic units, and age of the oldest unclaimed charge in milliseconds, at which a channel is claimed. */
export type SettlementPolicy = { amount: string | null; ageMs: number | null }

/** A card with a time. `rule` null: this release cannot read it, and from then on the route is switched off. */
export type ComingCard = {
  version: number
  rule: RateRule | null
  /** Unix milliseconds: from then on it is in force, in every isolate at once. */
  effectiveAt: number
}

/** What oracles say, by their ids. Those that never said anything, or are switched off, are not in it. */
export type Signals = {
  /** Rises with every value, and with every change of an oracle. */
  version: number
  values: Readonly<Record<string, Signal>>
}

/**
 * What gateways have to know of Sentinel: which rule sets are in force, by their revisions (the sets themselves are read
 * when an object asks for them, see `Rulesets`), and the breakers that are not closed.
 */
export type SentinelCatalog = {
  /** Rises with every change of the rules of the platform or a provider, and of a breaker. */
  version: number
  /** Revision of the platform's set: 1, the seeds, until somebody writes another. */
  platform: number
  /** Revisions of the sets of providers, by their ids. One that never wrote any is not in it. */
  providers: Readonly<Record<string, number>>
  breakers: readonly OpenBreaker[]
}

/** A breaker that is not closed. */
export type OpenBreaker = {
  /** Whose: `platform` or `provider:<id>`. */
  scope: string
  /** What it is of: `global`, `provider:<id>` or `upstream:<route id>`. */
  subject: string
  /** When it lets calls through to see (Unix milliseconds); null: not before a person closes it. */
  until: number | null
  cause: string
}

/** Every route of every provider at one catalog version. */
export type Catalog = {
  /** Rises with every change of a provider, route or rate card. */
  version: number
  routes: CatalogRoute[]
  signals: Signals
  sentinel: SentinelCatalog
}
