/** Redis as a cache: what is believed, and what becomes of it when it is down, slow, stale or poisoned. */
import { describe, expect, test } from 'vitest'
import { CacheStore } from '../src/cache/CacheStore.ts'
import { catalogEntry, catalogPlace, hotPlace, keyEntry, keyPlace, toCatalog, toRecord } from '../src/cache/Entries.ts'
import type { Catalog } from '../src/CatalogRoute.ts'

const NOW = 1_800_000_000_000
const env = {
  UPSTASH_REDIS_REST_URL: 'https://redis.example',
  UPSTASH_REDIS_REST_TOKEN: 'token',
  CACHE_SECRET: 'thirty-two bytes or more, for tests only',
}
const key = { session: '1:0xa:0xb:0xc', status: 'frozen' as const, version: 3 }
const sentinel = {
  ...{ version: 3, platform: 2, providers: { acme: 5 } },
  breakers: [{ scope: 'platform', subject: 'global', until: null, cause: 'by hand' }],
}
const catalog: Catalog = { version: 7, routes: [], signals: { version: 1, values: {} }, sentinel }

/** A store over a Map, and what a test can do to it. */
async function world(more: Partial<typeof env> = {}) {
  const at = {
    now: NOW,
    calls: 0,
    values: new Map<string, string>(),
    answer: undefined as ((request: Request) => Response | Promise<Response>) | undefined,
  }
  const fetch = async (request: Request) => {
    at.calls++
    if (at.answer !== undefined) return at.answer(request)
    const commands = await request.json<string[][]>()
    return Response.json(
      commands.map(([name, place = '', value = '']) => {
        if (name === 'GET') return { result: at.values.get(place) ?? null }
        at.values.set(place, value)
        return { result: 'OK' }
      }),
    )
  }
  const store = await CacheStore.create({ ...env, ...more }, { now: () => at.now, fetch }, 50)
  if (store === undefined) throw new Error('there is no store')
  return Object.assign(at, { store })
}

describe('entries', () => {
  test('are read as they were written, in one call, each at its place', async () => {
    const at = await world()
    expect(await at.store.write([catalogEntry(catalog, NOW), keyEntry(key, NOW)])).toBe(true)
    const [first, second, third] = await at.store.read([catalogPlace, keyPlace(key.session), hotPlace])
    expect(first && toCatalog(first)).toEqual(catalog)
    expect(second && toRecord(second)).toEqual(key)
    expect(third).toBeUndefined()
    expect([at.calls, at.store.counts]).toEqual([2, { hits: 2, misses: 1, poisoned: 0, stale: 0, failures: 0 }])
  })

  test.each([
    ['another body', (text: string) => text.replace('frozen', 'active')],
    ['another version', (text: string) => text.replace('pb1.3.', 'pb1.4.')],
    ['another time', (text: string) => text.replace(String(NOW), String(NOW + 1))],
    ['another mark', (text: string) => text.replace(/(pb1\.\d+\.\d+\.)./, (_, head: string) => `${head}_`)],
    ['no mark', () => JSON.stringify(key)],
    ['nothing', () => ''],
  ])('with %s are poisoned', async (_, spoil) => {
    const at = await world()
    await at.store.write([keyEntry(key, NOW)])
    const { key: place } = keyPlace(key.session)
    at.values.set(place, spoil(at.values.get(place) ?? ''))
    expect(await at.store.read([keyPlace(key.session)])).toEqual([undefined])
    expect(at.store.counts).toMatchObject({ hits: 0, poisoned: 1 })
  })

  test('of another key, of another kind or under another secret are poisoned', async () => {
    const at = await world()
    await at.store.write([keyEntry(key, NOW), catalogEntry(catalog, NOW)])
    const other = keyPlace('1:0xa:0xb:0xd')
    at.values.set(other.key, at.values.get(keyPlace(key.session).key) ?? '')
    at.values.set(hotPlace.key, at.values.get(catalogPlace.key) ?? '')
    expect(await at.store.read([other, hotPlace, { ...catalogPlace, kind: 'hot' }])).toEqual(Array(3).fill(undefined))
    expect(at.store.counts.poisoned).toBe(3)
    const rotated = await world({ CACHE_SECRET: 'another secret of at least thirty-two bytes' })
    rotated.values = at.values
    expect(await rotated.store.read([catalogPlace])).toEqual([undefined])
  })

  test('that are too old, or from the future, are stale', async () => {
    const at = await world()
    await at.store.write([catalogEntry(catalog, NOW)])
    at.now = NOW + catalogPlace.maxAgeMs
    expect((await at.store.read([catalogPlace]))[0]?.version).toBe(7)
    at.now++
    expect(await at.store.read([catalogPlace])).toEqual([undefined])
    at.now = NOW - 10_001
    expect(await at.store.read([catalogPlace])).toEqual([undefined])
    expect(at.store.counts.stale).toBe(2)
  })

  test('of a release with other routes or cards are not read, nor of one without Sentinel', () => {
    const entry = catalogEntry(catalog, NOW)
    const { sentinel: _sentinel, ...before } = JSON.parse(entry.body) as Catalog
    expect(toCatalog({ ...entry, body: JSON.stringify(before) })).toBeUndefined()
    expect(toCatalog({ ...entry, body: JSON.stringify({ fields: 'id', routes: [] }) })).toBeUndefined()
    const odd = { ...JSON.parse(entry.body), routes: [{ rate: { version: 1, rule: { v: 9, kind: 'tide' } } }] }
    expect(toCatalog({ ...entry, body: JSON.stringify(odd) })).toBeUndefined()
  })
})

