/** Providers of owners: created, edited, switched off; their payout address and the other terms of their channels. */
import { type Address, isAddress, lower, zeroAddress } from '@pbstream/core/Hex'
import { and, asc, eq, gt, isNotNull, lte } from 'drizzle-orm'
import { chainOf, change } from './Audit.ts'
import { riseCatalog } from './Catalog.ts'
import { canonical } from './Canonical.ts'
import type { Database } from './Database.ts'
import * as Drains from './ProvidersDrain.ts'
import { actOf, LIMITS, match, nothing, Refused, type Scope, type Who } from './ProvidersScope.ts'
import { eventStatements } from './Webhooks.ts'

export type ProviderRow = Database['tables']['provider']['$inferSelect']

/** Unclaimed atomic units and age at which channels are settled; null: as the deployment says. */
export type Settlement = { settleAmount: string | null; settleAgeMs: number | null }

export type NewProvider = { id: string; name: string; payTo: string; withdrawDelay: number | null } & Settlement
export type ProviderPatch = Partial<{ name: string; enabled: boolean; withdrawDelay: number | null } & Settlement>

/** A change of the payout address waits so long, so that whoever did not want it sees it in time. */
export const PAYOUT_WAIT_MS = 86_400_000
/** Terms of channels change no more often than this: each change closes every channel, at the deployment's expense. */
export const TERMS_EVERY_MS = 86_400_000

/** Pages of an owner's providers, by id. */
export function providersOf(db: Database, { owner, mode }: Scope, after: string, limit: number) {
  const { provider } = db.tables
  return db.orm
    .select()
    .from(provider)
    .where(and(eq(provider.owner, owner), eq(provider.mode, mode), gt(provider.id, after)))
    .orderBy(asc(provider.id))
    .limit(limit)
}

/** @throws {Refused} `not_found`, also for another owner's and for nobody's. */
export async function providerOf(db: Database, { owner, mode }: Scope, id: string): Promise<ProviderRow> {
  const { provider } = db.tables
  const [row] = await db.orm
    .select()
    .from(provider)
    .where(and(eq(provider.id, id), eq(provider.owner, owner), eq(provider.mode, mode)))
  if (row === undefined) throw new Refused('not_found')
  return row
}

/** Creates a provider; the same id again gives the one that is there. */
export async function createProvider(db: Database, who: Who, input: NewProvider): Promise<ProviderRow> {
  const { owner, mode, at } = who
  const { provider } = db.tables
  const payTo = payee(input.payTo)
  return change(db, chainOf(owner, mode), async () => {
    const rows = await providersOf(db, who, '', LIMITS.providers)
    const known = rows.find(({ id }) => id === input.id)
    if (known !== undefined) return { ...nothing, result: known }
    if (rows.length === LIMITS.providers) throw new Refused('limit_reached', `${LIMITS.providers} providers`)
    const row: ProviderRow = {
      ...input,
      payTo,
      enabled: true,
      owner,
      mode,
      revision: 1,
      pendingPayTo: null,
      pendingPayToAt: null,
      createdAt: at,
      updatedAt: at,
    }
    return {
      acts: [actOf(who, 'provider.create', row.id, { name: row.name, payTo, ...termsOf(row) })],
      statements: (orm) => [
        orm.insert(provider).values(row),
        riseCatalog(db, orm),
        ...eventStatements(db, orm, owner, mode, 'provider.created', { provider: row.id, name: row.name, payTo }, at),
        ...(who.also?.(orm) ?? []),
      ],
      result: row,
    }
  })
}

/**
 * Edits a provider. Another withdraw delay makes new channels, so it starts a drain of the old ones.
 *
 * @throws {Refused} also when the delay was changed within a day.
 */
export async function editProvider(
  db: Database,
  who: Who,
  id: string,
  revision: number,
  patch: ProviderPatch,
): Promise<{ row: ProviderRow; drain?: Drains.DrainRow }> {
  const { provider } = db.tables
  return change(db, chainOf(who.owner, who.mode), async () => {
    const old = await providerOf(db, who, id)
    match(old, revision)
    const edited = { ...old, ...patch }
    const changed = Object.fromEntries(
      Object.entries(patch).filter(([key, value]) => canonical(value) !== canonical(old[key as keyof ProviderRow])),
    )
    if (Object.keys(changed).length === 0) return { ...nothing, result: { row: old } }
    const drain =
      edited.withdrawDelay === old.withdrawDelay ? undefined : Drains.begin(who, old, 'withdraw_delay', old.payTo)
    if (drain !== undefined && (await Drains.isRecent(db, id, who.at, TERMS_EVERY_MS)))
      throw new Refused('terms_changed_recently')
    const row = { ...edited, revision: old.revision + 1, updatedAt: who.at }
    return {
      acts: [actOf(who, 'provider.edit', id, { changed, revision: row.revision, drain: drain?.id ?? null })],
      statements: (orm) => [
        orm.update(provider).set(row).where(eq(provider.id, id)),
        riseCatalog(db, orm),
        ...eventStatements(db, orm, who.owner, who.mode, 'provider.updated', { provider: id, changed }, who.at),
        ...Drains.statements(db, orm, drain),
        ...(who.also?.(orm) ?? []),
      ],
      result: drain === undefined ? { row } : { row, drain },
    }
  })
}

