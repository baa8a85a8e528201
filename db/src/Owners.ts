/** Who signed in, the cookies of who did, and nonces that have been used. */
import type { Address } from '@pbstream/core/Hex'
import { and, eq, gt, lt, sql } from 'drizzle-orm'
import { change, chainOf } from './Audit.ts'
import type { Database } from './Database.ts'

/** How long a sign-in holds. */
export const SIGN_IN_MS = 12 * 3_600_000

export type Owner = { id: string; address: Address; chainId: number | null }

/** An account that has a key of its own owns on every chain; a contract is another account on each chain. */
export function ownerOf(address: Address, contractOn: number | null): Owner {
  return { id: contractOn === null ? address : `${contractOn}:${address}`, address, chainId: contractOn }
}

/**
 * Makes a nonce used, for good.
 *
 * @returns whether it was unused: of several who try at once one gets true.
 */
export async function useNonce(db: Database, nonce: string, expiresAt: Date): Promise<boolean> {
  const { usedNonce } = db.tables
  const [made] = await db.orm
    .insert(usedNonce)
    .values({ nonce, expiresAt })
    .onConflictDoNothing()
    .returning({ nonce: usedNonce.nonce })
  return made !== undefined
}

/** Remembers the owner and the hash of the cookie. The act is in the owner's live chain: a sign-in has no mode. */
export async function signIn(db: Database, who: Owner, hash: string, now: Date): Promise<void> {
  const { owner, signIn: table } = db.tables
  await change(db, chainOf(who.id, 'live'), () =>
    Promise.resolve({
      acts: [{ actor: who.id, action: 'sign_in', subject: who.id, detail: {}, at: now }],
      statements: (orm) => [
        orm
          .insert(owner)
          .values({ ...who, createdAt: now, lastSignInAt: now })
          .onConflictDoUpdate({ target: owner.id, set: { lastSignInAt: sql`excluded.last_sign_in_at` } }),
        orm
          .insert(table)
          .values({ hash, owner: who.id, createdAt: now, expiresAt: new Date(now.getTime() + SIGN_IN_MS) }),
      ],
      result: undefined,
    }),
  )
}

/** The owner whose cookie this is, while it holds. */
export async function signedIn(db: Database, hash: string, now: Date) {
  const { owner, signIn: table } = db.tables
  const [row] = await db.orm
    .select({ id: owner.id, address: owner.address, chainId: owner.chainId, expiresAt: table.expiresAt })
    .from(table)
    .innerJoin(owner, eq(owner.id, table.owner))
    .where(and(eq(table.hash, hash), gt(table.expiresAt, now)))
  return row
}

/** Ends one sign-in, or with `everywhere` all of the owner. */
export async function signOut(db: Database, ownerId: string, hash: string, everywhere: boolean, now: Date) {
  const { signIn: table } = db.tables
  await change(db, chainOf(ownerId, 'live'), () =>
    Promise.resolve({
      acts: [{ actor: ownerId, action: 'sign_out', subject: ownerId, detail: { everywhere }, at: now }],
      statements: (orm) => [orm.delete(table).where(everywhere ? eq(table.owner, ownerId) : eq(table.hash, hash))],
      result: undefined,
    }),
  )
}

/** The owner of an id, if he ever signed in. */
export async function ownerById(db: Database, id: string): Promise<Owner | undefined> {
  const { owner } = db.tables
  const [row] = await db.orm
    .select({ id: owner.id, address: owner.address, chainId: owner.chainId })
    .from(owner)
    .where(eq(owner.id, id))
  return row
}

/** Throws away cookies and nonces that no longer count. */
export async function sweep(db: Database, now: Date): Promise<void> {
  const { signIn: table, usedNonce } = db.tables
  await db.orm.delete(table).where(lt(table.expiresAt, now))
  await db.orm.delete(usedNonce).where(lt(usedNonce.expiresAt, now))
}

/** Whether a nonce has been used. The insert of the one who uses it decides; this is for a clear answer. */
export async function isNonceUsed(db: Database, nonce: string): Promise<boolean> {
  const { usedNonce } = db.tables
  const [row] = await db.orm.select({ nonce: usedNonce.nonce }).from(usedNonce).where(eq(usedNonce.nonce, nonce))
  return row !== undefined
}
