/** What the edge knows of keys: it refuses what their sessions would refuse, and never lets anything pass by itself. */
import type { CacheStore } from '@pbstream/db/cache/CacheStore'
import type { KeyNotice, KeyRecord } from '@pbstream/db/KeyRecords'
import { describe, expect, it } from 'vitest'
import { BULLETIN_MS, Bulletins } from '../src/cache/Bulletins.ts'
import { KeyCache } from '../src/cache/KeyCache.ts'
import { config, header, sessionKey, voucher } from './support/payer.ts'
import { chain, CONTRACT, quoted, START, world } from './support/world.ts'

const NAME = `${chain.chainId}:${CONTRACT}:${config.payer}:${sessionKey.address}`
const notice = (more: Partial<KeyNotice> = {}): KeyNotice => {
  return { session: NAME, status: 'frozen', version: 2, at: START - 5, ...more }
}
const record = (more: Partial<KeyRecord> = {}): KeyRecord => {
  return { session: NAME, status: 'active', version: 2, ...more }
}

function cache() {
  const at = { now: START }
  const bulletins = new Bulletins()
  const keys = new KeyCache(bulletins, () => at.now)
  const told = (...notices: KeyNotice[]) => keys.changed(bulletins.take(notices, at.now, at.now))
  const code = () => keys.refusal(NAME)
  return Object.assign(at, { keys, told, code })
}

describe('a bulletin', () => {
  it.each([
    ['frozen', 'session_key_frozen'],
    ['freezing', 'session_key_frozen'],
    ['revoked', 'session_key_revoked'],
    ['active', undefined],
    ['rotated', undefined],
    ['expired', undefined],
    ['draft', undefined],
  ] as const)('%s: %s', (status, expected) => {
    const at = cache()
    at.told(notice({ status }))
    expect(at.code()).toBe(expected)
  })

  it('refuses for as long as bulletins are fresh; later the session is asked', () => {
    const at = cache()
    at.told(notice())
    at.now += BULLETIN_MS - 1
    expect(at.code()).toBe('session_key_frozen')
    at.now += 1
    expect(at.code()).toBeUndefined()
  })

  it('is taken back by a newer one only', () => {
    const at = cache()
    at.told(notice({ version: 3 }))
    at.told(notice({ version: 2, status: 'active', at: START }))
    expect(at.code()).toBe('session_key_frozen')
    at.told(notice({ version: 4, status: 'active', at: START - 60_000 }))
    expect(at.code()).toBeUndefined()
  })

  it('ends a record of an older version, and not one of a newer', () => {
    const at = cache()
    at.keys.put([record({ status: 'revoked', version: 1 })])
    at.told(notice({ version: 2, status: 'active' }))
    expect(at.code()).toBeUndefined()
    at.keys.put([record({ status: 'revoked', version: 3 })])
    expect(at.code()).toBe('session_key_revoked')
  })

  it('is asked for again from a little before the newest, so that none is missed', () => {
    const bulletins = new Bulletins()
    expect(bulletins.since(START)).toBe(0)
    bulletins.take([notice({ at: START - 90_000 })], START, START)
    expect(bulletins.since(START)).toBe(START - 90_000)
    bulletins.take([notice({ at: START, version: 3 })], START, START)
    expect(bulletins.since(START)).toBe(START - 30_000)
    expect(bulletins.take([notice({ at: START, version: 3 })], START, START)).toEqual([])
  })
})

describe('a record', () => {
  it('is not used when it is old, when bulletins are, or after it was forgotten', () => {
    const at = cache()
    at.keys.put([record({ status: 'revoked' })])
    expect(at.code()).toBeUndefined()
    at.told()
    expect(at.code()).toBe('session_key_revoked')
    at.now += 60_000
    at.told()
    expect(at.code()).toBeUndefined()
    at.keys.put([record({ status: 'revoked' })])
    expect(at.code()).toBe('session_key_revoked')
    at.keys.forget()
    expect(at.code()).toBeUndefined()
  })

  it('of a key that is active, or that nobody manages, refuses nothing', () => {
    const at = cache()
    at.told()
    at.keys.put([record()])
    expect(at.code()).toBeUndefined()
    at.keys.put([record({ status: 'unmanaged', version: 0 })])
    expect(at.code()).toBeUndefined()
  })
})