/** Asks for another payout address: in force when its time has come. One that waits is replaced, and waits anew. */
export async function requestPayout(
  db: Database,
  who: Who,
  id: string,
  revision: number,
  payTo: string,
): Promise<ProviderRow> {
  const { provider } = db.tables
  const next = payee(payTo)
  return change(db, chainOf(who.owner, who.mode), async () => {
    const old = await providerOf(db, who, id)
    match(old, revision)
    if (next === old.payTo) throw new Refused('malformed_body', 'payTo is the payout address already')
    const at = new Date(who.at.getTime() + PAYOUT_WAIT_MS)
    const pending = { pendingPayTo: next, pendingPayToAt: at, revision: old.revision + 1, updatedAt: who.at }
    const told = { provider: id, payTo: old.payTo, pendingPayTo: next, takesEffectAt: at.toISOString() }
    return {
      acts: [actOf(who, 'provider.payout_change_request', id, told)],
      statements: (orm) => [
        orm.update(provider).set(pending).where(eq(provider.id, id)),
        ...eventStatements(db, orm, who.owner, who.mode, 'provider.payout_change_requested', told, who.at),
        ...(who.also?.(orm) ?? []),
      ],
      result: { ...old, ...pending },
    }
  })
}

/** Takes a payout change back. Needs no wallet: it keeps what is. */
export async function cancelPayout(db: Database, who: Who, id: string, revision: number): Promise<ProviderRow> {
  const { provider } = db.tables
  return change(db, chainOf(who.owner, who.mode), async () => {
    const old = await providerOf(db, who, id)
    match(old, revision)
    if (old.pendingPayTo === null) throw new Refused('no_payout_change')
    const none = { pendingPayTo: null, pendingPayToAt: null, revision: old.revision + 1, updatedAt: who.at }
    const told = { provider: id, payTo: old.payTo, cancelledPayTo: old.pendingPayTo }
    return {
      acts: [actOf(who, 'provider.payout_change_cancel', id, told)],
      statements: (orm) => [
        orm.update(provider).set(none).where(eq(provider.id, id)),
        ...eventStatements(db, orm, who.owner, who.mode, 'provider.payout_change_cancelled', told, who.at),
      ],
      result: { ...old, ...none },
    }
  })
}

/** Providers whose payout change is due, oldest first. */
export function duePayouts(db: Database, now: Date, limit: number) {
  const { provider } = db.tables
  return db.orm
    .select()
    .from(provider)
    .where(and(isNotNull(provider.pendingPayToAt), lte(provider.pendingPayToAt, now)))
    .orderBy(asc(provider.pendingPayToAt))
    .limit(limit)
}

/** Puts a payout change in force that is due, and starts the drain of the old channels. Again changes nothing. */
export async function applyPayout(db: Database, id: string, now: Date): Promise<Drains.DrainRow | undefined> {
  const { provider } = db.tables
  const [found] = await db.orm.select().from(provider).where(eq(provider.id, id))
  if (found?.owner == null) return undefined
  const who: Who = { owner: found.owner, mode: found.mode, actor: 'platform', at: now }
  return change(db, chainOf(who.owner, who.mode), async () => {
    const old = await providerOf(db, who, id)
    const { pendingPayTo, pendingPayToAt } = old
    // Cancelled, or asked for anew, meanwhile.
    if (pendingPayTo === null || pendingPayToAt === null || pendingPayToAt > now)
      return { ...nothing, result: undefined }
    const drain = Drains.begin(who, old, 'payout', old.payTo)
    const told = { provider: id, payTo: pendingPayTo, before: old.payTo, drain: drain.id }
    return {
      acts: [actOf(who, 'provider.payout_change_apply', id, told)],
      statements: (orm) => [
        orm
          .update(provider)
          .set({
            payTo: pendingPayTo,
            pendingPayTo: null,
            pendingPayToAt: null,
            revision: old.revision + 1,
            updatedAt: now,
          })
          .where(eq(provider.id, id)),
        riseCatalog(db, orm),
        ...eventStatements(db, orm, who.owner, who.mode, 'provider.payout_changed', told, now),
        ...Drains.statements(db, orm, drain),
      ],
      result: drain,
    }
  })
}

function termsOf({ withdrawDelay, settleAmount, settleAgeMs }: ProviderRow) {
  return { withdrawDelay, settleAmount, settleAgeMs }
}

function payee(text: string): Address {
  if (!isAddress(text) || lower(text) === zeroAddress) throw new Refused('malformed_body', 'payTo is no address')
  return lower(text)
}
