/**
 * F16: Redis is stale, poisoned, slow or down. I6 I10: what is cached never lets a call pass by itself, and no key that its
 * session knows to be frozen.
 */
import { upsertProvider } from '@pbstream/db/Catalog'
import { addressOf } from '@pbstream/local/Keys'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { RestRedis } from '../support/RestRedis.ts'
import { until } from '../support/until.ts'
import { World } from './support/World.ts'
import { keyOf, setKey, tellDatabase } from './support/frozenKeys.ts'
import { drained } from './support/drained.ts'

let redis: RestRedis
let world: World

beforeAll(async () => {
  redis = await RestRedis.start()
  // Control's clock is put forward here, and nobody is behind for that.
  world = await World.start({ vars: { ...redis.vars, RECONCILE_GRACE_MS: '600000' } })
})
afterAll(async () => {
  await world?.stop()
  await redis?.stop()
})

const CATALOG = 'pbs:catalog'
const prewarm = () => world.stack.system.scheduled('control')
const unpaid = async () => (await fetch(`${world.stack.gateway}/work`)).status
let skew = 0
const clock = async (to: number) => {
  skew = to
  await world.clock('gateway', { skew })
  await world.clock('control', { skew })
}
const counts = async () => {
  const health = await fetch(`${world.stack.gateway}/healthz`)
  return ((await health.json()) as { cache: Record<'catalog' | 'keys' | 'redis', Record<string, number>> }).cache
}
const enable = (enabled: boolean) =>
  upsertProvider(
    world.stack.system.database,
    { id: 'demo', name: 'Demo provider', payTo: addressOf(world.stack.keys.provider), enabled },
    { actor: 'test', at: Date.now() },
  )

test('what control wrote lets a gateway without its database go on, for as long as control has the database', async () => {
  const caller = await world.caller()
  await caller.calls(1)
  await world.arm('gateway', 'db:down', 1_000_000)
  await clock(61_000)
  expect(await unpaid()).toBe(503)
  await prewarm()
  expect(await unpaid()).toBe(402)
  await caller.calls(1)
  await clock(61_000 + 61_000)
  expect(await unpaid()).toBe(503)
})

test('an entry that was rewritten is dropped and counted', async () => {
  await prewarm()
  expect(await unpaid()).toBe(402)
  const sealed = redis.values.get(CATALOG)!
  await clock(3 * 61_000)
  await prewarm()
  const cheaper = redis.values.get(CATALOG)!.replace('"amount":"1000"', '"amount":"1"')
  expect(cheaper).not.toBe(redis.values.get(CATALOG))
  redis.values.set(CATALOG, cheaper)
  const { poisoned } = (await counts().catch(() => undefined))?.redis ?? { poisoned: 0 }
  expect(await unpaid()).toBe(503)
  // An entry that was true once is no better.
  redis.values.set(CATALOG, sealed)
  expect(await unpaid()).toBe(503)
  await world.arm('gateway', 'db:down', 0)
  expect(await unpaid()).toBe(402)
  expect((await counts()).redis.poisoned).toBeGreaterThan(poisoned ?? 0)
})

test('a provider that is switched off stays off, whatever Redis and memory say of before', async () => {
  await prewarm()
  const before = redis.values.get(CATALOG)!
  await enable(false)
  await until('nothing is sold', async () => (await unpaid()) === 404, 10_000)
  redis.values.set(CATALOG, before)
  await world.arm('gateway', 'db:down', 1_000_000)
  await clock(3 * 61_000 + 30_000)
  expect(await unpaid()).toBe(404)
  await world.arm('gateway', 'db:down', 0)
  await enable(true)
  await until('it is sold again', async () => (await unpaid()) === 402, 10_000)
})

test('a bulletin reaches a gateway that has lost its database, and refuses before the session is asked', async () => {
  const [caller] = world.callers
  const held = await caller!.sign()
  const key = keyOf(held)
  const now = Date.now() + 3 * 61_000 + 30_000
  const set = (status: 'frozen' | 'active', version: number) =>
    tellDatabase(world, key, { status, version, at: now + version })
  await set('frozen', 1)
  await prewarm()
  await world.arm('gateway', 'db:down', 1_000_000)
  const code = async () => {
    const response = await fetch(held.clone())
    caller!.count(response.clone())
    return ((await response.json().catch(() => ({}))) as { code?: string }).code
  }
  const served = world.stack.upstream.calls('/work')
  await clock(3 * 61_000 + 30_000 + 5_000)
  await prewarm()
  // The first request that finds the bulletins old asks for them behind its answer.
  await unpaid()
  await until('the key is refused at the edge', async () => (await code()) === 'session_key_frozen', 10_000)
  expect((await counts()).keys.refused).toBeGreaterThan(0)
  // Nobody has told the session: it would have served this call.
  expect(world.stack.upstream.calls('/work')).toBeLessThanOrEqual(served + 1)
  await set('active', 2)
  await world.arm('gateway', 'db:down', 0)
  await until('the key is let go', async () => (await code()) !== 'session_key_frozen', 10_000)
})

test.each([
  ['there', 10],
  ['away', 20],
] as const)(
  'I10: a frozen key stays frozen when the cache says that it is not, the database %s',
  async (database, version) => {
    const caller = world.callers[0]!
    await caller.calls(1)
    const held = await caller.sign()
    const key = keyOf(held)
    await tellDatabase(world, key, { status: 'active', version, at: Date.now() + skew })
    // Redis has it among what changed and among what is used; so has the gateway's memory by the next call.
    await prewarm()
    expect([...redis.values.values()].join()).toContain(key.payer)
    const served = world.stack.upstream.calls('/work')
    await setKey(world, key, 'frozen', version + 1)
    await world.arm('gateway', 'db:down', database === 'there' ? 0 : 1_000_000)
    for (let i = 0; i < 3; i++) {
      const refused = await fetch(held.clone())
      expect([refused.status, ((await refused.json()) as { code: string }).code]).toEqual([402, 'session_key_frozen'])
      await prewarm()
      // What the session has said is forgotten, and what Redis says is read again.
      await clock(skew + 5_000)
    }
    expect(world.stack.upstream.calls('/work')).toBe(served)
    await world.arm('gateway', 'db:down', 0)
    await setKey(world, key, 'active', version + 2)
    await until('the key is let go', async () => (await caller.call()) === 200, 10_000)
  },
)

test.each(['down', 'slow', 'refusing'] as const)(
  'Redis is %s: answers stay right and nobody waits for it',
  async (mode) => {
    const [caller] = world.callers
    redis.mode = mode
    await enable(false)
    await until('nothing is sold', async () => (await unpaid()) === 404, 10_000)
    await enable(true)
    await until('it is sold again', async () => (await unpaid()) === 402, 10_000)
    await caller!.calls(1)
    redis.mode = 'up'
  },
)

test('and every charge is accounted for', async () => {
  await clock(0)
  await until('it is sold', async () => (await unpaid()) === 402, 15_000)
  await drained(world)
})