describe('a Redis that does not answer', () => {
  const silent = (request: Request) =>
    new Promise<Response>((_, failed) => request.signal.addEventListener('abort', () => failed(request.signal.reason)))

  test.each([
    ['is away', () => Promise.reject(new TypeError('connection refused'))],
    ['is slow', silent],
    ['says 500', () => new Response('no', { status: 500 })],
    ['does not know the token', () => Response.json({ error: 'WRONGPASS' }, { status: 401 })],
    ['sends elsewhere', () => Response.redirect('https://elsewhere.example', 307)],
    ['answers with something else', () => new Response('<html>')],
    ['answers another question', () => Response.json([])],
    ['answers without end', () => new Response('[]', { headers: { 'content-length': '99999999' } })],
  ])('%s: nothing is found, and after three tries it is left alone', async (_, answer) => {
    const at = await world()
    at.answer = answer
    for (let i = 0; i < 10; i++) expect(await at.store.read([catalogPlace])).toEqual([undefined])
    expect(await at.store.write([catalogEntry(catalog, NOW)])).toBe(false)
    expect([at.calls, at.store.counts.failures, at.store.isResting]).toEqual([3, 3, true])
  })

  test('is tried once after each rest, and used again when it answers', async () => {
    const at = await world()
    at.answer = () => new Response(null, { status: 503 })
    for (let i = 0; i < 4; i++) await at.store.read([catalogPlace])
    for (const rest of [5_000, 10_000, 20_000, 40_000, 60_000, 60_000]) {
      at.calls = 0
      at.now += rest - 1
      await at.store.read([catalogPlace])
      expect(at.calls).toBe(0)
      at.now++
      await at.store.read([catalogPlace])
      await at.store.read([catalogPlace])
      expect(at.calls).toBe(1)
    }
    at.answer = undefined
    at.now += 60_000
    expect(await at.store.write([catalogEntry(catalog, at.now)])).toBe(true)
    expect((await at.store.read([catalogPlace]))[0]?.version).toBe(7)
  })

  test('an error of one command loses that answer only', async () => {
    const at = await world()
    at.answer = () => Response.json([{ error: 'WRONGTYPE' }, { result: null }])
    expect(await at.store.read([catalogPlace, hotPlace])).toEqual([undefined, undefined])
    expect(at.store.counts).toMatchObject({ misses: 2, failures: 0 })
  })
})

describe('the configuration', () => {
  const effects = { now: () => NOW, fetch: async () => new Response() }
  test('without an address there is no cache', async () => {
    expect(await CacheStore.create({}, effects, 50)).toBeUndefined()
    expect(await CacheStore.create({ UPSTASH_REDIS_REST_URL: '' }, effects, 50)).toBeUndefined()
  })

  test.each([
    ['no token', { UPSTASH_REDIS_REST_TOKEN: undefined }, /needs/],
    ['no secret', { CACHE_SECRET: undefined }, /needs/],
    ['a short secret', { CACHE_SECRET: 'short' }, /32 bytes/],
    ['plain http', { UPSTASH_REDIS_REST_URL: 'http://redis.example' }, /not https/],
  ])('with %s it is refused, without a word about secrets', async (_, more, message) => {
    const given = Object.fromEntries(Object.entries({ ...env, ...more }).filter(([, value]) => value !== undefined))
    const problem = await CacheStore.create(given, effects, 50).catch(String)
    expect(problem).toMatch(message)
    expect(problem).not.toContain(env.CACHE_SECRET)
  })
})
