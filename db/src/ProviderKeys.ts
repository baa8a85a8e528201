/** What a gateway asks of the tables for a provider's own server: whose an API key is, and what he sells under. */
import type { Address } from '@pbstream/core/Hex'
import { and, asc, eq, inArray } from 'drizzle-orm'
import { apiKeyByHash } from './ApiKeys.ts'
import type { SettlementPolicy } from './CatalogRoute.ts'
import type { Database } from './Database.ts'
import type { Mode } from './Mode.ts'

/** A provider as its channels know it. */
export type KeyProvider = {
  id: string
  name: string
  payTo: Address
  enabled: boolean
  /** Seconds; null: the default of the chain. */
  withdrawDelay: number | null
  settle: SettlementPolicy
}

/** An API key, whether or not it still counts, and the providers of its owner in its mode. Times in Unix milliseconds. */
export type ProviderKey = {
  id: string
  hash: string
  owner: string
  mode: Mode
  scopes: readonly string[]
  revokedAt: number | null
  expiresAt: number | null
  lastUsedAt: number | null
  providers: readonly KeyProvider[]
}

/** @returns undefined when there is no key of this hash. */
export async function providerKey(db: Database, hash: string): Promise<ProviderKey | undefined> {
  const found = await apiKeyByHash(db, hash)
  if (found === undefined) return undefined
  const { id, owner, mode, scopes, revokedAt, expiresAt, lastUsedAt } = found.key
  const { provider } = db.tables
  const rows = await db.orm
    .select()
    .from(provider)
    .where(and(eq(provider.owner, owner), eq(provider.mode, mode)))
    .orderBy(asc(provider.id))
  return {
    id,
    hash: found.key.hash,
    owner,
    mode,
    scopes,
    revokedAt: revokedAt?.getTime() ?? null,
    expiresAt: expiresAt?.getTime() ?? null,
    lastUsedAt: lastUsedAt?.getTime() ?? null,
    providers: rows.map(({ id: providerId, name, payTo, enabled, withdrawDelay, settleAmount, settleAgeMs }) => ({
      id: providerId,
      name,
      payTo,
      enabled,
      withdrawDelay,
      settle: { amount: settleAmount, ageMs: settleAgeMs },
    })),
  }
}

/** Whether a provider of this mode that is not switched off is paid there. */
export async function isReceiver(db: Database, payTo: Address, mode: Mode): Promise<boolean> {
  return (await paidAt(db, payTo, mode)).length > 0
}

/** The statement behind `isReceiver`. */
export function paidAt(db: Database, payTo: Address, mode: Mode) {
  const { provider } = db.tables
  return db.orm
    .select({ id: provider.id })
    .from(provider)
    .where(and(eq(provider.payTo, payTo), eq(provider.mode, mode), eq(provider.enabled, true)))
    .limit(1)
}

/**
 * The providers of this mode that are paid there and not switched off, in no order, with the delay in seconds that their
 * channels have.
 */
export function delaysAt(db: Database, receivers: readonly Address[], mode: Mode) {
  const { provider } = db.tables
  return db.orm
    .select({ id: provider.id, payTo: provider.payTo, withdrawDelay: provider.withdrawDelay })
    .from(provider)
    .where(and(inArray(provider.payTo, [...receivers]), eq(provider.mode, mode), eq(provider.enabled, true)))
}
