import { catalogEntry, hotEntry, keyEntry, noticesEntry } from '@pbstream/db/cache/Entries'
import type { CacheEnv } from '@pbstream/db/cache/Redis'
import { loadCatalog } from '@pbstream/db/Catalog'
import type { Database } from '@pbstream/db/Database'
import { keyChanges, keysInUse } from '@pbstream/db/KeyRecords'
import { storeOf } from './Publish.ts'

/** Keys whose records are kept warm: those that paid last. */
const HOT_KEYS = 200

/**
 * Writes what a new isolate begins with, in one round trip: the catalog, the newest changes of keys, and the records of
 * the keys in use, each by itself and all together. Once a minute; entries outlive some minutes of silence. Answers how
 * many keys are warm; undefined where there is no Redis.
 *
 * @throws when Redis did not take it.
 */
export async function prewarm(env: CacheEnv, database: Database): Promise<number | undefined> {
  const store = await storeOf(env)
  if (store === undefined) return undefined
  const asked = Date.now()
  const catalog = await loadCatalog(database)
  const [notices, records] = await Promise.all([keyChanges(database, 0), keysInUse(database, HOT_KEYS)])
  const written = await store.write([
    catalogEntry(catalog, asked),
    noticesEntry(notices, asked),
    hotEntry(records, asked),
    ...records.map((record) => keyEntry(record, asked)),
  ])
  if (!written) throw new Error('the cache could not be written')
  return records.length
}
