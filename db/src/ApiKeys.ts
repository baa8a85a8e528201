/** API keys: what is kept of them is a SHA-256, so that whoever reads the table has no key. */
import { and, desc, eq, isNull, lt, or } from 'drizzle-orm'
import { chainOf, change } from './Audit.ts'
import type { Database } from './Database.ts'
import type { Mode } from './Mode.ts'

type ApiKeyRow = Database['tables']['apiKey']['$inferSelect']
/** What may be shown of a key. */
export type ApiKey = Omit<ApiKeyRow, 'hash'>
export type NewApiKey = Pick<ApiKeyRow, 'id' | 'owner' | 'mode' | 'name' | 'prefix' | 'hash' | 'scopes' | 'expiresAt'>
/** How exact `lastUsedAt` is: a write for every call would be too many. */
const LAST_USED_STEP_MS = 60_000
/** What an owner can have at once in a mode. */
export const MAX_ACTIVE = 100

/**
 * The key of this hash and its owner, whether or not it still counts. The account of the owner comes with it.
 */
export async function apiKeyByHash(db: Database, hash: string) {
  const { apiKey, owner } = db.tables
  const [row] = await db.orm
    .select({ key: apiKey, address: owner.address, chainId: owner.chainId })
    .from(apiKey)
    .innerJoin(owner, eq(owner.id, apiKey.owner))
    .where(eq(apiKey.hash, hash))
  return row
}

export async function touch(db: Database, id: string, now: Date): Promise<void> {
  const { apiKey } = db.tables
  const stale = lt(apiKey.lastUsedAt, new Date(now.getTime() - LAST_USED_STEP_MS))
  await db.orm
    .update(apiKey)
    .set({ lastUsedAt: now })
    .where(and(eq(apiKey.id, id), or(isNull(apiKey.lastUsedAt), stale)))
}

/** Whether a call now would be worth writing down. */
export function isStale(lastUsedAt: Date | null, now: Date): boolean {
  return lastUsedAt === null || now.getTime() - lastUsedAt.getTime() >= LAST_USED_STEP_MS
}

/**
 * Makes a key, or, when this id was made before and nobody saw its secret, gives it the new one.
 *
 * @returns `full` when the owner has as many as he can have.
 */
export async function createApiKey(db: Database, key: NewApiKey, actor: string, now: Date) {
  const { apiKey } = db.tables
  return change<ApiKey | 'full'>(db, chainOf(key.owner, key.mode), async () => {
    const [old] = await db.orm.select().from(apiKey).where(eq(apiKey.id, key.id))
    const row: ApiKeyRow = { ...key, createdAt: old?.createdAt ?? now, lastUsedAt: null, revokedAt: null }
    const { hash: _hash, prefix, name, scopes, expiresAt } = key
    if (old === undefined && (await countActive(db, key.owner, key.mode)) >= MAX_ACTIVE) {
      return { acts: [], statements: () => [], result: 'full' }
    }
    const detail = { name, prefix, scopes, expiresAt: expiresAt?.toISOString() ?? null }
    return {
      acts: [{ actor, action: 'api_key.create', subject: key.id, detail, at: now }],
      statements: (orm) => [
        orm
          .insert(apiKey)
          .values(row)
          .onConflictDoUpdate({ target: apiKey.id, set: { hash: key.hash, prefix } }),
      ],
      result: shown(row),
    }
  })
}

/** In the order of their ids, which is none that means anything but stays the same. */
export async function listApiKeys(db: Database, owner: string, mode: Mode, after: string | undefined, limit: number) {
  const { apiKey } = db.tables
  const rows = await db.orm
    .select()
    .from(apiKey)
    .where(and(eq(apiKey.owner, owner), eq(apiKey.mode, mode), ...(after === undefined ? [] : [lt(apiKey.id, after)])))
    .orderBy(desc(apiKey.id))
    .limit(limit)
  return rows.map(shown)
}

/** @returns undefined when the owner has no such key in this mode. */
export async function getApiKey(db: Database, owner: string, mode: Mode, id: string): Promise<ApiKey | undefined> {
  const row = await find(db, owner, mode, id)
  return row === undefined ? undefined : shown(row)
}

/** For good. @returns undefined when the owner has no such key in this mode. */
export async function revokeApiKey(db: Database, owner: string, mode: Mode, id: string, actor: string, now: Date) {
  const { apiKey } = db.tables
  return change(db, chainOf(owner, mode), async () => {
    const row = await find(db, owner, mode, id)
    if (row === undefined || row.revokedAt !== null) {
      return { acts: [], statements: () => [], result: row === undefined ? undefined : shown(row) }
    }
    return {
      acts: [{ actor, action: 'api_key.revoke', subject: id, detail: {}, at: now }],
      statements: (orm) => [orm.update(apiKey).set({ revokedAt: now }).where(eq(apiKey.id, id))],
      result: shown({ ...row, revokedAt: now }),
    }
  })
}

async function find(db: Database, owner: string, mode: Mode, id: string): Promise<ApiKeyRow | undefined> {
  const { apiKey } = db.tables
  const [row] = await db.orm
    .select()
    .from(apiKey)
    .where(and(eq(apiKey.id, id), eq(apiKey.owner, owner), eq(apiKey.mode, mode)))
  return row
}

async function countActive(db: Database, owner: string, mode: Mode): Promise<number> {
  const { apiKey } = db.tables
  const rows = await db.orm
    .select({ id: apiKey.id })
    .from(apiKey)
    .where(and(eq(apiKey.owner, owner), eq(apiKey.mode, mode), isNull(apiKey.revokedAt)))
    .limit(MAX_ACTIVE)
  return rows.length
}

function shown({ hash: _hash, ...rest }: ApiKeyRow): ApiKey {
  return rest
}
