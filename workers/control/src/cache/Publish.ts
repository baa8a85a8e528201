/**
 * What control writes into Redis when something changes, so that gateways need not read the tables. None of it has to
 * succeed, and none of it throws: gateways ask the database for versions and changes, and believe Redis for neither.
 */
import { CacheStore } from '@pbstream/db/cache/CacheStore'
import { catalogEntry, keyEntry, noticesEntry } from '@pbstream/db/cache/Entries'
import type { CacheEnv } from '@pbstream/db/cache/Redis'
import { loadCatalog } from '@pbstream/db/Catalog'
import type { Database } from '@pbstream/db/Database'
import { keyChanges, keyRecords } from '@pbstream/db/KeyRecords'

/** Nobody waits for more than the caller of a change. */
const REDIS_MS = 500

/** One store an isolate, so that a Redis that is away is left alone. */
let created: Promise<CacheStore | undefined> | undefined

/** The store that this Worker is configured for. */
export function storeOf(env: CacheEnv): Promise<CacheStore | undefined> {
  created ??= CacheStore.create(env, { now: () => Date.now(), fetch: (request) => fetch(request) }, REDIS_MS)
  return created
}

/** After a change of a provider, route or rate card was committed. Whether Redis has it now. */
export async function publishCatalog(env: CacheEnv, database: Database): Promise<boolean> {
  return quietly(env, async (store) => {
    const asked = Date.now()
    return store.write([catalogEntry(await loadCatalog(database), asked)])
  })
}

/** After changes of these keys (their session names) were committed: their records, and the newest changes of all. */
export async function publishKeys(env: CacheEnv, database: Database, sessions: readonly string[]): Promise<boolean> {
  return quietly(env, async (store) => {
    const asked = Date.now()
    const [records, notices] = await Promise.all([keyRecords(database, sessions), keyChanges(database, 0)])
    return store.write([noticesEntry(notices, asked), ...records.map((record) => keyEntry(record, asked))])
  })
}

async function quietly(env: CacheEnv, work: (store: CacheStore) => Promise<boolean>): Promise<boolean> {
  try {
    const store = await storeOf(env)
    return store !== undefined && (await work(store))
  } catch {
    // The names of what failed are of no use to a caller, and the next minute writes it again.
    return false
  }
}
