/** Changes that callers name by an Idempotency-Key, so that a repeat makes none and gets the same answer. */
import { and, eq, isNull, lt } from 'drizzle-orm'
import type { Database } from './Database.ts'
import type { Mode } from './Mode.ts'

/** How long the answer is kept. */
export const KEEP_MS = 24 * 3_600_000
/** A change that has taken longer was cut off: a repeat makes it again. Requests do not run that long. */
export const CUT_OFF_MS = 60_000

export type Name = { owner: string; mode: Mode; key: string }
export type Answer = { status: number; headers: Record<string, string>; body: string }
export type Begun =
  /** Make it. `seed` is random, and the one of the first time when that was cut off. `at` belongs to `finish`. */
  | { kind: 'run'; seed: string; at: Date }
  | { kind: 'done'; answer: Answer }
  | { kind: 'running' }
  /** The key stands for another request. */
  | { kind: 'other' }

/** `digest` is of everything that makes the request what it is. */
export async function begin(db: Database, name: Name, digest: string, now: Date): Promise<Begun> {
  const { idempotency } = db.tables
  const seed = crypto.randomUUID()
  const [made] = await db.orm
    .insert(idempotency)
    .values({ ...name, digest, headers: { seed }, createdAt: now })
    .onConflictDoNothing()
    .returning({ key: idempotency.key })
  if (made !== undefined) return { kind: 'run', seed, at: now }
  const [old] = await db.orm.select().from(idempotency).where(named(db, name))
  // Forgotten in this moment: the caller may try again at once.
  if (old === undefined) return { kind: 'running' }
  const age = now.getTime() - old.createdAt.getTime()
  if (age >= KEEP_MS) return takeOver(db, name, old.createdAt, { digest, seed, at: now })
  if (old.digest !== digest) return { kind: 'other' }
  if (old.status !== null) {
    return { kind: 'done', answer: { status: old.status, headers: old.headers ?? {}, body: old.body ?? '' } }
  }
  if (age < CUT_OFF_MS) return { kind: 'running' }
  return takeOver(db, name, old.createdAt, { digest, seed: old.headers?.['seed'] ?? seed, at: now })
}

/** Keeps the answer; not when somebody has taken over since `at`. */
export async function finish(db: Database, name: Name, at: Date, answer: Answer): Promise<void> {
  const { idempotency } = db.tables
  await db.orm
    .update(idempotency)
    .set(answer)
    .where(running(db, name, at))
}

/** Nothing was changed: the key is free again. */
export async function forget(db: Database, name: Name, at: Date): Promise<void> {
  await db.orm.delete(db.tables.idempotency).where(running(db, name, at))
}

/** Throws away what is no longer kept. */
export async function sweep(db: Database, now: Date): Promise<void> {
  const { idempotency } = db.tables
  await db.orm.delete(idempotency).where(lt(idempotency.createdAt, new Date(now.getTime() - KEEP_MS)))
}

type Next = { digest: string; seed: string; at: Date }

/** One of several who see the same old row gets it. */
async function takeOver(db: Database, name: Name, was: Date, { digest, seed, at }: Next): Promise<Begun> {
  const { idempotency } = db.tables
  const [mine] = await db.orm
    .update(idempotency)
    .set({ digest, status: null, headers: { seed }, body: null, createdAt: at })
    .where(and(named(db, name), eq(idempotency.createdAt, was)))
    .returning({ key: idempotency.key })
  return mine === undefined ? { kind: 'running' } : { kind: 'run', seed, at }
}

function named(db: Database, { owner, mode, key }: Name) {
  const { idempotency } = db.tables
  return and(eq(idempotency.owner, owner), eq(idempotency.mode, mode), eq(idempotency.key, key))
}

function running(db: Database, name: Name, at: Date) {
  const { idempotency } = db.tables
  return and(named(db, name), eq(idempotency.createdAt, at), isNull(idempotency.status))
}
