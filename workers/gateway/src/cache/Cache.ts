import { CacheStore, type Counts } from '@pbstream/db/cache/CacheStore'
import type { Database } from '@pbstream/db/Database'
import type { Env, Ports } from '../Env.ts'
import { Bulletins } from './Bulletins.ts'
import { KeyCache } from './KeyCache.ts'
import { Tiers } from './Tiers.ts'

/** The longest that a reading waits for Redis, unless said otherwise. No request waits for it but an isolate's first. */
const REDIS_MS = 150

/** What an isolate remembers beside the catalog, and where it comes from. */
export type Cache = {
  tiers: Tiers
  keys: KeyCache
  /** What it did since the isolate began, without keys or addresses: for the health page. */
  counts(): { catalog: Tiers['counts']; keys: KeyCache['counts']; bulletins: number; redis: RedisCounts }
}

type RedisCounts = (Counts & { state: 'used' | 'resting' }) | { state: 'off' }

/** @throws {TypeError} when the configuration of Redis cannot be used. */
export async function createCache(env: Env, ports: Ports, open?: () => Database): Promise<Cache> {
  const given = env.REDIS_TIMEOUT_MS ?? ''
  const timeoutMs = /^[1-9][0-9]{0,3}$/.test(given) ? Number(given) : REDIS_MS
  const store = await CacheStore.create(env, ports, timeoutMs)
  const bulletins = new Bulletins()
  const keys = new KeyCache(bulletins, ports.now, { store, open })
  const tiers = new Tiers(store, bulletins, keys, ports.now)
  const redis = (): RedisCounts =>
    store === undefined ? { state: 'off' } : { state: store.isResting ? 'resting' : 'used', ...store.counts }
  return {
    tiers,
    keys,
    counts: () => ({ catalog: tiers.counts, keys: keys.counts, bulletins: bulletins.size, redis: redis() }),
  }
}
