/** Acts of people that change no configuration, beside those that `Catalog` writes down with its changes. */
import type { Database } from './Database.ts'

/** Writes an act down. `detail` without secrets. */
export async function record(
  db: Database,
  act: Omit<Database['tables']['audit']['$inferInsert'], 'id'>,
): Promise<void> {
  await db.orm.insert(db.tables.audit).values(act)
}
