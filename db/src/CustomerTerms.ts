/** What customers have been promised: their level and their own multiplier, by provider and payer. Not public. */
import type { Address } from '@pbstream/core/Hex'
import { and, asc, eq, gt } from 'drizzle-orm'
import { chainOf, change } from './Audit.ts'
import type { Database } from './Database.ts'
import { providerOf } from './Providers.ts'
import { actOf, match, nothing, Refused, type Who } from './ProvidersScope.ts'

export type TermsRow = Database['tables']['customerTerms']['$inferSelect']

/** `multiplier`: decimal string of up to 6 places; null: none of his own. */
export type CustomerTerms = { level: string | null; multiplier: string | null }

/** Of one provider. */
export const CUSTOMERS_MAX = 10_000

/** The terms of a payer (lower case) with a provider, as `Rate.Terms` takes them; undefined: the list price. */
export async function termsFor(
  db: Database,
  providerId: string,
  payer: Address,
): Promise<{ level?: string; multiplier?: string } | undefined> {
  const [row] = await termsOf(db, providerId, payer)
  if (row === undefined) return undefined
  const { level, multiplier } = row
  return { ...(level === null ? {} : { level }), ...(multiplier === null ? {} : { multiplier }) }
}

/** The row by its key. */
export function termsOf(db: Database, providerId: string, payer: Address) {
  const { customerTerms: t } = db.tables
  return db.orm
    .select()
    .from(t)
    .where(and(eq(t.providerId, providerId), eq(t.payer, payer)))
}

/** Pages of a provider's customers, by address. */
export function customersOf(db: Database, providerId: string, after: string, limit: number) {
  const { customerTerms: t } = db.tables
  return db.orm
    .select()
    .from(t)
    .where(and(eq(t.providerId, providerId), gt(t.payer, after as Address)))
    .orderBy(asc(t.payer))
    .limit(limit)
}

/**
 * Sets the terms of a customer. `revision`: that of the row that is changed; null: there is none yet. The same terms
 * again change nothing.
 */
export async function setTerms(
  db: Database,
  who: Who,
  providerId: string,
  payer: Address,
  revision: number | null,
  terms: CustomerTerms,
): Promise<TermsRow> {
  const { customerTerms } = db.tables
  return change(db, chainOf(who.owner, who.mode), async () => {
    await providerOf(db, who, providerId)
    const [old] = await termsOf(db, providerId, payer)
    if (old !== undefined && old.level === terms.level && old.multiplier === terms.multiplier)
      return { ...nothing, result: old }
    if (old === undefined && revision !== null) throw new Refused('precondition_failed', 'there are none')
    if (old !== undefined && revision === null) throw new Refused('precondition_required')
    if (old !== undefined && revision !== null) match(old, revision)
    if (old === undefined) await roomFor(db, providerId)
    const stamps = { revision: (old?.revision ?? 0) + 1, createdAt: old?.createdAt ?? who.at, updatedAt: who.at }
    const row: TermsRow = { providerId, payer, ...terms, ...stamps }
    return {
      acts: [actOf(who, 'customer.terms', providerId, { payer, ...terms, revision: row.revision })],
      statements: (orm) => [
        orm
          .insert(customerTerms)
          .values(row)
          .onConflictDoUpdate({ target: [customerTerms.providerId, customerTerms.payer], set: row }),
        ...(who.also?.(orm) ?? []),
      ],
      result: row,
    }
  })
}

/** Takes the terms of a customer away: he pays the list price. False: there were none. */
export async function removeTerms(db: Database, who: Who, providerId: string, payer: Address): Promise<boolean> {
  const { customerTerms: t } = db.tables
  return change(db, chainOf(who.owner, who.mode), async () => {
    await providerOf(db, who, providerId)
    const [old] = await termsOf(db, providerId, payer)
    if (old === undefined) return { ...nothing, result: false }
    return {
      acts: [actOf(who, 'customer.remove', providerId, { payer, level: old.level, multiplier: old.multiplier })],
      statements: (orm) => [
        orm.delete(t).where(and(eq(t.providerId, providerId), eq(t.payer, payer))),
        ...(who.also?.(orm) ?? []),
      ],
      result: true,
    }
  })
}

/** @throws {Refused} */
async function roomFor(db: Database, providerId: string): Promise<void> {
  const { customerTerms: t } = db.tables
  const [last] = await db.orm
    .select({ payer: t.payer })
    .from(t)
    .where(eq(t.providerId, providerId))
    .orderBy(asc(t.payer))
    .offset(CUSTOMERS_MAX - 1)
    .limit(1)
  if (last !== undefined) throw new Refused('limit_reached', `${CUSTOMERS_MAX} customers with terms of their own`)
}