describe('the refusal of a session', () => {
  it('spares it the same question for two seconds, and a bulletin ends that', () => {
    const at = cache()
    const saw = () => at.keys.saw(NAME, { kind: 'refused', code: 'session_key_frozen' }, () => {})
    saw()
    at.now += 1_999
    expect(at.code()).toBe('session_key_frozen')
    at.now += 1
    expect(at.code()).toBeUndefined()
    saw()
    at.told(notice({ status: 'active' }))
    expect(at.code()).toBeUndefined()
  })

  it('has the key looked up once, behind the answer: in Redis first, and what is not there in the database', async () => {
    const at = { now: START }
    const asked: (readonly { key: string }[])[] = []
    const counts = { hits: 0, misses: 0, poisoned: 0, stale: 0, failures: 0 }
    const entry = {
      kind: 'key',
      key: 'pbs:key',
      version: 2,
      writtenAt: START,
      body: JSON.stringify(record({ status: 'revoked' })),
    }
    const read = async (places: readonly { key: string }[]) => {
      asked.push(places)
      return [entry]
    }
    const store = { counts, isResting: false, read, write: async () => true } as unknown as CacheStore
    const bulletins = new Bulletins()
    const keys = new KeyCache(bulletins, () => at.now, { store })
    const kept: Promise<unknown>[] = []
    const saw = () => keys.saw(NAME, { kind: 'refused', code: 'session_key_revoked' }, (work) => kept.push(work))
    for (let i = 0; i < 10; i++) saw()
    await Promise.all(kept)
    expect([kept.length, asked.length, asked[0]?.[0]?.key]).toEqual([1, 1, `pbs:key:${NAME}`])
    at.now += 30_000
    expect(keys.refusal(NAME)).toBeUndefined()
    bulletins.take([], at.now, at.now)
    expect(keys.refusal(NAME)).toBe('session_key_revoked')
    saw()
    expect([kept.length, keys.counts.memory, keys.counts.redis]).toEqual([1, 1, 1])
  })

  it('about one payment says nothing about the next', () => {
    const at = cache()
    at.keys.saw(NAME, { kind: 'refused', code: 'session_key_payment_max' }, () => {})
    expect(at.code()).toBeUndefined()
  })
})

describe('a paid call', () => {
  async function gateway() {
    const at = await world()
    const bulletins = new Bulletins()
    const keys = new KeyCache(bulletins, () => at.state.now)
    at.gateway.cache = { ...at.gateway.cache, keys }
    const told = (...notices: KeyNotice[]) => keys.changed(bulletins.take(notices, at.state.now, at.state.now))
    const pay = async (headers: Record<string, string> = {}) => {
      const required = await quoted(at, '/v1/weather')
      return at.send('/v1/weather', { headers: { ...header(await voucher(required, 1000n)), ...headers } })
    }
    return { ...at, told, pay, keys }
  }

  it('of a key that is known to be frozen is refused before its session is asked', async () => {
    const at = await gateway()
    at.told(notice())
    const response = await at.pay()
    expect([response.status, ((await response.json()) as { code: string }).code]).toEqual([402, 'session_key_frozen'])
    expect([at.session.reserves.length, at.seen.length, at.keys.counts.refused]).toEqual([0, 0, 1])
  })

  it('with a request id is always the session’s to answer: it may have been served before', async () => {
    const at = await gateway()
    at.told(notice())
    at.session.decide = () => ({ kind: 'refused', code: 'session_key_frozen' })
    expect((await at.pay({ 'idempotency-key': 'once' })).status).toBe(402)
    expect(at.session.reserves).toHaveLength(1)
  })

  it('that nothing here refuses is the session’s to refuse, whatever the cache says of its key', async () => {
    const at = await gateway()
    at.told(notice({ status: 'active' }))
    at.keys.put([record()])
    at.session.decide = () => ({ kind: 'refused', code: 'session_key_spend_cap' })
    const response = await at.pay()
    expect([response.status, ((await response.json()) as { code: string }).code]).toEqual([
      402,
      'session_key_spend_cap',
    ])
    expect([at.session.reserves.length, at.seen.length]).toEqual([1, 0])
  })
})
