/** What lies in Redis, by kind: how it is written, how long it lives, how old it may be, and how it is read. */
import * as Rate from '@pbstream/core/Rate'
import type { Catalog, CatalogRoute, SentinelCatalog } from '../CatalogRoute.ts'
import type { KeyNotice, KeyRecord } from '../KeyRecords.ts'
import type { Entry } from './Sealed.ts'

/** Where an entry lies, and the age in milliseconds after which nobody believes it. Redis forgets it then too. */
export type Place = { kind: string; key: string; maxAgeMs: number }

/** The catalog. Believed for the version that the database names; without a database see the gateway's `Tiers`. */
export const catalogPlace: Place = { kind: 'catalog', key: 'pbs:catalog', maxAgeMs: 600_000 }
/** The newest changes of keys: what an isolate starts from. */
export const noticesPlace: Place = { kind: 'notices', key: 'pbs:notices', maxAgeMs: 600_000 }
/** Records of the keys that paid last. */
export const hotPlace: Place = { kind: 'hot', key: 'pbs:hot', maxAgeMs: 180_000 }
/** The record of one key. */
export const keyPlace = (session: string): Place => ({ kind: 'key', key: `pbs:key:${session}`, maxAgeMs: 180_000 })

export function catalogEntry({ version, routes, signals, sentinel }: Catalog, writtenAt: number): Entry & Place {
  return { ...catalogPlace, version, writtenAt, body: JSON.stringify({ fields, routes, signals, sentinel }) }
}

/**
 * Undefined when another release wrote it, whose routes or cards are not ours. Its signals, and what it says of Sentinel,
 * may be older than its version.
 */
export function toCatalog({ version, body }: Entry): Catalog | undefined {
  try {
    const parsed = JSON.parse(body) as Pick<Catalog, 'routes' | 'signals'> & {
      fields: string
      sentinel?: SentinelCatalog
    }
    const { fields: written, routes, signals, sentinel } = parsed
    if (written !== fields || sentinel === undefined) return undefined
    for (const { rate, coming } of routes) {
      if (rate !== null) Rate.parse(rate.rule)
      for (const { rule } of coming) if (rule !== null) Rate.parse(rule)
    }
    return { version, routes, signals, sentinel }
  } catch {
    return undefined
  }
}

export function noticesEntry(notices: readonly KeyNotice[], writtenAt: number): Entry & Place {
  return { ...noticesPlace, version: notices[0]?.at ?? 0, writtenAt, body: JSON.stringify(notices) }
}

export function toNotices({ body }: Entry): KeyNotice[] {
  return JSON.parse(body) as KeyNotice[]
}

export function hotEntry(records: readonly KeyRecord[], writtenAt: number): Entry & Place {
  return { ...hotPlace, version: 0, writtenAt, body: JSON.stringify(records) }
}

export function toRecords({ body }: Entry): KeyRecord[] {
  return JSON.parse(body) as KeyRecord[]
}

export function keyEntry(record: KeyRecord, writtenAt: number): Entry & Place {
  return { ...keyPlace(record.session), version: record.version, writtenAt, body: JSON.stringify(record) }
}

export function toRecord({ body }: Entry): KeyRecord {
  return JSON.parse(body) as KeyRecord
}

/** The fields of a route as this release has them: the compiler says when one is missing here. */
const routeFields: Record<keyof CatalogRoute, true> = {
  id: true,
  providerId: true,
  providerName: true,
  methods: true,
  path: true,
  origin: true,
  payTo: true,
  chainIds: true,
  rate: true,
  coming: true,
  bodyPriced: true,
  maxBodyBytes: true,
  chargeOnAbandon: true,
  credential: true,
  enabled: true,
  audience: true,
  withdrawDelay: true,
  settle: true,
  revision: true,
  adapter: true,
}
const fields = Object.keys(routeFields).sort().join()
