import type { Address } from '@pbstream/core/Hex'
import type { Recover } from '@pbstream/core/Signature'
import * as UpstreamUrl from '@pbstream/core/UpstreamUrl'
import type { Database } from '@pbstream/db/Database'
import { createCache } from './cache/Cache.ts'
import type { Gateway } from './Call.ts'
import { CatalogCache } from './Catalog.ts'
import * as Chains from './Chains.ts'
import type { Env, Ports } from './Env.ts'
import * as Keys from './Keys.ts'
import { isStrictlyPublic } from './Upstream.ts'

/** How long the receiver authorizer is believed to be the same, in milliseconds. */
const AUTHORIZER_MS = 300_000

/**
 * Puts together what an isolate works with. `open` opens the database, for what is read behind an answer.
 *
 * @throws {Error} when the configuration cannot be used; the message holds no secret.
 */
export async function assemble(env: Env, ports: Ports, recover: Recover, open?: () => Database): Promise<Gateway> {
  if (!UpstreamUrl.mayCall(UpstreamUrl.rulesOf(env), isStrictlyPublic()))
    throw new TypeError('neither the flag global_fetch_strictly_public nor OWN_ZONES is set')
  const keys = await Keys.load(env.GATEWAY_KEY, env.RETIRED_KEYS)
  return {
    env,
    ports,
    recover,
    chains: Chains.parse(env.CHAINS),
    keys,
    catalog: new CatalogCache(),
    cache: await createCache(env, ports, open),
    receiverAuthorizer: authorizerOf(env, ports),
  }
}

/** Asks settlement now and then; while it does not answer, what it said last holds. */
function authorizerOf(env: Env, ports: Ports): () => Promise<Address> {
  let known: { address: Address; at: number } | undefined
  return async () => {
    if (known !== undefined && ports.now() - known.at < AUTHORIZER_MS) return known.address
    try {
      const { receiverAuthorizer } = await env.SETTLEMENT.addresses()
      known = { address: receiverAuthorizer.toLowerCase() as Address, at: ports.now() }
    } catch (error) {
      if (known === undefined) throw error
    }
    return known.address
  }
}
