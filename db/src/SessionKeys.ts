/**
 * The session keys that owners manage: rows of `session_key` with an owner. A row's id is the name of its StreamSession; a
 * caller knows it by its public id only. Every query of a caller is scoped by owner and mode.
 *
 * `updatedAt` is when the edge was last given something new: gateways follow it.
 */
import type { KeyStatus } from '@pbstream/core/KeyStatus'
import type { PermissionJson } from '@pbstream/core/SessionKey'
import { and, asc, desc, eq, gt, inArray, isNotNull, isNull, lt, or, sql } from 'drizzle-orm'
import type { Database, Orm, Statement } from './Database.ts'
import type { Mode } from './Mode.ts'

/** What the edge enforces, and for a key of the escrow what its account signed. */
export type StoredPermission = PermissionJson & { signed?: PermissionJson }

type Row = Database['tables']['sessionKey']['$inferSelect']
type Known = 'publicId' | 'owner' | 'mode' | 'name' | 'madeBy' | 'createdAt' | 'updatedAt'

/** A row that somebody manages. */
export type ManagedKey = Omit<Row, Known | 'status' | 'permission'> & { [K in Known]: NonNullable<Row[K]> } & {
  status: KeyStatus
  permission: StoredPermission
}

export type Scope = { owner: string; mode: Mode }

/** One key by its public id; undefined for one that is not there or another's. */
export async function keyOf(db: Database, { owner, mode }: Scope, publicId: string): Promise<ManagedKey | undefined> {
  const [row] = await keyQuery(db, { owner, mode }, publicId)
  return row === undefined ? undefined : managed(row)
}

/** The statement behind `keyOf`. */
export function keyQuery(db: Database, { owner, mode }: Scope, publicId: string) {
  const { sessionKey } = db.tables
  return db.orm
    .select()
    .from(sessionKey)
    .where(and(eq(sessionKey.owner, owner), eq(sessionKey.mode, mode), eq(sessionKey.publicId, publicId)))
    .limit(1)
}

/** The row of a session: undefined when there is none; it may be nobody's. */
export async function rowOfSession(db: Database, id: string): Promise<Row | undefined> {
  const { sessionKey } = db.tables
  const [row] = await db.orm.select().from(sessionKey).where(eq(sessionKey.id, id)).limit(1)
  return row
}

/** Who manages some keys, by the names of their sessions; those that nobody manages are left out. */
export async function ownersOf(
  db: Database,
  sessions: readonly string[],
): Promise<Map<string, { owner: string; mode: Mode }>> {
  const found = new Map<string, { owner: string; mode: Mode }>()
  for (let i = 0; i < sessions.length; i += db.maxParameters) {
    for (const { session, owner, mode } of await ownersQuery(db, sessions.slice(i, i + db.maxParameters))) {
      if (owner !== null && mode !== null) found.set(session, { owner, mode })
    }
  }
  return found
}

/** The statement behind `ownersOf`. */
export function ownersQuery(db: Database, sessions: readonly string[]) {
  const { sessionKey } = db.tables
  return db.orm
    .select({ session: sessionKey.id, owner: sessionKey.owner, mode: sessionKey.mode })
    .from(sessionKey)
    .where(inArray(sessionKey.id, [...sessions]))
}

export type KeyFilter = { status?: KeyStatus | undefined; chainId?: number | undefined }

/** An owner's keys after `after`, in the order of their public ids. */
export function keysOf(
  db: Database,
  { owner, mode }: Scope,
  filter: KeyFilter,
  after: string | undefined,
  limit: number,
) {
  const { sessionKey } = db.tables
  return db.orm
    .select()
    .from(sessionKey)
    .where(
      and(
        eq(sessionKey.owner, owner),
        eq(sessionKey.mode, mode),
        after === undefined ? isNotNull(sessionKey.publicId) : gt(sessionKey.publicId, after),
        filter.status === undefined ? undefined : eq(sessionKey.status, filter.status),
        filter.chainId === undefined ? undefined : eq(sessionKey.chainId, filter.chainId),
      ),
    )
    .orderBy(asc(sessionKey.publicId))
    .limit(limit)
}

export type NewKey = Omit<Database['tables']['sessionKey']['$inferInsert'], 'firstSeenAt'> & { status: KeyStatus }

/**
 * Adds a key, or takes the row over that the projection made when the key was first seen paying. One that is managed
 * already stays as it is: look first, inside the plan of the change.
 */
export function insertKey(db: Database, orm: Orm, row: NewKey): Statement {
  const { sessionKey } = db.tables
  const { id: _, session: _session, chainId: _chain, contract: _contract, payer: _payer, key: _key, ...rest } = row
  return orm
    .insert(sessionKey)
    .values({ ...row, permission: row.permission ?? null })
    .onConflictDoUpdate({ target: sessionKey.id, set: rest, setWhere: isNull(sessionKey.owner) })
}

export type KeyChanges = Partial<Pick<ManagedKey, 'name' | 'routes' | 'version' | 'registered' | 'replacedBy'>> & {
  status?: KeyStatus
  permission?: StoredPermission
  graceUntil?: Date | null
}

/** Changes a key that is still at `version`. */
export function updateKey(
  db: Database,
  orm: Orm,
  { id, version }: ManagedKey,
  changes: KeyChanges,
  at: Date,
): Statement {
  const { sessionKey } = db.tables
  return orm
    .update(sessionKey)
    .set({ ...changes, updatedAt: at })
    .where(and(eq(sessionKey.id, id), eq(sessionKey.version, version)))
}

/**
 * Keys that wait for something by themselves and were changed after `since`: they are freezing, in the grace after a
 * rotation, or a step on chain is under way (`pending`). Oldest change first.
 */
export function waitingKeys(db: Database, since: Date, limit: number) {
  const { sessionKey } = db.tables
  return db.orm
    .select()
    .from(sessionKey)
    .where(
      and(
        gt(sessionKey.updatedAt, since),
        isNotNull(sessionKey.owner),
        or(eq(sessionKey.status, 'freezing'), eq(sessionKey.registered, 'pending'), isNotNull(sessionKey.graceUntil)),
      ),
    )
    .orderBy(asc(sessionKey.updatedAt))
    .limit(limit)
}

/** Keys that were changed between the two times: what was cut off after the row was written shows in their objects. */
export function changedKeysBetween(db: Database, since: Date, before: Date, limit: number) {
  const { sessionKey } = db.tables
  return db.orm
    .select()
    .from(sessionKey)
    .where(and(gt(sessionKey.updatedAt, since), lt(sessionKey.updatedAt, before), isNotNull(sessionKey.owner)))
    .orderBy(desc(sessionKey.updatedAt))
    .limit(limit)
}

/** One more relayed transaction of an owner today; the count after it says whether it was one too many. */
export async function countRelay(db: Database, owner: string, day: string): Promise<number> {
  const { relayUse } = db.tables
  const [row] = await db.orm
    .insert(relayUse)
    .values({ owner, day, count: 1 })
    .onConflictDoUpdate({ target: [relayUse.owner, relayUse.day], set: { count: sql`${relayUse.count} + 1` } })
    .returning({ count: relayUse.count })
  return row?.count ?? 1
}

/** The row as one that is managed. */
export function managed(row: Row): ManagedKey {
  if (row.owner === null || row.permission === null || row.status === 'unmanaged') {
    throw new Error('the session key is managed by nobody')
  }
  return row as unknown as ManagedKey
}
