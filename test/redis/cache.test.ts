/** Several gateways, each with a memory of its own, before one Redis and one database. */
import { lower } from '@pbstream/core/Hex'
import { sessionName } from '@pbstream/core/message/Session'
import { upsertRoute } from '@pbstream/db/Catalog'
import type { SessionKeyStatus } from '@pbstream/db/Mode'
import { Chain } from '@pbstream/local/Chain'
import { RedisBridge } from '@pbstream/local/RedisBridge'
import { RedisServer } from '@pbstream/local/RedisServer'
import { Redis } from '@upstash/redis'
import { eq } from 'drizzle-orm'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { paymentOf } from '../support/payment.ts'
import { createHoldback } from '../support/signedRequest.ts'
import { type Stack, startStack } from '../support/Stack.ts'
import { until } from '../support/until.ts'

/** What the docs promise: seconds until a change is in force in every isolate. */
const BOUND_MS = 10_000
const GATEWAYS = 9
const CATALOG = 'pbs:catalog'
const token = 'a token of the test'

let server: RedisServer
let bridge: RedisBridge
let redis: Redis
let stack: Stack
/** A gateway that was not asked for anything yet. */
const fresh = () => unused.pop() ?? fail('every gateway was used')
let unused: string[] = []
let used: string[] = []

beforeAll(async () => {
  server = await RedisServer.start(process.env.REDIS_SERVER ?? 'redis-server')
  bridge = await RedisBridge.start({ redis: server.port, token })
  redis = new Redis({ url: bridge.url, token, automaticDeserialization: false })
  stack = await startStack({
    routes: [{ path: '/work' }],
    vars: {
      UPSTASH_REDIS_REST_URL: bridge.url,
      UPSTASH_REDIS_REST_TOKEN: token,
      CACHE_SECRET: 'a cache secret of the test, long enough',
      // A machine at its limits is slow too: what is tested here is not how slow.
      REDIS_TIMEOUT_MS: '2000',
    },
    system: { gateways: GATEWAYS },
  })
  ;[, ...unused] = stack.system.gateways
  used = [stack.gateway]
})
afterAll(async () => {
  await stack?.stop()
  await bridge?.stop()
  await server?.stop()
})

const prewarm = () => stack.system.scheduled('control')

type Counts = { catalog: Record<string, number>; keys: Record<string, number>; redis: Record<string, number> }

/** What an unpaid call is told, and what the gateway's cache did since it began. */
async function ask(gateway: string): Promise<{ status: number; amount?: string; ms: number; counts: Counts }> {
  const began = performance.now()
  const response = await fetch(`${gateway}/work`)
  const ms = performance.now() - began
  const body = (await response.json()) as { accepts?: { amount?: string; maxAmountRequired?: string }[] }
  const amount = body.accepts?.[0]?.amount ?? body.accepts?.[0]?.maxAmountRequired
  const { cache } = (await (await fetch(`${gateway}/healthz`)).json()) as { cache: Counts }
  return { status: response.status, ...(amount === undefined ? {} : { amount }), ms, counts: cache }
}

async function price(amount: string): Promise<void> {
  const { database } = stack.system
  const [row] = await database.orm.select().from(database.tables.route)
  const { id, providerId, path, methods, origin, chainIds } = row!
  const rate = { v: 1 as const, kind: 'flat' as const, amount }
  await upsertRoute(
    database,
    { id, providerId, path, methods, origin, chainIds, rate },
    { actor: 'test', at: Date.now() },
  )
}

/** Milliseconds until every gateway in use says yes. */
async function everywhere(what: string, isSo: (gateway: string) => Promise<boolean>): Promise<number> {
  const began = performance.now()
  await Promise.all(used.map((gateway) => until(what, () => isSo(gateway), BOUND_MS + 5_000)))
  return performance.now() - began
}

test('an isolate begins with what control wrote, and reads no table', async () => {
  expect((await ask(stack.gateway)).counts.catalog).toMatchObject({ redis: 0, database: 1 })
  await prewarm()
  const { status, amount, counts } = await ask(fresh())
  expect([status, amount]).toEqual([402, '1000'])
  expect(counts.catalog).toMatchObject({ redis: 1, database: 0, outdated: 0 })
  expect(counts.redis).toMatchObject({ hits: 3, misses: 0, poisoned: 0, stale: 0, failures: 0 })
})

test('an entry that was rewritten is not believed, and counted', async () => {
  const text = await redis.get<string>(CATALOG)
  const cheaper = text!.replace('"amount":"1000"', '"amount":"1"')
  expect(cheaper).not.toBe(text)
  await redis.set(CATALOG, cheaper)
  const { amount, counts } = await ask(fresh())
  expect(amount).toBe('1000')
  expect(counts.catalog).toMatchObject({ redis: 0, database: 1 })
  expect(counts.redis).toMatchObject({ poisoned: 1 })
})

test('an entry of before a change is not believed, though it is ours', async () => {
  await prewarm()
  const before = await redis.get<string>(CATALOG)
  await price('2000')
  await redis.set(CATALOG, before!)
  const { amount, counts } = await ask(fresh())
  expect(amount).toBe('2000')
  expect(counts.catalog).toMatchObject({ redis: 0, database: 1, outdated: 1 })
})

