import * as Base64 from '@pbstream/core/Base64'
import type { Address } from '@pbstream/core/Hex'
import type { Recover } from '@pbstream/core/Signature'
import * as UpstreamUrl from '@pbstream/core/UpstreamUrl'
import { touch } from '@pbstream/db/ApiKeys'
import type { Database } from '@pbstream/db/Database'
import { termsFor } from '@pbstream/db/CustomerTerms'
import { isReceiver, providerKey } from '@pbstream/db/ProviderKeys'
import { cardsOf } from '@pbstream/db/RateCards'
import { snapshotsOf } from '@pbstream/db/Rulesets'
import { usageOf } from '@pbstream/db/UsageTotals'
import { createCache } from './cache/Cache.ts'
import type { Gateway } from './Call.ts'
import { CardBook, type CardLookup } from './Cards.ts'
import { CatalogCache } from './Catalog.ts'
import * as Chains from './Chains.ts'
import { Challenges } from './Challenges.ts'
import { type CustomerLookup, Customers } from './Customers.ts'
import type { Env, Ports } from './Env.ts'
import * as Keys from './Keys.ts'
import { report } from './Reporter.ts'
import { Breakers } from './sentinel/Breakers.ts'
import { Places } from './sentinel/Places.ts'
import { RefusedCalls } from './sentinel/RefusedCalls.ts'
import { RuleBook } from './sentinel/RuleBook.ts'
import { LeaseBook } from './session/Leases.ts'
import { Masters } from './session/Masters.ts'
import { type Lookup, ProviderKeys } from './standalone/ProviderKeys.ts'
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
  const masters = env.SESSION_MASTER === undefined ? undefined : await Masters.load(env.SESSION_MASTER)
  const catalog = new CatalogCache()
  return {
    env,
    ports,
    recover,
    chains: Chains.parse(env.CHAINS),
    keys,
    catalog,
    cards: new CardBook(catalog, open === undefined ? undefined : cardsIn(open, ports.now)),
    cache: await createCache(env, ports, open),
    providerKeys: new ProviderKeys(open === undefined ? undefined : lookupIn(open), ports.now),
    receiverAuthorizer: authorizerOf(env, ports),
    leases: leasesOf(env, ports),
    customers: new Customers(open === undefined ? undefined : customersIn(open), ports.now),
    places: await Places.load(env.PLACE_SECRET),
    rules: new RuleBook(open === undefined ? undefined : (scopes) => snapshotsOf(open(), scopes), ports.now),
    breakers: new Breakers(ports.now),
    refusedCalls: new RefusedCalls(ports.now),
    ...(masters === undefined ? {} : { masters }),
    ...challengesOf(env, ports),
  }
}

function leasesOf(env: Env, ports: Ports): LeaseBook {
  const open = (session: string) => env.STREAM_SESSION.getByName(session)
  return new LeaseBook({
    now: () => ports.now(),
    isolate: Base64.encodeUrl(ports.random(12)),
    open,
    report: (session, what) => report(session, () => open(session), what),
  })
}

function challengesOf(env: Env, ports: Ports): { challenges?: Challenges } {
  const events = env.EVENTS
  if (events === undefined) return {}
  const challenges = new Challenges({
    now: () => ports.now(),
    wait: (ms) => new Promise((done) => setTimeout(done, ms)),
    name: () => Base64.encodeUrl(ports.random(12)),
    send: (event) => events.send(event, { contentType: 'json' }),
  })
  return { challenges }
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

/** A database is opened for one question: requests must not share one. */
function lookupIn(open: () => Database): Lookup {
  return {
    key: (hash) => providerKey(open(), hash),
    isReceiver: (payTo, mode) => isReceiver(open(), payTo, mode),
    touch: (id, now) => touch(open(), id, now),
  }
}

function customersIn(open: () => Database): CustomerLookup {
  return {
    terms: (providerId, payer) => termsFor(open(), providerId, payer),
    usage: (counted, exceptSession) => usageOf(open(), counted, exceptSession),
  }
}

/** Cards that have come into force, also those that are no longer. */
function cardsIn(open: () => Database, now: () => number): CardLookup {
  return async (routeId, version) => {
    const [card] = await cardsOf(open(), routeId, version - 1, 1)
    const hasCome = card?.version === version && card.withdrawnAt === null && card.effectiveAt.getTime() <= now()
    return hasCome ? card.rule : undefined
  }
}
