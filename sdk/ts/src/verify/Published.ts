/** What gateways publish for those who verify: their keys and their cards. */
import type * as Jws from '@pbstream/core/Jws'
import { RATES_PATH } from '@pbstream/core/Quote'
import * as Rate from '@pbstream/core/Rate'
import { importAll } from '../server/KeySet.ts'
import { refused, type Refusal } from './Verdict.ts'

/** Where a gateway publishes its keys. */
export const KEYS_PATH = '/.well-known/jwks.json'

/** The JSON at `cardUrl`. */
export type PublishedCard = { routeId: string; version: number; card: unknown }

/** Where a gateway publishes a card. It is never changed, so it can be kept. */
export function cardUrl(gateway: string, routeId: string, version: number): string {
  return new URL(`${RATES_PATH}/${encodeURIComponent(routeId)}/${version}`, gateway).href
}

/** The keys of a key set, as JSON. */
export async function keysOf(set: unknown): Promise<Jws.Keys | Refusal> {
  const keys = await importAll(set)
  return keys.size === 0 ? refused('keys', 'no Ed25519 key in the key set') : (kid) => keys.get(kid)
}

/** The card that a quote or receipt names, if it is this one. */
export function cardFor(named: { routeId: string; version: number }, given: PublishedCard): Rate.Card | Refusal {
  const { routeId, version } = named
  if (given.routeId !== routeId || given.version !== version) {
    return refused('card', `it names version ${version} of ${routeId}, and the card is another`)
  }
  try {
    return Rate.parse(given.card)
  } catch (error) {
    return refused('card', `not a card that this release can read: ${(error as Error).message}`)
  }
}
