import type { ChallengesEvent } from '@pbstream/core/message/Event'
import type { ExactClaimApi } from '@pbstream/core/message/ExactClaim'
import type { StreamSessionApi } from '@pbstream/core/message/Session'
import type { SettlementApi } from '@pbstream/core/message/Settlement'
import type { CacheEnv } from '@pbstream/db/cache/Redis'
import type { DatabaseEnv } from '@pbstream/db/Database'

/** Objects by name; what the gateway needs of a Durable Object namespace. */
export type Objects<Api> = { getByName(name: string): Api }

/** An upstream bound as a service: what the gateway needs of a Fetcher. */
export type Service = { fetch(request: Request): Promise<Response> }

/** The bindings and variables of the gateway: wrangler.toml at the root of the repository. */
export type Env = DatabaseEnv &
  CacheEnv & {
    STREAM_SESSION: Objects<StreamSessionApi>
    EXACT_CLAIM: Objects<ExactClaimApi>
    SETTLEMENT: SettlementApi
    /** The events queue; without it answers 402 are not counted. */
    EVENTS?: { send(event: ChallengesEvent, options: { contentType: 'json' }): Promise<unknown> }
    /** Ed25519 private key as JWK with `kid`, JSON: signs quotes, receipts and tokens. */
    GATEWAY_KEY: string
    /** JSON array of public JWKs that signed earlier: still published, and their quotes still verify. */
    RETIRED_KEYS?: string
    /** 32 bytes or more: opens the sealed credentials of routes. */
    UPSTREAM_SECRET?: string
    /** JSON array of `{kid, secret}` (`session/Masters`): the first signs session tokens. Without it there are no sessions. */
    SESSION_MASTER?: string
    /** 32 bytes or more: hashes the networks that calls come from. Without it Sentinel knows countries only. */
    PLACE_SECRET?: string
    /** JSON array of chains: see `Chains`. */
    CHAINS: string
    /** Requests a minute of an address with API keys that this isolate does not know. */
    PAYMENTS_LIMIT?: { limit(options: { key: string }): Promise<{ success: boolean }> }
    /** The origin that callers see, when it is not that of the request URL. */
    PUBLIC_URL?: string
    /** `true` on one machine only: upstream URLs may be plain http and may name private addresses. */
    INSECURE_UPSTREAMS?: string
    /** Names of this deployment, separated by commas: no upstream may lie in them. */
    OWN_ZONES?: string
  }

/**
 * The service binding that a route names. Only names that begin with `UPSTREAM_` are reachable by a route, or a row
 * of the catalog could call the settlement Worker.
 */
export function upstreamService(env: Env, binding: string): Service | undefined {
  if (!binding.startsWith('UPSTREAM_')) return undefined
  const service: unknown = (env as unknown as Record<string, unknown>)[binding]
  return typeof service === 'object' && service !== null && 'fetch' in service ? (service as Service) : undefined
}

/** The effects of the gateway, so that tests can replace them. */
export type Ports = {
  /** Unix milliseconds. */
  now(): number
  random(bytes: number): Uint8Array<ArrayBuffer>
  fetch(request: Request): Promise<Response>
}

export const ports: Ports = {
  now: () => Date.now(),
  random: (bytes) => crypto.getRandomValues(new Uint8Array(bytes)),
  fetch: (request) => fetch(request),
}
