/** A managed key for whoever has a token for it: found by its id alone, whosever it is. */
import { eq } from 'drizzle-orm'
import type { Database } from './Database.ts'
import { type ManagedKey, managed } from './SessionKeys.ts'

export async function keyByPublicId(db: Database, publicId: string): Promise<ManagedKey | undefined> {
  const [row] = await keyByIdQuery(db, publicId)
  return row === undefined || row.owner === null ? undefined : managed(row)
}

/** The statement behind `keyByPublicId`. */
export function keyByIdQuery(db: Database, publicId: string) {
  const { sessionKey } = db.tables
  return db.orm.select().from(sessionKey).where(eq(sessionKey.publicId, publicId)).limit(1)
}