test('what was evicted is read from the database', async () => {
  await redis.flushall()
  const { amount, counts } = await ask(fresh())
  expect(amount).toBe('2000')
  expect(counts.catalog).toMatchObject({ redis: 0, database: 1 })
  expect(counts.redis).toMatchObject({ misses: 3, failures: 0 })
})

test('a Redis that hangs holds up an isolate’s first request by its time-out at most', async () => {
  await prewarm()
  server.hang()
  try {
    const { amount, ms, counts } = await ask(fresh())
    expect(amount).toBe('2000')
    expect(ms).toBeLessThan(5_000)
    expect(counts.catalog).toMatchObject({ redis: 0, database: 1 })
    expect(counts.redis).toMatchObject({ failures: 1, hits: 0 })
  } finally {
    server.goOn()
  }
})

test('a price is in force in every gateway within the bound', async () => {
  used = [...stack.system.gateways].filter((gateway) => !unused.includes(gateway))
  expect(used.length).toBeGreaterThanOrEqual(5)
  await price('3000')
  const ms = await everywhere('the price is the new one', async (gateway) => (await ask(gateway)).amount === '3000')
  expect(ms).toBeLessThan(BOUND_MS)
})

test('a key that is frozen is refused by every gateway within the bound, and let go again', async () => {
  const holder = await createHoldback(stack)
  await holder.pay(`${stack.gateway}/work`)
  const held = await holder.sign(`${stack.gateway}/work`)
  const { channelConfig } = paymentOf(held).payload
  const ref = {
    chainId: Chain.id,
    contract: lower(Chain.addresses.batchSettlement),
    payer: lower(channelConfig.payer),
    payerAuthorizer: lower(channelConfig.payerAuthorizer),
  }
  const set = (status: SessionKeyStatus, version: number) => setKey(ref, status, version)
  const code = async (gateway: string) => {
    const response = await fetch(new Request(`${gateway}/work`, { headers: held.headers }))
    return ((await response.json().catch(() => ({}))) as { code?: string }).code
  }
  // The voucher pays once; from then on its session has another answer for it.
  const known = await code(stack.gateway)
  const asks = stack.upstream.calls('/work')
  await set('frozen', 1)
  const frozen = await everywhere(
    'the key is refused',
    async (gateway) => (await code(gateway)) === 'session_key_frozen',
  )
  expect(frozen).toBeLessThan(BOUND_MS)
  expect(known).not.toBe('session_key_frozen')
  // A gateway that has just begun is told by Redis or by the database, whichever knows.
  await prewarm()
  const another = fresh()
  await until('a new isolate refuses it', async () => (await code(another)) === 'session_key_frozen', BOUND_MS)
  await set('active', 2)
  const let_go = await everywhere(
    'the key is let go',
    async (gateway) => (await code(gateway)) !== 'session_key_frozen',
  )
  expect(let_go).toBeLessThan(BOUND_MS)
  expect(stack.upstream.calls('/work')).toBeLessThanOrEqual(asks + 1)
})

test('a route that was not there is served within the bound, however often it was asked for before', async () => {
  for (let i = 0; i < 20; i++) for (const gateway of used) expect((await fetch(`${gateway}/new`)).status).toBe(404)
  const { database } = stack.system
  const [row] = await database.orm.select().from(database.tables.route)
  const { providerId, methods, origin, chainIds } = row!
  const rate = { v: 1 as const, kind: 'flat' as const, amount: '1' }
  const route = { id: 'new', providerId, path: '/new', methods, origin, chainIds, rate }
  await upsertRoute(database, route, { actor: 'test', at: Date.now() })
  const ms = await everywhere('it is sold', async (gateway) => (await fetch(`${gateway}/new`)).status === 402)
  expect(ms).toBeLessThan(BOUND_MS)
})

test('a Redis that is gone, or wants another token, changes no answer', async () => {
  const port = Number(new URL(bridge.url).port)
  await bridge.stop()
  const without = await ask(fresh())
  expect([without.status, without.amount]).toEqual([402, '3000'])
  expect(without.counts.redis.failures).toBeGreaterThan(0)
  bridge = await RedisBridge.start({ redis: server.port, token: 'another', port })
  const refused = await ask(fresh())
  expect([refused.status, refused.amount]).toEqual([402, '3000'])
  expect(refused.counts.redis).toMatchObject({ failures: 1, hits: 0 })
  await price('4000')
  used = [...stack.system.gateways].filter((gateway) => !unused.includes(gateway))
  const ms = await everywhere('the price is the new one', async (gateway) => (await ask(gateway)).amount === '4000')
  expect(ms).toBeLessThan(BOUND_MS)
})

type Ref = Parameters<typeof sessionName>[0]

/** What the service writes when it changes a key. The session is not told: only the edge can refuse here. */
async function setKey(ref: Ref, status: SessionKeyStatus, version: number): Promise<void> {
  const { orm, tables } = stack.system.database
  const id = sessionName(ref)
  const { payerAuthorizer: key, ...rest } = ref
  const change = { status, version, updatedAt: new Date() }
  const [row] = await orm.select().from(tables.sessionKey).where(eq(tables.sessionKey.id, id))
  if (row === undefined) await orm.insert(tables.sessionKey).values({ ...rest, id, session: id, key, ...change })
  else await orm.update(tables.sessionKey).set(change).where(eq(tables.sessionKey.id, id))
}

function fail(message: string): never {
  throw new Error(message)
}
